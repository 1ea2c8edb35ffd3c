// JSON of the service, with a limit of waiting.

const LIMIT = 10_000; // ms

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
    const response = await fetch(address, { ...options, signal: stop.signal });
    return { status: response.status, body: parsed(await response.text()) };
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
