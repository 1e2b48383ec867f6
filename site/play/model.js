// The model, which thinks in a worker so that the page stays alive: `ask` sends a question, and promises its answer.

import { Tokenizer } from "../model/tokenizer.js";
import { textAfter } from "../model/trace.js";
import { say } from "./words.js";

/** What a control refuses, in words for the reader. */
class Refusal extends Error {
  get words() {
    return this.message;
  }
}

export class Model {
  /**
   * folder: where the weights lie, as the page sees it
   * progress: called with the share of them that has arrived
   */
  constructor(folder, progress = () => {}) {
    this.waiting = new Map(); // number of a question → what is done with its answer
    this.asked = 0;
    this.worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    this.worker.onmessage = ({ data }) => (data.progress === undefined ? this.answer(data) : progress(data.progress));
    this.worker.onerror = (event) => this.fail(event);
    this.ready = this.load(new URL(folder, document.baseURI).href);
  }

  async load(folder) {
    const vocabulary = fetch(`${folder}tokenizer.json`).then((response) => response.json());
    const [about, file] = await Promise.all([this.ask("load", folder), vocabulary]);
    Object.assign(this, about, { tokenizer: new Tokenizer(file) });
    return this;
  }

  encode = (text) => this.tokenizer.encode(text);
  decode = (ids) => this.tokenizer.decode(ids);
  token = (id) => this.tokenizer.tokenText(id);
  name = (id) => this.tokenizer.token(id); // with all that cannot be seen as a sign

  textAfter = (before, ids) => textAfter(this, before, ids);

  /** The ids of a prompt in a box, which must have a token and leave room for one more: else an error in words. */
  readPrompt(text) {
    const ids = this.encode(text),
      excess = ids.length - this.context + 1;
    if (!ids.length) throw new Refusal(say("explorers.prompt_empty_or_end", { end: this.name(this.endIds[0]) }));
    if (excess > 0)
      throw new Refusal(say("explorers.prompt_too_long", { tokens: ids.length, context: this.context, excess }));
    return ids;
  }

  /** The answer of one of the methods in worker.js. */
  ask(method, ...given) {
    const number = this.asked++;
    return new Promise((resolve, reject) => {
      this.waiting.set(number, { resolve, reject });
      this.worker.postMessage({ number, method, given });
    });
  }

  answer({ number, result, error, cause }) {
    const { resolve, reject } = this.waiting.get(number);
    this.waiting.delete(number);
    if (error === undefined) resolve(result);
    else reject(new Error(error, { cause }));
  }

  fail(event) {
    for (const { reject } of this.waiting.values()) reject(new Error(event.message ?? "worker"));
    this.waiting.clear();
  }
}
