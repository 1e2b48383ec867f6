/**
 * GPT-2's forward pass: the twin of lessons/models/gpt2.py, same names, same order.
 *
 * B = texts side by side, T = tokens read now, S = all tokens so far, D = width, H = heads, d = D / H, V = vocabulary.
 * A tensor is a row of numbers, the last of its dimensions running fastest. Numbers are kept in 32 bits, summed in 64.
 */

const EPSILON = 1e-5; // in every layer norm, against a division by 0
const ROOM = 64; // how many more tokens a memory makes room for at a time

/**
 * (B, T, D) for the tokens of ids (B, T): as they are put in, then as they leave each block; memory grows by T.
 * Python: lessons.models.gpt2.hidden_states.
 * @param {Object<string, Float32Array>} weights
 * @param {number[][]} ids
 * @param {Memory} memory
 * @returns {Float32Array[]} one more than there are blocks
 */
export function hiddenStates(weights, ids, memory) {
  const T = ids[0].length;
  memory.makeRoom(ids.length, T);
  const states = [embedded(weights, ids, memory)];
  for (let block = 0; block < memory.blocks; block++) {
    const name = `transformer.h.${block}`;
    let hidden = states[block];
    const normed = layerNorm(weights, `${name}.ln_1`, hidden, memory.width);
    hidden = sum(hidden, attention(weights, `${name}.attn`, normed, memory, block));
    hidden = sum(hidden, mlp(weights, `${name}.mlp`, layerNorm(weights, `${name}.ln_2`, hidden, memory.width)));
    states.push(hidden);
  }
  memory.length += T;
  return states;
}

/**
 * (…, V) what the model says after the last block left (…, D): one row of the output head for each token.
 * Python: lessons.models.gpt2.logits.
 * @param {Object<string, Float32Array>} weights
 * @param {Float32Array} hidden
 * @returns {Float32Array[]} one row for each token
 */
export function logits(weights, hidden) {
  const head = weights["lm_head.weight"], D = weights["transformer.ln_f.weight"].length, V = head.length / D;
  const all = product(layerNorm(weights, "transformer.ln_f", hidden, D), head, V);
  return Array.from({ length: hidden.length / D }, (_, row) => all.slice(row * V, (row + 1) * V));
}

/** (B, T, D) what each token is plus where it stands. */
function embedded(weights, ids, memory) {
  const D = memory.width, states = new Float32Array(ids.length * ids[0].length * D);
  const tokens = weights["transformer.wte.weight"], places = weights["transformer.wpe.weight"];
  ids.flat().forEach((id, row) => {
    const place = memory.length + (row % ids[0].length);
    for (let i = 0; i < D; i++) states[row * D + i] = tokens[id * D + i] + places[place * D + i];
  });
  return states;
}

/** (B, T, D) what each token takes from the tokens up to itself: in each head their values, weighed by how well its
 * query fits their keys: softmax(query · keys / √d) · values. */
function attention(weights, name, hidden, memory, block) {
  const D = memory.width, T = hidden.length / D / memory.states.length;
  const mixed = linear(weights, `${name}.c_attn`, hidden); // (B, T, 3 D): query, key, value
  const taken = new Float32Array(hidden.length);
  for (let row = 0; row < hidden.length / D; row++) {
    const [query, key, value] = [0, 1, 2].map((part) => mixed.subarray((3 * row + part) * D, (3 * row + part + 1) * D));
    const place = memory.length + (row % T);
    const [keys, values] = memory.keep(block, Math.floor(row / T), place, key, value); // (S, D): up to this token
    attend(query, keys, values, memory.heads, taken.subarray(row * D, (row + 1) * D));
  }
  return linear(weights, `${name}.c_proj`, taken);
}

/** One query (D) on keys and values (S, D), each head on its d of the D numbers; what is taken is added to (D). */
function attend(query, keys, values, heads, taken) {
  const D = query.length, d = D / heads, S = keys.length / D, fits = new Float64Array(S);
  for (let head = 0; head < heads; head++) {
    const from = head * d;
    let largest = -Infinity, total = 0;
    for (let s = 0; s < S; s++) {
      let fit = 0;
      for (let i = 0; i < d; i++) fit += query[from + i] * keys[s * D + from + i];
      fits[s] = fit / Math.sqrt(d);
      largest = Math.max(largest, fits[s]);
    }
    for (let s = 0; s < S; s++) total += fits[s] = Math.exp(fits[s] - largest);
    for (let s = 0; s < S; s++) {
      const weight = fits[s] / total;
      for (let i = 0; i < d; i++) taken[from + i] += weight * values[s * D + from + i];
    }
  }
}

/** (B, T, D) each token by itself: made four times as wide, bent, made narrow again. */
function mlp(weights, name, hidden) {
  const wide = linear(weights, `${name}.c_fc`, hidden); // (B, T, 4 D)
  return linear(weights, `${name}.c_proj`, wide.map(gelu));
}

/** Near 0 below 0, and near the number itself above. Hendrycks & Gimpel 2016. */
function gelu(x) {
  return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
}

/** (…, D) each vector with mean 0 and variance 1, then stretched and moved. */
function layerNorm(weights, name, hidden, D) {
  const weight = weights[`${name}.weight`], bias = weights[`${name}.bias`], normed = new Float32Array(hidden.length);
  for (let start = 0; start < hidden.length; start += D) {
    let mean = 0, variance = 0;
    for (let i = 0; i < D; i++) mean += hidden[start + i] / D;
    for (let i = 0; i < D; i++) variance += (hidden[start + i] - mean) ** 2 / D;
    const scale = 1 / Math.sqrt(variance + EPSILON);
    for (let i = 0; i < D; i++) normed[start + i] = (hidden[start + i] - mean) * scale * weight[i] + bias[i];
  }
  return normed;
}

/** (…, M) each vector of (…, N) times a matrix, plus a bias. */
function linear(weights, name, hidden) {
  const bias = weights[`${name}.bias`], M = bias.length;
  const made = product(hidden, weights[`${name}.weight`], M);
  for (let i = 0; i < made.length; i++) made[i] += bias[i % M];
  return made;
}

/** (R, M) the products of R vectors (R, N) with the M rows of a matrix (M, N).
 *
 * Nearly all time is spent here, and much of it on fetching numbers. So a matrix is read from front to back, once for
 * all vectors; and four of its rows are multiplied with two vectors at a time: six numbers that are fetched make eight
 * products, and the eight sums need not wait for each other. Up to three rows that are left over go one by one. */
function product(vectors, matrix, M) {
  const N = matrix.length / M, R = vectors.length / N, products = new Float32Array(R * M);
  const fours = M - (M % 4);
  for (let m = 0; m < fours; m += 4) {
    for (let r = 0; r + 1 < R; r += 2) twoVectors(matrix, m * N, vectors, r * N, N, products, r * M + m, M);
    if (R % 2) oneVector(matrix, m * N, vectors, (R - 1) * N, N, products, (R - 1) * M + m);
  }
  for (let m = fours; m < M; m++) {
    for (let r = 0; r < R; r++) {
      let sum = 0;
      for (let i = 0; i < N; i++) sum += matrix[m * N + i] * vectors[r * N + i];
      products[r * M + m] = sum;
    }
  }
  return products;
}

/** Into products, from `at` and from `at + M` on: those of four rows and two vectors, which begin at `row`, `one`. */
function twoVectors(matrix, row, vectors, one, N, products, at, M) {
  let a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0;
  for (let i = 0; i < N; i++, row++, one++) {
    const x = vectors[one], y = vectors[one + N];
    const p = matrix[row], q = matrix[row + N], r = matrix[row + 2 * N], s = matrix[row + 3 * N];
    a += p * x;
    b += q * x;
    c += r * x;
    d += s * x;
    e += p * y;
    f += q * y;
    g += r * y;
    h += s * y;
  }
  put(products, at, a, b, c, d);
  put(products, at + M, e, f, g, h);
}

/** The same for one vector. */
function oneVector(matrix, row, vectors, one, N, products, at) {
  let a = 0, b = 0, c = 0, d = 0;
  for (let i = 0; i < N; i++, row++, one++) {
    const x = vectors[one];
    a += matrix[row] * x;
    b += matrix[row + N] * x;
    c += matrix[row + 2 * N] * x;
    d += matrix[row + 3 * N] * x;
  }
  put(products, at, a, b, c, d);
}

/** Four numbers into places that follow each other. */
function put(numbers, at, a, b, c, d) {
  numbers[at] = a;
  numbers[at + 1] = b;
  numbers[at + 2] = c;
  numbers[at + 3] = d;
}

/** (…) two rows of numbers added up. */
function sum(left, right) {
  return left.map((number, i) => number + right[i]);
}

/**
 * The keys and values of all tokens read, in all blocks: for each text (blocks, 2, room, D), of which `length` places
 * are filled. Python: lessons.models.gpt2.Memory.
 */
export class Memory {
  /** @param {{n_layer: number, n_head: number, n_embd: number}} config */
  constructor(config) {
    [this.blocks, this.heads, this.width] = [config.n_layer, config.n_head, config.n_embd];
    [this.length, this.room, this.states] = [0, 0, []];
  }

  /** Room for so many more tokens of so many texts. */
  makeRoom(texts, tokens) {
    if (this.length + tokens <= this.room) return;
    const before = this.states, place = this.room * this.width;
    this.room = this.length + tokens + ROOM;
    const larger = this.room * this.width;
    this.states = Array.from({ length: texts }, (_, text) => {
      const states = new Float32Array(this.blocks * 2 * larger);
      for (let part = 0; text < before.length && part < this.blocks * 2; part++) {
        states.set(before[text].subarray(part * place, (part + 1) * place), part * larger);
      }
      return states;
    });
  }

  /** The keys and values (S, D) of a text in a block, with those (D) of the token at `place` behind them. */
  keep(block, text, place, key, value) {
    return [key, value].map((numbers, part) => {
      const start = (2 * block + part) * this.room * this.width, end = start + place * this.width;
      this.states[text].set(numbers, end);
      return this.states[text].subarray(start, end + this.width);
    });
  }

  /** Text i goes on from what was read of text rows[i]; one that is needed twice is copied. */
  goOn(rows) {
    const taken = new Set();
    this.states = rows.map((row) => {
      const states = taken.has(row) ? this.states[row].slice() : this.states[row];
      taken.add(row);
      return states;
    });
  }
}
