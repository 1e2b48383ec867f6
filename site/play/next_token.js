// What the model says next: ten bars to click, a text whose words lead back, and all ways that were tried as a tree.
// The twin of lessons/explorers/next_token.py, whose words it speaks.

import { entropy, likeliestFirst, logSoftmax } from "../model/index.js";
import { BranchTree } from "./branches.js";
import { Buttons, TextBox, button, element } from "./controls.js";
import { inCommon, startsWith } from "./ids.js";
import { say } from "./words.js";
import { commas, escape, percent, running, share, shortened, visibleEnd } from "./writing.js";

const BARS = 10;
const DARKEST = 10; // nats of surprisal at which the colour of a word is strongest

export class NextToken {
  constructor(model, change) {
    this.model = model;
    this.change = change;
    this.logProbs = new Map(); // ids, joined → (V,) log-probabilities of the next token
    this.prompt = new TextBox(say("next_token.prompt"), (prompt) => change({ prompt, path: "", at: 0, also: "" }));
    this.words = element("div", { class: "words", role: "group", "aria-label": say("play.words") });
    this.bars = element("div", { class: "bars", role: "group", "aria-label": say("choices.choose") });
    this.all = element("div", { class: "all" });
    this.sentence = element("p", { class: "sentence", role: "status" });
    this.wordButtons = new Buttons(this.words, (place) => this.follow(this.path, place + 1));
    this.barButtons = new Buttons(this.bars, (place) => this.choose(this.order[place]));
    this.tree = new BranchTree((ids) => this.goTo(ids));
    this.box = this.laidOut();
  }

  laidOut() {
    const likeliest = button(say("play.likeliest"), () => this.choose(this.order[0]));
    const back = button(say("next_token.back"), () => this.follow(this.path, Math.max(1, this.place - 1)));
    const anew = button(say("next_token.restart"), () => this.change({ path: "", at: 0, also: "" }));
    const row = element("div", { class: "row" }, likeliest, back, anew);
    const heading = element("p", { class: "heading" }, say("choices.choose"));
    const text = element("div", {}, this.prompt.box, this.words);
    const bars = element("div", { class: "choices" }, this.all, heading, this.bars, this.sentence);
    return element("div", { class: "next" }, text, bars, element("div", { class: "full" }, row, this.tree.box));
  }

  /** Show a state; resolves when it is shown. */
  async show(state) {
    this.promptIds = this.model.readPrompt(state.prompt);
    this.prompt.show(state.prompt);
    this.path = readPath(state.path, this.promptIds);
    this.place = state.at > 0 ? Math.min(state.at, this.path.length) : this.path.length;
    this.paths = [
      this.path,
      ...state.also
        .split("_")
        .filter(Boolean)
        .map((one) => readPath(one, this.promptIds)),
    ];
    for (const path of this.paths) await this.read(path);
    this.draw();
  }

  /** Ask the model what comes after each beginning of a text, unless it was asked before. */
  async read(ids) {
    const missing = ids.findIndex((_, place) => !this.logProbs.has(ids.slice(0, place + 1).join()));
    if (missing < 0) return;
    const rows = await this.model.ask("rows", ids, missing);
    rows.forEach((logits, place) => this.logProbs.set(ids.slice(0, missing + place + 1).join(), logSoftmax(logits)));
  }

  /** Go on with a token; a branch of its own begins where none goes on with it yet. */
  choose(token) {
    const ids = [...this.path.slice(0, this.place), token];
    const known = this.paths.find((path) => startsWith(path, ids));
    if (ids.length < this.model.context) this.follow(known ?? ids, ids.length);
    else this.sentence.textContent = say("next_token.context_full", { context: this.model.context });
  }

  goTo(ids) {
    this.follow(
      this.paths.find((path) => startsWith(path, ids)),
      ids.length,
    );
  }

  /** Make `path` the present branch, of which `place` tokens count: a new state. */
  follow(path, place) {
    const others = this.paths.filter((other) => !startsWith(path, other));
    const also = others.map((other) => writePath(other, this.promptIds)).join("_");
    this.change({ path: writePath(path, this.promptIds), at: place === path.length ? 0 : place, also });
  }

  draw() {
    const ids = this.path.slice(0, this.place);
    const logProbs = this.logProbs.get(ids.join());
    this.order = Array.from(likeliestFirst(logProbs).subarray(0, BARS));
    const probabilities = this.order.map((token) => Math.exp(logProbs[token]));
    this.drawBars(probabilities, this.path[this.place]);
    this.drawWords();
    this.tree.show(this.paths, this.promptIds, this.path, this.place, this.model, (path, start) =>
      this.logProb(path, start),
    );
    this.sentence.textContent = this.inWords(ids, logProbs, probabilities);
  }

  drawBars(probabilities, taken) {
    const named = probabilities.reduce((sum, one) => sum + one, 0);
    const others = say("next_token.everything_else", { others: commas(this.model.vocabulary - BARS) });
    this.all.innerHTML = allOfIt(probabilities, named, `${others} ${share(Math.max(0, 1 - named), 1)}`);
    this.barButtons.show(
      this.order.map((token, place) => ({
        html: bar(this.model.name(token), probabilities[place], probabilities[place] / probabilities[0]),
        title: this.title(token, probabilities[place], place + 1),
        classes: token === taken ? "taken" : "",
      })),
    );
  }

  drawWords() {
    this.wordButtons.show(
      this.path.map((token, place) => {
        const [surprisal, title] = place ? this.surprise(place) : [null, say("next_token.given")];
        const label = running(this.model.token(token));
        if (place >= this.place) return { label, title, name: title, classes: "later" };
        const style = `background:${ground(surprisal)}`;
        return { label, title, name: title, style, classes: place === this.place - 1 ? "here" : "" };
      }),
    );
  }

  /** [surprisal, what is said of it] of the token at a place of the present branch. */
  surprise(place) {
    const logProbs = this.logProbs.get(this.path.slice(0, place).join());
    const token = this.path[place];
    const rank = 1 + logProbs.reduce((before, other) => before + (other > logProbs[token]), 0);
    return [-logProbs[token], this.title(token, Math.exp(logProbs[token]), rank)];
  }

  /** The log-probability of all tokens of a text from a place on. */
  logProb(ids, start) {
    let sum = 0;
    for (let place = start; place < ids.length; place++)
      sum += this.logProbs.get(ids.slice(0, place).join())[ids[place]];
    return sum;
  }

  title(token, probability, rank) {
    const surprisal = probability ? (-Math.log(probability)).toFixed(2) : "∞";
    const numbers = { probability: percent(probability), rank: commas(rank), surprisal };
    return say("next_token.tooltip", { token: this.model.name(token), ...numbers });
  }

  inWords(ids, logProbs, probabilities) {
    const held = probabilities.reduce((sum, one) => sum + one, 0);
    const uncertainty = entropy(logProbs);
    return say("next_token.sentence", {
      text: visibleEnd(this.model.decode(ids), 30),
      token: this.model.name(this.order[0]),
      probability: percent(probabilities[0]),
      n: probabilities.length,
      share: share(held, 1),
      rest: share(1 - held, 1),
      others: commas(logProbs.length - probabilities.length),
      entropy: uncertainty.toFixed(2),
      equal: commas(Math.exp(uncertainty)),
    });
  }

  /** The lines of Python that show the same. */
  python(state) {
    const chosen = this.path.slice(0, this.place);
    const common = inCommon(chosen, this.promptIds);
    const given = JSON.stringify(state.prompt);
    const isPrompt = chosen.length === common && common === this.promptIds.length,
      ids = chosen.join(", ");
    return [
      `lessons.next_token_probabilities(lm, ${isPrompt ? given : `[${ids}]`}, choices=${BARS})`,
      `explorer = lessons.NextTokenExplorer(lm, ${given})`,
      ...(isPrompt ? [] : [`explorer.follow((${ids},), ${chosen.length})`]),
      "explorer",
    ];
  }
}

/** White for a certain token, through yellow to deep orange; grey for one that was given. */
function ground(surprisal) {
  if (surprisal === null) return "#e4e4e4";
  const part = Math.min(Math.max(surprisal, 0), DARKEST) / DARKEST;
  return `rgb(255,${Math.round(255 - 115 * part)},${Math.round(255 - 195 * part)})`;
}

function bar(name, probability, length) {
  const style = `style="width:max(1px,${(100 * length).toFixed(2)}%)"`;
  const label = escape(shortened(name, 138) || "“”");
  return `<span class="token">${label}</span><span class="track"><span ${style}></span></span><span class="number">${percent(probability)}</span>`;
}

/** All of the probability from 0 to 100 %: the named tokens side by side, then everything else. */
function allOfIt(probabilities, named, rest) {
  const parts = probabilities.map((one) => `<span style="width:${(100 * one).toFixed(3)}%"></span>`).join("");
  const words = say("choices.named", { n: probabilities.length, share: share(named, 1) });
  return `<div class="ends"><b>${escape(words)}</b><span>${escape(rest)}</span></div><div class="strip" aria-hidden="true">${parts}<span class="rest"></span></div>`;
}

/** A text in a link: how many of its tokens are the prompt's, and the ids of the others ("7:12.5"). */
function writePath(ids, promptIds) {
  const common = inCommon(ids, promptIds);
  if (common === ids.length && common === promptIds.length) return "";
  return `${common}:${ids.slice(common).join(".")}`;
}

function readPath(written, promptIds) {
  const match = /^(\d+):([\d.]*)$/.exec(written);
  if (!match) return promptIds;
  return [...promptIds.slice(0, Number(match[1])), ...match[2].split(".").filter(Boolean).map(Number)];
}
