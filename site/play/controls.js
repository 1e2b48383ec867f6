// Controls and boxes of the page, made of the browser's own elements, so that keys and screen readers reach them.

/** An element of a class, with children, attributes and listeners ({onclick: …}). */
export function element(tag, options = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** Let an element say these words. What it says already stays: new words make the browser lay out the page anew. */
export function tell(one, words) {
  if (one.textContent !== words) one.textContent = words;
}

const standing = new WeakMap(); // box → its HTML, as it was written

/** Put HTML into a box; what stands in it already stays. */
export function put(box, html) {
  if (standing.get(box) !== html) box.innerHTML = html;
  standing.set(box, html);
}

/** A button with words on it. */
export const button = (words, press, options = {}) =>
  element("button", { type: "button", onclick: press, ...options }, words);

/**
 * A slider with its name and its value.
 *
 * moved: called with the number while it moves, and once more with `true` when it is let go
 * written: number → how it is written
 */
export class Slider {
  constructor(name, [least, most, step], moved, written = String) {
    this.written = written;
    this.input = element("input", { type: "range", min: least, max: most, step, "aria-label": name });
    this.value = element("output");
    this.box = element("label", { class: "slider" }, element("span", { class: "name" }, name), this.input, this.value);
    this.input.addEventListener("input", () => moved(Number(this.input.value), false));
    this.input.addEventListener("change", () => moved(Number(this.input.value), true));
  }

  show(number, most = this.input.max) {
    this.input.max = most;
    this.input.value = number;
    tell(this.value, this.written(number));
    this.input.setAttribute("aria-valuetext", this.value.textContent);
  }
}

/** A box for a text, heard of when it is left or Enter is pressed; Shift and Enter begin a new line. */
export class TextBox {
  constructor(name, changed) {
    this.input = element("textarea", { rows: 1, spellcheck: "false", autocapitalize: "off", "aria-label": name });
    this.box = element("label", { class: "text-box" }, element("span", { class: "name" }, name), this.input);
    this.input.addEventListener("change", () => changed(this.input.value.normalize("NFC")));
    this.input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.input.dispatchEvent(new Event("change"));
      }
    });
  }

  show(text) {
    if (this.input.value !== text) this.input.value = text;
    this.input.rows = Math.min(4, text.split("\n").length);
  }
}

/** As many buttons in a box as there are labels; they stay, so that none loses the focus when a picture changes. */
export class Buttons {
  constructor(box, press) {
    this.box = box;
    this.press = press;
  }

  /** looks: of each button {label, title, style, classes, html}; `html` stands in it instead of the label. */
  show(looks) {
    while (this.box.children.length > looks.length) this.box.lastChild.remove();
    looks.forEach((look, place) => {
      const one = this.box.children[place] ?? this.made(place);
      const inside = look.html ?? "";
      if (inside) put(one, inside);
      else tell(one, look.label);
      one.title = look.title ?? "";
      one.setAttribute("aria-label", look.name ?? (look.title || look.label));
      one.style.cssText = look.style ?? "";
      one.className = look.classes ?? "";
    });
  }

  made(place) {
    const one = button("", () => this.press(place));
    this.box.append(one);
    return one;
  }
}
