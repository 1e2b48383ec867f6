/** Greedy search: always the likeliest token; the twin of lessons/decoding/greedy.py. */

import { applyKnobs, knobs } from "./knobs.js";
import { maximum } from "./probability.js";
import { readPrompt, Session } from "./sessions.js";
import { stepOf, stepsWithin, traceOf } from "./trace.js";

/**
 * The text made by always taking the most probable token. Python: lessons.greedy_search.
 * @param {object} model
 * @param {string | number[]} prompt
 * @param {{max_new_tokens?: number, repetition_penalty?: number, no_repeat_ngram_size?: number}} [options]
 * @returns {object} as `traceOf`
 */
export function greedySearch(model, prompt, options = {}) {
  const promptIds = readPrompt(model, prompt);
  return traceOf(model, promptIds, [...greedySteps(model, promptIds, options)], options.max_new_tokens ?? 20);
}

/**
 * The same, one step at a time, for a page that draws in between. Python: lessons.greedy_search.
 * @param {object} model
 * @param {string | number[]} prompt
 * @param {object} [options] as above
 * @yields {object} as `stepOf`
 */
export function* greedySteps(model, prompt, { max_new_tokens = 20, repetition_penalty, no_repeat_ngram_size } = {}) {
  const promptIds = readPrompt(model, prompt), ids = [...promptIds];
  const active = knobs({ repetition_penalty, no_repeat_ngram_size });
  const session = new Session(model, promptIds);
  for (let step = 0; step < stepsWithin(model, promptIds, max_new_tokens); step++) {
    const [logits] = step ? session.extend(ids.slice(-1)) : session.logits;
    const filters = applyKnobs(active, logits, ids);
    const scores = filters.at(-1)?.scores ?? logits;
    ids.push(scores.indexOf(maximum(scores)));
    yield stepOf(logits, ids.at(-1), filters);
    if (model.endIds.includes(ids.at(-1))) return;
  }
}
