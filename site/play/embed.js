// A lesson's explorer on its page: a part of the play page takes the place of its picture once it comes near, with the
// state that the lesson begins with. Without a script, or the model, the picture stays. Where the explorer has few
// controls the part has no more: what is of the class "full" is left out.

import { BeamSearch } from "./beam.js";
import { element } from "./controls.js";
import { Draw } from "./draw.js";
import { Lens } from "./lens.js";
import { Model } from "./model.js";
import { NextToken } from "./next_token.js";
import { read, write } from "./state.js";
import { say, troubleInWords } from "./words.js";

const PARTS = { next: NextToken, draw: Draw, beam: BeamSearch, lens: Lens };
let model = null;

/** Put a part in the place of a picture. */
async function play(place) {
  model ??= new Model("../model/");
  await model.ready;
  let state = read(place.dataset.link);
  const there = element("a", {}, say("play.there"));
  const change = (changed) => {
    state = { ...state, ...changed };
    there.href = `index.html${write(state) || "#"}`;
    trouble.textContent = "";
    return part.show(state).catch((error) => (trouble.textContent = troubleInWords(error)));
  };
  const part = new PARTS[state.tab](model, change, state);
  const trouble = element("p", { class: "trouble", role: "alert" });
  part.box.classList.add("unshown"); // strips are as wide as their place, so it is there before they are drawn
  const stage = element("div", { class: "simple" in place.dataset ? "stage simple" : "stage" }, part.box, trouble);
  place.append(stage);
  await change({});
  part.box.classList.remove("unshown");
  place.querySelector("figure").remove();
  place.append(element("p", { class: "there" }, there));
}

const near = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      play(target).catch(() => target.querySelector(".stage")?.remove()); // the picture stays
    }
  },
  { rootMargin: "400px" },
);
for (const place of document.querySelectorAll("[data-link]")) near.observe(place);
