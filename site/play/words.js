// Every word that the page shows: entries of lessons/assets/words, which the site's build puts into the page.

const WORDS = JSON.parse(document.getElementById("words").textContent);
const LANGUAGE = document.documentElement.lang;

/** The text of a key ("file.entry") with its {values} filled in. */
export function say(key, values = {}) {
  const text = WORDS[key].replace(/{(\w+)[^}]*}/g, (_, name) => values[name]);
  return LANGUAGE === "ko" ? withParticles(text) : text;
}

/** What went wrong, in words: the arithmetic's errors name an entry, and hold its values. */
export function troubleInWords(error) {
  if (error.words) return error.words;
  return error.message in WORDS ? say(error.message, error.cause) : say("play.failed", { error: error.message });
}

// The twin of `with_particles` in lessons/words/language.py: [after a consonant/after a vowel], by the sound before it.
const PARTICLES = /([\p{L}\p{N}_]?[\p{L}\p{N}_%]|.)(['"”’)\]`*]*)\[([가-힣]+)\/([가-힣]+)\]/gu;
const ENDS_IN_CONSONANT = "0136780lmnLMNR";
const ENDS_IN_RIEUL = "178lLR";
const UNKNOWN = /^(ng|\p{L}[bcgkpt])$/u; // a letter by itself is read by its name

/** The text with each `[을/를]` replaced by the form that fits; by both where an English ending does not tell. */
export function withParticles(text) {
  return text.replace(PARTICLES, (_, word, closing, afterConsonant, afterVowel) => {
    if (UNKNOWN.test(word)) return word + closing + both(afterConsonant, afterVowel);
    const before = Array.from(word).at(-1);
    const final = /[가-힣]/.test(before) ? (before.charCodeAt(0) - 0xac00) % 28 : -1;
    const consonant = final < 0 ? ENDS_IN_CONSONANT.includes(before) : final > 0;
    const rieul = final < 0 ? ENDS_IN_RIEUL.includes(before) : final === 8;
    return word + closing + (consonant && !(rieul && afterVowel.startsWith("로")) ? afterConsonant : afterVowel);
  });
}

function both(afterConsonant, afterVowel) {
  if (!afterConsonant.endsWith(afterVowel) || afterConsonant === afterVowel) return `${afterConsonant}(${afterVowel})`;
  return `(${afterConsonant.slice(0, -afterVowel.length)})${afterVowel}`;
}
