// <care-slack-link>: where somebody who is signed in to the portal enters the code that was shown in Slack.
//
//   <script type="module" src="https://care.example/static/care-slack-link.js"></script>
//   <care-slack-link token-url="/care-token"></care-slack-link>
//
// Attributes: lang, theme, token-url, as of <care-chat>; here token-url is needed.

import { el } from "./chat/dom.js";
import { portalAddress } from "./chat/portal.js";
import { PortalSessions, SessionProblem } from "./chat/session.js";
import { Store } from "./chat/store.js";
import { loadStrings, pickLanguage } from "./chat/strings.js";

const HERE = new URL(".", import.meta.url);
const BASE = HERE.origin;
const PATIENCE = 20_000;
const MOST_CODE = 40;

class CareSlackLink extends HTMLElement {
  #root = this.attachShadow({ mode: "open" });
  #sessions = null;
  #busy = false;

  connectedCallback() { this.#begin().catch((problem) => console.error("care-slack-link:", problem)); }

  async #begin() {
    const tokenUrl = portalAddress(this.getAttribute("token-url"));
    if (!tokenUrl) throw new Error("token-url is missing");
    const language = pickLanguage(this.lang, document.documentElement.lang, ...navigator.languages);
    this.t = await loadStrings(new URL("strings/", HERE), language);
    this.#sessions = new PortalSessions(BASE, new Store(BASE, "portal"), tokenUrl, { t: this.t, owner: () => this.#show() });
    this.#show();
  }

  #show() {
    const styles = ["care-chat.css", "care-ticket.css"].map((name) =>
      el("link", { rel: "stylesheet", href: new URL(name, HERE), crossorigin: "anonymous" }),
    );
    const input = el("input", {
      id: "code", maxlength: MOST_CODE, autocomplete: "one-time-code", autocapitalize: "characters", spellcheck: "false",
      required: true, "aria-describedby": "said",
    });
    this.said = el("p", { id: "said", class: "problem", role: "alert" });
    const form = el(
      "form",
      { class: "ticket", novalidate: true },
      el("p", {}, this.t("slack_intro")),
      el("div", { class: "row" }, el("label", { for: "code" }, this.t("slack_code")), input),
      this.said,
      el("button", { type: "submit", class: "plain strong" }, this.t("slack_link")),
      el("p", { class: "muted" }, this.t("slack_warning")),
      el("button", { type: "button", class: "plain", onclick: () => this.#unlink() }, this.t("slack_unlink")),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#link(input);
    });
    const title = el("h1", {}, this.t("slack_title"));
    this.#root.replaceChildren(...styles, el("div", { class: "sheet", lang: this.t.language }, title, form));
  }

  async #link(input) {
    if (!input.value.trim()) {
      this.said.textContent = this.t("ticket_required");
      input.focus();
      return;
    }
    const { ok, body } = await this.#ask("POST", { code: input.value });
    if (ok) input.value = "";
    this.said.textContent = ok ? this.t("slack_linked", body) : this.#why(body);
  }

  async #unlink() {
    const { ok, body } = await this.#ask("DELETE");
    this.said.textContent = ok ? this.t("slack_unlinked") : this.#why(body);
  }

  #why({ detail }) { return typeof detail === "string" && detail ? detail : this.t("slack_failed"); }

  /** The server's answer as {ok, body}; one question at a time. */
  async #ask(method, body) {
    if (this.#busy) return { ok: false, body: {} };
    this.#busy = true;
    try {
      for (const last of [false, true]) {
        const session = await this.#sessions.get();
        const reply = await this.#fetch(method, session, body);
        if (reply.status !== 401 || last) return { ok: reply.ok, body: await reply.json().catch(() => ({})) };
        this.#sessions.discard(session); // it has expired: once more with a new one
      }
    } catch (problem) {
      if (!(problem instanceof SessionProblem)) console.error("care-slack-link:", problem);
      return { ok: false, body: { detail: problem instanceof SessionProblem ? problem.message : "" } };
    } finally {
      this.#busy = false;
    }
  }

  #fetch(method, session, body) {
    return fetch(`${BASE}/api/slack/link`, {
      method,
      headers: { Authorization: `Bearer ${session}`, ...(body ? { "Content-Type": "application/json" } : {}) },
      body: body && JSON.stringify(body),
      credentials: "omit",
      cache: "no-store",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(PATIENCE),
    });
  }
}

customElements.define("care-slack-link", CareSlackLink);
