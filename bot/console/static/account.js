// The own password and sessions.

import { post } from "./api.js";
import { say } from "./dom.js";
import "./page.js";

const form = document.getElementById("password");
const problem = document.getElementById("problem");
const field = (name) => form.elements.namedItem(name).value;

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  problem.textContent = "";
  if (field("new") !== field("again")) {
    problem.textContent = "The new password was not typed the same twice.";
    return;
  }
  try {
    await post("/console/account/password", { present: field("present"), new: field("new") });
    form.reset();
    say("Your password is changed; all other sign-ins are ended.");
  } catch (error) {
    problem.textContent = error.message;
  }
});

for (const button of document.querySelectorAll("[data-end]")) {
  button.addEventListener("click", async () => {
    try {
      await post("/console/account/end-session", { session: button.dataset.end });
      button.closest("li").remove();
    } catch (error) {
      say(error.message);
    }
  });
}
document.documentElement.dataset.ready = ""; // clicks and keys are heard from here on
