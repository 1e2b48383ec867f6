// Beam search growing step by step: the twin of lessons/explorers/beam.py.

import { find, judge, path, treeOf } from "../model/index.js";
import { candidateWords, endingWords, stepWords, textsTable } from "./beam_words.js";
import { Buttons, Slider, TextBox, button, element } from "./controls.js";
import { Grid, growingTree, legend } from "./tree.js";
import { say } from "./words.js";
import { general, signed } from "./writing.js";

const INTERVAL = 1600; // milliseconds from one step to the next

export class BeamSearch {
  constructor(model, change) {
    this.model = model;
    this.change = (part, options) => {
      this.stop();
      return change(part, options);
    };
    this.go = change;
    this.prompt = new TextBox(say("beam.prompt"), (prompt) => this.change({ prompt, shown: 1, box: "" }));
    this.sliders = {
      beams: new Slider(say("beam.beams"), [1, 8, 1], (beams, done) => done && this.change({ beams })),
      steps: new Slider(say("beam.steps"), [1, 12, 1], (steps, done) => done && this.change({ steps })),
      ngram: new Slider(say("beam.ngram"), [0, 4, 1], (ngram, done) => done && this.change({ ngram })),
      penalty: new Slider(
        say("beam.penalty"),
        [-2, 3, 0.1],
        (penalty, done) => this.change({ penalty }, { passing: !done }),
        (one) => signed(one, 1),
      ),
      shown: new Slider(say("beam.shown"), [1, 6, 1], (shown, done) => this.change({ shown }, { passing: !done })),
    };
    this.player = button(say("play.play"), () => (this.timer ? this.stop() : this.play()), { class: "player" });
    this.title = element("p", { class: "heading larger" });
    this.tree = element("div", { class: "under" });
    this.boxes = element("div", { class: "over unseen" });
    this.buttons = new Buttons(this.boxes, (place) => this.change({ box: keyOf(this.candidates[place]) }));
    this.details = element("p", { class: "details", role: "status" });
    this.legend = element("div", { class: "legend" });
    this.sentence = element("p", { class: "sentence", role: "status" });
    this.end = element("div", { class: "scrolls" });
    this.box = this.laidOut();
  }

  laidOut() {
    const { shown, ...judging } = this.sliders;
    const settings = element("div", { class: "settings" }, ...Object.values(judging).map((one) => one.box));
    const back = button(say("beam.back"), () => this.change({ shown: Math.max(1, this.number - 1) }));
    const forward = button(say("beam.forward"), () => this.change({ shown: Math.min(this.last, this.number + 1) }));
    const player = element("div", { class: "row" }, this.player, back, forward, shown.box);
    for (const one of [this.prompt.box, shown.box, settings]) one.classList.add("full"); // not in the simple explorer
    const canvas = element("div", { class: "canvas" }, this.tree, this.boxes);
    this.pane = element(
      "div",
      { class: "scrolls pane", tabindex: 0, role: "region", "aria-label": say("play.tab_beam") },
      canvas,
    );
    this.wider = element("p", { class: "hint", hidden: true }, say("tree_pane.wider"));
    const beside = element("div", { class: "beside" }, this.pane, this.details);
    return element(
      "div",
      {},
      this.prompt.box,
      player,
      this.title,
      beside,
      this.wider,
      this.legend,
      this.sentence,
      settings,
      this.end,
    );
  }

  async show(state) {
    const { prompt, beams, steps, ngram, penalty } = state;
    const asked = JSON.stringify([prompt, beams, steps, ngram]);
    if (asked !== this.asked) {
      const ids = this.model.readPrompt(prompt);
      const settings = { num_beams: beams, max_new_tokens: steps, no_repeat_ngram_size: ngram };
      [this.beams, this.asked, this.before] = [await this.model.ask("beams", ids, settings), asked, 0];
    }
    this.state = state;
    this.found = judge(this.beams.levels, this.beams, { length_penalty: penalty });
    this.whole = treeOf({ ...this.beams, levels: this.found.levels }, this.found);
    this.grid = new Grid(this.whole);
    this.last = this.whole.steps.length;
    this.number = Math.min(Math.max(1, state.shown), this.last);
    this.draw();
  }

  draw() {
    const { penalty } = this.state,
      told = this.number === this.last;
    const found = judge(this.beams.levels.slice(0, this.number), this.beams, { length_penalty: penalty });
    const tree = treeOf({ ...this.beams, levels: found.levels }, found),
      { greedy } = this.beams;
    this.texts = this.found.held.map((held) => this.finished(held));
    const best = told ? find(tree, this.texts[0].ids) : [];
    const prompt = this.model.decode(this.beams.promptIds),
      style = { best, greedy: find(tree, greedy.newIds), name: this.model.name, prompt };
    this.tree.innerHTML = growingTree(tree, this.grid, style);
    this.tree.classList.toggle("grown", this.number > (this.before ?? 0));
    this.candidates = tree.steps.flat();
    this.drawBoxes(tree);
    this.title.textContent = told ? endingWords(this) : say("beam.question");
    this.legend.innerHTML = legend(told);
    this.sentence.textContent = stepWords(this, tree.steps.at(-1), told);
    this.end.innerHTML = told ? textsTable(this) : "";
    this.showControls();
    this.wider.hidden = this.pane.scrollWidth <= this.pane.clientWidth;
    if (this.number !== this.before) this.pane.scrollLeft = this.pane.scrollWidth;
    this.before = this.number;
  }

  showControls() {
    this.prompt.show(this.state.prompt);
    for (const name of ["beams", "steps", "ngram", "penalty"]) this.sliders[name].show(this.state[name]);
    this.sliders.shown.show(this.number, Math.max(2, this.last));
    this.player.textContent = this.timer ? say("play.pause") : say("play.play");
  }

  drawBoxes(tree) {
    const chosen = this.candidates.findIndex((one) => keyOf(one) === this.state.box);
    this.boxes.style.width = `${this.grid.width(tree.steps.length)}px`;
    this.buttons.show(
      this.candidates.map((one, place) => {
        const numbers = { step: one.step + 1, place: one.rank + 1, token: this.model.name(one.token) };
        return {
          label: "",
          name: say("beam.box", numbers),
          title: candidateWords(this, tree, one),
          style: this.grid.over(one),
          classes: place === chosen ? "here" : "",
        };
      }),
    );
    this.details.textContent = chosen < 0 ? say("beam.click") : candidateWords(this, tree, this.candidates[chosen]);
  }

  /** Let it grow from where it is, or from the start once it has grown. */
  play() {
    const next = () => {
      if (this.number >= this.last) return this.stop();
      return this.go({ shown: this.number + 1 }, { passing: true });
    };
    this.timer = setInterval(next, INTERVAL);
    this.go({ shown: this.number === this.last ? 1 : this.number + 1 }, { passing: true });
  }

  stop() {
    if (!this.timer) return;
    clearInterval(this.timer);
    this.timer = 0;
    this.showControls();
  }

  /** A finished text that is held: its ids, its sum, its score. */
  finished({ step, rank, score }) {
    const links = path(this.whole, this.whole.steps[step][rank]),
      ids = links.map((one) => one.token);
    return { ids, score, sum: links.at(-1).sum, logProb: links.reduce((sum, one) => sum + one.logProb, 0) };
  }

  /** The lines of Python that show the same. */
  python({ prompt, beams, steps, ngram, penalty, shown }) {
    const given = JSON.stringify(prompt),
      rules = `length_penalty=${general(penalty)}, no_repeat_ngram_size=${ngram}`;
    return [
      `best = lessons.beam_search(lm, ${given}, max_new_tokens=${steps}, num_beams=${beams}, ${rules})`,
      `greedy = lessons.greedy_search(lm, ${given}, max_new_tokens=${steps}, no_repeat_ngram_size=${ngram})`,
      `best.text, best.score, best.log_prob, greedy.log_prob`,
      `explorer = lessons.BeamExplorer(lm, ${given}, beams=${beams}, steps=${steps})`,
      `explorer.ngram.value, explorer.penalty.value, explorer.shown.value = ${ngram}, ${general(penalty)}, ${shown}`,
      "explorer",
    ];
  }
}

const keyOf = ({ step, rank }) => `${step}.${rank}`;
