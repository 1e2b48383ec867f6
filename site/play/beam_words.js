// What the page says of a beam search: the twin of the words of lessons/plots/beam.py and lessons/explorers/beam.py.

import { find, path } from "../model/index.js";
import { NAMES } from "./tree.js";
import { say } from "./words.js";
import { escape, general, share, signed, visibleEnd } from "./writing.js";

const REASONS = {
  kept: "beam.kept_why",
  pruned: "beam.pruned_why",
  finished: "beam.finished_why",
  dropped: "beam.dropped_why",
  evicted: "beam.evicted_why",
};
const VERDICTS = {
  same: "beam.same",
  wins: "beam.wins",
  loses: "beam.loses",
  shorter: "beam.shorter",
  longer: "beam.longer",
};

/** How greedy's text fared among the beams, in a sentence. */
export function endingWords(search) {
  const { newIds } = search.beams.greedy,
    way = find(search.whole, newIds);
  const out = way.findIndex((one) => one.fate !== "kept"),
    step = out < 0 ? way.length : out;
  const ended = step < way.length && ["finished", "evicted"].includes(way[step].fate);
  if (!ended && step < Math.min(search.last, newIds.length)) {
    return say("tree.greedy_leaves", { step: step + 1, token: search.model.name(newIds[step]) });
  }
  return say(search.texts[0].ids.join() === newIds.join() ? "beam.greedy_wins" : "beam.greedy_stays");
}

/** What became of a step's candidates, and at the end whether the search found a likelier text than greedy search. */
export function stepWords(search, step, told) {
  const fates = Object.keys(NAMES).map((fate) => [fate, step.filter((one) => one.fate === fate).length]);
  const counts = fates
    .filter(([, number]) => number)
    .map(([fate, number]) => say("beam.count", { number, fate: say(NAMES[fate]) }))
    .join(", ");
  const numbers = { step: step[0].step + 1, steps: search.last, candidates: step.length, counts };
  if (!told) return say("beam.so_far", numbers);
  const [best] = search.texts,
    { greedy } = search.beams;
  const lengths = { ours: best.ids.length, theirs: greedy.newIds.length };
  const verdict = say(VERDICTS[verdictOf(best, greedy)], lengths);
  return say("beam.sentence", {
    ...numbers,
    score: signed(best.score, 3),
    log_prob: signed(best.logProb),
    greedy: signed(greedy.logProb),
    verdict,
  });
}

/** A candidate and its fate, in sentences. */
export function candidateWords(search, tree, one) {
  const before = path(tree, one)
      .slice(0, -1)
      .map((link) => link.token),
    length = one.step + 1;
  const numbers = { beams: search.state.beams, length, penalty: general(search.state.penalty).replace("-", "−") };
  const where = say("beam.candidate", {
    step: length,
    place: one.rank + 1,
    of: tree.steps[one.step].length,
    token: search.model.name(one.token),
    before: visibleEnd(search.model.decode([...tree.promptIds, ...before]), 41),
    log_prob: signed(one.logProb, 3),
    probability: share(Math.exp(one.logProb), 2),
    sum: signed(one.sum, 3),
    product: general(Math.exp(one.sum), 2),
  });
  const score = signed(one.sum / length ** search.state.penalty, 3);
  return `${where} ${say(REASONS[one.fate], { ...numbers, sum: signed(one.sum), score })}`;
}

/** The finished texts, the best one first and in bold, and greedy's below them. */
export function textsTable(search) {
  const { greedy, promptIds } = search.beams,
    { penalty } = search.state,
    length = greedy.newIds.length;
  const text = (ids) => visibleEnd(search.model.decode([...promptIds, ...ids]), 90);
  const rows = search.texts.map((one) => [text(one.ids), one.sum, one.ids.length, one.score]);
  rows.push([
    `${text(greedy.newIds)} (${say("beam.table_greedy")})`,
    greedy.logProb,
    length,
    greedy.logProb / length ** penalty,
  ]);
  const score = say("beam.table_score", { penalty: general(penalty).replace("-", "−") });
  const heads = [say("beam.table_text"), say("beam.table_sum"), say("beam.table_length"), score];
  const body = rows.map(([words, sum, tokens, one]) => [escape(words), signed(sum, 3), tokens, signed(one, 4)]);
  const row = (cells, tag) => `<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join("")}</tr>`;
  return `<table>${row(heads, "th")}${body.map((cells) => row(cells, "td")).join("")}</table>`;
}

/** Which of two texts is the likelier: lessons.plots.beam.verdict. */
function verdictOf(best, greedy) {
  if (best.ids.join() === greedy.newIds.join()) return "same";
  if (best.ids.length !== greedy.newIds.length) return best.ids.length < greedy.newIds.length ? "shorter" : "longer";
  return best.logProb > greedy.logProb ? "wins" : "loses";
}
