// Forms are sent as JSON by a page's own script. What is pressed or chosen before that script is there waits for it.
let ready = false;
document.addEventListener("DOMContentLoaded", () => { ready = true; });
document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  if (form.method !== "post") return;
  event.preventDefault();
  if (ready) return;
  event.stopPropagation();
  document.addEventListener("DOMContentLoaded", () => form.requestSubmit(submitter), { once: true });
}, true);
document.addEventListener("change", (event) => {
  if (ready) return;
  event.stopPropagation();
  const { target } = event;
  const again = () => target.dispatchEvent(new Event("change", { bubbles: true }));
  document.addEventListener("DOMContentLoaded", again, { once: true });
}, true);
