/** Texts growing side by side, every token read once: the twin of lessons/models/sessions.py. */

import { hiddenStates, logits, Memory } from "./gpt2.js";

/**
 * A conversation with a model about one prompt. Python: lessons.models.sessions.PageSession.
 * `logits` are those for the next token of each text: one Float32Array (V) for each.
 */
export class Session {
  /**
   * @param {object} model as `loadModel` returns it
   * @param {number[]} promptIds at least one, and fewer than `model.context`
   */
  constructor(model, promptIds) {
    this.weights = model.weights;
    this.memory = new Memory(model.config);
    this.logits = this.read([promptIds]);
  }

  /**
   * Text i becomes text parents[i] with tokens[i] added; without parents each goes on from itself.
   * @param {number[]} tokens
   * @param {number[]} [parents]
   * @returns {Float32Array[]} the new `logits`
   */
  extend(tokens, parents = [...tokens.keys()]) {
    this.memory.goOn(parents);
    this.logits = this.read(tokens.map((token) => [token]));
    return this.logits;
  }

  /** The logits after the last of these tokens (B, T). */
  read(ids) {
    const D = this.memory.width, T = ids[0].length;
    const hidden = hiddenStates(this.weights, ids, this.memory).at(-1); // (B, T, D)
    const last = new Float32Array(ids.length * D);
    ids.forEach((_, text) => last.set(hidden.subarray(((text + 1) * T - 1) * D, (text + 1) * T * D), text * D));
    return logits(this.weights, last);
  }
}

/**
 * A prompt's ids. Python: lessons.models.source.read_prompt.
 * @param {object} model
 * @param {string | number[]} prompt
 * @returns {number[]} at least one, and room for one more in the context; otherwise an error whose message names the
 *   words for it, and whose cause holds its numbers
 */
export function readPrompt(model, prompt) {
  const ids = typeof prompt === "string" ? model.tokenizer.encode(prompt) : [...prompt];
  if (!ids.length) throw new RangeError("models.prompt_empty");
  if (ids.length >= model.context) {
    const cause = { tokens: ids.length, context: model.context, excess: ids.length - model.context + 1 };
    throw new RangeError("models.prompt_too_long", { cause });
  }
  return ids;
}
