// The page asks the API, as any client may: an estimate at each edit, with all that explains it.

import { Asking } from "./asking.js";
import { showAnswer, showOrigin } from "./answer.js";
import { at, made, show } from "./building.js";
import { HomeForm } from "./form.js";
import { Many } from "./many.js";
import { HomeMap } from "./map.js";
import { Places } from "./places.js";
import { showSales } from "./sales.js";
import { asked, LOGGED_OUT } from "./service.js";
import { showSummary } from "./summary.js";
import { moment, number } from "./words.js";

const MEMBERS = "interval,comparables,contributions,warnings";
const FAULTS_AFTER = 600; // ms: who is still typing is not told of it
const DIGITS = 5; // of a position: a metre
const AGAIN = 5_000; // ms until the places are asked for again
const STEP = 0.004; // degrees per arrow key, about 400 m
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

const { predict, zipcodes, examples, recorded, tiles, batches } = at("estimator").dataset;
const form = new HomeForm(at("home"), edited);
const map = new HomeMap(at("map"), { tiles });
const salesMap = new HomeMap(at("sales-map"), { tiles });
let places = null;
let valued = null; // the facts of the estimate that is shown
let faultTimer = 0;
let isTouched = false; // something was changed since the page was opened

const asking = new Asking(`${predict}?include=${MEMBERS}`, {
  onAsk() {
    at("head").setAttribute("aria-busy", "true");
    if (at("estimator").dataset.state !== "old") at("estimator").dataset.state = "busy";
  },
  onAnswer(answer, facts) {
    form.showFaults([]);
    showAll(answer, facts);
    showOrigin(answer, linkTo(answer.id));
    settle();
  },
  onFaults(faults, problem) {
    clearTimeout(faultTimer);
    faultTimer = setTimeout(() => {
      const rest = form.showFaults(faults);
      const told = rest.map((fault) => `${fault.field}: ${fault.detail}`).join("; ");
      const marked = faults.length ? "No estimate: see what is marked in the form." : problem.detail;
      trouble(told || marked, false);
    }, FAULTS_AFTER);
  },
  onTrouble(why) {
    clearTimeout(faultTimer);
    const all = why === LOGGED_OUT ? why : `the service does not answer (${why})`;
    trouble(`No new estimate: ${all}.`, true);
  },
});

const linkTo = (id) => `${location.pathname}?estimate=${id}`;

function ask() {
  clearTimeout(faultTimer);
  asking.soon(() => form.read());
}

function edited(name) {
  leaveRecorded();
  if (name === "zipcode") moveTo(form.get("zipcode"));
  else if (name === "lat" || name === "long") showPlace();
  ask();
}

// The estimate on the page is that of the facts in the form.
function settle() {
  clearTimeout(faultTimer);
  at("head").setAttribute("aria-busy", "false");
  at("estimator").dataset.state = "current";
  show(at("trouble"), false);
}

// It is not, and this is why.
function trouble(text, canRetry) {
  at("head").setAttribute("aria-busy", "false");
  at("estimator").dataset.state = "old";
  at("trouble-text").textContent = text;
  show(at("retry"), canRetry);
  show(at("trouble"), true);
}

function showAll(answer, facts) {
  showAnswer(answer, form, facts);
  const home = facts.lat === undefined ? null : { lat: facts.lat, long: facts.long };
  showSales(answer, salesMap, home, facts.zipcode);
  valued = facts;
  showSummary(facts, form, places?.name(facts.zipcode));
}

// Places -----------------------------------------------------------------------------------------

function position() {
  const [lat, long] = [form.get("lat"), form.get("long")];
  return lat === undefined || long === undefined ? null : { lat, long };
}

function showPlace() {
  const zipcode = form.get("zipcode");
  map.setHome(position(), zipcode);
  places?.describe(zipcode, (one) => start(one.typical, { isSuggestion: true }));
}

// A zipcode was chosen: the home stands in its middle until somebody says where.
function moveTo(zipcode) {
  const one = places?.byZipcode.get(zipcode);
  if (one) {
    form.fill(one.centre);
    form.suggest(one.typical);
  }
  showPlace();
}

const rounded = (degrees) => Number(degrees.toFixed(DIGITS));

function placeAt(point) {
  const { bounds } = places;
  const lat = Math.min(Math.max(point.lat, bounds.south), bounds.north);
  const long = Math.min(Math.max(point.long, bounds.west), bounds.east);
  const one = places.at({ lat, long });
  form.fill({ lat: rounded(lat), long: rounded(long), zipcode: one.zipcode });
  form.suggest(one.typical);
  at("place").textContent = `${one.zipcode} ${one.name ?? ""}`;
  leaveRecorded();
  showPlace();
  ask();
}

function onMapKey(event) {
  if (event.ctrlKey || event.altKey || event.metaKey) return; // the browser's own
  const [east, north] = MOVES[event.key] ?? [0, 0];
  const zoom = { "+": 2, "=": 2, "-": 0.5 }[event.key];
  if (zoom) map.magnify(zoom);
  const from = position();
  if ((!east && !north) || !from || !places) return;
  event.preventDefault();
  const step = (event.shiftKey ? 5 * STEP : STEP) / Math.sqrt(map.zoom);
  placeAt({ lat: from.lat + north * step, long: from.long + east * step });
}

function setUpMap() {
  at("map").addEventListener("click", (event) => {
    const box = at("map").getBoundingClientRect();
    if (places) placeAt(map.placeAt(event.clientX - box.left, event.clientY - box.top));
  });
  at("map").addEventListener("keydown", onMapKey);
  at("nearer").addEventListener("click", () => map.magnify(2));
  at("farther").addEventListener("click", () => map.magnify(0.5));
  at("whole").addEventListener("click", () => map.magnify(0));
}

async function loadPlaces() {
  const found = await get(zipcodes);
  if (!found) return void setTimeout(loadPlaces, AGAIN);
  places = new Places(found);
  places.fill(at("fact-zipcode"));
  map.setPlaces(places.all, places.bounds);
  salesMap.setPlaces(places.all, places.bounds);
  if (valued) showSummary(valued, form, places.name(valued.zipcode));
  showPlace();
}

// Homes to start from ----------------------------------------------------------------------------

function start(facts, { isSuggestion = false } = {}) {
  leaveRecorded();
  form.reset();
  if (!isSuggestion) form.hold(facts);
  form.fill(facts);
  showPlace();
  ask();
}

async function loadExamples() {
  const found = await get(examples);
  const buttons = (found?.examples ?? []).map((facts) => {
    const where = places?.shortName(facts.zipcode) ?? facts.zipcode;
    const button = made("button", { type: "button" }, `${number(facts.bedrooms)} bd, ${where}`);
    button.addEventListener("click", () => start(facts));
    return button;
  });
  at("examples").replaceChildren(...buttons);
}

// An estimate that was made before ---------------------------------------------------------------

function leaveRecorded() {
  isTouched = true;
  show(at("recorded"), false);
  if (location.search) history.replaceState(null, "", location.pathname);
}

async function reopen(id) {
  const found = await get(recorded.replace("ID", encodeURIComponent(id)));
  if (isTouched) return; // the form is of another home by now
  show(at("recorded"), true);
  const isThere = found?.predictor === "homes" && found.response?.prediction !== undefined;
  show(at("again"), isThere);
  if (!isThere) {
    at("recorded-text").textContent =
      found === undefined
        ? "The estimate of this link cannot be had at the moment; here is a home to start from."
        : "This link leads to no estimate; here is a home to start from.";
    return ask();
  }
  const { request, response, asked_at: askedAt, is_active_model: isActive } = found;
  asking.forget();
  form.hold(request);
  form.fill(request);
  const isFewer = Object.keys(form.first).some((name) => !(name in request));
  at("recorded-text").textContent =
    `This is the estimate of ${moment(askedAt)}, as it was given.` +
    (isActive ? "" : " Another version of the model answers now.") +
    (isFewer ? " It was asked with fewer facts than the form has; the others are not of that home." : "");
  showPlace();
  showAll(response, { ...request, zipcode: form.get("zipcode") });
  showOrigin(response, linkTo(response.id), askedAt);
  settle();
}

// ------------------------------------------------------------------------------------------------

// Null: there is no such thing; undefined: nobody knows at the moment.
async function get(address) {
  const { status, body } = await asked(address);
  if (status === 404) return null;
  return status === 200 && body ? body : undefined;
}

async function copyLink() {
  const link = new URL(at("link").href, location.href).href;
  try {
    await navigator.clipboard.writeText(link);
    at("copied").textContent = "The link is copied.";
  } catch {
    at("copied").textContent = link; // no clipboard over plain HTTP: to be copied by hand
  }
}

function setUpButtons() {
  at("retry").addEventListener("click", () => asking.now(form.read()));
  at("again").addEventListener("click", () => {
    leaveRecorded();
    ask();
  });
  at("copy").addEventListener("click", copyLink);
  at("print").addEventListener("click", () => window.print());
  addEventListener("beforeprint", () => at("sales-details").setAttribute("open", ""));
  at("home").addEventListener("reset", (event) => {
    event.preventDefault();
    form.reset();
    leaveRecorded();
    showPlace();
    ask();
  });
}

async function begin() {
  setUpMap();
  setUpButtons();
  new Many(batches);
  const id = new URLSearchParams(location.search).get("estimate");
  if (!id) asking.now(form.read());
  await Promise.all([loadPlaces(), id && reopen(id)]);
  await loadExamples();
}

begin();
