// What every page has: theme, sign-out, keys.

import { post } from "./api.js";
import { say } from "./dom.js";
import "./times.js";

const root = document.documentElement;

document.getElementById("theme")?.addEventListener("click", () => {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  try {
    localStorage.setItem("care-theme", root.dataset.theme);
  } catch {
    // Storage is off: it holds for this page.
  }
});

document.getElementById("sign-out")?.addEventListener("click", async () => {
  try {
    await post("/console/sign-out");
    location.assign("/console/sign-in");
  } catch (error) {
    say(error.message);
  }
});

const keys = document.getElementById("keys-shown");
document.getElementById("keys")?.addEventListener("click", () => keys.showModal());

const actions = new Map([
  ["?", () => keys?.showModal()],
  ["/", () => document.getElementById("search")?.select()],
]);

/** What a key does on this page, unless somebody types. */
export function onKey(key, action) {
  actions.set(key, action);
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select, dialog");
  if (event.key === "Escape" && typing && !typing.matches("dialog")) {
    typing.blur();
    return;
  }
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const action = actions.get(event.key);
  if (!action) return;
  if (action(event) === false) return; // not for this place: the browser's own meaning holds
  event.preventDefault();
});
