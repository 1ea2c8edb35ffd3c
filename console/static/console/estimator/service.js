// JSON of the service, with a limit of waiting.

const LIMIT = 10_000; // ms
const token = document.querySelector("meta[name=csrf-token]")?.content;

export const LOGGED_OUT = "you are no longer logged in: load the page anew";

// Of whoever is logged in; nothing where the service is open.
export const asStaff = token ? { "X-CSRFToken": token } : {};

// Never throws: `status` is 0 and `why` says why, if nothing came; `body` is null, if it is no JSON.
// `stop` ends it; not AbortSignal.any, which Safari has only since 17.4.
export async function asked(address, options = {}, stop = new AbortController()) {
  let isLate = false;
  const end = () => {
    isLate = true;
    stop.abort();
  };
  const timer = setTimeout(end, LIMIT);
  try {
    const headers = { ...options.headers, ...asStaff };
    const response = await fetch(address, { ...options, headers, signal: stop.signal });
    const answer = { status: response.status, body: parsed(await response.text()) };
    return response.status === 401 ? { ...answer, why: LOGGED_OUT } : answer;
  } catch {
    return { status: 0, body: null, why: isLate ? "it took too long" : "it cannot be reached" };
  } finally {
    clearTimeout(timer);
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null; // such as the page of a proxy
  }
}
