// What the page says of the filters and of what was drawn: the twin of the words of lessons/explorers/truncation.py and
// draws.py; and the lines of Python that show the same.

import { OFF, ORDERS, applyKnobs, knobs } from "../model/index.js";
import { knobWords } from "./filter_row.js";
import { expected } from "./shares.js";
import { say } from "./words.js";
import { commas, general, percent } from "./writing.js";

/** The filters, how many tokens they leave, and what was drawn: `counts`, null before the first draw. */
export function chainWords(part, number, counts) {
  const active = part.cuts.map((cut) => knobWords(cut, part.state[cut.name])).join("; ");
  return say("truncation.sentence", {
    order: "transformers",
    knobs: active || say("truncation.no_knob_on"),
    number: commas(number),
    before: percent(part.probabilities[0]),
    after: percent(part.result[0]),
    vocabulary: commas(part.result.length),
    token: part.names[0],
    other: otherWords(part, number),
    drawn: counts ? drawnWords(part, counts) : "",
  }).trim();
}

/** What llama.cpp's order would leave, if that is another number. */
function otherWords(part, number) {
  const settings = part.settings(),
    [, other] = Object.keys(ORDERS);
  if (!("temperature" in settings) || settings.temperature === OFF.temperature) return "";
  const scores = applyKnobs(knobs(settings, other), part.logits, part.promptPlaces).at(-1).scores;
  const left = scores.filter((score) => score > -Infinity).length;
  return left === number ? "" : say("truncation.other_order", { order: other, number: commas(left) });
}

function drawnWords(part, counts) {
  const draws = part.thrown.length,
    uniform = part.thrown.at(-1).toFixed(3),
    last = part.tokenAt(part.places.at(-1));
  if (draws === 1) return say("draws.drawn_one", { uniform, token: last });
  const top = part.order[0];
  const numbers = { draws: commas(draws), count: commas(counts[top]), expected: expected(draws * part.result[top]) };
  return say("draws.drawn", { token: part.tokenAt(top), last, uniform, ...numbers });
}

/** The lines of Python that show the same. */
export function drawnInPython(part, state) {
  const settings = part.settings(),
    given = JSON.stringify(state.prompt);
  const named = Object.entries(settings).map(([name, value]) => `${name}=${general(value)}`);
  const on = Object.keys(settings)
    .map((name) => `"${name}"`)
    .join(", ");
  return [
    `ids = lm.encode(${given})`,
    `logits = lm.next_logits(ids)`,
    `filtered = lessons.apply_knobs(lessons.knobs(${named.join(", ")}), logits, ids)`,
    `left = filtered[-1][1] if filtered else logits`,
    `lessons.draw_many(left, lessons.uniforms(${state.seed}, 1, ${Math.max(1, state.draws)})[0])`,
    `lessons.sample(lm, ids, ${[`max_new_tokens=${state.tokens}`, `seed=${state.seed}`, ...named].join(", ")}).text`,
    `explorer = lessons.TruncationExplorer(lm, ${given}, on=(${on}${on && !on.includes(",") ? "," : ""}))`,
    ...Object.entries(settings).map(([name, value]) => `explorer.sliders["${name}"].value = ${general(value)}`),
    `explorer.seed.value, explorer.draws.value = ${state.seed}, ${state.draws}`,
    "explorer",
  ];
}
