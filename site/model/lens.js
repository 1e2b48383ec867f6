/** What goes on inside the model: the twin of lessons/models/inside.py. */

import { hiddenStates, logits, Memory } from "./gpt2.js";
import { readPrompt } from "./sessions.js";

/**
 * The logits that the output head gives for each hidden state, as if its block were the last; the last are the model's
 * own. Python: lessons.logit_lens. nostalgebraist 2020.
 * @param {object} model
 * @param {string | number[]} prompt
 * @param {number} [last] only for so many tokens at the prompt's end
 * @returns {Float32Array[][]} [layer][position] (V); layer 0 is the token as it is put in, layer 1 what the first block
 *   leaves, …
 */
export function logitLens(model, prompt, last = Infinity) {
  return [...lensLayers(model, prompt, last)];
}

/**
 * The same, one layer at a time, for a page that draws in between. Python: lessons.logit_lens.
 * @param {object} model
 * @param {string | number[]} prompt
 * @param {number} [last]
 * @yields {Float32Array[]} [position] (V)
 */
export function* lensLayers(model, prompt, last = Infinity) {
  const ids = readPrompt(model, prompt), memory = new Memory(model.config);
  for (const state of hiddenStates(model.weights, [ids], memory)) {
    yield logits(model.weights, state.subarray(Math.max(0, ids.length - last) * memory.width));
  }
}
