"""Content files: what an editor may write, and what is said about everything else."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from knowledge.faq.entries import Content, ContentError, read_catalogue, split_file
from tests.knowledge.small_faq import SmallFaq

WHEN = "entries/water/when.md"
ANSWER = "**In the evening.** The ground keeps it then."
ONE_PHRASING = '  - "When do I water? said in way 0"\n'


@pytest.fixture
def faq(tmp_path: Path) -> SmallFaq:
    return SmallFaq(tmp_path)


def problems(faq: SmallFaq) -> list[str]:
    """What the loader says is wrong."""
    try:
        faq.content()
    except ContentError as refused:
        return refused.problems
    return []


# The published content


def test_every_question_of_the_published_page_has_an_entry(content: Content) -> None:
    assert len(content.entries) == 102
    assert sum(not entry.answered for entry in content.entries.values()) == 21
    assert all(len(entry.phrasings) >= 15 for entry in content.entries.values())


def test_hundreds_of_messages_show_what_no_entry_answers(content: Content) -> None:
    assert sum(len(messages) for messages in content.unanswerable.values()) >= 300


def test_an_answer_begins_with_its_short_form(content: Content) -> None:
    answered = [entry for entry in content.entries.values() if entry.answered]
    assert answered
    assert [entry.id for entry in answered if not 0 < len(entry.short_answer) <= 400] == []


# A file that can be used


def test_an_entry_is_read_from_its_head_and_the_answer_below(faq: SmallFaq) -> None:
    faq.change(WHEN, "related: []", "related: [water/how-much]")
    entry = faq.content().entries["water/when"]
    assert (entry.section, entry.question, entry.owner) == ("water", "When do I water?", "Garden team")
    assert (entry.page.title, entry.page.url) == ("Help", "https://example.com/help")
    assert (entry.last_reviewed, entry.review_by) == (date(2026, 11, 22), date(2027, 5, 22))
    assert entry.related == ("water/how-much",)
    assert entry.phrasings[0] == "When do I water? said in way 0"
    assert entry.answer == ANSWER


def test_the_short_answer_is_the_first_paragraph_without_emphasis(faq: SmallFaq) -> None:
    assert faq.content().entries["water/how-much"].short_answer == "Ten litres for a tree."
    assert faq.content().entries["tools/mower"].short_answer == ""


def test_an_answer_is_overdue_from_the_day_after_its_review_date(faq: SmallFaq) -> None:
    entry = faq.content().entries["water/when"]
    assert not entry.review_overdue(date(2027, 5, 22))
    assert entry.review_overdue(date(2027, 5, 23))


@pytest.mark.parametrize(
    "answer",
    [
        "Two paragraphs.\n\nWith **bold** words.",
        "1. A list\n2. with numbers",
        "A [page](https://example.com/a), an [old page](http://example.com) and [mail](mailto:a@example.com).",
    ],
)
def test_paragraphs_bold_flat_lists_and_links_are_allowed(faq: SmallFaq, answer: str) -> None:
    faq.change(WHEN, ANSWER, answer)
    assert faq.content().entries["water/when"].answer == answer


# One mistake: the message names file, entry and key


@pytest.mark.parametrize(
    ("old", "new", "key", "said"),
    [
        ("owner:", "ownr:", "ownr", "unknown key; known are answered, last_reviewed,"),
        ('owner: "Garden team"\n', "", "owner", "missing."),
        ('owner: "Garden team"', "owner: 7", "owner", "must be a text."),
        ('question: "When', 'question: "" # "When', "question", "must be a text."),
        ('published_as: "When', 'published_as: "why, when', "published_as", "must be the published question: When do"),
        ("page: help", "page: elsewhere", "page", "unknown page; known are help."),
        ("page: help", "page: [help]", "page", "must be a text."),
        ("2026-11-22", "22.11.2026", "last_reviewed", "must be a date such as 2026-11-22."),
        ("2026-11-22", "2026-11-22 10:00:00", "last_reviewed", "must be a date such as 2026-11-22."),
        ("2027-05-22", "next year", "review_by", "must be a date such as 2026-11-22."),
        ("2027-05-22", "2027-02-30", "last_reviewed or review_by", "no such date: day is out of range for month."),
        ("answered: true", "answered: sure", "answered", "must be true or false."),
        ("answered: true", "answered: false", "answered", "the catalogue says yes."),
        ("answered: true", "answered: false", "answer", "an entry published elsewhere has none;"),
        ("related: []", "related: [water/why]", "related", "water/why is not another entry's id."),
        ("related: []", "related: [water/when]", "related", "water/when is not another entry's id."),
        ("related: []", "related: [a, b, c, d]", "related", "must be a list of at most 3 ids."),
        (ONE_PHRASING, "", "phrasings", "at least 15 different ones are needed."),
        (ONE_PHRASING, "  - when: now\n", "phrasings", "must be a list of texts (put quotes around"),
        (ONE_PHRASING, ONE_PHRASING + ONE_PHRASING.upper(), "phrasings", "one occurs twice."),
        (ANSWER, "", "answer", "missing below the head."),
        (ANSWER, "# In the evening", "answer", "line 1: only paragraphs, bold, flat lists and links are shown."),
        (ANSWER, "Fine.\n\n    code", "answer", "line 3: only paragraphs"),
        (ANSWER, "- a\n  - b", "answer", "line 2: only paragraphs"),
        (ANSWER, "In the *evening*.", "answer", "only paragraphs"),
        (ANSWER, "In the `evening`.", "answer", "'evening': only paragraphs"),
        (ANSWER, "<b>In</b> the evening.", "answer", "'<b>': only paragraphs"),
        (ANSWER, "![evening](https://example.com/a.png)", "answer", "'evening': only paragraphs"),
        (ANSWER, "[here](javascript:alert(1))", "answer", "link javascript:alert(1): must begin with https://, http://"),
        (ANSWER, "[here](data:text/html,hi)", "answer", "link data:text/html,hi: must begin with https://"),
        (ANSWER, "[here](/wiki/page)", "answer", "link /wiki/page: must begin with https://"),
        (ANSWER, "<javascript:alert(1)>", "answer", "link javascript:alert(1): must begin with https://"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_by_file_entry_and_key(faq: SmallFaq, old: str, new: str, key: str, said: str) -> None:
    faq.change(WHEN, old, new)
    found = problems(faq)
    assert any(problem.startswith(f"{faq.folder / WHEN}: entry water/when: {key}: ") for problem in found), found
    assert any(said in problem for problem in found), found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("question: When?\n", "the head must stand between two lines of ---."),
        ("---\n- a\n- b\n---\n", "the head must be a list of `key: value` lines."),
        ("---\nquestion: [\n---\n", "the head is not valid YAML: "),
        ("---\nowner: A\nowner: B\n---\n", "the head is not valid YAML: key 'owner' is given twice"),
    ],
)
def test_a_file_without_a_readable_head_is_named(faq: SmallFaq, text: str, said: str) -> None:
    faq.write(WHEN, text)
    assert [said in problem and "entry water/when" in problem for problem in problems(faq)] == [True]


def test_a_phrasing_of_two_entries_is_named_with_both(faq: SmallFaq) -> None:
    faq.change("entries/water/how-much.md", "How much water? said in way 3", "WHEN do I water? said in way 3")
    assert problems(faq) == [
        f"{faq.folder}/entries/water/how-much.md: entry water/how-much: phrasings: 'WHEN do I water? said in way 3' "
        "is also a phrasing of water/when."
    ]


def test_a_message_cannot_be_answered_and_unanswerable(faq: SmallFaq) -> None:
    faq.write("unanswerable.yml", 'weather:\n  - "when do i water? Said in way 3"\n')
    assert "weather: 'when do i water? Said in way 3' is a phrasing of water/when." in problems(faq)[0]


def test_catalogue_and_files_must_agree(faq: SmallFaq) -> None:
    (faq.folder / WHEN).rename(faq.folder / "entries/water/whenever.md")
    assert problems(faq) == [
        f"{faq.folder}/entries/water/whenever.md: entry water/whenever is not in catalogue.tsv.",
        f"{faq.folder}/entries/water/when.md: missing; the catalogue lists entry water/when.",
    ]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("pages.yml", "help:\n  title: Help\n", "help: must have a title and a url, nothing else."),
        ("pages.yml", "- help\n", "must be a list of `key: value` lines."),
        ("unanswerable.yml", "weather: rain\n", "weather: must be a list of texts."),
        ("unanswerable.yml", "a: [b]\na: [c]\n", "not valid YAML: key 'a' is given twice"),
        ("catalogue.tsv", "id\tsection\nwater/when\twater\n", "line 2: answered: missing."),
    ],
)
def test_the_other_files_are_named_too(faq: SmallFaq, name: str, text: str, said: str) -> None:
    faq.write(name, text)
    found = problems(faq)
    assert any(problem.startswith(str(faq.folder / name)) and said in problem for problem in found), found


@pytest.mark.parametrize("name", [WHEN, "pages.yml", "unanswerable.yml", "catalogue.tsv"])
def test_a_file_in_another_encoding_is_named(faq: SmallFaq, name: str) -> None:
    (faq.folder / name).write_bytes("Gärten".encode("latin-1"))
    assert f"{faq.folder / name}: is not saved as UTF-8 text." in problems(faq)


@pytest.mark.parametrize("name", ["pages.yml", "unanswerable.yml", "catalogue.tsv"])
def test_a_missing_file_is_named(faq: SmallFaq, name: str) -> None:
    (faq.folder / name).unlink()
    assert f"{faq.folder / name}: cannot be read: No such file or directory." in problems(faq)


def test_all_problems_of_all_files_are_said_at_once(faq: SmallFaq) -> None:
    faq.change(WHEN, "2026-11-22", "yesterday")
    faq.change(WHEN, ANSWER, "# In the evening")
    faq.change("entries/tools/mower.md", "page: help", "page: elsewhere")
    faq.write("unanswerable.yml", "weather: rain\n")
    keys = ["last_reviewed: must be", "answer: line 1", "page: unknown page", "weather: must be"]
    found = problems(faq)
    assert len(found) == len(keys)
    assert all(any(key in problem for problem in found) for key in keys)


@limits(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(position=st.integers(0, 1500), junk=st.text(max_size=40), gone=st.integers(0, 60))
def test_whatever_stands_in_a_file_is_read_or_refused_by_name(
    faq: SmallFaq, position: int, junk: str, gone: int
) -> None:
    text = faq.read(WHEN)
    (faq.folder / WHEN).write_bytes((text[:position] + junk + text[position + gone :]).encode(errors="surrogatepass"))
    found = problems(faq)
    faq.write(WHEN, text)
    assert all("water/when" in problem for problem in found)


# What an index rests on


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        (WHEN, "evening", "morning"),
        (WHEN, "2027-05-22", "2027-05-23"),
        (WHEN, "said in way 3", "said in another way"),
        ("pages.yml", "/help", "/help2"),
        ("unanswerable.yml", "will it rain", "will it snow"),
    ],
)
def test_the_hash_changes_with_everything_that_is_said_or_recognised(
    faq: SmallFaq, name: str, old: str, new: str
) -> None:
    before = faq.content().hash
    assert faq.content().hash == before
    faq.change(name, old, new)
    assert faq.content().hash != before


def test_the_catalogue_is_read_by_id(faq: SmallFaq) -> None:
    row = read_catalogue(faq.folder / "catalogue.tsv")["tools/mower"]
    assert (row["section"], row["answered"], row["source_question"]) == ("tools", "no", "Which mower do I need?")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("---\na: 1\n---\nText.\n", ("a: 1", "Text.")),
        ("---\na: 1\n-----\n\nText.\n\nMore.", ("a: 1", "Text.\n\nMore.")),
        ("a: 1\n---\nText.", None),
        ("---\na: 1\n", None),
    ],
)
def test_a_file_splits_into_head_and_answer(text: str, parts: tuple[str, str] | None) -> None:
    assert split_file(text) == parts
