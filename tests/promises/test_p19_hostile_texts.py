"""P19: hostile text runs nowhere: every text × every field a stranger can fill, shown wherever texts are shown.

0 scripts run, 0 reports of the Content-Security-Policy, 0 requests to other hosts, no layout broken; e-mails and
webhooks carry it as text, and no cell of a CSV is a formula. The pages are looked at with their policy and with the
browser told to ignore it: what then still does not run is escaped. Red controls: the same pages with their text
as markup.
"""

from __future__ import annotations

import contextlib
import csv
import email
import email.policy
import html
import io
import json
import os
import random
import re
import subprocess
import sys
import threading
import time
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import pytest
import uvicorn
from playwright.sync_api import Browser, Error, Page, Route, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route as Served

from bot.deliveries import signature
from tests.browser.chat_page import ANSWER_WITHIN
from tests.browser.portal_site import PortalSite
from tests.portals import SigningPortal
from tests.promises.bots import Bot
from tests.promises.conftest import Size
from tests.promises.hostile_texts import VECTORS, Hostile, hostile_texts
from tests.promises.hostile_world import A_CHAT, ENGLISH, World, long_texts, prepare
from tests.promises.receivers import SECRET, Calls, Letters, mail_server, webhook
from tests.promises.watched_browser import TURNS, Trap, Watched, trapped_chromium
from tests.service import ROOT, Service, free_port

WIDTHS = (1280, 360)
HEADERS = {
    *("from", "to", "subject", "date", "message-id", "x-care-delivery", "auto-submitted", "mime-version"),
    *("content-type", "content-transfer-encoding"),
}
CHANGED = ("pbx", "since")  # fields that agents changed meanwhile
TO_AGENTS = "agents@care.example"


@pytest.fixture(scope="module")
def texts(size: Size) -> list[Hostile]:
    """The corpus: every vector; in full with encodings and contexts."""
    return hostile_texts(size(0, 640), random.Random(19))


@pytest.fixture(scope="module")
def letters() -> Iterator[Letters]:
    with mail_server() as found:
        yield found


@pytest.fixture(scope="module")
def calls() -> Iterator[Calls]:
    with webhook() as found:
        yield found


@pytest.fixture(scope="module")
def signing() -> SigningPortal:
    return SigningPortal()


@pytest.fixture(scope="module")
def site(signing: SigningPortal) -> Iterator[PortalSite]:
    """A portal's page without any policy of its own."""
    portal = PortalSite(signing)
    with portal.serving():
        yield portal


@pytest.fixture(scope="module")
def world(
    service: Service,
    tmp_path_factory: pytest.TempPathFactory,
    texts: list[Hostile],
    letters: Letters,
    calls: Calls,
    signing: SigningPortal,
    site: PortalSite,
) -> Iterator[World]:
    """A bot beside the running engine, full of the corpus."""
    settings = {
        **signing.settings,
        "CARE_WIDGET_ORIGINS": site.url,
        "CARE_SMTP_URL": letters.url,
        "CARE_MAIL_FROM": "Customer Care <care@care.example>",
        "CARE_NOTIFY_EMAIL": TO_AGENTS,
        "CARE_WEBHOOK_URL": calls.url,
        "CARE_WEBHOOK_SECRET": SECRET,
    }
    data_dir = tmp_path_factory.mktemp("hostile") / "var"
    prepare(data_dir, service)
    bot = Bot(data_dir, service, None, settings)
    bot.start()
    made = World(bot, signing)
    site.care = bot.url
    try:
        made.fill(texts)
        made.wait("SELECT count(*) FROM tickets WHERE triage_due", 120 + len(texts))
        made.wait("SELECT count(*) FROM deliveries WHERE state IN ('pending', 'sending')", 120 + len(texts))
        yield made
    finally:
        made.http.close()
        bot.kill()


@pytest.fixture(scope="module")
def chromium(world: World) -> Iterator[tuple[Browser, Trap]]:
    """A browser, after all is written: its loop and others do not go together."""
    with trapped_chromium() as found:
        yield found


@pytest.fixture
def watched(chromium: tuple[Browser, Trap], world: World, site: PortalSite) -> Iterator[Watched]:
    windows = Watched(*chromium, world.bot.url, site.url)
    yield windows
    windows.close()


def console(windows: Watched, world: World, name: str = "anna", **how: Any) -> Page:
    """A window of an agent who is signed in."""
    page = windows.window(**how)
    page.context.add_cookies([cast(Any, world.cookie(name))])
    return page


class TestConsole:
    @pytest.mark.parametrize("without_policy", [False, True], ids=["with its policy", "without its policy"])
    def test_tickets_and_lists_show_text(
        self, watched: Watched, world: World, without_policy: bool, figures: Callable[[str], None]
    ) -> None:
        page = console(watched, world, without_policy=without_policy)
        wrong = []
        for number in world.tickets:
            page.goto(world.bot.url + world.address(number))
            watched.look(page, widths=WIDTHS)
            wrong += differences(page, world.shown[number])
        for number in world.chat_tickets.values():
            page.goto(world.bot.url + world.address(number))
            page.locator("#chat summary").click()
            watched.look(page, widths=WIDTHS)
        for leads in ("insights", "insights/unanswered"):
            page.goto(f"{world.bot.url}/console/{leads}")
            watched.look(page, widths=WIDTHS)
        page.goto(f"{world.bot.url}/console?state=any&sort=newest")
        pages = 1
        watched.look(page, widths=WIDTHS)
        while (following := page.get_by_role("link", name="Next page")).count():
            following.click()
            page.wait_for_load_state()
            watched.look(page, widths=WIDTHS)
            pages += 1
        figures(f"{len(world.tickets)} tickets and {pages} pages of lists: caught {watched.kinds()}")
        assert not watched.caught, told(watched.caught)
        assert not wrong, told(wrong)
        assert reports(world) == 0

    def test_what_is_searched_for_and_addresses_are_text(
        self, watched: Watched, world: World, texts: list[Hostile]
    ) -> None:
        page = console(watched, world, without_policy=True)
        for text in texts:
            page.goto(f"{world.bot.url}/console?state=any&q={quote(text.text, safe='')}")
            watched.look(page)
        for text in texts[::10]:
            typed = quote(text.text, safe="")
            for path in (
                f"/console/{typed}",
                f"/console/sign-in?next={typed}",
                f"/console?assignee={typed}&after={typed}",
            ):
                page.goto(world.bot.url + path)
                watched.look(page, turns=False)
        page.goto(f"{world.bot.url}/console/account")
        watched.look(page, widths=WIDTHS)
        assert not watched.caught, told(watched.caught)

    def test_what_comes_while_pages_are_open_is_text(
        self, watched: Watched, world: World, texts: list[Hostile], size: Size
    ) -> None:
        number = next(iter(world.chat_tickets.values()))
        listing = console(watched, world, without_policy=True)
        ticket, other = (console(watched, world, name, without_policy=True) for name in ("anna", "bruno"))
        listing.goto(f"{world.bot.url}/console?sort=newest")
        for window in (ticket, other):
            window.goto(world.bot.url + world.address(number))
        expect(ticket.locator("#presence")).to_contain_text("is looking at this ticket", timeout=ANSWER_WITHIN)
        for text in texts[:: size(8, 2)]:
            fresh = world.write_ticket(text)
            said = {"text": text.text, "key": f"live-{text.number:08d}"}
            world.act(f"{world.address(number)}/note", said)
            expect(listing.locator(".row[data-ticket] .number").first).to_have_text(fresh, timeout=ANSWER_WITHIN)
            watched.look(listing)
        other.locator("#text").fill("Half a sentence")
        expect(ticket.locator("#presence")).to_contain_text("is writing", timeout=ANSWER_WITHIN)
        expect(other.locator("#notices")).to_contain_text("changed this ticket", timeout=ANSWER_WITHIN)
        for window in (ticket, other):
            expect(window.locator(".said-event.note")).to_have_count(len(texts[:: size(8, 2)]), timeout=ANSWER_WITHIN)
            watched.look(window)
        assert not watched.caught, told(watched.caught)

    def test_lines_of_100_kilobytes_break_no_page(
        self, watched: Watched, world: World, figures: Callable[[str], None]
    ) -> None:
        page = console(watched, world, without_policy=True)
        page.set_default_timeout(180_000)  # Chromium takes its time for 100 kB of marks, more where it shares a machine
        seconds = []
        for number, text in enumerate(long_texts(), start=1):
            started = time.monotonic()
            page.goto(world.bot.url + world.address(f"CC-{number:06d}"))
            seconds.append(f"{text[:3]!a} {time.monotonic() - started:.1f} s")
            watched.look(page, widths=WIDTHS)
            height = page.evaluate("document.querySelector('.said-event.opened').getBoundingClientRect().height")
            assert height < 1000, f"what stands below text {number} is out of reach"
        figures(", ".join(seconds))
        assert not watched.caught, told(watched.caught)


class TestWidget:
    def test_a_portals_page_shows_text(self, watched: Watched, world: World, site: PortalSite) -> None:
        """The portal's page has no policy: nothing but the widget stands between its partner and the text."""
        for who, part in world.chats.items():
            page = watched.window()
            page.goto(f"{site.url}/login/{who}")
            log = page.locator("care-chat .log")
            expect(log.locator("li.user")).to_have_count(len(part), timeout=ANSWER_WITHIN)
            expect(log.locator("li.agent")).to_have_count(len(part), timeout=ANSWER_WITHIN)
            watched.look(page, widths=(1280, 320), turns=False)
            typed = [text.text.replace("\x00", "") for text in part]
            assert log.locator("li.user .typed").evaluate_all("(all) => all.map((one) => one.textContent)") == typed
        assert not watched.caught, told(watched.caught)

    def test_our_own_page_shows_text_as_it_is_typed(
        self, watched: Watched, world: World, texts: list[Hostile], size: Size
    ) -> None:
        page = watched.window()
        page.goto(world.bot.url)
        box = page.get_by_role("textbox", name="Your message")
        for count, text in enumerate(texts[:: size(10, 10)], start=1):
            box.fill(text.text)
            box.press("Enter")
            expect(page.locator("care-chat li.user[data-state=done]")).to_have_count(count, timeout=ANSWER_WITHIN)
        expect(page.locator("care-chat .typing")).to_be_hidden(timeout=ANSWER_WITHIN)
        watched.look(page, widths=(1280, 320), turns=False)
        page.reload()
        expect(page.locator("care-chat li.user")).to_have_count(count, timeout=ANSWER_WITHIN)
        watched.look(page, turns=False)
        assert not watched.caught, told(watched.caught)


class TestEditors:
    """What an editor wrote into the FAQ reaches both sides as the engine's reply."""

    def test_what_an_editor_wrote_runs_nowhere(
        self,
        chromium: tuple[Browser, Trap],
        service: Service,
        start_bot: Callable[..., Bot],
        signing: SigningPortal,
        site: PortalSite,
        texts: list[Hostile],
        tmp_path: Path,
    ) -> None:
        prepare(tmp_path / "bot0", service)
        with engine_that_says(texts) as engine:
            settings = {**signing.settings, "CARE_WIDGET_ORIGINS": site.url, "CARE_ENGINE_URL": engine}
            bot = start_bot(**settings)
            editors = World(bot, signing)
            before, site.care = site.care, bot.url
            opened: dict[str, tuple[str, int]] = {}  # reader → ticket, answers; as many as a page shows of a chat
            for first in range(0, len(texts), A_CHAT):
                session = editors.partner(f"reader{first}")
                asked = [str(number) for number in range(first, min(first + A_CHAT, len(texts)))]
                editors.chat(session, asked)
                ticket = editors.open(session, "What was answered", "Please read the chat." + ENGLISH)
                opened[f"reader{first}"] = ticket["number"], len(asked)
        watched = Watched(*chromium, bot.url, site.url)
        try:
            agent = console(watched, editors, without_policy=True)
            for reader, (number, answers) in opened.items():
                page = watched.window()
                page.goto(f"{site.url}/login/{reader}")
                expect(page.locator("care-chat li.bot")).to_have_count(answers, timeout=ANSWER_WITHIN)
                watched.look(page, widths=(1280, 320), turns=False)
                agent.goto(bot.url + editors.address(number))
                agent.locator("#chat summary").click()
                watched.look(agent, widths=WIDTHS)
            assert not watched.caught, told(watched.caught)
        finally:
            watched.close()
            editors.http.close()
            site.care = before


class TestElsewhere:
    def test_mail_is_one_plain_text_to_whom_it_is_for(
        self, world: World, letters: Letters, figures: Callable[[str], None]
    ) -> None:
        vouched = {row[0] for row in world.rows("SELECT email FROM partners WHERE email != ''")}
        found, said = [], list[str]()
        for sender, recipients, content in letters.got:
            message = email.message_from_bytes(content, policy=email.policy.default)
            if sender != "care@care.example" or len(recipients) != 1 or not {*recipients} <= {TO_AGENTS, *vouched}:
                found.append(f"from {sender} to {recipients}")
            names = {name.lower() for name in message} - {"x-peer", "x-mailfrom", "x-rcptto"}
            if names != HEADERS or len(message.keys()) != len({*message}):
                found.append(f"headers {sorted(names ^ HEADERS)}")
            if message.is_multipart() or message.get_content_type() != "text/plain":
                found.append(f"a letter of {message.get_content_type()}")
            subject = str(message["subject"]).strip()
            if not subject.isprintable() or not re.match(r"(\[\w+\] )?CC-\d{6}", subject):
                found.append(f"subject {subject!r}")
            if any(len(line) > 998 for line in content.splitlines()):
                found.append("a line longer than mail may have")
            said.append(str(message.get_content()))
        whole = mended("\n".join(said))
        missing = [text.text for text in world.tickets.values() if mended(text.text) not in whole]
        figures(f"{len(letters.got)} letters, {len(vouched)} addresses, {len(found)} wrong")
        assert len(letters.got) >= 2 * len(world.tickets)
        assert not found, told(found)
        assert not missing, told(missing)

    def test_webhooks_are_json_that_says_it_as_it_is(self, world: World, calls: Calls) -> None:
        subjects, replies = set(), set()
        for headers, body in calls.got:
            at = int(headers["x-care-signature"].split(",")[0].removeprefix("t="))
            assert headers["x-care-signature"] == signature(SECRET, body, at)
            assert headers["content-type"] == "application/json"
            assert body.isascii()
            said = json.loads(body)
            subjects.add(said["ticket"]["subject"])
            if said["event"]["kind"] == "reply":
                replies.add(said["event"]["text"])
        assert {shown["subject"] for shown in world.shown.values()} <= subjects
        wanted = {text.text.replace("\x00", "").strip() for text in world.tickets.values()}
        assert wanted <= replies

    def test_no_cell_of_the_export_is_a_formula(
        self, world: World, tmp_path: Path, figures: Callable[[str], None]
    ) -> None:
        file = tmp_path / "tickets.csv"
        environment = {k: v for k, v in os.environ.items() if not k.startswith("CARE_")}
        environment |= {"CARE_DATA_DIR": str(world.bot.data_dir)}
        command = [sys.executable, "-m", "cli.main", "tickets", "export", "--output", str(file)]
        subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True)
        content = file.read_bytes().decode()
        assert "\x00" not in content
        csv.field_size_limit(len(content))  # what agents and partners wrote is one cell
        rows = list(csv.DictReader(io.StringIO(content, newline="")))
        cells = [cell for row in rows for cell in row.values()]
        formulas = [cell for cell in cells if re.match("[=+\\-@\t\r\n\x00\uff1d\uff0b\uff0d\uff20]", cell)]
        kept = {row["number"]: row["subject"] for row in rows}
        figures(f"{len(cells)} cells, {len(formulas)} formulas")
        assert not formulas, told(formulas)
        # Apostrophes are all that is added: before a cell, and before what is one where other separators are read.
        wrong = {
            (kept[number], shown["subject"])
            for number, shown in world.shown.items()
            if shown["subject"].replace("'", "") != kept[number].replace("'", "")
        }
        assert not wrong
        assert sum(cell.startswith("'=") for cell in cells) > 10


class TestRedControls:
    """The same pages and texts, shown as markup: the same eyes must see it."""

    @pytest.mark.parametrize("without_policy", [False, True], ids=["with its policy", "without its policy"])
    def test_a_console_that_escapes_nothing_is_noticed(
        self, watched: Watched, world: World, without_policy: bool, figures: Callable[[str], None]
    ) -> None:
        page = console(watched, world, without_policy=without_policy)
        page.route(re.compile("/console/tickets/[0-9a-f]+$"), unescaped)
        for number in list(world.tickets)[: len(VECTORS)]:
            with contextlib.suppress(Error):  # a text that runs may lead the page elsewhere
                page.goto(world.bot.url + world.address(number), wait_until="commit")
            page.wait_for_timeout(150)
        kinds = watched.kinds()
        figures(f"caught {kinds}")
        if without_policy:
            assert kinds["script"] >= 20
            assert kinds["request"] >= 5
        else:
            assert kinds["policy"] >= 20
            assert "script" not in kinds, "the policy is a second wall"

    def test_a_widget_of_inner_html_is_noticed(
        self, watched: Watched, world: World, site: PortalSite, figures: Callable[[str], None]
    ) -> None:
        page = watched.window()
        page.route("**/static/chat/dom.js", with_inner_html)
        for who in world.chats:
            page.goto(f"{site.url}/login/{who}")
            page.wait_for_timeout(1500)
            watched.look(page, turns=False)
        kinds = watched.kinds()
        figures(f"caught {kinds}")
        assert kinds["script"] >= 10
        assert kinds["element"] >= 10

    def test_cells_that_are_not_quoted_are_noticed(self, texts: list[Hostile]) -> None:
        assert sum(text.text.startswith(("=", "+", "-", "@", "\t", "\r", "\x00")) for text in texts) >= 7


def told(found: list[str]) -> str:
    """Findings for whoever reads the failure."""
    return "\n".join([f"{len(found)} findings", *found[:40]])


def unescaped(route: Route) -> None:
    """The page as it would be without escaping."""
    answer = route.fetch()
    route.fulfill(response=answer, body=html.unescape(answer.text()))


def with_inner_html(route: Route) -> None:
    """The widget as it would be if its texts were markup."""
    answer = route.fetch()
    before = "node.append(...children.filter("
    script = answer.text()
    assert before in script
    careless = """for (const child of children) {
      if (typeof child === "string") node.insertAdjacentHTML("beforeend", child);
      else if (child !== null && child !== undefined) node.append(child);
    }
    if (false) node.append(...children.filter("""
    route.fulfill(response=answer, body=script.replace(before, careless, 1))


def differences(page: Page, shown: dict[str, Any]) -> list[str]:
    """Where a ticket's page does not say, as text, what the API says of it."""
    wanted = {
        "h1 bdi": shown["subject"],
        ".said-event.opened .typed": shown["description"],
        ".said-event.comment .typed": next(said["text"] for said in shown["said"] if said["kind"] == "comment"),
        **{
            f"[data-field={name}] .known": value
            for name, value in shown["fields"].items()
            if name not in ("pbx", "since")
        },
    }
    found = []
    seen: dict[str, str] = page.evaluate(
        "(all) => Object.fromEntries(all.map((one) => [one, document.querySelector(one)?.textContent ?? '']))",
        list(wanted),
    )
    for place, text in wanted.items():
        if mended(seen[place]) != mended(text):
            found.append(f"{shown['number']} {place}: {seen[place]!r} instead of {text!r}")
    return found


def mended(text: str) -> str:
    """A text without what pages and letters leave out of it or replace: turns of direction, piles, line ends."""
    text = re.sub("[\x00-\x08\x0b-\x1f\x7f]", "", TURNS.sub("\ufffd", text.replace("\r\n", "\n")).replace("\r", "\n"))
    plain = "".join(c for c in text if not unicodedata.combining(c) and unicodedata.category(c) not in ("Mn", "Me"))
    return " ".join(plain.split())


def reports(world: World) -> int:
    """How often a browser told the bot that its policy had stopped something."""
    return world.bot.output().count("a browser reports that markup")


class engine_that_says:
    """An engine whose answer to a number is that text, in all that a reply consists of."""

    def __init__(self, texts: list[Hostile]) -> None:
        self._texts = texts
        self._port = free_port()
        routes = [
            Served("/webhooks/rest/webhook", self._answer, methods=["POST"]),
            Served("/", lambda _: JSONResponse({})),
        ]
        config = uvicorn.Config(Starlette(routes=routes), host="127.0.0.1", port=self._port, log_level="warning")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> str:
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        return f"http://127.0.0.1:{self._port}"

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()

    async def _answer(self, request: Request) -> JSONResponse:
        text = self._texts[int((await request.json())["message"])].text
        buttons = [{"title": text, "payload": "/helpful"}, {"title": f"related {text}", "payload": "/helpful"}]
        data = {"type": "answer", "related": [{"question": f"related {text}"}], "source": text, "entry": text}
        reply = {"text": f"{text}\n\n- {text}\n- **{text}**\n\n> {text}", "buttons": buttons, "data": data}
        return JSONResponse([{"custom": {"replies": [reply], "record": {"entry": text}}}])
