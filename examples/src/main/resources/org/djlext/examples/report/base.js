"use strict";
// What the charts and the page take from here.

function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

function format(value) {
  if (value === null || value === undefined) return "NaN or infinite";
  const size = Math.abs(value);
  if (value !== 0 && (size < 1e-3 || size >= 1e7)) return value.toExponential(2);
  return value.toLocaleString("en", { maximumFractionDigits: size < 1 ? 4 : size < 100 ? 3 : 1 });
}

function tick(value) {
  const size = Math.abs(value);
  return value !== 0 && (size < 1e-4 || size >= 1e7) ? value.toExponential() : value.toLocaleString("en", { maximumSignificantDigits: 6 });
}

function last(values) {
  return values[values.length - 1];
}

/** The place of the value nearest to a number in an ascending list. */
function nearest(values, wanted) {
  let low = 0;
  let high = values.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (values[middle] < wanted) low = middle; else high = middle;
  }
  return wanted - values[low] < values[high] - wanted ? low : high;
}

/** The exponential mean with its bias towards the start taken out, as TensorBoard has it. */
function smoothed(values, weight) {
  let sum = 0;
  let share = 0;
  return values.map(value => {
    if (value === null) return null;
    sum = weight * sum + (1 - weight) * value;
    share = weight * share + 1 - weight;
    return sum / share;
  });
}

function save(name, blob) {
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** The layer that a parameter belongs to: the name up to the first number, or up to the first dot. */
function layer(name) {
  return name.match(/^.*?\.\d+(?=\.)/)?.[0] || name.split(".")[0];
}

function spread(low, high) {
  const pad = low === high ? 1 : (high - low) * 0.01;
  return [low - pad, high + pad];
}
