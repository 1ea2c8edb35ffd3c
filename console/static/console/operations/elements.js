// Elements of the page: found, written to, and made like those of a newer page.

export const at = (id) => document.getElementById(id);

// Nothing where nothing changed: a screen reader would say an alert again.
export function tell(element, text) {
  if (element.textContent !== text) element.textContent = text;
  element.hidden = !text;
}

// What stands where it stood is kept, with its scrolling, its focus and whether it was opened.
export function renew(part, fresh) {
  const focused = part.contains(document.activeElement) ? document.activeElement : null;
  const region = focused?.parentElement.closest("[tabindex]");
  alike(part, fresh);
  if (!focused || focused.isConnected) return;
  const moved = [...part.querySelectorAll("[id], [href]")].find((one) => key(one) === key(focused));
  (moved ?? region)?.focus({ preventScroll: true });
}

// A button must not become that of another version under one's finger.
const key = (node) => node.id || node.getAttribute?.("href") || "";
const isSame = (old, fresh) => old.nodeName === fresh.nodeName && key(old) === key(fresh);

function alike(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (old instanceof CharacterData) {
    old.data = fresh.data;
    return;
  }
  attributes(old, fresh);
  const before = [...old.childNodes], now = [...fresh.childNodes];
  now.forEach((child, place) => {
    const stood = before[place];
    if (!stood) old.append(child);
    else if (isSame(stood, child)) alike(stood, child);
    else stood.replaceWith(child);
  });
  before.slice(now.length).forEach((child) => child.remove());
}

function attributes(old, fresh) {
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) {
    const isOfReader = name === "open" && old.nodeName === "DETAILS";
    if (!fresh.hasAttribute(name) && !isOfReader) old.removeAttribute(name);
  }
}
