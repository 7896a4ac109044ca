// Charts of latencies: the distribution, the histogram, and the change of each quantile.

function lineSeries(side, look, values) {
  const isolated = isolatedPoints(values);
  return {
    stroke: () => palette[side],
    width: look.width,
    dash: look.dash,
    alpha: look.width <= 1 ? 0.7 : 1,
    points: { show: false, size: 4, width: 0, fill: () => palette[side], filter: () => isolated },
  };
}

// Points between two gaps: no line would show them.
function isolatedPoints(values) {
  const known = [];
  values.forEach((value, n) => value !== undefined && known.push(n));
  const found = known.filter((at, n) => values[at] !== null
    && (n === 0 || values[known[n - 1]] === null)
    && (n === known.length - 1 || values[known[n + 1]] === null));
  return found.length ? found : null;
}

function addToGroup(groups, { id, side, look, label, spoken, series }) {
  const there = groups.find((group) => group.id === id);
  if (there) there.series.push(series);
  else groups.push({ id, side, look, label, spoken, series: [series] });
}

function sideGroup(groups, side, look, series) {
  const label = text(report.compared ? side : "share");
  addToGroup(groups, { id: side, side, look, series, label, spoken: label });
}

function latencyAxis() {
  return axis("x", logTicks, (ticks) => ticks.map((tick, n) => tickLabel(tick) + (n === ticks.length - 1 ? " ms" : "")), 22);
}

function distributionPanels(spec, state) {
  const groups = [];
  const x = unpack(spec.x);
  const columns = spec.lines.map((line) => unpack(line.y));
  const look = { width: spec.lines.length > 2 ? 1 : 1.7, name: "" };
  const series = spec.lines.map((line, n) => {
    const side = report.runs[line.run].side;
    sideGroup(groups, side, look, n + 1);
    return { ...lineSeries(side, look, columns[n]) };
  });
  return [{
    data: [x, ...columns], groups, height: 206,
    note: text("axis-share"),
    format: (places) => {
      const known = places.filter((place) => place !== null && place !== undefined);
      if (!known.length) return "–";
      const low = shareText(Math.min(...known)), high = shareText(Math.max(...known));
      return percentText(low === high ? low : `${low}–${high}`);
    },
    place: (latency) => quantity(latency, "ms"),
    placeName: text("latency"),
    options: {
      series: [{}, ...series],
      scales: {
        x: { time: false, distr: 3, range: () => state.zoom || widened(x) },
        y: { range: (u, low, high) => [-2.66, high > 2.66 ? 3.36 : 2.66] },
      },
      axes: [latencyAxis(), axis("y", shareTicks, (ticks) => ticks.map(shareText), 44)],
    },
  }];
}

function widened(x) {
  const low = x[0], high = x[x.length - 1];
  return high > low * 1.5 ? [low / 1.03, high * 1.03] : [low / 1.3, high * 1.3];
}

function histogramPanels(spec, state) {
  const groups = [];
  const tables = spec.lines.map((line) => [unpack(line.x), [...unpack(line.y), 0]]);
  const data = tables.length > 1 ? uPlot.join(tables) : tables[0];
  const many = spec.lines.length > 2;
  const look = { width: many ? 0.9 : 1.3, name: "" };
  const series = spec.lines.map((line, n) => {
    const side = report.runs[line.run].side;
    sideGroup(groups, side, look, n + 1);
    return {
      ...lineSeries(side, look, data[n + 1]),
      paths: uPlot.paths.stepped({ align: 1 }),
      fill: many ? undefined : () => faint(side, 0.14),
    };
  });
  const all = data[0];
  return [{
    data, groups, height: 206, steps: true,
    note: text("axis-step", { step: spec.step }),
    format: (values) => span(values, "%"),
    place: (latency) => quantity(latency, "ms"),
    placeName: text("latency"),
    options: {
      series: [{}, ...series],
      scales: {
        x: { time: false, distr: 3, range: () => state.zoom || widened(all) },
        y: { range: (u, low, high) => [0, high * 1.06 || 1] },
      },
      axes: [latencyAxis(), axis("y", (low, high) => linearTicks(low, high, 5), (ticks) => ticks.map(tickLabel), 44)],
    },
  }];
}

function quantilePanels(spec, state) {
  const x = unpack(spec.x);
  const [bottom, top] = spec.range;
  // Where the band is open it leaves the chart.
  const low = unpack(spec.low).map((change) => change === null ? bottom - 1 : change);
  const high = unpack(spec.high).map((change) => change === null ? top + 1 : change);
  const change = unpack(spec.change);
  const look = { width: 1.8, name: "" };
  const groups = [
    { id: "change", side: "current", look, label: text("change"), spoken: text("change"), series: [3] },
    { id: "band", side: "", look: { name: "band" }, label: text("band"), spoken: text("band"), series: [1, 2], range: true },
  ];
  return [{
    data: [x, high, low, change], groups, height: 206,
    note: text("axis-change"),
    format: (values, group) => {
      const known = values.filter((value) => value !== null && value !== undefined);
      if (!known.length) return "–";
      const ends = known.map((value) => value <= bottom - 1 ? "−∞" : value >= top + 1 ? "∞" : changeText(Math.expm1(value)));
      return group.range ? `${ends[1]} … ${ends[0]}` : ends[0];
    },
    place: (place) => text("p-of", { share: shareText(place) }),
    placeName: text("quantile"),
    options: {
      series: [{}, edge(), edge(), lineSeries("current", look, change)],
      bands: [{ series: [1, 2], fill: () => palette.band }],
      scales: {
        x: { time: false, range: () => state.zoom || [x[0], x[x.length - 1]] },
        y: { range: () => [bottom, top] },
      },
      axes: [
        axis("x", shareTicks, (ticks) => ticks.map((tick) => text("p-of", { share: shareText(tick) })), 22),
        axis("y", changeTicks, (ticks) => ticks.map((tick) => changeText(Math.expm1(tick))), 54),
      ],
      hooks: { drawAxes: [drawZero] },
    },
  }];
}

function drawZero(u) {
  const y = Math.round(u.valToPos(0, "y", true)) + 0.5;
  u.ctx.save();
  u.ctx.strokeStyle = palette.zero;
  u.ctx.lineWidth = devicePixelRatio || 1;
  u.ctx.beginPath();
  u.ctx.moveTo(u.bbox.left, y);
  u.ctx.lineTo(u.bbox.left + u.bbox.width, y);
  u.ctx.stroke();
  u.ctx.restore();
}
