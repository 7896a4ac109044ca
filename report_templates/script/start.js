// Before the page is drawn it is told that there is a script; what the script does needs the page.

document.documentElement.classList.add("js");

document.addEventListener("DOMContentLoaded", () => {
  report = JSON.parse(document.getElementById("report-data").textContent);
  const hint = element("p", { id: "chart-hint", text: text("hint") });
  hint.hidden = true;
  document.body.append(hint);
  startTheme();
  startTables();
  startFilters();
  startCharts();
});
