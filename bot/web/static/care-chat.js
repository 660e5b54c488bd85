// <care-chat>: Customer Care's chat for any portal page.
//
//   <script type="module" src="https://care.example/static/care-chat.js"></script>
//
// Attributes: lang (en, it, de, fr, es), open, inline (fill the container instead of floating),
// theme (light or dark; otherwise the browser's preference), token-url (where the portal's page says who is
// signed in), ticket-url (the page with the ticket form). Methods: logout(), login(). A page without the
// element gets one.

import { Composer } from "./chat/composer.js";
import { Conversation } from "./chat/conversation.js";
import { el } from "./chat/dom.js";
import { Log } from "./chat/log.js";
import { Panel } from "./chat/panel.js";
import { linkAddress, portalAddress } from "./chat/portal.js";
import { Store } from "./chat/store.js";
import { loadStrings, pickLanguage } from "./chat/strings.js";

const HERE = new URL(".", import.meta.url);
const BASE = HERE.origin;

class CareChat extends HTMLElement {
  static observedAttributes = ["open", "lang", "token-url"];
  #root = this.attachShadow({ mode: "open" });
  #life = null; // ends everything that this appearance on the page started
  #chat = null;
  #panel = null;
  #log = null;
  #composer = null;
  #store = null;

  get open() { return this.hasAttribute("open"); }
  set open(value) { this.toggleAttribute("open", Boolean(value)); }

  connectedCallback() {
    if (automatic && automatic !== this) automatic.remove();
    this.#begin().catch((problem) => console.error("care-chat:", problem));
  }

  disconnectedCallback() { this.#end(); }

  attributeChangedCallback(name, before, after) {
    if (!this.#life || before === after) return;
    if (name === "open" && this.#panel && this.#panel.opened !== this.open) this.#toggle(this.open, true);
    if (name === "lang" || name === "token-url") this.login();
  }

  /** Sign out here and on all pages of this browser; resolves when the session has ended. */
  async logout() { await this.#chat?.logout(); }

  /** Begin anew, as whoever the portal says is signed in. */
  login() {
    this.#end();
    this.connectedCallback();
  }

  async #begin() {
    this.#end();
    const life = (this.#life = new AbortController());
    const t = await loadStrings(new URL("strings/", HERE), pickLanguage(this.lang, document.documentElement.lang));
    const style = el("link", { rel: "stylesheet", href: new URL("care-chat.css", HERE), crossorigin: "anonymous" });
    const styled = new Promise((resolve) => (style.onload = style.onerror = resolve));
    if (life.signal.aborted) return;
    this.#root.replaceChildren(style);
    await styled;
    if (!life.signal.aborted) this.#build(t, life.signal);
  }

  #build(t, signal) {
    const tokenUrl = portalAddress(this.getAttribute("token-url"));
    const store = (this.#store = new Store(BASE, tokenUrl ? "portal" : ""));
    const hear = (name, detail) => this.#hear(name, detail);
    const chat = (this.#chat = new Conversation({ base: BASE, store, tokenUrl, t, on: hear }));
    const log = (this.#log = new Log({
      t,
      ticketUrl: linkAddress(this.getAttribute("ticket-url") ?? (tokenUrl ? null : `${BASE}/ticket`)),
      on: {
        ask: (question) => chat.say(question) && this.#composer.focus(),
        press: (button) => chat.press(button),
        retry: (id) => this.#settle(() => chat.retry(id)),
        dismiss: (id) => this.#settle(() => chat.dismiss(id)),
      },
    }));
    this.#composer = new Composer({
      t,
      draft: tokenUrl ? "" : store.draft, // whose it is, is not known yet
      on: { send: (text) => chat.say(text), draft: (text) => chat.known && (store.draft = text) },
    });
    this.#panel = new Panel({
      t,
      log,
      signal,
      composer: this.#composer,
      inline: this.hasAttribute("inline"),
      on: { open: () => this.#toggle(true, true), close: () => this.#toggle(false, true), anew: () => chat.startAnew() },
    });
    const shell = el("div", { class: "shell", lang: t.language }, ...this.#panel.nodes);
    this.#root.append(shell);
    if (this.#panel.inline || (store.open ?? this.open)) this.#toggle(true, false);
    else {
      this.open = false; // closed by this person on an earlier page
      if (store.records("out").length) chat.start();
    }
    this.#show({ bulk: true });
  }

  #end() {
    this.#life?.abort();
    this.#chat?.stop();
    this.#log?.dispose();
    this.#life = this.#chat = this.#panel = this.#log = this.#composer = null;
    this.#root.replaceChildren();
  }

  #hear(name, detail) {
    if (!this.#panel) return;
    if (name === "changed") this.#show(detail);
    if (name === "status") this.#panel.showStatus(detail);
    if (name === "owner") this.#composer.clear();
    if (name === "known") this.#composer.restore(this.#store.draft);
    if (name === "typing") {
      this.#log.showTyping(detail);
      this.#panel.showTyping(detail);
    }
  }

  #show({ bulk = false }) {
    const chat = this.#chat;
    const news = this.#log.show(chat.entries(), chat.buttons(), { bulk, greet: chat.empty && !chat.expectsHistory });
    this.#panel.offerAnew(!chat.empty && !chat.portal);
    if (!bulk && news) this.#panel.unread(news);
  }

  /** Do something that removes the button just pressed, and keep the keyboard in the chat. */
  #settle(act) {
    act();
    this.#composer.focus();
  }

  #toggle(open, byPerson) {
    const panel = this.#panel;
    if (open) this.#chat.start();
    if (open) panel.open(byPerson);
    else panel.close(byPerson);
    if (!panel.inline) {
      this.#store.open = open;
      this.open = open;
    }
    this.dispatchEvent(new CustomEvent("care-chat-toggle", { detail: { open }, bubbles: true, composed: true }));
  }
}

let automatic = null;
customElements.define("care-chat", CareChat);
if (!document.querySelector("care-chat")) {
  automatic = document.createElement("care-chat");
  document.body.append(automatic);
}
