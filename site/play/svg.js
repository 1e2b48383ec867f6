// Drawings as SVG, in strings: the twin of lessons/plots/svg.py. All writing is escaped.

import { escape } from "./writing.js";

// Okabe and Ito's colours by name (lessons/plots/canvas.py); INK_…: the same, dark enough for words on white.
export const BLUE = "#0072B2";
export const ORANGE = "#E69F00";
export const GREEN = "#009E73";
export const RED = "#D55E00";
export const GREY = "#999999";
export const INK_RED = "#c35600";
export const BLACK = "#111";
export const PALE = "#C4C4C4";
// Of ranks 1, 2–10, 11–100 …
export const RANKS = ["#08306B", "#2171B5", "#6BAED6", "#9ECAE1", "#C6DBEF", "#DEEBF7"];
export const HATCH = "M-1 1L1-1M0 6L6 0M5 7L7 5";

/** {stroke_width: 2} as ` stroke-width="2"`; what is empty is left out. */
export function attributes(options) {
  return Object.entries(options)
    .filter(([, value]) => value !== "" && value !== undefined)
    .map(([name, value]) => ` ${name.replaceAll("_", "-")}="${value}"`)
    .join("");
}

/** A drawing of this size in pixels; `words` are what a screen reader says. It shrinks to `least` of its width. */
export function drawing(width, height, words, parts, least = 0.75) {
  const size = `viewBox="0 0 ${width} ${height}" style="max-width:${width}px;min-width:${(least * width).toFixed(0)}px"`;
  return `<svg class="drawing" role="img" aria-label="${escape(words)}" ${size}>${parts.join("")}</svg>`;
}

export const rect = (x, y, width, height, look = {}) =>
  `<rect x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${width.toFixed(1)}" height="${height.toFixed(1)}"` +
  `${attributes({ rx: 4, fill: "none", ...look })}/>`;

export const path = (way, look = {}) => `<path d="${way}" fill="none"${attributes(look)}/>`;

/** A line of writing; the sign for a space is paler than the letters. */
export function text(x, y, words, size = 12, look = {}) {
  const shown = escape(words).replaceAll("␣", '<tspan fill-opacity="0.45">␣</tspan>');
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" font-size="${size}"${attributes({ fill: BLACK, ...look })}>${shown}</text>`;
}
