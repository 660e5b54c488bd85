// Period and queue: a choice is shown at once; a date that is set means "from – to".

import "./page.js";
import { onChosen } from "./selects.js";

const form = document.getElementById("span");
const days = document.getElementById("days");

form.addEventListener("change", (event) => {
  if (event.target.type === "date") days.value = "";
});
onChosen(form, (select) => {
  if (select !== days || days.value) form.requestSubmit();
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    const date = name === "from" || name === "to";
    if (value && !(date && days.value) && !(name === "days" && value === "30")) query.set(name, value);
  }
  location.assign(`${form.getAttribute("action")}${query.size ? `?${query}` : ""}`);
});
document.documentElement.dataset.ready = ""; // clicks and keys are heard from here on
