// The page: sections of a training report, drawn from the JSON text in it, and again when a live page gets newer data.

const POLL = 1000;
const sections = new Map();
const VISIBLE = { " ": "␣", "\n": "⏎", "\t": "⇥" };
const shown = new Map();
const chosen = new Map();

function last(values) {
  return values[values.length - 1];
}

/** Fills a section if what it shows has changed; the one in which the reader is keeps the focus. */
function put(id, heading, wide, source, build) {
  let section = sections.get(id);
  if (section === undefined) {
    section = element("section", { id, "aria-labelledby": `${id}-h` });
    if (wide) section.classList.add("wide");
    sections.set(id, section);
    document.getElementById("main").append(section);
  }
  const text = JSON.stringify(source);
  if (shown.get(id) === text) return;
  shown.set(id, text);
  const focused = section.contains(document.activeElement) ? document.activeElement.id : "";
  const nodes = build();
  section.hidden = nodes.length === 0;
  section.replaceChildren(element("h2", { id: `${id}-h` }, heading), ...nodes);
  if (focused !== "") document.getElementById(focused)?.focus();
}

function box(label, node, tall) {
  // A box that scrolls can be reached by the keyboard, and says what it is.
  return element("div", { class: tall ? "box tall" : "box", tabindex: "0", role: "region", "aria-label": label }, node);
}

function pairs(kind, values) {
  return element("dl", { class: kind }, ...values.map(([name, value]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, value))));
}

function showState(data) {
  const steps = data.steps > 0 ? `${format(data.step)} of ${format(data.steps)} steps` : `${format(data.step)} steps`;
  const done = data.step - data.firstStep;
  const speed = data.seconds > 0 && done > 0 ? `, ${(done / data.seconds).toLocaleString("en", { maximumSignificantDigits: 3 })} steps a second` : "";
  const time = `${data.seconds.toFixed(1)} s`;
  const word = { RUNNING: data.live ? "Training now" : "Training", FINISHED: "Finished", STOPPED: "Stopped early" }[data.state];
  document.getElementById("state").textContent = `${word}: ${steps} in ${time}${speed}.`;
  document.getElementById("title").textContent = data.title;
  document.title = data.title;
}

function showNumbers(data) {
  const numbers = [];
  if (data.parameters > 0) numbers.push(["parameters", format(data.parameters)]);
  if (data.loss.smooth.length > 0) numbers.push([`loss, mean of ${format(data.loss.window)}`, last(data.loss.smooth).toFixed(4)]);
  for (const line of data.evaluations) numbers.push([`${line.name} loss`, last(line.value).toFixed(4)]);
  numbers.push(...Object.entries(data.results));
  put("numbers", "Results", true, numbers, () => numbers.length === 0 ? [] : [pairs("numbers", numbers)]);
}

function lossChart(data) {
  const { step, low, high, smooth, group, window } = data.loss;
  if (step.length === 0) return [];
  const dots = data.evaluations.map(line => ({ name: `${line.name} loss`, x: line.step, y: line.value }));
  const evaluated = dots.map(d => `${d.name} ${format(last(d.y))}`).join(", ");
  const chart = {
    title: "Loss of mini-batches and of whole data sets",
    summary: `Smoothed, from ${format(smooth[0])} at step ${format(step[0])} to ${format(last(smooth))} at step ${format(last(step))}. ${evaluated}`,
    xLabel: "step", yLabel: "loss", height: 340,
    x: bounds([step[0], last(step), ...dots.flatMap(d => d.x)], 0.01),
    y: bounds([...low, ...high, ...dots.flatMap(d => d.y)], 0.03),
    bands: [{ name: group === 1 ? "each step" : `lowest to highest of ${format(group)} steps`, x: step, low, high, thin: group === 1 }],
    lines: [{ name: `mean of ${format(window)} steps`, x: step, y: smooth }],
    dots,
  };
  return [chartFigure(chart)];
}

function rateChart({ step, value }) {
  return step.length === 0 ? [] : [chartFigure({
    title: "Learning rate of each step",
    summary: `From ${format(value[0])} to ${format(last(value))}.`,
    xLabel: "step", yLabel: "learning rate",
    x: bounds(step, 0.01), y: bounds([0, ...value], 0.05),
    lines: [{ name: "learning rate", x: step, y: value }],
  })];
}

function updateChart(updates) {
  const lines = updates.map(line => ({ name: line.name, x: line.step, y: line.value }));
  return lines.length === 0 ? [] : [
    chartFigure({
      title: "How far a step moves each weight matrix, log10 of std(update) / std(weights)",
      summary: `In the last step looked at: ${lines.map(l => `${l.name} ${format(last(l.y))}`).join(", ")}. About -3 is right for plain gradient descent.`,
      xLabel: "step", yLabel: "log10 ratio",
      x: bounds(lines.flatMap(l => l.x), 0.01), y: bounds([-3, ...lines.flatMap(l => l.y)], 0.05),
      lines, guides: [{ name: "-3", y: -3 }],
    }),
  ];
}

/** A menu of moments, which stays where it was put when newer data come. */
function moments(id, label, steps, show) {
  const holder = element("div");
  const select = element("select", { id: `${id}-step` },
    ...steps.map(step => element("option", { value: step }, step === 0 ? "before the first step" : `after ${format(step)} steps`)));
  const wanted = chosen.get(id);
  select.value = steps.includes(wanted) ? wanted : last(steps);
  const update = () => holder.replaceChildren(...show(Number(select.value)));
  select.addEventListener("change", () => {
    chosen.set(id, Number(select.value));
    update();
  });
  update();
  const choose = element("p", { class: "choose" }, element("label", { for: `${id}-step` }, label), select);
  choose.hidden = steps.length < 2;
  return [choose, holder];
}

function histogramChart(entry) {
  // As much as shows the one of medium width; wider ones are cut off, narrower ones are peaks.
  const known = entry.series.filter(s => s.density.every(d => d !== null));
  const stds = known.map(s => s.std).sort((a, b) => a - b);
  const reach = 5 * (stds[Math.floor(stds.length / 2)] || 1);
  const from = Math.max(-reach, Math.min(...known.map(s => s.from)));
  const to = Math.min(reach, Math.max(...known.map(s => s.to)));
  const lines = known.map(s => {
    const width = (s.to - s.from) / s.density.length;
    return { name: s.name, x: s.density.map((_, i) => s.from + (i + 0.5) * width), y: s.density };
  });
  return chartFigure({
    title: entry.kind,
    summary: known.map(s => `${s.name}: mean ${format(s.mean)}, standard deviation ${format(s.std)}`).join("; "),
    xLabel: "value", yLabel: "density",
    x: bounds([from, to], 0.02), y: bounds([0, ...lines.flatMap(l => l.y)], 0.03),
    lines,
  });
}

function histogramCharts(histograms) {
  const steps = [...new Set(histograms.map(h => h.step))];
  return steps.length === 0 ? [] : moments("histograms", "Moment", steps, step => [
    element("div", { class: "grid" }, ...histograms.filter(h => h.step === step).map(histogramChart)),
  ]);
}

function sampleList(samples) {
  return samples.length === 0 ? [] : moments("samples", "Moment", samples.map(s => s.step), step => {
    const { texts } = samples.find(s => s.step === step);
    return [texts.length === 1 ? element("pre", {}, texts[0])
      : element("ul", { class: "names" }, ...texts.map(text => element("li", {}, text)))];
  });
}

function embeddingChart({ points, note, step }) {
  return points.length === 0 ? [] : [
    chartFigure({
      title: `Where the characters stand after ${format(step)} steps${note === "" ? "" : `, ${note}`}`,
      summary: points.map(p => `${p.label} at ${format(p.x)}, ${format(p.y)}`).join("; "),
      xLabel: "first number", yLabel: "second number", height: 400,
      x: bounds(points.map(p => p.x), 0.06), y: bounds(points.map(p => p.y), 0.06),
      letters: points.map(p => ({ ...p, label: VISIBLE[p.label] || p.label })),
    }),
  ];
}

function comparisonTable(comparison) {
  const answer = yes => element("td", { class: yes ? "good" : "bad" }, yes ? "yes" : "no");
  // Sums of floats differ in the last digits, so that gradients are seldom exact.
  const rows = comparison.rows.map(row => element("tr", {},
    element("th", { scope: "row" }, row.name), element("td", {}, row.exact ? "yes" : "no"), answer(row.approximate),
    element("td", { class: "number" }, row.maxdiff === null ? "no number" : row.maxdiff === 0 ? "0" : row.maxdiff.toExponential(2)),
    element("td", {}, row.detail.replace(/^ \| /, ""))));
  const head = element("tr", {}, ...["gradient", "exact", "approximate", "largest difference", "worst place"]
    .map(name => element("th", { scope: "col", class: name === "largest difference" ? "number" : "" }, name)));
  return box(comparison.title, element("table", {}, element("caption", {}, comparison.title),
    element("thead", {}, head), element("tbody", {}, ...rows)), comparison.rows.length > 10);
}

function showAll(data) {
  showState(data);
  showNumbers(data);
  put("loss", "Loss", true, [data.loss, data.evaluations], () => lossChart(data));
  put("rate", "Learning rate", false, data.rate, () => rateChart(data.rate));
  put("updates", "Update-to-data ratio", false, data.updates, () => updateChart(data.updates));
  put("histograms", "Activations, weights and gradients", true, data.histograms, () => histogramCharts(data.histograms));
  put("samples", "Samples", false, data.samples, () => sampleList(data.samples));
  put("embedding", "Embedding", false, data.embedding, () => embeddingChart(data.embedding));
  put("comparisons", "Gradients by hand and the engine's", true, data.comparisons, () => data.comparisons.map(comparisonTable));
  const settings = Object.entries(data.settings);
  put("settings", "Settings", true, settings, () => settings.length === 0 ? [] : [pairs("pairs", settings)]);
  put("versions", "Versions", true, data.versions, () => [pairs("pairs", Object.entries(data.versions))]);
  put("command", "Command", true, data.command, () => data.command === "" ? [] : [element("pre", {}, data.command)]);
}

function setUpTheme() {
  const root = document.documentElement;
  const button = document.getElementById("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => root.dataset.theme === "dark" || root.dataset.theme === undefined && system.matches;
  const label = () => { button.textContent = isDark() ? "Light theme" : "Dark theme"; };
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    label();
  });
  system.addEventListener("change", label);
  label();
}

async function follow() {
  try {
    const response = await fetch("/data.json", { cache: "no-store" });
    if (!response.ok) throw new Error(response.statusText);
    const data = await response.json();
    showAll(data);
    if (data.state === "RUNNING") setTimeout(follow, POLL);
  } catch {
    document.getElementById("state").textContent += " The server has ended with the training; this is what it showed last.";
  }
}

const first = JSON.parse(document.getElementById("data").textContent);
setUpTheme();
showAll(first);
if (first.live && first.state === "RUNNING") setTimeout(follow, POLL);
