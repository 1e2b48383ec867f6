// All texts that were tried as one tree, in which what they have in common stands once: the twin of
// lessons/plots/branches.py and lessons/explorers/branches.py.

import { Buttons, element } from "./controls.js";
import { inCommon } from "./ids.js";
import { drawing, path, text } from "./svg.js";
import { say } from "./words.js";
import { running, shortened, signed, widthOf } from "./writing.js";

const ROW = 26,
  BOX = 20,
  GAP = 20,
  MARGIN = 4,
  NUMBER = 58; // pixels: of a row, of a box, between boxes, around, of a number
const LONGEST = 124,
  LETTERS = 13 / 12,
  ROOT = 80; // a label's width at size 12; how much larger it is written; the root's

export class BranchTree {
  /** press: called with the text that ends with the piece that was clicked */
  constructor(press) {
    this.lines = element("div", { class: "under" });
    this.pieces = element("div", { class: "over" });
    this.buttons = new Buttons(this.pieces, (place) => press(this.found[place].ids));
    const tree = element("div", { class: "tree", tabindex: 0, role: "region", "aria-label": say("branches.heading") });
    tree.append(this.lines, this.pieces);
    this.box = element(
      "div",
      { class: "branches", hidden: true },
      element("p", { class: "heading" }, say("branches.heading")),
      tree,
    );
  }

  /**
   * Draw the texts `paths`; of the present one, `here`, `place` tokens count.
   *
   * logProb: (ids, start) → the log-probability of all tokens from place `start` on
   */
  show(paths, given, here, place, model, logProb) {
    this.found = stems(paths, given, here.slice(0, place));
    this.box.hidden = this.found.length < 2;
    if (this.box.hidden) return;
    const root = this.found[0].ids.length;
    const texts = this.found.map((stem) =>
      running(model.textAfter(stem.ids.slice(0, stem.start), stem.ids.slice(stem.start))),
    );
    const labels = texts.map((words, number) => (number ? shortened(words.trim() || "␣", LONGEST) : endOf(words)));
    const sums = this.found.map((stem) => signed(logProb(stem.ids, root)));
    const boxes = layOut(this.found, labels);
    const present = this.found.map((stem) => inCommon(stem.ids, here) === stem.ids.length);
    this.buttons.show(
      this.found.map((stem, number) => ({
        label: labels[number],
        title: say("branches.piece", { text: texts[number], log_prob: sums[number] }),
        style: `left:${boxes[number].left}px;top:${boxes[number].top}px;width:${boxes[number].width}px`,
        classes: classesOf(stem, number, present[number], place),
      })),
    );
    const width = Math.max(...boxes.map((box) => box.left + box.width)) + NUMBER;
    this.lines.innerHTML = lines(this.found, boxes, sums, present, width);
    this.pieces.style.width = `${width}px`;
  }
}

function classesOf(stem, number, present, place) {
  const counts = present && stem.ids.length <= place;
  const ring = present && (stem.ids.length === place || (number === 0 && stem.ids.length > place));
  return `${counts ? "present" : ""} ${ring ? "here" : ""}`;
}

/** The pieces of some texts, each after the one that it grows from: {ids, start, parent, row, isEnd}. */
function stems(paths, given, here) {
  const all = [given, ...paths];
  const root = given.slice(0, Math.min(...all.map((ids) => inCommon(ids, given))));
  const lengths = (ids) =>
    [...new Set([...all, here].map((other) => inCommon(ids, other)))].filter((one) => one > root.length);
  const found = [{ ids: root, start: 0, parent: -1, row: 0, isEnd: false }];
  let row = -1;
  for (const ids of distinct(paths)) {
    let parent = 0,
      isNew = false;
    for (const length of [...lengths(ids), ids.length].filter(unique).sort((one, other) => one - other)) {
      if (length <= root.length) continue;
      const piece = ids.slice(0, length);
      let number = found.findIndex((stem) => stem.ids.join() === piece.join());
      if (number < 0) {
        if (!isNew) row++;
        isNew = true;
        number = found.push({ ids: piece, start: found[parent].ids.length, parent, row, isEnd: false }) - 1;
      }
      parent = number;
    }
  }
  for (const [number, stem] of found.entries()) stem.isEnd = !found.some((other) => other.parent === number);
  return found;
}

const unique = (one, place, all) => all.indexOf(one) === place;

/** The texts in an order in which those that share more stand nearer; none that another one begins with. */
function distinct(paths) {
  const sorted = [...paths].sort((one, other) => {
    const common = inCommon(one, other);
    return (one[common] ?? -1) - (other[common] ?? -1);
  });
  return sorted.filter((ids, place) => inCommon(ids, sorted[place + 1] ?? []) < ids.length);
}

function layOut(found, labels) {
  const boxes = [];
  found.forEach((stem, number) => {
    const parent = boxes[stem.parent];
    const left = parent ? parent.left + parent.width + GAP : MARGIN;
    boxes.push({ left, top: MARGIN + ROW * stem.row, width: Math.round(widthOf(labels[number]) * LETTERS + 14) });
  });
  return boxes;
}

/** The lines between the boxes, and behind each end the log-probability of its text. */
function lines(found, boxes, sums, present, width) {
  const pale = [],
    dark = [],
    numbers = [];
  found.forEach((stem, number) => {
    if (stem.parent < 0) return;
    const way = between(boxes[stem.parent], boxes[number]),
      box = boxes[number];
    if (present[number]) dark.push(path(way, { stroke: "#111", stroke_width: 2.2 }));
    else pale.push(path(way, { stroke: "#8a8a8a", stroke_width: 1.2 }));
    const weight = present[number] ? "bold" : "";
    if (stem.isEnd)
      numbers.push(text(box.left + box.width + 6, box.top + BOX / 2 + 4.5, sums[number], 12, { font_weight: weight }));
  });
  const height = MARGIN + ROW * (1 + Math.max(...found.map((stem) => stem.row)));
  const ends = found.filter((stem) => stem.isEnd).length;
  return drawing(Math.ceil(width), height, say("branches.tree", { ends }), [...pale, ...dark, ...numbers], 1);
}

function between(parent, child) {
  const x = parent.left + parent.width,
    y = parent.top + BOX / 2,
    down = child.top + BOX / 2,
    bend = (x + child.left) / 2;
  return `M${x} ${y}C${bend} ${y} ${bend} ${down} ${child.left} ${down}`;
}

/** The last words of a text, with an ellipsis for what is left out. */
function endOf(words) {
  let shown = words.slice(-60);
  while (widthOf(shown) > ROOT) shown = shown.slice(1);
  return shown === words ? shown : `…${shown.slice(shown.trimEnd().indexOf(" ") + 1)}`;
}
