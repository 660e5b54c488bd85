// A small, fixed part of Markdown turned into DOM nodes: paragraphs, line breaks, **bold**,
// _italic_, flat lists, quotations (> at the start of a line), links to https and mailto. Everything else
// stays as it was written.
// The lengths in the patterns are bounded so that hostile text costs linear time.

import { el } from "./dom.js";

const INLINE = new RegExp(
  [
    String.raw`\[(?<label>[^\[\]\n]{1,500})\]\((?<target>[^\s()]{1,2000}(?:\([^\s()]{0,200}\)[^\s()]{0,500})?)\)`,
    String.raw`\*\*(?<bold>[^*\n]{1,2000})\*\*`,
    String.raw`(?<![\p{L}\p{N}_])_(?<italic>[^_\n]{1,2000})_(?![\p{L}\p{N}_])`,
    String.raw`(?<![\p{L}\p{N}])(?<url>https:\/\/[^\s<>"]{1,2000})`,
  ].join("|"),
  "gu",
);
const LIST_ITEM = /^(?:-|(\d{1,3})\.) +(.*)$/;
const QUOTED = /^> ?(.*)$/;
const DEEPEST = 3;

/** Nodes for a text; `linkTitle` is what a link says about itself. */
export function renderMarkdown(text, linkTitle = "") {
  const blocks = document.createDocumentFragment();
  for (const block of text.replace(/\r\n?/g, "\n").split(/\n[ \t]*\n/)) {
    const lines = block.split("\n").map((line) => line.trim()).filter((line, index, all) => line || all.length > 1);
    for (const group of groupLines(lines)) blocks.append(renderGroup(group, linkTitle));
  }
  return blocks;
}

/** Runs of lines of one sort: paragraph, quotation, bullets or numbers. */
function groupLines(lines) {
  const groups = [];
  for (const line of lines) {
    if (!line) continue;
    const quoted = QUOTED.exec(line);
    const item = quoted ? null : LIST_ITEM.exec(line);
    const sort = quoted ? "blockquote" : item ? (item[1] ? "ol" : "ul") : "p";
    if (groups.at(-1)?.sort !== sort) groups.push({ sort, lines: [], first: item?.[1] });
    groups.at(-1).lines.push(quoted ? quoted[1] : item ? item[2] : line);
  }
  return groups;
}

function renderGroup({ sort, lines, first }, linkTitle) {
  if (sort === "p") return renderParagraph(lines, linkTitle);
  if (sort === "blockquote") return renderQuotation(lines);
  const list = el(sort, first && first !== "1" ? { start: first } : {});
  for (const line of lines) {
    const item = el("li");
    addInline(item, line, linkTitle);
    list.append(item);
  }
  return list;
}

/** What somebody typed, letter by letter: no marks are read in it. */
function renderQuotation(lines) {
  return el("blockquote", { class: "typed", dir: "auto" }, lines.join("\n"));
}

function renderParagraph(lines, linkTitle) {
  const whole = lines.join("\n");
  const muted = whole.length > 2 && whole.startsWith("_") && whole.endsWith("_");
  const paragraph = el("p", muted ? { class: "muted" } : {});
  for (const [index, line] of (muted ? whole.slice(1, -1).split("\n") : lines).entries()) {
    if (index > 0) paragraph.append(el("br"));
    addInline(paragraph, line, linkTitle);
  }
  return paragraph;
}

function addInline(parent, text, linkTitle, depth = 0) {
  let done = 0;
  for (const match of text.matchAll(INLINE)) {
    if (match.index < done) continue;
    const made = depth < DEEPEST ? renderMatch(match, linkTitle, depth) : null;
    if (!made) continue;
    parent.append(text.slice(done, match.index), made.node);
    done = match.index + made.length;
  }
  parent.append(text.slice(done));
}

function renderMatch(match, linkTitle, depth) {
  const { label, target, bold, italic, url } = match.groups;
  if (label !== undefined) {
    const node = link(target, linkTitle);
    node?.append(label.replaceAll("**", ""));
    return node && { node, length: match[0].length };
  }
  if (url !== undefined) {
    const address = trimEnd(url);
    const node = link(address, linkTitle);
    node?.append(address);
    return node && { node, length: address.length };
  }
  const node = el(bold !== undefined ? "strong" : "em");
  addInline(node, bold ?? italic, linkTitle, depth + 1);
  return { node, length: match[0].length };
}

/** A link, or null when the address is not one that we open. */
function link(address, title) {
  if (!/^(?:https:\/\/|mailto:)/i.test(address) || !URL.canParse(address)) return null;
  const { protocol, username, password } = new URL(address);
  if (!["https:", "mailto:"].includes(protocol) || username || password) return null;
  return el("a", { href: address, target: "_blank", rel: "noopener noreferrer nofollow", title: title || null });
}

/** A bare address without the punctuation of its sentence. */
function trimEnd(url) {
  let address = url;
  while (/[.,;:!?'*\])]$/.test(address)) {
    if (address.endsWith(")") && address.split("(").length >= address.split(")").length) break;
    address = address.slice(0, -1);
  }
  return address;
}
