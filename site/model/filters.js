/**
 * The knobs of sampling, one pure function each: scores in, scores out, minus infinity where nothing may be drawn: the
 * twin of lessons/arithmetic/filters.py, where the formulas and their sources are.
 *
 * Scores are Float32Array (V). Probabilities are compared with p in 32 bits, as there: 0.5 + 0.4 has reached 0.9 in
 * them, on paper too, but in 64 bits it has not. So what is compared is first rounded by `Math.fround`.
 */

import { likeliestFirst, logSoftmax, maximum, softmax } from "./probability.js";

const round = Math.fround;

/**
 * The logits divided by the temperature T > 0. Python: lessons.temperature_scale.
 * @param {Float32Array} logits
 * @param {number} T
 * @returns {Float32Array}
 */
export function temperatureScale(logits, T) {
  return logits.map((logit) => logit / round(T));
}

/**
 * The logits of the k likeliest tokens; all others are cut. Python: lessons.keep_top_k.
 * @param {Float32Array} logits
 * @param {number} k 1 … V
 * @returns {Float32Array}
 */
export function keepTopK(logits, k) {
  return only(logits, likeliestFirst(logits).subarray(0, k));
}

/**
 * The logits of the nucleus, the fewest likeliest tokens whose probabilities sum to p or more.
 * Python: lessons.keep_top_p.
 * @param {Float32Array} logits
 * @param {number} p 0 < p ≤ 1
 * @returns {Float32Array}
 */
export function keepTopP(logits, p) {
  if (p === 1) return logits;
  const order = likeliestFirst(logits), probabilities = new Float32Array(softmax(logits));
  let number = order.length, tail = 0; // the sum of a tail has more digits than 1 less the sum of a head
  while (number > 1) {
    tail += probabilities[order[number - 1]];
    if (round(tail) > round(1 - p)) break;
    number--;
  }
  return only(logits, order.subarray(0, number));
}

/**
 * The logits of all tokens at least p times as likely as the likeliest. Python: lessons.keep_min_p.
 * @param {Float32Array} logits
 * @param {number} p 0 < p ≤ 1
 * @returns {Float32Array}
 */
export function keepMinP(logits, p) {
  const probabilities = new Float32Array(softmax(logits)), least = round(round(p) * maximum(probabilities));
  return logits.map((logit, id) => (probabilities[id] >= least ? logit : -Infinity));
}

/**
 * The logits of the most typical tokens, those whose surprisal lies nearest to the mean surprisal, in order until their
 * probabilities sum to p or more. Python: lessons.keep_typical.
 * @param {Float32Array} logits
 * @param {number} p 0 < p ≤ 1
 * @returns {Float32Array}
 */
export function keepTypical(logits, p) {
  if (p === 1) return logits;
  const logProbs = new Float32Array(logSoftmax(logits)), probabilities = new Float32Array(softmax(logits));
  const meanSurprisal = round(-logProbs.reduce((sum, one) => (one > -Infinity ? sum + one * Math.exp(one) : sum), 0));
  const order = likeliestFirst(logProbs.map((one) => -Math.abs(round(-one) - meanSurprisal))); // the most typical first
  let number = 0, sum = 0;
  do sum += probabilities[order[number++]];
  while (round(sum) < round(p) && number < order.length);
  return only(logits, order.subarray(0, number));
}

/**
 * The scores with each token of `ids` made less likely: a negative score times `penalty`, another divided by it; once
 * per token, however often it is there. Python: lessons.repetition_penalty.
 * @param {Float32Array} scores
 * @param {number[]} ids the text so far
 * @param {number} penalty above 0; 1 changes nothing
 * @returns {Float32Array}
 */
export function repetitionPenalty(scores, ids, penalty) {
  const changed = scores.slice(), by = round(penalty);
  for (const id of ids) changed[id] = scores[id] < 0 ? scores[id] * by : scores[id] / by;
  return changed;
}

/**
 * The scores with every token cut that would complete, for a second time, a run of `size` tokens of `ids`.
 * Python: lessons.no_repeat_ngrams.
 * @param {Float32Array} scores
 * @param {number[]} ids the text so far
 * @param {number} size at least 1
 * @returns {Float32Array}
 */
export function noRepeatNgrams(scores, ids, size) {
  const left = scores.slice(), begun = ids.slice(ids.length - size + 1); // how a run would begin now
  for (let start = 0; start + size <= ids.length; start++) {
    if (begun.every((id, place) => id === ids[start + place])) left[ids[start + size - 1]] = -Infinity;
  }
  return left;
}

/** The logits of these ids; all others are cut. */
function only(logits, kept) {
  const left = new Float32Array(logits.length).fill(-Infinity);
  for (const id of kept) left[id] = logits[id];
  return left;
}
