// A dialog asks for the reason; the API does it, as for any other client with a session.

import { at, tell } from "./elements.js";

const TIMEOUT = 30_000; // ms: a large model is loaded before it answers

// Nothing was switched, for certain.
class Refused extends Error {}

// Without a session the API would offer a password, and the browser would put up a form of its own.
async function insist() {
  const options = { method: "HEAD", signal: AbortSignal.timeout(TIMEOUT) };
  const page = await fetch(location.href, options).catch((error) => {
    throw new Refused(error.message);
  });
  if (page.redirected) throw new Refused("you are no longer logged in.");
  if (!page.ok) throw new Refused(`the service answered ${page.status}.`);
}

async function ask(url, reason) {
  await insist();
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "X-CSRFToken": document.querySelector("#switch-form [name=csrfmiddlewaretoken]").value,
    },
    body: JSON.stringify({ reason }),
    signal: AbortSignal.timeout(TIMEOUT),
  });
  if (response.ok) return response.json();
  // Not what a proxy says that did not wait for the answer.
  if (!response.headers.get("Content-Type")?.startsWith("application/problem+json")) {
    throw new Error(`the service answered ${response.status}.`);
  }
  const problem = await response.json();
  throw new Refused(problem.detail ?? problem.title);
}

// `onEnd(text)`: when another version answers; without a text, when that is not known.
export function switching(onEnd) {
  const dialog = at("switch"), go = at("switch-go"), reason = at("switch-reason");
  let url = null, opener = null;
  let turn = 0; // which dialog it is: an answer may come when it shows another target

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button.switch");
    if (!button) return;
    turn += 1;
    url = button.dataset.url;
    opener = button.id;
    at("switch-title").textContent = button.dataset.title;
    at("switch-what").textContent = button.dataset.what;
    go.textContent = button.dataset.go;
    go.disabled = false;
    reason.value = "";
    tell(at("switch-fault"), "");
    dialog.showModal();
    reason.focus();
  });

  at("switch-cancel").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => at(opener)?.focus());

  at("switch-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const mine = turn;
    go.disabled = true;
    tell(at("switch-fault"), "");
    try {
      const { version } = await ask(url, reason.value.trim());
      if (mine === turn) dialog.close();
      onEnd(`${version.predictor} ${version.version} answers now.`);
    } catch (error) {
      const isKnown = error instanceof Refused;
      const said = isKnown ? "It was not switched" : "It is not known whether it was switched";
      if (mine === turn) tell(at("switch-fault"), `${said}: ${error.message}`);
      if (!isKnown) onEnd("");
    } finally {
      if (mine === turn) go.disabled = false;
    }
  });
}
