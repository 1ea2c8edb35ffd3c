// A file of homes: sent, followed while it is scored, and fetched.

import { at, head, made, show } from "./building.js";
import { asked, asStaff, LOGGED_OUT } from "./service.js";
import { number, whole } from "./words.js";

// ms between looks at how far it is: more and more, and more while nobody looks at the page
const SOONEST = 400;
const LATEST = 2_000;
const UNSEEN = 5_000;
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
    this.request = null; // the file that is being sent
    this.links = null; // of its job
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
    this.request?.abort();
    this.cancel(); // the one before: nobody would see its end
    this.links = null;
    this.request = new XMLHttpRequest();
    show(at("job"), true);
    show(at("job-csv"), false);
    show(at("job-cancel"), false);
    show(at("job-refused"), false);
    this.say(`Sending ${file.name}`, 0);
    this.speak(`Sending ${file.name}`);
    at("file").value = ""; // so that the same file may be chosen again
    try {
      const onShare = (share) => mine === this.run && this.say(`Sending ${file.name}`, share);
      const job = await upload(this.request, this.address, file, onShare);
      if (mine === this.run) await this.follow(job, mine);
    } catch (error) {
      if (mine === this.run) this.refuse(error);
    }
  }

  async follow(job, mine) {
    this.show(job);
    for (let wait = SOONEST; !ENDED.includes(job.state); wait = Math.min(wait * 1.3, LATEST)) {
      await new Promise((resolve) => setTimeout(resolve, document.hidden ? UNSEEN : wait));
      if (mine !== this.run) return;
      const found = await this.look(job);
      if (mine !== this.run) return;
      if (found) this.show((job = found));
      else this.say("The service does not answer; asking again", null);
    }
  }

  // Null while the service is away: the work goes on without us.
  async look(job) {
    const { status, body } = await asked(job.links.self);
    if (status === 404) throw refusal(status, body);
    return status === 200 ? body : null;
  }

  show(job) {
    this.links = job.links;
    const { total, done, failed } = job.rows;
    const left = job.seconds_left ? `, about ${Math.ceil(job.seconds_left)} s left` : "";
    const count = total ? `: ${whole(done)} of ${whole(total)} homes${left}` : "";
    const bad = failed ? `, ${whole(failed)} refused` : "";
    const state = STATES[job.state] ?? job.state;
    this.say(`${state}${job.error ? `: ${job.error}` : count + bad}`, total ? done / total : null);
    const isOver = ENDED.includes(job.state);
    this.speak(isOver ? at("job-state").textContent : state);
    show(at("job-progress"), !isOver);
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

  refuse({ problem, status }) {
    const byDetail = new Map(); // `the column is missing` once, with all that are
    for (const { field, detail } of problem?.errors ?? []) {
      byDetail.set(detail, [...(byDetail.get(detail) ?? []), field]);
    }
    const faults = [...byDetail].map(([detail, fields]) => `${detail} (${fields.join(", ")})`);
    const answered = WHYS[status] ?? `the service answered ${status}`;
    const away = status ? answered : "the service cannot be reached; try again";
    const why = status === 401 ? LOGGED_OUT : (problem?.detail ?? away);
    this.say(`Not accepted: ${faults.join("; ") || why}`, null);
    this.speak(at("job-state").textContent);
    show(at("job-progress"), false);
    show(at("job-cancel"), false);
  }

  async cancel() {
    if (this.links?.cancel) await asked(this.links.cancel, { method: "POST" });
  }

  // Heard: what changed, not each step of the count.
  speak(text) {
    if (at("job-spoken").textContent !== text) at("job-spoken").textContent = text;
  }

  say(text, share) {
    if (at("job-state").textContent !== text) at("job-state").textContent = text;
    show(at("job-progress"), true);
    if (share === null) at("job-progress").removeAttribute("value");
    else at("job-progress").value = share;
  }
}

// Of whoever stands before the service and answers with a page.
const WHYS = { 413: "the file is too large", 502: "the service is away; try again" };
const refusal = (status, problem) => Object.assign(new Error(), { status, problem });
const told = ({ field, detail, accepted }) => `${field}: ${detail} (${accepted})`;

// Not fetch: it does not say how much has been sent.
function upload(request, address, file, onShare) {
  return new Promise((resolve, reject) => {
    const body = new FormData();
    body.append("file", file);
    request.open("POST", address);
    for (const [name, value] of Object.entries(asStaff)) request.setRequestHeader(name, value);
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => onShare(event.loaded / event.total));
    request.addEventListener("load", () => {
      if (request.status === 202 && request.response) resolve(request.response);
      else reject(refusal(request.status, request.response));
    });
    request.addEventListener("error", () => reject(new Error()));
    request.send(body);
  });
}
