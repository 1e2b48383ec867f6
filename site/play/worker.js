// The model at work, beside the page: every method answers one question of model.js.

import {
  Memory,
  begin,
  greedySearch,
  grow,
  hiddenStates,
  loadModel,
  logitLens,
  logits,
  sample,
} from "../model/index.js";
import { inCommon } from "./ids.js";

let model = null;
let read = { ids: [], memory: null }; // what was read last: a text that goes on is not read anew

const METHODS = {
  async load(folder) {
    let shown = -1;
    model = await loadModel(folder, ({ loaded, total }) => {
      const progress = Math.floor((100 * loaded) / (total ?? 11_844_840));
      if (progress !== shown) self.postMessage({ progress: Math.min((shown = progress), 100) });
    });
    rows([model.endIds[0]], 0); // the first pass is the slowest: better now than at the first click
    const { vocab_size: vocabulary, n_layer: depth } = model.config;
    return { vocabulary, depth, context: model.context, endIds: model.endIds };
  },
  rows,
  /** The text that the settings write, without its steps. */
  sample(ids, settings) {
    const { newIds, newText, logProb } = sample(model, ids, settings);
    return { newIds, newText, logProb };
  },
  /** The grown beams, from which every rule of judging is read; greedy's text beside them. */
  beams(ids, settings) {
    const beams = begin(model, ids, settings);
    const levels = [...grow(model, beams)].map(({ logits: _, filters: __, ...level }) => level);
    const { newIds, logProb, newText } = greedySearch(model, ids, settings);
    return { ...beams, levels, greedy: { newIds, logProb, newText } };
  },
  lens: (ids, last) => logitLens(model, ids, last),
};

/** The logits (V) after each token of a text from place `from` on. */
function rows(ids, from) {
  const known = read.ids.length <= from && inCommon(ids, read.ids) === read.ids.length ? read.ids.length : 0;
  const memory = known ? read.memory : new Memory(model.config);
  const hidden = hiddenStates(model.weights, [ids.slice(known)], memory).at(-1);
  read = { ids, memory };
  return logits(model.weights, hidden.subarray((from - known) * model.config.n_embd));
}

self.onmessage = async ({ data: { number, method, given } }) => {
  try {
    self.postMessage({ number, result: await METHODS[method](...given) });
  } catch (error) {
    self.postMessage({ number, error: error.message, cause: error.cause });
  }
};
