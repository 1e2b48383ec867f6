// What is shown is a state, and every state is a link: what differs from the start stands behind the "#".

/** The four things to play with, in the order of their tabs. */
export const TABS = ["next", "draw", "beam", "lens"];

// The start of each tab, as its lesson's explorer has it. Keys are those of the link.
const STARTS = {
  next: { prompt: "Once upon a time there was a", path: "", at: 0, also: "" },
  draw: {
    prompt: "Once upon a time there was a",
    on: "temperature,top_k,top_p",
    temperature: 1,
    top_k: 50,
    top_p: 0.9,
    min_p: 0.05,
    typical_p: 0.9,
    repetition_penalty: 1.2,
    no_repeat_ngram_size: 2,
    seed: 0,
    draws: 1,
    tokens: 20,
  },
  beam: {
    prompt: "In the middle of the forest there stood",
    beams: 3,
    steps: 6,
    ngram: 0,
    penalty: 1,
    shown: 1,
    box: "",
  },
  lens: { prompt: "Once upon a time there was a king who had a fair", blocks: 0, place: 0 },
};

/** The state that a link's end describes; what it does not name is as at the start. */
export function read(hash) {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const tab = TABS.includes(given.get("tab")) ? given.get("tab") : "next";
  const state = { tab, ...STARTS[tab] };
  for (const [name, start] of Object.entries(STARTS[tab])) {
    const value = given.get(name);
    if (value === null) continue;
    if (typeof start === "string") state[name] = value;
    else if (Number.isFinite(Number(value))) state[name] = Number(value);
  }
  return state;
}

/** The state with which a tab begins; a text that the reader has typed goes along. */
export function begin(tab, { tab: before, prompt }) {
  return { ...read(`tab=${tab}`), ...(prompt === STARTS[before].prompt ? {} : { prompt }) };
}

/** The end of the link to a state. */
export function write(state) {
  const { tab } = state,
    starts = STARTS[tab];
  const changed = Object.keys(starts).filter((name) => state[name] !== starts[name]);
  const named = [...(tab === "next" ? [] : [["tab", tab]]), ...changed.map((name) => [name, String(state[name])])];
  return named.length ? `#${new URLSearchParams(named)}` : "";
}
