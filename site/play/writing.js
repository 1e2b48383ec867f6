// Numbers, tokens and names as a reader sees them: the twin of lessons/words/writing.py, and plots/names.py.

import { running, visible } from "../model/tokenizer.js";

const WIDE_LETTERS =
  /[\u1100-\u115f\u2e80-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const LETTER = 6.7; // pixels that a letter takes at size 12, on average
const WIDE_LETTER = 13;

export { running, visible };

/** The text for HTML and SVG: a token with <script> in it is shown, not run. */
export const escape = (text) => String(text).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** A probability for a label: two digits that mean something, however small it is. */
export function percent(value) {
  return value >= 0.001 ? share(value, 1) : `${general(100 * value, 2)}%`;
}

/** A share of 1 as per cent. */
export const share = (value, digits = 0) => `${(100 * value).toFixed(digits)}%`;

/** A number in at most so many digits, as Python's "g" has it. */
export function general(value, digits = 6) {
  const [mantissa, power] = value.toExponential(digits - 1).split("e");
  if (value && (power < -4 || power >= digits)) {
    return `${Number(mantissa)}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
  }
  return String(Number(value.toPrecision(digits)));
}

const WHOLE = new Intl.NumberFormat("en-US"); // subtle: made once, for `toLocaleString` makes one each time

/** A whole number with commas between thousands. */
export const commas = (value) => WHOLE.format(Math.round(value));

/** A number of so many digits after the point, with a real minus sign. */
export const signed = (value, digits = 2) => value.toFixed(digits).replace("-", "−");

/** The end of a text in one line; what was left out is marked by an ellipsis. */
export function visibleEnd(text, length = 48) {
  const line = Array.from(running(text));
  return line.length <= length ? line.join("") : `…${line.slice(line.length - length + 1).join("")}`;
}

/** About how many pixels the words take at size 12. */
export function widthOf(words) {
  let width = 0;
  for (const letter of words) width += WIDE_LETTERS.test(letter) ? WIDE_LETTER : LETTER;
  return width;
}

/** The words, or their beginning and an ellipsis, so that they take no more than so many pixels. */
export function shortened(words, pixels) {
  if (widthOf(words) <= pixels) return words;
  const letters = Array.from(words);
  while (letters.length && widthOf(letters) + LETTER > pixels) letters.pop();
  return `${letters.join("")}…`;
}

/** A token's name in a picture: no longer than it has room; a sign that comes often is counted. */
export function shortName(name, pixels = 160) {
  const counted = name.normalize("NFC").replace(/(.)\1{7,}/gu, (run, one) => `${one}×${Array.from(run).length}`);
  return shortened(counted, pixels);
}
