// Requests to the server: JSON with the header that only our own pages can send.

import { say } from "./dom.js";

/** Carried out (its answer), or an Error with the sentence that says why not. */
export async function post(path, body = {}) {
  let response;
  try {
    response = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json", "x-care-console": "1" },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Error("The server cannot be reached. Nothing was changed; please try again.");
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  if (response.status === 401 && !path.endsWith("/sign-in")) signedOut();
  throw new Error(answer.detail ?? "Something went wrong here. Please try again in a moment.");
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
