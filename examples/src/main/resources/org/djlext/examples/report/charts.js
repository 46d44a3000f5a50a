"use strict";
// Small SVG charts. Every text is put in as text, never as HTML.

const SVG = "http://www.w3.org/2000/svg";
const PALETTE = 8;
let ids = 0;

function element(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function fill(node, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

function format(value) {
  if (value === null) return "no number";
  const size = Math.abs(value);
  if (value !== 0 && (size < 1e-3 || size >= 1e7)) return value.toExponential(2);
  return value.toLocaleString("en", { maximumFractionDigits: size < 1 ? 4 : size < 100 ? 3 : 1 });
}

/** Round numbers between two bounds, about as many as asked for. */
function ticks(low, high, count) {
  const raw = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].find(m => m * power >= raw) * power;
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9) + 0; i * step <= high + step * 1e-9; i++) found.push(i * step);
  return found;
}

function bounds(values, pad) {
  const known = values.filter(v => v !== null && v !== undefined);
  let low = known.reduce((a, b) => Math.min(a, b), Infinity);
  let high = known.reduce((a, b) => Math.max(a, b), -Infinity);
  if (!(low < high)) {
    const around = low === high ? low : 0;
    low = around - (Math.abs(around) || 1) / 2;
    high = around + (Math.abs(around) || 1) / 2;
  }
  return [low - pad * (high - low), high + pad * (high - low)];
}

function path(xs, ys, toX, toY) {
  let pen = "M";
  let d = "";
  for (let i = 0; i < xs.length; i++) {
    if (ys[i] === null) {
      pen = "M"; // a gap
    } else {
      d += pen + toX(xs[i]).toFixed(1) + " " + toY(ys[i]).toFixed(1);
      pen = "L";
    }
  }
  return d;
}

function style(index) {
  return `s${index % PALETTE} d${Math.floor(index / PALETTE) % 3}`;
}

/**
 * A chart that is drawn for the width it has.
 * chart: title, summary, xLabel, yLabel, x and y (bounds), height, and what to draw:
 * bands [{name, x, low, high, thin}] (a thin one may have no area), lines [{name, x, y}], dots [{name, x, y}], letters [{label, x, y}], guides [{name, y}].
 */
function chartFigure(chart) {
  const holder = element("div");
  const figure = element("figure", {}, element("figcaption", {}, chart.title), holder);
  const legend = legendOf(chart);
  if (legend !== null) figure.append(legend);
  let width = 0;
  new ResizeObserver(() => {
    if (holder.clientWidth > 0 && holder.clientWidth !== width) {
      width = holder.clientWidth;
      holder.replaceChildren(draw(chart, width));
    }
  }).observe(holder);
  return figure;
}

function draw(chart, width) {
  const height = chart.height || 260;
  const yTicks = ticks(...chart.y, Math.max(3, height / 55));
  const left = 14 + 7 * Math.max(3, ...yTicks.map(t => format(t).length));
  const right = width - 14;
  const bottom = height - 38;
  const top = 20;
  const toX = v => left + (v - chart.x[0]) / (chart.x[1] - chart.x[0]) * (right - left);
  const toY = v => bottom - (v - chart.y[0]) / (chart.y[1] - chart.y[0]) * (bottom - top);
  const id = "chart" + ids++;
  const root = svg("svg", {
    role: "img", viewBox: `0 0 ${width} ${height}`, height,
    "aria-labelledby": `${id} ${id}d`,
  }, svg("title", { id }, chart.title), svg("desc", { id: `${id}d` }, chart.summary));
  for (const t of yTicks) {
    root.append(svg("line", { class: "rule", x1: left, x2: right, y1: toY(t), y2: toY(t) }),
      svg("text", { x: left - 6, y: toY(t) + 4, "text-anchor": "end" }, format(t)));
  }
  for (const t of ticks(...chart.x, Math.max(2, width / 110))) {
    root.append(svg("line", { class: "axis", x1: toX(t), x2: toX(t), y1: bottom, y2: bottom + 4 }),
      svg("text", { x: toX(t), y: bottom + 17, "text-anchor": "middle" }, format(t)));
  }
  root.append(svg("line", { class: "axis", x1: left, x2: right, y1: bottom, y2: bottom }),
    svg("text", { x: right, y: height - 4, "text-anchor": "end" }, chart.xLabel),
    svg("text", { x: 2, y: 12 }, chart.yLabel));
  const clip = svg("clipPath", { id: `${id}c` },
    svg("rect", { x: left, y: top - 4, width: Math.max(0, right - left + 4), height: bottom - top + 5 }));
  const inside = svg("g", { "clip-path": `url(#${id}c)` });
  root.append(clip, inside);
  for (const band of chart.bands || []) {
    const back = [...band.x].reverse();
    inside.append(svg("path", {
      class: band.thin ? "band thin" : "band",
      d: path([...band.x, ...back], [...band.high, ...[...band.low].reverse()], toX, toY) + "Z",
    }));
  }
  for (const guide of chart.guides || []) {
    inside.append(svg("line", { class: "guide", x1: left, x2: right, y1: toY(guide.y), y2: toY(guide.y) }));
  }
  (chart.lines || []).forEach((line, i) => inside.append(svg("path", {
    class: `line stroke ${style(i)}`, d: path(line.x, line.y, toX, toY),
  })));
  const before = (chart.lines || []).length;
  (chart.dots || []).forEach((dots, i) => dots.x.forEach((x, k) => {
    if (dots.y[k] !== null) {
      inside.append(svg("circle", { class: `dot fill ${style(before + i)}`, r: 5, cx: toX(x), cy: toY(dots.y[k]) }));
    }
  }));
  for (const letter of chart.letters || []) {
    root.append(svg("text", { class: "letter", x: toX(letter.x), y: toY(letter.y) }, letter.label));
  }
  return root;
}

function legendOf(chart) {
  const key = (mark, name) => element("li", {},
    svg("svg", { viewBox: "0 0 28 12", height: 12, "aria-hidden": "true" }, mark), element("span", {}, name));
  const lines = chart.lines || [];
  const keys = [
    ...(chart.bands || []).map(band => key(svg("rect", { class: band.thin ? "band thin" : "band", x: 1, y: 1, width: 26, height: 10 }), band.name)),
    ...lines.map((line, i) => key(svg("path", { class: `line stroke ${style(i)}`, d: "M0 6H28" }), line.name)),
    ...(chart.dots || []).map((dots, i) => key(svg("circle", { class: `dot fill ${style(lines.length + i)}`, r: 5, cx: 14, cy: 6 }), dots.name)),
    ...(chart.guides || []).map(guide => key(svg("path", { class: "guide", d: "M0 6H28" }), guide.name)),
  ];
  return keys.length === 0 ? null : element("ul", { class: "legend" }, ...keys);
}
