// The small timeline that comes with a calculation, drawn on the server. Its nodes are made one by
// one from a short list of elements and attributes, so that nothing else can come in with it and
// no page's Trusted Types stand in the way.

const SVG = "http://www.w3.org/2000/svg";
const ELEMENTS = new Set(["line", "rect", "circle", "polygon", "text"]);
const ATTRIBUTES = new Set([
  "class", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "width", "height", "points", "text-anchor",
]);
const MOST_SHAPES = 300;

/** The picture of a reply's `data.picture` as a node, or null where there is none to show. */
export function renderPicture(picture) {
  if (!Array.isArray(picture?.shapes) || picture.shapes.length > MOST_SHAPES) return null;
  const root = document.createElementNS(SVG, "svg");
  root.setAttribute("class", "timeline");
  root.setAttribute("viewBox", String(picture.view_box));
  root.setAttribute("role", "img");
  root.setAttribute("aria-label", String(picture.alternative ?? ""));
  for (const [name, attributes, text] of picture.shapes) {
    if (!ELEMENTS.has(name)) continue;
    const node = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes ?? {})) {
      if (ATTRIBUTES.has(key)) node.setAttribute(key, String(value));
    }
    if (name === "text") node.textContent = String(text ?? "");
    root.append(node);
  }
  return root;
}
