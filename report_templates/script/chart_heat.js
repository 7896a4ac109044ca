// Heat maps: how many requests took how long, over time.

function heatPanels(spec, state) {
  return spec.maps.map((map, n) => heatPanel(spec, state, map, {
    height: spec.maps.length === 1 ? 206 : n === 0 ? 108 : 122,
    last: n === spec.maps.length - 1,
  }));
}

function heatPanel(spec, state, map, { height, last }) {
  const seconds = times(map.s), edges = unpack(map.ms), rows = edges.length - 1;
  const middles = seconds.slice(1).map((end, n) => (end + seconds[n]) / 2);
  const level = (count) => spec.levels.filter((least) => count >= least).length;
  const heat = { seconds, edges, rows, count: map.count };
  const labels = last ? timeLabels : (ticks) => ticks.map(() => "");
  return {
    data: [middles, middles.map(() => Math.sqrt(edges[0] * edges[rows]))],
    groups: [], height, heat, run: map.run,
    note: spec.maps.length > 1 ? `${text(report.runs[map.run].side)}, ${text("axis-ms-log")}` : text("axis-ms-log"),
    format: () => "",
    place: timeText,
    placeName: text("time"),
    options: {
      series: [{}, { stroke: () => "transparent", width: 0, points: { show: false } }],
      scales: {
        x: { time: false, range: () => timeZoom || report.time },
        y: { distr: 3, range: () => spec.span },
      },
      axes: [
        { ...axis("x", (low, high) => timeTicks(low, high, 7), labels, last ? 22 : 6), grid: { show: false } },
        { ...axis("y", logTicks, (ticks) => ticks.map(tickLabel), 44), grid: { show: false } },
      ],
      cursor: { points: { show: false }, sync: timeSync() },
      hooks: {
        drawClear: [(u) => drawCells(u, heat, level)],
        draw: [(u) => drawMarks(u, state, true, map.run)],
      },
    },
  };
}

function drawCells(u, heat, level) {
  const { ctx, bbox } = u;
  const byLevel = Array.from({ length: 9 }, () => []);
  heat.count.forEach((count, n) => count > 0 && byLevel[level(count)].push(n));
  const x = heat.seconds.map((value) => Math.round(u.valToPos(value, "x", true)));
  const y = heat.edges.map((value) => Math.round(u.valToPos(value, "y", true)));
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  byLevel.forEach((cells, step) => {
    ctx.fillStyle = palette[`heat-${step}`] || palette.band;
    for (const n of cells) {
      const column = Math.floor(n / heat.rows), row = n % heat.rows;
      ctx.fillRect(x[column], y[row + 1], x[column + 1] - x[column], y[row] - y[row + 1]);
    }
  });
  ctx.restore();
}

// What the cell at a place says; nothing outside of the cells.
function cellText(heat, seconds, latency) {
  const column = heat.seconds.findIndex((edge) => edge > seconds) - 1;
  const row = heat.edges.findIndex((edge) => edge > latency) - 1;
  if (column < 0 || row < 0) return "";
  return text("cell", {
    time: timeText((heat.seconds[column] + heat.seconds[column + 1]) / 2),
    latency: `${significant(heat.edges[row])}–${quantity(heat.edges[row + 1], "ms")}`,
    count: fixed(heat.count[column * heat.rows + row], 0),
  });
}

function heatScale() {
  const steps = element("span", { class: "steps" }, ...Array.from({ length: 8 }, () => element("i")));
  return element("p", { class: "heat-scale", "aria-hidden": "true" },
    element("span", { text: text("few") }), steps, element("span", { text: text("many") }));
}
