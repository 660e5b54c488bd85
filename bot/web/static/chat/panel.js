// The frame around log and composer: launcher, header, status line, "start anew" question.

import { el, icon, spoken } from "./dom.js";

const SMALL = "(max-width: 480px), (max-height: 420px)";
const SLOW = 1_500; // a first connection quicker than this needs no words

export class Panel {
  #slow = null;
  #lost = false;
  #unread = 0;
  #before = null; // where the focus was before the panel opened

  constructor({ t, inline, log, composer, on, signal }) {
    Object.assign(this, { t, inline, log, composer, on });
    this.status = el("p", { class: "status", role: "status" });
    this.spoken = el("p", { class: "spoken", role: "status" });
    this.anew = this.#button("anew", "restart", t("new_conversation"), () => this.#ask());
    this.question = this.#question();
    const header = el("div", { class: "header" }, el("h2", { id: "care-title" }, t("title")), this.anew);
    if (!inline) header.append(this.#button("close", "close", t("close"), () => this.on.close()));
    this.node = el(
      inline ? "section" : "dialog",
      { class: "panel", "aria-labelledby": "care-title" },
      header,
      this.question,
      this.status,
      el("div", { class: "middle" }, log.node, log.more),
      composer.node,
      this.spoken,
    );
    this.badge = el("span", { class: "badge", hidden: true });
    this.launcher = el(
      "button",
      { type: "button", class: "launcher", "aria-expanded": "false", "aria-haspopup": "dialog", onclick: () => this.on.open() },
      icon("chat"),
      el("span", { class: "name" }, t("launcher")),
      this.badge,
    );
    this.node.addEventListener("keydown", (event) => this.#key(event));
    this.node.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.on.close();
    });
    this.small = matchMedia(SMALL);
    this.small.addEventListener("change", () => this.opened && this.#place(), { signal });
    window.visualViewport?.addEventListener("resize", () => this.#fit(), { signal });
  }

  get nodes() { return this.inline ? [this.node] : [this.node, this.launcher]; }
  get opened() { return this.inline || this.node.open; }

  /** Show the panel; `focus` when a person asked for it. */
  open(focus) {
    if (this.inline) return;
    if (focus) this.#before = this.node.getRootNode().activeElement ?? document.activeElement;
    this.#place();
    this.launcher.hidden = true;
    this.launcher.setAttribute("aria-expanded", "true");
    this.unread(0);
    if (focus) this.composer.focus();
  }

  close(focus) {
    if (this.inline) return;
    this.node.close();
    this.launcher.hidden = false;
    this.launcher.setAttribute("aria-expanded", "false");
    if (focus) (this.#before?.isConnected && this.#before !== document.body ? this.#before : this.launcher).focus();
    this.#before = null;
  }

  /** Count messages that came while the panel was closed; 0 forgets them. */
  unread(count) {
    this.#unread = count === 0 || this.opened ? 0 : this.#unread + count;
    this.badge.hidden = this.#unread === 0;
    this.badge.replaceChildren();
    if (this.#unread) {
      const number = el("span", { "aria-hidden": "true" }, String(this.#unread));
      this.badge.append(number, spoken(this.t("unread", { count: this.#unread })));
    }
  }

  /** There is nothing to leave behind in an empty conversation. */
  offerAnew(worthwhile) { this.anew.hidden = !worthwhile; }

  say(text) { this.spoken.textContent = text; }

  showTyping(on) { this.say(on ? this.t("typing") : ""); }

  showStatus({ state, reason, complete }) {
    clearTimeout(this.#slow);
    this.node.dataset.connection = state;
    if (state === "online") {
      this.status.textContent = "";
      if (this.#lost) this.say(this.t("reconnected"));
      this.#lost = false;
    } else if (state === "waiting") {
      this.#lost = true;
      this.#write(complete ? reason : `${reason || this.t("connection_lost")} ${this.t("reconnecting")}`);
    } else if (!this.#lost) {
      this.#slow = setTimeout(() => this.#write(this.t("connecting")), SLOW);
    }
  }

  /** The same words are not written again: a live region would read them out again. */
  #write(text) {
    if (this.status.textContent !== text) this.status.textContent = text;
  }

  /** On a phone the panel covers the page and is modal; elsewhere it stands beside it. */
  #place() {
    if (this.node.open) this.node.close();
    if (this.small.matches) this.node.showModal();
    else this.node.open = true;
    this.#fit();
  }

  /** Keep the composer above a phone's keyboard. */
  #fit() {
    const view = window.visualViewport;
    if (view) this.node.style.setProperty("--seen-height", `${Math.round(view.height)}px`);
  }

  #key(event) {
    if (event.key !== "Escape" || event.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    if (!this.question.hidden) this.#answer(false);
    else if (!this.inline) this.on.close();
  }

  #button(name, picture, label, press) {
    return el("button", { type: "button", class: `tool ${name}`, "aria-label": label, title: label, onclick: press }, icon(picture), el("span", { class: "name" }, label));
  }

  #question() {
    const yes = el("button", { type: "button", class: "plain strong", onclick: () => this.#answer(true) }, this.t("new_yes"));
    const no = el("button", { type: "button", class: "plain", onclick: () => this.#answer(false) }, this.t("new_no"));
    this.no = no;
    const text = el("p", { id: "care-question" }, this.t("new_confirm"));
    return el(
      "div",
      { class: "question", role: "group", "aria-labelledby": "care-question", hidden: true },
      text,
      el("div", { class: "answers" }, no, yes),
    );
  }

  #ask() {
    this.question.hidden = false;
    this.no.focus();
  }

  #answer(yes) {
    this.question.hidden = true;
    if (yes) this.on.anew();
    if (yes) this.composer.focus();
    else this.anew.focus();
  }
}
