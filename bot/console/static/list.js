// The list of tickets: keys, selection, filters, and what happens meanwhile.

import { post } from "./api.js";
import { say } from "./dom.js";
import { Live, presence } from "./live.js";
import { onKey } from "./page.js";
import { onRefreshed, refresh } from "./regions.js";
import { onChosen } from "./selects.js";

const me = document.body.dataset.me;
const rows = () => [...document.querySelectorAll(".row[data-ticket]")];
const boxes = () => [...document.querySelectorAll("#list .pick input")];
let current = sessionStorage.getItem("care-current") ?? "";
const present = new Map();

// Filters: an address of what is set only.
const filters = document.getElementById("filters");
filters.addEventListener("submit", (event) => {
  event.preventDefault();
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(filters)) if (value && !(name === "sort" && value === "priority")) query.set(name, value);
  location.assign(`/console${query.size ? `?${query}` : ""}`);
});
onChosen(filters, (select, byKeys) => {
  if (byKeys) sessionStorage.setItem("care-filter", select.name); // to go on from there on the next page
  filters.requestSubmit();
});
filters.elements.namedItem(sessionStorage.getItem("care-filter") ?? "")?.focus();
sessionStorage.removeItem("care-filter");
document.getElementById("apply").hidden = true;
sessionStorage.setItem("care-list", location.pathname + location.search);

// The current row, by its ticket: it stays when the list changes.
function show(row) {
  current = row?.dataset.ticket ?? "";
  sessionStorage.setItem("care-current", current);
  for (const other of rows()) other.classList.toggle("current", other === row);
  row?.querySelector(".subject").focus({ preventScroll: true });
  row?.scrollIntoView({ block: "nearest" });
}
function move(step) {
  const all = rows();
  if (!all.length) return;
  const at = all.findIndex((row) => row.dataset.ticket === current);
  show(all[Math.min(all.length - 1, Math.max(0, at < 0 ? 0 : at + step))]);
}
const currentRow = () => rows().find((row) => row.dataset.ticket === current);
onKey("j", () => move(1));
onKey("k", () => move(-1));
onKey("Enter", (event) => {
  if (event.target.closest("a, button") || !currentRow()) return false;
  location.assign(currentRow().querySelector(".subject").href);
  return true;
});
onKey("x", () => {
  const box = currentRow()?.querySelector("input");
  if (!box) return;
  box.checked = !box.checked;
  showBulk();
});
onKey("a", () => {
  const chosen = picked().length ? picked() : [current].filter(Boolean);
  if (chosen.length) bulk({ do: "assign", to: me, tickets: chosen });
});

// Many at once.
const bar = document.getElementById("bulk");
const picked = () => boxes().filter((box) => box.checked).map((box) => box.value);
let last = null;
function showBulk() {
  const count = picked().length;
  bar.hidden = count === 0;
  document.getElementById("bulk-count").textContent = `${count} selected`;
}
document.addEventListener("change", (event) => {
  if (event.target.closest?.(".pick")) showBulk();
});
document.addEventListener("click", (event) => {
  const box = event.target.closest?.(".pick input");
  if (!box) return;
  const all = boxes();
  if (event.shiftKey && last) {
    const [from, to] = [all.findIndex((one) => one.value === last), all.indexOf(box)].sort((a, b) => a - b);
    for (const one of all.slice(Math.max(0, from), to + 1)) one.checked = box.checked;
    showBulk();
  }
  last = box.value;
});
async function bulk(what) {
  try {
    const done = await post("/console/bulk", what);
    const word = what.do === "close" ? "closed" : "assigned";
    say([`${done.changed} ${done.changed === 1 ? "ticket" : "tickets"} ${word}.`, ...done.left].join(" "));
    for (const box of boxes()) box.checked = false;
    showBulk();
    await refresh();
  } catch (error) {
    say(error.message);
  }
}
document.getElementById("bulk-assign").addEventListener("click", () => bulk({ do: "assign", to: document.getElementById("bulk-to").value, tickets: picked() }));
document.getElementById("bulk-close").addEventListener("click", () => bulk({ do: "close", tickets: picked() }));
document.getElementById("bulk-none").addEventListener("click", () => {
  for (const box of boxes()) box.checked = false;
  showBulk();
});

// Notifications that were given up.
document.addEventListener("click", async (event) => {
  if (!event.target.closest?.("[data-deliver-again]")) return;
  try {
    const { again } = await post("/console/deliver-again");
    say(`${again} ${again === 1 ? "notification is" : "notifications are"} tried again.`);
    await refresh();
  } catch (error) {
    say(error.message);
  }
});

// Live.
function showPeople() {
  for (const row of rows()) {
    const { text } = presence(present.get(row.dataset.ticket) ?? [], me);
    row.querySelector("[data-people]").textContent = text.replace(" looking at this ticket", " there");
  }
}
let soon = 0;
new Live("", {
  changed() {
    clearTimeout(soon);
    soon = setTimeout(refresh, 250); // several at once are one look
  },
  present(what) {
    present.set(what.ticket, what.people);
    showPeople();
  },
  back: refresh,
});
onRefreshed(() => {
  for (const row of rows()) row.classList.toggle("current", row.dataset.ticket === current);
  showBulk();
  showPeople();
});
for (const row of rows()) row.classList.toggle("current", row.dataset.ticket === current);
showBulk();
document.documentElement.dataset.ready = ""; // clicks and keys are heard from here on
