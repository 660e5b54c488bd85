// The session token: one for all tabs, made once even if several tabs ask together.

const PATIENCE = 15_000;

export class SessionProblem extends Error {
  constructor(text, wait = 0) {
    super(text ?? "");
    this.wait = wait; // milliseconds before the next attempt makes sense
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

  async #create() {
    let reply;
    try {
      reply = await fetch(`${this.base}/api/web/session`, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-Care-Chat": "1" },
        body: "{}",
        credentials: "omit",
        cache: "no-store",
        signal: AbortSignal.timeout(PATIENCE),
      });
    } catch {
      throw new SessionProblem();
    }
    const body = await reply.json().catch(() => ({}));
    if (reply.ok && typeof body.session === "string") return body.session;
    const asked = Number(reply.headers.get("Retry-After")) * 1000;
    const wait = asked > 0 ? Math.min(asked, 300_000) : reply.status < 500 ? 10_000 : 0;
    throw new SessionProblem(typeof body.detail === "string" ? body.detail : undefined, wait);
  }
}
