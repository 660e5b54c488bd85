// One message in the log: who, what, when, and the buttons that came with it.

import { el, icon, spoken } from "./dom.js";
import { renderMarkdown } from "./markdown.js";
import { renderPicture } from "./picture.js";

const CONTENT_LANGUAGE = "en"; // the service answers in English, whatever language the widget speaks

/** Makes and updates the nodes of messages; `on` has press(button), retry(id), dismiss(id). */
export class MessageView {
  /** `ticketUrl` is the form for when nobody answers here; null where there is none. */
  constructor(t, on, ticketUrl) {
    this.t = t;
    this.on = on;
    this.ticketUrl = ticketUrl;
    const region = navigator.languages.find((name) => name.startsWith(`${t.language}-`));
    const locale = region ?? (t.language === "en" ? "en-GB" : t.language);
    this.time = new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" });
    this.date = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" });
  }

  make(entry) {
    const parts = { bubble: this.#bubble(entry), state: el("span", { class: "state" }) };
    const node = el("li", { class: `message ${entry.kind}` });
    if (entry.kind !== "notice") node.append(spoken(`${this.t(entry.kind === "user" ? "you" : "assistant")}: `));
    node.append(parts.bubble);
    parts.chips = this.#buttons(node, entry);
    parts.meta = el("div", { class: "meta" }, parts.state, " ", this.#time(entry.at));
    if (entry.kind !== "notice") node.append(parts.meta);
    return { node, parts, shown: null };
  }

  update(message, entry, buttons) {
    const { node, parts } = message;
    const shown = `${entry.state} ${+entry.at}`;
    if (message.shown !== shown) {
      message.shown = shown;
      node.dataset.state = entry.state;
      parts.meta.lastChild.replaceWith(this.#time(entry.at));
      parts.state.replaceChildren(...this.#state(entry));
    }
    this.#mark(parts.chips, buttons);
  }

  #bubble(entry) {
    const bubble = el("div", { class: "bubble", dir: "auto" });
    if (entry.kind === "user") {
      bubble.append(el("p", { class: "typed", dir: "auto" }, entry.text));
      return bubble;
    }
    if (!entry.own) bubble.lang = CONTENT_LANGUAGE;
    if (entry.kind === "agent") {
      const from = [entry.data?.author, entry.data?.number].filter((part) => typeof part === "string");
      bubble.append(el("p", { class: "heading", dir: "auto" }, from.join(" · ")));
    }
    bubble.append(renderMarkdown(entry.text, this.t("new_tab")));
    for (const block of bubble.children) block.dir = "auto";
    if (entry.data?.type === "error" && this.ticketUrl) {
      const link = el("a", { href: this.ticketUrl, target: "_blank", rel: "noopener" }, this.t("ticket_link"));
      bubble.append(el("p", { lang: this.t.language, dir: "auto" }, link));
    }
    const picture = renderPicture(entry.data?.picture);
    if (picture) bubble.children[0].after(picture); // below the result, above how it came about
    return bubble;
  }

  #time(at) {
    if (Number.isNaN(+at)) return el("time");
    const today = at.toDateString() === new Date().toDateString();
    const text = today ? this.time.format(at) : `${this.date.format(at)}, ${this.time.format(at)}`;
    return el("time", { datetime: at.toISOString() }, text);
  }

  #state(entry) {
    if (entry.state === "pending") return [icon("clock"), this.t("sending")];
    if (entry.state !== "failed") return [];
    const parts = [el("span", { class: "problem" }, `${this.t("not_sent")} ${entry.problem}`)];
    if (entry.retry) {
      parts.push(el("button", { type: "button", class: "link", onclick: () => this.on.retry(entry.key) }, this.t("try_again")));
    }
    parts.push(el("button", { type: "button", class: "link", onclick: () => this.on.dismiss(entry.key) }, this.t("remove")));
    return parts;
  }

  /** Buttons named like a related question go under a heading; the others stand on their own. */
  #buttons(node, entry) {
    const usable = (entry.buttons ?? []).filter((button) => typeof button?.title === "string" && typeof button.payload === "string");
    const questions = new Set((Array.isArray(entry.data?.related) ? entry.data.related : []).map((item) => item?.question));
    const chips = [];
    for (const related of [false, true]) {
      const group = usable.filter((button) => questions.has(button.title) === related);
      if (group.length === 0) continue;
      const label = this.t(related ? "related" : "choices");
      const list = el("div", { class: "chips", role: "group", "aria-label": label });
      if (related) node.append(el("p", { class: "heading", "aria-hidden": "true" }, label));
      for (const button of group) {
        const chip = el("button", { type: "button", class: "chip", lang: CONTENT_LANGUAGE, dir: "auto" }, button.title);
        chip.addEventListener("click", () => {
          if (chip.getAttribute("aria-disabled") !== "true") this.on.press(button);
        });
        chips.push({ chip, payload: button.payload, related });
        list.append(chip);
      }
      node.append(list);
    }
    return chips;
  }

  /** Once an answer is chosen, those beside it are closed; related questions can all be asked, each once. */
  #mark(chips, { chosen, dead }) {
    const decided = chips.some(({ payload, related }) => !related && chosen.has(payload));
    for (const { chip, payload, related } of chips) {
      const mine = chosen.has(payload);
      if (mine || dead.has(payload) || (decided && !related)) chip.setAttribute("aria-disabled", "true");
      else chip.removeAttribute("aria-disabled");
      if (mine === chip.classList.contains("chosen")) continue;
      chip.classList.toggle("chosen", mine);
      if (mine) chip.prepend(icon("check"), spoken(`${this.t("chosen")}: `));
      else chip.replaceChildren(chip.lastChild);
    }
  }
}
