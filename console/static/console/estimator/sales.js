// Comparable sales, in a table and on a map of their own.

import { at, head, made, show } from "./building.js";
import { day, dollars, number, signedDollars, thousands, whole } from "./words.js";

export function showSales({ comparables }, map, home, zipcode) {
  const sales = comparables?.sales ?? [];
  show(at("sales"), Boolean(comparables));
  if (!comparables) return;
  const rows = sales.map((sale, place) => row(sale, place + 1));
  const none = made("tr", {}, made("td", { class: "none", colspan: 5 }, "No sale is much like this home"));
  at("sales-table").replaceChildren(
    head("Sale", "Price", "Home", "Distance", "Says of this one"),
    made("tbody", {}, ...(rows.length ? rows : [none])),
  );
  at("own").textContent = comparables.own
    .map((one) => `Perhaps this very home: sold ${day(one.date)} for ${dollars(one.price)} (${one.reason}).`)
    .join(" ");
  const placed = sales.map((sale, place) => ({ sale, place })).filter(({ sale }) => sale.facts.lat !== undefined);
  show(at("sales-map"), placed.length > 0);
  map.points = placed.map(({ sale, place }) => ({
    lat: sale.facts.lat,
    long: sale.facts.long,
    label: String(place + 1),
    price: thousands(sale.price),
  }));
  map.setHome(home, zipcode);
  map.fit();
}

function row(sale, place) {
  const { facts } = sale;
  const size = `${number(facts.bedrooms)} bd, ${number(facts.bathrooms)} ba, ${whole(facts.sqft_living)} sq ft`;
  return made(
    "tr",
    { role: "row" }, // said, since on a phone a row is laid out as two lines
    made("th", { role: "rowheader", scope: "row", "aria-label": `Sale ${place}` }, made("span", { class: "dot" }, String(place))),
    cell(dollars(sale.price), `sold ${day(sale.date)}`),
    cell(size, `built ${facts.yr_built}, ${dollars(sale.price_per_sqft)} per sq ft`),
    cell(`${sale.distance_miles.toFixed(2)} mi`, `${Math.round(sale.similarity * 100)} % alike`),
    cell(dollars(sale.adjusted_price), `adjusted by ${signedDollars(sale.adjustment)}`),
  );
}

const cell = (text, beneath) => made("td", { role: "cell" }, text, made("small", {}, beneath));
