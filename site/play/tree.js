// A beam search as a tree, as far as it has come: the twin of lessons/plots/tree_grid.py, tree.py and growing_tree.py.

import { BLACK, BLUE, GREEN, GREY, ORANGE, RED, drawing, path, rect, text } from "./svg.js";
import { say } from "./words.js";
import { running, shortened, widthOf } from "./writing.js";

const MARGIN = 6,
  HEAD = 26,
  ROOT = 100,
  ROW = 23; // pixels: around, above; the prompt's box; a row
const LIGHT = [231, 240, 248],
  DARK = [8, 81, 156];
export const NAMES = {
  kept: "tree.kept",
  pruned: "tree.pruned",
  finished: "tree.finished",
  dropped: "tree.dropped",
  evicted: "tree.evicted",
};
const SIGNS = { kept: "", pruned: "", finished: "■ ", dropped: "✕ ", evicted: "↓ " };
const FRAMES = {
  // colour of the frame, its width, its dashes
  kept: [BLUE, 1, ""],
  pruned: ["#c9c9c9", 0.8, ""],
  finished: [GREEN, 2.6, ""],
  dropped: [GREY, 1.2, "2 2"],
  evicted: [RED, 1.6, "5 3"],
};
const keyOf = ({ step, rank }) => `${step},${rank}`;

/** Where everything stands: columns of steps, rows in the order of the parents, so that no two branches cross. */
export class Grid {
  constructor({ steps }) {
    this.pitch = steps.length <= 6 ? 112 : steps.length <= 8 ? 96 : 88;
    this.box = this.pitch - (this.pitch > 100 ? 44 : 28);
    const rows = Math.max(...steps.map((step) => step.length));
    this.height = HEAD + rows * ROW + 2 * MARGIN;
    this.middle = HEAD + (rows * ROW) / 2;
    this.place = new Map(); // step and rank → how far down the middle of a candidate's box is
    let before = new Map([[null, 0]]);
    for (const step of steps) {
      const order = [...step].sort(
        (one, other) => before.get(one.parent) - before.get(other.parent) || one.rank - other.rank,
      );
      const top = this.middle - (order.length * ROW) / 2;
      order.forEach((one, row) => this.place.set(keyOf(one), top + (row + 0.5) * ROW));
      before = new Map(order.map((one, row) => [one.rank, row]));
    }
  }

  left(step) {
    return MARGIN + ROOT + (step + 1) * this.pitch - this.box;
  }

  width(steps) {
    return this.left(steps - 1) + this.box + 8 + MARGIN;
  }

  down(candidate) {
    return this.place.get(keyOf(candidate));
  }

  /** The branch from a candidate's parent to it. */
  way({ step, rank, parent }) {
    const x = this.left(step),
      y = this.place.get(`${step},${rank}`);
    const fromX = parent === null ? MARGIN + ROOT : this.left(step - 1) + this.box;
    const fromY = parent === null ? this.middle : this.place.get(`${step - 1},${parent}`),
      bend = (fromX + x) / 2;
    return `M${fromX} ${fromY}C${bend} ${fromY} ${bend} ${y} ${x} ${y}`;
  }

  /** The style of a button over a candidate's box. */
  over(candidate) {
    const top = this.down(candidate) - (ROW - 5) / 2;
    return `left:${this.left(candidate.step)}px;top:${top}px;width:${this.box}px;height:${ROW - 5}px`;
  }
}

/**
 * The tree so far on the grid of the whole tree. What came last has the class "newest", and what it looked like before
 * it was judged lies over it with the class "was".
 *
 * best, greedy: the candidates along two texts; name: id → what a token is called; prompt: the text before
 */
export function growingTree(tree, grid, { best, greedy, name, prompt }) {
  const style = { name, best: new Set(best.map(keyOf)), greedy: new Set(greedy.map(keyOf)) };
  const last = tree.steps.at(-1),
    older = tree.steps.slice(0, -1).flat();
  const changed = last.filter(({ fate }) => fate === "pruned" || fate === "dropped");
  const was = changed.map((one) => face(grid, tree, { ...one, fate: "kept" }, style));
  const newest = [...layers(grid, tree, last, style), `<g class="was" opacity="0">${was.join("")}</g>`];
  const parts = [...heads(grid, tree.steps.length), ...root(grid, prompt), ...layers(grid, tree, older, style)];
  const words = say("tree.picture", { steps: tree.steps.length, candidates: tree.steps.flat().length });
  return drawing(
    grid.width(tree.steps.length),
    grid.height,
    words,
    [...parts, `<g class="newest">${newest.join("")}</g>`],
    1,
  );
}

/** Bands below branches below boxes. */
function layers(grid, tree, candidates, style) {
  return [
    ...candidates.filter((one) => style.greedy.has(keyOf(one))).map((one) => halo(grid, one)),
    ...candidates.map((one) => branch(grid, tree, one, style)),
    ...candidates.map((one) => face(grid, tree, one, style)),
  ];
}

/** How likely a candidate's text is beside the likeliest of its step: from 0 to 1. */
const likeness = (tree, { step, sum }) => Math.exp(sum - tree.steps[step][0].sum);

function fill(value) {
  const mixed = LIGHT.map((light, part) => Math.round(light + (DARK[part] - light) * value));
  return [`rgb(${mixed})`, value > 0.45 ? "#fff" : BLACK];
}

/** The greedy path: a broad band under the branch and around the box. */
function halo(grid, one) {
  const band = path(grid.way(one), { stroke: ORANGE, stroke_width: 9, opacity: 0.6 });
  return (
    band +
    rect(grid.left(one.step) - 4, grid.down(one) - ROW / 2 + 0.5, grid.box + 8, ROW - 1, {
      rx: 7,
      fill: ORANGE,
      opacity: 0.6,
    })
  );
}

/** The line to a candidate: the wider, the larger its running sum. */
function branch(grid, tree, one, style) {
  const [colour, , dashes] = FRAMES[one.fate],
    isBest = style.best.has(keyOf(one));
  const width = one.fate === "pruned" ? 0.8 : 1 + 3.5 * likeness(tree, one);
  const look = { stroke: isBest ? BLACK : colour, stroke_width: (isBest ? Math.max(width, 2.2) : width).toFixed(1) };
  return path(grid.way(one), { ...look, stroke_dasharray: dashes });
}

/** What a candidate's box looks like. */
function face(grid, tree, one, style) {
  const [colour, ink] = one.fate === "pruned" ? ["#fff", "#6d6d6d"] : fill(likeness(tree, one));
  const [stroke, stroke_width, stroke_dasharray] = FRAMES[one.fate],
    isBest = style.best.has(keyOf(one));
  const frame = isBest ? { stroke: BLACK, stroke_width: 2.2 } : { stroke, stroke_width };
  const x = grid.left(one.step),
    y = grid.down(one),
    half = ROW / 2 - 2.5,
    sign = SIGNS[one.fate];
  const label = sign + shortened(style.name(one.token), grid.box - (sign ? 20 : 6));
  const box = rect(x, y - half, grid.box, 2 * half, { fill: colour, stroke_dasharray, ...frame });
  return box + text(x + grid.box / 2, y + 4, label, 12, { fill: ink, text_anchor: "middle" });
}

/** The columns' numbers, and a band behind the last one. */
function heads(grid, steps) {
  const band = rect(grid.left(steps - 1) - 8, 2, grid.box + 16, grid.height - 4, { rx: 6, fill: "#f3f3f3" });
  const look = { fill: "#555", text_anchor: "middle" };
  const numbers = Array.from({ length: steps }, (_, step) =>
    text(grid.left(step) + grid.box / 2, 17, say("tree.step", { step: step + 1 }), 11, look),
  );
  return [band, ...numbers];
}

/** The end of the prompt, from which everything grows. */
function root(grid, prompt) {
  let words = running(prompt);
  const whole = widthOf(words) <= ROOT - 8;
  while (!whole && widthOf(words) > ROOT - 15) words = words.slice(1);
  const box = rect(MARGIN, grid.middle - 12, ROOT, 24, { fill: "#444" });
  return [
    box,
    text(MARGIN + ROOT / 2, grid.middle + 4, whole ? words : `…${words}`, 12, { fill: "#fff", text_anchor: "middle" }),
  ];
}

/** What frames, shades and lines mean, as HTML that wraps. `told`: whether the path of the best text is marked, too. */
export function legend(told) {
  const items = Object.entries(FRAMES).map(([fate, [colour, width, dashes]]) => {
    const ground = fate === "pruned" ? "#fff" : fill(0)[0];
    const look = `background:${ground};border:${Math.max(width, 1).toFixed(0)}px ${dashes ? "dashed" : "solid"} ${colour}`;
    return [look, SIGNS[fate] + say(NAMES[fate])];
  });
  items.push([`height:8px;background:${ORANGE};opacity:.6`, say("tree.legend_greedy")]);
  if (told) items.push([`height:2px;vertical-align:3px;background:${BLACK}`, say("tree.legend_best")]);
  const signs = items.map(
    ([look, words]) => `<span class="item"><span class="sign" style="${look}"></span>${words}</span>`,
  );
  return `${signs.join("")}<span>${say("tree.legend_shade")}</span>`;
}
