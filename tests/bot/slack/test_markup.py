"""Markdown to mrkdwn and Slack's text to plain: what is meant stays, what would act is inert, nothing is lost."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.markup import emoji_in, escape, mrkdwn, plain, split
from tests.slack_world import BOT, commands

LETTERS = st.text(st.sampled_from("ab &<>|*_[]()!@#-1.:/\n"), max_size=80)
PIECES = st.sampled_from(
    [
        *(
            "<!channel>",
            "<!here|x>",
            "<@U0ANNA>",
            "<#C1|general>",
            "<https://evil.example|bank>",
            "&amp;",
            "&lt;!here&gt;",
        ),
        *(
            "[x](https://a.example/b_c)",
            "[<!here>](https://a.example)",
            "[x](https://a.example|<!channel>)",
            "**b**",
            "_i_",
        ),
        *("[a](!channel)", "[a](javascript:1)", "https://a.example/?a=1&b=<!here>", "> <!channel>", "- x", "\n\n", " "),
    ]
)
TEXTS = st.lists(st.one_of(LETTERS, PIECES), max_size=20).map("".join)


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("**Bold** and _italic_", "*Bold* and _italic_"),
        ("- one\n- **two**", "• one\n• *two*"),
        ("1. one\n2. two", "1. one\n2. two"),
        ("[FAQ](https://a.example/x?a=1&b=2)", "<https://a.example/x?a=1&amp;b=2|FAQ>"),
        ("[write](mailto:care@a.example)", "<mailto:care@a.example|write>"),
        ("see https://a.example/x.", "see <https://a.example/x>."),
        ("**[t](https://a.example)**", "*<https://a.example|t>*"),
        ("_Published in [t](https://a.example/x_y) · now_", "_Published in <https://a.example/x_y|t> · now_"),
        ("> <!channel> **no**", "> &lt;!channel&gt; **no**"),
        ("a < b && c > d", "a &lt; b &amp;&amp; c &gt; d"),
        ("<!channel> <@U0ANNA>", "&lt;!channel&gt; &lt;@U0ANNA&gt;"),
        ("[a](javascript:alert)", "[a](javascript:alert)"),
        ("[a](http://a.example)", "[a](http://a.example)"),
        ("[a|b](https://a.example/x|y)", "<https://a.example/x%7Cy|a¦b>"),
        ("snake_case_name 2 * 3", "snake_case_name 2 * 3"),
    ],
)
def test_markdown_becomes_mrkdwn(markdown: str, shown: str) -> None:
    assert mrkdwn(markdown) == shown


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (f"<@{BOT}> how long is porting?", "how long is porting?"),
        ("ask <@U0BEN|ben> in <#C1|general>", "ask @ben in #general"),
        ("<!here> and <!subteam^S1|@agents>", "@here and @agents"),
        ("<http://pbx.example|pbx.example>", "http://pbx.example"),
        ("<https://pbx.example/a|the manual>", "the manual (https://pbx.example/a)"),
        ("<mailto:a@b.example|a@b.example> <tel:+39123|+39123>", "a@b.example +39123"),
        ("a &lt; b &amp;&amp; c &gt; d", "a < b && c > d"),
        ("&lt;!channel&gt; &amp;lt;", "<!channel> &lt;"),
        ("zero\x00 \ud800", "zero ?"),
    ],
)
def test_what_was_typed_is_read_as_plain_text(typed: str, read: str) -> None:
    assert plain(typed, BOT) == read


@given(TEXTS)
def test_nothing_in_a_text_acts(text: str) -> None:
    assert commands(mrkdwn(text)) == []
    assert commands(escape(text)) == []


@given(TEXTS.filter(lambda text: "\r" not in text and "\x00" not in text))
def test_a_text_escaped_for_slack_is_read_as_it_was(text: str) -> None:
    assert plain(escape(text)) == text.strip()


@given(TEXTS, st.integers(20, 60))
def test_splitting_loses_nothing_and_cuts_no_link(text: str, most: int) -> None:
    shown = mrkdwn(text)
    parts = split(shown, most)
    assert all(0 < len(part) <= most for part in parts)
    assert "".join(squeezed(part) for part in parts) == squeezed(shown)
    if not re.search(rf"<[^<>]{{{most - 1},}}>", shown):
        assert [found for part in parts for found in commands(part)] == []


def test_a_quotation_that_is_cut_goes_on_as_one() -> None:
    quoted = mrkdwn("> one two three four five six seven\n> eight\n\nnine ten eleven twelve thirteen fourteen")
    parts = split(quoted, 20)
    assert parts == [
        "> one two three",
        "> four five six",
        "> seven\n> eight",
        "nine ten eleven",
        "twelve thirteen",
        "fourteen",
    ]


RICH = [
    {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_section",
                "elements": [
                    {"type": "emoji", "name": "+1::skin-tone-3", "unicode": "1f44d-1f3fc"},
                    {"type": "text", "text": " :443: :one: "},
                    {"type": "emoji", "name": "heart", "unicode": "2764-fe0f"},
                    {"type": "emoji", "name": "party_4"},
                ],
            },
            {"type": "rich_text_list", "elements": [{"elements": [{"type": "emoji", "name": "odd", "unicode": "x"}]}]},
        ],
    }
]


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (":+1::skin-tone-3:", "👍"),
        ("yes :heart: :party_4:", "yes ❤️"),
        ("port :443: and :one:", "port :443: and :one:"),
        ("16:30:15, 00:1A:4B", "16:30:15, 00:1A:4B"),
        (":odd:", ""),
    ],
)
def test_an_emoji_is_read_as_it_is_typed_elsewhere(typed: str, read: str) -> None:
    assert plain(typed, BOT, emoji_in(RICH)) == read


@pytest.mark.parametrize(
    "blocks", [None, "x", 1, [], [None, ["x"]], [{"type": "emoji", "unicode": "-".join(["f" * 9] * 3)}]]
)
def test_blocks_of_any_shape_are_looked_through(blocks: object) -> None:
    assert set(emoji_in(blocks).values()) <= {""}


def squeezed(text: str) -> str:
    """A text without its spaces, and without the signs of quoted lines, of which a cut quotation has more."""
    return re.sub(r"[\s>]", "", text)
