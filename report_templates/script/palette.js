// The colours of the charts: those of the style sheet, read again when they change.

const palette = {};

function readPalette() {
  const style = getComputedStyle(document.documentElement);
  const names = ["paper", "ink", "soft", "grid", "band", "zero", "current", "baseline"];
  for (let step = 1; step <= 8; step++) names.push(`heat-${step}`);
  for (const name of names) palette[name] = style.getPropertyValue(`--${name}`).trim();
}

function faint(name, alpha) {
  const hex = palette[name];
  const channel = (at) => parseInt(hex.slice(at, at + 2), 16);
  return `rgba(${channel(1)}, ${channel(3)}, ${channel(5)}, ${alpha})`;
}
