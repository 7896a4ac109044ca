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
  const joined = tables.length > 1 ? uPlot.join(tables) : tables[0];
  const { data, series, groups, bands } = timeSeries(spec, panel, joined);
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
      bands,
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

// The lines of a panel, those of a side together: up to two runs as they are, more as a band from the
// lowest to the highest run, with the middle one as a line.
function timeSeries(spec, panel, joined) {
  const several = panel.keys.length > 1 || spec.panels.length > 1;
  const found = new Map();
  spec.lines.forEach((line, n) => panel.keys.forEach((key, k) => {
    const side = report.runs[line.run].side, id = `${side} ${key}`;
    if (!found.has(id)) found.set(id, { side, key, columns: [] });
    found.get(id).columns.push(joined[1 + n * panel.keys.length + k]);
  }));
  const data = [joined[0]], series = [], groups = [], bands = [];
  for (const [id, { side, key, columns }] of found) {
    const look = timeLook(key);
    const banded = columns.length > 2;
    const first = data.length;
    if (banded) {
      data.push(...envelope(joined[0], columns));
      series.push(edge(), edge());
      // Bands of the tail would lie over everything else.
      if (look.name !== "dashed") bands.push({ series: [first, first + 1], fill: () => faint(side, 0.2) });
    } else {
      data.push(...columns);
    }
    while (series.length < data.length - 1) series.push(lineSeries(side, look, data[series.length + 1]));
    groups.push({
      id, side, look, series: data.slice(first).map((_, n) => first + n),
      label: several ? seriesLabel(key) : report.compared ? text(side) : seriesLabel(key),
      spoken: report.compared ? `${text(side)} ${seriesLabel(key)}` : seriesLabel(key),
    });
  }
  return { data, series, groups, bands };
}

function edge() {
  return { stroke: () => "transparent", width: 0, points: { show: false } };
}

// Highest, lowest and middle of several runs, at the times of the run that has most of them.
function envelope(x, columns) {
  const bridged = columns.map((values) => bridge(x, values));
  const points = columns.map((values) => values.filter((value) => value !== undefined).length);
  const leading = columns[points.indexOf(Math.max(...points))];
  const found = [[], [], []];
  leading.forEach((own, n) => {
    const known = bridged.map((values) => values[n]).filter((value) => value !== null).sort((one, other) => one - other);
    const half = known.length / 2;
    const three = known.length === 0 ? [null, null, null]
      : [known[known.length - 1], known[0], (known[Math.floor(half)] + known[Math.ceil(half) - 1]) / 2];
    three.forEach((value, k) => found[k].push(own === undefined ? undefined : value));
  });
  return found;
}

// The values of a run at the times of all runs: on straight lines between its own; gaps stay gaps.
function bridge(x, values) {
  const found = x.map(() => null);
  let last = -1;
  values.forEach((value, n) => {
    if (value === undefined) return;
    found[n] = value;
    if (last >= 0 && value !== null && values[last] !== null) {
      for (let m = last + 1; m < n; m++) {
        found[m] = values[last] + (value - values[last]) * (x[m] - x[last]) / (x[n] - x[last]);
      }
    }
    last = n;
  });
  return found;
}

function times(x) {
  return Array.isArray(x) ? x : Array.from({ length: x.n }, (_, n) => Number((x.from + n * x.step).toFixed(3)));
}

function seriesLabel(key) {
  return Object.hasOwn(report.texts, key) ? text(key) : key;
}

function timeLook(key) {
  if (key === "p50") return { width: 1.2, name: "thin" };
  if (key === "p99") return { width: 1.2, dash: [4, 3], name: "dashed" };
  return { width: 1.8, name: "" };
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
  // What hardly changes shall look like it, and ticks shall differ within five digits.
  const missing = Math.max(5e-4 * Math.max(Math.abs(low), Math.abs(high)) - (high - low), 0) / 2;
  [low, high] = [low - missing, high + missing];
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

// Of the warm-ups of a side the longest: shades add up.
function isShortWarmup(mark, marks) {
  const side = report.runs[mark.run].side;
  const alike = marks.filter((other) => other.kind === "warmup" && report.runs[other.run].side === side);
  return mark !== alike.reduce((one, other) => other.to > one.to ? other : one);
}

function drawMarks(u, state, above, run = null) {
  const { ctx, bbox } = u, ratio = devicePixelRatio || 1;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top - 6 * ratio, bbox.width, bbox.height + 6 * ratio);
  ctx.clip();
  const marks = marksOf(state, run);
  for (const mark of marks) {
    if (mark.kind === "warmup" && isShortWarmup(mark, marks)) continue;
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
