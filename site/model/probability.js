/**
 * The arithmetic of choosing a next token: the twin of lessons/arithmetic/probability.py.
 *
 * V = size of the vocabulary. Log-probabilities and entropies are in nats (natural logarithm).
 */

/**
 * The scores' probabilities, in 64 bits; a cut token (minus infinity) has 0. Python: torch.softmax.
 * @param {ArrayLike<number>} scores (V)
 * @returns {Float64Array} (V), sums to 1
 */
export function softmax(scores) {
  const largest = maximum(scores), probabilities = new Float64Array(scores);
  let total = 0;
  for (let i = 0; i < scores.length; i++) total += probabilities[i] = Math.exp(scores[i] - largest);
  for (let i = 0; i < scores.length; i++) probabilities[i] /= total;
  return probabilities;
}

/**
 * The logarithms of the scores' probabilities. Nothing rounds to zero on the way, as it does in log(softmax(scores)).
 * Python: torch.log_softmax, in 64 bits.
 * @param {ArrayLike<number>} scores (V)
 * @returns {Float64Array} (V), nats
 */
export function logSoftmax(scores) {
  const scale = logSumExp(scores), logProbs = new Float64Array(scores);
  for (let i = 0; i < scores.length; i++) logProbs[i] -= scale;
  return logProbs;
}

/**
 * The entropy of softmax(scores): the mean surprisal of a token drawn from it. Python: lessons.entropy.
 * @param {ArrayLike<number>} scores (V)
 * @returns {number} nats, from 0 (one token is certain) to log V (all are alike)
 */
export function entropy(scores) {
  return logSoftmax(scores).reduce((sum, one) => (one > -Infinity ? sum - one * Math.exp(one) : sum), 0);
}

/**
 * The ids in the order of their scores, the largest first; of equal scores the lower id comes first.
 * Python: lessons.arithmetic.probability.likeliest_first.
 * @param {ArrayLike<number>} scores (V)
 * @returns {Uint32Array} (V)
 */
export function likeliestFirst(scores) {
  if (scores instanceof Float32Array) return quickLikeliestFirst(scores);
  return Uint32Array.from(scores, (_, id) => id).sort((one, other) => scores[other] - scores[one] || one - other);
}

/** The same for scores of 32 bits, many times as fast: a score and its id are packed into one whole number of 64 bits,
 * and those are sorted without a function that compares. Python: lessons.decoding.one_sort.quick_likeliest_first. */
function quickLikeliestFirst(scores) {
  const bits = new Int32Array(scores.map((score) => score + 0).buffer); // subtle: + 0 makes a minus zero a zero
  const packed = new BigInt64Array(scores.length), halves = new Int32Array(packed.buffer); // a lower half comes first
  for (let id = 0; id < scores.length; id++) {
    halves[2 * id] = id;
    halves[2 * id + 1] = ~(bits[id] ^ ((bits[id] >> 31) & 0x7fffffff)); // the smaller the larger the score (IEEE 754)
  }
  packed.sort();
  return new Uint32Array(scores.length).map((_, rank) => halves[2 * rank]);
}

/** log Σ exp(score). Python: torch.logsumexp. */
export function logSumExp(scores) {
  const largest = maximum(scores);
  let total = 0;
  for (let i = 0; i < scores.length; i++) total += Math.exp(scores[i] - largest);
  return largest + Math.log(total);
}

/** The largest score. Python: torch.max. */
export function maximum(scores) {
  let largest = -Infinity;
  for (let i = 0; i < scores.length; i++) if (scores[i] > largest) largest = scores[i];
  return largest;
}
