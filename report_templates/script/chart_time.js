// Charts over time: percentiles, throughput and errors, resources. All share one stretch of time.

let timeZoom = null;

function timePanels(spec, state) {
  return spec.panels.map((panel, n) => timePanel(spec, state, panel, {
    height: state.spec.panels.length > 1 ? (n === 0 ? 138 : 92) : state.key[0] === "r" ? 160 : 206,
    last: n === spec.panels.length - 1,
  }));
}

function timePanel(spec, state, panel, { height, last }) {
  const tables = spec.lines.map((line) => [times(line.x), ...panel.keys.map((key) => unpack(line.y[key]))]);
  const data = tables.length > 1 ? uPlot.join(tables) : tables[0];
  const several = panel.keys.length > 1 || spec.panels.length > 1;
  const series = [], groups = [];
  for (const line of spec.lines) {
    for (const key of panel.keys) {
      const side = report.runs[line.run].side;
      const look = timeLook(key, spec.lines.length);
      addToGroup(groups, {
        id: `${side} ${key}`, side, look, series: series.length + 1,
        label: several ? seriesLabel(key) : report.compared ? text(side) : seriesLabel(key),
        spoken: report.compared ? `${text(side)} ${seriesLabel(key)}` : seriesLabel(key),
      });
      series.push(lineSeries(side, look, data[series.length + 1]));
    }
  }
  const percent = panel.unit === "%";
  return {
    data, groups, height,
    note: axisNote(panel),
    unit: panel.unit,
    format: (values) => span(values, panel.unit),
    place: timeText,
    placeName: text("time"),
    options: {
      series: [{}, ...series],
      scales: {
        x: { time: false, range: () => timeZoom || report.time },
        y: { distr: panel.log ? 3 : 1, range: (u, low, high) => yRange(low, high, panel, percent) },
      },
      axes: [
        axis("x", (low, high) => timeTicks(low, high, 7), last ? timeLabels : (ticks) => ticks.map(() => ""), last ? 22 : 6),
        axis("y", (low, high) => panel.log ? logTicks(low, high) : linearTicks(low, high, height < 120 ? 3 : 5), (ticks) => ticks.map(tickLabel), 44),
      ],
      cursor: { sync: timeSync() },
      hooks: { drawClear: [(u) => drawMarks(u, state, false)], draw: [(u) => drawMarks(u, state, true)] },
    },
  };
}

function times(x) {
  return Array.isArray(x) ? x : Array.from({ length: x.n }, (_, n) => Number((x.from + n * x.step).toFixed(3)));
}

function seriesLabel(key) {
  return Object.hasOwn(report.texts, key) ? text(key) : key;
}

function timeLook(key, runs) {
  const many = runs > 2;
  if (key === "p50") return { width: many ? 0.9 : 1.2, name: "thin" };
  if (key === "p99") return { width: many ? 0.9 : 1.2, dash: [4, 3], name: "dashed" };
  return { width: many ? 1.1 : 1.8, name: "" };
}

function axisNote(panel) {
  if (panel.unit === "ms") return text(panel.log ? "axis-ms-log" : "axis-ms");
  const key = `axis-${panel.keys[0]}`;
  return Object.hasOwn(report.texts, key) ? text(key) : "";
}

function yRange(low, high, panel, percent) {
  if (low === null || high === null) return panel.log ? [1, 10] : [0, 1];
  if (panel.log) return [low / 1.15, Math.max(high * 1.15, low * 2)];
  if (panel.keys[0] === "errors") return [0, Math.max(high * 1.06, 1)];
  if (panel.keys[0] !== "value") return [0, high * 1.06 || 1];
  if (low === high) [low, high] = [Math.min(low, 0), Math.max(high, 0) || 1];
  if (low >= 0 && (percent || low < 0.6 * high)) return [0, high * 1.05];
  return [low - (high - low) * 0.08, high + (high - low) * 0.08];
}

// Cursors over the same time move together; zooming is done here for all charts, drawn or not.
function timeSync() {
  return { key: "time", scales: ["x", null], setSeries: false, filters: { pub: () => true, sub: (type) => type === "mousemove" } };
}

// What is marked on a chart: what stands out in all requests, and of a name its own; on a heat map
// that of its run.
function marksOf(state, run = null) {
  const section = state.key.split("-")[0];
  return report.marks.filter((mark) => (mark.section === "all" || mark.section === section)
    && (run === null || mark.run === run));
}

function drawMarks(u, state, above, run = null) {
  const { ctx, bbox } = u, ratio = devicePixelRatio || 1;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top - 6 * ratio, bbox.width, bbox.height + 6 * ratio);
  ctx.clip();
  for (const mark of marksOf(state, run)) {
    const from = u.valToPos(mark.from, "x", true), to = u.valToPos(mark.to, "x", true);
    const side = report.runs[mark.run].side;
    if (mark.kind === "warmup" && !above) {
      ctx.fillStyle = faint(report.compared ? side : "zero", 0.13);
      ctx.fillRect(from, bbox.top, to - from, bbox.height);
    } else if (mark.kind !== "warmup" && !above) {
      ctx.fillStyle = faint(side, 0.12);
      ctx.fillRect(from, bbox.top, Math.max(to - from, 2 * ratio), bbox.height);
    } else if (mark.kind !== "warmup") {
      const middle = (from + to) / 2, size = 5 * ratio;
      ctx.fillStyle = report.compared ? palette[side] : palette.ink;
      ctx.beginPath();
      ctx.moveTo(middle - size, bbox.top - 6 * ratio);
      ctx.lineTo(middle + size, bbox.top - 6 * ratio);
      ctx.lineTo(middle, bbox.top + 1.5 * ratio);
      ctx.fill();
    }
  }
  ctx.restore();
}

// What the marks at a time say.
function markText(state, seconds, run = null) {
  const near = (report.time[1] - report.time[0]) / 150;
  return marksOf(state, run)
    .filter((mark) => seconds >= mark.from - (mark.kind === "warmup" ? 0 : near) && seconds <= mark.to + (mark.kind === "warmup" ? 0 : near))
    .map((mark) => mark.text)
    .slice(0, 2)
    .join(" · ");
}
