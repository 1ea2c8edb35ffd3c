// Keys, buttons and notes. Without it the slides are a page that scrolls.
"use strict";

const slides = [...document.querySelectorAll(".slide")];
const place = document.getElementById("place");
const notes = document.getElementById("notes");
let current = 0;

function minutesUntil(index) {
  return slides
    .slice(0, index)
    .filter((slide) => slide.classList.contains("timed") === slides[index].classList.contains("timed"))
    .reduce((sum, slide) => sum + Number(slide.querySelector(".notes").dataset.minutes), 0);
}

function clock(minutes) {
  const seconds = Math.round(minutes * 60);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function arrive(index) {
  slides[current].classList.remove("here");
  slides[index].classList.add("here");
  current = index;
  place.textContent = `${index + 1} of ${slides.length}`;
  history.replaceState(null, "", `#${slides[index].id}`);
}

function go(index) {
  const to = Math.max(0, Math.min(slides.length - 1, index));
  slides[to].scrollIntoView({ block: "start" });
  arrive(to);
}

function toggleNotes() {
  const shown = document.body.classList.toggle("speaking");
  notes.setAttribute("aria-pressed", String(shown));
  slides[current].scrollIntoView({ block: "start" });
}

function toggleFull() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen();
}

const keys = {
  ArrowRight: () => go(current + 1),
  ArrowDown: () => go(current + 1),
  PageDown: () => go(current + 1),
  " ": () => go(current + 1),
  ArrowLeft: () => go(current - 1),
  ArrowUp: () => go(current - 1),
  PageUp: () => go(current - 1),
  Home: () => go(0),
  End: () => go(slides.length - 1),
  n: toggleNotes,
  f: toggleFull,
};

// On a phone, and wherever a slide is longer than the window, keys scroll as on any page.
const paged = matchMedia("(min-width: 56rem) and (min-height: 30rem)");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  const isLetter = event.key === "n" || event.key === "f";
  if (!(event.key in keys) || (!isLetter && !paged.matches)) return;
  if (event.key === " " && event.target.closest("button, a")) return;
  event.preventDefault();
  keys[event.key]();
});

document.getElementById("back").addEventListener("click", () => go(current - 1));
document.getElementById("on").addEventListener("click", () => go(current + 1));
notes.addEventListener("click", toggleNotes);
document.getElementById("full").addEventListener("click", toggleFull);

for (const [index, slide] of slides.entries()) {
  const said = slide.querySelector(".notes");
  const [from, to] = [minutesUntil(index), minutesUntil(index) + Number(said.dataset.minutes)];
  const time = document.createElement("p");
  time.className = "time";
  time.textContent = `${clock(from)} – ${clock(to)}`;
  said.prepend(time);
}

// Whichever slide crosses the middle of the window is the one that is looked at.
const middle = new IntersectionObserver(
  (seen) => {
    const here = seen.find((one) => one.isIntersecting);
    if (here) arrive(slides.indexOf(here.target));
  },
  { rootMargin: "-50% 0px -50% 0px" },
);
slides.forEach((slide) => middle.observe(slide));

// The address of a slide opens it.
const asked = slides.findIndex((slide) => `#${slide.id}` === location.hash);
arrive(Math.max(asked, 0));
