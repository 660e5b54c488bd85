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
  if (response.ok) return answer;
  if (response.status === 401 && !path.endsWith("/sign-in")) signedOut();
  throw new Failed(answer.detail ?? "Something went wrong here. Please try again in a moment.", response.status);
}

let told = false;

/** Says once that the session is over; what is written stays. */
export function signedOut() {
  if (told) return;
  told = true;
  say("You are signed out. What you have written stays here.", {
    text: "Sign in again in a new window", href: "/console/sign-in", target: "_blank", stays: true,
  });
}

/** A random name for something sent, so that sending it again does it once. */
export function randomKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
