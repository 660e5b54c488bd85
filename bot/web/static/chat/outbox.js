// Messages that the server has not yet acknowledged. They outlive a reload; each keeps its
// client_id for ever, so that sending one twice is harmless.

const secure = globalThis.crypto;

export function newId() {
  if (secure.randomUUID) return secure.randomUUID();
  const bytes = secure.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

export class Outbox {
  #items = new Map();
  #tab = newId();
  #count = 0;
  #leave = null;

  constructor(store) {
    this.store = store;
    this.lock = (tab) => `${store.tokenKey}:tab:${tab}`;
  }

  /** Hold this tab's lock while the page lives: other tabs then leave our messages to us. */
  enter() {
    if (this.#leave) return;
    const left = new Promise((resolve) => (this.#leave = resolve));
    navigator.locks?.request(this.lock(this.#tab), () => left).catch(() => {});
  }
  leave() {
    this.#leave?.();
    this.#leave = null;
  }

  /** Unacknowledged messages in the order they were written. */
  get items() {
    return [...this.#items.values()].sort((a, b) => a.at - b.at || a.n - b.n);
  }
  get(id) { return this.#items.get(id); }

  add(message) {
    const item = { client_id: newId(), ...message, at: Date.now(), n: (this.#count += 1), tab: this.#tab };
    this.#items.set(item.client_id, item);
    this.store.keep("out", item.client_id, item);
    return item;
  }

  remove(id) {
    this.#items.delete(id);
    this.store.keep("out", id, null);
  }

  /** Take over the messages that a closed or reloaded page left behind. */
  async adopt() {
    const left = this.store.records("out").filter((item) => valid(item) && !this.#items.has(item.client_id));
    if (left.length === 0) return;
    const state = await navigator.locks?.query().catch(() => null);
    const alive = new Set((state?.held ?? []).map((lock) => lock.name));
    for (const item of left) {
      if (item.tab !== this.#tab && alive.has(this.lock(item.tab))) continue;
      const mine = { ...item, tab: this.#tab };
      this.#items.set(mine.client_id, mine);
      this.store.keep("out", mine.client_id, mine);
    }
  }

  clear(keep = () => false) {
    for (const item of this.items) if (!keep(item)) this.remove(item.client_id);
  }
}

function valid(item) {
  const texts = [item.client_id, item.text, item.tab].every((value) => typeof value === "string");
  return texts && Number.isFinite(item.at) && ["message", "press"].includes(item.type);
}
