/** The knobs that are on, in the order in which they act: the twin of lessons/decoding/knobs.py. */

import * as filters from "./filters.js";
import { maximum, softmax } from "./probability.js";

const PENALTIES = ["repetition_penalty", "no_repeat_ngram_size"];

/** In which order knobs act, by whose rule. Python: lessons.decoding.knobs.ORDERS. */
export const ORDERS = {
  "transformers": [...PENALTIES, "temperature", "top_k", "top_p", "min_p", "typical_p"],
  "llama.cpp": [...PENALTIES, "top_k", "typical_p", "top_p", "min_p", "temperature"],
};

// Each knob's filter as a function of scores (V), the ids so far, and the knob's value.
const FILTERS = {
  repetition_penalty: filters.repetitionPenalty,
  no_repeat_ngram_size: filters.noRepeatNgrams,
  temperature: (scores, ids, T) => filters.temperatureScale(scores, T),
  top_k: (scores, ids, k) => filters.keepTopK(scores, k),
  top_p: (scores, ids, p) => filters.keepTopP(scores, p),
  min_p: (scores, ids, p) => filters.keepMinP(scores, p),
  typical_p: (scores, ids, p) => filters.keepTypical(scores, p),
};

/** The value at which a knob does nothing. Python: lessons.decoding.knobs.OFF. */
export const OFF = {
  repetition_penalty: 1, no_repeat_ngram_size: 0, temperature: 1, top_k: 0, top_p: 1, min_p: 0, typical_p: 1,
};

/**
 * The knobs that are on, in the order in which they act; others among the settings are left out.
 * Python: lessons.knobs.
 * @param {Object<string, ?number>} settings named as in `transformers.generate`; null or the value in OFF: not on
 * @param {"transformers" | "llama.cpp"} [order]
 * @returns {{name: string, value: number}[]}
 */
export function knobs(settings, order = "transformers") {
  const isOn = (name) => (settings[name] ?? OFF[name]) !== OFF[name];
  return ORDERS[order].filter(isOn).map((name) => ({ name, value: settings[name] }));
}

/**
 * The scores after each knob in turn. Python: lessons.apply_knobs.
 * @param {{name: string, value: number}[]} active as `knobs` returns them
 * @param {Float32Array} logits (V) for the token after `ids`
 * @param {number[]} ids the text so far
 * @returns {{name: string, scores: Float32Array}[]} a RangeError, whose cause names the knob, where one leaves nothing
 */
export function applyKnobs(active, logits, ids) {
  const results = inTurn(active, logits, ids);
  results.forEach(({ scores }, place) => {
    const largest = maximum(scores);
    if (largest === -Infinity) throw new RangeError("decoding.all_cut", { cause: active[place] });
    if (!(largest < Infinity)) throw new RangeError("decoding.overflow", { cause: active[place] });
  });
  return results;
}

/**
 * The same, and nothing is checked. Python: lessons.decoding.knobs.in_turn.
 * @param {{name: string, value: number}[]} active
 * @param {Float32Array} scores
 * @param {number[]} ids
 * @returns {{name: string, scores: Float32Array}[]}
 */
export function inTurn(active, scores, ids) {
  return active.map(({ name, value }) => ({ name, scores: (scores = FILTERS[name](scores, ids, value)) }));
}

/**
 * What each knob did. Python: lessons.cuts.
 * @param {Float32Array} logits (V) offered first
 * @param {{name: string, scores: Float32Array}[]} results of `applyKnobs`
 * @returns {{name: string, offered: Float64Array, left: boolean[], result: Float64Array, number: number,
 *   removed: number, mass: number}[]} probabilities before; which tokens were left; probabilities after; how many were
 *   left, and cut; the share of the probability offered that was left
 */
export function cuts(logits, results) {
  let offered = softmax(logits);
  return results.map(({ name, scores }) => {
    const left = [], result = softmax(scores);
    let before = 0, number = 0, mass = 0;
    for (let id = 0; id < scores.length; id++) {
      left.push(scores[id] > -Infinity);
      if (offered[id] > 0) before++;
      if (left[id]) [number, mass] = [number + 1, mass + offered[id]];
    }
    const cut = { name, offered, left, result, number, removed: before - number, mass };
    offered = result;
    return cut;
  });
}
