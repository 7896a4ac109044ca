// Numbers and texts, in the language of the report.

let report = {};

function text(key, values = {}) {
  return report.texts[key].replace(/%(\w+)/g, (whole, name) =>
    Object.hasOwn(values, name) ? values[name] : whole);
}

const formatters = new Map();

function fixed(value, decimals) {
  if (!formatters.has(decimals)) {
    const options = { minimumFractionDigits: decimals, maximumFractionDigits: decimals, useGrouping: false };
    formatters.set(decimals, new Intl.NumberFormat(report.lang, options));
  }
  return formatters.get(decimals).format(value);
}

// As `units.significant`: three digits that mean something, and no exponent.
function significant(value, digits = 3) {
  if (value === 0) return "0";
  const magnitude = Number(value.toExponential(digits - 1).split("e")[1]);
  return fixed(value, Math.min(Math.max(0, digits - 1 - magnitude), 12));
}

// A short number for an axis: 2500, 40k, 2.5M.
function tickLabel(value) {
  for (const [size, letter, divisor] of [[1e12, "T", 1e12], [1e9, "G", 1e9], [1e6, "M", 1e6], [1e4, "k", 1e3]]) {
    if (Math.abs(value) >= size) return plain(value / divisor) + letter;
  }
  return plain(value);
}

function plain(value) {
  const decimals = (String(Number(value.toPrecision(6))).split(".")[1] || "").length;
  return fixed(value, Math.min(decimals, 8));
}

// English keeps the house's blank.
function percentText(number) {
  return report.lang === "en" ? `${number} %` : `${number}%`;
}

function quantity(value, unit) {
  if (unit === "%") return percentText(significant(value));
  return unit ? `${significant(value)} ${unit}` : significant(value);
}

// The lowest and highest of several values, the unit said once.
function span(values, unit) {
  const known = values.filter((value) => value !== null && value !== undefined);
  if (!known.length) return "–";
  const low = Math.min(...known), high = Math.max(...known);
  const first = significant(low), last = quantity(high, unit);
  return known.length === 1 || first === significant(high) ? last : `${first}–${last}`;
}

function timeText(seconds) {
  const [start, end] = report.time;
  if (end - start <= 150) return `${fixed(seconds, end - start < 20 ? 2 : 1)} s`;
  const minutes = Math.floor(seconds / 60), rest = fixed(seconds - 60 * minutes, 0);
  if (end - start <= 7200) return `${minutes} min ${rest} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

// Numbers that `chart_data.packed` made text of: two characters each, the last code is a gap. Where
// there is a count in place of the text they are equally far apart.
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

function unpack([low, high, log, codes]) {
  const between = (way) => log ? low * (high / low) ** way : low + (high - low) * way;
  if (typeof codes === "number") return Array.from({ length: codes }, (_, n) => between(n / (codes - 1)));
  return Array.from({ length: codes.length / 2 }, (_, n) => {
    const code = 64 * ALPHABET.indexOf(codes[2 * n]) + ALPHABET.indexOf(codes[2 * n + 1]);
    return code === 4095 ? null : between(code / 4094);
  });
}

// An element with properties and children; text is only ever set as text.
function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "class") made.className = value;
    else if (name === "text") made.textContent = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}
