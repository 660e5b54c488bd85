"""Conversations in which tickets are opened, on a real `care run`: `python -m benchmarks.ticket_conversations [FILE…]`.

Everything goes through POST /api/chat, and the tickets are counted in the service's database.
tests/cases/ticket_conversations says what partners type and what must come of it; README there.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from benchmarks.conversations import Played, load, report
from settings import ROOT
from tests.portals import SigningPortal
from tests.service import Service
from tickets.models import Conversation
from tickets.ticket_models import Partner, Ticket, TicketEvent
from tickets.types import ticket_fields, ticket_types

FOLDER = ROOT / "tests" / "cases" / "ticket_conversations"
UNSEEN = "unseen_"  # files written last and never adjusted
WANTED = 0.88  # share that reaches the right ticket: a floor, to be raised with the triage
_AT_ONCE = 4
_MOST_ANSWERS = 14  # a conversation that asks for more goes round in circles
_LONGEST = 1200  # characters of a reply that is no result and no draft
_DONT_KNOW = "I don't have it"
_ANSWERS = {
    "contact_name": "Anna Berg",
    "contact_company": "Berg IT",
    "contact_email": "anna@berg-it.example",
    "english": "yes",
}
_CONTACT = "contact_"
_ANOTHER = "Open a new ticket"
_OFFER = "Open a ticket"
_LOOSE = ("text", "long")  # forms of fields that need only hold what is expected
_SHORT_ENOUGH = 60


@dataclass
class Talk:
    """A conversation being played: what was said, and what the next turns may need of it."""

    number: int
    wanted: dict[str, Any]
    played: Played
    answers: dict[str, str]
    replies: list[dict[str, Any]] = field(default_factory=list)
    buttons: dict[str, str] = field(default_factory=dict)
    ticket: str = "CC-999999"  # the one opened last

    def person(self, name: str) -> dict[str, str] | None:
        """Who signs in to write as `name`; None: nobody known."""
        found: dict[str, str] | None = self.wanted.get("people", {}).get(name) if name else self.wanted.get("partner")
        return {key: f"t{self.number}-{value}" for key, value in found.items()} if found else None

    def sender(self, name: str) -> str:
        return f"ticket-conversation-{self.number}{'-' + name if name else ''}"


class Player:
    """Plays conversations on one service."""

    def __init__(self, service: Service, portal: SigningPortal) -> None:
        self._service = service
        self._portal = portal
        self._engine = create_engine(f"sqlite:///{service.data_dir}/care.db")
        self.asked: Counter[str] = Counter()
        self._numbers = itertools.count(1)

    def errors(self) -> list[str]:
        """What went wrong inside the service, as its logs say."""
        logs = sorted((self._service.data_dir / "logs").glob("*.log"))
        lines = [line for log in logs for line in log.read_text(encoding="utf-8", errors="replace").splitlines()]
        return [line for line in lines if " ERROR " in line or re.match(r"\w*(?:Error|Exception)\b", line)]

    async def all(self, conversations: list[tuple[str, dict[str, Any]]]) -> list[Played]:
        """Play all conversations, a few at the same time."""
        slots = asyncio.Semaphore(_AT_ONCE)
        async with httpx.AsyncClient(base_url=self._service.url, timeout=30) as client:

            async def one(file: str, conversation: dict[str, Any]) -> Played:
                async with slots:
                    answers = dict(conversation.get("answers", {}))
                    talk = Talk(next(self._numbers), conversation, Played(file, conversation["name"]), answers)
                    try:
                        await self._play(client, talk)
                        self._compare(talk)
                    except httpx.HTTPError as error:
                        _wrong(talk, f"HTTP: {error!r}", result=True)
                    return talk.played

            return await asyncio.gather(*(one(file, talk) for file, talk in conversations))

    async def _play(self, client: httpx.AsyncClient, talk: Talk) -> None:
        turns = talk.wanted["turns"]
        for turn, following in zip(turns, [*turns[1:], {}], strict=True):
            said = await self._turn(client, talk, turn)
            if said is None:
                return
            replies, expect = list(talk.replies), _filled(turn.get("expect", {}), talk)
            asked = "ask" in expect
            problem = _differs(expect, talk.replies, replies) if asked else ""
            if "press" in following or (not following and not asked):
                async for more in self._answer(client, talk, turn, following.get("press", "")):
                    replies += more
            if expect.get("opened") and said == f"[{_OFFER}]":  # the bot offered a ticket first; then there is a draft
                async for more in self._answer(client, talk, turn, turn["press"]):
                    replies += more
                if await self._turn(client, talk, turn) is None:
                    return
                replies += talk.replies
            problem = problem if asked else _differs(expect, talk.replies, replies)
            if problem:
                _wrong(talk, f"after “{said[:80]}”: {problem}")

    async def _turn(self, client: httpx.AsyncClient, talk: Talk, turn: dict[str, Any]) -> str | None:
        """Say or press; None where there is no such button."""
        if "say" in turn:
            said = str(_filled(turn["say"], talk))
            await self._send(client, talk, said, said, turn.get("as", ""))
            return said
        known = talk.buttons if turn.get("again") else _buttons(talk.replies)
        title = _titled(known, turn["press"])
        if title is None:
            last = talk.replies[-1]["data"] if talk.replies else {}
            _wrong(
                talk,
                f"no button “{turn['press']}” at {last.get('type')} {last.get('slot') or ''}",
                result=turn.get("expect", {}).get("opened", False),
            )
            return None
        await self._send(client, talk, known[title], f"[{title}]", turn.get("as", ""))
        return f"[{title}]"

    async def _answer(
        self, client: httpx.AsyncClient, talk: Talk, turn: dict[str, Any], press: str
    ) -> AsyncIterator[list[dict[str, Any]]]:
        """Answer what is asked for as a partner would, until the draft or the button to press next is there."""
        for _ in range(_MOST_ANSWERS):
            last = talk.replies[-1]["data"]
            slot = last.get("slot")
            there = press and _titled(_buttons(talk.replies), press)
            if last.get("type") != "ask" or there or slot in ("confirm", "edit", None):
                return
            if slot in ("type", "similar") and slot not in talk.answers:
                button = _type_button(talk) if slot == "type" else _ANOTHER
                await self._send(client, talk, talk.buttons[button], f"[{button}]", turn.get("as", ""))
            else:
                said = talk.answers.pop(slot, None) or talk.answers.pop(slot.removeprefix(_CONTACT), None)
                given = str(_filled(said or _ANSWERS.get(slot, _DONT_KNOW), talk))
                await self._send(client, talk, given, given, turn.get("as", ""))
            yield talk.replies

    async def _send(self, client: httpx.AsyncClient, talk: Talk, message: str, shown: str, name: str) -> None:
        person = talk.person(name)
        headers = {"Authorization": f"Bearer {self._portal.token(**person)}"} if person else {}
        talk.played.lines.append(f"  {name}> {shown}")
        body = {"sender": talk.sender(name), "message": message}
        response = await client.post("/api/chat", json=body, headers=headers)
        response.raise_for_status()
        talk.replies = response.json()["replies"]
        for reply in talk.replies:
            data = reply["data"]
            talk.played.lines += _shown(reply)
            if data["type"] == "ticket":
                talk.ticket = data["number"]
            if data["type"] == "ask" and data.get("slot"):
                self.asked[data["slot"] if data["slot"] in ("type", "english", "similar") else "other"] += 1
            if len(reply["text"]) > _LONGEST and data["type"] in ("ask", "language_refused", "no_answer"):
                _wrong(talk, f"a reply of {len(reply['text'])} characters")
        talk.buttons |= _buttons(talk.replies)

    def _compare(self, talk: Talk) -> None:
        """What is in the database against what shall be there."""
        with Session(self._engine) as session:
            # Names of senders who sign in are hashed: their tickets are found by the partner.
            mine = select(Conversation.id).where(Conversation.external_id.startswith(talk.sender("")))
            exactly = re.compile(rf"{re.escape(talk.sender(''))}(-\D.*)?")
            names = session.execute(
                select(Conversation.id, Conversation.external_id).where(Conversation.id.in_(mine))
            ).all()
            ids = [one for one, name in names if exactly.fullmatch(name or "")]
            partners = select(Partner.id).where(Partner.subject.startswith(f"t{talk.number}-"))
            found = session.scalars(
                select(Ticket)
                .where(Ticket.conversation_id.in_(ids) | Ticket.partner_id.in_(partners))
                .order_by(Ticket.number)
            ).all()
            count = talk.wanted.get("tickets", 1)
            if len(found) != count:
                _wrong(talk, f"{len(found)} tickets in the database instead of {count}", result=True)
            if not found or "ticket" not in talk.wanted:
                return
            ticket, wanted = found[-1], _filled(talk.wanted["ticket"], talk)
            comments = session.scalar(
                select(func.count())
                .select_from(TicketEvent)
                .where(TicketEvent.ticket_number == ticket.number, TicketEvent.kind == "comment")
            )
        for problem in _ticket_differs(ticket, wanted):
            _wrong(talk, problem, result=True)
        if ticket.queue != ticket_types()[ticket.type].queue:
            _wrong(talk, f"{ticket.type} in the queue {ticket.queue}", result=True)
        if "priority" in wanted and ticket.priority not in _listed(wanted["priority"]):
            _wrong(talk, f"priority {ticket.priority} instead of {wanted['priority']}")
        if "comments" in wanted and comments != wanted["comments"]:
            _wrong(talk, f"{comments} comments instead of {wanted['comments']}", result=True)
        for name, value in wanted.get("contact", {}).items():
            if ticket.contact.get(name) != value:
                _wrong(talk, f"contact: {name} {ticket.contact.get(name)!r} instead of {value!r}")
        for text in _listed(wanted.get("description", [])):
            if text not in ticket.description:
                _wrong(talk, f"the description does not say “{text}”", result=True)
        if "description_not" in wanted and wanted["description_not"] in ticket.description:
            _wrong(talk, f"the description still says “{wanted['description_not']}”")


@contextlib.contextmanager
def running() -> Iterator[Player]:
    """A service of its own, with a portal that signs its partners in."""
    portal = SigningPortal()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "data").mkdir()
        service = Service(Path(folder) / "data", portal.settings)
        service.start()
        try:
            yield Player(service, portal)
        finally:
            service.stop()


def _ticket_differs(ticket: Ticket, wanted: dict[str, Any]) -> list[str]:
    problems = []
    types = [wanted["type"]] if isinstance(wanted.get("type"), str) else wanted.get("type", [ticket.type])
    if ticket.type not in types:
        problems.append(f"type {ticket.type} instead of {' or '.join(types)}")
    problems += [
        f"{name} = {ticket.fields.get(name)!r} instead of {value!r}"
        for name, value in wanted.get("fields", {}).items()
        if not _same(name, value, ticket.fields.get(name))
    ]
    if "missing" in wanted and list(ticket.missing) != wanted["missing"]:
        problems.append(f"missing {ticket.missing} instead of {wanted['missing']}")
    return problems


def _same(name: str, wanted: Any, found: Any) -> bool:
    """Whether a field holds what it shall: free text need only contain it, in few words more; the rest is exact."""
    if wanted is True or found is None:
        return found is not None and found != ""
    if isinstance(wanted, list):
        return bool(sorted(wanted) == sorted(found if isinstance(found, list) else [found]))
    one, other = " ".join(str(wanted).split()).casefold(), " ".join(str(found).split()).casefold()
    form = ticket_fields()[name].form
    if form == "long":
        return one in other or other in one
    if form == "text" and name in ("pbx", "source_pbx", "target_pbx", "person", "from_party", "to_party"):
        return one in other and len(other) - len(one) < _SHORT_ENOUGH
    return one == other


def _differs(expect: dict[str, Any], replies: list[dict[str, Any]], of_turn: list[dict[str, Any]]) -> str:
    """How the replies differ from what is expected; empty where they don't."""
    last, types = replies[-1]["data"], [reply["data"].get("type") for reply in of_turn]
    said = f"{last.get('type')} {last.get('slot') or last.get('id') or ''}".strip()
    if "ask" in expect:
        slots = expect["ask"] if isinstance(expect["ask"], list) else [expect["ask"]]
        if last["type"] != "ask" or (
            True not in slots and not {last["slot"], last["slot"].removeprefix(_CONTACT)} & set(slots)
        ):
            return f"expected to be asked for {expect['ask']}, got {said}"
    if "type" in expect and last["type"] not in _listed(expect["type"]):
        return f"expected {expect['type']}, got {said}"
    if "among" in expect and not set(_listed(expect["among"])) & set(types):
        return f"expected {expect['among']} among the replies, got {types}"
    if "ticket_type" in expect and last.get("ticket_type") not in _listed(expect["ticket_type"]):
        return f"expected the type {expect['ticket_type']}, got {last.get('ticket_type')} ({said})"
    for name, value in expect.get("fields", {}).items():
        if not _same(name, value, last.get("fields", {}).get(name)):
            return f"expected {name} = {value!r}, got {last.get('fields', {}).get(name)!r} ({said})"
    if "missing" in expect and last.get("missing") != expect["missing"]:
        return f"expected {expect['missing']} to be missing, got {last.get('missing')} ({said})"
    if "language" in expect and expect["language"] not in [reply["data"].get("language") for reply in of_turn]:
        return f"expected to be refused as {expect['language']}, got {said}"
    if "faq" in expect and not any(
        expect["faq"] in (reply["data"].get("id"), *reply["data"].get("ids", [])) for reply in of_turn
    ):
        return f"expected the entry {expect['faq']}, got {[reply['data'].get('id') for reply in of_turn]} ({said})"
    if expect.get("opened") and not any("ticket is open:" in reply["text"] for reply in of_turn):
        return f"expected a ticket, got {said}"
    text = "\n".join(reply["text"] for reply in of_turn)
    if "says" in expect and not re.search(expect["says"], text):
        return f"expected “{expect['says']}” to be said, got {said}"
    if "says_not" in expect and re.search(expect["says_not"], text):
        return f"expected “{expect['says_not']}” not to be said"
    return ""


def _filled(value: Any, talk: Talk) -> Any:
    """With {day:-20}, {iso:-20} and {ticket} put in."""
    if isinstance(value, dict):
        return {key: _filled(one, talk) for key, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, talk) for one in value]
    if not isinstance(value, str):
        return value

    def put(match: re.Match[str]) -> str:
        day = date.today() + timedelta(days=int(match[2]))
        return day.isoformat() if match[1] == "iso" else f"{day.day} {day:%B %Y}"

    return re.sub(r"\{(day|iso):(-?\d+)\}", put, value).replace("{ticket}", talk.ticket)


def _type_button(talk: Talk) -> str:
    """The button that a partner would press when asked what it is about."""
    shown = _buttons(talk.replies)
    wanted = [ticket_types()[name].title for name in _listed(talk.wanted.get("ticket", {}).get("type", []))]
    return next((title for title in shown if title in wanted), list(shown)[-2] if len(shown) > 1 else next(iter(shown)))


def _titled(buttons: dict[str, str], press: str) -> str | None:
    """The button whose title begins so; "Open" never means a new ticket in place of one that is there."""
    return next((title for title in buttons if title.startswith(press) and (title != _ANOTHER or press == title)), None)


def _buttons(replies: list[dict[str, Any]]) -> dict[str, str]:
    return {button["title"]: button["payload"] for reply in replies for button in reply["buttons"]}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _wrong(talk: Talk, problem: str, *, result: bool = False) -> None:
    talk.played.problems.append(problem)
    talk.played.wrong_results += result


def _shown(reply: dict[str, Any]) -> list[str]:
    lines = [line for line in reply["text"].splitlines() if line.strip()]
    data = reply["data"]
    head = f"({data['type']} {data.get('slot') or data.get('id') or ''} {data.get('ticket_type') or ''}".rstrip() + ")"
    more = [f"fields {data['fields']} missing {data.get('missing')}"] if data.get("fields") else []
    buttons = " ".join(f"[{button['title']}]" for button in reply["buttons"])
    return [f"    {line[:220]}" for line in [head, *lines[:10], *more, *([buttons] if buttons else [])]]


def main(arguments: list[str]) -> int:
    """Play the given files, or all; 1 where too few reached the right ticket. --quiet: no transcripts.

    --only=PATTERN plays the conversations whose names match; the unseen files print no details without --unseen.
    """
    files = [Path(argument) for argument in arguments if not argument.startswith("-")] or sorted(FOLDER.glob("*.yml"))
    only = next((argument.removeprefix("--only=") for argument in arguments if argument.startswith("--only=")), "")
    conversations = [one for one in load(files) if re.search(only, one[1]["name"])]
    with running() as player:
        played = asyncio.run(player.all(conversations))
        asked = ", ".join(f"{kind}: {count}" for kind, count in player.asked.most_common())
        print(f"Asked in {len(played)} conversations: {asked}")
        print(*(f"{count} times: {line[:160]}" for line, count in Counter(player.errors()).items()), sep="\n")
    share = report(
        [one if "--unseen" in arguments or not one.file.startswith(UNSEEN) else _blank(one) for one in played],
        Console(width=150),
        details="--quiet" not in arguments,
    )
    return int(share < WANTED)


def _blank(played: Played) -> Played:
    problems = ["not shown"] if played.problems else []
    return Played(played.file, played.name, [], problems, played.wrong_results)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
