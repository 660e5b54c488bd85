// The session token. Anonymous: one for all tabs, made once even if several tabs ask together. Signed in
// to a portal: each page's own, in memory only, for whoever the portal says is there now.

const PATIENCE = 15_000;

const SIGNED_OUT_WAIT = 30_000; // somebody may sign in on another page

export class SessionProblem extends Error {
  constructor(text, wait = 0, complete = false) {
    super(text ?? "");
    this.wait = wait; // milliseconds before the next attempt makes sense
    this.complete = complete; // the text says all there is to say
  }
}

export class Sessions {
  constructor(base, store) {
    this.base = base;
    this.store = store;
  }

  /** The shared token, newly made if there is none. */
  async get() {
    if (this.store.token) return this.store.token;
    const make = async () => {
      if (!this.store.token) this.store.token = await this.#create();
      return this.store.token;
    };
    if (!navigator.locks) return make();
    return navigator.locks.request(`${this.store.tokenKey}:session`, make);
  }

  /** Forget a token that the server refused, unless another tab has a newer one. */
  discard(token) {
    if (this.store.token === token) this.store.token = null;
  }

  /** Sign out. */
  async end() {
    const token = this.store.token;
    this.store.token = null;
    await endSession(this.base, token);
  }

  async #create() { return (await openSession(this.base, {})).session; }
}

/** Sessions of whoever is signed in to the portal; `owner()` is called when that is somebody else than before. */
export class PortalSessions {
  portal = true;
  owner = undefined; // whose conversation this page shows; null: nobody is signed in; undefined: not known yet
  #token = null;
  #asking = null;
  #over = false;

  constructor(base, store, tokenUrl, { t, owner }) {
    Object.assign(this, { base, store, tokenUrl, t, changed: owner });
  }

  async get() {
    if (this.#over) throw new SessionProblem(this.t("signed_out"), SIGNED_OUT_WAIT, true);
    if (this.#token) return this.#token;
    this.#asking ??= this.#exchange().finally(() => (this.#asking = null));
    return this.#asking;
  }

  discard(token) {
    if (this.#token === token) this.#token = null;
  }

  /** Sign out here; the other pages hear of it from the store. */
  async end() {
    const token = this.#token;
    this.#over = true;
    this.#token = null;
    this.#belong(null);
    await endSession(this.base, token);
  }

  /** Another page says that somebody else is there now, or nobody. */
  async follow(owner) {
    const token = this.#token;
    this.#over = owner === null;
    this.#token = null;
    this.owner = owner;
    await endSession(this.base, token);
  }

  async #exchange() {
    const opened = await openSession(this.base, { token: await this.#identity() });
    if (this.#over) {
      endSession(this.base, opened.session);
      throw new SessionProblem(this.t("signed_out"), SIGNED_OUT_WAIT, true);
    }
    this.#belong(opened.conversation);
    return (this.#token = opened.session);
  }

  async #identity() {
    const reply = await post(this.tokenUrl, {}, { credentials: "same-origin", redirect: "manual" });
    if (reply.type === "opaqueredirect" || reply.status === 401 || reply.status === 403) {
      this.#belong(null);
      throw new SessionProblem(this.t("sign_in"), SIGNED_OUT_WAIT, true);
    }
    const body = await reply.json().catch(() => ({}));
    if (reply.ok && typeof body?.token === "string") return body.token;
    throw new SessionProblem(undefined, 5_000);
  }

  #belong(owner) {
    if (this.store.owner !== owner) {
      this.store.wipe();
      this.store.owner = owner;
    }
    const other = this.owner !== undefined && this.owner !== owner;
    this.owner = owner;
    if (other) this.changed();
  }
}

async function openSession(base, wanted) {
  const reply = await post(`${base}/api/web/session`, wanted, { credentials: "omit" });
  const body = await reply.json().catch(() => ({}));
  if (reply.ok && typeof body.session === "string") return body;
  const asked = Number(reply.headers.get("Retry-After")) * 1000;
  const wait = asked > 0 ? Math.min(asked, 300_000) : reply.status < 500 ? 10_000 : 0;
  throw new SessionProblem(typeof body.detail === "string" ? body.detail : undefined, wait);
}

/** Tell the server that a session is over; where it cannot be told, the session ends by itself. */
async function endSession(base, token) {
  if (!token) return;
  const headers = { Authorization: `Bearer ${token}` };
  await fetch(`${base}/api/web/session`, {
    method: "DELETE", headers, credentials: "omit", keepalive: true, signal: AbortSignal.timeout(PATIENCE),
  }).catch(() => {});
}

async function post(url, body, options) {
  try {
    return await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Care-Chat": "1" },
      body: JSON.stringify(body),
      cache: "no-store",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(PATIENCE),
      ...options,
    });
  } catch {
    throw new SessionProblem();
  }
}
