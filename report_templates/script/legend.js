// Legends: what a line is, a button that hides it, and the value under the cursor.

function buildLegend(state) {
  const entries = state.panels.flatMap((panel) => panel.groups.map((group) => ({ panel, group })));
  // One line for each side, the current one first.
  entries.sort((one, other) => (one.group.side === "baseline") - (other.group.side === "baseline"));
  const columns = Math.max(...["current", "baseline"].map((side) => entries.filter(({ group }) => group.side === side).length));
  const list = element("ul", { class: `legend-keys columns-${entries.length > 2 ? Math.min(columns, 3) : 2}` });
  state.readings = new Map();
  for (const { panel, group } of entries) {
    const button = element("button", { type: "button", "aria-pressed": "true", "aria-label": text("toggle", { series: group.spoken }) },
      element("span", { class: `stroke ${group.side} ${group.look.name}` }), element("span", { text: group.label }));
    const reading = element("span", { class: "reading" });
    button.addEventListener("click", () => toggle(state, panel, group, button));
    state.readings.set(group, reading);
    list.append(element("li", {}, button, reading));
  }
  return list;
}

function toggle(state, panel, group, button) {
  const hidden = !state.hidden.has(group.id);
  if (hidden) state.hidden.add(group.id);
  else state.hidden.delete(group.id);
  button.setAttribute("aria-pressed", String(!hidden));
  if (panel.plot) showGroup(panel, group, !hidden);
}

function showGroup(panel, group, shown) {
  for (const n of group.series) panel.plot.setSeries(n, { show: shown });
}

// The nearest point that a line has: lines of several runs do not share their points in time.
function nearest(values, at, steps = false) {
  if (values[at] !== undefined) return at;
  for (let away = 1; away < values.length; away++) {
    if (values[at - away] !== undefined) return at - away;
    if (!steps && values[at + away] !== undefined) return at + away;
  }
  return at;
}

function readCursor(state, panel) {
  const u = panel.plot, at = u.cursor.idx;
  const inside = at !== null && at !== undefined && u.cursor.left >= 0;
  for (const group of panel.groups) {
    const values = inside ? group.series.map((n) => u.data[n][nearest(u.data[n], at, panel.steps)]) : [];
    state.readings.get(group).textContent = inside && !state.hidden.has(group.id) ? panel.format(values, group) : "";
  }
  if (panel !== state.panels[0] && !panel.plot.over.matches(":hover")) return;
  state.place.textContent = inside ? placeText(state, panel) : "";
  showMark(state, inside && panel.placeName === text("time") ? markText(state, u.posToVal(u.cursor.left, "x"), panel.run) : "");
}

function placeText(state, panel) {
  const u = panel.plot;
  const x = u.posToVal(u.cursor.left, "x");
  if (panel.heat) {
    const own = u.over.matches(":hover") || state.plot === document.activeElement;
    return (own && cellText(panel.heat, x, u.posToVal(u.cursor.top, "y"))) || timeText(x);
  }
  return panel.place(u.data[0][u.cursor.idx]);
}

function showMark(state, words) {
  if (state.mark.textContent !== words) state.mark.textContent = words;
  state.mark.hidden = words === "";
}

// What is read aloud: where the cursor is, and every value there.
function spoken(state) {
  const values = state.panels.flatMap((panel) => panel.groups
    .filter((group) => !state.hidden.has(group.id))
    .map((group) => `${group.spoken} ${state.readings.get(group).textContent}`));
  const mark = state.mark.hidden ? [] : [state.mark.textContent];
  return text("reading", { place: state.place.textContent, values: [...values, ...mark].join(", ") });
}
