/**
 * A model's files as arrays: the twin of lessons/models/files.py and language_model.py.
 *
 * The page reads the very files of the package: `model.safetensors` (8 bytes that say how long a table of contents is,
 * the table, the numbers), `tokenizer.json` and `config.json`.
 */

import { Tokenizer } from "./tokenizer.js";

/**
 * The bundled model, ready to be asked. Python: lessons.load.
 * @param {string} folderUrl where its files lie, with a slash at the end
 * @param {(progress: {loaded: number, total: ?number}) => void} [onProgress] told the bytes of the weights that have
 *   come; total is null where the server does not say
 * @returns {Promise<{config: object, weights: Object<string, Float32Array>, tokenizer: Tokenizer, endIds: number[],
 *   context: number}>} all but the tokenizer's methods can be posted to a worker
 */
export async function loadModel(folderUrl, onProgress = () => {}) {
  const [file, config, vocabulary] = await Promise.all([
    fetched(folderUrl + "model.safetensors").then((response) => bytesOf(response, onProgress)),
    fetched(folderUrl + "config.json").then((response) => response.json()),
    fetched(folderUrl + "tokenizer.json").then((response) => response.json()),
  ]);
  const weights = weightsOf(file, config);
  const endIds = [config.eos_token_id].flat();
  return { config, weights, tokenizer: new Tokenizer(vocabulary), endIds, context: config.n_positions };
}

/**
 * The weights by the names that `transformers` gives them, in 32 bits. A matrix (N, M) of a linear layer is laid down
 * as (M, N): what one output is made of then lies side by side in memory, and is read in that order.
 * Python: lessons.models.sessions.weights_of.
 * @param {ArrayBuffer} file the bytes of `model.safetensors`
 * @param {object} config as in `config.json`
 * @returns {Object<string, Float32Array>}
 */
export function weightsOf(file, config) {
  const start = 8 + Number(new DataView(file).getBigUint64(0, true));
  const contents = JSON.parse(new TextDecoder().decode(new Uint8Array(file, 8, start - 8)));
  const weights = {};
  delete contents.__metadata__;
  for (const [name, { shape, data_offsets: [from, to] }] of Object.entries(contents)) {
    const numbers = from16Bits(new Uint16Array(file, start + from, (to - from) / 2));
    const isLinear = name.includes(".h.") && shape.length === 2;
    weights[name] = isLinear ? transposed(numbers, ...shape) : numbers;
  }
  if (config.tie_word_embeddings) weights["lm_head.weight"] = weights["transformer.wte.weight"];
  return weights;
}

/** What an address answers; an error names the address where it is none. */
async function fetched(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return response;
}

/** All bytes of an answer, counted as they come. */
async function bytesOf(response, onProgress) {
  const { headers } = response; // a length is that of what is sent, which may be packed
  const total = headers.has("Content-Encoding") ? null : Number(headers.get("Content-Length")) || null;
  const parts = [];
  let loaded = 0;
  for (const reader = response.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) return new Blob(parts).arrayBuffer();
    parts.push(value);
    loaded += value.length;
    onProgress({ loaded, total });
  }
}

/** Numbers of 16 bits (sign, 5 of exponent, 10 of fraction) as numbers of 32: each of the 65,536 worked out once. */
function from16Bits(halves) {
  const numbers = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) numbers[i] = HALF[halves[i]];
  return numbers;
}

const HALF = Float32Array.from({ length: 1 << 16 }, (_, bits) => {
  const sign = bits >> 15 ? -1 : 1, exponent = (bits >> 10) & 31, fraction = (bits & 1023) / 1024;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? (1 + fraction) * 2 ** (exponent - 15) : fraction * 2 ** -14);
});

/** A matrix (N, M) as (M, N). */
function transposed(matrix, N, M) {
  const turned = new Float32Array(matrix.length);
  for (let n = 0; n < N; n++) for (let m = 0; m < M; m++) turned[m * N + n] = matrix[n * M + m];
  return turned;
}
