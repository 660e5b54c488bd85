// The conversation as this tab knows it: the server's events in order, and what we said that
// the server has not confirmed. Knows nothing of the page; `on(name, detail)` tells the view:
// "changed" ({bulk}), "typing" (true|false), "status" ({state, reason}), "known" (it is known whose it is),
// "owner" (somebody else is there now).

import { Connection } from "./connection.js";
import { clean, fits } from "./limits.js";
import { newId, Outbox } from "./outbox.js";
import { PortalSessions, Sessions } from "./session.js";

const CLOSED_BUTTONS = new Set(["used_button", "unknown_button"]);
const TYPING_LASTS = 30_000;
const UNREADABLE_CODES = new Set([1007, 1009]); // the server cannot read a frame of ours

export class Conversation {
  #events = new Map(); // seq → event
  #lastSeen = 0;
  #acknowledged = new Map(); // client_id → {item, seq}: confirmed, its event still to come
  #failed = new Map(); // client_id → {item, code, text, order}
  #notices = []; // lines of our own
  #dead = new Set(); // payloads that the server called used
  #sent = new Set(); // client_ids sent over this socket, unanswered
  #flowing = false; // whether what was left over has been sent, so that new messages may follow
  #flush = 0;
  #id = null;
  #typingTimer = null;
  #stop = null;

  /** `tokenUrl` is where the portal's page says who is signed in; without it nobody is. */
  constructor({ base, store, tokenUrl, t, on }) {
    this.store = store;
    this.t = t;
    this.on = on;
    this.outbox = new Outbox(store);
    this.sessions = tokenUrl
      ? new PortalSessions(base, store, tokenUrl, { t, owner: () => this.#otherOwner() })
      : new Sessions(base, store);
    this.connection = new Connection({
      base,
      sessions: this.sessions,
      lastSeen: () => this.#lastSeen,
      on: (name, detail) => this.#hear(name, detail),
    });
  }

  get empty() { return this.#events.size + this.outbox.items.length + this.#failed.size + this.#notices.length === 0; }
  /** Whether there may be history that the server has not sent yet. */
  get expectsHistory() { return this.#id === null && (this.portal || this.store.token !== null); }
  /** Whether the conversation belongs to somebody whom a portal knows: it cannot be left behind. */
  get portal() { return this.sessions.portal === true; }
  /** Whether it is known whose conversation it is. */
  get known() { return !this.portal || this.#id !== null; }

  async start() {
    if (this.#stop) return;
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    window.addEventListener("storage", (event) => this.#otherTab(event), { signal });
    this.outbox.enter();
    this.connection.start();
    if (this.portal) return; // what was left behind waits until it is known whose it is
    await this.outbox.adopt();
    this.on("changed", { bulk: true });
  }

  stop() {
    this.#stop?.abort();
    this.#stop = null;
    this.connection.stop();
    this.outbox.leave();
    this.#typing(false);
  }

  /** Say something; false when it is empty or too long and was not taken. */
  say(raw) {
    const text = clean(raw);
    if (!text || !fits(text)) return false;
    this.outbox.add({ type: "message", text });
    this.#pump();
    this.on("changed", {});
    return true;
  }

  press(button) {
    const item = this.outbox.add({ type: "press", button: button.payload, text: button.title });
    this.store.pressed = [...this.store.pressed, [item.client_id, button.payload]];
    this.#pump();
    this.on("changed", {});
  }

  /** Say a refused message once more, as a new message. */
  retry(id) {
    const failed = this.#failed.get(id);
    if (failed && this.say(failed.item.text)) this.dismiss(id);
  }

  dismiss(id) {
    this.#failed.delete(id);
    this.on("changed", {});
  }

  /** Forget this conversation in every tab and begin an empty one. */
  startAnew() {
    this.store.token = null;
    this.outbox.clear();
    this.#failed.clear();
    this.#forget();
    this.connection.restart();
    this.on("changed", { bulk: true });
  }

  /** Sign out: nothing of this person stays in the browser, in no tab. */
  async logout() {
    const ended = this.sessions.end();
    this.connection.stop();
    this.#otherOwner();
    this.on("status", { state: "waiting", reason: this.t("signed_out"), complete: true });
    await ended;
  }

  /** What to show, in order. */
  entries() {
    const own = (item, state, order, more) =>
      ({ key: item.client_id, kind: "user", text: item.text, at: new Date(item.at), state, order, ...more });
    const list = [...this.#events.values()].map((event) => ({
      key: event.client_id ?? `seq:${event.seq}`,
      kind: event.kind,
      text: String(event.text ?? ""),
      at: new Date(event.at),
      buttons: Array.isArray(event.buttons) ? event.buttons : [],
      data: event.data ?? {},
      state: "done",
      order: event.seq,
    }));
    list.push(...this.#notices);
    for (const { item, seq } of this.#acknowledged.values()) list.push(own(item, "done", seq));
    for (const { item, code, text, order } of this.#failed.values()) {
      list.push(own(item, "failed", order, { problem: text, retry: item.type === "message", code }));
    }
    for (const item of this.outbox.items) list.push(own(item, "pending", Infinity));
    return list.sort((a, b) => (a.order === b.order ? a.at - b.at : a.order - b.order));
  }

  /** The chosen payloads, and those that cannot be pressed any more. */
  buttons() {
    const chosen = new Set(this.store.pressed.map(([, payload]) => payload));
    for (const event of this.#events.values()) {
      if (event.kind === "user" && typeof event.data?.button === "string") chosen.add(event.data.button);
    }
    return { chosen, dead: this.#dead };
  }

  #hear(name, detail) {
    if (name === "frame") return this.#receive(detail);
    if (name === "refused") return this.#expired();
    if (name === "closed") return UNREADABLE_CODES.has(detail) && this.#unreadable();
    if (detail.state !== "online") {
      this.#flowing = false;
      this.#typing(false);
    }
    this.on("status", detail);
  }

  #receive(frame) {
    if (frame.type === "welcome") this.#welcome(frame);
    else if (frame.type === "event") this.#take(frame.event) && this.on("changed", {});
    else if (frame.type === "ack") this.#acknowledge(frame);
    else if (frame.type === "problem" && frame.code === "not_stored" && !frame.client_id) this.#notice(frame.text);
    else if (frame.type === "problem") this.#problem(frame.client_id ?? this.#oldestSent, frame.code, frame.text);
    else if (frame.type === "typing") this.#typing(frame.on === true);
  }

  #welcome(frame) {
    const other = this.#id !== null && this.#id !== frame.conversation;
    if (frame.reset || other) this.#clearEvents();
    this.#id = frame.conversation;
    for (const event of frame.events ?? []) this.#take(event);
    this.on("known");
    this.on("changed", { bulk: true });
    this.#resend();
  }

  async #resend() {
    const flush = (this.#flush += 1);
    this.#flowing = false;
    this.#sent.clear();
    await this.outbox.adopt();
    if (flush !== this.#flush || !this.connection.ready) return;
    for (const event of this.#events.values()) this.outbox.remove(event.client_id);
    this.#flowing = true;
    this.#pump();
    this.on("changed", {});
  }

  #pump() {
    if (!this.#flowing) return;
    for (const { client_id, type, text, button } of this.outbox.items) {
      if (this.#sent.has(client_id)) continue;
      const frame = type === "press" ? { type, client_id, button } : { type, client_id, text };
      if (!this.connection.send(frame)) return;
      this.#sent.add(client_id);
    }
  }

  /** Take an event in; false if it is known already or makes no sense. */
  #take(event) {
    if (!Number.isInteger(event?.seq) || this.#events.has(event.seq)) return false;
    this.#events.set(event.seq, event);
    this.#lastSeen = Math.max(this.#lastSeen, event.seq);
    if (event.kind === "bot" || event.kind === "agent") this.#typing(false);
    if (event.client_id) {
      this.#answered(event.client_id);
      this.#acknowledged.delete(event.client_id);
      this.#failed.delete(event.client_id); // refused as a repetition, but accepted before
    }
    return true;
  }

  #acknowledge({ client_id, seq }) {
    const item = this.outbox.get(client_id);
    if (item && Number.isInteger(seq) && !this.#events.has(seq)) this.#acknowledged.set(client_id, { item, seq });
    this.#answered(client_id);
    this.on("changed", {});
  }

  #problem(id, code, text) {
    const item = this.outbox.get(id);
    if (!item) return;
    this.#failed.set(id, { item, code, text: String(text ?? ""), order: this.#lastSeen + 0.5 });
    if (item.type === "press") {
      this.store.pressed = this.store.pressed.filter(([pressId]) => pressId !== id);
      if (CLOSED_BUTTONS.has(code)) this.#dead.add(item.button);
    }
    this.#answered(id);
    this.on("changed", {});
  }

  /** What the server says beside the log, because it cannot store it: the newest only, behind all there is. */
  #notice(text) {
    const order = this.#lastSeen + 0.5;
    this.#notices = [
      { key: newId(), kind: "notice", text: String(text ?? ""), at: new Date(), state: "done", order, own: true },
    ];
    this.on("changed", {});
  }

  /** The server takes our frames one by one: what it cannot read is the first unanswered one. */
  get #oldestSent() { return this.#sent.values().next().value; }

  #answered(id) {
    this.outbox.remove(id);
    this.#sent.delete(id);
    if (this.#sent.size === 0) this.connection.settled();
  }

  #unreadable() {
    for (const id of [...this.#sent]) this.#problem(id, "too_long", this.t("too_long"));
  }

  #typing(on) {
    clearTimeout(this.#typingTimer);
    if (on) this.#typingTimer = setTimeout(() => this.#typing(false), TYPING_LASTS);
    this.on("typing", on);
  }

  /** The server no longer knows our session: texts go to the next one, button presses cannot. */
  #expired() {
    if (this.portal) return; // the portal is asked again who it is; the conversation is the same
    this.outbox.clear((item) => item.type === "message");
    this.#forget();
    this.#notices = [
      { key: newId(), kind: "notice", text: this.t("session_expired"), at: new Date(), state: "done", order: -1, own: true },
    ];
    this.on("changed", { bulk: true });
  }

  #clearEvents() {
    this.#events.clear();
    this.#acknowledged.clear();
    this.#lastSeen = 0;
  }

  #forget() {
    this.#clearEvents();
    this.#dead.clear();
    this.#notices = [];
    this.#id = null;
    this.store.pressed = [];
    this.#typing(false);
  }

  /** Nothing of whoever was here before is shown or sent any more. */
  #otherOwner() {
    this.outbox.clear();
    this.#failed.clear();
    this.#forget();
    this.on("owner");
    this.on("changed", { bulk: true });
  }

  #otherTab({ key, newValue }) {
    if (key === this.store.pressedKey) this.on("changed", {});
    if (this.portal) {
      if (key !== null && key !== this.store.ownerKey) return;
      if (newValue === this.sessions.owner) return;
      this.sessions.follow(newValue);
      this.#otherOwner();
      this.connection.restart();
      return;
    }
    if (key !== null && key !== this.store.tokenKey) return;
    const mine = this.connection.token;
    if (newValue === mine || (mine === null && newValue !== null)) return;
    this.#forget();
    this.connection.restart();
    this.on("changed", { bulk: true });
  }
}
