// What is chosen in a select: with the mouse at once, with keys only after Enter or on leaving it,
// because arrows and letters pass over other choices on the way. Escape takes the keys' choice back.

let keyed = false; // the keys are moving over the choices
let pending = null; // the select whose choice is not acted on yet
let open = null; // the select whose choices are perhaps shown
let pointed = false; // the mouse was used on it last

const heard = [];
const arrowsOpen = (event) => event.altKey || navigator.platform.startsWith("Mac");

/** Calls act(select, byKeys) when a choice in a select inside `root` is made. */
export function onChosen(root, act) {
  heard.push({ root, act });
}

/** Whether somebody is choosing in this select, so that it must not be replaced. */
export function choosing(select) {
  return select === pending || select === open;
}

/** Shows again what the server said last in selects that act at once, where nobody is choosing. */
export function restore(root) {
  for (const select of root.querySelectorAll("select[data-change]")) if (!choosing(select)) reset(select);
}

/** What selects that act at once show now is what the server has. */
export function settled(root) {
  for (const select of root.querySelectorAll("select[data-change]")) {
    if (!choosing(select)) for (const option of select.options) option.defaultSelected = option.selected;
  }
}

function reset(select) {
  select.selectedIndex = Math.max(0, [...select.options].findIndex((option) => option.defaultSelected));
}

function made(select) {
  if (pending === select) pending = null;
  if (open === select) open = null;
  for (const { root, act } of heard) if (root.contains(select)) act(select, !pointed);
  if (pointed) select.blur(); // back to the page and its keys; who uses the keyboard stays where they are
}

function selectOf(event) {
  return event.target.closest?.("select");
}

document.addEventListener("pointerdown", (event) => {
  const select = selectOf(event);
  if (!select) return;
  open = select;
  keyed = false;
  pointed = true;
}, true);

document.addEventListener("keydown", (event) => {
  const select = selectOf(event);
  if (!select) return;
  pointed = false;
  if (event.key === "Enter") {
    if (pending !== select) return;
    event.preventDefault();
    made(select);
  } else if (event.key === "Escape") {
    if (pending === select) reset(select);
    pending = open = null;
  } else if (event.key === "F4" || (event.key === " " && !pending) || (arrowsOpen(event) && event.key.startsWith("Arrow"))) {
    open = select; // what is chosen there is meant
    keyed = false;
  } else if (!["Tab", "Shift", "Control", "Alt", "Meta"].includes(event.key)) {
    open = null;
    keyed = true;
  }
}, true);

document.addEventListener("change", (event) => {
  const select = selectOf(event);
  if (!select) return;
  if (keyed) pending = select;
  else made(select);
});

document.addEventListener("focusout", (event) => {
  const select = selectOf(event);
  if (!select || !document.hasFocus()) return; // the whole window was left: it is still being chosen
  keyed = false;
  if (open === select) open = null;
  if (pending === select) made(select);
});
