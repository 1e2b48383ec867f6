// Tokens side by side, each as wide as its probability: the twin of lessons/plots/strip_rows.py. Places along a strip
// are per cent, so that it is as wide as there is room.

import { HATCH, INK_RED, ORANGE, RANKS, RED, attributes } from "./svg.js";
import { say } from "./words.js";
import { commas, escape, percent, widthOf } from "./writing.js";

const STRIP = 24,
  ROW = 42,
  OFF = 30; // pixels: how high a strip is, a row with what leads to the next one, one that is off
const OWN = 0.008; // the least share that is a piece of its own
const BAND = "#d3e1ed"; // the colour of what leads from one strip to the next
const LEADING = 10,
  LAST = 2; // pieces that are read out of many

/** Where a group of ranks begins: ranks from 0, the first by itself, then up to the 10th, the 100th … */
const GROUPS = RANKS.map((_, group) => (group ? 10 ** (group - 1) : 0));
const groupOf = (rank) => GROUPS.findLastIndex((start) => start <= rank);

/**
 * The pieces of a strip, without those that are 0: {start, share, first, last, name, kept}; `last` is the rank after.
 *
 * shares: (V) probabilities in the order of the strip
 * names: of the first tokens
 * kept: (V) which of them stay
 */
export function pieces(shares, names, kept = null) {
  const found = [],
    stays = (rank) => !kept || kept[rank];
  let start = 0,
    piece = null;
  for (let rank = 0; rank < shares.length; rank++) {
    const own = shares[rank] >= OWN,
      before = rank - 1;
    const begins = own || shares[before] >= OWN || GROUPS.includes(rank) || stays(rank) !== stays(before);
    if (begins) found.push((piece = { start, share: 0, first: rank, kept: stays(rank) }));
    piece.share += shares[rank];
    piece.last = rank + 1;
    piece.name = piece.last === piece.first + 1 ? (names[piece.first] ?? "") : "";
    start += shares[rank];
  }
  return found.filter((one) => one.share > 0);
}

/** What a piece says under the mouse: "␣king: 4.6% (rank 2)". */
function inWords({ first, last, share, name, kept }) {
  const ranks = last === first + 1 ? commas(last) : `${commas(first + 1)}–${commas(last)}`;
  const words = name
    ? say("strip_rows.piece", { token: name, share: percent(share), rank: ranks })
    : say("strip_rows.pieces", { ranks, share: percent(share) });
  return kept ? words : say("strip_rows.piece_cut", { piece: words });
}

/** The pieces as SVG, those that are cut hatched. `hatch`: an id of its own; `wide`: pixels that the strip has. */
export function strip(parts, hatch, wide) {
  const pattern = `<rect width="6" height="6" fill="#f5f5f5"/><path d="${HATCH}" stroke="#9a9a9a"/>`;
  const drawn = [
    `<defs><pattern id="${hatch}" width="6" height="6" patternUnits="userSpaceOnUse">${pattern}</pattern></defs>`,
  ];
  for (const piece of parts) {
    const group = groupOf(piece.first),
      single = piece.last === piece.first + 1;
    const look = { fill: piece.kept ? RANKS[group] : `url(#${hatch})`, stroke: single ? "#fff" : "" };
    drawn.push(block(piece.start, piece.share, look, `<title>${escape(inWords(piece))}</title>`));
    if (piece.kept && piece.name && 0.92 * widthOf(piece.name) + 6 < piece.share * wide) {
      const ink = { fill: group < 2 ? "#fff" : "#111", pointer_events: "none" };
      drawn.push(line(piece.start + piece.share / 2, 16, piece.name, 11, ink));
    }
  }
  return drawn.join("");
}

const at = (place) => `${(100 * place).toFixed(2)}%`;

const block = (start, share, look, inside = "") =>
  `<rect x="${at(start)}" width="${at(share)}" height="${STRIP}"${attributes(look)}>${inside}</rect>`;

const line = (place, y, words, size, look = {}) =>
  `<text${attributes({ x: at(place), y, font_size: size, text_anchor: "middle", ...look })}>${escape(words)}</text>`;

/** What leads from what is kept of a strip to the whole of the next one. */
export function funnel(parts) {
  const stays = parts.filter((piece) => piece.kept);
  const first = 100 * stays[0].start,
    last = 100 * (stays.at(-1).start + stays.at(-1).share);
  const box = `y="${STRIP}" width="100%" height="${ROW - STRIP}" viewBox="0 0 100 ${ROW - STRIP}" preserveAspectRatio="none"`;
  return `<svg ${box}><path d="M${first.toFixed(2)} 0H${last.toFixed(2)}L100 ${ROW - STRIP}H0Z" fill="${BAND}"/></svg>`;
}

/** In place of a strip: a filter that is off hands on what it was offered. */
export const passedBy = () =>
  `<rect width="100%" height="${OFF}" fill="${BAND}"/>${line(0.5, OFF / 2 + 4, say("strip_rows.off"), 11, { fill: "#444" })}`;

/** Random numbers thrown onto a strip, and the token of the last one lit: where it begins, and its share. */
export function needles(thrown, start, share, token) {
  const last = thrown.at(-1);
  const before = thrown
    .slice(0, -1)
    .map((place) => `<rect x="${at(place)}" y="${STRIP}" width="1.5" height="6" fill="${RED}"/>`);
  const lit = block(start, share, { fill: ORANGE, stroke: RED, pointer_events: "none" });
  const needle = `<path d="M0-5V${STRIP + 5}" stroke="${RED}" stroke-width="2.5"/><path d="M-5-6h10L0 3Z" fill="${RED}"/>`;
  const thrownLast = `<svg x="${at(last)}" style="overflow:visible"><g class="needle">${needle}</g></svg>`;
  const words = say("strip_rows.falls", { uniform: last.toFixed(3), token });
  const look = { dx: last < 0.6 ? 8 : -8, fill: INK_RED, text_anchor: last < 0.6 ? "start" : "end" };
  return [...before, lit, thrownLast, line(last, ROW - 5, words, 12, look)].join("");
}

/** A strip in a page: reached by key or finger it lists its pieces, of many the leading and the last. */
export function framed(drawn, parts, name) {
  const list = (some) => some.map(inWords).join("; "),
    many = parts.length > LEADING + LAST;
  const listed = many ? `${list(parts.slice(0, LEADING))}; … ${list(parts.slice(-LAST))}` : list(parts);
  const words = say("strip_pages.listed", { name, pieces: listed }),
    height = parts.length ? ROW : OFF;
  const tip = listed ? `<div class="tip" aria-hidden="true">${escape(listed)}</div>` : "";
  return `<svg role="img" tabindex="0" aria-label="${escape(words)}" width="100%" height="${height}">${drawn}</svg>${tip}`;
}
