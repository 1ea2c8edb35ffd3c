// Numbers, days and cautions in the words of people who sell homes.

const WHOLE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const PLAIN = new Intl.NumberFormat("en-US", { maximumFractionDigits: 4 });
const DAY = new Intl.DateTimeFormat("en-US", { dateStyle: "medium", timeZone: "UTC" });
const MOMENT = new Intl.DateTimeFormat("en-US", { dateStyle: "medium", timeStyle: "short" });

export const GROUPS = {
  location: "Location",
  size_and_layout: "Size and layout",
  lot: "Lot",
  quality: "Quality",
  view_and_waterfront: "View and waterfront",
  age: "Age",
  neighbouring_homes: "Homes around",
  date: "Day of the sale",
};
export const CONFIDENCE = {
  high: ["good", "High confidence", ""],
  medium: ["", "Medium confidence", "Speak of the range, not the number."],
  low: ["warning", "Low confidence", "Do not rely on it alone."],
};

export const dollars = (amount) => `${amount < 0 ? "−" : ""}$${WHOLE.format(Math.abs(amount))}`;
export const signedDollars = (amount) =>
  `${Math.round(amount) > 0 ? "+" : ""}${dollars(Math.round(amount))}`;
export const thousands = (amount) =>
  amount < 999_500 ? `$${WHOLE.format(amount / 1000)}k` : `$${(amount / 1e6).toFixed(2)}M`;
export const number = (value) => PLAIN.format(value);
export const whole = (value) => WHOLE.format(value);
// `2015-02-18`: a day has no zone.
export const day = (text) => DAY.format(new Date(`${text}T00:00:00Z`));
export const moment = (text) => MOMENT.format(new Date(text));

// A caution of the model; what it says of a fact, with the name that the form has for it.
export function caution(one, fact) {
  const { label, unit, value } = fact(one.field);
  const isAsked = label && value !== undefined;
  if (one.code === "outside-training-data" && isAsked) {
    const [low, high] = one.accepted.split(" to ").map((text) => text.trim());
    const known = [low, high].map((text) => shown(one.field, Number(text))).join(" to ");
    const told = `${label} ${shown(one.field, value)}${unit ? ` ${unit}` : ""}`;
    return `${told}: beyond every home the model has seen (${known}).`;
  }
  if (one.code === "unusual-for-zipcode" && isAsked) {
    const known = one.accepted.replace(/ in \d+$/, "").split(" to ");
    const [low, high] = known.map((text) => shown(one.field, Number(text)));
    const said = sentence(one.detail).slice(0, -1);
    return `${said} (${shown(one.field, value)}; seen are ${low} to ${high}).`;
  }
  const [, newest] = one.code === "model-is-old" ? one.accepted.split(" to ") : [];
  if (newest && !value) {
    return `The model knows no sale after ${day(newest)}: this is the value on that day.`;
  }
  return sentence(one.detail);
}

const shown = (name, value) => (name.startsWith("yr_") ? String(value) : number(value));
const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}${text.endsWith(".") ? "" : "."}`;
