// Nodes made of text only: no markup is ever parsed from a string.

/** An element with properties and children; strings become text. */
export function el(name, properties = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in node && key !== "list" && key !== "form") node[key] = value;
    else node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

/** Says something at the foot of the page for some seconds, or until the notice that it gives is removed. */
export function say(text, link) {
  const notice = el("p", { className: "notice" }, text);
  if (link) notice.append(" ", el("a", { href: link.href, target: link.target ?? "" }, link.text));
  document.getElementById("notices").append(notice);
  if (!link?.stays) setTimeout(() => notice.remove(), 7000);
  return notice;
}
