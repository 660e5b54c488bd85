// The own password, sessions and Slack accounts.

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
const slack = document.getElementById("slack");
const slackProblem = document.getElementById("slack-problem");

slack.addEventListener("submit", async (event) => {
  event.preventDefault();
  slackProblem.textContent = "";
  try {
    await post("/console/account/slack", { code: slack.elements.namedItem("code").value });
    location.reload();
  } catch (error) {
    slackProblem.textContent = error.message;
  }
});

document.getElementById("slack-unlink")?.addEventListener("click", async () => {
  try {
    await post("/console/account/slack/unlink", {});
    location.reload();
  } catch (error) {
    slackProblem.textContent = error.message;
  }
});
document.documentElement.dataset.ready = ""; // clicks and keys are heard from here on
