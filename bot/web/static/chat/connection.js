// The web socket: opened, resumed after the last event seen, opened again when it is lost.

import { SessionProblem } from "./session.js";

const FIRST_DELAY = 500;
const LONGEST_DELAY = 10_000;
const SPACING = 1_000; // never more than one attempt a second
const STABLE = 5_000; // a connection that lived this long starts the back-off anew
const PATIENCE = 10_000; // for a welcome, and for the answer to what we sent
const SHOWN_CODES = new Set([1008, 1013, 4429]);

/**
 * Events to `on(name, detail)`: "state" ({state: connecting|online|waiting, reason}),
 * "frame" (a server frame after and including welcome), "refused" (the token is worthless),
 * "closed" (close code).
 */
export class Connection {
  #socket = null;
  #welcomed = false;
  #round = 0; // what belongs to an earlier socket is ignored
  #attempt = 0;
  #lastTry = -Infinity;
  #timer = null;
  #watch = null;
  #stable = null;
  #stop = null;
  token = null; // of the socket in use

  constructor({ base, sessions, lastSeen, on }) {
    this.url = `${base.replace(/^http/, "ws")}/api/web/socket`;
    this.sessions = sessions;
    this.lastSeen = lastSeen;
    this.on = on;
  }

  get ready() { return this.#welcomed; }

  start() {
    if (this.#stop) return;
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    window.addEventListener("online", () => this.#plan(0), { signal });
    window.addEventListener("offline", () => this.#lost(), { signal });
    window.addEventListener("pageshow", (event) => event.persisted && this.restart(), { signal });
    this.#plan(0);
  }

  stop() {
    this.#stop?.abort();
    this.#stop = null;
    this.#drop();
    clearTimeout(this.#timer);
  }

  /** Close and open again with whatever session now holds. */
  restart() {
    if (!this.#stop) return;
    this.#drop();
    this.#plan(0);
  }

  /** Send a frame; false when there is no connection, and then nothing was sent. */
  send(frame) {
    if (!this.#welcomed || this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    this.#expectAnswer();
    return true;
  }

  /** Called when nothing sent is unanswered any more. */
  settled() { clearTimeout(this.#watch); }

  #plan(delay) {
    if (!this.#stop || this.#socket) return;
    const spaced = this.#lastTry + SPACING - performance.now();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#open(), Math.max(delay, spaced, 0));
  }

  #backOff(least = 0) {
    const ceiling = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** Math.min(this.#attempt, 10));
    this.#attempt += 1;
    this.#plan(Math.max(least, Math.random() * ceiling));
  }

  async #open() {
    if (this.#socket) return;
    const round = (this.#round += 1);
    this.#lastTry = performance.now();
    this.on("state", { state: "connecting" });
    let token;
    try {
      token = await this.sessions.get();
    } catch (problem) {
      if (round !== this.#round || !this.#stop) return;
      if (!(problem instanceof SessionProblem)) console.error("care-chat:", problem);
      this.on("state", { state: "waiting", reason: problem.message, complete: problem.complete });
      this.#backOff(problem.wait);
      return;
    }
    if (round !== this.#round || !this.#stop) return;
    this.#attach(new WebSocket(this.url), token, round);
  }

  #attach(socket, token, round) {
    this.#socket = socket;
    this.token = token;
    const current = (handle) => (event) => round === this.#round && handle(event);
    this.#watch = setTimeout(() => this.#lost(), PATIENCE);
    socket.onopen = current(() =>
      socket.send(JSON.stringify({ type: "hello", session: token, last_seen: this.lastSeen() })),
    );
    socket.onmessage = current((event) => this.#receive(event.data, token));
    socket.onclose = current((event) => {
      this.on("closed", event.code);
      if (event.code === 4401) this.#refused(token);
      else this.#lost(SHOWN_CODES.has(event.code) ? event.reason : "");
    });
  }

  #receive(data, token) {
    let frame;
    try {
      frame = JSON.parse(data);
    } catch {
      return;
    }
    if (frame?.type === "refused") {
      this.#refused(token);
    } else if (frame?.type === "welcome") {
      clearTimeout(this.#watch);
      this.#welcomed = true;
      this.#stable = setTimeout(() => (this.#attempt = 0), STABLE);
      this.on("state", { state: "online" });
      this.on("frame", frame);
    } else if (this.#welcomed && frame) {
      this.on("frame", frame);
    }
  }

  #refused(token) {
    this.#drop();
    this.sessions.discard(token);
    this.on("refused");
    this.#backOff();
  }

  #lost(reason = "") {
    this.#drop();
    this.on("state", { state: "waiting", reason });
    this.#backOff();
  }

  /** A half-open socket looks open for minutes: silence after sending ends it. */
  #expectAnswer() {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => this.#lost(), PATIENCE);
  }

  #drop() {
    this.#round += 1;
    clearTimeout(this.#watch);
    clearTimeout(this.#stable);
    const socket = this.#socket;
    this.#socket = null;
    this.token = null;
    this.#welcomed = false;
    if (socket && socket.readyState < WebSocket.CLOSING) socket.close(1000);
  }
}
