"""The leads' pages in a real Chromium: figures, groups, a phrasing tried and accepted, light and dark, wide and narrow.

The bot is the real one; a server that does as told stands in for `actions`, whose trials take minutes
(tests/actions and tests/benchmarks hold what they do).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Route, expect

from tests.bot.console.test_insights import DONE, Desks
from tests.bot.peers import Rasa
from tests.browser.test_console import DESKTOP, PHONE, SERIOUS, Office, ready
from tests.service import Service, free_port
from tests.tickets.asked import a_busy_month
from tickets import agents
from tickets.base import now

PAGES = {
    "figures": "/console/insights",
    "unanswered": "/console/insights/unanswered",
    "phrasing": "/console/insights/phrasing?q=pay",
    "empty": "/console/insights?from=2020-01-01&to=2020-01-31",
}


@pytest.fixture(scope="module")
def peer() -> Iterator[Rasa]:
    """What stands in for the engine and `actions`."""
    rasa = Rasa()
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(rasa.app, port=port, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    rasa.url = f"http://127.0.0.1:{port}"
    yield rasa
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def service(peer: Rasa, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A bot of its own: its month would be in the way of others."""
    urls = {"CARE_ENGINE_URL": peer.url, "CARE_ACTIONS_URL": peer.url}
    running = Service(tmp_path_factory.mktemp("insights") / "var", urls)
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def month(service: Service, browser: Browser) -> None:
    """Thirty days of chats and tickets."""
    office = Office(service, browser)
    office.database.write(lambda session: a_busy_month(session, agents.named(session, "anna"), now()))
    office.close()


@pytest.fixture(scope="module")
def desks(peer: Rasa) -> Desks:
    return Desks(peer)


@pytest.fixture
def actions(desks: Desks) -> Iterator[Desks]:
    """What `actions` says, until the test is over."""
    usual = dict(desks.answers)
    yield desks
    desks.answers = usual


@pytest.fixture
def office(service: Service, browser: Browser, month: None, actions: Desks) -> Iterator[Office]:
    opened = Office(service, browser)
    yield opened
    opened.close()


def test_a_lead_comes_from_the_figures_to_a_phrasing(office: Office, actions: Desks) -> None:
    page = office.signed_in("clara")
    page.get_by_role("link", name="Insights").click()
    expect(page.get_by_role("img", name="Tickets opened, ")).to_be_visible()
    page.locator("select[name=queue]").select_option("Billing")
    expect(page).to_have_url(f"{office.url}/console/insights?queue=Billing")
    page.get_by_role("link", name="Not answered").click()
    expect(page).to_have_url(f"{office.url}/console/insights/unanswered?queue=Billing")
    page.get_by_role("link", name="Use “").first.click()
    expect(page.get_by_role("heading", name="Add it as a phrasing of an entry")).to_be_visible()
    page.get_by_label("The phrasing").fill("can i pay in bitcoin")

    actions.answers["/trial/state"] = {**DONE, "state": "running", "phase": "replay", "done": 240, "of": 734}
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("240 of 734")).to_be_visible()
    expect(page.get_by_role("button", name="Try it")).to_be_disabled()
    actions.answers["/trial/state"] = dict(DONE)
    expect(page.get_by_text("1 of 734 evaluation questions")).to_be_visible()
    expect(page.get_by_role("row", name="which cards do you take")).to_contain_text("worse")

    actions.answers["/phrasings"] = {"status": 409, "problem": "The content folder cannot be written here."}
    page.get_by_role("button", name="Accept the phrasing").click()
    expect(page.get_by_text("The content folder cannot be written here.")).to_be_visible()
    actions.answers["/phrasings"] = {"entry": DONE["entry"], "phrasings": 31}
    page.get_by_role("button", name="Accept the phrasing").click()
    expect(page.get_by_text("has 31 phrasings now")).to_be_visible()
    assert office.faults == []


def test_what_is_pressed_before_the_script_is_there_waits_for_it(office: Office, actions: Desks) -> None:
    page = office.signed_in("clara", "/console/insights")
    held: list[Route] = []
    page.route("**/console/static/phrasing.js", lambda route: held.append(route))
    page.goto(f"{office.url}/console/insights/phrasing?q=pay", wait_until="commit")
    page.get_by_label("The phrasing").fill("can i pay in bitcoin")
    actions.answers["/trial/state"] = {**DONE, "state": "running", "phase": "replay", "done": 240, "of": 734}
    page.get_by_role("button", name="Try it").click(no_wait_after=True)
    (script,) = held
    script.continue_()
    expect(page.get_by_text("240 of 734")).to_be_visible()
    assert office.faults == []


def test_a_lead_drafts_an_entry(office: Office, service: Service) -> None:
    page = office.signed_in("clara", "/console/insights/phrasing")
    page.get_by_label("The question, short").fill("Can I pay in bitcoin?")
    page.get_by_label("Section").select_option("Billing")
    page.get_by_label("How it was asked").fill("bitcoin?\n\n crypto payments ")
    page.get_by_role("button", name="Save the draft").click()
    expect(page.get_by_text("billing-can-i-pay-in-bitcoin.md of the data folder")).to_be_visible()
    draft = service.data_dir / "drafts" / "billing-can-i-pay-in-bitcoin.md"
    assert '  - "bitcoin?"\n  - "crypto payments"\n---' in draft.read_text(encoding="utf-8")
    assert office.faults == []


def test_periods_by_dates(office: Office) -> None:
    page = office.signed_in("clara", "/console/insights")
    page.locator("#days").select_option("90")
    expect(page).to_have_url(f"{office.url}/console/insights?days=90")
    ready(page)
    page.get_by_label("from", exact=True).fill("2026-01-05")
    page.get_by_label("to", exact=True).fill("2026-01-09")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(f"{office.url}/console/insights?from=2026-01-05&to=2026-01-09")
    expect(page.get_by_text("Nothing in this time.").first).to_be_visible()


def test_an_agent_is_not_let_in(office: Office) -> None:
    page = office.signed_in("anna")
    page.goto(f"{office.url}/console/insights")
    expect(page.get_by_text("This page is for leads.")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_serious(office: Office, actions: Desks, tmp_path: Path, scheme: Any, size: Any) -> None:
    axe = Axe()
    actions.answers["/trial/state"] = dict(DONE)
    page = office.signed_in("clara", size=size, scheme=scheme)
    expect(page.get_by_role("link", name="Insights")).to_be_visible()
    for name, path in PAGES.items():
        page.goto(office.url + path)
        for summary in page.locator("summary").all():
            summary.click()
        page.screenshot(path=tmp_path / f"{name}.png", full_page=True)
        found = axe.run(page).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in SERIOUS] == [], name
        assert page.evaluate("document.scrollingElement.scrollWidth - innerWidth") <= 0, name
    assert office.faults == []
