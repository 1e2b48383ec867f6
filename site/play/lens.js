// The guess forming block by block: the twin of lessons/explorers/lens.py and lessons/plots/lens_bars.py.

import { likeliestFirst, softmax } from "../model/index.js";
import { Buttons, Slider, TextBox, element } from "./controls.js";
import { BLUE, GREY, RED, drawing, path, rect, text } from "./svg.js";
import { say } from "./words.js";
import { commas, percent, share, shortName, visibleEnd } from "./writing.js";

const COLUMNS = 7,
  BARS = 7; // the grid has at most so many tokens: it is to be seen at one look
const LEFT = 132,
  LONGEST = 232,
  NUMBER = 56,
  TOP = 30,
  ROW = 25; // pixels: of names, of a bar for 100 %, of its number; …
const STRONGEST = [107, 174, 214]; // the ground of a certain guess

export class Lens {
  constructor(model, change) {
    this.model = model;
    this.change = change;
    this.prompt = new TextBox(say("lens.prompt"), (prompt) => change({ prompt, place: 0 }));
    this.blocks = new Slider(say("lens.blocks"), [0, model.depth, 1], (blocks, done) =>
      change({ blocks }, { passing: !done }),
    );
    this.grid = element("div", { class: "grid", role: "group", "aria-label": say("lens.grid_title") });
    this.heads = element("div", { class: "grid-heads", "aria-hidden": "true" });
    this.cells = new Buttons(this.grid, (cell) => this.choose(cell));
    this.bars = element("div", { class: "scrolls" });
    this.sentence = element("p", { class: "sentence", role: "status" });
    const grid = element("div", { class: "scrolls" }, element("div", { class: "around-grid" }, this.heads, this.grid));
    const left = element("div", { class: "side" }, this.blocks.box, this.bars, this.sentence);
    const right = element("div", { class: "side main" }, element("p", { class: "heading" }, say("play.grid")), grid);
    this.box = element("div", {}, this.prompt.box, element("div", { class: "two" }, left, right));
  }

  async show(state) {
    if (this.asked !== state.prompt) {
      const ids = this.model.readPrompt(state.prompt);
      this.columns = Math.min(COLUMNS, ids.length);
      const logits = await this.model.ask("lens", ids, this.columns); // [blocks passed][token] (V)
      [this.ids, this.logits, this.asked] = [ids, logits, state.prompt];
      this.guesses = logits.map((row) => row.map(guessOf));
    }
    this.at = Math.min(Math.max(0, state.blocks), this.model.depth);
    this.place = state.place ? Math.min(state.place, this.columns) : this.columns; // which of the last tokens, from 1
    this.prompt.show(state.prompt);
    this.blocks.show(this.at);
    this.draw();
  }

  choose(cell) {
    const place = (cell % this.columns) + 1;
    this.change({ blocks: Math.floor(cell / this.columns), place: place === this.columns ? 0 : place });
  }

  draw() {
    const logits = this.logits[this.at][this.place - 1],
      final = this.logits.at(-1)[this.place - 1],
      probabilities = softmax(logits);
    const winner = likeliestFirst(final)[0],
      order = Array.from(likeliestFirst(logits).subarray(0, BARS));
    this.drawGrid();
    this.bars.innerHTML = this.drawnBars(order, probabilities, winner);
    this.sentence.textContent = this.inWords(order[0], probabilities, winner);
  }

  drawGrid() {
    const { model, columns, ids } = this,
      names = ids.slice(-columns).map((id) => model.name(id));
    this.grid.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
    this.heads.style.gridTemplateColumns = `var(--heads) repeat(${columns}, minmax(0, 1fr))`;
    this.heads.replaceChildren(
      ...[say("lens.read"), ...names].map((words) => element("span", { title: words }, words)),
    );
    const rows = this.guesses.flatMap((row, blocks) => row.map((guess, column) => ({ ...guess, blocks, column })));
    this.cells.show(
      rows.map(({ token, probability, blocks, column }) => {
        const words = say("play.cell", {
          depth: afterBlocks(blocks),
          read: names[column],
          token: model.name(token),
          probability: percent(probability),
        });
        const chosen = blocks === this.at && column === this.place - 1;
        return {
          label: model.name(token),
          title: words,
          style: `background:${ground(probability)}`,
          classes: chosen ? "here" : "",
        };
      }),
    );
    this.grid.dataset.rows = this.guesses.map((_, blocks) => afterBlocks(blocks)).join("\n");
  }

  /** The likeliest next tokens after so many blocks, and one bar for everything else. */
  drawnBars(order, probabilities, winner) {
    const depth = this.model.depth,
      shown = order.map((token) => probabilities[token]);
    const title = this.at ? say("lens_bars.after", { number: this.at, depth }) : say("lens_bars.put_in");
    const names = order.map((token) => shortName(this.model.name(token), LEFT - 10));
    names.push(say("lens_bars.others", { others: commas(probabilities.length - order.length) }));
    const values = [...shown, Math.max(0, 1 - shown.reduce((sum, one) => sum + one, 0))],
      bottom = TOP + ROW * names.length;
    const parts = [text(LEFT, 18, title, 14, { font_weight: 600 })];
    for (const mark of [0.25, 0.5, 0.75, 1]) {
      const x = LEFT + mark * LONGEST;
      parts.push(path(`M${x} ${TOP}V${bottom}`, { stroke: "#e3e3e3" }));
      parts.push(text(x, bottom + 17, share(mark), 11.5, { fill: "#555", text_anchor: "middle" }));
    }
    names.forEach((name, place) =>
      parts.push(...bar(place, name, values[place], order[place] === winner, place === order.length)),
    );
    return drawing(LEFT + LONGEST + NUMBER, bottom + 24, title, [
      ...parts,
      path(`M${LEFT} ${TOP}V${bottom}`, { stroke: "#888" }),
    ]);
  }

  inWords(likeliest, probabilities, winner) {
    const isEnd = this.at === this.model.depth;
    const key = isEnd ? "lens.sentence_end" : likeliest === winner ? "lens.sentence_won" : "lens.sentence";
    const end = this.ids.length - this.columns + this.place;
    return say(key, {
      text: visibleEnd(this.model.decode(this.ids.slice(0, end)), 30),
      blocks: this.at,
      depth: this.model.depth,
      token: this.model.name(likeliest),
      probability: percent(probabilities[likeliest]),
      winner: this.model.name(winner),
      share: percent(probabilities[winner]),
      rank: commas(1 + probabilities.filter((one) => one > probabilities[winner]).length),
    });
  }

  /** The lines of Python that show the same. */
  python({ prompt }) {
    const given = JSON.stringify(prompt),
      place = this.place - 1 - this.columns;
    return [
      `logits = lessons.logit_lens(lm, ${given})`,
      `logits[${this.at}, ${place}].softmax(-1).topk(${BARS})`,
      `explorer = lessons.LensExplorer(lm, ${given})`,
      `explorer.blocks.value, explorer.place.value = ${this.at}, ${this.place}`,
      "explorer",
    ];
  }
}

function guessOf(logits) {
  const probabilities = softmax(logits),
    token = likeliestFirst(logits)[0];
  return { token, probability: probabilities[token] };
}

/** A row's name: "put in", "after 1" … */
const afterBlocks = (number) => (number ? say("lens.after", { number }) : say("lens.put_in"));

/** White for a guess of probability 0, blue for a certain one; dark letters can be read on all of it. */
function ground(probability) {
  return `rgb(${STRONGEST.map((part) => Math.round(255 + (part - 255) * Math.sqrt(probability)))})`;
}

function bar(place, name, value, isWinner, isRest) {
  const y = TOP + ROW * place,
    length = LONGEST * value,
    weight = isWinner ? 600 : "";
  const fill = isRest ? GREY : isWinner ? RED : BLUE;
  return [
    rect(LEFT, y + 3, Math.max(length, 1), ROW - 6, { fill, rx: 1 }),
    text(LEFT - 8, y + ROW / 2 + 4, name, 12.5, { text_anchor: "end", font_weight: weight }),
    text(LEFT + length + 5, y + ROW / 2 + 4, percent(value), 11.5, { fill: "#555" }),
  ];
}
