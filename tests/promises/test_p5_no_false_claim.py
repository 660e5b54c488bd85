"""P5: the bot never claims a ticket that is not there, whatever fails when the partner confirms.

`actions` dead, failing, talking garbage, very slow, or failing at one action; the database locked or
full, before the message is stored or when the ticket is. Within 15 s the partner is told plainly that
nothing is open yet; no reply names a ticket without a row; afterwards there is exactly one. Red
control: an action that says that the ticket is open.
"""

from __future__ import annotations

import asyncio
import json
import re
import resource
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import pytest

from tests.promises.clients import ChatClient
from tests.promises.conftest import Size
from tests.promises.faulty_actions import BehindFaults, behind_faults, faulty
from tests.promises.server_log import ServerLog, reading
from tests.promises.ticket_talk import NUMBER, draft_a_ticket, press_open, tickets

__all__ = ["behind_faults", "faulty"]
TOLD_SECONDS = 15.0
_SETTLE_SECONDS = 60.0
_PLAINLY = re.compile(r"ticket is not open|no ticket|nothing was opened|nothing of this was kept", re.IGNORECASE)
_CLAIM = re.compile(r"ticket is open\b|added to CC-", re.IGNORECASE)

ACTIONS = (
    *(("dead", ""), ("error", ""), ("garbage", ""), ("slow", "")),
    *(("error", "validate_ticket_form"), ("error", "action_ticket_done"), ("empty", "action_ticket_done")),
    ("dead", "action_ticket_done"),
)
DATABASE = (("locked", "before"), ("full", "before"), ("locked", "at the end"), ("full", "at the end"))
EVERY = len(ACTIONS) + len(DATABASE)


@pytest.mark.parametrize(("fault", "only"), ACTIONS)
async def test_actions_fail_when_the_partner_confirms(
    fault: str, only: str, faulty: BehindFaults, size: Size, figures: Callable[[str], None]
) -> None:
    partners = await confirming(faulty, size(2, 200 // EVERY + 1))
    faulty.actions.fail(fault, only)
    for one in partners:
        one.confirm()
    await until_told(faulty, partners)
    await let_it_fail(faulty, partners)
    faulty.actions.heal()
    await until_open(faulty, partners)
    report(partners, figures)


@pytest.mark.parametrize(("fault", "when"), DATABASE)
async def test_the_database_fails_when_the_partner_confirms(
    fault: str, when: str, faulty: BehindFaults, size: Size, figures: Callable[[str], None]
) -> None:
    partners = await confirming(faulty, size(2, 200 // EVERY + 1))
    with failing_database(faulty, fault) as begin:
        if when == "before":
            begin()
        else:
            faulty.actions.after = lambda name: begin() if name == "action_ticket_done" else None
        for one in partners:
            one.confirm()
        await until_told(faulty, partners)
        await let_it_fail(faulty, partners)
    faulty.actions.heal()
    await until_open(faulty, partners)
    report(partners, figures)


async def test_red_control_an_action_that_claims_a_ticket_is_noticed(faulty: BehindFaults) -> None:
    [partner] = await confirming(faulty, 1)
    said = {"text": "**Your ticket is open: CC-000999**", "buttons": [], "data": {"type": "ticket"}}
    claim = {"events": [], "responses": [{"custom": {"replies": [said], "record": {}}}]}
    faulty.actions.instead = json.dumps(claim).encode()
    faulty.actions.fail("instead", "action_ticket_done")
    partner.confirm()
    await partner.client.until(lambda: len(partner.heard()) > 0, 20, "answered")
    assert false_claims(faulty, partner.client) == ["CC-000999 is not there", "claimed with 0 tickets"]
    await partner.client.stop()


@dataclass
class Confirming:
    """A partner with a draft before them, and what they hear after they have confirmed it."""

    client: ChatClient
    by_button: bool
    before: int = 0  # events before the confirmation
    at: float = 0.0
    told_after: float | None = None
    again: bool = False  # whether they had to say “send it” as they were told to

    def confirm(self) -> None:
        """Press the button, or type yes."""
        self.before, self.at = len(self.client.transcript), time.monotonic()
        if self.by_button:
            press_open(self.client)
        else:
            self.client.say("yes")

    def heard(self) -> list[str]:
        """What the bot said since, stored or not."""
        events = [event for event in self.client.transcript[self.before :] if event["kind"] != "user"]
        return [str(said["text"]) for said in [*events, *self.client.problems]]


async def confirming(service: BehindFaults, count: int) -> list[Confirming]:
    """Partners whose draft only waits for its confirmation."""
    partners = [Confirming(ChatClient(service.port), by_button=number % 2 == 0) for number in range(count)]
    for number, one in enumerate(partners):
        await one.client.start()
        about = f"the phones of our office in Verona do not ring since yesterday ({number})"
        await draft_a_ticket(one.client, about)
    return partners


async def until_told(service: BehindFaults, partners: list[Confirming]) -> None:
    """Wait until all have been told plainly that nothing is open; 15 s at most."""
    while any(one.told_after is None for one in partners):
        for one in partners:
            if one.told_after is None and any(_PLAINLY.search(text) for text in one.heard()):
                one.told_after = time.monotonic() - one.at
            late = one.told_after is None and time.monotonic() - one.at > TOLD_SECONDS
            assert not late, f"not told plainly: {one.heard()}; {one.client}"
            assert false_claims(service, one.client) == []
        await asyncio.sleep(0.05)


async def let_it_fail(service: BehindFaults, partners: list[Confirming]) -> None:
    """Some more seconds of the fault: tries and notices go on, and none of them may claim anything."""
    end = time.monotonic() + 8
    while time.monotonic() < end:
        for one in partners:
            assert false_claims(service, one.client) == []
        await asyncio.sleep(0.5)


async def until_open(service: BehindFaults, partners: list[Confirming]) -> None:
    """All is well again: each partner gets one ticket, where it must be by doing what the bot told them to do."""
    log = ServerLog(service.data_dir)
    for one in partners:
        client = one.client
        await client.until(lambda client=client: client.unacknowledged == 0, _SETTLE_SECONDS, "acknowledged")  # type: ignore[misc]
        await client.until(
            lambda client=client: log.pending(client.conversation) == 0,  # type: ignore[misc]
            _SETTLE_SECONDS,
            "answered",
        )
        if not tickets(service.data_dir, client.conversation):
            one.again = True
            replies = len(client.events("bot"))
            client.say("send it")
            await client.until(lambda c=client, n=replies: len(c.events("bot")) > n, 30, "answered again")  # type: ignore[misc]
        await asyncio.sleep(0.3)
        await client.stop()
        assert false_claims(service, client) == []
        [ticket] = tickets(service.data_dir, client.conversation)
        assert ticket["number"] in " ".join(one.heard()), (ticket, one.heard())


def false_claims(service: BehindFaults, client: ChatClient) -> list[str]:
    """Numbers and confirmations in anything that the partner was shown, without a row behind them."""
    texts = [str(event["text"]) + json.dumps(event["data"]) for event in client.transcript if event["kind"] != "user"]
    shown = " ".join([*texts, *(str(problem["text"]) for problem in client.problems)])
    with reading(service.data_dir / "care.db") as connection:
        known = {f"CC-{number:06d}" for (number,) in connection.execute("SELECT number FROM tickets")}
    found = [f"{number} is not there" for number in dict.fromkeys(NUMBER.findall(shown)) if number not in known]
    mine = len(tickets(service.data_dir, client.conversation))
    if _CLAIM.search(shown) and not mine:
        found.append(f"claimed with {mine} tickets")
    return found


def report(partners: list[Confirming], figures: Callable[[str], None]) -> None:
    slowest = max(one.told_after or 0.0 for one in partners)
    again = sum(one.again for one in partners)
    figures(
        f"{len(partners)} confirmations: 0 false claims, told plainly within {slowest:.1f} s; "
        f"afterwards 1 ticket each, {again} of them by “send it”"
    )


@contextmanager
def failing_database(service: BehindFaults, fault: str) -> Iterator[Callable[[], None]]:
    """Gives what makes the bot's database fail; it is whole again afterwards."""
    whole = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    with closing(
        sqlite3.connect(service.data_dir / "care.db", isolation_level=None, check_same_thread=False, timeout=20)
    ) as other:
        begun: list[str] = []

        def begin() -> None:
            if begun:
                return
            begun.append(fault)
            if fault == "locked":
                other.execute("BEGIN IMMEDIATE")
            else:  # no file of the bot may grow, or be written at all beyond its first byte
                limit(service, (1, resource.RLIM_INFINITY))

        try:
            yield begin
        finally:
            if begun and fault == "locked":
                other.execute("ROLLBACK")
            limit(service, whole)


def limit(service: BehindFaults, most: tuple[int, int]) -> None:
    """How large a file the bot may write."""
    resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, most)
