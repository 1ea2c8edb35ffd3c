// The page asks every second what is new, as any client of the API may.

import { Chart } from "./chart.js";

const EVERY = 1_000; // ms between questions
const MINUTES = 5;
const SILENT = 15; // seconds without a new one: nothing comes in
const TIMEOUT = 5_000;
const ROWS = 20;
const ALL_AGAIN = 60; // questions; what came late is then seen too
const SPOKEN_EVERY = 20_000; // ms: a screen reader is not to speak all the time
const MONEY = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const FINE = new Intl.NumberFormat("en-US", { minimumFractionDigits: 3, maximumFractionDigits: 3 });
const GUESSES = { model: "Model", persistence: "Persistence", ewma: "EWMA(0.2)" };

const page = document.getElementById("bitcoin");
const at = (id) => document.getElementById(id);
let seconds = new Map(); // ms → price
let forecasts = new Map(); // ms + version → forecast
let newest = null;
let asked = 0;
let spoken = 0;

const signed = (number, format = MONEY) => {
  const shown = format.format(Math.abs(number));
  return /[1-9]/.test(shown) ? (number < 0 ? "−" : "+") + shown : shown; // not −0.00
};
const clock = (time) => new Date(time).toISOString().slice(11, 19);

function ago(milliseconds) {
  const past = Math.max(0, Math.round(milliseconds / 1000));
  if (past < 120) return `${past} s`;
  if (past < 7200) return `${Math.round(past / 60)} min`;
  return past < 172_800 ? `${Math.round(past / 3600)} h` : `${Math.round(past / 86_400)} days`;
}

async function get(address, query) {
  const url = `${address}?${new URLSearchParams(query)}`;
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT) });
  if (!response.ok) throw new Error(`it answered ${response.status}`);
  return response.json();
}

// Only what is newer than what is known; all of it now and then, and when time went backwards.
async function read() {
  const known = newest !== null && asked % ALL_AGAIN ? newest.time : null;
  let found = await get(page.dataset.live, { minutes: MINUTES, ...(known && { after: known }) });
  const isBack = known && !(found.newest && Date.parse(found.newest.time) >= Date.parse(known));
  if (isBack) found = await get(page.dataset.live, { minutes: MINUTES });
  if (isBack || !known) [seconds, forecasts] = [new Map(), new Map()];
  for (const one of found.seconds) seconds.set(Date.parse(one.time), one.price_close);
  for (const one of found.forecasts) {
    one.time = Date.parse(one.second);
    forecasts.set(`${one.second} ${one.version}`, one);
  }
  newest = found.newest;
  const oldest = newest && Date.parse(newest.time) - MINUTES * 60_000;
  for (const time of seconds.keys()) if (time < oldest) seconds.delete(time);
  for (const [key, one] of forecasts) if (one.time < oldest) forecasts.delete(key);
  return found;
}

// The newest forecast first; of one second the one that was made last.
function inOrder() {
  const made = (one) => Date.parse(one.predicted_at);
  return [...forecasts.values()].sort((a, b) => b.time - a.time || made(b) - made(a));
}

const chart = new Chart(at("chart"), (place) => {
  const row = chart.rows[place ?? chart.rows.length - 1];
  at("readout").textContent = row ? told(row) : "";
});

function told(row) {
  const price = `${clock(row.time)}  price ${MONEY.format(row.price)}`;
  if (row.prediction === undefined) return `${price}, no prediction`;
  const error = signed(row.prediction - row.price);
  return `${price}, predicted ${MONEY.format(row.prediction)} (${error}) by version ${row.version}`;
}

function showChart(found, ordered) {
  const said = new Map(ordered.toReversed().map((one) => [one.time, one]));
  const rows = [...seconds].sort((a, b) => a[0] - b[0]).map(([time, price]) => {
    const one = said.get(time);
    return { time, price, prediction: one?.prediction, version: one?.version };
  });
  chart.show(rows, found.waiting?.prediction ?? null);
  at("chart").setAttribute(
    "aria-label",
    rows.length
      ? `Prices from ${clock(rows[0].time)} to ${clock(rows.at(-1).time)} UTC, ` +
        `${rows.length} traded seconds, ${said.size} of them predicted. Last: ${told(rows.at(-1))}`
      : "No prices yet",
  );
}

function row(cells, isHead = false) {
  const made = document.createElement("tr");
  cells.forEach((text, place) => {
    const isName = isHead ? text : !place;
    const cell = document.createElement(isName ? "th" : "td");
    if (isName) cell.scope = isHead ? "col" : "row";
    cell.textContent = text;
    made.append(cell);
  });
  return made;
}

function showForecasts(ordered) {
  const rows = ordered.slice(0, ROWS).map((one) =>
    row([
      clock(one.time),
      MONEY.format(one.prediction),
      MONEY.format(one.actual),
      signed(one.prediction - one.actual),
      one.version,
    ]),
  );
  if (rows.length) at("forecasts").tBodies[0].replaceChildren(...rows);
}

function showTiles(found, last) {
  const { waiting } = found;
  at("price").textContent = newest ? MONEY.format(newest.price_close) : "–";
  at("price-note").textContent = newest ? `at ${clock(newest.time)} UTC` : "";
  at("next").textContent = waiting ? MONEY.format(waiting.prediction) : "–";
  at("next-note").textContent = waiting ? `by version ${waiting.version}` : "nobody has asked";
  at("error").textContent = last ? signed(last.prediction - last.actual) : "–";
  const points = last && (1e4 * (last.prediction - last.actual)) / last.actual;
  at("error-note").textContent = last ? `${signed(points)} bp, version ${last.version}` : "";
}

function state(kind, text, why = "") {
  at("state").className = `badge ${kind}`;
  if (at("state").textContent !== text) at("state").textContent = text;
  at("why").textContent = why;
  at("why").hidden = !why;
}

function showState(found, last) {
  at("data").hidden = found.data !== "synthetic";
  if (!newest) return state("warning", "No seconds", "This service has not been told any second.");
  const now = Date.parse(found.now);
  const silence = now - Date.parse(newest.recorded_at);
  if (silence > SILENT * 1000) {
    return state("warning", "Nothing comes in", `The last second was told ${ago(silence)} ago.`);
  }
  const since = last ? now - Date.parse(last.predicted_at) : Infinity;
  if (since > SILENT * 1000 && !found.waiting) {
    return state("warning", "No questions", "Seconds come in, but nobody asks for predictions.");
  }
  return state("good", "Live");
}

function speak(last) {
  if (!last || Date.now() - spoken < SPOKEN_EVERY) return;
  const text = `${MONEY.format(last.actual)} dollars; ${MONEY.format(last.prediction)} was predicted`;
  if (at("spoken").textContent === text) return;
  at("spoken").textContent = text;
  spoken = Date.now();
}

function showAccuracy(found) {
  const table = at(`accuracy-${found.window}`);
  const caption = table.caption;
  caption.textContent = caption.textContent.split(":")[0] + `: ${found.n} forecasts`;
  if (found.n && !found.enough) {
    const few = document.createElement("span");
    few.className = "few";
    few.textContent = ", too few to say much";
    caption.append(few);
  }
  const head = document.createElement("thead");
  head.append(row(["", "RMSE", "MAE", "Bias, bp", "Direction"], true));
  const body = document.createElement("tbody");
  for (const [guess, name] of Object.entries(GUESSES)) {
    const told = found[guess];
    const shown = (value, write) => (value === null ? "–" : write(value));
    body.append(
      row([
        name,
        shown(told.rmse_usd, FINE.format),
        shown(told.mae_usd, FINE.format),
        shown(told.bias_bp, (value) => signed(value)),
        shown(told.direction, (value) => `${value.toFixed(0)} %`),
      ]),
    );
  }
  table.replaceChildren(caption, head, body);
  if (found.window !== "60s") return;
  const { rmse_usd: model } = found.model, { rmse_usd: ewma } = found.ewma;
  at("rmse").textContent = model === null ? "–" : FINE.format(model);
  at("rmse-note").textContent = ewma === null ? "" : `EWMA ${FINE.format(ewma)}, of ${found.n}`;
}

function speakOf(key) {
  if (!["ArrowLeft", "ArrowRight", "Home", "End"].includes(key)) return;
  at("spoken").textContent = at("readout").textContent;
  spoken = Date.now();
}

async function once() {
  const found = await read();
  const ordered = inOrder();
  showState(found, ordered[0]);
  showTiles(found, ordered[0]);
  showChart(found, ordered);
  showForecasts(ordered);
  speak(ordered[0]);
  const windows = [...(asked % 2 ? [] : ["60s"]), ...(asked % 10 ? [] : ["10m"])];
  for (const window of windows) showAccuracy(await get(page.dataset.accuracy, { window }));
  asked += 1;
}

async function goOn() {
  const started = performance.now();
  if (!document.hidden) {
    try {
      await once();
    } catch (error) {
      state("bad", "No answer", `The service cannot be reached (${error.message}); trying again.`);
    }
  }
  setTimeout(goOn, Math.max(100, EVERY - (performance.now() - started)));
}

// After the chart's own listener: the readout is that of the second which was moved to.
at("chart").addEventListener("keydown", (event) => speakOf(event.key));
goOn();
