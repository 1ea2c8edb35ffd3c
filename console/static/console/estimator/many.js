// A file of homes: sent, followed while it is scored, and fetched.

import { at, head, made, show } from "./building.js";
import { number, whole } from "./words.js";

const EVERY = 400; // ms between looks at how far it is
const STATES = {
  accepted: "Waiting for its turn",
  scoring: "Valuing",
  assembling: "Writing the results",
  done: "Done",
  failed: "It could not be valued",
  cancelled: "Cancelled",
};
const ENDED = ["done", "failed", "cancelled"];

export class Many {
  constructor(address) {
    this.address = address;
    this.run = 0;
    const drop = at("drop");
    at("file").addEventListener("change", () => this.send(at("file").files[0]));
    drop.addEventListener("dragover", (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
    drop.addEventListener("dragleave", () => drop.classList.remove("over"));
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      drop.classList.remove("over");
      this.send(event.dataTransfer.files[0]);
    });
    at("job-cancel").addEventListener("click", () => this.cancel());
  }

  async send(file) {
    if (!file) return;
    this.run += 1;
    const mine = this.run;
    show(at("job"), true);
    show(at("job-csv"), false);
    show(at("job-cancel"), false);
    show(at("job-refused"), false);
    this.say(`Sending ${file.name}`, 0);
    at("file").value = ""; // so that the same file may be chosen again
    try {
      const onShare = (share) => mine === this.run && this.say(`Sending ${file.name}`, share);
      const job = await upload(this.address, file, onShare);
      if (mine === this.run) await this.follow(job, mine);
    } catch (error) {
      if (mine === this.run) this.refuse(error);
    }
  }

  async follow(job, mine) {
    this.show(job);
    while (!ENDED.includes(job.state)) {
      await new Promise((resolve) => setTimeout(resolve, EVERY));
      const found = await this.look(job);
      if (mine !== this.run) return;
      if (found) this.show((job = found));
      else this.say("The service does not answer; asking again", null);
    }
  }

  // Null while the service is away: the work goes on without us.
  async look(job) {
    try {
      const response = await fetch(job.links.self, { signal: AbortSignal.timeout(10_000) });
      if (response.ok) return await response.json();
      const problem = await response.json();
      if (response.status === 404) throw Object.assign(new Error(), { problem });
    } catch (error) {
      if (error.problem) throw error;
    }
    return null;
  }

  show(job) {
    this.links = job.links;
    const { total, done, failed } = job.rows;
    const left = job.seconds_left ? `, about ${Math.ceil(job.seconds_left)} s left` : "";
    const count = total ? `: ${whole(done)} of ${whole(total)} homes${left}` : "";
    const bad = failed ? `, ${whole(failed)} refused` : "";
    const state = STATES[job.state] ?? job.state;
    this.say(`${state}${job.error ? `: ${job.error}` : count + bad}`, total ? done / total : null);
    show(at("job-progress"), !ENDED.includes(job.state));
    show(at("job-cancel"), Boolean(job.links.cancel));
    show(at("job-csv"), Boolean(job.links.csv));
    if (job.links.csv) at("job-csv").href = job.links.csv;
    this.showRefused(job.errors?.first ?? [], failed);
  }

  showRefused(first, failed) {
    show(at("job-refused"), first.length > 0);
    const more = failed > first.length ? ` (the first ${number(first.length)} of ${whole(failed)})` : "";
    at("refused").replaceChildren(
      made("caption", {}, `Refused rows${more}`),
      head("Row", "What is wrong"),
      made(
        "tbody",
        {},
        ...first.map(({ row, errors }) =>
          made(
            "tr",
            {},
            made("th", { scope: "row" }, whole(row)),
            made("td", {}, errors.map(told).join("; ")),
          ),
        ),
      ),
    );
  }

  refuse({ problem }) {
    const byDetail = new Map(); // `the column is missing` once, with all that are
    for (const { field, detail } of problem?.errors ?? []) {
      byDetail.set(detail, [...(byDetail.get(detail) ?? []), field]);
    }
    const faults = [...byDetail].map(([detail, fields]) => `${detail} (${fields.join(", ")})`);
    const why = faults.join("; ") || (problem?.detail ?? "the service cannot be reached; try again");
    this.say(`Not accepted: ${why}`, null);
    show(at("job-progress"), false);
    show(at("job-cancel"), false);
  }

  async cancel() {
    if (this.links?.cancel) await fetch(this.links.cancel, { method: "POST" }).catch(() => null);
  }

  say(text, share) {
    if (at("job-state").textContent !== text) at("job-state").textContent = text;
    show(at("job-progress"), true);
    if (share === null) at("job-progress").removeAttribute("value");
    else at("job-progress").value = share;
  }
}

const told = ({ field, detail, accepted }) => `${field}: ${detail} (${accepted})`;

// Not fetch: it does not say how much has been sent.
function upload(address, file, onShare) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const body = new FormData();
    body.append("file", file);
    request.open("POST", address);
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => onShare(event.loaded / event.total));
    request.addEventListener("load", () => {
      if (request.status === 202) resolve(request.response);
      else reject(Object.assign(new Error(), { problem: request.response }));
    });
    request.addEventListener("error", () => reject(new Error()));
    request.send(body);
  });
}
