// The life of a chart: made when it comes near the viewport, given up when it is far away, so that
// a page of a thousand charts scrolls and stays small in memory.

const PANELS = {
  time: timePanels,
  distribution: distributionPanels,
  histogram: histogramPanels,
  quantiles: quantilePanels,
  heat: heatPanels,
};
const FRAME_MS = 6;
const states = new Map();
const waiting = new Map();

function startCharts() {
  readPalette();
  const near = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting, boundingClientRect } of entries) {
      // The width comes with the entry: to ask for it would lay out the page again.
      if (isIntersecting) waiting.set(target, Math.round(boundingClientRect.width));
      else if (!waiting.delete(target)) hide(target);
    }
    if (waiting.size) requestAnimationFrame(showWaiting);
  }, { rootMargin: "700px 0px" });
  for (const figure of document.querySelectorAll("figure[data-chart]")) near.observe(figure);
  document.getElementById("reset-zoom").addEventListener("click", () => setTimeZoom(null));
  themeListeners.push(() => {
    readPalette();
    for (const panel of livePanels()) panel.plot.redraw(false, true);
  });
}

// A few charts each frame, so that scrolling goes on meanwhile.
function showWaiting() {
  const end = performance.now() + FRAME_MS;
  for (const [figure, width] of waiting) {
    waiting.delete(figure);
    show(figure, width);
    if (performance.now() > end) break;
  }
  if (waiting.size) requestAnimationFrame(showWaiting);
}

function livePanels() {
  return [...states.values()].flatMap((state) => state.panels).filter((panel) => panel.plot);
}

function show(figure, width) {
  try {
    if (!states.has(figure)) states.set(figure, build(figure));
    const state = states.get(figure);
    if (state.panels.some((panel) => panel.plot)) return;
    for (const panel of state.panels) panel.plot = makePlot(state, panel, width);
    sizes.observe(state.plot);
    figure.classList.add("live");
  } catch (error) {
    figure.classList.add("failed");
    console.error(error);
  }
}

function hide(figure) {
  const state = states.get(figure);
  if (!state || figure.contains(document.activeElement)) return;
  sizes.unobserve(state.plot);
  for (const panel of state.panels) {
    if (panel.plot) panel.plot.destroy();
    panel.plot = null;
  }
  figure.classList.remove("live");
}

function build(figure) {
  const key = figure.dataset.chart;
  const spec = report.charts[key];
  const caption = figure.querySelector("figcaption");
  const section = figure.closest("section.name");
  const heading = section ? section.querySelector("h3").textContent.trim() : "";
  const label = [caption.textContent.trim().replace(/\s+/g, " "), heading].filter(Boolean).join(", ");
  const state = { figure, key, spec, label, hidden: new Set(), zoom: null };
  state.panels = PANELS[spec.kind](spec, state);
  state.place = element("span", { class: "place" });
  state.mark = element("span", { class: "mark-text" });
  state.mark.hidden = true;
  state.plot = element("div", {
    class: "plot", tabindex: "0", role: "application",
    "aria-label": text("chart", { chart: label }), "aria-describedby": "chart-hint",
  });
  for (const panel of state.panels) {
    panel.box = element("div", { class: "panel" }, element("span", { class: "axis-note", text: panel.note }));
    state.plot.append(panel.box);
  }
  state.plot.append(state.mark);
  // The caption's own words stay together when the place stands beside them.
  caption.replaceChildren(element("span", {}, ...caption.childNodes), state.place);
  figure.append(state.plot, spec.kind === "heat" ? heatScale() : buildLegend(state), buildDataTable(state));
  startKeyboard(state);
  return state;
}

function makePlot(state, panel, width) {
  const { options } = panel;
  const made = new uPlot({
    ...options,
    width: Math.max(width + 2, 160),
    height: panel.height,
    padding: [panel.note ? 20 : 8, 24, 0, 0],
    legend: { show: false },
    series: options.series.map((series) => ({ ...series })),
    cursor: {
      y: panel.heat !== undefined,
      dataIdx: (u, s, at) => s === 0 ? at : nearest(u.data[s], at, panel.steps),
      drag: { x: true, y: false, setScale: false, dist: 6 },
      bind: { dblclick: () => () => resetZoom(state) },
      ...options.cursor,
    },
    hooks: {
      ...options.hooks,
      setCursor: [() => panel.plot && readCursor(state, panel)],
      setSelect: [(u) => zoomToSelection(state, u)],
    },
  }, panel.data, panel.box);
  panel.plot = made;
  for (const group of panel.groups) {
    if (state.hidden.has(group.id)) showGroup(panel, group, false);
  }
  return made;
}

function zoomToSelection(state, u) {
  const { left, width } = u.select;
  if (width > 5) setZoom(state, [u.posToVal(left, "x"), u.posToVal(left + width, "x")]);
  u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
}

function isOverTime(state) {
  return state.spec.kind === "time" || state.spec.kind === "heat";
}

function fullRange(state) {
  if (isOverTime(state)) return report.time;
  const x = state.panels[0].data[0];
  return state.spec.kind === "quantiles" ? [x[0], x[x.length - 1]] : widened(x);
}

function setZoom(state, range) {
  if (isOverTime(state)) return setTimeZoom(range);
  state.zoom = range;
  for (const panel of state.panels) rescale(panel);
}

function resetZoom(state) {
  setZoom(state, null);
  return true;
}

function setTimeZoom(range) {
  timeZoom = range;
  for (const state of states.values()) {
    if (isOverTime(state)) state.panels.filter((panel) => panel.plot).forEach(rescale);
  }
  const button = document.getElementById("reset-zoom");
  button.hidden = range === null;
  if (range) announce(text("zoomed", { from: timeText(range[0]), to: timeText(range[1]) }));
}

// The range of the scale is a function that knows the zoom: what is passed only wakes it.
function rescale(panel) {
  const [min, max] = panel.options.scales.x.range();
  panel.plot.setScale("x", { min, max });
}

const sizes = new ResizeObserver((entries) => {
  for (const entry of entries) {
    const width = Math.round(entry.contentRect.width);
    const state = states.get(entry.target.closest("figure"));
    for (const panel of state.panels) {
      if (panel.plot && width > 0 && panel.plot.width !== width) panel.plot.setSize({ width, height: panel.height });
    }
  }
});
