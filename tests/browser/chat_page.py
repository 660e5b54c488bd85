"""The chat's page as its tests see and use it."""

from __future__ import annotations

import re
from typing import Any
from weakref import WeakKeyDictionary

from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Locator, Page, ViewportSize, expect

QUESTION = "What is the maximum dispute period?"
ANSWER_WITHIN = 20_000  # milliseconds; the engine may be cold
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 320, "height": 640}

# What went wrong on each page: script errors, dialogs, messages about the Content Security Policy.
FAULTS: WeakKeyDictionary[Page, list[str]] = WeakKeyDictionary()

# Every WebSocket of a page can be cut with `cutSockets()`; every message frame it sends is kept.
# Violations of the Content Security Policy, Trusted Types included, are collected.
SPY = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (e) => violations.push(`${e.violatedDirective} ${e.blockedURI}`));
window.sent = [];
const Real = window.WebSocket, sockets = [];
window.WebSocket = class extends Real {
  constructor(...args) { super(...args); sockets.push(this); }
  send(data) { if (JSON.parse(data).type !== "hello") sent.push(JSON.parse(data)); super.send(data); }
};
window.cutSockets = () => sockets.forEach((socket) => socket.close(3999));
"""


def open_chat(context: BrowserContext, url: str) -> Page:
    page = context.new_page()
    faults = FAULTS[page] = []

    def note_dialog(dialog: Dialog) -> None:
        faults.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def note_console(message: ConsoleMessage) -> None:
        if re.search("Content Security Policy|Trusted ?Type|innerHTML", message.text):
            faults.append(message.text)

    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("dialog", note_dialog)
    page.on("console", note_console)
    page.goto(url)
    expect(box(page)).to_be_visible()
    return page


def box(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Your message")


def log(page: Page) -> Locator:
    return page.get_by_role("log", name="Conversation")


def said(page: Page) -> Locator:
    return log(page).locator("li.user .typed")


def answers(page: Page) -> Locator:
    return log(page).locator("li.bot")


def confirmed(page: Page) -> Locator:
    return log(page).locator("li.user[data-state=done]")


def ask(page: Page, text: str) -> None:
    box(page).fill(text)
    box(page).press("Enter")


def ask_and_wait(page: Page, text: str = QUESTION) -> None:
    before = answers(page).count()
    ask(page, text)
    expect(answers(page).nth(before)).to_be_visible(timeout=ANSWER_WITHIN)


def expect_sent(page: Page, count: int) -> list[dict[str, Any]]:
    """The frames sent so far, once there are so many (the CSP forbids `wait_for_function`)."""
    for _ in range(100):
        frames: list[dict[str, Any]] = page.evaluate("sent")
        if len(frames) >= count:
            break
        page.wait_for_timeout(50)
    assert len(frames) == count
    return frames


def transcript(page: Page) -> list[str]:
    return log(page).locator("li.message .bubble").all_inner_texts()


def overflow(page: Page) -> int:
    """How many pixels the page or the log can be scrolled sideways."""
    found: int = page.evaluate(
        """() => {
          const log = document.querySelector("care-chat").shadowRoot.querySelector(".log");
          const page = document.scrollingElement;
          return Math.max(page.scrollWidth - innerWidth, log.scrollWidth - log.clientWidth);
        }"""
    )
    return found


def cut_off(page: Page) -> int:
    """How many pixels of a text stick out of its bubble or button, where nobody can read them."""
    found: int = page.evaluate(
        """() => {
          const log = document.querySelector("care-chat").shadowRoot.querySelector(".log");
          const texts = [...log.querySelectorAll(".bubble > *, .chip")];
          return Math.max(0, ...texts.map((node) => node.scrollWidth - node.clientWidth));
        }"""
    )
    return found
