// The socket: what happens to tickets, and who else looks at or writes in them.

import { isSignedIn, signedIn, signedOut } from "./api.js";

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 20_000;
const CLOSED_SESSION = 4401;
const CLOSED_TOO_MANY = 4429;
const ASK_AGAIN = 30_000;
const HIDDEN_FOR = 30_000; // then nobody is here, and another window may need the place

/** on: changed(what), present(what), back(). `ticket` is the one this window shows, "" none. */
export class Live {
  #socket = null;
  #pause = FIRST_PAUSE;
  #writing = false;
  #opened = document.hidden; // it may have been loaded long before it is looked at
  #again = 0;

  constructor(ticket, on) {
    this.ticket = ticket;
    this.on = on;
    let leaving = 0;
    document.addEventListener("visibilitychange", () => {
      clearTimeout(leaving);
      if (document.hidden) leaving = setTimeout(() => this.#socket?.close(), HIDDEN_FOR);
      else this.#open();
    });
    this.#open();
  }

  /** Tells the others whether somebody writes here. */
  writing(on) {
    if (on === this.#writing && !on) return;
    this.#writing = on;
    this.#tell();
  }

  /** Once, and only when somebody looks. */
  #open() {
    if (this.#socket || document.hidden) return;
    clearTimeout(this.#again);
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/console/live`);
    this.#socket = socket;
    let reached = false;
    socket.onopen = () => {
      reached = true;
      this.#pause = FIRST_PAUSE;
      this.#line("");
      this.#tell();
      if (this.#opened) this.on.back(); // something may have happened meanwhile
      this.#opened = true;
    };
    socket.onmessage = ({ data }) => {
      const what = JSON.parse(data);
      if (what.type === "changed") this.on.changed(what);
      if (what.type === "present") this.on.present(what);
    };
    socket.onclose = async ({ code }) => {
      // A socket that is refused does not say why.
      if (code === CLOSED_SESSION || (!reached && (await isSignedIn()) === false)) {
        signedOut();
        this.#line("Signed out");
        await signedInAgain();
        signedIn();
        this.#pause = 0;
      } else if (code === CLOSED_TOO_MANY) {
        this.#line("Not live: too many windows are open.");
        this.#pause = LONGEST_PAUSE;
      } else if (!document.hidden) {
        this.#line("Connection lost. Reconnecting…");
      }
      this.#socket = null;
      this.#opened = true;
      this.#again = setTimeout(() => this.#open(), this.#pause * (0.5 + Math.random() / 2));
      this.#pause = Math.min(LONGEST_PAUSE, Math.max(FIRST_PAUSE, this.#pause * 2));
    };
  }

  #tell() {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#socket.send(JSON.stringify({ type: "here", ticket: this.ticket, writing: this.#writing }));
  }

  #line(text) {
    const line = document.getElementById("line");
    if (line) line.textContent = text;
  }
}

/** Waits until somebody has signed in in another window: looks when this one is looked at, and now and then. */
function signedInAgain() {
  return new Promise((resolve) => {
    const look = async () => {
      if (!(await isSignedIn())) return;
      clearInterval(timer);
      removeEventListener("focus", look);
      document.removeEventListener("visibilitychange", look);
      resolve();
    };
    const timer = setInterval(look, ASK_AGAIN);
    addEventListener("focus", look);
    document.addEventListener("visibilitychange", look);
  });
}

/** Others than oneself, in words: “Anna is writing”, “Anna and Bruno are looking at this ticket”. */
export function presence(people, me) {
  const others = people.filter((one) => one.id !== me);
  const writing = others.filter((one) => one.writing);
  const named = (ones) => new Intl.ListFormat("en", { type: "conjunction" }).format(ones.map((one) => one.name));
  if (writing.length) return { text: `${named(writing)} ${writing.length > 1 ? "are" : "is"} writing`, writing: true };
  if (others.length) return { text: `${named(others)} ${others.length > 1 ? "are" : "is"} looking at this ticket`, writing: false };
  return { text: "", writing: false };
}
