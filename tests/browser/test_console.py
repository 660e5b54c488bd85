"""The console in a real Chromium, against the running service: an agent's day, two windows, hostile text, axe."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Request, ViewportSize, expect

from tests.browser.chat_page import ANSWER_WITHIN, ask_and_wait, log, open_chat
from tests.service import Service
from tickets import agents, changes, slack_users
from tickets.base import now
from tickets.changes import Author
from tickets.conversations import conversation_for
from tickets.database import Database
from tickets.models import Conversation
from tickets.opening import NewTicket, open_ticket
from tickets.passwords import make_hash
from tickets.states import FIRST_ANSWER
from tickets.ticket_models import Ticket

PASSWORD = "tangled yarn beneath the bridge"
DESKTOP: ViewportSize = {"width": 1360, "height": 850}
PHONE: ViewportSize = {"width": 390, "height": 844}
SERIOUS = ("serious", "critical")
WITHIN = 8_000  # milliseconds; what another process wrote is found within two seconds
SPY = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (e) => violations.push(`${e.violatedDirective} ${e.blockedURI}`));
"""
TRIAGE: dict[str, Any] = {
    "type": "classound.emergency_activation",
    "confidence": 0.86,
    "type_reason": "“112”, a number, and “activate”",
    "alternatives": [["tech.support", 0.09]],
    "priority": "urgent",
    "priority_reason": "emergency calls do not work now",
    "findings": [{"decision": "Activation takes **1 business day**.", "steps": ["The number is Italian."]}],
    "suggested": {
        "question": "How do I activate them?",
        "confidence": 0.8,
        "text": "Send us the *address* of each user.",
    },
}


class Office:
    """The running service's database, filled from outside, and the browsers of the agents."""

    def __init__(self, service: Service, browser: Browser) -> None:
        self.url = service.url
        self.database = Database(f"sqlite:///{service.data_dir / 'care.db'}")
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self.faults: list[str] = []
        hashed = make_hash(PASSWORD)
        for name, role in (("anna", "agent"), ("bruno", "agent"), ("clara", "lead")):

            def add(session: Any, name: str = name, role: str = role) -> None:
                if agents.by_name(session, name) is None:
                    agents.add(session, name, name.title(), role, hashed)

            self.database.write(add)

    def open(self, subject: str, **what: Any) -> Ticket:
        """A ticket."""
        conversation: str | None = what.pop("conversation_id", None)
        values = {"type": "general.other", "description": "A text", **what}

        def work(session: Any) -> Ticket:
            new, key = NewTicket(subject=subject, **values), secrets.token_hex(8)
            return open_ticket(session, key, new, channel="web", targets=FIRST_ANSWER, conversation_id=conversation)[0]

        return self.database.write(work)

    def ticket(self, ticket: Ticket) -> Ticket:
        """As it stands now."""
        return self.database.read(lambda session: session.get_one(Ticket, ticket.number))

    def page(
        self, path: str = "/console/sign-in", size: ViewportSize = DESKTOP, scheme: Literal["light", "dark"] = "light"
    ) -> Page:
        """A browser of its own; what goes wrong in it is kept."""
        context = self._browser.new_context(viewport=size, color_scheme=scheme)
        context.add_init_script(SPY)
        self._contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("dialog", self._note_dialog)
        page.on("console", self._note_message)
        page.on("request", self._note_request)
        page.goto(f"{self.url}{path}")
        ready(page)
        return page

    def _note_dialog(self, dialog: Dialog) -> None:
        self.faults.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def _note_message(self, message: ConsoleMessage) -> None:
        if re.search("Content Security Policy|Trusted ?Type", message.text):
            self.faults.append(message.text)

    def _note_request(self, request: Request) -> None:
        if not request.url.startswith((self.url, "data:")):
            self.faults.append(f"foreign request {request.url}")

    def signed_in(self, name: str, path: str = "/console", **how: Any) -> Page:
        """A window of an agent, signed in by typing."""
        page = self.page(path, **how)
        sign_in(page, name)
        expect(page.locator("#sign-out")).to_be_visible()
        ready(page)
        return page

    def close(self) -> None:
        """Close all windows."""
        for context in self._contexts:
            context.close()
        self.database.close()


def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    """Type name and password."""
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def ready(page: Page) -> None:
    """Wait until the page hears clicks and keys."""
    expect(page.locator("html[data-ready]")).to_have_count(1)


def row(page: Page, ticket: Ticket) -> Any:
    """A ticket's row in the list."""
    return page.locator(f"#t{ticket.id}")


def text(page: Page) -> Any:
    """Where an answer is written."""
    return page.locator("#text")


@pytest.fixture
def office(service: Service, browser: Browser) -> Iterator[Office]:
    opened = Office(service, browser)
    yield opened
    opened.close()


def test_signing_in_and_out(office: Office) -> None:
    ticket = office.open("Reached by its address")
    page = office.page(f"/console/tickets/{ticket.id}")
    expect(page).to_have_url(re.compile("/console/sign-in"))
    sign_in(page, "anna", "something else")
    expect(page.get_by_role("alert")).to_have_text("The name or the password is wrong.")
    sign_in(page, "anna")
    expect(page.get_by_role("heading", name="Reached by its address")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("User name")).to_be_visible()
    page.goto(f"{office.url}/console")
    expect(page.get_by_label("User name")).to_be_visible()
    assert office.faults == []


def test_a_partner_gets_the_answer_in_the_chat_and_a_comment_reopens(office: Office, browser: Browser) -> None:
    context = browser.new_context(viewport=DESKTOP)
    context.add_init_script("window.sent = [];")
    chat = open_chat(context, office.url)
    ask_and_wait(chat)
    conversation = office.database.read(
        lambda session: session.query(Conversation.id).order_by(Conversation.active_at.desc()).first()
    )
    assert conversation is not None
    ticket = office.open("Dispute of an invoice", type="billing.dispute", conversation_id=conversation[0])

    page = office.signed_in("anna")
    row(page, ticket).locator(".subject").click()
    page.get_by_text("The chat before it").click()
    expect(page.locator("#chat")).to_contain_text("What is the maximum dispute period?")
    text(page).fill("We **look into it**, Giulia.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".said-event.reply strong")).to_have_text("look into it")
    expect(page.locator("#head")).to_contain_text("waiting for partner")
    expect(text(page)).to_have_value("")
    expect(log(chat)).to_contain_text("look into it, Giulia.", timeout=ANSWER_WITHIN)

    partner = Author("partner", None, "Giulia")
    office.database.write(
        lambda session: changes.comment(session, session.get_one(Ticket, ticket.number), partner, "Here is the number.")
    )
    expect(page.locator(".said-event.comment")).to_contain_text("Here is the number.", timeout=WITHIN)
    expect(page.locator("#head .state")).to_have_text("open")
    context.close()
    assert office.faults == []


def test_what_is_missing_is_asked_for_with_one_click(office: Office) -> None:
    ticket = office.open(
        "Emergency calls",
        type="classound.emergency_activation",
        fields={"did_numbers": ["+390451234567"]},
        contact={"name": "Giulia Bianchi", "company": "Hotel Verona"},
        triage=TRIAGE,
    )
    page = office.signed_in("anna", f"/console/tickets/{ticket.id}")
    page.get_by_role("button", name="Ask the partner for it").click()
    expect(text(page)).to_have_value(re.compile(r"^Hello Giulia,[\s\S]*full address"))
    expect(text(page)).to_be_focused()
    page.get_by_role("button", name="Insert and edit").click()
    expect(text(page)).to_have_value(re.compile(r"^Hello Giulia,[\s\S]*Send us the \*address\*"))
    page.reload()
    expect(text(page)).to_have_value(re.compile("^Hello Giulia"))  # a draft is not lost
    ready(page)
    page.get_by_role("button", name="Technical problem").click()  # the triage was wrong
    expect(page.locator("#head")).to_contain_text("Technical problem")
    expect(page.locator("#side .verdict .tag")).to_have_text("corrected")
    expect(page.locator("#thread")).to_contain_text("changed type from Activate emergency calls to Technical problem")
    page.get_by_role("button", name="Change phone numbers").click()
    page.get_by_label("phone numbers", exact=True).fill("045 1234567")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".edit-form .problem")).to_contain_text("country code")
    expect(page.get_by_label("phone numbers", exact=True)).to_have_value("045 1234567")
    assert office.ticket(ticket).fields == {"did_numbers": ["+390451234567"]}
    page.get_by_label("Field to add").select_option(label="PBX")
    page.get_by_label("Its value").fill("serial 12345")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".facts")).to_contain_text("serial 12345")
    assert office.faults == []


def test_the_keyboard_does_it_all(office: Office) -> None:
    mark = secrets.token_hex(4)
    # Triaged already, so that their order does not change meanwhile.
    first = office.open(f"First {mark}", priority="urgent", triage={"priority": "urgent"})
    second = office.open(f"Second {mark}", priority="high", triage={"priority": "high"})
    page = office.signed_in("bruno")
    page.keyboard.press("/")
    page.keyboard.type(mark)
    page.keyboard.press("Enter")
    expect(page.locator(".row[data-ticket]")).to_have_count(2)
    ready(page)
    page.locator("h1").click()
    page.keyboard.press("j")
    expect(row(page, first)).to_have_class(re.compile("current"))
    page.keyboard.press("j")
    expect(row(page, second)).to_have_class(re.compile("current"))
    page.keyboard.press("k")
    page.keyboard.press("x")
    expect(page.locator("#bulk-count")).to_have_text("1 selected")
    page.keyboard.press("x")
    page.keyboard.press("a")
    expect(row(page, first).locator(".assignee")).to_have_text("Bruno")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=f"Second {mark}")).to_be_visible()
    ready(page)
    page.keyboard.press("a")
    expect(page.locator("#assignee")).to_have_value(re.compile("[0-9a-f]{32}"))
    page.keyboard.press("n")
    page.keyboard.type("Only for us")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".said-event.note")).to_contain_text("Only for us")
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    expect(text(page)).to_be_focused()
    expect(page.get_by_label("Reply to the partner")).to_be_checked()
    page.keyboard.press("Escape")
    page.keyboard.press("u")
    expect(page).to_have_url(re.compile(f"q={mark}"))
    expect(row(page, second)).to_have_class(re.compile("current"))
    assert office.faults == []


def test_two_windows_see_each_other(office: Office) -> None:
    mark = secrets.token_hex(4)
    ticket = office.open(f"Shared {mark}")
    listing = office.signed_in("clara", f"/console?q={mark}")
    anna = office.signed_in("anna", f"/console/tickets/{ticket.id}")
    bruno = office.signed_in("bruno", f"/console/tickets/{ticket.id}")
    expect(anna.locator("#presence")).to_have_text("Bruno is looking at this ticket", timeout=WITHIN)
    expect(bruno.locator("#presence")).to_have_text("Anna is looking at this ticket", timeout=WITHIN)
    expect(row(listing, ticket)).to_contain_text("Anna and Bruno are there", timeout=WITHIN)
    text(bruno).fill("I have the answer")
    expect(anna.locator("#presence")).to_have_text("Bruno is writing", timeout=WITHIN)
    text(anna).fill("Half a sentence")
    bruno.get_by_role("button", name="Send", exact=True).click()
    expect(anna.locator(".said-event.reply")).to_contain_text("I have the answer", timeout=WITHIN)
    expect(anna.locator("#notices")).to_contain_text("Bruno changed this ticket.")
    expect(text(anna)).to_have_value("Half a sentence")
    expect(row(listing, ticket).locator(".state")).to_have_text("waiting", timeout=WITHIN)
    fresh = office.open(f"Fresh {mark}")
    expect(row(listing, fresh)).to_be_visible(timeout=WITHIN)
    assert office.faults == []


def test_a_session_that_ends_elsewhere_is_said_and_loses_nothing(office: Office) -> None:
    ticket = office.open("Interrupted")
    page = office.signed_in("bruno", f"/console/tickets/{ticket.id}")
    text(page).fill("A long answer")
    office.database.write(lambda session: agents.end_all(session, agents.named(session, "bruno")))
    expect(page.locator("#notices")).to_contain_text("You are signed out", timeout=WITHIN)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#problem")).to_contain_text("sign in again", ignore_case=True)
    expect(text(page)).to_have_value("A long answer")
    other = page.context.new_page()
    other.goto(f"{office.url}/console/sign-in")
    sign_in(other, "bruno")
    expect(other.locator("#list")).to_be_visible()
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".said-event.reply")).to_contain_text("A long answer")


def test_many_are_closed_at_once(office: Office) -> None:
    mark = secrets.token_hex(4)
    tickets = [office.open(f"Bulk {mark}") for _ in range(3)]
    page = office.signed_in("anna", f"/console?q={mark}")
    for ticket in tickets[:2]:
        row(page, ticket).get_by_role("checkbox").check()
    page.locator("#bulk-close").click()
    expect(page.locator("#notices")).to_contain_text("2 tickets closed.")
    assert [office.ticket(ticket).state for ticket in tickets] == ["closed", "closed", "new"]
    page.get_by_label("State").select_option("closed")
    expect(page).to_have_url(re.compile("state=closed"))
    expect(page.locator(".row[data-ticket]")).to_have_count(2)
    assert office.faults == []


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<svg/onload=alert(1)>",
    "' onmouseover='alert(1)",
    "[click](javascript:alert(1)) ![x](https://evil.example/x.png)",
    "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe>",
    "<a href='javascript:alert(1)' autofocus onfocus=alert(1)>x</a>",
    "<style>@import 'https://evil.example/x.css'; * { display: none }</style>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<base href='https://evil.example/'>",
    "<link rel=stylesheet href='https://evil.example/x.css'>",
    "</textarea></option></select><script>alert(1)</script>",
    "\u202etxet desrever\u2066",
    "Z" + "\u0351\u036b\u0343" * 200 + "algo",
    "x" * 20_000,
    "{{ 7*7 }}{% for x in ().__class__ %}",
    "<math><mi xlink:href='data:text/html,<script>alert(1)</script>'>x",
]


def test_hostile_text_shows_as_text(office: Office) -> None:
    mark = secrets.token_hex(4)
    made = []
    for number, hostile in enumerate(HOSTILE):
        evil = Author("partner", None, hostile)
        ticket = office.open(
            f"{mark} {hostile}",
            description=hostile,
            contact={"name": hostile[:150], "company": hostile[:150], "email": hostile[:150]},
            type="billing.dispute",
            fields={"invoice_number": hostile, "reason": hostile},
            triage={
                "type": "billing.dispute",
                "type_reason": hostile,
                "priority": "low",
                "priority_reason": hostile,
                "also_asks": hostile,
                "findings": [{"decision": hostile, "steps": [hostile], "sources": [hostile]}],
                "suggested": {"question": hostile, "text": hostile},
            },
        )
        office.database.write(partial(_say, number=ticket.number, author=evil, text=f"{number} {hostile}"))
        made.append(ticket)
    page = office.signed_in("anna", f"/console?q={mark}")
    expect(page.locator(".row[data-ticket]")).to_have_count(len(HOSTILE))
    assert page.evaluate("document.scrollingElement.scrollWidth - innerWidth") <= 0
    for ticket, hostile in zip(made, HOSTILE, strict=True):
        page.goto(f"{office.url}/console/tickets/{ticket.id}")
        expect(page.locator("#composer")).to_be_visible()
        if hostile.isascii():
            expect(page.locator(".said-event .typed").first).to_have_text(hostile)
        page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
        expect(page.locator(".finding details")).to_have_count(1)
        assert page.evaluate("document.scrollingElement.scrollWidth - innerWidth") <= 0, hostile[:40]
        assert page.evaluate("violations") == []
        assert page.locator("script").count() == 3  # the own ones of every page
        assert page.locator("iframe, img, svg, style, base, link[href*='evil'], meta[http-equiv]").count() == 0
    assert office.faults == []


def _say(session: Any, number: int, author: Author, text: str) -> None:
    """As somebody of this name, plain and as Markdown; a comment would have the ticket triaged anew."""
    ticket = session.get_one(Ticket, number)
    changes.note(session, ticket, author, text)
    changes.note(session, ticket, Author("agent", None, author.name), text)


def test_a_slack_account_is_linked_and_unlinked_on_the_account_page(office: Office) -> None:
    team = f"T{secrets.token_hex(4).upper()}"

    def show(session: Any) -> str:
        where = conversation_for(session, "slack", f"{team}:D1").id
        return slack_users.new_code(session, team, "U1", where, slack_users.FOR_AGENT)

    page = office.signed_in("anna", "/console/account")
    for typed in ("000-000-000", office.database.write(show).lower()):
        page.get_by_label("Code from Slack").fill(typed)
        page.get_by_role("button", name="Link", exact=True).click()
        if typed.startswith("000-000"):
            expect(page.locator("#slack-problem")).to_contain_text("This code is not valid")
    expect(page.get_by_text(f"U1 in workspace {team}")).to_be_visible()
    ready(page)
    page.get_by_role("button", name="Unlink").click()
    expect(page.get_by_text(f"U1 in workspace {team}")).to_have_count(0)
    assert office.faults == []


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_for_axe_and_nothing_is_cut_off(
    office: Office, size: ViewportSize, scheme: Literal["light", "dark"], tmp_path: Path
) -> None:
    mark = secrets.token_hex(4)
    ticket = office.open(
        f"Emergency {mark}",
        type="classound.emergency_activation",
        priority="urgent",
        fields={"did_numbers": ["+390451234567"]},
        triage=TRIAGE,
    )
    office.open(f"Later {mark}")
    late = now() - timedelta(hours=1)
    office.database.write(lambda session: setattr(session.get_one(Ticket, ticket.number), "due_at", late))
    axe = Axe()
    page = office.page(size=size, scheme=scheme)
    found = [("sign-in", axe.run(page))]
    sign_in(page, "anna")
    expect(page.locator("#list")).to_be_visible()
    for name, path in (
        ("list", f"/console?q={mark}"),
        ("ticket", f"/console/tickets/{ticket.id}"),
        ("account", "/console/account"),
        ("nowhere", "/console/nowhere"),
    ):
        page.goto(f"{office.url}{path}")
        page.wait_for_load_state("networkidle")
        if name == "list":
            page.keyboard.press("j")
            page.keyboard.press("x")
        page.screenshot(path=tmp_path / f"{name}.png", full_page=True)
        found.append((name, axe.run(page)))
        assert page.evaluate("document.scrollingElement.scrollWidth - innerWidth") <= 0, name
    serious = [
        (name, violation["id"], violation["nodes"][0]["html"])
        for name, results in found
        for violation in results.response["violations"]
        if violation["impact"] in SERIOUS
    ]
    assert serious == []
    assert office.faults == []


def test_the_theme_is_kept(office: Office) -> None:
    page = office.signed_in("anna")
    background = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(background)
    page.get_by_role("button", name="Theme").click()
    assert page.evaluate(background) != light
    page.reload()
    assert page.evaluate(background) != light
    page.get_by_role("button", name="Theme").click()
    assert page.evaluate(background) == light
