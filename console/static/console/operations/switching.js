// A dialog asks for the reason; the API does it, as for any other client with a session.

const TIMEOUT = 30_000; // ms: a large model is loaded before it answers

const at = (id) => document.getElementById(id);

function tell(element, text) {
  element.textContent = text;
  element.hidden = !text;
}

async function ask(url, reason) {
  // Without a session the API would offer a password, and the browser would put up a form of its own.
  const page = await fetch(location.href, { method: "HEAD", signal: AbortSignal.timeout(TIMEOUT) });
  if (page.redirected) throw new Error("you are no longer logged in.");
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "X-CSRFToken": document.querySelector("#switch-form [name=csrfmiddlewaretoken]").value,
    },
    body: JSON.stringify({ reason }),
    signal: AbortSignal.timeout(TIMEOUT),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.detail ?? answer.title);
  return answer;
}

// `onDone(text)`: when another version answers.
export function switching(onDone) {
  const dialog = at("switch"), go = at("switch-go"), reason = at("switch-reason");
  let url = null, opener = null;

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button.switch");
    if (!button) return;
    url = button.dataset.url;
    opener = button.id;
    at("switch-title").textContent = button.dataset.title;
    at("switch-what").textContent = button.dataset.what;
    go.textContent = button.dataset.go;
    reason.value = "";
    tell(at("switch-fault"), "");
    dialog.showModal();
    reason.focus();
  });

  at("switch-cancel").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => at(opener)?.focus());

  at("switch-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    go.disabled = true;
    tell(at("switch-fault"), "");
    try {
      const { version } = await ask(url, reason.value.trim());
      dialog.close();
      onDone(`${version.predictor} ${version.version} answers now.`);
    } catch (error) {
      tell(at("switch-fault"), `It was not switched: ${error.message}`);
    } finally {
      go.disabled = false;
    }
  });
}
