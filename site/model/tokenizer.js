/**
 * Byte-level BPE: text ↔ ids, as `tokenizer.json` has it, and names of tokens: the twin of lessons/words/tokens.py,
 * and of the tokenizer that Python takes from `transformers`.
 *
 * A text is cut into words, a word is written as bytes, and of two neighbours those are joined that the vocabulary
 * learned to join first. Sennrich, Haddow & Birch 2016; Radford et al. 2019.
 */

// GPT-2's words. subtle: white space as Unicode has it, which JavaScript's \s is not (U+0085, U+FEFF)
const WORDS = new RegExp(
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\p{White_Space}\\p{L}\\p{N}]+" +
    "|\\p{White_Space}+(?!\\P{White_Space})|\\p{White_Space}+",
  "gu",
);

/** A vocabulary, and how texts are cut into its tokens. Python: tokenizers.Tokenizer. */
export class Tokenizer {
  /** @param {object} file as in `tokenizer.json` */
  constructor(file) {
    this.idOf = new Map(Object.entries(file.model.vocab));
    this.pieces = [];
    for (const [piece, id] of this.idOf) this.pieces[id] = piece;
    this.rank = new Map(file.model.merges.map((pair, rank) => [pair.join(" "), rank])); // a space is no letter here
    this.special = new Set(file.added_tokens.map((token) => token.content));
    this.border = new RegExp(`(${[...this.special].map(escaped).join("|")})`);
    this.cache = new Map(); // word → ids
  }

  /**
   * The ids of a text. Python: lessons.LanguageModel.encode.
   * @param {string} text
   * @returns {number[]}
   */
  encode(text) {
    return text.split(this.border).flatMap((part) =>
      this.special.has(part) ? [this.idOf.get(part)] : (part.match(WORDS) ?? []).flatMap((word) => this.idsOf(word)),
    );
  }

  /**
   * The text of ids; bytes that make no whole character become U+FFFD. Python: lessons.LanguageModel.decode.
   * @param {Iterable<number>} ids
   * @returns {string}
   */
  decode(ids) {
    const letters = [...ids].map((id) => this.pieces[id] ?? "").join("");
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytesOf(letters));
  }

  /**
   * What a token is called, with all that cannot be seen drawn as a sign ("␣great").
   * Python: lessons.words.tokens.visible of lm.token(id).
   * @param {number} id
   * @returns {string}
   */
  token(id) {
    return visible(this.tokenText(id));
  }

  /**
   * What a token spells; bytes that are no whole character as \xec. Python: lessons.words.tokens.token_text.
   * @param {number} id
   * @returns {string}
   */
  tokenText(id) {
    const piece = this.pieces[id];
    if (piece === undefined) return `<${id}>`;
    if (this.special.has(piece)) return piece;
    const bytes = bytesOf(piece);
    let text = "";
    for (let start = 0, end; start < bytes.length; start = end) {
      const letter = characterAt(bytes, start);
      text += letter ?? `\\x${bytes[start].toString(16).padStart(2, "0")}`;
      end = start + (letter === null ? 1 : new TextEncoder().encode(letter).length);
    }
    return text;
  }

  /** The ids of a word: its bytes, of which neighbours are joined, in each round those that were learned first. */
  idsOf(word) {
    if (!this.cache.has(word)) {
      let parts = Array.from(new TextEncoder().encode(word), (byte) => LETTER_OF[byte]);
      for (let pair; (pair = this.firstLearned(parts)); ) parts = joined(parts, pair);
      this.cache.set(word, parts.map((part) => this.idOf.get(part)));
    }
    return this.cache.get(word);
  }

  /** Of all neighbours the pair that was learned first; null if none was. */
  firstLearned(parts) {
    let best = null, bestRank = Infinity;
    for (let i = 1; i < parts.length; i++) {
      const rank = this.rank.get(`${parts[i - 1]} ${parts[i]}`) ?? Infinity;
      if (rank < bestRank) [best, bestRank] = [[parts[i - 1], parts[i]], rank];
    }
    return best;
  }
}

/** The parts with every occurrence of a pair made one, from the left. */
function joined(parts, [left, right]) {
  const result = [];
  for (let i = 0; i < parts.length; i++) {
    const both = parts[i] === left && parts[i + 1] === right;
    result.push(both ? left + right : parts[i]);
    if (both) i++;
  }
  return result;
}

/** The character that begins at that byte, or null. */
function characterAt(bytes, start) {
  for (let length = 1; length <= 4; length++) {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.slice(start, start + length));
    } catch {
      // not a whole character yet
    }
  }
  return null;
}

/** A text as part of a pattern that means only itself. */
function escaped(text) {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

// The letter that stands for each byte: of the same number where that can be printed, and for the other 68 bytes, in
// order, the letters from number 256 on ("Ġ", number 288, is the space). Python: lessons.words.tokens.byte_of_letter.
const LETTER_OF = [];
for (let byte = 0, others = 256; byte < 256; byte++) {
  const printable = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
  LETTER_OF.push(String.fromCharCode(printable ? byte : others++));
}
const BYTE_OF = new Map(LETTER_OF.map((letter, byte) => [letter, byte]));

/** The bytes that letters of a vocabulary stand for. */
function bytesOf(letters) {
  return Uint8Array.from(letters, (letter) => BYTE_OF.get(letter));
}

const SIGNS = { " ": "␣", "\n": "↵", "\t": "⇥", "\r": "␍" };
// As in Python: kinds of what has no shape; letters of other kinds that are empty by definition; the signs themselves.
const HIDDEN = new RegExp(
  "[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Co}\\p{Zs}\\p{Zl}\\p{Zp}\\u034f\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u2800\\u3164" +
    "\\ufe00-\\ufe0f\\uffa0\\u{e0100}-\\u{e01ef}␣↵⇥␍]",
  "gu",
);

/**
 * The text with all that cannot be seen drawn as a sign, or by its number. Python: lessons.words.tokens.visible.
 * @param {string} text
 * @returns {string}
 */
export function visible(text) {
  return text.replace(HIDDEN, (letter) => SIGNS[letter] ?? numbered(letter.codePointAt(0)));
}

/**
 * The same for running text, in which spaces are seen as gaps. Python: lessons.words.tokens.running.
 * @param {string} text
 * @returns {string}
 */
export function running(text) {
  return visible(text).replaceAll("␣", " ");
}

/** A letter by its number. */
function numbered(number) {
  const hex = (digits) => number.toString(16).padStart(digits, "0");
  return number < 0x80 ? `\\x${hex(2)}` : number < 0x10000 ? `\\u${hex(4)}` : `\\U${hex(8)}`;
}
