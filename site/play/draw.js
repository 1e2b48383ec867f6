// Which token is drawn, and from what: temperature and filters one after the other, random numbers that fall onto what
// is left, and the text that the same numbers write. The twin of lessons/explorers/truncation.py.

import { applyKnobs, cuts, knobs, likeliestFirst, softmax, uniforms } from "../model/index.js";
import { TextBox, button, element, put, tell } from "./controls.js";
import { chainWords, drawnInPython } from "./draw_words.js";
import { FilterRow, SLIDERS } from "./filter_row.js";
import { shareRows } from "./shares.js";
import { framed, funnel, needles, pieces, strip } from "./strips.js";
import { say } from "./words.js";
import { commas, escape, visibleEnd } from "./writing.js";

const NAMED = 40,
  BARS = 10,
  MOST_DRAWS = 100_000,
  SHOWN_AT_ONCE = 10;
const FIRST = ["temperature", "top_k", "top_p"]; // the filters that are not folded away

export class Draw {
  /** begin: the state that a lesson begins with; the filters that are on in it are not folded away, and no others */
  constructor(model, change, begin = null) {
    this.model = model;
    this.change = change;
    this.first = begin ? begin.on.split(",") : FIRST;
    this.prompt = new TextBox(say("truncation.prompt"), (prompt) => change({ prompt }));
    this.rows = Object.keys(SLIDERS).map((name) => this.newRow(name));
    this.more = button(say("truncation.more"), () => this.fold(), { "aria-expanded": "false" });
    this.offered = this.newStrip(say("truncation.offered"));
    this.left = this.newStrip(say("truncation.drawn_from"));
    this.seed = this.newNumber(say("draws.seed"), 10 ** 6, (seed) => change({ seed }));
    this.draws = this.newNumber(say("draws.draws"), MOST_DRAWS, (draws) => change({ draws }));
    this.bars = element("div", { class: "scrolls dims" });
    this.text = element("p", { class: "written" });
    this.sentence = element("p", { class: "sentence", role: "status" });
    this.box = this.laidOut();
    this.wide = 330; // pixels of every strip
    new ResizeObserver(() => this.widened()).observe(this.offered.strip);
  }

  newRow(name) {
    const switched = (isOn) => {
      const on = new Set(this.state.on.split(",").filter(Boolean));
      if (isOn) on.add(name);
      else on.delete(name);
      this.change({
        on: Object.keys(SLIDERS)
          .filter((one) => on.has(one))
          .join(","),
      });
    };
    return new FilterRow(name, switched, (value, passing) => this.change({ [name]: value }, { passing }));
  }

  newStrip(words) {
    const strip = element("div", { class: "strip-page" }),
      note = element("div", { class: "note" });
    return {
      strip,
      note,
      words,
      box: element("div", { class: "filter ends-row" }, element("div", { class: "name" }, words), strip, note),
    };
  }

  newNumber(words, most, changed) {
    const input = element("input", { type: "number", min: 0, max: most, step: 1 });
    input.addEventListener("change", () => changed(Math.min(Math.max(0, Math.round(Number(input.value) || 0)), most)));
    return { input, box: element("label", { class: "field" }, `${words} `, input) };
  }

  laidOut() {
    const throws = { 1: say("draws.one"), 10: say("draws.ten"), 1000: say("draws.thousand") };
    const buttons = Object.entries(throws).map(([number, words]) =>
      button(words, () => this.throw(Number(number)), { title: say("draws.tooltip", { number: commas(number) }) }),
    );
    const row = element("div", { class: "row" }, ...buttons, this.seed.box, this.draws.box, this.more);
    const stations = this.rows.map((one) => one.box);
    const heading = element("p", { class: "heading" }, say("play.same_numbers"));
    const written = element("div", {}, heading, this.text, this.sentence);
    const chain = element(
      "div",
      { class: "side main chain" },
      this.offered.box,
      ...stations,
      this.left.box,
      row,
      written,
    );
    const right = element("div", { class: "side" }, this.bars);
    return element("div", {}, this.prompt.box, element("div", { class: "two wider" }, chain, right));
  }

  /** Show all filters, or those that are on and the first three. */
  fold() {
    this.unfolded = !this.unfolded;
    this.more.setAttribute("aria-expanded", this.unfolded);
    this.drawChain();
  }

  /** Draw what fits the strips as wide as they are now: names that are too wide for their pieces are left out. */
  widened() {
    this.wide = this.offered.strip.clientWidth || this.wide;
    if (!this.cuts) return; // nothing is drawn yet
    this.drawChain();
    this.drawResult();
  }

  /** Show a state; the text that it writes follows when it is written. */
  async show(state) {
    if (this.asked !== state.prompt) await this.ask(state.prompt);
    this.state = state;
    this.prompt.show(state.prompt);
    this.filter();
    this.drawChain();
    this.drawResult();
    this.write();
  }

  async ask(prompt) {
    const ids = this.model.readPrompt(prompt);
    const [logits] = await this.model.ask("rows", ids, ids.length - 1);
    const order = likeliestFirst(logits);
    [this.ids, this.asked] = [ids, prompt];
    this.logits = logits.map((_, place) => logits[order[place]]); // (V) in the order of strips and bars, as all below
    this.promptPlaces = ids.map((id) => order.indexOf(id)); // of the prompt's ids in that order
    this.probabilities = softmax(this.logits);
    this.names = Array.from(order.subarray(0, NAMED), (token) => this.model.name(token));
    this.pieces = pieces(this.probabilities, this.names);
  }

  /** The settings that are on, named as in `generate`. */
  settings() {
    const on = this.state.on.split(",").filter((name) => name in SLIDERS);
    return Object.fromEntries(on.map((name) => [name, this.state[name]]));
  }

  filter() {
    const results = applyKnobs(knobs(this.settings()), this.logits, this.promptPlaces);
    this.cuts = cuts(this.logits, results);
    this.result = this.cuts.at(-1)?.result ?? this.probabilities;
    this.order = likeliestFirst(results.at(-1)?.scores ?? this.logits); // places: a penalty may have changed it
    this.shares = Array.from(this.order, (place) => this.result[place]);
    this.thrown = Array.from(uniforms(this.state.seed, 1, Math.max(1, this.state.draws))[0]).slice(0, this.state.draws);
    this.places = landed(this.shares, this.thrown).map((rank) => this.order[rank]);
  }

  drawChain() {
    const parts = this.pieces,
      settings = this.settings();
    const drawn = strip(parts, "hatch-offered", this.wide) + funnel(parts);
    put(this.offered.strip, framed(drawn, parts, this.offered.words));
    tell(this.offered.note, say("truncation.note_left", { number: commas(this.logits.length) }));
    let reached = this.probabilities; // what each filter is offered
    for (const row of this.rows) {
      const isOn = row.name in settings,
        cut = this.cuts.find((one) => one.name === row.name);
      row.box.hidden = !(isOn || this.unfolded || this.first.includes(row.name));
      row.show(isOn, this.state[row.name], cut, reached, this.names, this.wide);
      reached = cut?.result ?? reached;
    }
  }

  drawResult() {
    const { order, shares } = this;
    const parts = pieces(
      shares,
      Array.from(order.subarray(0, NAMED), (place) => this.names[place] ?? ""),
    );
    let drawn = strip(parts, "hatch-left", this.wide);
    const last = this.places.at(-1) ?? null;
    if (last !== null) {
      const rank = order.indexOf(last),
        start = shares.slice(0, rank).reduce((sum, one) => sum + one, 0);
      drawn += needles(this.thrown.slice(-SHOWN_AT_ONCE), start, shares[rank], this.tokenAt(last));
    }
    put(this.left.strip, framed(drawn, parts, this.left.words));
    const number = this.result.filter((one) => one > 0).length;
    tell(this.left.note, say("truncation.note_left", { number: commas(number) }));
    const counts = last === null ? null : tallied(this.places, this.result.length);
    put(this.bars, shareRows(this.names.slice(0, BARS), this.probabilities, this.result, counts, last));
    [this.seed.input.value, this.draws.input.value] = [this.state.seed, this.state.draws];
    tell(this.sentence, chainWords(this, number, counts));
  }

  /** Throw so many more numbers; the last one is seen falling. */
  async throw(number) {
    this.left.strip.classList.remove("thrown");
    await this.change({ draws: Math.min(this.state.draws + number, MOST_DRAWS) });
    this.left.strip.classList.add("thrown");
  }

  tokenAt(place) {
    return this.names[place] ?? say("draws.rank", { rank: commas(place + 1) });
  }

  /** The lines of Python that show the same. */
  python(state) {
    return drawnInPython(this, state);
  }

  /** Write a text with these settings and this seed; of many that a moving slider wants only the last one. */
  async write() {
    if (this.writing) {
      this.writeAgain = true;
      return;
    }
    this.text.ariaBusy = this.writing = true;
    do {
      this.writeAgain = false;
      const { seed, tokens } = this.state;
      const written = await this.model
        .ask("sample", this.ids, { max_new_tokens: tokens, seed, ...this.settings() })
        .catch(() => null);
      if (written && !this.writeAgain) this.showText(written);
    } while (this.writeAgain);
    this.text.ariaBusy = this.writing = false;
  }

  showText({ newText }) {
    const before = visibleEnd(this.asked, 60),
      after = visibleEnd(newText, 400);
    this.text.innerHTML = `<span class="soft">${escape(before)}</span>${escape(after)}`;
  }
}

/** In the how-manieth places, from 0, numbers fall when shares lie side by side, the largest first: `draw`, for many. */
function landed(shares, thrown) {
  const ends = new Float64Array(shares);
  for (let rank = 1; rank < ends.length; rank++) ends[rank] += ends[rank - 1];
  return thrown.map((uniform) => {
    let low = 0,
      high = ends.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ends[middle] > uniform * ends[ends.length - 1]) high = middle;
      else low = middle + 1;
    }
    return low;
  });
}

function tallied(places, length) {
  const counts = new Array(length).fill(0);
  for (const place of places) counts[place]++;
  return counts;
}
