"""The page where a code from Slack is entered: only by whoever is signed in to the portal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.portal_site import PortalSite
from tests.portals import SigningPortal
from tests.promises.bots import Bot
from tests.service import Service
from tickets import slack_users
from tickets.conversations import conversation_for
from tickets.database import Database


@pytest.fixture
def page_of(service: Service, tmp_path: Path) -> Iterator[tuple[PortalSite, str]]:
    """A portal, a bot that trusts it, and a code that was shown in Slack."""
    signing = SigningPortal()
    portal = PortalSite(signing)
    folder = tmp_path / "bot"
    bot = Bot(folder, service, None, {**signing.settings, "CARE_WIDGET_ORIGINS": portal.url, "CARE_ANONYMOUS": "no"})
    folder.mkdir(exist_ok=True)
    database = Database(f"sqlite:///{folder / 'care.db'}")
    database.migrate()
    code = database.write(
        lambda session: slack_users.new_code(session, "T1", "U1", conversation_for(session, "slack", "T1:D1").id)
    )
    database.close()
    bot.start()
    portal.care = bot.url
    with portal.serving():
        yield portal, code
    bot.kill()


def test_a_code_is_entered_once_and_the_link_undone(
    context: BrowserContext, page_of: tuple[PortalSite, str], browser: object
) -> None:
    portal, code = page_of
    page = context.new_page()
    page.goto(f"{portal.url}/login/ann")
    page.goto(f"{portal.url}/slack")
    field, said = page.get_by_label("Code from Slack"), page.get_by_role("alert")
    page.get_by_role("button", name="Link", exact=True).click()
    expect(said).to_have_text("Please fill this in.")
    for typed, answer in (("wrong", "not valid"), (code.lower(), "linked to"), (code, "not valid")):
        field.fill(typed)
        field.press("Enter")
        expect(said).to_contain_text(answer)
    page.get_by_role("button", name="Unlink my Slack accounts").click()
    expect(said).to_contain_text("No Slack account is linked")
    page.goto(f"{portal.url}/logout")
    page.goto(f"{portal.url}/slack")
    field.fill(code)
    field.press("Enter")
    expect(said).to_contain_text("sign in to the portal")
