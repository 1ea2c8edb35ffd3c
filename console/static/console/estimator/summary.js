// The facts as a list, for the printed page.

import { at, made } from "./building.js";
import { number } from "./words.js";

const PLAIN = ["zipcode", "yr_built", "valuation_date"]; // 1911, not 1,911

export function showSummary(facts, form, placeName) {
  const told = Object.entries(facts).map(([name, value]) => {
    const about = form.about(name);
    const words = form.words(name, value) ?? (PLAIN.includes(name) ? value : number(value));
    const place = name === "zipcode" && placeName ? ` ${placeName}` : "";
    const text = `${words}${about?.unit ? ` ${about.unit}` : ""}${place}`;
    return made("div", {}, made("dt", {}, about?.label ?? name), made("dd", {}, text));
  });
  at("summary").replaceChildren(...told);
}
