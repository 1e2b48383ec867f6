// The likeliest tokens as bars, before and after filters, with a tally of what was drawn: the twin of
// lessons/plots/share_rows.py.

import { INK_RED, PALE, RANKS, RED, drawing, rect, text } from "./svg.js";
import { say } from "./words.js";
import { commas, percent, shortName } from "./writing.js";

const WIDTH = 372,
  HEAD = 44,
  ROW = 23,
  NAMES = 112,
  WHOLE = 136; // pixels: … of the names, of a bar of 100 %
const LEAST = 1e-9,
  NEXT_TO_NOTHING = "~0%"; // the least share with a number; what is written of others
const FEW = 20,
  RINGS_IN_A_ROW = 5; // draws of which each has a ring

/**
 * A drawing of a bar for each of the first tokens, and one for all others.
 *
 * names: of the first n
 * before, after: (V) probabilities as offered, and as drawn from (0 where cut), in the order of the names
 * counts: (V) how often each was drawn; null if none was
 * lit: the place of the token that was drawn last
 */
export function shareRows(names, before, after, counts, lit) {
  const n = names.length,
    offered = firstAndOthers(before, n),
    left = firstAndOthers(after, n);
  const drawn = counts ? firstAndOthers(counts, n) : offered.map(() => 0);
  const draws = drawn.reduce((sum, one) => sum + one, 0);
  const shown = [
    ...names.map((name) => shortName(name, (NAMES * 12) / 11)),
    say("share_rows.others", { others: commas(before.length - n) }),
  ];
  const parts = legend(draws);
  shown.forEach((name, place) => {
    const y = HEAD + place * ROW,
      isLit = lit !== null && Math.min(lit, n) === place;
    parts.push(
      ...bar(y, name, offered[place], left[place], isLit, RANKS[place ? 1 : 0]),
      ...tally(y, drawn[place], draws, left[place]),
    );
  });
  return drawing(WIDTH, HEAD + ROW * shown.length + 4, say("truncation.before_after"), parts, 0.85);
}

function firstAndOthers(values, first) {
  const others = values.slice(first).reduce((sum, one) => sum + one, 0);
  return [...values.slice(0, first), others];
}

function legend(draws) {
  const parts = [
    text(0, 14, say("truncation.bars"), 13, { font_weight: "bold" }),
    rect(0, 23, 12, 12, { fill: PALE, rx: 0 }),
    text(17, 33, say("truncation.as_offered"), 11, { fill: "#333" }),
    rect(NAMES + 6, 26, 12, 6, { fill: RANKS[0], rx: 0 }),
    text(NAMES + 23, 33, say("truncation.as_left"), 11, { fill: "#333" }),
  ];
  if (!draws) return parts;
  const words =
    draws <= FEW ? say("share_rows.tally_few", { draws }) : say("share_rows.tally", { draws: commas(draws) });
  return [...parts, text(WIDTH, 33, words, 11, { fill: INK_RED, text_anchor: "end" })];
}

/** A token's name, what it was offered with, what it was left, and that as a number. */
function bar(y, name, offered, left, lit, colour) {
  const number = left > LEAST ? percent(left) : left === 0 ? say("truncation.cut") : NEXT_TO_NOTHING;
  const look = lit ? { font_weight: "bold", fill: "#111" } : { fill: "#333" };
  return [
    text(NAMES, y + 15, name, 11.5, { text_anchor: "end", ...look }),
    rect(NAMES + 6, y + 2, WHOLE * offered, 18, { fill: PALE, rx: 0 }),
    rect(NAMES + 6, y + 6, WHOLE * left, 10, { fill: colour, rx: 0, stroke: lit ? RED : "", stroke_width: 2 }),
    text(NAMES + 10 + WHOLE * Math.max(offered, left), y + 15, number, 11, { fill: "#333" }),
  ];
}

/** How often a token was drawn: a ring each time; of many draws the number, and how often it was to be expected. */
function tally(y, drawn, draws, share) {
  if (!draws) return [];
  if (draws > FEW) {
    const words = say("share_rows.tally_row", { drawn: commas(drawn), expected: expected(draws * share) });
    return [text(WIDTH, y + 15, words, 11, { fill: "#333", text_anchor: "end" })];
  }
  const rings = Math.min(drawn, RINGS_IN_A_ROW),
    parts = [];
  if (drawn > rings) parts.push(text(WIDTH, y + 15, String(drawn), 11, { fill: INK_RED, text_anchor: "end" }));
  for (let place = 0; place < rings; place++) {
    const x = WIDTH - 6 - 11 * place - (drawn > rings ? 16 : 0);
    parts.push(`<circle cx="${x}" cy="${y + 11}" r="4" fill="none" stroke="${RED}" stroke-width="1.8"/>`);
  }
  return parts;
}

export const expected = (number) => (number >= 10 ? commas(number) : number.toFixed(1));
