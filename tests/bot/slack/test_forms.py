"""Forms in Slack, end to end: opened by a button, checked while Slack waits, run once as one turn."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from sqlalchemy.orm import Session
from starlette.responses import Response

from bot import wording
from bot.slack.blocks import words
from tests.bot.peers import Rasa, echo, nothing
from tests.bot.slack.conftest import App, RunApp
from tests.bot.slack.filling import FORM, asked, asking, forms_heard, opened, saying, sent, texts
from tests.slack_world import ANNA, BEN, BOT, CHANNEL, TEAM, Fault, Slack
from tickets.database import Database
from tickets.filled import Filled, stamp
from tickets.models import Event

DAY, CURRENCY = "Invoice date", "Currency"
_QUIET = 0.6  # seconds in which an answer would have come


async def test_a_form_is_one_turn_with_exact_values_and_takes_the_buttons_place(
    slack: Slack, app: App, rasa: Rasa, stored: Database
) -> None:
    question = await asked(slack, app, rasa, currency="EUR")
    view = await opened(slack, app, question)
    assert "Disputing an invoice" in texts(view)
    rasa.answer = echo
    assert await sent(app, slack.submit(view, **{DAY: "2026-05-05"})) == {}
    question, filled, answer = await slack.until(3)
    (form,) = forms_heard(rasa)
    assert form == Filled(
        "policy", "dispute_window", stamp({"currency": "EUR"}), {"invoice_date": "2026-05-05", "currency": "EUR"}
    )
    assert filled.text == "> Disputing an invoice\n> Invoice date: 5 May 2026\n> Currency: EUR"
    assert answer.text.startswith("re: ")
    while question.updates == 0:
        await asyncio.sleep(0.05)
    assert question.buttons() == {}
    assert question.blocks[-1]["elements"][0]["text"] == "✓ Filled in"

    def transcript(session: Session) -> list[str]:
        return [event.kind for event in session.query(Event).order_by(Event.seq)]

    assert await asyncio.to_thread(stored.read, transcript) == ["user", "bot", "user", "bot"]


async def test_a_mistake_is_said_at_its_input_and_nothing_is_taken(slack: Slack, app: App, rasa: Rasa) -> None:
    view = await opened(slack, app, await asked(slack, app, rasa))
    answer = await sent(app, slack.submit(view, **{DAY: "2099-05-05"}))
    assert answer["response_action"] == "errors"
    ((block, reason),) = answer["errors"].items()
    assert block in {one.get("block_id") for one in view["blocks"] if one["type"] == "input"}
    assert "in the future" in reason
    await asyncio.sleep(_QUIET)
    assert forms_heard(rasa) == []
    await sent(app, slack.submit(view, **{DAY: "2026-05-05"}))
    await slack.until(3)
    assert len(forms_heard(rasa)) == 1


async def test_a_form_sent_twice_and_redelivered_is_taken_once(slack: Slack, app: App, rasa: Rasa) -> None:
    view = await opened(slack, app, await asked(slack, app, rasa))
    rasa.answer = echo
    once = slack.submit(view, **{DAY: "2026-05-05"})
    twice = slack.submit(view, **{DAY: "2026-05-05"})
    assert await asyncio.gather(*(sent(app, one) for one in (once, twice, once))) == [{}, {}, {}]
    await slack.until(3)
    assert await sent(app, once) == {}
    await asyncio.sleep(_QUIET)
    assert len(forms_heard(rasa)) == 1
    assert len(slack.messages) == 3


async def test_what_was_said_meanwhile_is_not_overwritten(slack: Slack, app: App, rasa: Rasa) -> None:
    view = await opened(slack, app, await asked(slack, app, rasa))
    await asked(slack, app, rasa, "5 June", invoice_date="2026-06-05")
    answer = await sent(app, slack.submit(view, **{DAY: "2026-05-05", CURRENCY: "GBP"}))
    again = slack.updated(view, answer)
    assert words()["form_changed"] in texts(again)
    assert "2026-06-05" in texts(again), "what holds by now stands above what was typed"
    before, now = ({one.get("block_id") for one in each["blocks"] if one["type"] == "input"} for each in (view, again))
    assert not before & now, "or Slack would keep its own state of them"
    assert forms_heard(rasa) == []
    assert await sent(app, slack.submit(again)) == {}
    await slack.until(4)
    (form,) = forms_heard(rasa)
    assert form.values == {"invoice_date": "2026-05-05", "currency": "GBP"}
    assert form.stamp == stamp({"invoice_date": "2026-06-05"})


async def test_a_question_in_between_changes_nothing(slack: Slack, app: App, rasa: Rasa) -> None:
    view = await opened(slack, app, await asked(slack, app, rasa))
    await asked(slack, app, rasa, "what is a DID?")
    assert await sent(app, slack.submit(view, **{DAY: "2026-05-05"})) == {}


async def test_a_form_whose_time_is_over_says_so_and_keeps_what_was_typed(slack: Slack, app: App, rasa: Rasa) -> None:
    question = await asked(slack, app, rasa)
    view = await opened(slack, app, question)
    rasa.answer = saying(type="decision", policy="dispute_window")
    await app.post(slack.message("5 May"))
    await slack.until(2)
    told = slack.updated(view, await sent(app, slack.submit(view, **{DAY: "2026-05-05"})))
    assert words()["form_over"] in texts(told)
    assert "2026-05-05" in texts(told)
    assert "submit" not in told
    late = await opened(slack, app, question)
    assert texts(late) == words()["form_over"]
    assert forms_heard(rasa) == []


async def test_a_button_of_a_conversation_that_is_forgotten_says_so(slack: Slack, app: App, rasa: Rasa) -> None:
    question = await asked(slack, app, rasa)
    press = slack.press(question, FORM)
    press["actions"][0]["value"] = f"{'0' * 32}.1"
    assert await app.post(press) == 200
    (view,) = slack.views.values()
    assert texts(view) == words()["form_over"]


async def test_a_form_beyond_the_pace_is_given_back_in_words(slack: Slack, run_app: RunApp, rasa: Rasa) -> None:
    async with run_app(CARE_RATE_LIMIT="1") as app:
        view = await opened(slack, app, await asked(slack, app, rasa))
        await sent(app, slack.submit(view, **{DAY: "2026-05-05"}))
        (_, told) = await slack.until(2)
    assert told.text.startswith(wording.TOO_MANY)
    assert "> Invoice date: 5 May 2026" in told.text


async def test_what_looks_like_a_form_but_was_typed_is_a_text(slack: Slack, app: App, rasa: Rasa) -> None:
    await app.post(slack.message(Filled("policy", "dispute_window", "x", {}).payload()))
    await slack.until(1)
    assert forms_heard(rasa) == []
    assert len(rasa.messages) == 1


async def test_an_older_button_opens_the_form_as_it_stands_now(slack: Slack, app: App, rasa: Rasa) -> None:
    question = await asked(slack, app, rasa)
    await asked(slack, app, rasa, "5 June", invoice_date="2026-06-05")
    view = await opened(slack, app, question)
    assert await sent(app, slack.submit(view)) == {}
    await slack.until(3)
    assert forms_heard(rasa)[0].values == {"invoice_date": "2026-06-05"}


async def test_in_a_thread_whoever_may_press_may_fill_in_and_it_counts_as_theirs(
    slack: Slack, app: App, rasa: Rasa
) -> None:
    mention = slack.message(f"<@{BOT}> dispute?", channel=CHANNEL, kind="app_mention")
    rasa.answer = asking()
    await app.post(mention)
    (question,) = await slack.until(1)
    view = await opened(slack, app, question, BEN)
    assert await sent(app, slack.submit(view, user=ANNA, **{DAY: "2026-05-05"})) == {}, "it is Ben's form"
    await asyncio.sleep(_QUIET)
    assert forms_heard(rasa) == []
    assert await sent(app, slack.submit(view, user=BEN, **{DAY: "2026-05-05"})) == {}
    question, filled, _ = await slack.until(3)
    assert {filled.thread} == {mention["event"]["ts"]}
    while question.updates == 0:
        await asyncio.sleep(0.05)
    assert question.blocks[-1]["elements"][0]["text"] == f"✓ Filled in · <@{BEN}>"


async def test_a_form_of_another_place_or_made_up_does_nothing(slack: Slack, app: App, rasa: Rasa) -> None:
    question = await asked(slack, app, rasa)
    elsewhere = slack.press(question, FORM)
    elsewhere["container"]["channel_id"] = "D0BEN"
    other_team = slack.press(question, FORM)
    other_team["team"]["id"] = "T0OTHER"
    made_up = [slack.press(question, FORM) for _ in range(3)]
    values = ["", "0" * 32, "x" * 5000]
    for press, value in zip(made_up, values, strict=True):
        press["actions"][0]["value"] = value
    for press in (elsewhere, other_team, *made_up):
        assert await app.post(press) == 200
    assert slack.views == {}
    view = await opened(slack, app, question)
    for note in ("", "[]", "{}", '{"event": 1}', view["private_metadata"].replace(".", ".9")):
        submission = slack.submit({**view, "private_metadata": note}, **{DAY: "2026-05-05"})
        assert (await sent(app, submission)).get("response_action") in (None, "update")
    strange = slack.submit(view, **{DAY: "2026-05-05"})
    strange["view"]["state"] = {"values": {"0:invoice_date": [], "0:currency": {"value": "EUR"}, "x": {"y": {"z": 1}}}}
    assert (await sent(app, strange))["response_action"] == "errors"
    strange["view"]["state"] = "nothing"
    assert (await sent(app, strange))["response_action"] == "errors"
    await asyncio.sleep(_QUIET)
    assert forms_heard(rasa) == []


async def test_only_people_of_listed_workspaces_open_and_send_forms(slack: Slack, run_app: RunApp, rasa: Rasa) -> None:
    async with run_app(CARE_SLACK_TEAMS=TEAM) as app:
        question = await asked(slack, app, rasa)
        guest = slack.press(question, FORM)
        guest["user"]["team_id"] = "T0GUEST"
        assert await app.post(guest) == 200
        assert slack.views == {}
        view = await opened(slack, app, question)
        submission = slack.submit(view, **{DAY: "2026-05-05"})
        submission["user"]["team_id"] = "T0GUEST"
        assert await sent(app, submission) == {}
        await asyncio.sleep(_QUIET)
    assert forms_heard(rasa) == []


async def test_a_form_that_cannot_be_opened_in_time_is_not_acknowledged(slack: Slack, app: App, rasa: Rasa) -> None:
    question = await asked(slack, app, rasa)
    late = slack.press(question, FORM)
    late["trigger_id"] = "1.2.old"
    assert await app.post(late) == 503
    for fault in (Fault(500), Fault(cut=True), Fault(429, retry_after=1)):
        slack.weather = lambda method, _, fault=fault: fault if method == "views.open" else None  # type: ignore[misc]
        assert await app.post(slack.press(question, FORM)) == 503
    slack.weather = lambda method, _: None
    assert (await opened(slack, app, question))["type"] == "modal"


async def test_a_form_that_was_sent_survives_a_restart(slack: Slack, run_app: RunApp, rasa: Rasa) -> None:
    let_go = asyncio.Event()

    async def hang(body: dict[str, Any]) -> Response:
        await let_go.wait()
        return await echo(body)

    async with run_app() as app:
        view = await opened(slack, app, await asked(slack, app, rasa))
        rasa.answer = hang
        once = slack.submit(view, **{DAY: "2026-05-05"})
        assert await sent(app, once) == {}
    heard = len(rasa.messages)
    rasa.answer = echo
    async with run_app() as app:
        assert await sent(app, once) == {}
        _, _, answer = await slack.until(3)
        await asyncio.sleep(_QUIET)
    let_go.set()
    assert answer.text.startswith("re: /fill")
    assert len(rasa.messages) - heard == 1
    assert len(slack.messages) == 3


async def test_over_socket_mode_a_mistake_is_in_the_acknowledgement(slack: Slack, run_app: RunApp, rasa: Rasa) -> None:
    async with run_app(socket_mode=True):
        rasa.answer = asking()
        await slack.push(slack.message("dispute?"))
        (question,) = await slack.until(1)
        await slack.until_acknowledged(await slack.push(slack.press(question, FORM), "interactive"))
        (view,) = slack.views.values()
        wrong = await slack.push(slack.submit(view, **{DAY: "2099-05-05"}), "interactive")
        await slack.until_acknowledged(wrong)
        assert slack.payloads[wrong]["response_action"] == "errors"
        right = await slack.push(slack.submit(view, **{DAY: "2026-05-05"}), "interactive")
        await slack.until_acknowledged(right)
        await slack.until(3)
    assert len(forms_heard(rasa)) == 1


async def test_what_is_filled_in_is_in_no_log(
    slack: Slack, run_app: RunApp, rasa: Rasa, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with run_app(CARE_LOG_LEVEL="DEBUG") as app:
        rasa.answer = saying(type="ask", policy="toll_free_outbound", values={}, part={})
        await app.post(slack.message("toll free?"))
        (question,) = await slack.until(1)
        slack.weather = lambda method, _: Fault(500) if method == "views.open" else None
        assert await app.post(slack.press(question, FORM)) == 503
        slack.weather = lambda method, _: None
        view = await opened(slack, app, question)
        country = "Country of the Toll-Free number"
        assert "zebrafinch" in str(await sent(app, slack.submit(view, **{country: "zebrafinch"})))
        broken = slack.submit(view, **{country: "zebrafinch"})
        broken["view"]["state"]["values"] = [["zebrafinch"]]
        broken["user"]["zebrafinch"] = "zebrafinch"
        assert await app.post(broken) == 200
        assert await app.post(broken, **{"x-slack-signature": "v0=" + "0" * 64}) == 401
        rasa.answer = nothing
        await sent(app, slack.submit(view, **{country: "Seychelles"}))
        await slack.until(3)
    ours = [record for record in caplog.records if record.name.startswith(("care", "slack"))]
    assert any("a form cannot be opened" in str(record.exc_info) for record in ours)
    assert not any(word in record.getMessage() for record in ours for word in ("zebrafinch", "Seychelles", "fill["))
