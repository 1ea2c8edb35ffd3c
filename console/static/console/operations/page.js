// The server writes the page; this draws its charts, and fetches it again every half minute.

import { latencyChart, requestsChart } from "./charts.js";
import { at, renew, tell } from "./elements.js";
import { switching } from "./switching.js";

const EVERY = 30_000; // ms
const SOON = 2_500; // after a switch, until every web process has said with what it answers …
const LOOKS = 10; // … but so often at most
const TIMEOUT = 10_000;

const TOKEN = "#switch-form [name=csrfmiddlewaretoken]";
const figures = (page) => JSON.parse(page.getElementById("charts").textContent);
let shown = figures(document);
let next = null;
let asked = 0; // how often the page was fetched
let looks = 0; // that are left after a switch

const read = () => shown;
const charts = [
  requestsChart(at("requests-chart"), at("requests-readout"), read),
  latencyChart(at("latency-chart"), at("latency-readout"), read),
];

async function fetched() {
  const response = await fetch(location.href, { signal: AbortSignal.timeout(TIMEOUT) });
  if (response.redirected) throw new Error("you are no longer logged in; load the page again");
  if (!response.ok) throw new Error(`the service answered ${response.status}`);
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

// Of two at a time only the later one counts: the other may be older than a switch.
async function refresh() {
  clearTimeout(next);
  const turn = ++asked;
  let trouble = "";
  try {
    const page = await fetched();
    if (turn === asked) show(page);
  } catch (error) {
    trouble = `These numbers are old: ${error.message}.`;
  }
  if (turn !== asked) return;
  tell(at("trouble"), trouble);
  later(pause());
}

function show(page) {
  for (const part of document.querySelectorAll("[data-part]")) {
    renew(part, page.querySelector(`[data-part="${part.dataset.part}"]`));
  }
  document.querySelector(TOKEN).value = page.querySelector(TOKEN).value; // of a newer session
  shown = figures(page);
  charts.forEach((chart) => chart.show());
  if (!document.querySelector("#operations .behind")) looks = 0;
  said();
}

function pause() {
  if (!looks) return EVERY;
  looks -= 1;
  return SOON;
}

function said() {
  at("refreshed").textContent = `as of ${new Date(shown.to * 1000).toISOString().slice(11, 19)} UTC, renewed every 30 s`;
}

function later(time) {
  clearTimeout(next);
  next = setTimeout(() => (document.hidden ? later(EVERY) : refresh()), time);
}

switching((text) => {
  tell(at("done"), text);
  looks = LOOKS;
  refresh();
});
document.addEventListener("visibilitychange", () => document.hidden || refresh());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  charts.forEach((chart) => chart.plot.redraw());
});
said();
later(EVERY);
