// The page: tabs, the state and its link, and what is around the four things to play with.

import { BeamSearch } from "./beam.js";
import { tell } from "./controls.js";
import { Draw } from "./draw.js";
import { Lens } from "./lens.js";
import { Links } from "./links.js";
import { Model } from "./model.js";
import { NextToken } from "./next_token.js";
import { TABS, begin, read, write } from "./state.js";
import { say, troubleInWords } from "./words.js";

const PARTS = { next: NextToken, draw: Draw, beam: BeamSearch, lens: Lens };
const byId = (id) => document.getElementById(id);
const lessons = JSON.parse(byId("lessons").textContent); // of each tab: {question, about, lesson, page}
const trouble = byId("trouble");

let state = read(location.hash);
let shown = 0; // how many states were shown: of two that are on their way the newer one counts
const model = new Model("../model/", (progress) => (byId("progress").value = progress));
const parts = {}; // the tabs that were opened
let early = null; // the place of a bar of the first picture that was clicked before the model was there
const links = new Links(byId("links"));

/** Make a part of the state new. A step is one to go back to; `passing` ones, as a slider moves, are not. */
function change(part, { passing = false } = {}) {
  const before = write(state);
  state = { ...state, ...part };
  const link = write(state) || location.pathname;
  if (write(state) !== before) remember(link, passing);
  return show();
}

let timer = 0,
  passed = false;

/** Put the link into the address; a slider's last place becomes a step, for browsers count how often that is done. */
function remember(link, passing) {
  clearTimeout(timer);
  if (!passing) history[passed ? "replaceState" : "pushState"](null, "", link);
  if (passing && !passed) history.pushState(null, "", location.href);
  if (passing) timer = setTimeout(() => history.replaceState(null, "", link), 300);
  passed = passing;
}

async function show() {
  const number = ++shown,
    stage = byId("stage");
  stage.setAttribute("aria-busy", "true");
  for (const tab of TABS) {
    byId(`tab-${tab}`).setAttribute("aria-selected", tab === state.tab);
    byId(`tab-${tab}`).tabIndex = tab === state.tab ? 0 : -1;
  }
  const { question, about } = lessons[state.tab];
  tell(byId("question"), question);
  tell(byId("about"), about);
  byId("other-language").hash = write(state);
  await model.ready;
  byId("arriving").hidden = true;
  if (number !== shown) return;
  const part = (parts[state.tab] ??= new PARTS[state.tab](model, change));
  part.box.classList.toggle("unshown", !part.wasShown); // what is not filled yet is not to be clicked
  if (stage.firstElementChild !== part.box) stage.replaceChildren(part.box);
  const wentWell = await attempt(() => part.show(state));
  stage.classList.toggle("stale", !wentWell); // what is shown does not belong to what the controls say
  if (early !== null && !part.wasShown && state.tab === "next") setTimeout(() => part.choose(part.order[early]));
  part.wasShown = true;
  part.box.classList.remove("unshown");
  if (number !== shown) return;
  if (wentWell) links.show(state, part.python(state), lessons[state.tab]);
  stage.setAttribute("aria-busy", "false");
}

/** Do it; what goes wrong is said under the heading. True if all went well. */
async function attempt(action) {
  try {
    await action();
    trouble.hidden = true;
  } catch (error) {
    trouble.hidden = false;
    trouble.textContent = troubleInWords(error);
  }
  return trouble.hidden;
}

function open(tab) {
  if (tab !== state.tab) change(begin(tab, state));
}

if (write(state)) byId("stage").replaceChildren(); // another picture than the page's first one
byId("stage").addEventListener("click", ({ target }) => {
  const bar = target.closest("[data-early]");
  if (!bar) return;
  early = Number(bar.dataset.early);
  for (const one of bar.parentElement.children) one.classList.toggle("taken", one === bar);
});
for (const [place, tab] of TABS.entries()) {
  byId(`tab-${tab}`).addEventListener("click", () => open(tab));
  byId(`tab-${tab}`).addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = TABS[(place + step + TABS.length) % TABS.length];
    open(next);
    byId(`tab-${next}`).focus();
  });
}
byId("theme").addEventListener("click", () => {
  const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem("lessons-theme", theme);
  } catch {
    // a browser may keep nothing
  }
});
addEventListener("popstate", () => {
  clearTimeout(timer);
  state = read(location.hash);
  passed = false;
  show();
});
// Without a service worker the page works, but not without a network.
model.ready.then(() => navigator.serviceWorker?.register("../sw.js")).catch(() => {});
model.ready.catch((error) => {
  byId("arriving").hidden = true;
  trouble.hidden = false;
  trouble.textContent = say("play.no_model", { error: error.message });
});
performance.mark("started"); // from here on a click is remembered
show().catch(() => {}); // said above
