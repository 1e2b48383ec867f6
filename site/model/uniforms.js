/**
 * Drawing: one random number u from [0, 1) takes a token; the twin of lessons/decoding/drawing.py, with the numbers
 * that PyTorch's generator gives for the same seed.
 *
 * Lay the tokens side by side, the likeliest first, each as wide as its probability, and take the one in which u falls.
 */

import { likeliestFirst, softmax } from "./probability.js";

const [N, M] = [624, 397]; // words of the generator's state; how far apart two lie that are mixed

/**
 * PyTorch's random numbers: whole ones of 32 bits from the Mersenne Twister, MT19937. Python: torch.Generator.
 * Matsumoto & Nishimura 1998.
 */
export class Generator {
  /** @param {number} seed a whole number; as in PyTorch its lowest 32 bits count */
  constructor(seed) {
    this.state = new Uint32Array(N);
    this.state[0] = seed % 2 ** 32;
    for (let i = 1; i < N; i++) {
      const before = this.state[i - 1];
      this.state[i] = Math.imul(1812433253, before ^ (before >>> 30)) + i;
    }
    this.next = N;
  }

  /** A whole number from 0 to 2³² - 1. */
  random32() {
    if (this.next === N) this.mix();
    let y = this.state[this.next++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  /** A number from [0, 1) with 53 digits: the lowest 53 bits of two numbers of 32. Python: torch.rand in 64 bits. */
  uniform() {
    const high = this.random32(), low = this.random32();
    return ((high % 2 ** 21) * 2 ** 32 + low) / 2 ** 53;
  }

  /** The next state, from which N numbers are read. */
  mix() {
    for (let i = 0; i < N; i++) {
      const y = (this.state[i] & 0x80000000) | (this.state[(i + 1) % N] & 0x7fffffff);
      this.state[i] = this.state[(i + M) % N] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.next = 0;
  }
}

/**
 * Random numbers from [0, 1): a row for each text, a number for each step. Each row has a generator of its own, seeded
 * by one that `seed` begins: more rows, or longer ones, change no other. Python: lessons.uniforms.
 * @param {number} seed a whole number, at least 0
 * @param {number} texts
 * @param {number} steps
 * @returns {Float64Array[]}
 */
export function uniforms(seed, texts, steps) {
  const first = new Generator(seed);
  return Array.from({ length: texts }, () => {
    first.random32(); // the upper half of a seed of 64 bits, of which the lower half counts
    const row = new Generator(first.random32());
    return Float64Array.from({ length: steps }, () => row.uniform());
  });
}

/**
 * The id into whose place u falls when the tokens lie side by side, the likeliest first.
 * Python: lessons.decoding.drawing.draw.
 * @param {ArrayLike<number>} scores (V), minus infinity where cut
 * @param {number} u from [0, 1)
 * @returns {number}
 */
export function draw(scores, u) {
  const ids = likeliestFirst(scores), ends = softmax(Float64Array.from(ids, (id) => scores[id]));
  for (let rank = 1; rank < ends.length; rank++) ends[rank] += ends[rank - 1]; // where each token ends
  // subtle: the last end is 1 on paper; a number above it in the machine would fall on no token
  const place = u * ends[ends.length - 1];
  return ids[ends.findIndex((end) => end > place)];
}
