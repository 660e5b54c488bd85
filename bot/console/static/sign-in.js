// The sign-in form.

import { post } from "./api.js";

const form = document.getElementById("sign-in");
const problem = document.getElementById("problem");
const field = (name) => form.elements.namedItem(name);
const next = form.dataset.next;

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  problem.textContent = "";
  button.disabled = true;
  try {
    await post("/console/sign-in", { name: field("name").value, password: field("password").value });
    location.assign(next);
  } catch (error) {
    problem.textContent = error.message;
    field("password").select();
  } finally {
    button.disabled = false;
  }
});

field("name").focus();
document.documentElement.dataset.ready = ""; // clicks and keys are heard from here on

if ("fromElsewhere" in form.dataset) {
  // A link from another site came without our cookie; asked from here the server may know us.
  const here = await fetch("/console/still-here", { redirect: "manual" }).catch(() => null);
  if (here?.ok) location.replace(next);
}
