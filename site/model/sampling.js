/** Sampling: unlike in greedy search the next token is drawn, and knobs shape what it is drawn from; the twin of
 * lessons/decoding/sampling.py. */

import { applyKnobs, knobs } from "./knobs.js";
import { readPrompt, Session } from "./sessions.js";
import { stepOf, stepsWithin, traceOf } from "./trace.js";
import { draw, uniforms } from "./uniforms.js";

/**
 * The text made by drawing each next token from what the knobs leave; the same as Python's for the same seed. A list if
 * `num_return_sequences` is above 1. Python: lessons.sample.
 * @param {object} model
 * @param {string | number[]} prompt
 * @param {{max_new_tokens?: number, num_return_sequences?: number, seed?: number}} [options] and knobs by their names
 * @returns {object | object[]} as `traceOf`
 */
export function sample(model, prompt, options = {}) {
  const promptIds = readPrompt(model, prompt), { max_new_tokens = 20, num_return_sequences = 1 } = options;
  const texts = Array.from({ length: num_return_sequences }, () => []);
  for (const taken of sampleSteps(model, promptIds, options)) taken.forEach(({ text, step }) => texts[text].push(step));
  const traces = texts.map((steps) => traceOf(model, promptIds, steps, max_new_tokens));
  return num_return_sequences === 1 ? traces[0] : traces;
}

/**
 * The same, one step of all texts at a time, for a page that draws in between.
 * Python: lessons.decoding.sampling.grow_texts.
 * @param {object} model
 * @param {string | number[]} prompt
 * @param {object} [options] as above
 * @yields {{text: number, step: object}[]} for each text that goes on, its number and what `stepOf` returns
 */
export function* sampleSteps(model, prompt, options = {}) {
  const promptIds = readPrompt(model, prompt), active = knobs(options);
  const { max_new_tokens = 20, num_return_sequences = 1, seed = 0 } = options;
  const numbers = uniforms(seed, num_return_sequences, stepsWithin(model, promptIds, max_new_tokens));
  const session = new Session(model, promptIds), ids = numbers.map(() => [...promptIds]);
  let growing = [...numbers.keys()], logits = growing.map(() => session.logits[0]);
  for (let step = 0; step < numbers[0].length; step++) {
    yield growing.map((text, row) => {
      const filters = applyKnobs(active, logits[row], ids[text]), uniform = numbers[text][step];
      ids[text].push(draw(filters.at(-1)?.scores ?? logits[row], uniform));
      return { text, step: stepOf(logits[row], ids[text].at(-1), filters, uniform) };
    });
    const alive = [...growing.keys()].filter((row) => !model.endIds.includes(ids[growing[row]].at(-1)));
    if (!alive.length || step + 1 === numbers[0].length) return;
    growing = alive.map((row) => growing[row]);
    // in the first step all go on from the one prompt
    logits = session.extend(growing.map((text) => ids[text].at(-1)), step ? alive : alive.map(() => 0));
  }
}
