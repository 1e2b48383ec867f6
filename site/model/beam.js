/**
 * Beam search: of several texts grown side by side, the finished one with the highest score; the twin of
 * lessons/decoding/beam.py and of lessons/records/beam_tree.py.
 *
 * Which texts go on depends on sums of log-probabilities alone (`beams.js`). Which finished text wins, and when the
 * search may stop, `judge` decides from sums and lengths alone: another length penalty needs no model.
 */

import { begin, grow } from "./beams.js";
import { stepOf, traceOf } from "./trace.js";

/**
 * The finished text with the highest score = sum of log-probabilities / length ** length_penalty.
 * Python: lessons.beam_search.
 * @param {object} model
 * @param {string | number[]} prompt
 * @param {{max_new_tokens?: number, num_beams?: number, length_penalty?: number, early_stopping?: boolean | "never",
 *   no_repeat_ngram_size?: number, repetition_penalty?: number}} [options]
 * @returns {object} as `traceOf`, with `score`; `tree`, every candidate of every step with its fate; `hypotheses`, all
 *   finished texts, the best first; `beams`, from which `rescored` judges anew
 */
export function beamSearch(model, prompt, options = {}) {
  const beams = begin(model, prompt, options), found = judge(grow(model, beams), beams, options);
  return finishedText(model, { ...beams, levels: found.levels }, found, options);
}

/**
 * The same search while it grows: its tree after each step. Python: lessons.decoding.beam.tree_of.
 * @param {object} model
 * @param {string | number[]} prompt
 * @param {object} [options] as above
 * @yields {object} as `treeOf`; after the last step it is the tree of `beamSearch`
 */
export function* beamSteps(model, prompt, options = {}) {
  const beams = begin(model, prompt, options), levels = [];
  for (const level of grow(model, beams)) {
    levels.push(level);
    const found = judge(levels, beams, options);
    yield treeOf({ ...beams, levels: [...levels] }, found);
    if (found.decided) return;
  }
}

/**
 * The best text of the same search under another length penalty or another rule for stopping; the model is asked only
 * if the search did not come so far. Python: lessons.records.beam_tree.BeamTrace.rescored.
 * @param {object} model
 * @param {object} trace as `beamSearch` returns it
 * @param {{length_penalty?: number, early_stopping?: boolean | "never"}} [rules]
 * @returns {object} as `beamSearch`
 */
export function rescored(model, { beams }, rules = {}) {
  const known = judge(beams.levels, beams, rules);
  if (known.decided) return finishedText(model, beams, known, rules);
  const found = judge(grow(model, beams), beams, rules);
  return finishedText(model, { ...beams, levels: found.levels }, found, rules);
}

/**
 * Which finished texts win, and where the search stops: `levels` is read no further than the rules demand.
 * Python: lessons.decoding.beam.judge.
 * @param {Iterable<object>} levels
 * @param {object} beams
 * @param {{length_penalty?: number, early_stopping?: boolean | "never"}} rules
 * @returns {{held: {score: number, step: number, rank: number}[], levels: object[], decided: boolean}} the finished
 *   texts that are held, the best first and at most B; the levels looked at; whether the search may stop there
 */
export function judge(levels, { numBeams, mostSteps }, { length_penalty = 1, early_stopping = false }) {
  // generate with one beam is greedy search, which ends at the first end
  const early = numBeams === 1 || early_stopping;
  const read = [];
  let held = [];
  for (const level of levels) {
    const step = read.push(level) - 1, length = step + 1;
    const ended = [...level.ended.keys()].filter((rank) => level.ended[rank] && rank < numBeams); // others are dropped
    held.push(...ended.map((rank) => ({ score: level.sums[rank] / length ** length_penalty, step, rank })));
    held = held.sort((one, other) => other.score - one.score).slice(0, numBeams);
    if (!level.running.length) return { held, levels: read, decided: true };
    if (held.length === numBeams) {
      // What may yet come, at best: today's best sum at today's length, or at the greatest where longer is better.
      const reach = early === "never" && length_penalty > 0 ? mostSteps : length;
      const hope = level.sums[level.running[0]] / reach ** length_penalty;
      if (early === true || hope <= held.at(-1).score) return { held, levels: read, decided: true };
    }
  }
  return { held, levels: read, decided: false };
}

/** The record of the best finished text of grown beams, as judged. */
function finishedText(model, beams, found, { length_penalty = 1 }) {
  if (!found.held.length) throw new RangeError("decoding.dead_end", { cause: { step: found.levels.length - 1 } });
  const tree = treeOf(beams, found);
  const hypotheses = found.held.map((text) => hypothesisOf(model, tree, text, length_penalty));
  const steps = path(tree, tree.steps[found.held[0].step][found.held[0].rank]).map((one) => choice(beams, one));
  const trace = traceOf(model, beams.promptIds, steps, beams.mostNewTokens);
  return { ...trace, score: hypotheses[0].score, tree, hypotheses, beams };
}

/** A candidate's choice as a step. */
function choice({ levels }, { step, rank, token }) {
  const { beams, logits, filters } = levels[step];
  return stepOf(logits[beams[rank]], token, filters.map(({ name, scores }) => ({ name, scores: scores[beams[rank]] })));
}

/**
 * Every candidate of the levels that were looked at, with what became of it. Python: lessons.decoding.beam.tree_of.
 * @param {object} beams
 * @param {object} found as `judge` returns it
 * @returns {{promptIds: number[], steps: {step: number, rank: number, parent: ?number, token: number, logProb: number,
 *   sum: number, fate: "kept" | "pruned" | "finished" | "dropped" | "evicted"}[][]}} for each step its candidates, the
 *   best first; `parent` is the rank in the step before; see lessons.records.beam_tree.Candidate
 */
export function treeOf(beams, found) {
  let wentOn = [{ rank: null, sum: 0 }]; // each text that a step continues
  const steps = found.levels.map((level, step) => {
    const fates = fatesOf(beams, level, found.held.filter((text) => text.step === step));
    const candidates = level.tokens.map((token, rank) => {
      const before = wentOn[level.beams[rank]], sum = before.sum + level.added[rank];
      return { step, rank, parent: before.rank, token, logProb: level.logProbs[rank], sum, fate: fates[rank] };
    });
    wentOn = level.running.map((rank) => candidates[rank]);
    return candidates;
  });
  return { promptIds: beams.promptIds, steps };
}

/** What became of each candidate of a step. */
function fatesOf({ numBeams, endIds }, level, winners) {
  return level.tokens.map((token, rank) => {
    if (level.running.includes(rank)) return "kept";
    if (!level.ended[rank]) return "pruned";
    if (rank < numBeams) return winners.some((text) => text.rank === rank) ? "finished" : "evicted";
    return endIds.includes(token) ? "dropped" : "pruned";
  });
}

/** The finished text that ends at a candidate of the tree: step, rank, newIds, text, logProb, sum, score. */
function hypothesisOf(model, tree, { step, rank }, lengthPenalty) {
  const links = path(tree, tree.steps[step][rank]), newIds = links.map((link) => link.token), { sum } = links.at(-1);
  const text = model.tokenizer.decode([...tree.promptIds, ...newIds]);
  const logProb = links.reduce((total, link) => total + link.logProb, 0);
  return { step, rank, newIds, text, logProb, sum, score: sum / links.length ** lengthPenalty };
}

/**
 * The candidates from the first step to this one, each the parent of the next.
 * Python: lessons.records.beam_tree.BeamTree.path.
 * @param {object} tree
 * @param {object} candidate
 * @returns {object[]}
 */
export function path(tree, candidate) {
  const links = [candidate];
  while (links[0].parent !== null) links.unshift(tree.steps[links[0].step - 1][links[0].parent]);
  return links;
}

/**
 * The candidates along a continuation, for as long as it lies within the tree.
 * Python: lessons.records.beam_tree.BeamTree.find.
 * @param {object} tree
 * @param {number[]} newIds
 * @returns {object[]}
 */
export function find(tree, newIds) {
  const found = [];
  for (const [step, token] of newIds.entries()) {
    const parent = step ? found[step - 1].rank : null;
    const next = tree.steps[step]?.find((one) => one.parent === parent && one.token === token);
    if (!next) break;
    found.push(next);
  }
  return found;
}
