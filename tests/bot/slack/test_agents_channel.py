"""The agents' channels, end to end: new tickets, what is pressed there, what the console changes, who may do what."""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import deliveries
from bot.console.gate import HEADER, PLAIN_COOKIE
from bot.slack.blocks import words
from tests.bot.slack.conftest import App, RunApp
from tests.slack_world import ANNA, BEN, BOT, CHANNEL, TEAM, Fault, Posted, Slack
from tickets import agents, changes, erasure, slack_agents
from tickets.changes import Author, Judged
from tickets.database import Database
from tickets.models import Conversation
from tickets.notices import Notify
from tickets.opening import NewTicket, open_ticket
from tickets.slack_models import SlackAgent, SlackPress, SlackTicket
from tickets.states import FIRST_ANSWER
from tickets.ticket_models import Correction, Delivery, Ticket, TicketEvent

BILLING, OTHERS = "C0BILLING", "C0OTHERS"
CHANNELS = {"Billing": BILLING, "*": OTHERS}
SETTINGS = {
    "CARE_SLACK_AGENT_CHANNELS": ",".join(f"{queue}={channel}" for queue, channel in CHANNELS.items()),
    "CARE_CONSOLE_URL": "https://care.example/console",
}


@pytest.fixture
async def app(run_app: RunApp, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[App]:
    """The application, with channels for agents; it looks often for what the tests write beside it."""
    monkeypatch.setattr(deliveries, "_POLL_SECONDS", 0.1)
    async with run_app(**SETTINGS) as running:
        yield running


class Desk:
    """What the rest of the program does to tickets, in the application's own database, and what is there."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def do(self, work: Callable[[Session], Any]) -> Any:
        """Write something, as a process with the same settings would."""

        def told(session: Session) -> Any:
            session.info["notify"] = Notify(agents_channels=CHANNELS)
            return work(session)

        return await asyncio.to_thread(self._database.write, told)

    async def read(self, work: Callable[[Session], Any]) -> Any:
        """Read something."""
        return await asyncio.to_thread(self._database.read, work)

    async def hire(self) -> None:
        """Olga, who is Anna in Slack, and Bruno, who is Ben."""

        def work(session: Session) -> None:
            for name, user in {"olga": ANNA, "bruno": BEN}.items():
                agent = agents.add(session, name, name.title(), "agent", "-")
                slack_agents.link(session, TEAM, user, agent, "test")

        await self.do(work)

    async def open(self, **values: Any) -> Ticket:
        """A new ticket, triaged."""
        given = {"type": "billing.dispute", "subject": "Charged twice", "description": "Five licences twice.", **values}
        given.setdefault("triage", {"priority": "normal", "priority_reason": "nothing says that it is urgent"})

        def work(session: Session) -> Ticket:
            key, new = secrets.token_hex(8), NewTicket(**given)
            return open_ticket(session, key, new, channel="web", targets=FIRST_ANSWER)[0]

        made: Ticket = await self.do(work)
        return made

    async def change(self, ticket: Ticket, change: Callable[..., Any], *values: Any, by: str = "olga") -> None:
        """A change of the console's by an agent."""

        def work(session: Session) -> None:
            change(session, session.get_one(Ticket, ticket.number), Author.of(agents.named(session, by)), *values)

        await self.do(work)

    async def ticket(self, ticket: Ticket) -> Ticket:
        """The ticket as it stands now."""
        found: Ticket = await self.read(lambda session: session.get_one(Ticket, ticket.number))
        return found

    async def rows(self, kind: type[Any]) -> list[Any]:
        """All rows of a table."""
        found: list[Any] = await self.read(lambda session: list(session.scalars(select(kind))))
        return found

    async def quiet(self) -> None:
        """Wait until the outbox is empty."""
        end = time.monotonic() + 20
        open_ones = select(Delivery).where(Delivery.state.in_(("pending", "sending")))
        while await self.read(lambda session: session.scalar(open_ones)) is not None:
            assert time.monotonic() < end
            await asyncio.sleep(0.05)


@pytest.fixture
async def desk(app: App, stored: Database) -> Desk:
    """The same database; Olga (in Slack: Anna) and Bruno (Ben) are agents."""
    found = Desk(stored)
    await found.hire()
    return found


async def shown(slack: Slack, desk: Desk, **values: Any) -> tuple[Ticket, Posted]:
    """A new ticket of Billing's, and the message that shows it."""
    ticket = await desk.open(**values)
    (message,) = await slack.until(1, BILLING)
    await desk.quiet()
    return ticket, message


async def until(check: Callable[[], bool], seconds: float = 15.0) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < end
        await asyncio.sleep(0.02)


async def signed_in(app: App, desk: Desk, name: str) -> Callable[..., Any]:
    """Does something in the console, as this agent."""
    token = await desk.do(lambda session: agents.sign_in(session, agents.named(session, name), "test"))
    app.client.cookies.set(PLAIN_COOKIE, token, domain="127.0.0.1")
    headers = {HEADER: "1", "origin": str(app.client.base_url).rstrip("/")}

    async def post(path: str, body: dict[str, str]) -> Any:
        return await app.client.post(path, json=body, headers=headers)

    return post


class TestNewTickets:
    async def test_a_new_ticket_is_shown_in_its_queues_channel(self, slack: Slack, desk: Desk) -> None:
        finding = {"decision": "The invoice can still be disputed.", "steps": []}
        triage = {"priority": "high", "priority_reason": "“at once”", "findings": [finding]}
        contact = {"name": "Ann", "company": "Acme", "email": "ann@acme.example"}
        ticket, message = await shown(slack, desk, priority="high", triage=triage, contact=contact)
        for part in (
            f"*{ticket.name}* Charged twice",
            "Ann · Acme · ann@acme.example",
            "*Queue* Billing · Dispute an invoice",
            "*Priority* high — “at once”",
            "*Missing* invoice number",
            "new · nobody has it yet · first answer by",
            "*Worked out* The invoice can still be disputed.",
            "> Five licences twice.",
        ):
            assert part in message.text
        assert list(message.buttons()) == [words()["agents_take"], words()["agents_open"]]
        assert message.buttons()[words()["agents_open"]]["url"] == f"https://care.example/console/tickets/{ticket.id}"
        (menu,) = message.menus()
        assert menu["initial_option"]["value"] == f"high:{ticket.id}"

    async def test_other_queues_go_to_the_channel_of_all_others(self, slack: Slack, desk: Desk) -> None:
        await desk.open(type="orders.tracking")
        await slack.until(1, OTHERS)
        assert slack.said(BILLING) == []

    async def test_without_a_channel_a_queue_is_shown_nowhere(self, slack: Slack, desk: Desk) -> None:
        def work(session: Session) -> None:
            session.info["notify"] = Notify(agents_channels={"Billing": BILLING})
            new = NewTicket("orders.tracking", "Where is it?", "Order 4711 has not come.", triage={"type": "x"})
            open_ticket(session, "a" * 16, new, channel="web", targets=FIRST_ANSWER)

        await desk.do(work)
        assert await desk.rows(Delivery) == []

    async def test_a_ticket_that_is_triaged_at_once_comes_to_the_right_channel_only(
        self, slack: Slack, desk: Desk
    ) -> None:
        ticket = await desk.open(type="", subject="Bill", triage={})
        assert (await desk.rows(Delivery))[0].target == OTHERS
        judged = Judged("billing.dispute", "Billing", "high", FIRST_ANSWER)

        def triage(session: Session) -> None:
            found = session.get_one(Ticket, ticket.number)
            changes.triaged(session, found, {}, {"priority": "high", "priority_reason": "it says so"}, judged)

        await desk.do(triage)
        (message,) = await slack.until(1, BILLING)
        await desk.quiet()
        assert "*Priority* high — it says so" in message.text
        assert slack.said(OTHERS) == []

    async def test_a_ticket_that_is_not_triaged_yet_says_so(self, slack: Slack, desk: Desk) -> None:
        await desk.open(triage={})
        (message,) = await slack.until(1, BILLING)
        assert words()["agents_triage_due"] in message.text

    async def test_it_is_posted_once_though_slack_s_answer_was_lost(self, slack: Slack, desk: Desk) -> None:
        lost = iter([Fault(cut=True, taken=True)])
        slack.weather = lambda method, _: next(lost, None) if method == "chat.postMessage" else None
        await desk.open()
        await slack.until(1, BILLING)
        await desk.quiet()
        assert len(slack.said(BILLING)) == 1
        (row,) = await desk.rows(SlackTicket)
        assert row.ts == slack.messages[0].ts

    async def test_one_a_second_and_in_order(self, slack: Slack, desk: Desk) -> None:
        made = [await desk.open(subject=f"Number {number}") for number in range(3)]
        shown = await slack.until(3, BILLING)
        assert [ticket.name in message.text for ticket, message in zip(made, shown, strict=True)] == [True] * 3


class TestPresses:
    async def test_take_is_what_the_console_does(self, slack: Slack, app: App, desk: Desk) -> None:
        ticket, message = await shown(slack, desk)
        assert await app.post(slack.press(message, words()["agents_take"])) == 200
        now = await desk.ticket(ticket)
        olga = await desk.read(lambda session: agents.named(session, "olga"))
        assert (now.assignee_id, now.state) == (olga.id, "open"), "before Slack is acknowledged"
        events = await desk.rows(TicketEvent)
        assert [(one.kind, one.author_kind, one.author) for one in events] == [
            ("opened", "partner", "Partner"),
            ("assigned", "agent", "Olga"),
            ("state", "system", "Customer Care bot"),
        ]
        await until(lambda: message.updates == 1)
        assert "open · with Olga" in message.text
        assert list(message.buttons()) == [words()["agents_open"]]
        await desk.quiet()
        assert message.updates == 1, "two events, one change of what is shown"
        assert slack.whispered == []

    async def test_priority_moves_the_due_time_and_is_labelled_data(self, slack: Slack, app: App, desk: Desk) -> None:
        ticket, message = await shown(slack, desk)
        assert await app.post(slack.choose(message, "urgent")) == 200
        now = await desk.ticket(ticket)
        assert (now.priority, now.rank) == ("urgent", 0)
        assert now.due_at == ticket.created_at + FIRST_ANSWER["urgent"]
        (correction,) = await desk.rows(Correction)
        assert (correction.what, correction.wrong, correction.right) == ("priority", "normal", "urgent")
        await until(lambda: message.updates == 1)
        assert message.text.startswith(words()["agents_urgent"])
        (menu,) = message.menus()
        assert menu["initial_option"]["value"] == f"urgent:{ticket.id}"

    async def test_a_double_click_and_a_redelivery_act_once(self, slack: Slack, app: App, desk: Desk) -> None:
        ticket, message = await shown(slack, desk)
        press, again = (slack.press(message, words()["agents_take"]) for _ in range(2))
        high = slack.choose(message, "high")
        for body in (press, press, again, high, slack.choose(message, "low"), high):
            assert await app.post(body) == 200
        now = await desk.ticket(ticket)
        assert now.priority == "low", "the redelivered choice is known"
        kinds = [one.kind for one in await desk.rows(TicketEvent)]
        assert kinds == ["opened", "assigned", "state", "corrected", "corrected"]
        await desk.quiet()
        assert slack.whispered == []

    async def test_what_a_colleague_has_is_not_taken(self, slack: Slack, app: App, desk: Desk) -> None:
        ticket, message = await shown(slack, desk)
        before = slack.press(message, words()["agents_take"], BEN)
        assert await app.post(slack.press(message, words()["agents_take"], ANNA)) == 200
        assert await app.post(before) == 200
        olga = await desk.read(lambda session: agents.named(session, "olga"))
        assert (await desk.ticket(ticket)).assignee_id == olga.id
        await until(lambda: bool(slack.whispered))
        assert slack.whispered == [(BILLING, BEN, words()["agents_taken"].format(name=ticket.name, who="Olga"))]

    async def test_two_at_the_same_time(self, slack: Slack, app: App, desk: Desk) -> None:
        ticket, message = await shown(slack, desk)
        presses = [slack.press(message, words()["agents_take"], user) for user in (ANNA, BEN)]
        assert await asyncio.gather(*map(app.post, presses)) == [200, 200]
        assert [one.kind for one in await desk.rows(TicketEvent)].count("assigned") == 1
        await until(lambda: len(slack.whispered) == 1)
        assert ticket.name in slack.whispered[0][2]

    @pytest.mark.parametrize("who", ["unlinked", "disabled", "the same id elsewhere"])
    async def test_who_may_not_is_told_so_and_nothing_changes(
        self, slack: Slack, app: App, desk: Desk, who: str
    ) -> None:
        ticket, message = await shown(slack, desk)
        user = "U0EVE" if who == "unlinked" else BEN
        if who == "disabled":
            await desk.do(lambda session: agents.set_disabled(session, agents.named(session, "bruno"), True))
        for body in (slack.press(message, words()["agents_take"], user), slack.choose(message, "urgent", user)):
            if who == "the same id elsewhere":
                body["user"]["team_id"] = "T0GUEST"
            assert await app.post(body) == 200
        now = await desk.ticket(ticket)
        assert (now.assignee_id, now.priority, now.state) == (None, "normal", "new")
        said = words()["agents_disabled" if who == "disabled" else "agents_not_linked"].format(name=ticket.name)
        await until(lambda: len(slack.whispered) == 2)
        assert slack.whispered == [(BILLING, user, said)] * 2
        await desk.quiet()
        assert message.blocks[-1]["block_id"] != "agents:0", "else the menu goes on showing what was chosen"

    async def test_a_workspace_that_is_not_served(self, slack: Slack, run_app: RunApp, stored: Database) -> None:
        async with run_app(**SETTINGS, CARE_SLACK_TEAMS=TEAM) as app:
            desk = Desk(stored)
            ticket = await desk.open()
            (message,) = await slack.until(1, BILLING)
            press = slack.press(message, words()["agents_take"])
            press["user"]["team_id"] = "T0GUEST"
            assert await app.post(press) == 200
            await until(lambda: bool(slack.whispered))
        assert slack.whispered == [(BILLING, ANNA, words()["agents_not_served"].format(name=ticket.name))]
        assert (await desk.ticket(ticket)).assignee_id is None

    async def test_another_message_or_channel_than_the_tickets_own(self, slack: Slack, app: App, desk: Desk) -> None:
        ticket, message = await shown(slack, desk)
        press = slack.press(message, words()["agents_take"])
        press["container"]["message_ts"] = "1.5"
        assert await app.post(press) == 200
        press["container"] |= {"message_ts": message.ts, "channel_id": "C0ELSE"}
        assert await app.post(press) == 200
        assert (await desk.ticket(ticket)).assignee_id is None
        await until(lambda: len(slack.whispered) == 2)
        assert {said for _, _, said in slack.whispered} == {words()["agents_gone"]}

    @pytest.mark.parametrize(
        "wrong",
        [
            {"value": "../../x"},
            {"value": ""},
            {"action_id": "agents:priority"},
            {"action_id": "agents:priority", "selected_option": {"value": "highest:" + "0" * 32}},
            {"action_ts": "now"},
        ],
    )
    async def test_odd_presses_are_acknowledged_and_do_nothing(
        self, slack: Slack, app: App, desk: Desk, wrong: dict[str, Any]
    ) -> None:
        ticket, message = await shown(slack, desk)
        press = slack.press(message, words()["agents_take"])
        press["actions"][0] |= wrong
        assert await app.post(press) == 200
        assert (await desk.ticket(ticket)).updated_at == ticket.updated_at
        assert await desk.rows(SlackPress) == []

    async def test_over_socket_mode(self, slack: Slack, run_app: RunApp, stored: Database) -> None:
        async with run_app(socket_mode=True, **SETTINGS):
            desk = Desk(stored)
            await desk.hire()
            ticket = await desk.open()
            (message,) = await slack.until(1, BILLING)
            envelope = await slack.push(slack.press(message, words()["agents_take"]), "interactive")
            await slack.until_acknowledged(envelope)
            assert (await desk.ticket(ticket)).state == "open"

    async def test_the_way_to_the_console_is_acknowledged(self, slack: Slack, app: App, desk: Desk) -> None:
        _, message = await shown(slack, desk)
        assert await app.post(slack.press(message, words()["agents_open"])) == 200


class TestTheConsolesChanges:
    async def test_they_are_shown(self, slack: Slack, desk: Desk) -> None:
        ticket, message = await shown(slack, desk)
        await desk.change(ticket, changes.set_priority, "low", FIRST_ANSWER)
        await until(lambda: "*Priority* low" in message.text)
        await desk.change(ticket, changes.set_field, "reason", "doubled")
        await until(lambda: "reason" not in message.text)
        await desk.change(ticket, changes.set_state, "closed")
        await until(lambda: "closed · nobody has it" in message.text)
        assert list(message.buttons()) == [words()["agents_open"]]
        assert message.menus() == []
        await desk.change(ticket, changes.set_state, "open")
        await until(lambda: words()["agents_take"] in message.buttons())

    async def test_another_queue_is_another_channel(self, slack: Slack, app: App, desk: Desk) -> None:
        ticket, message = await shown(slack, desk)
        await desk.change(ticket, changes.set_type, "orders.delivery")
        (there,) = await slack.until(1, OTHERS)
        await until(lambda: message.updates == 1)
        await desk.quiet()
        assert "is in the queue Orders now" in message.text
        assert list(message.buttons()) == [words()["agents_open"]]
        assert words()["agents_take"] in there.buttons()
        await desk.change(ticket, changes.set_queue, "Billing")
        await until(lambda: words()["agents_take"] in message.buttons())
        await desk.quiet()
        assert len(slack.messages) == 2
        assert "is in the queue Billing now" in there.text

    async def test_what_a_message_does_not_show_is_not_sent(self, slack: Slack, desk: Desk) -> None:
        ticket, message = await shown(slack, desk)
        await desk.change(ticket, changes.note, "A secret note")
        await desk.quiet()
        assert (message.updates, "secret" in message.text) == (0, False)

    async def test_a_message_that_somebody_took_out_is_left_alone(self, slack: Slack, desk: Desk) -> None:
        ticket, message = await shown(slack, desk)
        slack.messages.remove(message)
        await desk.change(ticket, changes.set_priority, "low", FIRST_ANSWER)
        await desk.quiet()
        assert slack.messages == []
        assert {one.state for one in await desk.rows(Delivery)} == {"sent"}

    async def test_erased_tickets_go_from_the_channel(self, slack: Slack, desk: Desk) -> None:
        ticket, _ = await shown(slack, desk)
        found = erasure.Found(tickets={ticket.number: ticket.id}, subjects={ticket.name: ticket.subject})
        await desk.do(lambda session: erasure.erase(session, found, actor="test", why="test"))
        await desk.quiet()
        assert slack.messages == []
        assert await desk.rows(SlackTicket) == []


class TestTalk:
    async def test_what_is_said_there_is_no_partners_conversation(self, slack: Slack, app: App, desk: Desk) -> None:
        _, message = await shown(slack, desk)
        await app.post(slack.message("who takes it?", channel=BILLING, thread=message.ts))
        await app.post(slack.message(f"<@{BOT}> hello", channel=BILLING, thread=message.ts, kind="app_mention"))
        await until(lambda: bool(slack.whispered))
        await desk.quiet()
        assert slack.whispered == [(BILLING, ANNA, words()["agents_no_talk"])]
        assert await desk.rows(Conversation) == []
        assert len(slack.messages) == 1


class TestLinking:
    async def test_an_agent_links_with_a_code_and_unlinks(self, slack: Slack, app: App, desk: Desk) -> None:
        console = await signed_in(app, desk, "olga")
        assert await app.post(slack.message("Link my agent account!", user="U0NEW", channel="D0NEW")) == 200
        (given,) = await slack.until(1, "D0NEW")
        (code,) = re.findall(r"\b[0-9A-Z]{3}-[0-9A-Z]{3}-[0-9A-Z]{3}\b", given.text)
        assert words()["agent_where"] in given.text
        assert (await console("/console/account/slack", {"code": "000-000-000"})).status_code == 404
        assert (await console("/console/account/slack", {"code": code.lower()})).status_code == 200
        assert (await slack.until(2, "D0NEW"))[-1].text == words()["agent_linked"].format(name="Olga")
        assert (await console("/console/account/slack", {"code": code})).status_code == 404
        page = await app.client.get("/console/account")
        assert f"U0NEW in workspace {TEAM}" in page.text

        ticket, message = await shown(slack, desk)
        await app.post(slack.press(message, words()["agents_take"], "U0NEW"))
        assert (await desk.ticket(ticket)).assignee_id is not None

        await app.post(slack.message("unlink my agent account", user="U0NEW", channel="D0NEW"))
        assert (await slack.until(3, "D0NEW"))[-1].text == words()["agent_unlinked"]
        await app.post(slack.message("unlink my agent account", user="U0NEW", channel="D0NEW"))
        assert (await slack.until(4, "D0NEW"))[-1].text == words()["agent_not_linked"]
        assert (await console("/console/account/slack/unlink", {})).json() == {"unlinked": 1}, "Anna's"
        assert [one.user for one in await desk.rows(SlackAgent)] == [BEN]

    async def test_codes_cannot_be_tried_for_long(self, app: App, desk: Desk) -> None:
        console = await signed_in(app, desk, "olga")
        answers = [await console("/console/account/slack", {"code": f"00{n % 10}-000-000"}) for n in range(11)]
        assert [one.status_code for one in answers] == [404] * 10 + [429]

    async def test_no_code_is_shown_in_a_channel(self, slack: Slack, app: App, desk: Desk) -> None:
        await app.post(slack.message(f"<@{BOT}> link my agent account", channel=CHANNEL, kind="app_mention"))
        (answer,) = await slack.until(1, CHANNEL)
        assert answer.text == words()["link_in_private"]
