/**
 * Beams: several texts go on side by side; the twin of lessons/decoding/beams.py.
 *
 * B = num_beams, b = unfinished texts (1 in the first step, at most B), K = candidates looked at in a step, V =
 * vocabulary. Running sums are kept in 32 bits, by which `transformers` ranks.
 */

import { applyKnobs, inTurn, knobs } from "./knobs.js";
import { logSoftmax, logSumExp } from "./probability.js";
import { readPrompt, Session } from "./sessions.js";
import { stepsWithin } from "./trace.js";

/**
 * The beams before their first step. Python: lessons.decoding.beams.begin.
 * @param {object} model
 * @param {string | number[]} prompt
 * @param {{max_new_tokens?: number, num_beams?: number, no_repeat_ngram_size?: number, repetition_penalty?: number}}
 *   [options]
 * @returns {{promptIds: number[], numBeams: number, endIds: number[], mostNewTokens: number, mostSteps: number,
 *   active: object[], levels: object[]}} plain data; `active` are the knobs
 */
export function begin(model, prompt, options = {}) {
  const { max_new_tokens = 20, num_beams = 5, no_repeat_ngram_size, repetition_penalty } = options;
  const promptIds = readPrompt(model, prompt), mostSteps = stepsWithin(model, promptIds, max_new_tokens);
  const active = knobs({ repetition_penalty, no_repeat_ngram_size });
  const limits = { endIds: model.endIds, mostNewTokens: max_new_tokens, mostSteps };
  return { promptIds, numBeams: num_beams, ...limits, active, levels: [] };
}

/**
 * The steps from the first on; the model reads no further than somebody asks. Python: lessons.decoding.beams.grow.
 * @param {object} model
 * @param {object} beams as `begin` returns them
 * @yields {object} a level: `logits` and `filters` of the b texts, and of the K best of their b x V continuations, the
 *   best first: `beams`, `tokens`, `logProbs`, `added`, `sums`, `ended`; `running`, those that go on
 */
export function* grow(model, beams) {
  const session = new Session(model, beams.promptIds);
  let logits = session.logits, sums = [0], texts = [beams.promptIds];
  for (let step = 0; step < beams.mostSteps; step++) {
    const level = nextLevel(beams, step, logits, sums, knobResults(beams, logits, texts));
    yield level;
    if (!level.running.length) return;
    const [parents, tokens] = [level.beams, level.tokens].map((all) => level.running.map((rank) => all[rank]));
    texts = parents.map((parent, row) => [...texts[parent], tokens[row]]);
    logits = session.extend(tokens, parents);
    sums = level.running.map((rank) => level.sums[rank]);
  }
}

/** Every unfinished text continued by every token, the K best of them; logits (b, V), sums (b). */
function nextLevel(beams, step, logits, sums, filters) {
  const exact = logits.map(logSoftmax), scores = filters.at(-1)?.scores ?? exact.map((row) => new Float32Array(row));
  const V = logits[0].length, totals = new Float32Array(logits.length * V);
  scores.forEach((row, beam) => row.forEach((score, token) => (totals[beam * V + token] = sums[beam] + score)));
  // K: so many that B unfinished ones are among them, even if every text's first choices all end it
  const candidates = Math.max(2, 1 + beams.endIds.length) * beams.numBeams;
  const places = best(totals, candidates).filter((place) => totals[place] > -Infinity);
  const tokens = places.map((place) => place % V), rows = places.map((place) => Math.floor(place / V));
  const logProbs = places.map((_, rank) => exact[rows[rank]][tokens[rank]]);
  const ended = tokens.map((token) => step + 1 === beams.mostSteps || beams.endIds.includes(token));
  return {
    logits,
    filters,
    beams: rows,
    tokens,
    logProbs,
    added: filters.length ? places.map((_, rank) => scores[rows[rank]][tokens[rank]]) : logProbs,
    sums: places.map((place) => totals[place]),
    ended,
    running: [...ended.keys()].filter((rank) => !ended[rank]).slice(0, beams.numBeams),
  };
}

/** The places of the `number` largest totals, the largest first: in one pass, for they are many. */
function best(totals, number) {
  const places = [];
  for (let place = 0; place < totals.length; place++) {
    if (places.length === number && totals[place] <= totals[places[number - 1]]) continue;
    const behind = places.findIndex((one) => totals[one] < totals[place]);
    places.splice(behind < 0 ? places.length : behind, 0, place);
    places.length = Math.min(places.length, number);
  }
  return places;
}

/** [{name, scores (b, V)}] for each knob. Unlike in the other decoders knobs act on log-probabilities here, which are
 * not renormalised; where one text has nothing left to say, the others go on. */
function knobResults({ active, numBeams }, logits, texts) {
  const results = logits.map((row, text) => {
    if (numBeams > 1) return inTurn(active, new Float32Array(logSoftmax(row)), texts[text]);
    // subtle: generate with one beam is greedy search, where knobs act on logits; log-probabilities are summed still
    const scale = logSumExp(row), shifted = (scores) => scores.map((score) => score - scale);
    return applyKnobs(active, row, texts[text]).map(({ name, scores }) => ({ name, scores: shifted(scores) }));
  });
  return active.map(({ name }, knob) => ({ name, scores: results.map((result) => result[knob].scores) }));
}
