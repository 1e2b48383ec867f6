/** The record of a text in the making: the twin of lessons/records/trace.py and lessons/decoding/steps.py. */

import { entropy, logSoftmax } from "./probability.js";

/**
 * One choice. Python: lessons.records.trace.Step.
 * @param {Float32Array} logits (V) what the model offered
 * @param {number} chosen id of the token taken
 * @param {{name: string, scores: Float32Array}[]} filters the scores after each knob that acted
 * @param {?number} [uniform] the random number of the draw
 * @returns {object} these; `scores` (V), what was left to choose from; `logProb` of the chosen token under the model
 *   and `entropy` of its distribution, in nats; `rank`, the chosen token's place by the model's probability, from 1
 */
export function stepOf(logits, chosen, filters, uniform = null) {
  const rank = 1 + logits.reduce((above, logit) => above + (logit > logits[chosen]), 0);
  const numbers = { logProb: logSoftmax(logits)[chosen], entropy: entropy(logits), rank };
  return { logits, scores: filters.at(-1)?.scores ?? logits, chosen, filters, uniform, ...numbers };
}

/**
 * A text and how it came about: plain data, which can be posted to a worker. Python: lessons.records.trace.Trace.
 * @param {object} model
 * @param {number[]} promptIds
 * @param {object[]} steps as `stepOf` returns them
 * @param {number} most how many tokens were asked for
 * @returns {{promptIds: number[], newIds: number[], ids: number[], text: string, newText: string, logProb: number,
 *   steps: object[], stopped: string}} `logProb` in nats; `stopped` names the words that say why the text ends
 */
export function traceOf(model, promptIds, steps, most) {
  const newIds = steps.map((step) => step.chosen), ids = [...promptIds, ...newIds];
  const text = model.tokenizer.decode(ids), logProb = steps.reduce((sum, step) => sum + step.logProb, 0);
  const newText = textAfter(model, promptIds, newIds), stopped = whyStopped(model, newIds, most);
  return { promptIds, newIds, ids, text, newText, logProb, steps, stopped };
}

/**
 * What ids add to the text of the ids before them; a character that those leave unfinished counts as added.
 * Python: lessons.words.tokens.text_after.
 * @param {object} model
 * @param {number[]} before
 * @param {number[]} ids
 * @returns {string}
 */
export function textAfter(model, before, ids) {
  const whole = [...model.tokenizer.decode([...before, ...ids])], start = [...model.tokenizer.decode(before)];
  const differ = whole.findIndex((letter, place) => letter !== start[place]);
  return differ < 0 ? "" : whole.slice(differ).join("");
}

/**
 * How many tokens can be added: as asked for, or fewer where the context ends.
 * Python: lessons.decoding.steps.steps_within.
 * @param {object} model
 * @param {number[]} promptIds
 * @param {number} most
 * @returns {number}
 */
export function stepsWithin(model, promptIds, most) {
  return Math.min(most, model.context - promptIds.length);
}

/**
 * The name of the words that say why a text ends. Python: lessons.decoding.steps.why_stopped.
 * @param {object} model
 * @param {number[]} newIds
 * @param {number} most
 * @returns {"decoding.stop_end" | "decoding.stop_length" | "decoding.stop_context"}
 */
export function whyStopped(model, newIds, most) {
  if (model.endIds.includes(newIds.at(-1))) return "decoding.stop_end";
  return newIds.length === most ? "decoding.stop_length" : "decoding.stop_context";
}
