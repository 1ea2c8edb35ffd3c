// Prices and predictions over time, and the errors below: SVG, redrawn whole (some hundred points).

const SVG = "http://www.w3.org/2000/svg";
const LEFT = 64, RIGHT = 14, TOP = 8, BOTTOM = 20, BETWEEN = 14;
const ERRORS = 0.24; // of the height
const GAP = 60_000; // ms without a trade: the line is not drawn across
const MONEY = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

function element(name, attributes, parent) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent.append(made);
  return made;
}

function label(parent, x, y, text, anchor) {
  element("text", { x, y, "text-anchor": anchor }, parent).textContent = text;
}

// 1, 2 or 5 times a power of ten.
function step(span, count) {
  const rough = span / count, power = 10 ** Math.floor(Math.log10(rough));
  return power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
}

function path(points) {
  let drawn = "", before = null;
  for (const [x, y, time] of points) {
    const joined = before !== null && time - before <= GAP;
    drawn += `${joined ? "L" : "M"}${x.toFixed(1)},${y.toFixed(1)}`;
    before = time;
  }
  return drawn;
}

export class Chart {
  // `onPoint(place)`: the cursor is at this second, or nowhere (null).
  constructor(box, onPoint) {
    this.box = box;
    this.onPoint = onPoint;
    this.rows = [];
    this.cursor = null;
    box.addEventListener("pointermove", (event) => this.point(event));
    box.addEventListener("pointerleave", () => this.move(null));
    box.addEventListener("blur", () => this.move(null));
    box.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.draw()).observe(box);
  }

  // Rows: {time (ms), price, prediction or undefined}, oldest first; `waiting`: a price or null.
  show(rows, waiting) {
    const held = this.cursor === null ? null : this.rows[this.cursor]?.time;
    this.rows = rows;
    this.waiting = waiting;
    const found = held === null ? -1 : rows.findIndex((row) => row.time === held);
    this.cursor = found < 0 ? null : found;
    this.draw();
    this.onPoint(this.cursor);
  }

  move(place) {
    this.cursor = place;
    this.draw();
    this.onPoint(place);
  }

  point(event) {
    if (!this.rows.length || !this.x) return;
    const left = event.clientX - this.box.getBoundingClientRect().left;
    let nearest = 0;
    this.rows.forEach((row, place) => {
      if (Math.abs(this.x(row.time) - left) < Math.abs(this.x(this.rows[nearest].time) - left)) nearest = place;
    });
    this.move(nearest);
  }

  key(event) {
    const last = this.rows.length - 1;
    const at = this.cursor ?? last + 1;
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last }[event.key];
    if (event.key === "Escape") this.move(null);
    if (to === undefined || last < 0) return;
    event.preventDefault();
    this.move(Math.min(Math.max(to, 0), last));
  }

  draw() {
    const width = this.box.clientWidth, height = this.box.clientHeight;
    this.box.replaceChildren();
    if (!this.rows.length || width < 100) return;
    const svg = element("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" }, this.box);
    const errorHeight = (height - TOP - BOTTOM) * ERRORS;
    const floor = height - BOTTOM - errorHeight - BETWEEN;
    const first = this.rows[0].time, last = this.rows.at(-1).time;
    this.x = (time) => LEFT + ((width - LEFT - RIGHT) * (time - first)) / Math.max(last + 1000 - first, 1);
    this.drawTimes(svg, first, last, height);
    this.drawPrices(svg, width, floor, last);
    this.drawErrors(svg, width, height - BOTTOM - errorHeight / 2, errorHeight / 2);
    this.drawCursor(svg, height);
  }

  drawTimes(svg, first, last, height) {
    const room = Math.max(2, Math.floor(this.box.clientWidth / 110));
    const seconds = (last - first) / 1000;
    const every = [5, 10, 30, 60, 120, 300, 600, 1200].find((one) => seconds / one <= room) ?? 3600;
    const start = Math.ceil(first / 1000 / every) * every;
    for (let time = start; time * 1000 <= last; time += every) {
      const x = this.x(time * 1000);
      element("line", { class: "grid", x1: x, x2: x, y1: TOP, y2: height - BOTTOM }, svg);
      const anchor = x > this.box.clientWidth - 30 ? "end" : "middle";
      label(svg, x, height - 5, new Date(time * 1000).toISOString().slice(11, 19), anchor);
    }
  }

  drawPrices(svg, width, floor, last) {
    const said = this.rows.filter((row) => row.prediction !== undefined);
    const all = [...this.rows.map((row) => row.price), ...said.map((row) => row.prediction)];
    if (this.waiting !== null) all.push(this.waiting);
    let low = Math.min(...all), high = Math.max(...all);
    if (high - low < 1e-9) [low, high] = [low * 0.9999, high * 1.0001];
    const room = (high - low) * 0.06;
    const y = (price) => TOP + ((floor - TOP) * (high + room - price)) / (high - low + 2 * room);
    const every = step(high - low, 4);
    for (let price = Math.ceil(low / every) * every; price <= high; price += every) {
      element("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: y(price), y2: y(price) }, svg);
      label(svg, LEFT - 6, y(price) + 4, MONEY.format(price), "end");
    }
    const line = (rows, value) => path(rows.map((row) => [this.x(row.time), y(row[value]), row.time]));
    element("path", { class: "price", d: line(this.rows, "price") }, svg);
    element("path", { class: "prediction", d: line(said, "prediction") }, svg);
    if (this.waiting !== null) {
      element("circle", { class: "waiting", cx: this.x(last + 1000), cy: y(this.waiting), r: 4 }, svg);
    }
    this.y = y;
  }

  drawErrors(svg, width, zero, room) {
    const said = this.rows.filter((row) => row.prediction !== undefined);
    const most = Math.max(0.01, ...said.map((row) => Math.abs(row.prediction - row.price)));
    element("line", { class: "zero", x1: LEFT, x2: width - RIGHT, y1: zero, y2: zero }, svg);
    label(svg, LEFT - 6, zero - room + 10, `+${MONEY.format(most)}`, "end");
    label(svg, LEFT - 6, zero + room, `−${MONEY.format(most)}`, "end");
    for (const row of said) {
      const x = this.x(row.time);
      const y = zero - (room * (row.prediction - row.price)) / most;
      element("line", { class: "error", x1: x, x2: x, y1: zero, y2: y }, svg);
    }
  }

  drawCursor(svg, height) {
    const row = this.cursor === null ? null : this.rows[this.cursor];
    if (!row) return;
    const x = this.x(row.time);
    element("line", { class: "cursor", x1: x, x2: x, y1: TOP, y2: height - BOTTOM }, svg);
    element("circle", { class: "dot-price", cx: x, cy: this.y(row.price), r: 3.5 }, svg);
    if (row.prediction !== undefined) {
      element("circle", { class: "dot-prediction", cx: x, cy: this.y(row.prediction), r: 3.5 }, svg);
    }
  }
}
