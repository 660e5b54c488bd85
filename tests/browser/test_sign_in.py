"""The chat and the ticket form in a portal's page: whoever is signed in sees their own, and never the last one's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserContext, Error, Page, expect

from tests.browser.chat_page import ANSWER_WITHIN, FAULTS, ask, ask_and_wait, box, log, open_chat, said
from tests.browser.portal_site import PortalSite
from tests.portals import SigningPortal
from tests.promises.bots import Bot
from tests.service import Service

FIRST, SECOND = "What is the maximum dispute period?", "How can I cancel a DID number?"


@pytest.fixture(scope="module")
def site(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalSite]:
    """A portal, and a bot that trusts it."""
    signing = SigningPortal()
    portal = PortalSite(signing)
    settings = {**signing.settings, "CARE_WIDGET_ORIGINS": portal.url, "CARE_ANONYMOUS": "no"}
    bot = Bot(tmp_path_factory.mktemp("portal") / "bot", service, None, settings)
    bot.start()
    portal.care = bot.url
    with portal.serving():
        yield portal
    bot.kill()


def sign_in(context: BrowserContext, site: PortalSite, user: str) -> Page:
    """The portal's page after this user has signed in."""
    return open_chat(context, f"{site.url}/login/{user}")


def connected(page: Page) -> None:
    """Wait until the chat knows who is there: only then is there a greeting or a history."""
    expect(page.get_by_text("Hello! How can we help?").or_(said(page).first)).to_be_visible(timeout=ANSWER_WITHIN)


def stored(page: Page) -> str:
    """All that the browser keeps for the page."""
    kept: str = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    return kept


def test_the_history_belongs_to_the_person_not_to_the_browser(
    context: BrowserContext, site: PortalSite, browser: object
) -> None:
    page = sign_in(context, site, "ann")
    ask_and_wait(page, FIRST)
    page.reload()
    expect(said(page)).to_have_text([FIRST], timeout=ANSWER_WITHIN)
    expect(page.get_by_role("button", name="New conversation")).to_be_hidden()

    other = context.browser
    assert other is not None
    elsewhere = other.new_context()
    phone = sign_in(elsewhere, site, "ann")
    expect(said(phone)).to_have_text([FIRST], timeout=ANSWER_WITHIN)
    ask_and_wait(phone, SECOND)
    expect(said(page)).to_have_text([FIRST, SECOND], timeout=ANSWER_WITHIN)
    elsewhere.close()
    assert FAULTS[page] == []


def test_the_next_person_at_the_same_browser_sees_nothing_of_the_last(
    context: BrowserContext, site: PortalSite
) -> None:
    page = sign_in(context, site, "carla")
    ask_and_wait(page, FIRST)
    box(page).fill("half a sentence of Carla's")
    page.wait_for_timeout(300)
    page.goto(f"{site.url}/login/dora")  # without a word to the chat
    connected(page)
    expect(log(page).locator("li.message")).to_have_count(0)
    expect(box(page)).to_have_value("")
    ask_and_wait(page, SECOND)
    expect(said(page)).to_have_text([SECOND])
    page.goto(f"{site.url}/login/carla")
    expect(said(page)).to_have_text([FIRST], timeout=ANSWER_WITHIN)
    expect(box(page)).to_have_value("")


def test_what_was_not_sent_is_not_sent_as_somebody_else(context: BrowserContext, site: PortalSite) -> None:
    page = sign_in(context, site, "emma")
    connected(page)
    context.set_offline(True)
    ask(page, "written by Emma while offline")
    expect(log(page).locator("li.user[data-state=pending]")).to_have_count(1)
    context.set_offline(False)
    page.evaluate("document.querySelector('care-chat').remove()")  # before it is sent
    page.goto(f"{site.url}/login/fred")
    connected(page)
    page.wait_for_timeout(1500)
    expect(log(page).locator("li.message")).to_have_count(0)


def test_a_draft_stays_for_the_same_person(context: BrowserContext, site: PortalSite) -> None:
    page = sign_in(context, site, "gina")
    connected(page)
    box(page).fill("half a sentence")
    page.reload()
    expect(box(page)).to_have_value("half a sentence", timeout=ANSWER_WITHIN)


def test_signing_out_ends_it_in_all_pages_and_leaves_nothing(context: BrowserContext, site: PortalSite) -> None:
    page = sign_in(context, site, "hans")
    ask_and_wait(page, FIRST)
    other = open_chat(context, site.url)
    expect(said(other)).to_have_text([FIRST], timeout=ANSWER_WITHIN)

    page.evaluate("document.querySelector('care-chat').logout()")
    for one in (page, other):
        expect(one.get_by_text("You are signed out.")).to_be_visible(timeout=5_000)
        expect(log(one).locator("li.message")).to_have_count(0)
    assert FIRST not in stored(page)

    context.request.post(f"{site.url}/logout")
    page.reload()
    expect(page.get_by_text("Please sign in to the portal to chat here.")).to_be_visible(timeout=ANSWER_WITHIN)
    assert FAULTS[page] == []


def test_the_session_is_kept_nowhere_and_no_token_is_in_an_address(context: BrowserContext, site: PortalSite) -> None:
    seen: list[str] = []
    page = sign_in(context, site, "ines")
    connected(page)
    page.on("request", lambda request: seen.append(f"{request.url} {request.headers.get('referer', '')}"))
    page.on("websocket", lambda socket: seen.append(socket.url))
    bodies: list[str] = []
    page.on("response", lambda response: bodies.append(response.url))
    with page.expect_response(re.compile("/api/web/session")) as opened:
        page.reload()
    session = opened.value.json()["session"]
    connected(page)
    ask_and_wait(page, FIRST)
    assert session not in stored(page)
    assert len(seen) > 5
    assert not any(session in line or "eyJ" in line for line in seen)


def test_a_session_that_has_ended_is_begun_again_unseen(context: BrowserContext, site: PortalSite) -> None:
    page = sign_in(context, site, "jack")
    connected(page)
    with page.expect_response(re.compile("/api/web/session")) as opened:
        page.reload()
    headers = {"authorization": f"Bearer {opened.value.json()['session']}"}
    connected(page)
    ask_and_wait(page, FIRST)
    before = len(site.asked)
    assert httpx.delete(f"{site.care}/api/web/session", headers=headers).status_code == 204
    ask_and_wait(page, SECOND)
    expect(said(page)).to_have_text([FIRST, SECOND])
    assert len(site.asked) > before


def test_a_token_address_elsewhere_is_not_asked(context: BrowserContext, site: PortalSite) -> None:
    page = sign_in(context, site, "kate")
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text))
    page.evaluate("document.querySelector('care-chat').setAttribute('token-url', 'https://evil.example/token')")
    page.wait_for_timeout(500)
    assert any("own origin" in problem for problem in problems)


class TestForm:
    def test_a_partner_opens_a_ticket_without_saying_who_they_are(
        self, context: BrowserContext, site: PortalSite
    ) -> None:
        sign_in(context, site, "lisa")
        page = context.new_page()
        page.goto(f"{site.url}/ticket")
        page.get_by_label("What is it about?").select_option("classound.cancel_did")
        page.get_by_label("Subject").fill("Cancel a number")
        page.get_by_label("What do you need?").fill("Please cancel this number on our PBX.")
        expect(page.get_by_label("Your name")).to_have_count(0)
        page.get_by_label("Phone numbers").fill("045 1234567")
        page.get_by_role("button", name="Open the ticket").click()
        expect(page.get_by_text("Write phone numbers with their country code")).to_be_visible()
        page.get_by_label("Phone numbers").fill("+39 045 1234567")
        page.get_by_role("button", name="Open the ticket").click()
        expect(page.get_by_role("heading", name=re.compile(r"Your ticket is open: CC-\d{6}"))).to_be_visible()
        expect(page.get_by_text("still need: PBX")).to_be_visible()

    def test_another_language_keeps_the_text(self, context: BrowserContext, service: Service) -> None:
        page = context.new_page()
        page.goto(f"{service.url}/ticket")
        italian = "Buongiorno, vorremmo disdire i due numeri del nostro cliente perché non li usa più."
        page.get_by_label("Subject").fill("Disdetta di due numeri")
        page.get_by_label("What do you need?").fill(italian)
        for label, value in (
            ("Your name", "Ann"),
            ("Your company", "Acme"),
            ("Your e-mail address", "ann@acme.example"),
        ):
            page.get_by_label(label).fill(value)
        page.get_by_role("button", name="Open the ticket").click()
        expect(page.get_by_text("only in English. Your text is still here")).to_be_visible()
        expect(page.get_by_label("What do you need?")).to_have_value(italian)
        page.get_by_label("Subject").fill("Cancel two numbers")
        page.get_by_label("What do you need?").fill("Please cancel the two numbers of our customer.")
        page.get_by_role("button", name="Open the ticket").click()
        expect(page.get_by_role("heading", name="Your ticket is open")).to_be_visible()

    def test_what_is_missing_is_said_at_its_field(self, context: BrowserContext, service: Service) -> None:
        page = context.new_page()
        page.goto(f"{service.url}/ticket")
        page.get_by_role("button", name="Open the ticket").click()
        expect(page.get_by_label("Subject")).to_be_focused()
        expect(page.get_by_text("Please fill this in.")).to_have_count(5)

    def test_it_opens_tickets_while_the_engine_is_down(self, context: BrowserContext, tmp_path: Path) -> None:
        alone = Service(
            tmp_path / "var", {"CARE_ENGINE_URL": "http://127.0.0.1:9", "CARE_ACTIONS_URL": "http://127.0.0.1:9"}
        )
        alone.start(wait=False)
        try:
            page = context.new_page()
            for _ in range(100):
                try:
                    page.goto(alone.url)
                    break
                except Error:
                    page.wait_for_timeout(100)
            ask(page, "Is anybody there?")
            with context.expect_page() as opened:
                page.get_by_role("link", name="Open a ticket instead").click(timeout=ANSWER_WITHIN)
            form = opened.value
            form.get_by_label("Subject").fill("Nobody answers")
            form.get_by_label("What do you need?").fill("The chat does not answer. Please call me about my order.")
            for label, value in (("Your name", "Ann"), ("Your company", "Acme"), ("Your e-mail", "ann@acme.example")):
                form.get_by_label(label).fill(value)
            form.get_by_role("button", name="Open the ticket").click()
            expect(form.get_by_role("heading", name="Your ticket is open: CC-000001")).to_be_visible()
        finally:
            alone.kill()

    @pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320)])
    def test_screenshots(self, context: BrowserContext, service: Service, scheme: str, width: int) -> None:
        page = context.new_page()
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"{service.url}/ticket")
        page.get_by_label("What is it about?").select_option("classound.cancel_did")
        page.get_by_role("button", name="Open the ticket").click()
        expect(page.get_by_text("Please fill this in.").first).to_be_visible()
        folder = Path(__file__).parent / "screenshots"
        folder.mkdir(exist_ok=True)
        page.screenshot(path=folder / f"ticket-{scheme}-{width}.png", full_page=True)
        assert page.evaluate("document.scrollingElement.scrollWidth - innerWidth") <= 0
