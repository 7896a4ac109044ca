// Tables that are sorted by a click on a column's head: by its words, or by a number of the row's
// data-values.

function startTables() {
  for (const table of document.querySelectorAll("table.sortable")) makeSortable(table);
  for (const table of document.querySelectorAll("table.changes")) keepRoles(table);
}

// On narrow screens these tables are laid out as blocks, which some browsers no longer call tables.
function keepRoles(table) {
  const roles = { TABLE: "table", THEAD: "rowgroup", TBODY: "rowgroup", TR: "row", TD: "cell" };
  for (const node of [table, ...table.querySelectorAll("thead, tbody, tr, td, th")]) {
    node.setAttribute("role", roles[node.tagName] || (node.scope === "row" ? "rowheader" : "columnheader"));
  }
}

function makeSortable(table) {
  const original = [...table.tBodies[0].rows];
  for (const head of table.querySelectorAll("th[data-sort]")) {
    const button = element("button", { type: "button", class: "sort" }, ...head.childNodes);
    head.append(button);
    head.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => sortBy(table, head, original));
  }
}

// Ascending, descending, and as it was.
function sortBy(table, head, original) {
  const next = { none: "ascending", ascending: "descending", descending: "none" }[head.getAttribute("aria-sort")];
  for (const other of table.querySelectorAll("th[aria-sort]")) other.setAttribute("aria-sort", "none");
  head.setAttribute("aria-sort", next);
  const rows = [...original];
  if (next !== "none") {
    const keys = new Map(rows.map((row) => [row, sortKey(row, head)]));
    const sign = next === "ascending" ? 1 : -1;
    rows.sort((one, other) => compareKeys(keys.get(one), keys.get(other), sign));
  }
  table.tBodies[0].append(...rows);
}

function sortKey(row, head) {
  if (head.dataset.sort === "text") return row.cells[head.cellIndex].textContent.trim();
  const value = row.dataset.values.split(" ")[Number(head.dataset.sort)];
  return value === "-" ? null : Number(value);
}

// What is unknown stands last either way.
function compareKeys(one, other, sign) {
  if (one === null || other === null) return (one === null) - (other === null);
  if (typeof one === "string") return sign * one.localeCompare(other, report.lang, { numeric: true });
  return sign * (one - other);
}
