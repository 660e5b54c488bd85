// One ticket: answer, note, change, correct; and what colleagues do meanwhile.

import { post, randomKey } from "./api.js";
import { el, say } from "./dom.js";
import { Live, presence } from "./live.js";
import { onKey } from "./page.js";
import { onRefreshed, refresh } from "./regions.js";
import { onChosen, restore, settled } from "./selects.js";

const UNKNOWN = "No answer came from the server, so it is not known whether this was sent. Look at the ticket; sending the same again is safe.";
const main = document.getElementById("main");
const me = document.body.dataset.me;
const ticket = main.dataset.ticket;
const path = `/console/tickets/${ticket}`;
const form = document.getElementById("composer");
const text = document.getElementById("text");
const problem = document.getElementById("problem");
const sendButton = document.getElementById("send");
const resolveButton = document.getElementById("send-resolve");
const hint = document.getElementById("composer-hint");
const replyHint = hint.textContent;
const draft = `care-draft-${ticket}`;

// What is written survives a reload, and a session that ended; so does its key, for it may have been sent already.
const kind = () => form.elements.namedItem("kind").value;
function keep() {
  if (text.value) sessionStorage.setItem(draft, JSON.stringify({ kind: kind(), text: text.value, key }));
  else sessionStorage.removeItem(draft);
}
const kept = JSON.parse(sessionStorage.getItem(draft) ?? "null");
let key = kept?.key ?? randomKey();
if (kept) {
  text.value = kept.text;
  choose(kept.kind);
}
function choose(which) {
  form.elements.namedItem("kind").value = which;
  resolveButton.hidden = which === "note";
  hint.textContent = which === "note" ? "Only colleagues see it." : replyHint;
  sendButton.textContent = which === "note" ? "Save note" : "Send";
}
form.addEventListener("change", () => {
  choose(kind());
  keep();
});

let quiet = 0;
text.addEventListener("input", () => {
  keep();
  live.writing(Boolean(text.value));
  clearTimeout(quiet);
  quiet = setTimeout(() => live.writing(false), 8000);
});

async function send(then) {
  if (sendButton.disabled) return; // the first is still on its way
  problem.textContent = "";
  const which = kind();
  const written = text.value;
  sendButton.disabled = resolveButton.disabled = true;
  try {
    const done = await post(`${path}/${which}`, which === "note" ? { text: written, key } : { text: written, key, then });
    key = randomKey();
    if (text.value === written) text.value = ""; // what was written meanwhile stays
    keep();
    live.writing(false);
    await refresh();
    say(done.unreached ?? (which === "note" ? "The note is saved." : "Your answer is on its way to the partner."));
  } catch (error) {
    problem.textContent = error.status === 0 ? UNKNOWN : error.message;
    if (error.status === 409) key = randomKey(); // nothing of what stands here now was done under the old one
    keep();
    if (error.status === 409) await refresh();
  } finally {
    sendButton.disabled = resolveButton.disabled = false;
  }
}
form.addEventListener("submit", (event) => {
  event.preventDefault();
  send("");
});
resolveButton.addEventListener("click", () => send("resolved"));
text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    send("");
  }
});

function write(which) {
  choose(which);
  form.scrollIntoView({ block: "nearest" });
  text.focus();
}
function insert(words) {
  choose("reply");
  text.value = text.value.trim() ? `${text.value.trimEnd()}\n\n${words}` : words;
  text.dispatchEvent(new Event("input"));
  write("reply");
  text.setSelectionRange(text.value.length, text.value.length);
}

async function change(where, body, done) {
  try {
    await post(`${path}/${where}`, body);
    settled(main);
    await refresh();
    if (done) say(done);
  } catch (error) {
    say(error.message);
    restore(main);
    await refresh();
  }
}

// Everything at the side is replaced when it changes: listen above it.
main.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if ("insert" in button.dataset) insert(button.dataset.insert);
  if ("set" in button.dataset) change("change", { what: button.dataset.set, value: button.dataset.value }, "Corrected. The correction is kept for the next training.");
  if (button.id === "assign-me") change("change", { what: "assignee", value: me });
  if (button.classList.contains("edit")) edit(button.closest("[data-field]"));
});
onChosen(main, (select) => {
  if (select.dataset.change) change("change", { what: select.dataset.change, value: select.value });
  else if (select.value && select === document.activeElement) select.form.elements.namedItem("value").focus();
});
main.addEventListener("change", ({ target }) => {
  if (target.name === "name" && target.form?.id === "add-field") showAdding(target.form);
});
main.addEventListener("submit", (event) => {
  const adding = event.target;
  if (adding.id !== "add-field") return;
  event.preventDefault();
  const { name, value } = Object.fromEntries(new FormData(adding));
  setField(adding, name, value, () => {
    adding.reset();
    showAdding(adding);
    adding.elements.namedItem("name").focus();
  });
});
function showAdding(adding) {
  const chosen = adding.elements.namedItem("name").value;
  for (const part of adding.querySelectorAll(".new-value, .button")) part.hidden = !chosen;
  adding.toggleAttribute("data-open", Boolean(chosen));
  if (chosen) return;
  adding.querySelector(".problem").textContent = "";
  refresh(); // what could not be shown meanwhile
}

/** What is typed stays where it is until it is kept. */
async function setField(form, name, value, close) {
  const why = form.querySelector(".problem");
  why.textContent = "";
  try {
    await post(`${path}/field`, { name, value });
  } catch (error) {
    why.textContent = error.message;
    return;
  }
  close();
  await refresh();
}

function edit(row) {
  const { field, form: kindOf, value } = row.dataset;
  const input = el("input", { value, maxLength: 2000, type: kindOf === "date" ? "date" : "text" });
  input.setAttribute("aria-label", row.querySelector("dt").textContent);
  const cancel = el("button", { className: "button quiet", type: "button" }, "Cancel");
  const why = el("p", { className: "problem", role: "alert" });
  const editing = el("form", { className: "edit-form" }, input, el("button", { className: "button" }, "Save"), cancel, why);
  row.dataset.open = "";
  const place = row.querySelector("dd");
  const before = [...place.childNodes];
  place.replaceChildren(editing);
  input.focus();
  const close = () => {
    delete row.dataset.open;
    place.replaceChildren(...before);
    place.querySelector("button").focus();
  };
  cancel.addEventListener("click", () => {
    close();
    refresh(); // what could not be shown meanwhile
  });
  editing.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
    setField(editing, field, input.value, close);
  });
}

onKey("r", () => write("reply"));
onKey("n", () => write("note"));
onKey("a", () => change("change", { what: "assignee", value: me }, "It is yours now."));
onKey("u", () => location.assign(document.getElementById("back").href));
function backToList() {
  document.getElementById("back").href = sessionStorage.getItem("care-list") ?? "/console";
}
backToList();
sessionStorage.setItem("care-current", ticket);

const shown = document.getElementById("presence");
const live = new Live(ticket, {
  changed(what) {
    if (what.ticket !== ticket) return;
    refresh();
    if (what.by_id !== me) say(`${what.by} changed this ticket.`);
  },
  present(what) {
    if (what.ticket !== ticket) return;
    const { text: words, writing } = presence(what.people, me);
    shown.textContent = words;
    shown.hidden = !words;
    shown.classList.toggle("writing", writing);
  },
  back: refresh,
});
onRefreshed(backToList);
choose(kind());
document.documentElement.dataset.ready = ""; // clicks and keys are heard from here on
