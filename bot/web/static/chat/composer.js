// The box to write in: Enter sends, Shift+Enter begins a new line.

import { el, icon } from "./dom.js";
import { countCharacters, fits, LIMIT } from "./limits.js";

const NEAR_LIMIT = 3_600;

export class Composer {
  constructor({ t, draft, on }) {
    this.t = t;
    this.on = on;
    this.input = el("textarea", {
      id: "care-input",
      rows: "1",
      autocomplete: "off",
      enterkeyhint: "send",
      placeholder: t("input_placeholder"),
      "aria-describedby": "care-hint care-counter",
    });
    this.input.value = draft;
    this.counter = el("p", { class: "counter", id: "care-counter", hidden: true });
    this.alarm = el("span", { class: "spoken", role: "status" });
    this.send = el("button", { type: "submit", class: "send", "aria-label": t("send") }, icon("send"));
    this.node = el(
      "form",
      { class: "composer", novalidate: true },
      el("label", { class: "spoken", for: "care-input" }, t("input_label")),
      el("div", { class: "box" }, this.input, this.send),
      el("div", { class: "below" }, el("p", { class: "hint", id: "care-hint" }, t("input_hint")), this.counter),
      this.alarm,
    );
    this.input.addEventListener("input", () => this.#changed());
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.node.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#changed();
  }

  focus() { this.input.focus({ preventScroll: true }); }

  clear() { this.#put(""); }

  /** Put back what was written before, unless something new is written already. */
  restore(draft) {
    if (draft && !this.input.value) this.#put(draft);
  }

  #put(text) {
    this.input.value = text;
    this.#changed();
  }

  #key(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.#submit();
  }

  #submit() {
    if (!this.input.value.trim()) return;
    if (!this.on.send(this.input.value)) {
      this.alarm.textContent = this.t("too_long");
      this.focus();
      return;
    }
    this.input.value = "";
    this.#changed();
    this.focus();
  }

  #changed() {
    const text = this.input.value;
    const count = countCharacters(text);
    const over = text.length > 0 && !fits(text.trim());
    this.counter.hidden = count < NEAR_LIMIT && !over;
    this.counter.textContent = over
      ? `${count} / ${LIMIT}. ${this.t("too_long")}`
      : this.counter.hidden ? "" : this.t("counter", { count, limit: LIMIT });
    this.counter.classList.toggle("over", over);
    this.input.setAttribute("aria-invalid", String(over));
    if (!over) this.alarm.textContent = "";
    this.on.draft(text);
    if (!CSS.supports("field-sizing", "content")) this.#grow();
  }

  /** For browsers without `field-sizing`; a height set by script is allowed by our CSP. */
  #grow() {
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, 160)}px`;
  }
}
