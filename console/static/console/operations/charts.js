// Two charts of the same bins: requests by what became of them, and percentiles of the latency.

const HEIGHT = 220, NARROW_HEIGHT = 180;
const DAY = 86_400;
const LABEL_ROOM = 74; // px: labels of marks that are nearer stand in another row
const LABEL_ROWS = 3;
const LABEL_HEIGHT = 15;
const KINDS = [
  { key: "answered", colour: "--of-answered", word: "answered" },
  { key: "client_errors", colour: "--of-client", word: "refused (4xx)" },
  { key: "server_errors", colour: "--of-server", word: "failed (5xx)" },
];
const PERCENTILES = [
  { key: "p50", colour: "--of-p50" },
  { key: "p95", colour: "--of-p95" },
  { key: "p99", colour: "--of-p99" },
];
const NUMBER = new Intl.NumberFormat("en-US", { maximumFractionDigits: 2 });

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const iso = (seconds) => new Date(seconds * 1000).toISOString();
const clock = (seconds) => iso(seconds).slice(11, 16);
const day = (seconds) => iso(seconds).slice(5, 10);

// Times of the axis, UTC: the hour, with the day where one begins.
function times(chart, splits, axis, space, step) {
  let before = null;
  return splits.map((at) => {
    const isNew = day(at) !== before;
    before = day(at);
    if (step >= DAY) return day(at);
    return isNew ? `${clock(at)}\n${day(at)}` : clock(at);
  });
}

function axes(values) {
  const look = { stroke: () => colour("--soft"), font: "11px system-ui, sans-serif" };
  const lines = { stroke: () => colour("--line"), width: 1 };
  return [
    { ...look, grid: lines, ticks: lines, values: times, space: 64 },
    { ...look, grid: lines, ticks: lines, size: 56, values, space: 30 },
  ];
}

// Vertical lines with a label, as elements: they can be found, and need no drawing of their own.
function marks(read) {
  const place = (chart) => {
    chart.over.querySelectorAll(".mark").forEach((old) => old.remove());
    const begins = Array(LABEL_ROWS).fill(Infinity);
    // The newest first: where they stand close, it is the older ones that go without a label.
    for (const mark of read().marks.toReversed()) {
      const left = chart.valToPos(mark.at, "x");
      if (!(left >= 0 && left <= chart.over.clientWidth)) continue;
      const line = document.createElement("div");
      line.className = "mark";
      line.style.left = `${left}px`;
      const row = begins.findIndex((begin) => begin - left >= LABEL_ROOM);
      if (row >= 0) {
        const label = document.createElement("span");
        label.textContent = mark.label;
        label.style.top = `${row * LABEL_HEIGHT}px`;
        if (left > chart.over.clientWidth - LABEL_ROOM) label.className = "before";
        begins[row] = left;
        line.append(label);
      }
      chart.over.append(line);
    }
  };
  return { hooks: { draw: place } };
}

class Chart {
  constructor(box, readout, { read, data, series, scale, values, told }) {
    this.box = box;
    this.readout = readout;
    this.read = read;
    this.data = data;
    this.told = told;
    const x = () => [read().from, read().to];
    this.plot = new uPlot(
      {
        ...this.size(),
        tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "Etc/UTC"),
        scales: { x: { time: true, range: x }, y: scale },
        axes: axes(values),
        padding: [() => (read().marks.length ? LABEL_ROWS * LABEL_HEIGHT + 2 : 8), null, null, null],
        series: [{}, ...series],
        legend: { show: false },
        cursor: { drag: { x: false, y: false }, y: false, sync: { key: "operations" } },
        plugins: [marks(read)],
        hooks: { setCursor: [(plot) => this.say(plot.cursor.idx)] },
      },
      data(read()),
      box,
    );
    new ResizeObserver(() => this.plot.setSize(this.size())).observe(box);
    box.addEventListener("keydown", (event) => this.key(event));
    this.say(null);
  }

  size() {
    return { width: this.box.clientWidth, height: this.box.clientWidth < 500 ? NARROW_HEIGHT : HEIGHT };
  }

  show() {
    this.plot.setData(this.data(this.read()));
    this.say(this.plot.cursor.idx);
  }

  // The readout speaks of the bin under the cursor, else of the last.
  say(place) {
    const found = this.read();
    const last = found.times.length - 1;
    const at = Math.min(place ?? last, last); // the cursor's may be of more bins
    const until = Math.min(found.times[at] + found.bin, found.until);
    const text = `${day(found.times[at])} ${clock(found.times[at])}–${clock(until)}  ${this.told(found, at)}`;
    this.readout.textContent = text;
  }

  key(event) {
    const last = this.read().times.length - 1;
    const at = this.plot.cursor.idx ?? last + 1;
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const found = this.read();
    const middle = middles(found)[Math.min(Math.max(to, 0), last)];
    const left = this.plot.valToPos(Math.min(middle, found.to), "x");
    this.plot.setCursor({ left, top: 0 }, true, true); // and in the other chart
  }
}

const middles = (found) => found.times.map((at) => at + found.bin / 2);

// Each kind stands on those before it; the highest is drawn first, so that the others cover it.
function stacked(found) {
  // The last one is not over.
  const minutes = found.times.map((at) => Math.max(Math.min(at + found.bin, found.until) - at, 60) / 60);
  const sums = found.times.map(() => 0);
  const rows = KINDS.map(({ key }) =>
    found[key].map((count, place) => (sums[place] += count / minutes[place])),
  );
  return [middles(found), ...rows.reverse()];
}

export function requestsChart(box, readout, read) {
  const bars = uPlot.paths.bars({ size: [0.86, Infinity] });
  const series = KINDS.toReversed().map((kind) => ({
    paths: bars,
    points: { show: false },
    width: 0,
    fill: () => colour(kind.colour),
  }));
  const told = (found, at) => KINDS.map((kind) => `${NUMBER.format(found[kind.key][at])} ${kind.word}`).join(", ");
  return new Chart(box, readout, {
    read,
    data: stacked,
    series,
    scale: { range: (plot, low, high) => [0, high > 0 ? high * 1.15 : 1] },
    values: (plot, splits) => splits.map((value) => NUMBER.format(value)),
    told,
  });
}

export function latencyChart(box, readout, read) {
  const series = PERCENTILES.map((one) => ({
    stroke: () => colour(one.colour),
    width: 1.75,
    points: { size: 4, fill: () => colour(one.colour) },
  }));
  const shown = (value) => (value === null ? "–" : NUMBER.format(value));
  return new Chart(box, readout, {
    read,
    data: (found) => [middles(found), ...PERCENTILES.map(({ key }) => found[key])],
    series,
    scale: {
      distr: 3,
      range: (plot, low, high) =>
        high > 0 ? [10 ** Math.floor(Math.log10(low)), 10 ** Math.ceil(Math.log10(high * 1.3))] : [1, 100],
    },
    values: (plot, splits) =>
      splits.map((value) => (value && Number.isInteger(Math.round(Math.log10(value) * 1e9) / 1e9) ? NUMBER.format(value) : "")),
    told: (found, at) => PERCENTILES.map(({ key }) => `${key} ${shown(found[key][at])}`).join(", ") + " ms",
  });
}
