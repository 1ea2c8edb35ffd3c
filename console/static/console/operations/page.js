// The server writes the page; this draws its charts, and fetches it again every half minute.

import { latencyChart, requestsChart } from "./charts.js";
import { switching } from "./switching.js";

const EVERY = 30_000; // ms
const AFTER_SWITCH = 2_500; // until every web process has said with what it answers
const TIMEOUT = 10_000;

const at = (id) => document.getElementById(id);
const figures = (page) => JSON.parse(page.getElementById("charts").textContent);
let shown = figures(document);
let next = null;

const read = () => shown;
const charts = [
  requestsChart(at("requests-chart"), at("requests-readout"), read),
  latencyChart(at("latency-chart"), at("latency-readout"), read),
];

function tell(element, text) {
  element.textContent = text;
  element.hidden = !text;
}

// What was opened, scrolled or focused stays so.
function replace(part, fresh) {
  if (part.innerHTML === fresh.innerHTML) return;
  const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
  const open = [...part.querySelectorAll("details[open]")].map((one) => one.id);
  part.replaceChildren(...fresh.childNodes);
  for (const id of open) at(id)?.setAttribute("open", "");
  if (focused) at(focused)?.focus();
}

async function fetched() {
  const response = await fetch(location.href, { signal: AbortSignal.timeout(TIMEOUT) });
  if (response.redirected) throw new Error("you are no longer logged in; load the page again");
  if (!response.ok) throw new Error(`the service answered ${response.status}`);
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

async function refresh() {
  clearTimeout(next);
  try {
    const page = await fetched();
    for (const part of document.querySelectorAll("[data-part]")) {
      replace(part, page.querySelector(`[data-part="${part.dataset.part}"]`));
    }
    shown = figures(page);
    charts.forEach((chart) => chart.show());
    tell(at("trouble"), "");
    said();
  } catch (error) {
    tell(at("trouble"), `These numbers are old: ${error.message}.`);
  }
  later(EVERY);
}

function said() {
  at("refreshed").textContent = `as of ${new Date(shown.to * 1000).toISOString().slice(11, 19)} UTC, renewed every 30 s`;
}

function later(time) {
  clearTimeout(next);
  next = setTimeout(() => (document.hidden ? later(EVERY) : refresh()), time);
}

switching(async (text) => {
  tell(at("done"), text);
  await refresh();
  later(AFTER_SWITCH);
});
document.addEventListener("visibilitychange", () => document.hidden || refresh());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  charts.forEach((chart) => chart.plot.redraw());
});
said();
later(EVERY);
