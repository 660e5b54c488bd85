"""The draft of a ticket as a form in Slack, end to end."""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy.orm import Session

from bot.slack.blocks import words
from tests.bot.peers import Answer, Rasa
from tests.bot.slack.conftest import App
from tests.bot.slack.filling import forms_heard, saying, sent, texts
from tests.slack_world import ANNA, BEN, BOT, CHANNEL, TEAM, Posted, Slack
from tickets import slack_users
from tickets.database import Database
from tickets.partners import known_partner

EDIT = words()["form_button_ticket"]
DRAFT = {"id": "0" * 32, "subject": "Stolen", "text": "It was stolen.", "contact": {}, "doubted": False, "stamp": "x"}


def drafting(**draft: Any) -> Answer:
    """An engine that shows a draft."""
    return saying(type="draft", ticket_type="hwaas.return", fields={"pbx": "Rossi"}, draft={**DRAFT, **draft})


async def edited(slack: Slack, app: App, message: Posted, user: str = ANNA) -> dict[str, Any]:
    """The form that the button under a draft opens."""
    known = set(slack.views)
    assert await app.post(slack.press(message, EDIT, user)) == 200
    (name,) = slack.views.keys() - known
    return slack.views[name]


def labels(view: dict[str, Any]) -> list[str]:
    return [block["label"]["text"] for block in view["blocks"] if block["type"] == "input"]


async def test_what_was_emptied_stays_empty_when_the_form_is_shown_anew(slack: Slack, app: App, rasa: Rasa) -> None:
    rasa.answer = drafting()
    await app.post(slack.message("open a ticket"))
    view = await edited(slack, app, (await slack.until(1))[0])
    typed: dict[str, Any] = {"PBX": None, "Description": "Display defekt WP480"}
    again = slack.updated(view, await sent(app, slack.submit(view, **typed)))
    assert await sent(app, slack.submit(again)) == {}
    await slack.until(3)
    assert forms_heard(rasa)[0].values["fields"] == {}


async def test_a_draft_is_edited_as_a_form_and_goes_through_the_conversation(
    slack: Slack, app: App, rasa: Rasa
) -> None:
    rasa.answer = drafting()
    await app.post(slack.message("open a ticket"))
    (draft,) = await slack.until(1)
    view = await edited(slack, app, draft)
    assert labels(view)[:2] == ["Serial number", "PBX"]
    typed = {"Serial number": "9C75 <!here>", "Description": "It was stolen & sold.\n> Really."}
    assert await sent(app, slack.submit(view, **typed)) == {}
    filled = (await slack.until(3))[1]
    (form,) = forms_heard(rasa)
    assert form.values == {
        "subject": "Stolen",
        "text": "It was stolen & sold.\n> Really.",
        "fields": {"serial_number": "9C75 <!here>", "pbx": "Rossi"},
        "contact": {},
    }
    assert "> Serial number: 9C75 &lt;!here&gt;" in filled.text
    assert "> Description: It was stolen &amp; sold.\n" in filled.text


async def test_words_in_another_language_are_refused_at_their_input_and_doubt_is_asked_once(
    slack: Slack, app: App, rasa: Rasa
) -> None:
    rasa.answer = drafting()
    await app.post(slack.message("open a ticket"))
    view = await edited(slack, app, (await slack.until(1))[0])
    german = "Das Telefon wurde gestern Nacht gestohlen, bitte helfen Sie uns."
    answer = await sent(app, slack.submit(view, Description=german))
    assert [*answer["errors"].values()] == [words()["form_language"]]
    doubt = await sent(app, slack.submit(view, Description="Display defekt WP480"))
    again = slack.updated(view, doubt)
    assert words()["form_doubt"] in texts(again)
    assert forms_heard(rasa) == []
    assert await sent(app, slack.submit(again)) == {}
    await slack.until(3)
    assert forms_heard(rasa)[0].values["text"] == "Display defekt WP480"


async def test_a_linked_user_is_not_asked_who_they_are_and_sees_nobody_elses_contact(
    slack: Slack, app: App, rasa: Rasa, stored: Database
) -> None:
    def link(session: Session) -> None:
        anna = known_partner(
            session, "portal", "7", "acme", company_name="Acme", name="Anna", email="anna@acme.example"
        )
        slack_users.link(session, TEAM, ANNA, anna, "test")

    await asyncio.to_thread(stored.write, link)
    rasa.answer = drafting(contact={"name": "Ben", "email": "ben@other.example"})
    await app.post(slack.message(f"<@{BOT}> open a ticket", channel=CHANNEL, kind="app_mention", user=BEN))
    (draft,) = await slack.until(1)
    view = await edited(slack, app, draft, ANNA)
    assert not {words()["form_name"], words()["form_email"]} & set(labels(view))
    assert "ben@other.example" not in str(view)
    assert "anna@acme.example" not in str(await edited(slack, app, draft, BEN))
    await sent(app, slack.submit(view, **{"Serial number": "9C75"}))
    await slack.until(3)
    assert "contact" not in forms_heard(rasa)[0].values


async def test_who_is_no_longer_linked_when_they_send_it_has_not_said_who_they_are(
    slack: Slack, app: App, rasa: Rasa, stored: Database
) -> None:
    def link(session: Session) -> None:
        anna = known_partner(session, "portal", "7", "acme", company_name="Acme", name="Anna", email="a@acme.example")
        slack_users.link(session, TEAM, ANNA, anna, "test")

    await asyncio.to_thread(stored.write, link)
    rasa.answer = drafting(contact={"name": "Ben"})
    await app.post(slack.message("open a ticket"))
    view = await edited(slack, app, (await slack.until(1))[0])
    await asyncio.to_thread(stored.write, lambda session: slack_users.unlink(session, TEAM, ANNA, "test"))
    assert await sent(app, slack.submit(view)) == {}
    await slack.until(3)
    assert "contact" not in forms_heard(rasa)[0].values, "it is asked in the conversation"
