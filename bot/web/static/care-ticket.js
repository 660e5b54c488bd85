// <care-ticket>: the form that opens a ticket, also while nobody answers in the chat.
//
//   <script type="module" src="https://care.example/static/care-ticket.js"></script>
//   <care-ticket token-url="/care-token"></care-ticket>
//
// Attributes: lang, theme, token-url, as of <care-chat>.

import { el } from "./chat/dom.js";
import { newId } from "./chat/outbox.js";
import { PortalSessions, SessionProblem, Sessions } from "./chat/session.js";
import { Store } from "./chat/store.js";
import { loadStrings, pickLanguage } from "./chat/strings.js";
import { portalAddress } from "./chat/portal.js";
import { TicketForm } from "./ticket/form.js";

const HERE = new URL(".", import.meta.url);
const BASE = HERE.origin;
const PATIENCE = 20_000;

class CareTicket extends HTMLElement {
  #root = this.attachShadow({ mode: "open" });
  #sent = null; // what was sent last, and its key: sent again it opens no second ticket
  #sessions = null;

  connectedCallback() { this.#begin().catch((problem) => console.error("care-ticket:", problem)); }

  async #begin() {
    const language = pickLanguage(this.lang, document.documentElement.lang, ...navigator.languages);
    const [t, types] = await Promise.all([loadStrings(new URL("strings/", HERE), language), this.#types()]);
    this.t = t;
    const tokenUrl = portalAddress(this.getAttribute("token-url"));
    const store = new Store(BASE, tokenUrl ? "portal" : "");
    this.#sessions = tokenUrl
      ? new PortalSessions(BASE, store, tokenUrl, { t, owner: () => this.#show(types, tokenUrl) })
      : new Sessions(BASE, store);
    this.#show(types, tokenUrl);
  }

  #show(types, tokenUrl) {
    const styles = ["care-chat.css", "care-ticket.css"].map((name) =>
      el("link", { rel: "stylesheet", href: new URL(name, HERE), crossorigin: "anonymous" }),
    );
    const form = new TicketForm({
      t: this.t,
      types,
      anonymous: !tokenUrl,
      send: (wanted, english) => this.#send(wanted, english),
      again: () => this.#show(types, tokenUrl),
    });
    this.#root.replaceChildren(...styles, el("div", { class: "sheet", lang: this.t.language }, form.node));
  }

  async #types() {
    const reply = await fetch(`${BASE}/api/ticket-types`, { credentials: "omit" }).catch(() => null);
    return reply?.ok ? reply.json() : []; // without them the form still opens tickets
  }

  /** The server's answer as {ok, body}. The same words again keep their key, also after a failure. */
  async #send(wanted, english) {
    const words = JSON.stringify(wanted);
    if (this.#sent?.words !== words) this.#sent = { words, key: newId() };
    try {
      for (const last of [false, true]) {
        const session = await this.#sessions.get();
        const reply = await this.#post({ ...wanted, english }, session);
        if (reply.status !== 401 || last) return { ok: reply.ok, body: await reply.json().catch(() => ({})) };
        this.#sessions.discard(session); // it has expired: once more with a new one
      }
    } catch (problem) {
      if (!(problem instanceof SessionProblem)) console.error("care-ticket:", problem);
      return { ok: false, body: { detail: problem instanceof SessionProblem ? problem.message : "" } };
    }
  }

  #post(wanted, session) {
    return fetch(`${BASE}/api/tickets`, {
      method: "POST",
      headers: {
        Authorization: `Bearer ${session}`,
        "Content-Type": "application/json",
        "Idempotency-Key": this.#sent.key,
        "X-Care-Chat": "1",
      },
      body: JSON.stringify(wanted),
      credentials: "omit",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(PATIENCE),
    });
  }
}

customElements.define("care-ticket", CareTicket);
