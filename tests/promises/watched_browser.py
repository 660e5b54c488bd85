"""A Chromium in which nothing can happen unseen: scripts of strangers, stopped markup, requests to other hosts.

All names but loopback's lead to a trap on this machine, so that even a look-up ahead or a style sheet's address
that no page hears of is counted.
"""

from __future__ import annotations

import re
import shutil
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Request, sync_playwright

from tests.browser.conftest import ARGUMENTS
from tests.promises.hostile_texts import EVIL

_SPY = """
for (const name of ["alert", "confirm", "prompt", "print"]) window[name] = (what) => void caught(`script ${what}`);
document.addEventListener("securitypolicyviolation", (e) =>
  caught(`policy ${e.effectiveDirective} ${e.blockedURI} ${e.sample}`));
"""
# What no text of a stranger may have become, in the page and in the shadow roots of its elements.
_STRANGE = """() => {
  const found = [];
  const never = new Set(["IFRAME", "OBJECT", "EMBED", "BASE", "MARQUEE", "MATH", "VIDEO", "AUDIO", "IMG", "X"]);
  const addresses = /^(src|srcset|srcdoc|action|formaction|data|style|background|poster)$/i;
  const look = (root) => {
    for (const node of root.querySelectorAll("*")) {
      const shown = node.cloneNode(false).outerHTML?.slice(0, 200);
      if (never.has(node.tagName.toUpperCase())) found.push(shown);
      if (node.tagName === "SCRIPT" && !node.src) found.push(shown);
      if (node.href && node.protocol && !["http:", "https:", "mailto:"].includes(node.protocol)) found.push(shown);
      for (const { name, value } of node.attributes) {
        if (/^on/i.test(name)) found.push(shown);
        if (addresses.test(name) && /evil|script:/i.test(value)) found.push(shown);
      }
      if (node.tagName === "LINK" && /evil/.test(node.href)) found.push(shown);
      if (node.tagName === "META" && node.httpEquiv) found.push(shown);
      if (node.shadowRoot) look(node.shadowRoot);
    }
  };
  look(document);
  return found;
}"""
_SIDEWAYS = """() => {
  const log = document.querySelector("care-chat")?.shadowRoot?.querySelector(".log");
  const page = document.scrollingElement;
  return Math.max(page.scrollWidth - innerWidth, log ? log.scrollWidth - log.clientWidth : 0);
}"""
_TEXT = """() => {
  const log = document.querySelector("care-chat")?.shadowRoot?.querySelector(".log");
  return (log ?? document.body).textContent + document.title;
}"""
TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")


class Trap(socketserver.ThreadingTCPServer):
    """Where all foreign names lead."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        self.caught: list[str] = []
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                self.request.settimeout(2)
                said = self.request.recv(2048)  # a request's head, or the name in a TLS greeting
                if EVIL.encode() in said or b"ok.example" in said:
                    outer.caught.append(f"trap {said[:200]!r}")

        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])


class Watched:
    """Browser windows, and all that was caught in them: scripts, stopped markup, foreign requests, broken layout."""

    def __init__(self, browser: Browser, trap: Trap, *own: str) -> None:
        self._browser = browser
        self._trap = trap
        self._own = tuple(f"{address}/" for address in own)
        self._contexts: list[BrowserContext] = []
        self._caught: list[str] = []

    def window(self, *, without_policy: bool = False, width: int = 1280) -> Page:
        """A window of a browser of its own; `without_policy` ignores the page's Content-Security-Policy."""
        context = self._browser.new_context(viewport={"width": width, "height": 800}, bypass_csp=without_policy)
        self._contexts.append(context)
        context.expose_function("caught", lambda what: self._caught.append(what))
        context.add_init_script(_SPY)
        context.on("request", self._note_request)
        page = context.new_page()
        page.on("dialog", self._note_dialog)
        page.on("console", self._note_message)
        return page

    @property
    def caught(self) -> list[str]:
        """What was caught so far."""
        return [*self._caught, *self._trap.caught]

    def kinds(self) -> dict[str, int]:
        """How much of each kind was caught."""
        kinds = [what.split()[0] for what in self.caught]
        return {kind: kinds.count(kind) for kind in sorted(set(kinds))}

    def look(self, page: Page, *, widths: tuple[int, ...] = (), turns: bool = True) -> None:
        """Look at what a page shows now, at these widths of the window too; `turns`: of direction, which may not be."""
        where = page.url.rsplit("/", 1)[-1][:60]
        self._caught.extend(f"element {where}: {shown}" for shown in page.evaluate(_STRANGE))
        if turns and (found := TURNS.findall(page.evaluate(_TEXT))):
            self._caught.append(f"direction {where}: {len(found)} turns")
        size = page.viewport_size
        assert size is not None
        for width in widths or (size["width"],):
            if width != size["width"]:
                page.set_viewport_size({"width": width, "height": size["height"]})
            if (sideways := page.evaluate(_SIDEWAYS)) > 0:
                self._caught.append(f"layout {where}: {sideways} pixels sideways at {width}")
        if widths:
            page.set_viewport_size(size)

    def close(self) -> None:
        """Close all windows, and forget."""
        for context in self._contexts:
            context.close()
        self._trap.caught.clear()

    def _note_dialog(self, dialog: Dialog) -> None:
        self._caught.append(f"script dialog {dialog.message}")
        dialog.dismiss()

    def _note_message(self, message: ConsoleMessage) -> None:
        if re.search("Content Security Policy|Trusted ?Type|Refused to", message.text):
            self._caught.append(f"policy {message.text[:200]}")

    def _note_request(self, request: Request) -> None:
        if not request.url.startswith((*self._own, "data:image/svg")):
            self._caught.append(f"request {request.url[:200]}")


@contextmanager
def trapped_chromium() -> Iterator[tuple[Browser, Trap]]:
    """A Chromium whose every foreign name leads into the trap."""
    trap = Trap()
    threading.Thread(target=trap.serve_forever, daemon=True).start()
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        path = found or playwright.chromium.executable_path
        if not Path(path).exists():
            pytest.skip("Chromium is not installed: apt-get install chromium, or playwright install chromium")
        rules = f"--host-resolver-rules=MAP * 127.0.0.1:{trap.port}, EXCLUDE 127.0.0.1"
        chromium = playwright.chromium.launch(executable_path=path, args=[*ARGUMENTS, rules])
        yield chromium, trap
        chromium.close()
    trap.shutdown()
    trap.server_close()
