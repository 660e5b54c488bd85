// A phrasing is tried, looked at, accepted; or a new entry drafted.

import { post } from "./api.js";
import { say } from "./dom.js";
import "./page.js";
import { onRefreshed, refresh } from "./regions.js";

const LOOK = 1500; // milliseconds
const value = (id) => document.getElementById(id).value;
const form = document.getElementById("try");
const trial = () => document.getElementById("trial");
let timer = 0;

function follow() {
  clearTimeout(timer);
  const running = trial().dataset.state === "running";
  form.querySelector("button").disabled = running;
  if (running) timer = setTimeout(refresh, LOOK);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const problem = document.getElementById("try-problem");
  problem.textContent = "";
  const entry = new FormData(form).get("entry");
  if (!entry) {
    problem.textContent = "Choose the entry that shall answer it.";
    return;
  }
  try {
    await post("/console/insights/try", { text: value("phrasing"), entry });
    await refresh();
    trial().scrollIntoView({ block: "nearest" });
  } catch (error) {
    problem.textContent = error.message;
  }
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("#accept");
  if (!button) return;
  button.disabled = true;
  try {
    const done = await post("/console/insights/add", { trial: button.dataset.trial });
    say(`Added: ${done.entry} has ${done.phrasings} phrasings now.`);
    await refresh();
  } catch (error) {
    document.getElementById("add-problem").textContent = error.message;
    button.disabled = false;
  }
});

document.getElementById("draft").addEventListener("submit", async (event) => {
  event.preventDefault();
  const problem = document.getElementById("draft-problem");
  problem.textContent = "";
  try {
    const done = await post("/console/insights/draft", {
      question: value("draft-question"),
      section: value("draft-section"),
      phrasings: value("draft-phrasings").split("\n").map((line) => line.trim()).filter(Boolean),
      answer: value("draft-answer"),
    });
    say(`The draft is in ${done.file} of the data folder.`);
  } catch (error) {
    problem.textContent = error.message;
  }
});

onRefreshed(follow);
follow();
document.documentElement.dataset.ready = ""; // clicks and keys are heard from here on
