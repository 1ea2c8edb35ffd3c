// The facts of the home as they stand in the form. Sliders, steppers and fields say the same, and
// the living area stays what is above ground and the basement.

import { at, made, show } from "./building.js";
import { number } from "./words.js";

const PARTS = ["sqft_living", "sqft_above", "sqft_basement"];
const AROUND = ["sqft_living15", "sqft_lot15"]; // usual for the zipcode, unless somebody sets them
const STEPS = 1000; // of a logarithmic slider

export class HomeForm {
  // `onEdit(name)`: a fact was changed, by hand or by `set`.
  constructor(form, onEdit) {
    this.form = form;
    this.onEdit = onEdit;
    this.chosen = new Set(); // of AROUND
    for (const slider of form.querySelectorAll("[data-slides]")) this.prepare(slider);
    form.addEventListener("input", (event) => this.edited(event));
    form.addEventListener("click", (event) => this.step(event));
    form.addEventListener("submit", (event) => event.preventDefault());
    this.first = this.read();
  }

  get(name) {
    const field = this.form.elements[name];
    if (field instanceof RadioNodeList) return field.value === "" ? undefined : Number(field.value);
    if (field.type === "checkbox") return field.checked ? 1 : 0;
    if ("text" in field.dataset) return field.value || undefined;
    if ("none" in field.dataset && !at(`is-${name}`).checked) return Number(field.dataset.none);
    return field.value === "" ? undefined : Number(field.value);
  }

  // What is empty is left out: the service says what it wants there.
  read() {
    const names = [...new Set([...this.form.elements].map((field) => field.name).filter(Boolean))];
    const known = names.map((name) => [name, this.get(name)]);
    return Object.fromEntries(known.filter(([, value]) => value !== undefined));
  }

  // Puts these facts into the form; nobody is told.
  fill(facts) {
    for (const [name, value] of Object.entries(facts)) this.put(name, value);
  }

  put(name, value) {
    const field = this.form.elements[name];
    if (!field) return;
    if (field instanceof RadioNodeList) {
      field.value = String(value);
    } else if (field.type === "checkbox") {
      field.checked = Boolean(Number(value));
    } else if ("none" in field.dataset) {
      const isKnown = String(value) !== field.dataset.none;
      at(`is-${name}`).checked = isKnown;
      show(field.parentElement, isKnown);
      field.value = isKnown ? value : "";
    } else {
      field.value = value;
      if (field.tagName === "SELECT" && field.value !== String(value)) {
        field.append(made("option", { value, selected: "" }, String(value)));
      }
    }
    this.follow(name);
  }

  reset() {
    this.chosen.clear();
    for (const field of this.form.querySelectorAll("input[data-text]")) field.value = "";
    this.fill(this.first);
  }

  // Of the zipcode, for what nobody has set.
  suggest(typical) {
    for (const name of AROUND) {
      if (typical?.[name] !== undefined && !this.chosen.has(name)) this.put(name, typical[name]);
    }
  }

  hold(names) {
    for (const name of AROUND) if (name in names) this.chosen.add(name);
  }

  edited(event) {
    const field = event.target;
    let name = field.name;
    if (field.dataset.slides) {
      name = field.dataset.slides;
      this.form.elements[name].value = this.fromSlider(field);
    } else if (field.id.startsWith("is-")) {
      name = field.id.slice(3);
      show(this.form.elements[name].parentElement, field.checked);
      if (field.checked) this.form.elements[name].focus();
    }
    if (!name) return;
    if (AROUND.includes(name)) this.chosen.add(name);
    this.follow(name, field.dataset.slides ? field : null);
    this.addUp(name);
    this.onEdit(name);
  }

  step(event) {
    const button = event.target.closest("[data-step]");
    if (!button) return;
    const field = button.parentElement.querySelector("input");
    const size = Number(field.step) * Number(button.dataset.step);
    const next = Math.round((Number(field.value) + size) / field.step) * field.step;
    field.value = Math.min(Math.max(next, field.min), field.max);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // sqft_living = sqft_above + sqft_basement, whichever of them was changed.
  addUp(name) {
    if (!PARTS.includes(name)) return;
    const [living, above, basement] = PARTS.map((part) => this.get(part));
    if (basement === undefined || (name === "sqft_living" ? living : above) === undefined) return;
    if (name !== "sqft_living") return this.put("sqft_living", above + basement);
    const below = Math.min(basement, living);
    this.put("sqft_basement", below);
    this.put("sqft_above", living - below);
  }

  // The slider and the words beside a field say what the field says.
  follow(name, moved = null) {
    const slider = this.form.querySelector(`[data-slides="${name}"]`);
    if (!slider) return;
    const value = this.get(name);
    if (slider !== moved && value !== undefined) slider.value = this.toSlider(slider, value);
    const words = at(`words-${name}`)?.querySelector(`option[value="${value}"]`)?.label;
    if (at(`said-${name}`)) at(`said-${name}`).textContent = words ?? "";
    slider.setAttribute("aria-valuetext", words ? `${value}, ${words}` : number(value ?? 0));
  }

  prepare(slider) {
    if ("logarithmic" in slider.dataset) {
      slider.dataset.low = slider.min;
      slider.dataset.high = slider.max;
      slider.dataset.rounds = slider.step;
      Object.assign(slider, { min: 0, max: STEPS, step: 1 });
    }
    this.follow(slider.dataset.slides);
  }

  toSlider(slider, value) {
    const { low, high } = slider.dataset;
    if (low === undefined) return value;
    return (STEPS * Math.log(Math.max(value, low) / low)) / Math.log(high / low);
  }

  fromSlider(slider) {
    const { low, high, rounds } = slider.dataset;
    if (low === undefined) return slider.value;
    const value = low * (high / low) ** (slider.value / STEPS);
    const size = rounds * 10 ** Math.max(0, Math.floor(Math.log10(value)) - 2 - Math.log10(rounds));
    return Math.round(value / size) * size;
  }

  // Words and unit of a fact, as the form has them.
  about(name) {
    const control = name && this.form.querySelector(`[data-control="${name}"]`);
    if (!control) return null;
    const label = control.querySelector("legend, label").textContent.trim();
    return { label, unit: control.querySelector(".unit")?.textContent ?? "" };
  }

  // `Average`, where a number stands for words.
  words(name, value) {
    const field = this.form.elements[name];
    if (field instanceof RadioNodeList) {
      return this.form.querySelector(`[name="${name}"][value="${value}"] + span`)?.textContent;
    }
    if (field?.type === "checkbox") return value ? "yes" : "no";
    if (field && "none" in field.dataset) {
      return String(value) === field.dataset.none ? "no" : String(value);
    }
    const words = at(`words-${name}`)?.querySelector(`option[value="${value}"]`)?.label;
    return words && `${value}, ${words}`;
  }

  // What the service says is wrong, each at its field; gives what belongs to no field.
  showFaults(faults) {
    const byField = new Map(faults.map((fault) => [fault.field, fault]));
    const rest = [];
    for (const [name, fault] of byField) if (!at(`fault-${name}`)) rest.push(fault);
    for (const place of this.form.querySelectorAll(".fault")) {
      const name = place.id.slice("fault-".length);
      const fault = byField.get(name);
      const what = fault?.detail === "missing" ? "Needed" : fault?.detail;
      place.textContent = fault ? `${what}: ${fault.accepted}` : "";
      show(place, Boolean(fault));
      for (const field of this.form.querySelectorAll(`[name="${name}"]`)) {
        field.toggleAttribute("aria-invalid", Boolean(fault));
        if (fault) field.setAttribute("aria-invalid", "true");
      }
      if (fault) place.closest("details")?.setAttribute("open", "");
    }
    return rest;
  }
}
