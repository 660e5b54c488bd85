// What the browser keeps for the chat: the session token, pressed buttons, the draft.
// Where storage is blocked, a Map stands in and everything lasts until the page goes.

class MemoryStorage {
  #values = new Map();
  getItem(key) { return this.#values.get(key) ?? null; }
  setItem(key, value) { this.#values.set(key, value); }
  removeItem(key) { this.#values.delete(key); }
  key(index) { return [...this.#values.keys()][index] ?? null; }
  get length() { return this.#values.size; }
}

function usable(name) {
  try {
    const storage = window[name];
    storage.setItem("care-chat:probe", "1");
    storage.removeItem("care-chat:probe");
    return storage;
  } catch {
    return new MemoryStorage();
  }
}

const PRESSED_KEPT = 200;

export class Store {
  #local = usable("localStorage");
  #tab = usable("sessionStorage");

  /** `scope` keeps what belongs to people signed in to a portal apart from what belongs to nobody. */
  constructor(base, scope = "") {
    this.tokenKey = `care-chat:${base}${scope && `:${scope}`}`;
    this.pressedKey = `${this.tokenKey}:pressed`;
    this.ownerKey = `${this.tokenKey}:owner`;
  }

  /** The conversation of the person whose things are kept here; null: nobody's. */
  get owner() { return this.#local.getItem(this.ownerKey); }
  set owner(value) { this.#set(this.#local, this.ownerKey, value); }

  /** Forget all that is kept here of anybody. */
  wipe() {
    for (const storage of [this.#local, this.#tab]) {
      const keys = Array.from({ length: storage.length }, (_, index) => storage.key(index));
      const kept = `${this.tokenKey}:open`;
      for (const key of keys) {
        if (key?.startsWith(`${this.tokenKey}:`) && key !== kept) this.#set(storage, key, null);
      }
    }
  }

  get token() { return this.#local.getItem(this.tokenKey); }
  set token(value) { this.#set(this.#local, this.tokenKey, value); }

  /** Pressed buttons as [client_id, payload] pairs, oldest first. */
  get pressed() {
    try {
      const pairs = JSON.parse(this.#local.getItem(this.pressedKey) ?? "[]");
      return Array.isArray(pairs) ? pairs : [];
    } catch {
      return [];
    }
  }
  set pressed(pairs) {
    this.#set(this.#local, this.pressedKey, pairs.length ? JSON.stringify(pairs.slice(-PRESSED_KEPT)) : null);
  }

  get draft() { return this.#tab.getItem(`${this.tokenKey}:draft`) ?? ""; }
  set draft(text) { this.#set(this.#tab, `${this.tokenKey}:draft`, text || null); }

  /** Whether this tab had the panel open (true, false) or never said (null). */
  get open() {
    const value = this.#tab.getItem(`${this.tokenKey}:open`);
    return value === null ? null : value === "yes";
  }
  set open(value) { this.#set(this.#tab, `${this.tokenKey}:open`, value ? "yes" : "no"); }

  /** Records under a prefix of ours, each under its own key so that tabs never overwrite each other. */
  records(prefix) {
    const found = [];
    const start = `${this.tokenKey}:${prefix}:`;
    for (let index = 0; index < this.#local.length; index += 1) {
      const key = this.#local.key(index);
      if (!key?.startsWith(start)) continue;
      try {
        found.push(JSON.parse(this.#local.getItem(key)));
      } catch {
        // Not written by us: leave it alone.
      }
    }
    return found.filter((record) => record && typeof record === "object");
  }
  keep(prefix, id, record) {
    this.#set(this.#local, `${this.tokenKey}:${prefix}:${id}`, record && JSON.stringify(record));
  }

  #set(storage, key, value) {
    try {
      if (value === null) storage.removeItem(key);
      else storage.setItem(key, value);
    } catch {
      // Full: the page goes on with what it has in memory.
    }
  }
}
