// Keys of a chart that has the focus: arrows read, plus and minus zoom, Escape shows all.

function startKeyboard(state) {
  state.plot.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !state.panels[0].plot) return;
    if (onKey(state, event)) event.preventDefault();
  });
  state.plot.addEventListener("blur", () => {
    if (state.panels[0].plot) moveTo(state, null);
  });
}

function onKey(state, event) {
  const far = event.shiftKey ? 10 : 1;
  switch (event.key) {
    case "ArrowLeft": return step(state, -far);
    case "ArrowRight": return step(state, far);
    case "ArrowUp": return stepLatency(state, 1);
    case "ArrowDown": return stepLatency(state, -1);
    case "Home": return step(state, -Infinity);
    case "End": return step(state, Infinity);
    case "+": case "=": return zoomBy(state, 0.5);
    case "-": return zoomBy(state, 2);
    case "Escape": return resetZoom(state);
    default: return false;
  }
}

// Indices of the points in view, of any line that is shown.
function pointsInView(panel) {
  const u = panel.plot, { min, max } = u.scales.x;
  return u.data[0].map((x, n) => n).filter((n) => u.data[0][n] >= min && u.data[0][n] <= max
    && u.series.some((series, s) => s > 0 && series.show && u.data[s][n] !== undefined && u.data[s][n] !== null));
}

function step(state, by) {
  const panel = state.panels[0];
  const points = pointsInView(panel);
  if (!points.length) return false;
  const at = panel.plot.cursor.left >= 0 ? panel.plot.cursor.idx : null;
  let next = by > 0 ? 0 : points.length - 1;
  if (at !== null && at !== undefined && Number.isFinite(by)) {
    const here = points.findIndex((n) => n >= at);
    next = (here < 0 ? points.length - 1 : here) + by;
  } else if (!Number.isFinite(by)) {
    next = by > 0 ? points.length - 1 : 0;
  }
  moveTo(state, points[Math.min(Math.max(next, 0), points.length - 1)]);
  announce(spoken(state));
  return true;
}

// On a heat map the cursor has a height too.
function stepLatency(state, by) {
  const panel = state.panels[0];
  if (!panel.heat || panel.plot.cursor.left < 0) return false;
  const { edges } = panel.heat, u = panel.plot;
  const latency = u.posToVal(u.cursor.top, "y");
  const row = Math.min(Math.max(edges.findIndex((edge) => edge > latency) - 1 + by, 0), edges.length - 2);
  u.setCursor({ left: u.cursor.left, top: u.valToPos(Math.sqrt(edges[row] * edges[row + 1]), "y") });
  announce(state.place.textContent);
  return true;
}

function moveTo(state, index) {
  for (const panel of state.panels) {
    const u = panel.plot;
    const left = index === null ? -10 : u.valToPos(state.panels[0].plot.data[0][index], "x");
    const top = panel.heat && u.cursor.top > 0 ? u.cursor.top : u.over.clientHeight / 2;
    u.setCursor({ left, top: index === null ? -10 : top }, true, panel === state.panels[0]);
  }
}

function zoomBy(state, factor) {
  const u = state.panels[0].plot, scale = u.scales.x;
  const log = scale.distr === 3;
  const to = log ? Math.log : (x) => x, from = log ? Math.exp : (x) => x;
  const low = to(scale.min), high = to(scale.max);
  const middle = u.cursor.left >= 0 ? to(u.posToVal(u.cursor.left, "x")) : (low + high) / 2;
  const [first, last] = fullRange(state).map(to);
  const half = (high - low) * factor / 2;
  if (2 * half >= last - first) return resetZoom(state);
  const start = Math.min(Math.max(middle - half, first), last - 2 * half);
  setZoom(state, [from(start), from(start + 2 * half)]);
  return true;
}

let announcing = 0;

function announce(words) {
  clearTimeout(announcing);
  announcing = setTimeout(() => {
    document.getElementById("live").textContent = words;
  }, 120);
}
