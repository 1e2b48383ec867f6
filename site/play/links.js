// Where to go from here: a link to exactly this, the lesson about it, and the lines of Python that show the same.

import { button, element, tell } from "./controls.js";
import { say } from "./words.js";

export class Links {
  constructor(box) {
    this.copyLink = button(say("play.copy_link"), () => this.copy(location.href));
    this.lesson = element("a", {});
    this.lines = element("code", {});
    this.said = element("span", { role: "status" });
    const copyLines = button(say("play.copy_lines"), () => this.copy(this.lines.textContent));
    const code = element("pre", { tabindex: 0, role: "region", "aria-label": say("play.notebook") }, this.lines);
    const details = element("details", {}, element("summary", {}, say("play.notebook")), code, copyLines);
    box.append(this.copyLink, this.lesson, this.said, details);
  }

  show(state, lines, { lesson, page }) {
    tell(this.lesson, lesson);
    this.lesson.href = page;
    tell(this.lines, ["import lessons", "", "lm = lessons.load()", ...lines].join("\n"));
    tell(this.said, "");
  }

  async copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      this.said.textContent = say("play.copied");
    } catch {
      this.said.textContent = say("play.not_copied");
    }
  }
}
