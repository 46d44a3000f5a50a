// The page: sections drawn from the JSON text in it, and again when a live page gets newer data.

const POLL = 1000;
const VISIBLE = { " ": "␣", "\n": "⏎", "\t": "⇥" };
const sections = new Map();
const shown = new Map();
const chartsById = new Map();
const chosen = new Map();

/** Fills a section if what it shows has changed; the one in which the reader is keeps the focus. */
function put(id, heading, wide, source, build) {
  let section = sections.get(id);
  if (section === undefined) {
    section = element("section", { id, "aria-labelledby": `${id}-h` }, element("h2", { id: `${id}-h` }, heading));
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
  const old = [...section.children].slice(1);
  // A chart that takes newer data stays where it is.
  if (old.length !== nodes.length || old.some((node, i) => node !== nodes[i])) {
    section.replaceChildren(section.firstChild, ...nodes);
    if (focused !== "") document.getElementById(focused)?.focus();
  }
}

function chart(id, spec) {
  if (!chartsById.has(id)) chartsById.set(id, new Chart(id));
  return chartsById.get(id).set(spec);
}

function box(label, node, tall) {
  // A box that scrolls can be reached by the keyboard, and says what it is.
  return element("div", { class: tall ? "box tall" : "box", tabindex: "0", role: "region", "aria-label": label }, node);
}

function pairs(kind, values) {
  return element("dl", { class: kind }, ...values.map(([name, value]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, value))));
}

/** A table with a row for each name and a column for each run. */
function table(caption, runs, part) {
  const names = [...new Set(runs.flatMap(run => Object.keys(run[part])))];
  const row = name => {
    const values = runs.map(run => run[part][name] ?? "");
    const differs = values.some(value => value !== values[0]);
    return element("tr", differs ? { class: "differs" } : {}, element("th", { scope: "row" }, name),
      ...values.map(value => element("td", {}, value)));
  };
  const head = element("tr", {}, ...["run", ...runs.map(run => run.title)].map(name => element("th", { scope: "col" }, name)));
  return box(`${caption} of each run`, element("table", {}, element("thead", {}, head), element("tbody", {}, ...names.map(row))));
}

function values(id, heading, runs, part, kind) {
  const all = runs.map(run => run[part]);
  put(id, heading, true, all, () => {
    if (all.every(one => Object.keys(one).length === 0)) return [];
    return [runs.length > 1 ? table(heading, runs, part) : pairs(kind, Object.entries(all[0]))];
  });
}

function stateOf(run, live) {
  const word = { RUNNING: live ? "Training now" : "Training", FINISHED: "Finished", STOPPED: "Stopped early", RECORDED: "Recorded" }[run.state];
  const done = run.step;
  const steps = run.steps > 0 ? `${format(done)} of ${format(run.steps)} steps` : `${format(done)} steps`;
  if (run.state === "RECORDED") return `${word}: ${steps}.`;
  const own = done - run.firstStep;
  const speed = run.seconds > 0 && own > 0 ? `, ${(own / run.seconds).toLocaleString("en", { maximumSignificantDigits: 3 })} steps a second` : "";
  return `${word}: ${steps} in ${run.seconds.toFixed(1)} s${speed}.`;
}

function showState({ runs, live }) {
  const title = runs.map(run => run.title).join(" and ");
  document.getElementById("title").textContent = title;
  document.title = title;
  document.getElementById("state").textContent = runs.map(run => (runs.length > 1 ? `${run.title}: ` : "") + stateOf(run, live)).join(" ");
}

/** The numbers of all runs whose names pass, as series; with several runs the name says whose they are. */
function scalars(runs, passes, shorten = name => name) {
  return runs.flatMap(run => Object.entries(run.scalars).filter(([name]) => passes(name)).map(([name, s]) => ({
    name: (runs.length > 1 ? `${run.title}: ` : "") + shorten(name),
    group: runs.length > 1 ? run.title : layer(shorten(name)),
    x: s.step, y: s.value, low: s.low, high: s.high, raw: name === "train/loss", dots: name !== "train/loss" && s.step.length <= 60,
  })));
}

function scalarChart(id, heading, wide, series, spec) {
  put(id, heading, wide, series, () => series.length === 0 ? [] : [chart(`${id}-chart`, {
    x: "step", log: true, smooth: false, series,
    summary: series.slice(0, MANY).map(s => `${s.name}: ${format(s.y[0])} at step ${format(s.x[0])}, ${format(last(s.y))} at step ${format(last(s.x))}`).join("; ") + ".",
    ...spec,
  })]);
}

function showScalars(runs) {
  const isLoss = name => /\/(loss|evaluated)$/.test(name);
  const isUpdate = name => name.startsWith("update ratio/");
  const group = Math.max(1, ...runs.map(run => run.scalars["train/loss"]?.group || 1));
  scalarChart("loss", "Loss", true, scalars(runs, isLoss), {
    title: group === 1 ? "Loss of mini-batches and of whole data sets" : `Loss, in groups of ${format(group)} steps from the lowest to the highest, and of whole data sets`,
    y: "loss (nats)", height: 360, smooth: true,
  });
  const names = new Set(runs.flatMap(run => Object.keys(run.scalars)).filter(name => !isLoss(name) && !isUpdate(name)));
  for (const name of names) {
    scalarChart(name.replace(/\W+/g, "-"), name[0].toUpperCase() + name.slice(1), false, scalars(runs, other => other === name), { title: `${name} over the steps`, y: name });
  }
  scalarChart("updates", "Update-to-data ratio", true, scalars(runs, isUpdate, name => name.slice("update ratio/".length)), {
    title: "How far a step moves each weight matrix, std(update) / std(weights); the dashed line is at -3",
    y: "log10(ratio)", log: false, guide: -3,
  });
}

/** A menu of moments, which stays where it was put when newer data come. */
function moments(id, steps, show) {
  const holder = element("div", { class: "grid" });
  const select = element("select", { id: `${id}-step` }, ...steps.map(step => element("option", { value: step }, moment(step))));
  const wanted = chosen.get(id);
  select.value = steps.includes(wanted) ? wanted : last(steps);
  const update = () => holder.replaceChildren(...show(Number(select.value)));
  select.addEventListener("change", () => {
    chosen.set(id, Number(select.value));
    update();
  });
  update();
  const choose = element("p", { class: "choose" }, element("label", { for: `${id}-step` }, "Moment"), select);
  choose.hidden = steps.length < 2;
  return [choose, holder];
}

function moment(step) {
  return step === 0 ? "before the first step" : `after ${format(step)} steps`;
}

function histogramChart({ kind, series }) {
  // As much as shows the one of medium width; wider ones are cut off, narrower ones are peaks.
  const known = Object.entries(series);
  const stds = known.map(([, d]) => d.std).sort((a, b) => a - b);
  const reach = 5 * (stds[Math.floor(stds.length / 2)] || 1);
  const low = Math.max(-reach, Math.min(...known.map(([, d]) => d.edges[0])));
  const high = Math.min(reach, Math.max(...known.map(([, d]) => last(d.edges))));
  return chart(`histograms-${kind.replace(/\W+/g, "-")}`, {
    title: kind, x: "value", y: "density", range: spread(low, high), log: true,
    summary: known.slice(0, MANY).map(([name, d]) => `${name}: mean ${format(d.mean)}, standard deviation ${format(d.std)}`).join("; ") + ".",
    series: known.map(([name, d]) => ({ name, group: layer(name), x: d.density.map((_, i) => (d.edges[i] + d.edges[i + 1]) / 2), y: d.density, low: null })),
  });
}

function histogramCharts(histograms) {
  const steps = [...new Set(histograms.map(h => h.step))];
  return steps.length === 0 ? [] : moments("histograms", steps, step => histograms.filter(h => h.step === step).map(histogramChart));
}

/** What the model wrote from its first moment to its last, the last one open. */
function sampleHistory(samples) {
  return samples.map(({ step, texts }, i) => {
    const written = texts.length === 1 ? element("pre", {}, texts[0])
      : element("ul", { class: "names" }, ...texts.map(text => element("li", {}, text)));
    const details = element("details", { class: "moment" }, element("summary", {}, moment(step)), written);
    details.open = i === samples.length - 1;
    return details;
  });
}

function embeddingChart(embedding) {
  if (embedding === null) return [];
  const { step, dim } = embedding;
  const points = [...embedding.points].sort((a, b) => a.x - b.x);
  const x = points.map(p => p.x);
  const reach = (last(x) - x[0]) * 0.05 || 1;
  return [chart("embedding-chart", {
    title: `Where the characters stand ${moment(step)}${dim === 2 ? "" : `, the first 2 of ${dim} numbers a character`}`,
    x: "first number", y: "second number", height: 400, range: [x[0] - reach, last(x) + reach],
    summary: points.map(p => `${p.label} at ${format(p.x)}, ${format(p.y)}`).join("; ") + ".",
    series: [{ name: "characters", x, y: points.map(p => p.y), low: null, labels: points.map(p => VISIBLE[p.label] || p.label) }],
  })];
}

function comparisonTable(comparison) {
  const answer = yes => element("td", { class: yes ? "good" : "bad" }, yes ? "yes" : "no");
  // Sums of floats differ in the last digits, so that gradients are seldom exact.
  const rows = comparison.rows.map(row => element("tr", {},
    element("th", { scope: "row" }, row.name), element("td", {}, row.exact ? "yes" : "no"), answer(row.approximate),
    element("td", { class: "number" }, row.maxdiff === null ? "NaN or infinite" : row.maxdiff === 0 ? "0" : row.maxdiff.toExponential(2)),
    element("td", {}, row.detail.replace(/^ \| /, ""))));
  const head = element("tr", {}, ...["gradient", "exact", "approximate", "largest difference", "worst place"]
    .map(name => element("th", { scope: "col", class: name === "largest difference" ? "number" : "" }, name)));
  return box(comparison.title, element("table", {}, element("caption", {}, comparison.title),
    element("thead", {}, head), element("tbody", {}, ...rows)), comparison.rows.length > 10);
}

function showAll(data) {
  const { runs } = data;
  showState(data);
  values("numbers", "Results", runs, "results", "numbers");
  showScalars(runs);
  if (runs.length === 1) {
    const [run] = runs;
    put("histograms", "Activations, weights and gradients", true, run.histograms, () => histogramCharts(run.histograms));
    put("samples", "Samples", false, run.samples, () => sampleHistory(run.samples));
    put("embedding", "Embedding", false, run.embedding, () => embeddingChart(run.embedding));
    put("comparisons", "Gradients by hand and the engine's", true, run.comparisons, () => run.comparisons.map(comparisonTable));
  }
  values("settings", "Settings", runs, "settings", "pairs");
  if (runs.length === 1) {
    const [{ versions, command }] = runs;
    put("versions", "Versions", true, versions, () => versions === undefined ? [] : [pairs("pairs", Object.entries(versions))]);
    put("command", "Command", true, command, () => command === "" ? [] : [element("pre", {}, command)]);
  }
}

function setUpTheme() {
  const root = document.documentElement;
  const button = document.getElementById("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => root.dataset.theme === "dark" || root.dataset.theme === undefined && system.matches;
  const update = () => {
    button.textContent = isDark() ? "Light theme" : "Dark theme";
    for (const one of charts) one.draw(); // a canvas has the colours of when it was drawn
  };
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    update();
  });
  system.addEventListener("change", update);
  update();
}

async function follow() {
  try {
    const response = await fetch("/data.json", { cache: "no-store" });
    if (!response.ok) throw new Error(response.statusText);
    const data = await response.json();
    showAll(data);
    if (data.runs[0].state === "RUNNING") setTimeout(follow, POLL);
  } catch {
    document.getElementById("state").textContent += " The server has ended with the training; this is what it showed last.";
  }
}

const first = JSON.parse(document.getElementById("data").textContent);
setUpTheme();
showAll(first);
if (first.live && first.runs[0].state === "RUNNING") setTimeout(follow, POLL);
