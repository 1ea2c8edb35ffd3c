// The estimate, its range, what to be careful about, and what makes it.

import { at, drawn, head, made, show } from "./building.js";
import { CONFIDENCE, GROUPS, caution, dollars, moment, number, signedDollars } from "./words.js";

const SPOKEN_AFTER = 900; // ms: a screen reader hears the last of many edits
let waiting = 0;

// `facts`: those that were asked; the form may say others by now.
export function showAnswer(answer, form, facts) {
  at("estimate").textContent = dollars(answer.prediction);
  at("data").hidden = answer.data !== "synthetic";
  showInterval(answer);
  showCautions(answer.warnings ?? [], form, facts);
  showReasons(answer);
  speak(answer);
}

function showInterval({ prediction, interval }) {
  const range = at("range");
  show(at("confidence"), Boolean(interval));
  show(at("band"), Boolean(interval));
  if (!interval) {
    range.textContent = "The model that answers now says no range and no reasons.";
    return;
  }
  const { level, lower, upper, confidence } = interval;
  range.replaceChildren("Likely between ", made("b", {}, dollars(lower)), " and ", made("b", {}, dollars(upper)));
  const [kind, words, why] = CONFIDENCE[confidence] ?? ["", confidence, ""];
  const share = ` ${Math.round(level * 100)} % of such homes sell within this range. ${why}`;
  at("confidence").replaceChildren(
    made("span", { class: `badge ${kind}` }, words),
    made("span", { class: "meaning" }, share),
  );
  const [low, high] = [lower * 0.9, upper * 1.1];
  const x = (amount) => (100 * (amount - low)) / (high - low || 1);
  at("band").replaceChildren(
    drawn("rect", { class: "track", x: 0, y: 3.5, width: 100, height: 3 }),
    drawn("rect", { class: "likely", x: x(lower), y: 2, width: x(upper) - x(lower), height: 6 }),
    drawn("line", { class: "mark", x1: x(prediction), x2: x(prediction), y1: 0, y2: 10 }),
  );
}

function showCautions(warnings, form, facts) {
  const about = (name) => ({ ...form.about(name), value: facts[name] });
  const told = warnings.map((one) => made("li", {}, caution(one, about)));
  at("cautions-list").replaceChildren(...told);
  show(at("cautions"), told.length > 0);
}

function showReasons({ prediction, contributions }) {
  show(at("reasons"), Boolean(contributions));
  if (!contributions) return;
  const { base, base_home: typical, groups } = contributions;
  const steps = groups.filter(({ group, dollars: sum }) => group !== "date" || Math.abs(sum) >= 0.5);
  const x = scale(base, steps);
  let reached = base;
  const rows = steps.map(({ group, dollars: sum }) => {
    const [from, to] = [reached, reached + sum];
    reached = to;
    const kind = sum < 0 ? "less" : "more";
    return row(GROUPS[group] ?? group, signedDollars(sum), bar(kind, x, from, to));
  });
  at("waterfall").replaceChildren(
    made("caption", { class: "only-heard" }, "What adds to the value and what takes from it, in dollars"),
    head("", "", "Dollars"),
    made(
      "tbody",
      {},
      row("A typical home", dollars(base), bar("sum", x, null, base)),
      ...rows,
      row("This home", dollars(prediction), bar("sum", x, null, prediction), "total"),
    ),
  );
  at("base-note").textContent =
    `The typical home: ${number(typical.sqft_living)} sq ft, ${number(typical.bedrooms)} bedrooms, ` +
    `${number(typical.bathrooms)} bathrooms, built ${typical.yr_built}, in ${typical.zipcode}. ` +
    "These explain the model; they are not what a renovation would bring.";
}

// Dollars to 0..100. When all steps are small beside the sums, the bars begin at more than $0.
function scale(base, steps) {
  const reached = [base];
  for (const { dollars: sum } of steps) reached.push(reached.at(-1) + sum);
  const [least, most] = [Math.min(...reached), Math.max(...reached)];
  const start = Math.max(0, least - (most - least) * 0.8 - most * 0.02);
  return (amount) => (96 * (amount - start)) / (most - start || 1);
}

function bar(kind, x, from, to) {
  const begin = from === null ? 0 : Math.min(x(from), x(to));
  const end = from === null ? x(to) : Math.max(x(from), x(to));
  const lines = [drawn("line", { x1: x(to), x2: x(to), y1: 10, y2: 20 })];
  if (from !== null) lines.push(drawn("line", { x1: x(from), x2: x(from), y1: 0, y2: 10 }));
  return drawn(
    "svg",
    { viewBox: "0 0 100 20", preserveAspectRatio: "none", "aria-hidden": "true" },
    ...lines,
    drawn("rect", { class: kind, x: begin, y: 4, width: Math.max(end - begin, 0.4), height: 12 }),
  );
}

function row(name, sum, chart, kind) {
  return made(
    "tr",
    { class: kind },
    made("th", { scope: "row" }, name),
    made("td", { class: "bar" }, chart),
    made("td", {}, sum),
  );
}

// Where the estimate comes from, and the link to it.
export function showOrigin(answer, address, askedAt = new Date()) {
  const { name, version } = answer.model;
  at("copied").textContent = ""; // that was the link to another one
  at("made").textContent = `Model ${name}, version ${version}; valued ${moment(askedAt)}; ${answer.data} data. Estimate ${answer.id}. An estimate is not an appraisal.`;
  at("link").href = address;
}

function speak({ prediction, interval }) {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    const range = interval ? `, likely between ${dollars(interval.lower)} and ${dollars(interval.upper)}` : "";
    const [, words] = CONFIDENCE[interval?.confidence] ?? [];
    at("spoken").textContent = `Estimate ${dollars(prediction)}${range}${words ? `, ${words.toLowerCase()}` : ""}`;
  }, SPOKEN_AFTER);
}

