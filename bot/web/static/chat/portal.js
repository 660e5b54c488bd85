// Addresses that a page names in an element's attributes.

/** Where the portal's page asks who is signed in: only its own server knows. */
export function portalAddress(given) {
  if (!given) return null;
  const address = new URL(given, document.baseURI);
  if (address.origin !== location.origin) throw new Error("token-url must be an address of the page's own origin");
  return address.href;
}

/** An address to link to; null for anything but the web's. */
export function linkAddress(given) {
  if (!given || !URL.canParse(given, document.baseURI)) return null;
  const address = new URL(given, document.baseURI);
  return ["http:", "https:"].includes(address.protocol) ? address.href : null;
}
