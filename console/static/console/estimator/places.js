// Zipcodes: their names, what is usual there, and which of them a point lies in.

import { at, made } from "./building.js";
import { dollars, number, whole } from "./words.js";

export class Places {
  constructor(found) {
    this.all = found.zipcodes;
    this.bounds = found.bounds;
    this.byZipcode = new Map(this.all.map((one) => [one.zipcode, one]));
  }

  // The zipcode whose outline holds the point, else the one whose middle is nearest.
  at({ lat, long }) {
    const inside = this.all.find((one) => one.outline?.length && isInside(one.outline, long, lat));
    if (inside) return inside;
    const shrink = Math.cos((lat * Math.PI) / 180); // a degree of longitude is shorter
    const far = ({ centre }) => (centre.lat - lat) ** 2 + ((centre.long - long) * shrink) ** 2;
    return this.all.reduce((best, one) => (far(one) < far(best) ? one : best));
  }

  name(zipcode) {
    return this.byZipcode.get(zipcode)?.name ?? "";
  }

  // `Fremont` of `Seattle: Fremont, Green Lake`; a part that is a direction goes with its city.
  shortName(zipcode) {
    const [city, parts = ""] = this.name(zipcode).split(": ");
    const [part] = parts.split(", ");
    return (/^[A-Z]/.test(part) ? part : city) || zipcode;
  }

  // All of them in the list, the chosen one still chosen.
  fill(select) {
    const chosen = select.value;
    const options = this.all.map(({ zipcode, name }) =>
      made("option", { value: zipcode }, name ? `${zipcode} ${name}` : zipcode),
    );
    select.replaceChildren(...options);
    if (!this.byZipcode.has(chosen)) select.append(made("option", { value: chosen }, chosen));
    select.value = chosen;
  }

  // What is usual in the zipcode; `onStart`: somebody wants a typical home of it.
  describe(zipcode, onStart) {
    if (this.described === zipcode) return; // whoever is on the button stays there
    this.described = zipcode;
    const one = this.byZipcode.get(zipcode);
    if (!one) return at("typical").replaceChildren();
    const { typical } = one;
    const button = made("button", { type: "button" }, "Start from its typical home");
    button.addEventListener("click", () => onStart(one));
    at("typical").replaceChildren(
      made(
        "p",
        {},
        made("b", {}, one.name || one.zipcode),
        `: ${whole(one.sales)} sales at a median of ${dollars(one.median_price)}, ` +
          `${dollars(one.median_price_per_sqft)} per sq ft. Typical: ${number(typical.bedrooms)} bedrooms, ` +
          `${number(typical.bathrooms)} bathrooms, ${number(typical.sqft_living)} sq ft, built ${typical.yr_built}.`,
      ),
      button,
    );
  }
}

// Rings of [longitude, latitude]; a ring inside another is a hole.
function isInside(rings, x, y) {
  let inside = false;
  for (const ring of rings) {
    for (let place = 0, before = ring.length - 1; place < ring.length; before = place++) {
      const [x1, y1] = ring[place], [x2, y2] = ring[before];
      if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) inside = !inside;
    }
  }
  return inside;
}
