/**
 * The arithmetic of the package `lessons` for a page that needs no kernel: the same names and the same numbers.
 *
 *   const model = await loadModel("model/", ({ loaded, total }) => …) → {config, weights, tokenizer, endIds, context}
 *   model.tokenizer.encode(text) → ids, .decode(ids) → text, .token(id) → "␣great", .tokenText(id) → " great"
 *   const session = new Session(model, ids), session.logits[row] → Float32Array (V), session.extend(tokens, parents)
 *   softmax(scores), logSoftmax(scores) → Float64Array (V); entropy(scores); likeliestFirst(scores) → ids
 *   applyKnobs(knobs({ temperature, top_k, top_p, min_p, typical_p, repetition_penalty, no_repeat_ngram_size }),
 *     logits, ids) → [{name, scores}]; cuts(logits, results) → what each knob did
 *   uniforms(seed, texts, steps) → Float64Array[]; draw(scores, u) → id
 *   greedySearch(model, ids, { max_new_tokens }), sample(model, ids, { max_new_tokens, seed, num_return_sequences,
 *     …knobs }), beamSearch(model, ids, { num_beams, max_new_tokens, length_penalty, early_stopping,
 *     no_repeat_ngram_size }) → {promptIds, newIds, ids, text, newText, logProb, steps, stopped}, of a beam search also
 *     {score, tree, hypotheses, beams}; rescored(model, trace, { length_penalty, early_stopping })
 *   logitLens(model, ids, last) → [layer][position] Float32Array (V), logits
 *
 * A prompt is a text or its ids. Every long call is a loop over a generator, which a page can run itself, drawing or
 * waiting for a frame in between, and leave whenever it likes: `greedySteps`, `sampleSteps`, `beamSteps`, `lensLayers`.
 * What comes back is plain data. Nothing here knows a page: it runs in a worker as well.
 *
 * Nothing here says a word: an error's message, and `stopped`, is the name of an entry in lessons/assets/words, and the
 * error's cause holds its numbers.
 */

export { Tokenizer, running, visible } from "./tokenizer.js";
export { loadModel, weightsOf } from "./weights.js";
export { entropy, likeliestFirst, logSoftmax, softmax } from "./probability.js";
export * from "./filters.js";
export { Memory, hiddenStates, logits } from "./gpt2.js";
export { Session, readPrompt } from "./sessions.js";
export { lensLayers, logitLens } from "./lens.js";
export { OFF, ORDERS, applyKnobs, cuts, inTurn, knobs } from "./knobs.js";
export { Generator, draw, uniforms } from "./uniforms.js";
export { stepOf, stepsWithin, textAfter, traceOf, whyStopped } from "./trace.js";
export { greedySearch, greedySteps } from "./greedy.js";
export { sample, sampleSteps } from "./sampling.js";
export { begin, grow } from "./beams.js";
export { beamSearch, beamSteps, find, judge, path, rescored, treeOf } from "./beam.js";
