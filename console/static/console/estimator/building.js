// Elements, made without innerHTML: what a service or a file says is never read as HTML.

const SVG = "http://www.w3.org/2000/svg";

export const at = (id) => document.getElementById(id);

export function made(name, attributes = {}, ...inside) {
  return filled(document.createElement(name), attributes, inside);
}

export function drawn(name, attributes = {}, ...inside) {
  return filled(document.createElementNS(SVG, name), attributes, inside);
}

function filled(element, attributes, inside) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) element.setAttribute(key, value);
  }
  element.append(...inside);
  return element;
}

export function head(...titles) {
  return made("thead", {}, made("tr", {}, ...titles.map((title) => made("th", { scope: "col" }, title))));
}

export function show(element, isShown) {
  element.hidden = !isShown;
}
