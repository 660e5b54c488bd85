// What a message may be, as the server counts it.

export const LIMIT = 4_000; // characters: Unicode code points
const FRAME_LIMIT = 16 * 1024; // bytes of JSON
const ENVELOPE = 200; // bytes around the text

/** The text without control characters and half surrogates, which no partner types. */
export function clean(text) {
  // eslint-disable-next-line no-control-regex
  const visible = text.replace(/\r\n?/g, "\n").replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, "");
  return (visible.toWellFormed?.() ?? visible).trim();
}

export function countCharacters(text) {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

export function fits(text) {
  const bytes = new TextEncoder().encode(JSON.stringify(text)).length;
  return countCharacters(text) <= LIMIT && bytes + ENVELOPE <= FRAME_LIMIT;
}
