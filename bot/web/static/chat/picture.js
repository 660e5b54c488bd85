// The small timeline that comes with a calculation: SVG made by our server, rebuilt here from a
// short list of elements and attributes, so that nothing else can ever come in with it.

const SVG = "http://www.w3.org/2000/svg";
const ELEMENTS = new Set(["svg", "line", "rect", "circle", "polygon", "text"]);
const ATTRIBUTES = new Set([
  "viewBox", "class", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "width", "height", "points", "text-anchor",
]);
const LONGEST = 20_000; // characters

/** The picture of a reply's `data.picture` as a node, or null where there is none to show. */
export function renderPicture(picture) {
  if (typeof picture?.svg !== "string" || picture.svg.length > LONGEST) return null;
  const root = new DOMParser().parseFromString(picture.svg, "image/svg+xml").documentElement;
  if (root.localName !== "svg") return null;
  const copy = rebuilt(root);
  copy.classList.add("timeline");
  copy.setAttribute("role", "img");
  copy.setAttribute("aria-label", String(picture.alternative ?? ""));
  return copy;
}

function rebuilt(node) {
  const copy = document.createElementNS(SVG, node.localName);
  for (const { name, value } of node.attributes) if (ATTRIBUTES.has(name)) copy.setAttribute(name, value);
  for (const child of node.childNodes) {
    if (child.nodeType === Node.TEXT_NODE && node.localName === "text") copy.append(child.data);
    else if (ELEMENTS.has(child.localName)) copy.append(rebuilt(child));
  }
  return copy;
}
