// Filters above the tables of changes: name, verdict, metric; a count of the rows that are left.

function startFilters() {
  const bar = document.querySelector("[data-filters]");
  if (!bar) return;
  const control = (which) => bar.querySelector(`[data-filter="${which}"]`);
  const blocks = [...document.querySelectorAll("[data-filtered]")];
  const rows = blocks.flatMap((block) => [...block.querySelectorAll("tbody > tr")]);
  const names = new Map(rows.map((row) => [row, row.cells[0].querySelector("bdi").textContent.toLowerCase()]));
  const reset = bar.querySelector("[data-filter-reset]");

  const apply = () => {
    const wanted = control("text").value.trim().toLowerCase();
    const verdicts = control("verdict").value.split(" ").filter(Boolean);
    const metric = control("metric").value;
    let shown = 0;
    for (const row of rows) {
      row.hidden = !names.get(row).includes(wanted)
        || (verdicts.length > 0 && !verdicts.includes(row.dataset.verdict))
        || (metric !== "" && row.dataset.metric !== metric);
      shown += row.hidden ? 0 : 1;
    }
    for (const block of blocks) {
      const empty = block.querySelectorAll("tbody > tr:not([hidden])").length === 0;
      block.querySelector("[data-filter-empty]").hidden = !empty;
      block.querySelector(".scroll").hidden = empty;
    }
    reset.hidden = shown === rows.length;
    const values = { shown: fixed(shown, 0), all: fixed(rows.length, 0) };
    bar.querySelector("[data-filter-count]").textContent = text("count", values);
  };

  const choose = (verdict) => {
    control("text").value = "";
    control("metric").value = "";
    control("verdict").value = verdict;
    apply();
  };
  for (const which of ["text", "verdict", "metric"]) control(which).addEventListener("input", apply);
  reset.addEventListener("click", () => {
    choose("");
    control("text").focus();
  });
  for (const link of document.querySelectorAll("[data-show-verdict]")) {
    link.addEventListener("click", () => choose(link.dataset.showVerdict));
  }
  apply();
}
