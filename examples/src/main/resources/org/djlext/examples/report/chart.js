// A chart with what a reader wants to do with it, drawn by uPlot. Every text is put in as text, never as HTML.

const COLORS = 8;
const DASHES = [[], [8, 4], [2, 3]];
const MANY = 8; // more series than this are grouped by layer

const charts = [];

/**
 * A figure that stays as it was set up by the reader while it gets newer data.
 * spec: title, summary, x and y (names of the axes), height, range (of x), guide (a y), what can be done (log, smooth), and
 * series [{name, group, x, y, low, high, dots, raw, labels}]: labels are drawn in place of points, raw ones get a smoothed line.
 */
class Chart {
  constructor(id) {
    this.id = id;
    this.hidden = new Set();
    this.log = false;
    this.weight = null; // until the reader moves the slider, as much as the length calls for
    this.zoom = null;
    this.caption = element("figcaption");
    this.holder = element("div", { id: `${id}-plot`, class: "plot", tabindex: "0", role: "application" });
    this.readout = element("output", { class: "readout", for: `${id}-plot` });
    this.legend = element("div", { class: "legend" });
    this.buttons = {
      log: this.button("log", "Log", "Logarithmic axis", () => { this.log = !this.log; }),
      in: this.button("in", "+", "Zoom in", () => this.zoomBy(0.5)),
      out: this.button("out", "−", "Zoom out", () => this.zoomBy(2)),
      all: this.button("all", "All", "Show all", () => { this.zoom = null; }),
    };
    this.buttons.log.setAttribute("aria-pressed", "false");
    this.slider = element("input", { id: `${id}-smooth`, type: "range", min: "0", max: "0.99", step: "0.01" });
    this.slider.addEventListener("input", () => {
      this.weight = Number(this.slider.value);
      this.draw();
    });
    this.smoothing = element("label", { for: `${id}-smooth` }, "Smoothing ", this.slider, element("span"));
    this.tools = element("div", { class: "tools", role: "group" }, this.smoothing, ...Object.values(this.buttons),
      this.button("png", "PNG", "Save as PNG", () => this.savePicture()), this.button("csv", "CSV", "Save as CSV", () => this.saveTable()));
    this.figure = element("figure", {}, this.caption, this.tools, this.holder, this.readout, this.legend);
    this.holder.addEventListener("keydown", event => this.key(event));
    new ResizeObserver(() => {
      if (this.holder.clientWidth !== this.width) this.draw();
    }).observe(this.holder);
    charts.push(this);
  }

  button(name, text, label, act) {
    const button = element("button", { id: `${this.id}-${name}`, type: "button", title: label, "aria-label": label }, text);
    button.addEventListener("click", () => {
      act();
      this.draw();
    });
    return button;
  }

  set(spec) {
    const names = JSON.stringify(spec.series.map(s => s.name));
    const changed = names !== this.names;
    const redrawn = changed || spec.series.some((one, i) => (one.low === null) !== (this.spec.series[i].low === null));
    this.names = names;
    this.spec = spec;
    this.caption.textContent = spec.title;
    this.holder.setAttribute("aria-label", `${spec.title}. ${spec.summary} Arrow keys read values, plus and minus zoom, 0 shows all.`);
    this.tools.setAttribute("aria-label", spec.title);
    this.smoothing.hidden = !spec.smooth;
    this.buttons.log.hidden = !spec.log;
    if (changed) this.listSeries();
    if (redrawn || this.plot === undefined) {
      this.draw();
    } else { // a reader who points at it or drags goes on
      this.takeData();
      this.plot.setData(this.data);
    }
    return this.figure;
  }

  /** Lists the series, by their groups if there are many; then a group has a colour, and else each has one. */
  listSeries() {
    const { series } = this.spec;
    const grouped = series.length > MANY;
    const groups = new Map();
    for (const { name, group } of series) groups.set(grouped ? group : "", [...groups.get(grouped ? group : "") || [], name]);
    this.styles = new Map();
    this.values = new Map();
    const lists = [...groups].map(([group, names], g) => {
      const items = names.map((name, n) => {
        const [color, dash] = grouped ? [g, n] : [n, Math.floor(n / COLORS)];
        this.styles.set(name, { color: color % COLORS, dash: DASHES[dash % DASHES.length] });
        return this.item(name, name.startsWith(group) ? name.slice(group.length).replace(/^[.:] ?/, "") || name : name);
      });
      if (!grouped || names.length === 1) return element("ul", {}, ...names.map((name, n) => grouped ? this.item(name, name) : items[n]));
      const swatch = element("span", { class: `swatch c${g % COLORS}`, "aria-hidden": "true" });
      return element("div", {}, this.box(`${group} (${names.length})`, names, swatch),
        element("details", {}, element("summary", {}, `each of ${group}`), element("ul", {}, ...items)));
    });
    this.legend.hidden = series.length === 1;
    this.legend.replaceChildren(...lists);
    this.legend.classList.toggle("grouped", grouped);
    this.checkBoxes();
  }

  item(name, text) {
    const { color, dash } = this.styles.get(name);
    const value = element("span", { class: "value" });
    this.values.set(name, value);
    const swatch = element("span", { class: `swatch c${color} d${DASHES.indexOf(dash)}`, "aria-hidden": "true" });
    return element("li", {}, this.box(text, [name], swatch), value);
  }

  /** A box that shows and hides series. */
  box(text, names, ...marks) {
    const input = element("input", { type: "checkbox", id: `${this.id}-${names.length > 1 ? "all-" : ""}${names[0]}` });
    input.names = names;
    input.addEventListener("change", () => {
      for (const name of names) {
        if (input.checked) this.hidden.delete(name); else this.hidden.add(name);
      }
      this.checkBoxes();
      this.draw();
    });
    return element("label", {}, input, ...marks, element("span", {}, text));
  }

  checkBoxes() {
    for (const input of this.legend.querySelectorAll("input")) {
      const shown = input.names.filter(name => !this.hidden.has(name)).length;
      input.checked = shown > 0;
      input.indeterminate = shown > 0 && shown < input.names.length;
    }
  }

  /** The lines that are drawn: bands and noise below, means and dots above. */
  lines() {
    const below = [];
    const above = [];
    for (const one of this.spec.series) {
      const { color, dash } = this.styles.get(one.name);
      const show = !this.hidden.has(one.name);
      const noisy = this.spec.smooth && one.raw;
      const main = { ...one, color, dash, show, width: 2 };
      if (noisy) {
        if (one.low) {
          below.push({ ...main, y: one.high, alpha: 0, band: below.length + 1 }, { ...main, y: one.low, alpha: 0 });
        } else {
          below.push({ ...main, width: 1, alpha: 0.35 });
        }
        above.push({ ...main, y: smoothed(one.y, this.smoothness()) });
      } else {
        above.push(main);
      }
    }
    return [...below, ...above];
  }

  smoothness() {
    const longest = Math.max(...this.spec.series.map(one => one.x.length));
    return this.weight ?? Math.max(0, Math.min(0.98, 1 - 40 / longest));
  }

  takeData() {
    const positive = y => this.log ? y.map(v => v > 0 ? v : null) : y;
    this.drawn = this.lines();
    this.data = uPlot.join(this.drawn.map(line => [line.x, positive(line.y)]));
    return this.drawn;
  }

  draw() {
    const width = this.holder.clientWidth;
    this.width = width;
    if (width === 0 || this.spec === undefined) return;
    const { spec } = this;
    const css = getComputedStyle(this.holder);
    const color = name => {
      this.holder.style.color = `var(--${name})`;
      const value = css.color;
      this.holder.style.color = "";
      return value;
    };
    const soft = color("soft");
    const rule = color("rule");
    const text = color("text");
    const fade = (value, alpha) => value.replace("rgb(", "rgba(").replace(")", `, ${alpha})`);
    const lines = this.takeData();
    const font = "12px system-ui, sans-serif";
    const axis = (label, side) => ({
      label, stroke: soft, font, labelFont: font, labelSize: 20, labelGap: 4, side,
      grid: { stroke: rule, width: 1 }, ticks: { stroke: rule, width: 1 },
      values: (u, splits) => splits.map(v => v === null ? "" : tick(v)), space: side === 2 ? 80 : 32,
      size: side === 2 ? 34 : (u, values) => 14 + 7 * Math.max(3, ...(values || []).map(v => v.length)),
    });
    const options = {
      width, height: spec.height || 260, legend: { show: false },
      padding: [10, 26, 0, 0], // half of the last number of an axis
      scales: {
        x: { time: false, range: (u, low, high) => this.zoom || spec.range || spread(low, high) },
        y: { distr: this.log ? 3 : 1 },
      },
      axes: [axis(spec.x, 2), axis(spec.y, 3)],
      cursor: { drag: { x: true, y: false }, points: { size: 7 }, focus: { prox: this.values.size > MANY ? 24 : -1 } },
      focus: { alpha: 0.3 },
      series: [{}, ...lines.map(line => ({
        label: line.name, show: line.show, dash: line.dash, width: line.width,
        stroke: line.labels ? "transparent" : fade(color(`c${line.color}`), line.alpha ?? 1),
        paths: line.labels ? () => null : undefined,
        points: { show: line.dots === true || line.x.length === 1, size: 8, fill: color(`c${line.color}`) },
      }))],
      bands: lines.flatMap((line, i) => line.band === undefined ? [] : [{ series: [i + 1, i + 2], fill: fade(color(`c${line.color}`), 0.3) }]),
      hooks: {
        setSelect: [u => {
          if (u.select.width > 0) this.zoom = [u.posToVal(u.select.left, "x"), u.posToVal(u.select.left + u.select.width, "x")];
        }],
        setCursor: [u => this.read(u.cursor.left >= 0 ? u.posToVal(u.cursor.left, "x") : null)],
        draw: [u => decorate(u, this.spec, text)],
        ready: [u => u.over.addEventListener("dblclick", () => {
          this.zoom = null;
          this.draw();
        })],
      },
    };
    this.plot?.destroy();
    this.plot = new uPlot(options, this.data, this.holder);
    this.buttons.log.setAttribute("aria-pressed", this.log);
    this.slider.value = this.smoothness();
    this.smoothing.lastChild.textContent = this.smoothness().toFixed(2);
  }

  /** Shows the values at a place, beside the names. */
  read(x) {
    const read = [];
    for (const one of this.drawn || []) {
      const i = x === null || one.x.length === 0 ? -1 : nearest(one.x, x);
      const value = i < 0 ? "" : one.labels ? `${format(one.x[i])}, ${format(one.y[i])}` : format(one.y[i]);
      if (this.values.has(one.name)) this.values.get(one.name).textContent = value;
      if (i >= 0 && one.show && !read.some(r => r.name === one.name)) read.push({ name: one.name, text: one.labels ? one.labels[i] : one.name, value });
    }
    const shown = new Map(read.map(r => [r.name, this.values.get(r.name).textContent]));
    this.readout.textContent = x === null ? "" : `${this.spec.x} ${format(Math.abs(x) > 100 ? Math.round(x) : x)}: `
      + read.slice(0, MANY).map(r => `${r.text} ${shown.get(r.name)}`).join(", ");
  }

  key(event) {
    const [low, high] = [this.plot.scales.x.min, this.plot.scales.x.max];
    const xs = this.data[0];
    const at = this.at === undefined ? xs.length : this.at;
    const move = { ArrowLeft: at - 1, ArrowRight: at + 1, PageUp: at - 20, PageDown: at + 20, Home: 0, End: xs.length - 1 }[event.key];
    if (move !== undefined) {
      this.at = Math.max(0, Math.min(xs.length - 1, move));
      this.plot.setCursor({ left: this.plot.valToPos(Math.max(low, Math.min(high, xs[this.at])), "x"), top: 20 });
      this.read(xs[this.at]);
    } else if (event.key === "+") {
      this.zoomBy(0.5);
    } else if (event.key === "-") {
      this.zoomBy(2);
    } else if (event.key === "0" || event.key === "Escape") {
      this.zoom = null;
    } else {
      return;
    }
    event.preventDefault();
    if (move === undefined) this.draw();
  }

  zoomBy(factor) {
    const { min, max } = this.plot.scales.x;
    const middle = this.at === undefined ? (min + max) / 2 : this.data[0][this.at];
    const reach = (max - min) / 2 * factor;
    this.zoom = [middle - reach, middle + reach];
  }

  saveTable() {
    const cell = value => /[",\n]/.test(value) ? `"${value.replaceAll("\"", "\"\"")}"` : value;
    const { series } = this.spec;
    const [x, ...ys] = uPlot.join(series.map(s => [s.x, s.y]));
    const rows = [[this.spec.x, ...series.map(s => s.name)], ...x.map((v, i) => [v, ...ys.map(y => y[i] ?? "")])];
    save(`${this.id}.csv`, new Blob([rows.map(row => row.map(v => cell(String(v))).join(",")).join("\n") + "\n"], { type: "text/csv" }));
  }

  /** The plot with its title above and the names of what is shown below. */
  savePicture() {
    const { canvas } = this.plot.ctx;
    const scale = devicePixelRatio;
    const shown = [...new Map(this.drawn.filter(line => line.show).map(line => [line.name, line])).values()].slice(0, 3 * MANY);
    const style = getComputedStyle(this.holder);
    const picture = element("canvas", { width: canvas.width, height: canvas.height + (30 + 18 * shown.length) * scale });
    const g = picture.getContext("2d");
    g.fillStyle = getComputedStyle(document.body).backgroundColor;
    g.fillRect(0, 0, picture.width, picture.height);
    g.drawImage(canvas, 0, 24 * scale);
    g.scale(scale, scale);
    g.fillStyle = style.color;
    g.font = "14px system-ui, sans-serif";
    g.fillText(this.spec.title, 8, 17);
    g.font = "12px system-ui, sans-serif";
    shown.forEach((line, i) => {
      const y = canvas.height / scale + 40 + 18 * i;
      g.fillStyle = style.color;
      g.fillText(line.name, 44, y);
      g.strokeStyle = getComputedStyle(this.legend.querySelector(`.c${line.color}`)).borderTopColor;
      g.lineWidth = 2;
      g.setLineDash(line.dash);
      g.beginPath();
      g.moveTo(8, y - 4);
      g.lineTo(36, y - 4);
      g.stroke();
    });
    picture.toBlob(blob => save(`${this.id}.png`, blob));
  }
}

/** Draws what uPlot has no series for: a line across, and letters. */
function decorate(u, spec, color) {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  if (spec.guide !== undefined) {
    const y = u.valToPos(spec.guide, "y", true);
    ctx.strokeStyle = color;
    ctx.lineWidth = 1.5 * devicePixelRatio;
    ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
  }
  ctx.fillStyle = color;
  ctx.font = `600 ${15 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  for (const { x, y, labels } of spec.series) {
    labels?.forEach((label, i) => ctx.fillText(label, u.valToPos(x[i], "x", true), u.valToPos(y[i], "y", true)));
  }
  ctx.restore();
}
