// Requests to the server: JSON with the header that only our own pages can send.

import { say } from "./dom.js";

/** Why something was not done: `status` as the server said it, 0 where no answer came, so that nobody knows. */
export class Failed extends Error {
  constructor(sentence, status) {
    super(sentence);
    this.status = status;
  }
}

/** Carried out (its answer), or Failed with the sentence that says why not. */
export async function post(path, body = {}) {
  let response;
  try {
    response = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json", "x-care-console": "1" },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Failed("No answer came from the server, so it is not known whether this was done. Please look before you try again.", 0);
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) {
    signedIn();
    return answer;
  }
  if (response.status === 401 && !path.endsWith("/sign-in")) signedOut();
  throw new Failed(answer.detail ?? "Something went wrong here. Please try again in a moment.", response.status);
}

let told = null; // the notice that says so

/** Says once that the session is over; what is written stays. */
export function signedOut() {
  told ??= say("You are signed out. What you have written stays here.", {
    text: "Sign in again in a new window", href: "/console/sign-in", target: "_blank", stays: true,
  });
}

/** There is a session again: somebody signed in in another window. */
export function signedIn() {
  told?.remove();
  told = null;
}

/** Whether there is a session; null where no answer comes. A page that asks is no sign of its agent's life. */
export async function isSignedIn() {
  const quiet = { redirect: "manual", headers: { "x-care-quiet": "1" } };
  const answer = await fetch("/console/still-here", quiet).catch(() => null);
  if (answer?.ok) return true;
  return answer?.type === "opaqueredirect" ? false : null;
}

/** A random name for something sent, so that sending it again does it once. */
export function randomKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
