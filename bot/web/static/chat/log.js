// The list of messages: kept in order, read out politely, scrolled only for a reader at its end.

import { el, icon } from "./dom.js";
import { MessageView } from "./message.js";

const NEAR = 48; // pixels from the end that count as "at the end"
const HISTORY_SETTLES = 600; // milliseconds in which history is not read out

export class Log {
  #messages = new Map(); // key → {node, parts, shown}
  #following = true;
  #target = -1; // where we scrolled to ourselves
  #height = 0; // of what the reader sees, when last we looked
  #loudTimer = null;

  constructor({ t, ticketUrl, on }) {
    this.t = t;
    this.view = new MessageView(t, on, ticketUrl);
    this.list = el("ol", { class: "messages" });
    this.empty = this.#greeting(on.ask);
    this.node = el(
      "div",
      { class: "log", role: "log", "aria-live": "off", "aria-label": t("log_label"), tabindex: "0" },
      this.empty,
      this.list,
    );
    this.typing = el("div", { class: "typing", hidden: true, "aria-hidden": "true" }, el("i"), el("i"), el("i"));
    this.node.append(this.typing);
    this.more = el("button", { type: "button", class: "more", hidden: true }, icon("down"), t("new_messages"));
    this.more.addEventListener("click", () => this.#toEnd());
    this.node.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.sizes = new ResizeObserver(() => {
      this.#height = this.node.clientHeight;
      if (this.#following) this.#follow();
    });
    this.sizes.observe(this.node);
  }

  dispose() {
    this.sizes.disconnect();
    clearTimeout(this.#loudTimer);
  }

  /** Show the entries; answers how many of them are new words of the other side. */
  show(entries, buttons, { bulk = false, greet = false } = {}) {
    if (bulk) this.#quiet();
    this.empty.hidden = !greet;
    const keys = new Set(entries.map((entry) => entry.key));
    for (const [key, message] of this.#messages) {
      if (keys.has(key)) continue;
      message.node.remove();
      this.#messages.delete(key);
    }
    const added = entries.filter((entry) => !this.#messages.has(entry.key));
    let previous = null;
    for (const entry of entries) {
      let message = this.#messages.get(entry.key);
      if (!message) {
        message = this.view.make(entry);
        this.#messages.set(entry.key, message);
      }
      this.view.update(message, entry, buttons);
      const here = previous ? previous.nextSibling : this.list.firstChild;
      if (message.node !== here) this.list.insertBefore(message.node, here);
      previous = message.node;
    }
    const mine = added.some((entry) => entry.kind === "user" && entry.state === "pending");
    if (bulk || mine) this.#toEnd();
    else if (added.length && this.#following) this.#follow();
    const news = added.filter((entry) => entry.kind !== "user");
    if (!bulk && news.length && this.#isBelow(this.#messages.get(news.at(-1).key).node)) this.more.hidden = false;
    return news.length;
  }

  showTyping(on) {
    this.typing.hidden = !on;
    if (on && this.#following) this.#follow();
  }

  #greeting(ask) {
    const chips = this.t.list("examples").map((question) =>
      el("button", { type: "button", class: "chip", lang: "en", onclick: () => ask(question) }, question),
    );
    return el(
      "div",
      { class: "greeting", hidden: true },
      el("p", { class: "welcome" }, this.t("greeting_title")),
      el("p", {}, this.t("greeting_text")),
      el("p", { class: "heading", "aria-hidden": "true" }, this.t("examples_heading")),
      el("div", { class: "chips", role: "group", "aria-label": this.t("examples_heading") }, ...chips),
    );
  }

  /** History is not news: keep the live region silent while it is filled. */
  #quiet() {
    this.node.setAttribute("aria-live", "off");
    clearTimeout(this.#loudTimer);
    this.#loudTimer = setTimeout(() => this.node.setAttribute("aria-live", "polite"), HISTORY_SETTLES);
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.node;
    if (clientHeight !== this.#height) return; // the browser moved it, not the reader
    const atEnd = scrollHeight - scrollTop - clientHeight <= NEAR;
    this.#following = atEnd || Math.abs(scrollTop - this.#target) <= 2;
    if (atEnd) this.more.hidden = true;
  }

  /** Whether the beginning of a message is below what the reader sees. */
  #isBelow(node) {
    return node.offsetTop > this.node.scrollTop + this.node.clientHeight - NEAR;
  }

  #toEnd() {
    this.#following = true;
    this.more.hidden = true;
    this.#scroll(this.list.firstChild ? this.node.scrollHeight - this.node.clientHeight : 0);
  }

  /** Show what is new, but never scroll the partner's last question out of sight. */
  #follow() {
    const end = this.node.scrollHeight - this.node.clientHeight;
    const questions = this.list.querySelectorAll(":scope > .user");
    const last = questions[questions.length - 1];
    const top = last ? last.offsetTop - 8 : this.list.firstChild ? end : 0;
    this.#scroll(Math.min(end, Math.max(top, this.node.scrollTop)));
  }

  #scroll(top) {
    this.#target = Math.max(0, Math.round(top));
    this.node.scrollTop = this.#target;
  }
}
