// A map of our own: the zipcodes' outlines, the home, and sales. Positions are Web Mercator, so that
// tiles fit beneath if the service names some; without, nothing is asked of anybody.

import { drawn } from "./building.js";

const TILE = 256;
const WIDEST = 14; // doublings at most: a street fills the map
const SPAN = 0.00002; // of the world: how little a map of sales shows
const EDGE = 0.02; // of the height, around the county

const worldX = (long) => (long + 180) / 360;
const worldY = (lat) => {
  const sine = Math.sin((lat * Math.PI) / 180);
  return 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
};
const longOf = (x) => x * 360 - 180;
const latOf = (y) => (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI;

export class HomeMap {
  constructor(box, { tiles = "" } = {}) {
    this.box = box;
    this.tiles = tiles;
    this.svg = drawn("svg", { "aria-hidden": "true" });
    this.ground = drawn("g", { class: "tiles" });
    this.land = drawn("g", { class: "land" });
    this.names = drawn("g", { class: "names" });
    this.marks = drawn("g", { class: "marks" });
    this.svg.append(this.ground, this.land, this.names, this.marks);
    this.outlines = new Map();
    this.places = [];
    this.points = [];
    this.home = null;
    this.zoom = 1;
    box.replaceChildren(this.svg);
    new ResizeObserver(() => this.draw()).observe(box);
  }

  // Outlines are rings of [longitude, latitude].
  setPlaces(places, bounds) {
    this.places = places;
    for (const { zipcode, outline } of places) {
      const path = drawn("path", { d: (outline ?? []).map(ringPath).join("") });
      this.outlines.set(zipcode, path);
    }
    this.land.replaceChildren(...this.outlines.values());
    const [left, right] = [worldX(bounds.west), worldX(bounds.east)];
    const [top, bottom] = [worldY(bounds.north), worldY(bounds.south)];
    const edge = (bottom - top) * EDGE;
    this.whole = { left: left - edge, right: right + edge, top: top - edge, bottom: bottom + edge };
    this.draw();
  }

  // The home, and the zipcode it is said to be in.
  setHome(home, zipcode) {
    this.home = home;
    for (const [one, path] of this.outlines) path.classList.toggle("chosen", one === zipcode);
    this.outlines.get(zipcode)?.parentNode.append(this.outlines.get(zipcode));
    this.draw();
  }

  setPoints(points) {
    this.points = points;
    this.draw();
  }

  // So that the home and all points are seen.
  fit() {
    const all = [...this.points, this.home].filter(Boolean);
    if (!all.length) return;
    const [left, right] = spread(all.map((one) => worldX(one.long)));
    const [top, bottom] = spread(all.map((one) => worldY(one.lat)));
    this.fitted = { left, right, top, bottom };
    this.draw();
  }

  magnify(factor) {
    this.zoom = Math.min(Math.max(this.zoom * factor, 1), 2 ** WIDEST);
    this.draw();
  }

  // Pixels per world, and the world's place at the upper left.
  view() {
    const { clientWidth: width, clientHeight: height } = this.box;
    const room = this.fitted ?? this.whole;
    const least = Math.min(width / (room.right - room.left), height / (room.bottom - room.top));
    const size = least * this.zoom;
    let middle = [(room.left + room.right) / 2, (room.top + room.bottom) / 2];
    if (this.zoom > 1 && this.home) middle = [worldX(this.home.long), worldY(this.home.lat)];
    return { width, height, size, left: middle[0] - width / 2 / size, top: middle[1] - height / 2 / size };
  }

  // Where on earth a pixel of the box is.
  placeAt(x, y) {
    const { size, left, top } = this.view();
    return { lat: latOf(top + y / size), long: longOf(left + x / size) };
  }

  draw() {
    if (!(this.fitted ?? this.whole) || !this.box.clientWidth) return;
    const view = this.view();
    const { width, height, size, left, top } = view;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    // Paths are in millionths of the world, counted from the map's own corner: floats of 32 bits do.
    const scale = size / MILLION;
    const [dx, dy] = [(ORIGIN.x - left) * size, (ORIGIN.y - top) * size];
    this.land.setAttribute("transform", `translate(${dx} ${dy}) scale(${scale})`);
    this.drawTiles(view);
    this.drawNames(view);
    const at = (one) => [(worldX(one.long) - left) * size, (worldY(one.lat) - top) * size];
    const marks = this.points.map((one) => mark(at(one), one, width));
    if (this.home) marks.push(pin(at(this.home)));
    this.marks.replaceChildren(...marks);
  }

  // Those that have room: the zipcode's number at its middle.
  drawNames({ size, left, top, width, height }) {
    const taken = [];
    const named = this.places.filter((one) => one.centre).map(({ zipcode, centre }) => {
      const [x, y] = [(worldX(centre.long) - left) * size, (worldY(centre.lat) - top) * size];
      const hasRoom = x > 16 && x < width - 16 && y > 8 && y < height - 4;
      if (!hasRoom || taken.some(([a, b]) => Math.abs(a - x) < 40 && Math.abs(b - y) < 15)) return null;
      taken.push([x, y]);
      return drawn("text", { x, y: y + 4 }, zipcode);
    });
    this.names.replaceChildren(...named.filter(Boolean));
  }

  drawTiles({ size, left, top, width, height }) {
    if (!this.tiles) return;
    const level = Math.min(18, Math.max(0, Math.round(Math.log2(size / TILE))));
    const edge = size / 2 ** level;
    const images = [];
    for (let x = Math.floor(left * 2 ** level); (x / 2 ** level - left) * size < width; x++) {
      for (let y = Math.floor(top * 2 ** level); (y / 2 ** level - top) * size < height; y++) {
        const href = this.tiles.replace("{z}", level).replace("{x}", x).replace("{y}", y);
        const [px, py] = [(x / 2 ** level - left) * size, (y / 2 ** level - top) * size];
        images.push(drawn("image", { href, x: px, y: py, width: edge + 0.5, height: edge + 0.5 }));
      }
    }
    this.ground.replaceChildren(...images);
  }
}

// Least and most, with a margin.
function spread(values) {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const margin = 0.22 * Math.max(most - least, SPAN);
  return [least - margin, most + margin];
}

const MILLION = 1e6;
const ORIGIN = { x: worldX(-122.5), y: worldY(47.8) };

function ringPath(ring) {
  const at = ([long, lat]) =>
    `${((worldX(long) - ORIGIN.x) * MILLION).toFixed(1)},${((worldY(lat) - ORIGIN.y) * MILLION).toFixed(1)}`;
  return `M${ring.map(at).join("L")}Z`;
}

function mark([x, y], { label, price }, width) {
  const anchor = x > width - 70 ? "end" : "start";
  const text = drawn("text", { x: anchor === "end" ? x - 12 : x + 12, y: y + 4, "text-anchor": anchor }, price);
  const number = drawn("text", { class: "number", x, y: y + 3.5 }, label);
  return drawn("g", { class: "sale" }, drawn("circle", { cx: x, cy: y, r: 9 }), number, text);
}

function pin([x, y]) {
  const d = `M${x},${y}c-2.5,-6 -8,-9 -8,-15a8,8 0 1 1 16,0c0,6 -5.5,9 -8,15z`;
  return drawn("g", { class: "home" }, drawn("path", { d }), drawn("circle", { cx: x, cy: y - 15, r: 3 }));
}
