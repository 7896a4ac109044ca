// Scales: where the ticks of an axis are, and what they say.

const FONT = "11px system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif";
const SIGN_WIDTH = 6.3;  // CSS pixels
const TIME_STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 1800];
const SHARES = [0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999];
const CHANGES = [
  -0.9, -0.8, -0.65, -0.5, -0.35, -0.2, -0.1, -0.05, -0.02, 0,
  0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 9, 99, 999,
];

function niceStep(range, count) {
  const power = 10 ** Math.floor(Math.log10(range / count));
  return [1, 2, 5, 10].map((m) => m * power).find((step) => range / step <= count * 1.000001) || power * 10;
}

function multiples(low, high, step) {
  const ticks = [];
  for (let n = Math.ceil(low / step - 1e-9); n * step <= high + step * 1e-9; n++) {
    ticks.push(Number((n * step).toPrecision(12)));
  }
  return ticks;
}

function linearTicks(low, high, count) {
  return high > low ? multiples(low, high, niceStep(high - low, count)) : [low];
}

function logTicks(low, high) {
  const first = Math.floor(Math.log10(low)), last = Math.ceil(Math.log10(high));
  for (const factors of [[1, 2, 5], [1, 3], [1]]) {
    const ticks = [];
    for (let power = first; power <= last; power++) {
      for (const factor of factors) ticks.push(Number(`${factor}e${power}`));
    }
    const inside = ticks.filter((tick) => tick >= low * 0.999 && tick <= high * 1.001);
    if (inside.length <= 7 && inside.length >= 2) return inside;
  }
  return linearTicks(low, high, 4);
}

function timeTicks(low, high, most) {
  const range = high - low;
  const step = TIME_STEPS.find((candidate) => range / candidate < most) || 3600 * niceStep(range / 3600, most - 1);
  return multiples(low, high, step);
}

function timeLabels(ticks) {
  const range = report.time[1] - report.time[0];
  const [divisor, unit] = range <= 150 ? [1, "s"] : range <= 7200 ? [60, "min"] : [3600, "h"];
  return ticks.map((tick, n) => plain(tick / divisor) + (n === ticks.length - 1 ? ` ${unit}` : ""));
}

// The share of requests below a place on the probability scale (Abramowitz and Stegun 26.2.17).
function shareAt(place) {
  const t = 1 / (1 + 0.2316419 * Math.abs(place));
  const tail = Math.exp(-place * place / 2) / Math.sqrt(2 * Math.PI)
    * t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return place >= 0 ? 1 - tail : tail;
}

const SHARE_PLACES = { 0.001: -3.0902, 0.01: -2.3263, 0.1: -1.2816, 0.5: 0, 0.9: 1.2816, 0.99: 2.3263, 0.999: 3.0902 };

function shareTicks(low, high) {
  return SHARES.map((share) => SHARE_PLACES[share]).filter((place) => place >= low - 0.01 && place <= high + 0.01);
}

// Enough digits to tell a share from all requests.
function shareText(place) {
  const percent = 100 * shareAt(place);
  return plain(Number(percent.toFixed(percent > 99.9 ? 3 : percent > 99 ? 2 : percent < 1 ? 2 : 1)));
}

function changeTicks(low, high) {
  const kept = [];
  const inside = CHANGES.filter((change) => Math.log1p(change) >= low && Math.log1p(change) <= high);
  inside.sort((one, other) => Math.abs(Math.log1p(one)) - Math.abs(Math.log1p(other)));
  for (const change of inside) {
    const place = Math.log1p(change);
    if (kept.every((other) => Math.abs(place - other) >= 0.13 * (high - low))) kept.push(place);
  }
  return kept.sort((one, other) => one - other);
}

function changeText(change) {
  const percent = Number((100 * change).toFixed(1));
  const sign = percent > 0 ? "+" : percent < 0 ? "\u2212" : "";
  return sign + percentText(plain(Math.abs(percent)));
}

function axis(scale, ticks, labels, size) {
  // Of the vertical axis at least so much: long labels get more.
  const wide = (u, words) => Math.max(size, ...(words || []).map((word) => SIGN_WIDTH * word.length + 8));
  return {
    scale,
    side: scale === "x" ? 2 : 3,
    size: scale === "x" ? size : wide,
    gap: 5,
    font: FONT,
    stroke: () => palette.soft,
    grid: { stroke: () => palette.grid, width: 1 },
    ticks: { show: false },
    splits: (u, which, low, high) => ticks(low, high),
    filter: (u, splits) => splits,
    values: (u, splits) => scale === "x" ? apart(u, splits, labels(splits)) : labels(splits),
  };
}

// Labels without those that would run into their right neighbours; the last one tells the unit.
function apart(u, ticks, words) {
  let free = Infinity;
  return words.map((word, n) => [word, u.valToPos(ticks[n], "x")]).reverse().map(([word, middle]) => {
    const half = SIGN_WIDTH * word.length / 2;
    if (middle + half > free) return "";
    if (word) free = middle - half - SIGN_WIDTH;
    return word;
  }).reverse();
}
