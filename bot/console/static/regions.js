// Brings the parts of a page that are marked data-live up to date with what the server would show now.

import { signedOut } from "./api.js";
import { choosing, restore } from "./selects.js";
import { writeTimes } from "./times.js";

let running = null;
let again = false;
let late = false; // something could not be taken over while somebody was at it
const listeners = [];

/** Calls `done` after each time. */
export function onRefreshed(done) {
  listeners.push(done);
}

/** Loads the page's address once more and takes over its live parts; calls that come meanwhile are one more. */
export function refresh() {
  if (running) {
    again = true;
    return running;
  }
  running = load().finally(() => {
    running = null;
    if (again) {
      again = false;
      refresh();
    }
  });
  return running;
}

async function load() {
  const page = await fetchDocument(location.href);
  if (!page) return;
  if (page.body.dataset.me !== document.body.dataset.me) {
    location.reload(); // somebody else signed in in another window; drafts stay
    return;
  }
  for (const old of document.querySelectorAll("[data-live]")) {
    const fresh = page.getElementById(old.id);
    if (fresh) take(old, fresh);
  }
  writeTimes();
  for (const done of listeners) done();
}

/** The browser parses the answer itself (no script in it runs), so nothing is made of strings here. */
function fetchDocument(address) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("GET", address);
    request.responseType = "document";
    request.setRequestHeader("x-care-quiet", "1");
    request.onload = () => {
      const out = new URL(request.responseURL).pathname === "/console/sign-in";
      if (out) signedOut();
      resolve(request.status === 200 && !out ? request.response : null);
    };
    request.onerror = () => resolve(null);
    request.send();
  });
}

function take(old, fresh) {
  if (old.isEqualNode(fresh)) {
    restore(old);
    return;
  }
  const begun = [...old.querySelectorAll("[data-open][id]")]; // forms with something typed in them
  if (inUse(old) || begun.some((part) => !fresh.querySelector(`#${CSS.escape(part.id)}`))) {
    late = true; // not under somebody's fingers
    return;
  }
  const open = [...old.querySelectorAll("details[open][id]")].map((node) => node.id);
  const picked = new Set([...old.querySelectorAll("input[type=checkbox]:checked")].map((box) => box.value));
  const focused = old.contains(document.activeElement) ? document.activeElement.closest("[id]")?.id : null;
  const node = document.importNode(fresh, true);
  for (const part of begun) node.querySelector(`#${CSS.escape(part.id)}`).replaceWith(part);
  for (const id of open) node.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "");
  for (const box of node.querySelectorAll("input[type=checkbox]")) box.checked = picked.has(box.value);
  const known = new Set([...old.querySelectorAll(".row[id]")].map((row) => row.id));
  if (known.size) for (const row of node.querySelectorAll(".row[id]")) if (!known.has(row.id)) row.classList.add("fresh");
  old.replaceWith(node);
  if (focused) {
    const place = document.getElementById(focused);
    const inside = place === node ? null : place?.querySelector("a, button");
    focus(place?.matches("a, button, select, input") ? place : (inside ?? node));
  }
}

/** Also where nothing can be focused by hand: who uses the keyboard goes on from there. */
function focus(node) {
  if (node.matches("[data-live]")) {
    node.tabIndex = -1;
    node.addEventListener("blur", () => node.removeAttribute("tabindex"), { once: true });
  }
  node.focus({ preventScroll: true });
}

function inUse(region) {
  const at = document.activeElement;
  if (!region.contains(at)) return false;
  return at.matches("select") ? choosing(at) : at.matches("input:not([type=checkbox]), textarea");
}

document.addEventListener("focusout", () => setTimeout(() => {
  if (!late || [...document.querySelectorAll("[data-live]")].some(inUse)) return;
  late = false;
  refresh();
}));
