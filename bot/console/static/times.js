// Times in the reader's own zone, and how long ago or until, kept current.

const moment = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "numeric", minute: "2-digit" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

function span(milliseconds) {
  const minutes = Math.max(0, Math.floor(milliseconds / 60_000));
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h`;
  return `${Math.floor(minutes / 1440)} d`;
}

export function writeTimes(root = document) {
  for (const node of root.querySelectorAll("time[data-as]")) {
    const at = new Date(node.dateTime);
    if (Number.isNaN(+at)) continue;
    node.title = full.format(at);
    const left = at - Date.now();
    let text = moment.format(at);
    if (node.dataset.as === "age") text = -left < 60_000 ? "just now" : `${span(-left)} ago`;
    if (node.dataset.as === "due") {
      text = left > 0 ? `due in ${span(left)}` : `${span(-left)} overdue`;
      node.classList.toggle("overdue", left <= 0);
    }
    if (node.textContent !== text) node.textContent = text;
  }
}

writeTimes();
setInterval(writeTimes, 30_000);
