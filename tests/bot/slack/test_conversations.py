"""Conversations in Slack, end to end: the real application, bolt and Slack's client before a Slack on loopback."""

from __future__ import annotations

import asyncio
import logging
import time
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from bot import wording
from bot.slack.blocks import words
from tests.bot.peers import Answer, Rasa, after, echo, nothing, said
from tests.bot.slack.conftest import App, RunApp
from tests.slack_world import ANNA, BEN, BOT, CHANNEL, DM, TEAM, Fault, Posted, Slack
from tickets import conversations
from tickets.changes import Author, reply, set_state
from tickets.database import Database
from tickets.opening import NewTicket, open_ticket
from tickets.states import FIRST_ANSWER
from tickets.ticket_models import Delivery

BUTTON: dict[str, Any] = {
    "type": "actions",
    "elements": [{"text": {"text": "zebrafinch"}, "action_id": "press:x", "value": "zebrafinch", "type": "button"}],
}
_QUIET = 0.6  # seconds in which an answer would have come


async def test_a_direct_message_is_answered_there(slack: Slack, app: App, rasa: Rasa) -> None:
    assert await app.post(slack.message("how long is porting &amp; why?")) == 200
    (answer,) = await slack.until(1)
    assert (answer.channel, answer.thread, answer.text) == (DM, None, "re: how long is porting &amp; why?")
    assert rasa.messages == ["how long is porting & why?"]


async def test_a_mention_is_answered_in_its_thread_and_follow_ups_need_none(slack: Slack, app: App, rasa: Rasa) -> None:
    mention = slack.message(f"<@{BOT}> hello", channel=CHANNEL, kind="app_mention")
    thread = mention["event"]["ts"]
    await app.post(mention)
    await slack.until(1)
    await app.post(slack.message("and a second", channel=CHANNEL, thread=thread, user=BEN))
    first, second = await slack.until(2)
    assert [first.thread, second.thread] == [thread, thread]
    assert rasa.messages == ["hello", "and a second"]
    assert len({heard["sender"] for heard in rasa.heard}) == 1


@pytest.mark.parametrize("in_a_thread", [True, False], ids=["begun by others", "begun by the mention"])
async def test_a_follow_up_that_comes_before_its_mention_is_heard_after_it(
    slack: Slack, app: App, rasa: Rasa, in_a_thread: bool
) -> None:
    root = slack.message("talk among people", channel=CHANNEL)
    thread = root["event"]["ts"] if in_a_thread else None
    before = slack.message("more talk", channel=CHANNEL, thread=root["event"]["ts"], user=BEN)
    mention = slack.message(f"<@{BOT}> hello", channel=CHANNEL, kind="app_mention", thread=thread)
    thread = thread or mention["event"]["ts"]
    after = slack.message("and a second", channel=CHANNEL, thread=thread, user=BEN)
    ours = slack.message("I am a bot", channel=CHANNEL, thread=thread, bot_id="B1")
    elsewhere = slack.message("talk elsewhere", channel=CHANNEL, thread=slack.ts())
    slack.talk = [one["event"] for one in (root, before, mention, after, ours, elsewhere)]
    for event in (root, before, after, mention):  # and, as Slack may, once more
        assert await app.post(event) == 200
    await slack.until(2)
    assert await app.post(after) == 200
    assert await app.post(slack.message("and a third", channel=CHANNEL, thread=thread)) == 200
    found = await slack.until(3)
    assert {message.thread for message in found} == {thread}
    assert rasa.messages == ["hello", "and a second", "and a third"]
    assert slack.calls.count("conversations.replies") == 1, "only of a thread that begins"


async def test_a_thread_that_cannot_be_read_is_answered_all_the_same(slack: Slack, app: App, rasa: Rasa) -> None:
    slack.weather = lambda method, _: Fault(500) if method == "conversations.replies" else None
    mention = slack.message(f"<@{BOT}> hello", channel=CHANNEL, kind="app_mention")
    assert await app.post(mention) == 200
    await slack.until(1)
    await app.post(slack.message("and a second", channel=CHANNEL, thread=mention["event"]["ts"]))
    await slack.until(2)
    assert rasa.messages == ["hello", "and a second"]


async def test_what_is_not_said_to_us_is_not_heard(slack: Slack, app: App, rasa: Rasa) -> None:
    strange = slack.message("x", channel=CHANNEL, thread=slack.ts())
    changed: dict[str, Any] = {
        "subtype": "message_changed",
        "message": {"text": "edited"},
        "previous_message": {"text": "x"},
    }
    for event in (
        strange,
        slack.message("talk among people", channel=CHANNEL),
        slack.message("I am a bot", bot_id="B1"),
        slack.message("I am you", user=BOT),
        slack.event({"type": "message", "channel": DM, "ts": slack.ts(), **changed}),
        slack.message("", subtype="message_deleted", deleted_ts=slack.ts()),
        slack.message("Anna has joined", channel=CHANNEL, subtype="channel_join"),
        slack.message("", subtype="file_share", files=[{"id": "F1"}]),
        slack.event({"type": "reaction_added", "user": ANNA, "reaction": "+1"}),
        slack.event({"type": "app_home_opened", "user": ANNA, "channel": DM, "tab": "home"}),
    ):
        assert await app.post(event) == 200
    await asyncio.sleep(_QUIET)
    assert rasa.heard == []
    assert slack.messages == []


async def test_a_file_with_words_is_a_message(slack: Slack, app: App, rasa: Rasa) -> None:
    await app.post(slack.message("what is this fee?", subtype="file_share", files=[{"id": "F1"}]))
    await slack.until(1)
    assert rasa.messages == ["what is this fee?"]


async def test_a_redelivery_and_a_twin_are_answered_once(slack: Slack, app: App, rasa: Rasa) -> None:
    first = slack.message("again?")
    mention = slack.message(f"<@{BOT}> hi", channel=CHANNEL, kind="app_mention")
    thread = mention["event"]["ts"]
    again = slack.message(f"<@{BOT}> more", channel=CHANNEL, kind="app_mention", thread=thread)
    twin = slack.message(f"<@{BOT}> more", channel=CHANNEL, thread=thread, ts=again["event"]["ts"])
    for event in (first, first, mention, again, twin, twin, again, first):
        retry = {"x-slack-retry-num": "1", "x-slack-retry-reason": "http_timeout"}
        assert await app.post(event, **retry) == 200
    await slack.until(3)
    await asyncio.sleep(_QUIET)
    assert sorted(rasa.messages) == ["again?", "hi", "more"]


async def test_each_thread_is_a_conversation_of_its_own(slack: Slack, app: App, rasa: Rasa) -> None:
    await app.post(slack.message("in the open"))
    await app.post(slack.message("in a thread", thread=slack.ts()))
    await slack.until(2)
    assert len({heard["sender"] for heard in rasa.heard}) == 2
    assert {message.thread is None for message in slack.messages} == {True, False}


def offering(payload: str) -> Answer:
    """An engine that offers one button."""

    async def offer(body: dict[str, Any]) -> Response:
        return said("Which?", buttons=[{"title": "The first", "payload": payload}])

    return offer


async def test_a_button_works_once_and_is_replaced_by_what_was_chosen(slack: Slack, app: App, rasa: Rasa) -> None:
    rasa.answer = offering("/show_entry{}")
    await app.post(slack.message("porting"))
    (offered,) = await slack.until(1)
    press = slack.press(offered, "The first")
    again = slack.press(offered, "The first")
    assert [await app.post(one) for one in (press, press, again)] == [200, 200, 200]
    await slack.until(2)
    await asyncio.sleep(_QUIET)
    assert rasa.messages == ["porting", "/show_entry{}"]
    assert len(slack.messages) == 2
    assert offered.updates == 1
    assert offered.buttons() == {}
    assert offered.blocks[-1]["elements"][0]["text"] == "✓ The first"


async def test_a_button_of_another_conversation_does_nothing(slack: Slack, app: App, rasa: Rasa) -> None:
    rasa.answer = offering("/deny")
    await app.post(slack.message("porting"))
    (offered,) = await slack.until(1)
    press = slack.press(offered, "The first")
    press["container"]["channel_id"] = "D0BEN"
    assert await app.post(press) == 200
    made_up = slack.press(offered, "The first")
    made_up["actions"][0]["value"] = "/deny"
    assert await app.post(made_up) == 200
    await asyncio.sleep(_QUIET)
    assert rasa.messages == ["porting"]


async def test_a_command_is_answered_in_the_direct_messages(slack: Slack, app: App, rasa: Rasa) -> None:
    command = slack.command("how long is\nporting &lt;here&gt;?")
    assert (await app.ask(command)).text == words()["asked"]
    assert await app.post(command) == 200
    question, answer = await slack.until(2, DM)
    assert question.text == "> how long is\n> porting &lt;here&gt;?"
    assert answer.text == "re: how long is\nporting &lt;here&gt;?"
    await app.post(slack.message("and then?"))
    await slack.until(3, DM)
    assert rasa.messages == ["how long is\nporting <here>?", "and then?"]
    assert len({heard["sender"] for heard in rasa.heard}) == 1, "one conversation"


async def test_a_command_that_cannot_be_answered_says_so(slack: Slack, app: App, rasa: Rasa) -> None:
    assert (await app.ask(slack.command(" "))).text == words()["ask_something"]
    slack.weather = lambda method, _: Fault(500)
    assert (await app.ask(slack.command("porting?"))).text == words()["not_reached"]
    assert rasa.heard == []


async def test_a_ticket_from_a_message_is_begun_in_the_direct_messages(slack: Slack, app: App, rasa: Rasa) -> None:
    pick = slack.pick("No sound &amp; no <!here> since monday")
    assert [await app.post(pick), await app.post(pick)] == [200, 200]
    picked, _ = await slack.until(2, DM)
    assert picked.text == "> No sound &amp; no @here since monday"
    assert rasa.messages == ["open a new ticket: No sound & no @here since monday"]


async def test_a_picked_message_without_words_is_told_so(slack: Slack, app: App, rasa: Rasa) -> None:
    assert await app.post(slack.pick("")) == 200, "a picture, say"
    (told,) = await slack.until(1, DM)
    assert told.text == words()["nothing_picked"]
    assert rasa.messages == []


async def test_a_picked_message_of_an_app_is_read_where_its_words_are(slack: Slack, app: App, rasa: Rasa) -> None:
    pick = slack.pick("")
    shown = [{"title": "PBX down", "text": "No phone &lt;registers&gt;"}, {"fallback": "since 8:00"}, "odd"]
    blocks = [{"type": "header", "text": {"type": "plain_text", "text": "Alarm"}}, {"type": "divider"}]
    pick["message"] |= {"attachments": shown, "blocks": blocks}
    await app.post(pick)
    await slack.until(2, DM)
    assert rasa.messages == ["open a new ticket: Alarm\nPBX down\nNo phone <registers>\nsince 8:00"]


async def test_an_emoji_is_heard_as_what_it_is(slack: Slack, app: App, rasa: Rasa) -> None:
    """Slack writes “:+1:” for a thumb, which would be read as the number one."""
    thumb = {"type": "emoji", "name": "+1", "unicode": "1f44d"}
    blocks = [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [thumb]}]}]
    await app.post(slack.message(":+1:", blocks=blocks))
    await slack.until(1)
    assert rasa.messages == ["👍"]


async def test_a_command_of_a_workspace_that_is_not_served_is_told_so(slack: Slack, run_app: RunApp) -> None:
    async with run_app(socket_mode=True, CARE_SLACK_TEAMS="T0OTHER"):
        envelope = await slack.push(slack.command("how long is porting?"), "slash_commands")
        await slack.until_acknowledged(envelope)
        assert slack.payloads[envelope] == {"text": words()["not_served"]}


async def test_the_home_says_that_there_are_older_tickets(slack: Slack, app: App, stored: Database) -> None:
    def open_them(session: Session) -> None:
        conversation = conversations.conversation_for(session, "slack", f"{TEAM}:{DM}")
        for number in range(11):
            new = NewTicket("tech.support", f"No sound {number}", "It is broken.")
            key = f"k{number}"
            open_ticket(session, key, new, channel="slack", targets=FIRST_ANSWER, conversation_id=conversation.id)

    await asyncio.to_thread(stored.write, open_them)
    await app.post(slack.opened("home"))
    while ANNA not in slack.homes:
        await asyncio.sleep(0.05)
    listed = slack.homes[ANNA]["blocks"][2]["text"]["text"]
    assert [line[:12] for line in listed.splitlines()[:10]] == [
        f"• *CC-{number:06d}"[:12] for number in range(11, 1, -1)
    ]
    assert listed.splitlines()[10:] == [words()["home_more"]]


async def test_a_ticket_that_cannot_be_begun_is_not_acknowledged(slack: Slack, app: App, rasa: Rasa) -> None:
    slack.weather = lambda method, _: Fault(500)
    assert await app.post(slack.pick("No sound")) == 503
    assert rasa.heard == []


async def test_the_home_shows_own_tickets_and_asks_what_is_asked_most(
    slack: Slack, app: App, rasa: Rasa, stored: Database
) -> None:
    await app.post(slack.message("hello"))
    await slack.until(1)

    def open_one(session: Session) -> None:
        conversation = conversations.conversation_for(session, "slack", f"{TEAM}:{DM}")
        new = NewTicket("tech.support", "No <!here> sound", "It is broken.")
        open_ticket(session, "k", new, channel="slack", targets=FIRST_ANSWER, conversation_id=conversation.id)

    await asyncio.to_thread(stored.write, open_one)
    opened = {"type": "app_home_opened", "user": ANNA, "channel": DM, "tab": "home"}
    assert await app.post(slack.event(opened)) == 200
    assert await app.post(slack.event({**opened, "user": BEN, "channel": "D0BEN"})) == 200
    while len(slack.homes) < 2:
        await asyncio.sleep(0.05)
    assert "CC-000001* No &lt;!here&gt; sound" in str(slack.homes[ANNA])
    assert "CC-000001" not in str(slack.homes[BEN]), "it is Anna's"
    press = slack.press_at_home(1)
    assert [await app.post(press), await app.post(slack.press_at_home(1))] == [200, 200]
    await slack.until(3, DM)
    assert rasa.messages == ["hello", words()["home_questions"].splitlines()[1]]


async def test_a_message_too_long_is_told_so(slack: Slack, app: App) -> None:
    await app.post(slack.message("x" * 5000))
    (answer,) = await slack.until(1)
    assert answer.text == wording.TOO_LONG.format(limit=4000)


async def test_too_many_messages_are_told_so(slack: Slack, run_app: RunApp, rasa: Rasa) -> None:
    async with run_app(CARE_RATE_LIMIT="1") as app:
        await app.post(slack.message("one"))
        await app.post(slack.message("two"))
        found = await slack.until(2)
    assert {message.text for message in found} == {"re: one", wording.TOO_MANY}


async def test_an_engine_that_fails_is_said_honestly(slack: Slack, app: App, rasa: Rasa) -> None:
    rasa.answer = nothing
    await app.post(slack.message("hello?"))
    (answer,) = await slack.until(1)
    assert answer.text == wording.LATER


async def test_an_agents_reply_comes_into_the_thread(slack: Slack, app: App, rasa: Rasa, stored: Database) -> None:
    mention = slack.message(f"<@{BOT}> broken", channel=CHANNEL, kind="app_mention")
    thread = mention["event"]["ts"]
    await app.post(mention)
    await slack.until(1)

    def answer(session: Session) -> None:
        conversation = conversations.conversation_for(session, "slack", f"{TEAM}:{CHANNEL}:{thread}")
        new = NewTicket("tech.support", "Broken", "It is broken.")
        ticket, _ = open_ticket(
            session, "k", new, channel="slack", targets=FIRST_ANSWER, conversation_id=conversation.id
        )
        reply(session, ticket, Author("agent", None, "Anna"), "Fixed <now>.")
        set_state(session, ticket, Author("agent", None, "Anna"), "resolved")

    await asyncio.to_thread(stored.write, answer)
    _, told, changed = await slack.until(3)
    assert told.thread == changed.thread == thread
    assert changed.text.endswith("is resolved. To add something write “CC-000001” and what it is."), "what reopens it"
    assert "Fixed &lt;now&gt;." in told.text
    assert "Anna · CC-" in told.blocks[0]["elements"][0]["text"]


async def test_what_slack_was_told_is_kept_survives_a_restart(slack: Slack, run_app: RunApp, rasa: Rasa) -> None:
    let_go = asyncio.Event()

    async def hang(body: dict[str, Any]) -> Response:
        await let_go.wait()
        return await echo(body)

    rasa.answer = hang
    async with run_app() as app:
        assert await app.post(slack.message("before the restart")) == 200
        assert await app.post(slack.message("and after it")) == 200
        await asyncio.sleep(0.3)
    rasa.answer = echo
    async with run_app():
        found = await slack.until(2)
    let_go.set()
    assert [message.text for message in found] == ["re: before the restart", "re: and after it"]


async def test_a_burst_is_answered_in_order_one_a_second(slack: Slack, app: App) -> None:
    for number in range(4):
        await app.post(slack.message(f"question {number}"))
    found = await slack.until(4)
    assert [message.text for message in found] == [f"re: question {number}" for number in range(4)]
    assert all(later.at - earlier.at >= 1 for earlier, later in pairwise(found))


@pytest.mark.parametrize(
    "fault",
    [
        Fault(429, retry_after=1),
        Fault(cut=True),
        Fault(cut=True, taken=True),
        Fault(500),
        Fault(502, taken=True),
    ],
    ids=str,
)
async def test_a_bad_moment_of_slacks_loses_and_doubles_nothing(slack: Slack, app: App, fault: Fault) -> None:
    bad = [fault]
    slack.weather = lambda method, _: bad.pop() if method == "chat.postMessage" and bad else None
    await app.post(slack.message("one"))
    await app.post(slack.message("two"))
    found = await slack.until(2)
    await asyncio.sleep(_QUIET)
    assert [message.text for message in found] == ["re: one", "re: two"]
    assert len(slack.messages) == 2
    assert bad == []


async def test_a_message_far_back_is_found_before_it_is_sent_again(slack: Slack, app: App) -> None:
    slack.page = 2
    for number in range(3):
        await app.post(slack.message(f"question {number}"))
    await slack.until(3)
    first_answer = slack.messages[0]
    cut = [Fault(cut=True, taken=True)]
    slack.weather = lambda method, _: cut.pop() if method == "chat.postMessage" and cut else None
    await app.post(slack.message("the last"))
    await slack.until(4)
    slack.messages.sort(key=lambda message: message.text != "re: the last")  # newest first: it is on the last page
    while "conversations.history" not in slack.calls:
        await asyncio.sleep(0.05)
    await asyncio.sleep(_QUIET)
    assert len(slack.messages) == 4
    assert first_answer in slack.messages
    assert slack.calls.count("conversations.history") == 2


async def test_what_slack_will_never_take_is_given_up_and_shown(slack: Slack, app: App, stored: Database) -> None:
    slack.gone.add(DM)
    await app.post(slack.message("hello"))
    await app.post(slack.message("elsewhere", channel="D0OTHER"))
    await slack.until(1, "D0OTHER")

    def dead(session: Session) -> list[str]:
        return list(session.scalars(select(Delivery.problem).where(Delivery.state == "dead")))

    async with asyncio.timeout(10):  # the one may be noted after the other has arrived
        while not (given_up := await asyncio.to_thread(stored.read, dead)):
            await asyncio.sleep(0.02)
    assert given_up == ["Slack: channel_not_found"]


async def test_a_busy_moment_of_ours_does_not_keep_slack_waiting(slack: Slack, app: App, rasa: Rasa) -> None:
    rasa.answer = after(0.4)
    began = time.monotonic()
    assert await app.post(slack.message("slow?")) == 200
    assert time.monotonic() - began < 0.4 or slack.messages == []


async def test_socket_mode_is_acknowledged_answered_and_comes_back(slack: Slack, run_app: RunApp, rasa: Rasa) -> None:
    async with run_app(socket_mode=True) as app:
        assert await app.post(slack.message("by http?")) == 404
        await slack.until_acknowledged(await slack.push(slack.message("over the socket")))
        (answer,) = await slack.until(1)
        assert answer.text == "re: over the socket"
        await slack.push(slack.command("by command"), "slash_commands")
        await slack.until(3)
        await slack.cut()
        message = slack.message("after the cut")
        await slack.until_acknowledged(await slack.push(message), 30)
        await slack.until_acknowledged(await slack.push(message))
        await slack.until(4)
        await asyncio.sleep(_QUIET)
    assert rasa.messages == ["over the socket", "by command", "after the cut"]
    assert slack.connections >= 2


async def test_only_people_of_listed_workspaces_are_answered(slack: Slack, run_app: RunApp, rasa: Rasa) -> None:
    async with run_app(CARE_SLACK_TEAMS="T0OTHER") as app:
        assert await app.post(slack.message("hello")) == 403
    async with run_app(CARE_SLACK_TEAMS=f"T0OTHER, {TEAM}") as app:
        assert await app.post(slack.message("from a guest", user_team="T0GUEST")) == 200
        assert await app.post(slack.message("from home", user_team=TEAM)) == 200
        await slack.until(1)
    assert rasa.messages == ["from home"]


async def test_what_partners_write_is_in_no_log(
    slack: Slack, run_app: RunApp, rasa: Rasa, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    slack.weather = lambda method, _: Fault(500) if slack.calls.count(method) == 1 else None
    async with run_app(CARE_LOG_LEVEL="DEBUG") as app:
        unsigned = {"x-slack-signature": "v0=" + "0" * 64}
        assert await app.post(slack.message("zebrafinch"), **unsigned) == 401
        assert await app.post(slack.event({"type": "zebrafinch", "text": "zebrafinch"})) == 200
        assert await app.post(slack.press(Posted(DM, "1.1", None, "", [BUTTON], {}, 0), "zebrafinch")) == 200
        assert await app.post(slack.message("zebrafinch")) == 200
        await slack.until(1)
    assert rasa.messages == ["zebrafinch"]
    ours = [record for record in caplog.records if record.name.startswith(("care", "slack"))]
    assert any(record.name == "care.deliveries" for record in ours), "the failure was logged"
    assert not any("zebrafinch" in record.getMessage() for record in ours)
    assert logging.getLogger("care").level == logging.NOTSET, "bolt leaves our own loggers alone"


async def test_nothing_is_set_up_without_settings(slack: Slack, run_app: RunApp) -> None:
    off = {"SLACK_BOT_TOKEN": "", "SLACK_SIGNING_SECRET": ""}
    async with run_app(**off) as app:
        assert await app.post(slack.message("hello")) == 404
        assert (await app.client.get("/healthz")).status_code == 200
    assert slack.calls == []
