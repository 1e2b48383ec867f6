// One filter in one row: its switch, its slider, its strip, and what it left. The twin of
// lessons/explorers/filter_rows.py.

import { Slider, element, put, tell } from "./controls.js";
import { framed, funnel, passedBy, pieces, strip } from "./strips.js";
import { say } from "./words.js";
import { commas, general, share } from "./writing.js";

// Each knob's slider, in the order in which they act: least, most, step. The temperature's moves in powers of ten.
export const SLIDERS = {
  repetition_penalty: [1, 2, 0.05],
  no_repeat_ngram_size: [1, 4, 1],
  temperature: [-1.3, 0.7, 0.01],
  top_k: [1, 200, 1],
  top_p: [0.01, 1, 0.01],
  min_p: [0.01, 1, 0.01],
  typical_p: [0.05, 1, 0.01],
};
const NOTES = {
  cut: "filter_rows.note_cut",
  reshaped: "filter_rows.note_reshaped",
  nothing: "filter_rows.note_nothing",
};
const KNOB_WORDS = {
  cut: "filter_rows.knob_cut",
  reshaped: "filter_rows.knob_reshaped",
  nothing: "filter_rows.knob_nothing",
};

export class FilterRow {
  /** switched: called with whether it is on; moved: with its value, and whether the slider is being dragged */
  constructor(name, switched, moved) {
    this.name = name;
    const value = (number) => (name === "temperature" ? Number((10 ** number).toFixed(3)) : number);
    this.slider = new Slider(
      name,
      SLIDERS[name],
      (number, done) => moved(value(number), !done),
      (number) => general(value(number), 3),
    );
    this.slider.box.querySelector(".name").remove();
    this.switch = element("input", { type: "checkbox", onchange: () => switched(this.switch.checked) });
    const label = element("label", { class: "switch" }, this.switch, name);
    this.strip = element("div", { class: "strip-page" });
    this.note = element("div", { class: "note" });
    this.box = element("div", { class: "filter" }, label, this.slider.box, this.strip, this.note);
  }

  /** cut: what it did, in the order of the strip; if it does nothing, `reached` goes through it; wide: as in `strip` */
  show(isOn, value, cut, reached, names, wide) {
    this.switch.checked = isOn;
    this.slider.input.disabled = !isOn;
    this.slider.show(this.name === "temperature" ? Math.log10(value) : value);
    if (!isOn) {
      put(this.strip, framed(passedBy(), [], this.name));
      tell(this.note, "");
      return;
    }
    const did = cut ? effect(cut) : "nothing";
    const parts = did === "cut" ? pieces(cut.offered, names, cut.left) : pieces(cut?.result ?? reached, names);
    put(this.strip, framed(strip(parts, `hatch-${this.name}`, wide) + funnel(parts), parts, this.name));
    tell(this.note, say(NOTES[did], cut ? { number: commas(cut.number), mass: share(cut.mass, 1) } : {}));
  }
}

/** What a knob did to what it was offered: "cut" some of it, "reshaped" it, or "nothing". */
function effect(cut) {
  if (cut.removed) return "cut";
  return cut.offered.every((one, place) => one === cut.result[place]) ? "nothing" : "reshaped";
}

/** What a knob of this value did, in words. */
export function knobWords(cut, value) {
  const numbers = { number: commas(cut.number), mass: share(cut.mass, 1) };
  return say(KNOB_WORDS[effect(cut)], { name: cut.name, value: general(value), ...numbers });
}
