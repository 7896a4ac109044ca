// The data of a chart as a table, made when it is asked for.

const MOST_TABLE_ROWS = 20;

function buildDataTable(state) {
  const details = element("details", { class: "chart-data" }, element("summary", { text: text("data") }));
  details.addEventListener("toggle", () => {
    if (details.open && details.children.length === 1) details.append(...dataTables(state));
  });
  return details;
}

function dataTables(state) {
  const tables = state.panels.map((panel) => panel.heat ? heatTable(panel.heat) : panelTable(panel));
  const label = `${text("data")}: ${state.label}`;
  return tables.map((table, n) => element("div", {
    class: "scroll", role: "region", tabindex: "0", "aria-label": n ? `${label} (${n + 1})` : label,
  }, table));
}

function panelTable(panel) {
  const all = panel.data[0].map((x, n) => n);
  const groups = panel.groups.slice(0, 8);
  const rows = evenly(all).map((n) => [
    panel.place(panel.data[0][n]),
    ...groups.map((group) => panel.format(group.series.map((s) => panel.data[s][nearest(panel.data[s], n, panel.steps)]), group)),
  ]);
  return simpleTable([panel.placeName, ...groups.map((group) => group.spoken)], rows, all.length);
}

function heatTable({ seconds, edges, rows, count }) {
  const columns = seconds.slice(1).map((_, n) => n);
  const found = evenly(columns).map((n) => {
    const cells = count.slice(n * rows, (n + 1) * rows);
    const fullest = cells.indexOf(Math.max(...cells));
    return [timeText(seconds[n]), fixed(cells.reduce((sum, value) => sum + value, 0), 0),
      `${significant(edges[fullest])}–${quantity(edges[fullest + 1], "ms")}`];
  });
  return simpleTable([text("time"), text("requests"), text("most-at")], found, columns.length);
}

function evenly(items) {
  if (items.length <= MOST_TABLE_ROWS) return items;
  return Array.from({ length: MOST_TABLE_ROWS }, (_, n) => items[Math.round(n * (items.length - 1) / (MOST_TABLE_ROWS - 1))]);
}

function simpleTable(heads, rows, all) {
  const table = element("table");
  if (all > rows.length) table.append(element("caption", { text: text("table-note", { count: fixed(MOST_TABLE_ROWS, 0) }) }));
  table.append(element("thead", {}, element("tr", {}, ...heads.map((head) => element("th", { scope: "col", text: head })))));
  table.append(element("tbody", {}, ...rows.map((row) => element("tr", {},
    ...row.map((cell, n) => element(n ? "td" : "th", n ? { text: cell } : { scope: "row", text: cell }))))));
  return table;
}
