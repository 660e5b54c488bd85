"""The web chat in a real Chromium, against the running service (`service.url`)."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    expect,
)

from tests.browser.chat_page import (
    ANSWER_WITHIN,
    DESKTOP,
    FAULTS,
    PHONE,
    QUESTION,
    SPY,
    answers,
    ask,
    ask_and_wait,
    box,
    confirmed,
    cut_off,
    expect_sent,
    log,
    open_chat,
    overflow,
    said,
    transcript,
)
from tests.service import Service


def test_question_gets_an_answer(page: Page) -> None:
    ask_and_wait(page)
    expect(said(page)).to_have_text([QUESTION])
    expect(confirmed(page)).to_have_count(1)
    expect(answers(page).first).to_contain_text(re.compile("year", re.I))
    assert page.evaluate("sent.length") == 1
    assert FAULTS[page] == []


def test_example_question_is_sent_as_written(page: Page) -> None:
    examples = page.get_by_role("group", name="For example").get_by_role("button")
    expect(examples).to_have_count(4)
    text = examples.first.inner_text()
    examples.first.click()
    expect(said(page)).to_have_text([text])
    expect(examples).to_have_count(0)
    expect(answers(page).first).to_be_visible(timeout=ANSWER_WITHIN)


def test_reload_keeps_the_history(page: Page) -> None:
    ask_and_wait(page)
    ask_and_wait(page, "How to cancel the DID number?")
    before = transcript(page)
    assert len(before) >= 4
    page.reload()
    expect(said(page)).to_have_count(2)
    expect(log(page).locator("li.message")).to_have_count(len(before))
    assert transcript(page) == before
    assert page.evaluate("sent.length") == 0, "a reload sends nothing again"


def test_draft_survives_a_reload_and_stays_in_its_tab(page: Page, context: BrowserContext, service: Service) -> None:
    box(page).fill("half a question")
    page.reload()
    expect(box(page)).to_have_value("half a question")
    expect(box(open_chat(context, service.url))).to_have_value("")


def test_second_tab_sees_the_same_conversation(page: Page, context: BrowserContext, service: Service) -> None:
    other = open_chat(context, service.url)
    ask_and_wait(page)
    expect(said(other)).to_have_text([QUESTION])
    expect(answers(other).first).to_be_visible()
    ask_and_wait(other, "How to cancel the DID number?")
    expect(said(page)).to_have_count(2)
    expect(log(page).locator("li.message")).to_have_count(log(other).locator("li.message").count())
    assert transcript(page) == transcript(other)


def test_message_written_offline_is_sent_once_after_reconnecting(page: Page, context: BrowserContext) -> None:
    ask_and_wait(page)
    context.set_offline(True)
    expect(page.get_by_text("Connection lost. Reconnecting…")).to_be_visible()
    ask(page, "How to cancel the DID number?")
    ask(page, "How to get the DID Migration code?")
    expect(log(page).locator("li[data-state=pending]")).to_have_count(2)
    assert page.evaluate("sent.length") == 1, "nothing is sent while offline"
    context.set_offline(False)
    expect(confirmed(page)).to_have_count(3, timeout=15_000)
    expect(page.get_by_text("Connection lost.")).to_have_count(0)
    expect(answers(page).nth(2)).to_be_visible(timeout=ANSWER_WITHIN)
    page.reload()
    expect(said(page)).to_have_text([QUESTION, "How to cancel the DID number?", "How to get the DID Migration code?"])


def test_unsent_message_survives_a_reload(context: BrowserContext, service: Service) -> None:
    down = False

    def serve(socket: Any) -> None:
        if down:
            socket.close(code=1012)
        else:
            socket.connect_to_server()

    context.route_web_socket(re.compile("/api/web/socket"), serve)
    page = open_chat(context, service.url)
    ask_and_wait(page)
    down = True
    page.reload()
    expect(page.get_by_text("Connection lost. Reconnecting…")).to_be_visible()
    ask(page, "How to cancel the DID number?")
    page.reload()
    pending = log(page).locator("li[data-state=pending] .typed")
    expect(pending).to_have_text(["How to cancel the DID number?"])
    down = False
    expect(confirmed(page)).to_have_count(2, timeout=25_000)
    expect(pending).to_have_count(0)
    page.reload()
    expect(said(page)).to_have_text([QUESTION, "How to cancel the DID number?"])


def test_cut_connections_neither_lose_nor_double(page: Page) -> None:
    texts = [f"How to cancel the DID number? Round {number}" for number in range(6)]
    for text in texts:
        ask(page, text)
        page.evaluate("cutSockets()")
    expect(confirmed(page)).to_have_count(len(texts), timeout=30_000)
    expect(said(page)).to_have_text(texts)
    ids = page.evaluate("[...new Set(sent.map((frame) => frame.client_id))].length")
    assert ids == len(texts), "a message keeps its id when it is sent again"
    page.reload()
    expect(said(page)).to_have_text(texts)


def test_enter_sends_and_shift_enter_breaks_the_line(page: Page) -> None:
    box(page).press_sequentially("What is the")
    box(page).press("Shift+Enter")
    box(page).press_sequentially("dispute period?")
    expect(box(page)).to_have_value("What is the\ndispute period?")
    assert page.evaluate("sent.length") == 0
    box(page).press("Enter")
    expect(said(page)).to_have_text(["What is the dispute period?"], use_inner_text=False)
    expect(box(page)).to_have_value("")
    assert expect_sent(page, 1)[0]["text"] == "What is the\ndispute period?"


def test_empty_and_too_long_messages_are_not_sent(page: Page) -> None:
    ask(page, "  \n ")
    ask(page, "a" * 4_001)
    expect(page.get_by_text("4001 / 4000. This message is too long.").first).to_be_visible()
    expect(said(page)).to_have_count(0)
    box(page).fill("a" * 3_990)
    expect(page.get_by_text("3990 of 4000 characters")).to_be_visible()
    assert page.evaluate("sent.length") == 0


STACKED = "Z" + "\u0335\u0336\u0353\u0359" * 400
HOSTILE = [
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "<svg/onload=alert(1)>",
    "[press me](javascript:alert(1))",
    "[press me](data:text/html,<script>alert(1)</script>)",
    '"><iframe srcdoc="<script>alert(1)</script>">',
    "**bold** _italic_ [text](https://example.com/)",
    "\u202egnp.exe \u2066 right to left",
    "W" * 3_500,
    STACKED,
    "{{7*7}} ${7*7} /restart &lt;b&gt;",
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:12]))
def test_hostile_text_is_shown_as_text(page: Page, text: str) -> None:
    foreign: list[str] = []
    page.on("request", lambda request: foreign.append(request.url) if not request.url.startswith(page.url) else None)
    ask(page, text)
    expect(confirmed(page)).to_have_count(1)
    expect(answers(page).or_(log(page).locator("li.notice")).first).to_be_visible(timeout=ANSWER_WITHIN)
    assert said(page).evaluate("node => node.textContent") == text
    assert said(page).evaluate("node => node.children.length") == 0
    assert overflow(page) <= 0
    assert text == STACKED or cut_off(page) == 0, "one letter with its marks cannot be broken"
    assert page.evaluate("violations") == []
    assert foreign == []
    assert FAULTS[page] == []


def event(seq: int, text: str, **more: Any) -> dict[str, Any]:
    return {"seq": seq, "kind": "bot", "client_id": None, "text": text, "buttons": [], "data": {}, "at": AT, **more}


AT = "2026-01-05T09:30:00+00:00"


class Script:
    """A server whose words we choose: what an editor of the FAQ, or chance, could make it say."""

    def __init__(self, context: BrowserContext, events: list[dict[str, Any]]) -> None:
        self.events = events
        self.frames: list[dict[str, Any]] = []
        self.socket: Any = None
        context.route_web_socket(re.compile("/api/web/socket"), self._serve)

    def _serve(self, socket: Any) -> None:
        self.socket = socket
        socket.on_message(self._hear)

    def _hear(self, text: str) -> None:
        frame = json.loads(text)
        if frame["type"] == "hello":
            self.send({"type": "welcome", "conversation": "c", "events": self.events, "reset": False})
        else:
            self.frames.append(frame)

    def send(self, frame: dict[str, Any]) -> None:
        self.socket.send(json.dumps(frame))


def test_markdown_of_an_answer_becomes_a_fixed_set_of_elements(context: BrowserContext, service: Service) -> None:
    text = (
        "First **bold** and _soft_, snake_case_name.\nSecond line\n\n- one\n- two [page](https://example.com/a_b)\n\n"
        "3. three\n4. four\n\nSee https://example.com/x(y). Or [mail](mailto:care@example.com).\n\n"
        "[bad](javascript:alert(1)) [worse](data:text/html,x) [plain](http://example.com) <b>raw</b> `code`\n\n"
        "_Source: [FAQ](https://example.com/Kh7_OAQ)_"
    )
    Script(context, [event(1, text)])
    page = open_chat(context, service.url)
    bubble = answers(page).locator(".bubble")
    expect(bubble.locator("p").first).to_contain_text("First bold and soft, snake_case_name.")
    expect(bubble.locator("strong")).to_have_text(["bold"])
    expect(bubble.locator("em")).to_have_text(["soft"])
    expect(bubble.locator("ul > li")).to_have_text(["one", "two page"])
    expect(bubble.locator("ol > li")).to_have_text(["three", "four"])
    assert bubble.locator("a").evaluate_all("links => links.map((a) => a.getAttribute('href'))") == [
        "https://example.com/a_b",
        "https://example.com/x(y)",
        "mailto:care@example.com",
        "https://example.com/Kh7_OAQ",
    ]
    for link in bubble.locator("a").all():
        assert link.get_attribute("rel") == "noopener noreferrer nofollow"
        assert link.get_attribute("target") == "_blank"
    expect(bubble).to_contain_text("[bad](javascript:alert(1)) [worse](data:text/html,x) [plain](http://example.com)")
    expect(bubble).to_contain_text("<b>raw</b> `code`")
    expect(bubble.locator("p.muted")).to_have_text("Source: FAQ")


def test_hostile_answers_do_no_harm(context: BrowserContext, service: Service) -> None:
    texts = [*HOSTILE[:6], "[" * 20_000, "**" * 20_000, "_a" * 20_000, "https://" * 5_000, "W" * 100_000]
    buttons = [{"title": '<img src=x onerror="alert(1)">', "payload": "p"}, {"title": "V" * 2_000, "payload": "q"}]
    Script(context, [event(number, text, buttons=buttons) for number, text in enumerate(texts, 1)])
    page = open_chat(context, service.url)
    expect(answers(page)).to_have_count(len(texts))
    for bubble, text in zip(answers(page).locator(".bubble").all(), texts[:6], strict=False):
        assert bubble.evaluate("node => node.textContent") == text
    assert answers(page).locator("img, script, svg:not(.icon), iframe, [onerror], [onload]").count() == 0
    assert overflow(page) <= 0
    assert cut_off(page) == 0
    assert page.evaluate("violations") == []
    assert FAULTS[page] == []


def test_a_press_closes_the_answers_beside_it_and_leaves_related_questions(
    context: BrowserContext, service: Service
) -> None:
    related = [{"id": "billing/check-invoices", "question": "Where to check Invoices or Credit Notes?"}]
    titles = ["Yes, thanks", related[0]["question"], "No"]
    buttons = [{"title": title, "payload": f"token-{title}"} for title in titles]
    script = Script(context, [event(1, "One year.", buttons=buttons, data={"type": "faq", "related": related})])
    page = open_chat(context, service.url)
    under_heading = page.get_by_role("group", name="Related questions").get_by_role("button")
    expect(under_heading).to_have_text([titles[1]])
    others = page.get_by_role("group", name="Choose an answer").get_by_role("button")
    expect(others).to_have_text([titles[0], titles[2]])
    others.first.click()
    expect(others.first).to_be_disabled()
    expect(others.first).to_have_accessible_name(f"Chosen: {titles[0]}")
    expect(others.last).to_be_disabled()
    expect(under_heading).to_be_enabled()
    (frame,) = script.frames
    assert {**frame, "client_id": ""} == {"type": "press", "client_id": "", "button": f"token-{titles[0]}"}
    page.reload()
    expect(others.first).to_have_accessible_name(f"Chosen: {titles[0]}")
    expect(others.last).to_be_disabled()
    under_heading.click()
    expect(under_heading).to_be_disabled()


def test_reader_of_old_messages_is_not_scrolled_away(context: BrowserContext, service: Service) -> None:
    script = Script(context, [event(number, f"Old answer {number}. " * 20) for number in range(1, 21)])
    page = open_chat(context, service.url)
    expect(answers(page)).to_have_count(20)
    expect(answers(page).last).to_be_in_viewport()
    log(page).evaluate("node => node.scrollTo(0, 0)")
    page.wait_for_timeout(100)
    script.send({"type": "event", "event": event(21, "Fresh answer")})
    more = page.get_by_role("button", name="New messages")
    expect(more).to_be_visible()
    assert log(page).evaluate("node => node.scrollTop") == 0
    more.click()
    expect(answers(page).last).to_be_in_viewport()
    expect(more).to_be_hidden()


def test_refused_message_is_not_resent_and_can_be_tried_again(context: BrowserContext, service: Service) -> None:
    script = Script(context, [event(1, "Hello")])
    page = open_chat(context, service.url)
    expect(answers(page)).to_have_count(1)
    ask(page, QUESTION)
    expect(log(page).locator("li[data-state=pending]")).to_have_count(1)
    (first,) = script.frames
    words = "You are writing very fast. Please wait a minute."
    script.send({"type": "problem", "client_id": first["client_id"], "code": "rate", "text": words})
    expect(log(page).locator("li[data-state=failed]")).to_contain_text(f"Not sent. {words}")
    page.get_by_role("button", name="Try again", exact=True).click()
    expect(log(page).locator("li[data-state=pending]")).to_have_count(1)
    expect(log(page).locator("li[data-state=failed]")).to_have_count(0)
    _, second = script.frames
    assert second["text"] == QUESTION
    assert second["client_id"] != first["client_id"]


def test_what_cannot_be_stored_is_said_beside_the_log_and_fails_no_message(
    context: BrowserContext, service: Service
) -> None:
    script = Script(context, [event(1, "Hello")])
    page = open_chat(context, service.url)
    expect(answers(page)).to_have_count(1)
    ask(page, QUESTION)
    expect(log(page).locator("li[data-state=pending]")).to_have_count(1)
    for _ in range(2):
        words = "I can't save anything right now."
        script.send({"type": "problem", "client_id": None, "code": "not_stored", "text": words})
    expect(log(page).locator("li.notice")).to_have_text([words])
    expect(log(page).locator("li[data-state=pending]")).to_have_count(1)
    expect(log(page).locator("li[data-state=failed]")).to_have_count(0)


def test_events_are_shown_once_and_in_their_order(context: BrowserContext, service: Service) -> None:
    script = Script(context, [event(2, "two")])
    page = open_chat(context, service.url)
    expect(answers(page)).to_have_count(1)
    for number, text in [(4, "four"), (1, "one"), (2, "two again"), (3, "three"), (4, "four again")]:
        script.send({"type": "event", "event": event(number, text)})
    script.send({"type": "typing", "on": True})
    expect(page.get_by_text("Customer Care is writing…")).to_have_count(1)
    expect(answers(page).locator(".bubble")).to_have_text(["one", "two", "three", "four"])
    script.send({"type": "welcome", "conversation": "c", "events": [event(9, "snapshot")], "reset": True})
    expect(answers(page).locator(".bubble")).to_have_text(["snapshot"])


def test_new_conversation_asks_first_and_then_forgets(page: Page) -> None:
    ask_and_wait(page)
    stored = "Object.entries(localStorage).find(([key]) => /^care-chat:https?:[^:]+:\\d+$/.test(key))?.[1]"
    token = page.evaluate(stored)
    assert token
    page.get_by_role("button", name="New conversation", exact=True).click()
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(said(page)).to_have_count(1)
    assert page.evaluate(stored) == token
    page.get_by_role("button", name="New conversation", exact=True).click()
    page.get_by_role("button", name="Start new", exact=True).click()
    expect(said(page)).to_have_count(0)
    ask_and_wait(page)
    assert page.evaluate(stored) not in (None, token)
    expect(said(page)).to_have_count(1)


def test_refused_session_starts_afresh_and_says_so(page: Page) -> None:
    ask_and_wait(page)
    page.evaluate("for (const key of Object.keys(localStorage)) localStorage[key] = 'no-such-session'")
    page.reload()
    expect(page.get_by_text("Your earlier conversation has expired.")).to_be_visible()
    expect(said(page)).to_have_count(0)
    ask_and_wait(page)
    expect(said(page)).to_have_text([QUESTION])


@pytest.mark.parametrize("viewport", [PHONE, {"width": 667, "height": 320}], ids=["320", "landscape"])
def test_phone_has_no_sideways_scroll(browser: Browser, service: Service, viewport: Any) -> None:
    context = browser.new_context(viewport=viewport, has_touch=True, is_mobile=True, device_scale_factor=2)
    context.add_init_script(SPY)
    page = open_chat(context, service.url)
    assert overflow(page) <= 0
    ask_and_wait(page)
    ask_and_wait(page, "DID" + "x" * 300)
    assert overflow(page) <= 0
    assert cut_off(page) == 0
    expect(box(page)).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_in_viewport(ratio=1)
    for button in page.get_by_role("button").all():
        size = button.bounding_box()
        assert size is not None
        assert min(size["width"], size["height"]) >= 24, button.inner_text()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(browser: Browser, service: Service, scheme: Any) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    context = browser.new_context(viewport=DESKTOP, color_scheme=scheme, reduced_motion="reduce", bypass_csp=True)
    context.add_init_script(SPY)
    page = open_chat(context, service.url)
    serious = []
    checked = 0
    for step in ("empty", "answered", "asked to start anew"):
        if step == "answered":
            ask_and_wait(page)
            ask_and_wait(page, "DID number")
        elif step == "asked to start anew":
            page.get_by_role("button", name="New conversation", exact=True).click()
        results = axe.Axe().run(page).response
        checked += len(results["passes"])
        serious += [
            (step, finding["id"], [node["html"] for node in finding["nodes"]])
            for finding in results["violations"]
            if finding["impact"] in {"serious", "critical"}
        ]
    assert checked > 30, "axe looked at the page"
    assert serious == []
    context.close()


def test_keyboard_alone_is_enough(page: Page) -> None:
    def focused() -> str:
        found: str = page.evaluate(
            """() => {
              const node = document.activeElement.shadowRoot?.activeElement ?? document.activeElement;
              return node.getAttribute("aria-label") || node.textContent || node.id;
            }"""
        )
        return found

    examples = page.get_by_role("group", name="For example").get_by_role("button")
    question = examples.nth(1).inner_text()
    for _ in range(10):
        page.keyboard.press("Tab")
        if focused() == question:
            break
    outline = "() => getComputedStyle(document.activeElement.shadowRoot.activeElement).outlineStyle"
    assert page.evaluate(outline) == "solid", "the focus can be seen"
    page.keyboard.press("Enter")
    expect(said(page)).to_have_text([question])
    expect(box(page)).to_be_focused()
    expect(answers(page).first).to_be_visible(timeout=ANSWER_WITHIN)
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    expect(said(page)).to_have_count(2)
    expect(box(page)).to_be_focused()
    for _ in range(40):
        page.keyboard.press("Shift+Tab")
        if focused() == "New conversation":
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Cancel", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Cancel", exact=True)).to_be_hidden()
    expect(page.get_by_role("button", name="New conversation", exact=True)).to_be_focused()
    expect(said(page)).to_have_count(2)


def test_log_is_a_polite_live_region_and_quiet_about_history(page: Page) -> None:
    ask_and_wait(page)
    expect(log(page)).to_have_attribute("aria-live", "polite")
    page.reload()
    expect(answers(page).first).to_be_visible()
    assert log(page).get_attribute("aria-live") == "off", "history is not read out"
    expect(log(page)).to_have_attribute("aria-live", "polite")


@pytest.mark.parametrize("language", ["it", "de", "fr", "es"])
def test_words_come_from_the_language_file(context: BrowserContext, service: Service, language: str) -> None:
    page = open_chat(context, service.url)
    page.evaluate("language => { document.querySelector('care-chat').lang = language; }", language)
    words = page.request.get(f"{service.url}/static/strings/{language}.json").json()
    english = page.request.get(f"{service.url}/static/strings/en.json").json()
    assert words.keys() == english.keys()
    expect(page.get_by_role("textbox", name=words["input_label"])).to_be_visible()
    expect(page.get_by_text(words["greeting_title"])).to_be_visible()


def test_floating_chat_opens_closes_and_keeps_the_focus(context: BrowserContext, service: Service) -> None:
    """A page without the element gets a launcher. Any page of the service that is not the demo will do."""
    page = context.new_page()

    def load() -> None:
        page.goto(f"{service.url}/static/strings/en.json")
        page.evaluate("() => import('/static/care-chat.js').then(() => null)")

    load()
    launcher = page.get_by_role("button", name="Ask Customer Care")
    expect(launcher).to_be_visible()
    assert page.evaluate("localStorage.length") == 0, "no session before somebody wants to talk"
    launcher.click()
    expect(page.get_by_role("dialog", name="Customer Care")).to_be_visible()
    expect(box(page)).to_be_focused()
    ask_and_wait(page)
    load()
    expect(said(page)).to_have_text([QUESTION])
    expect(box(page)).not_to_be_focused()
    box(page).press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(launcher).to_be_focused()
