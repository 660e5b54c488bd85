"""Deliberately wrong builds of `bot`: the red controls of the promises.

`python -m tests.promises.wrong_builds NAME` spoils one thing and then runs `care run`. A promise's test
that passes on the wrong build tests nothing. The product itself has no test mode.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import sys
import time
from typing import Any

import jwt
from slack_bolt.async_app import AsyncApp
from sqlalchemy import event, true
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from bot import messages, ticket_turns
from bot.engine import Answer, Engine, EngineFailure
from bot.messages import Messages, TurnOver, _Job, _Worker
from bot.portal import Portal
from bot.slack import app as slack_app
from bot.slack import guard as slack_guard
from bot.slack import outbound
from bot.slack.app import Slack
from bot.web import chat_api, guard, tickets_api
from bot.web import socket as web_socket
from cli import run as care_run
from settings import Settings
from tests.promises.fail_points import FAIL_POINTS
from tickets import access, agents_presses, conversations, database, opening, partners, slack_inbox
from tickets.database import Database, _Write
from tickets.models import Button
from tickets.ticket_models import Ticket


def bursts_straight_to_the_engine() -> None:
    """P11: every message goes to the engine at once, instead of one after the other in its conversation."""

    def queue(self: Messages, conversation: str, turn_id: str, message: str, retry: bool) -> TurnOver:
        job = _Job(turn_id, message, retry)

        async def run() -> None:
            await self._run(conversation, _Worker(), job)
            job.over.set()

        _tasks.add(asyncio.create_task(run()))
        return job.over

    Messages._queue = queue  # type: ignore[method-assign]


def silent_when_slow() -> None:
    """P13: nobody is told that it takes longer."""
    messages._SLOW_SECONDS = 1e6


def silence_is_an_answer() -> None:
    """P15: the engine's empty list, and its absence, pass for an answer."""
    send = Engine.send

    async def silent(self: Engine, conversation: str, message: str, turn_id: str) -> Answer:
        try:
            return await send(self, conversation, message, turn_id)
        except EngineFailure:
            return Answer([], {})

    Engine.send = silent  # type: ignore[method-assign]


def any_origin() -> None:
    """P22: pages from anywhere may call, forms too."""
    vars(web_socket)["own_or_listed"] = lambda *_: True
    vars(chat_api)["check_caller"] = lambda *_: None


def payloads_pass_through() -> None:
    """P23: what a partner types reaches the engine as it is."""
    vars(messages)["as_text"] = lambda text: text


def limits_off() -> None:
    """P24: frames and bodies of any size; together with CARE_RATE_LIMIT=0."""
    guard.MOST_BODY = 2**40
    care_run._SOCKET_FRAME = 2**26


def answers_before_the_commit() -> None:
    """P1: what a write gives is handed out at once; the commit follows when a little more has gathered."""

    def commit(self: Database, group: list[_Write[Any]]) -> None:
        with Session(self._writing, expire_on_commit=False, info={**self._info, "bells": set()}) as session:
            for write in group:
                try:
                    with session.begin_nested():
                        result = write.work(session)
                except Exception as error:
                    write.future.set_exception(error)
                else:
                    write.future.set_result(result)
            time.sleep(0.05)
            session.commit()

    Database._commit = commit  # type: ignore[method-assign]


def tickets_are_everybodys() -> None:
    """P20: whoever knows a number sees the ticket."""
    vars(access)["_visible"] = lambda viewer: true()


def sessions_never_end() -> None:
    """P20, P21: signing out and time leave a session open."""
    vars(partners)["_lives"] = lambda found, at: True
    vars(partners)["end_session"] = lambda session, token: True


def buttons_are_everybodys() -> None:
    """P20: a button works in every conversation."""
    receive = conversations.receive

    def anywhere(session: Session, conversation_id: str, **values: Any) -> Any:
        button = values.get("button")
        given = session.get(Button, button) if button else None
        return receive(session, given.conversation_id if given else conversation_id, **values)

    vars(conversations)["receive"] = anywhere


def any_signature() -> None:
    """P21: the token says itself how it is signed, and by nothing is one way, however that is spelled."""

    def decode(self: Portal, token: str, key: Any) -> dict[str, Any]:
        algorithm = jwt.get_unverified_header(token)["alg"]
        signed = str(algorithm or "none").lower() != "none"
        options: Any = {"verify_signature": signed, "verify_aud": False}
        claims: dict[str, Any] = jwt.decode(token, key, algorithms=[algorithm], options=options)
        return claims

    Portal._decode = decode  # type: ignore[method-assign]
    Portal._check_form = lambda self, token: None  # type: ignore[method-assign]


def tokens_serve_twice() -> None:
    """P21: a token that was used is used again."""
    vars(partners)["use_token"] = lambda *_: None


def keys_are_looked_up_first() -> None:
    """P3: a key is looked for, and what is not found is opened: two at once both find nothing."""
    key_of, known = tickets_api._key, dict[str, str]()

    def look_up(what: str, caller: Any, given: str) -> str:
        key = key_of(what, caller, given)
        return known.get(key, f"{key}:{secrets.token_hex(4)}")

    def open_and_note(session: Session, key: str, new: Any, **where: Any) -> tuple[Ticket, bool]:
        found = opening.open_ticket(session, key, new, **where)
        known[key.rpartition(":")[0]] = key
        return found

    vars(tickets_api).update(_key=look_up, open_ticket=open_and_note)


def syncs_later() -> None:
    """P2: SQLite syncs now and then."""
    make_engine = database._engine

    def lax(url: str) -> Any:
        engine = make_engine(url)

        @event.listens_for(engine, "connect")
        def relax(connection: Any, _: object) -> None:
            connection.execute("PRAGMA synchronous=NORMAL")

        return engine

    database._engine = lax


def random_keys() -> None:
    """P4: every call is an intention of its own."""
    open_ticket = opening.open_ticket

    def open_another(session: Session, key: str, *args: Any, **named: Any) -> tuple[Ticket, bool]:
        return open_ticket(session, f"{key[:80]}:{secrets.token_hex(8)}", *args, **named)

    vars(opening)["open_ticket"] = open_another
    for module in (ticket_turns, tickets_api):
        vars(module)["open_ticket"] = open_another


def drops_slacks_retries() -> None:
    """P6: what Slack marks as a retry is acknowledged and forgotten."""
    posted = Slack._posted

    async def drop(self: Slack, request: Request) -> Response:
        return Response() if "x-slack-retry-num" in request.headers else await posted(self, request)

    Slack._posted = drop  # type: ignore[method-assign]


def keeps_no_slack_key() -> None:
    """P6: nothing tells a delivery from the one before."""
    put = slack_inbox._put

    def put_anew(session: Session, conversation: Any, event_key: str, message_key: str | None, *rest: Any) -> bool:
        return put(session, conversation, f"{event_key}:{secrets.token_hex(4)}", None, *rest)

    vars(slack_inbox)["_put"] = put_anew


def keeps_no_press() -> None:
    """P6: nothing tells an agent's press from the one before."""
    vars(agents_presses)["Press"].key = property(lambda _: secrets.token_hex(32))


def slack_is_acknowledged_first() -> None:
    """P7: bolt's own way: it answers 200, and the listener runs afterwards."""
    init = AsyncApp.__init__

    def as_bolt_does(self: AsyncApp, **options: Any) -> None:
        init(self, **{**options, "process_before_response": False})

    AsyncApp.__init__ = as_bolt_does  # type: ignore[method-assign]


def bare_bolt() -> None:
    """P8: nothing stands before bolt, and it logs as it does by itself."""
    vars(slack_guard)["check"] = lambda *_: None
    vars(slack_app)["_quiet"] = lambda name, level: logging.getLogger()


def slack_is_told_again_unseen() -> None:
    """P9: what may have arrived is sent again without a look."""

    async def nothing(*_: Any) -> set[int]:
        return set()

    vars(outbound)["Outbound"]._arrived = nothing


_BUILDS = {
    build.__name__: build
    for build in (
        bursts_straight_to_the_engine,
        silent_when_slow,
        silence_is_an_answer,
        any_origin,
        payloads_pass_through,
        limits_off,
        tickets_are_everybodys,
        sessions_never_end,
        buttons_are_everybodys,
        any_signature,
        tokens_serve_twice,
        keys_are_looked_up_first,
        answers_before_the_commit,
        syncs_later,
        random_keys,
        drops_slacks_retries,
        keeps_no_slack_key,
        keeps_no_press,
        slack_is_acknowledged_first,
        bare_bolt,
        slack_is_told_again_unseen,
    )
} | FAIL_POINTS
_tasks: set[asyncio.Task[None]] = set()


def spoil(name: str) -> None:
    """Make this process the wrong build of that name; several are joined by +."""
    for part in name.split("+"):
        _BUILDS[part]()


if __name__ == "__main__":
    spoil(sys.argv[1])
    sys.exit(care_run.run_all(Settings.load()))
