"""Replies in Block Kit: Slack's limits kept by splitting, everything said, buttons gone once one was pressed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.blocks import MOST_TITLE, Message, after_choice, messages, with_form_offer, words
from bot.slack.markup import mrkdwn
from tests.bot.slack.test_markup import TEXTS, squeezed
from tests.slack_world import problems

SOURCE = "https://a.example/faq"
FAQ: dict[str, Any] = {
    "type": "faq",
    "source": SOURCE,
    "source_title": "FAQ",
    "related": [{"id": "x", "question": "Can a porting be stopped?"}],
}
ANSWER = f"**10 days.**\n\n- or more\n\n_Published in [FAQ]({SOURCE}) · last reviewed 1 May_\n\nWas this helpful?"

REPLIES = st.tuples(
    st.sampled_from(["bot", "notice", "agent"]),
    st.one_of(TEXTS, st.builds(lambda text, times: text * times, TEXTS, st.integers(1, 200))),
    st.lists(st.text(min_size=1, max_size=200), max_size=60),
)


def buttons(*titles: str) -> list[dict[str, str]]:
    """Buttons as the transcript keeps them."""
    return [{"title": title, "payload": f"btn_{number:028x}"} for number, title in enumerate(titles)]


def kinds(message: Message) -> list[str]:
    """The types of a message's blocks."""
    return [block["type"] for block in message.blocks]


def as_sent(message: Message) -> dict[str, Any]:
    """A message as the Web API gets it."""
    return {"text": message.text, "blocks": message.blocks}


def test_an_answer_has_its_source_apart_and_related_questions_last() -> None:
    (message,) = messages("bot", ANSWER, buttons("Yes", "No", "Can a porting be stopped?"), FAQ)
    assert kinds(message) == ["section", "context", "section", "actions", "context", "actions"]
    assert message.blocks[0]["text"]["text"] == "*10 days.*\n\n• or more"
    assert message.blocks[1]["elements"][0]["text"] == f"Published in <{SOURCE}|FAQ> · last reviewed 1 May"
    assert message.blocks[4]["elements"][0]["text"] == words()["related"]
    assert [one["text"]["text"] for one in message.blocks[5]["elements"]] == ["Can a porting be stopped?"]
    assert "*10 days.*" in message.text
    offered = ["Was this helpful?", "Yes · No", words()["related"], "Can a porting be stopped?"]
    assert message.text.endswith("\n\n".join(offered)), "screen readers read only that"


def test_an_agents_answer_names_the_agent() -> None:
    data = {"type": "ticket_update", "author": "Anna <Rossi>", "number": "CC-000123"}
    (message,) = messages("agent", "It is done.", [], data)
    assert message.blocks[0]["elements"][0]["text"] == "Anna &lt;Rossi&gt; · CC-000123"


def test_a_title_too_long_for_a_button_stands_beside_one() -> None:
    title = "How long does a porting take " + "in a country far away " * 5
    assert len(title) > MOST_TITLE
    (message,) = messages("bot", "Which?", buttons("None", title.strip()), {})
    assert [block["type"] for block in message.blocks] == ["section", "actions", "section"]
    assert message.blocks[2]["text"]["text"] == title.strip()
    assert message.blocks[2]["accessory"]["text"]["text"] == words()["choose"]


def test_more_than_five_buttons_are_several_rows() -> None:
    (message,) = messages("bot", "Which?", buttons(*map(str, range(12))), {})
    assert [len(block["elements"]) for block in message.blocks[1:]] == [5, 5, 2]


def test_a_long_answer_is_several_messages_with_the_buttons_at_the_end() -> None:
    made = messages("bot", "\n\n".join(f"{number}. " + "word " * 100 for number in range(30)), buttons("Yes"), {})
    assert len(made) > 3
    assert [("actions" in kinds(message)) for message in made] == [*[False] * (len(made) - 1), True]


@pytest.mark.parametrize("text", ["", "\n\n", "_", "> "])
def test_nothing_to_say_is_still_a_message(text: str) -> None:
    (message,) = messages("bot", text, [], {})
    assert problems(as_sent(message)) == []


@given(REPLIES)
def test_whatever_is_said_keeps_slacks_limits_and_is_said_whole(reply: tuple[str, str, list[str]]) -> None:
    kind, text, titles = reply
    made = messages(kind, text, buttons(*titles), {})
    assert [problem for message in made for problem in problems(as_sent(message))] == []
    shown = [block["text"]["text"] for message in made for block in message.blocks if block["type"] == "section"]
    # Space around a paragraph says nothing, and may stand before what would else be a quotation.
    whole = squeezed(mrkdwn("\n\n".join(paragraph.strip() for paragraph in text.split("\n\n"))))
    assert whole in squeezed("".join(shown)) or not whole
    elements = [one for message in made for block in message.blocks for one in block.get("elements", [])]
    beside = [block["accessory"] for message in made for block in message.blocks if "accessory" in block]
    pressed = [one["value"] for one in [*elements, *beside] if one["type"] == "button"]
    assert sorted(pressed) == [button["payload"] for button in buttons(*titles)]


def test_after_a_choice_the_buttons_are_replaced_by_it() -> None:
    given = buttons("Yes", "No", "Can a porting be stopped?", "A very long question " * 5)
    made = messages("bot", ANSWER, given, FAQ)
    for button in given:
        changed = after_choice(made, button["payload"], "✓ this")
        assert changed is not None
        assert kinds(changed) == ["section", "context", "section", "context"]
        assert changed.blocks[-1]["elements"][0]["text"] == "✓ this"
        assert changed.text.endswith("Was this helpful?\n\n✓ this")
        assert problems(as_sent(changed)) == []
    assert after_choice(made, "btn_of_another", "x") is None


@given(REPLIES, st.sampled_from(["bot", "user"]))
def test_a_form_is_offered_within_the_limits_and_gone_after_use(reply: tuple[str, str, list[str]], kind: str) -> None:
    _, text, titles = reply
    token = f"{'0' * 32}.1"
    made = with_form_offer(messages(kind, text, buttons(*titles), {}), "Fill in a form", token)
    assert [problem for message in made for problem in problems(as_sent(message))] == []
    after = after_choice(made, token, "✓ Filled in")
    assert after is not None
    assert problems(as_sent(after)) == []
    assert token not in str(after)
