"""Reading an export of the FAQ page: three forms of one small page, and the page itself where it is at hand.

The small page in `exports/` repeats what is broken in the real one: a run of questions one level too deep, a
section that begins a level too deep, titles that are no questions, answers that fall out of their list.
"""

from __future__ import annotations

import html
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.faq.entries import read_catalogue
from knowledge.faq.page_export import PageError, Question, parse_page
from settings import ROOT

EXPORTS = Path(__file__).parent / "exports"
SOURCE = ROOT.parent / "shared" / "source" / "customer-care-faq.txt"
# Published on a page of its own: the FAQ page only names it.
ELSEWHERE = "billing/overdue-payments"

PAGE = [
    Question("Billing", "What are the invoice payment options?"),
    Question("Billing", "What is the maximum dispute period?", ("The dispute period is 1 year.",)),
    Question(
        "Billing",
        'How secure is the "Pay my bill" option? (for USA Partners)',
        ("Data is encrypted. (https://example.com/privacy)",),
    ),
    Question("CLASSOUND", "How to order CLASSOUND?"),
    Question(
        "CLASSOUND",
        "How to cancel the DID number?",
        ("To cancel the DID number submit a ticket.", "Without a request it is renewed."),
    ),
    Question("CLASSOUND", "Where to get details about FAX and/or SMS?"),
    Question(
        "CLASSOUND",
        "How does the CLASSOUND FLAT apply to PBX?",
        (
            "It comes with the number.",
            "With a Basic license it is charged per minute. See CLASSOUND Activation Request",
            "On a Client PBX it follows the Server PBX.",
        ),
    ),
    Question("CLASSOUND", "Setting up Failover PBX for CLASSOUND."),
    Question("CLASSOUND", "Are there any porting fees?"),
    Question(
        "CLASSOUND",
        "What are the principles of submitting the Porting date?",
        ("The wished date is not guaranteed.",),
    ),
    Question("HWaaS", "What to do in case of lost HWaaS?", ("The Partner will be charged.",)),
    Question(
        "Orders",
        "How much would delivery cost (CAPEX only)?",
        ("USA", "Open master box - 5 USD", "UK", "Logistics fees - 29 GBP"),
    ),
    Question(
        "Orders",
        "How to calculate License costs?",
        ("Use the Pricelist. Examples:", "If Partner orders in April, he'll be charged until April"),
    ),
    Question(
        "Orders",
        "How to check the device warranty?",
        ("Enter the serial number in the Portal", "device warranty is under 1 year", "the device is out of warranty"),
    ),
    Question(
        "General Questions",
        "Paid services",
        ("Assign Reseller to another Partner: 100USD", "Note: Wildix has the right to change prices"),
    ),
    Question("General Questions", "What language should be used?", ("Only English.",)),
]


def export(name: str) -> str:
    return (EXPORTS / name).read_text(encoding="utf-8")


def compared(questions: list[Question]) -> list[tuple[str, str, str]]:
    return [(question.section, question.title_key, question.answer_key) for question in questions]


@pytest.mark.parametrize("name", ["page.txt", "page.html", "page.storage.html"])
def test_every_form_gives_each_question_its_section_and_its_own_answer(name: str) -> None:
    assert compared(parse_page(export(name), PAGE)) == compared(PAGE)


@pytest.mark.parametrize("name", ["page.txt", "page.html", "page.storage.html"])
def test_questions_and_sections_unknown_so_far_are_found_by_the_nesting(name: str) -> None:
    known = [question for question in PAGE if question.section == "CLASSOUND"][:1]
    assert compared(parse_page(export(name), known)) == compared(PAGE)


def test_text_keeps_the_lines_of_an_answer_apart() -> None:
    assert parse_page(export("page.txt"), PAGE) == PAGE


def test_html_gives_the_addresses_behind_the_words() -> None:
    links = {question.title: question.links for question in parse_page(export("page.html"), PAGE) if question.links}
    assert links == {
        "How secure is the “Pay my bill” option? (for USA Partners)": ("https://example.com/privacy",),
        "How does the CLASSOUND FLAT apply to PBX?": ("https://example.com/wiki/x/2",),
    }


def test_without_any_nesting_known_titles_and_answers_still_part() -> None:
    flat = "\n".join(line.lstrip(" ") if "•" in line else line for line in export("page.txt").splitlines())
    assert compared(parse_page(flat, PAGE)) == compared(PAGE)


def test_a_question_that_lost_its_bullet_is_known_by_its_title() -> None:
    lost = export("page.txt").replace("  • How to order CLASSOUND?", "How to order CLASSOUND?")
    assert compared(parse_page(lost, PAGE)) == compared(PAGE)


def test_a_new_section_is_a_few_words_above_a_list() -> None:
    new = export("page.txt") + "\nSecurity and Privacy\n\n  • Data centres\n    • In Europe.\n"
    assert parse_page(new, PAGE)[-1] == Question("Security and Privacy", "Data centres", ("In Europe.",))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("is 1 year. Complaints", "is 1 year.  Complaints"),
        ("the “goal” – set", 'the "goal" - set'),
        ("Partner's price", "Partner’s price"),
        ("one line", "one  line "),
    ],
)
def test_spaces_and_quotes_are_no_difference(before: str, after: str) -> None:
    page = "Orders\n\n  • Paid services\n    • {}\n"
    first, second = (
        parse_page(page.format(text), [Question("Orders", "Paid services")])[0] for text in (before, after)
    )
    assert first.answer_key == second.answer_key


def test_a_figure_is_a_difference() -> None:
    page = "Orders\n\n  • Paid services\n    • 100 USD\n"
    first, second = (
        parse_page(text, [Question("Orders", "Paid services")])[0] for text in (page, page.replace("100", "150"))
    )
    assert first.answer_key != second.answer_key


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is empty."),
        ("\ufeff \n\t\n", "is empty."),
        ("Shopping list\n\n  • Bread\n  • Is there milk?\n", "none of the published questions is in it."),
        ("Orders\n\nNothing here.\n", "none of the published questions is in it."),
        ("<html><body><p>Sign in</p></body></html>", "none of the published questions is in it."),
        ("<html></html>", "none of the published questions is in it."),
    ],
)
def test_another_page_is_refused(text: str, problem: str) -> None:
    with pytest.raises(PageError, match=f"{problem}$"):
        parse_page(text, PAGE)


def test_html_nested_deeper_than_python_recurses_is_read() -> None:
    deep = "<h2>HWaaS</h2>" + "<ul><li>" * 3000 + "What to do in case of lost HWaaS?"
    assert parse_page(deep, PAGE) == [Question("HWaaS", "What to do in case of lost HWaaS?")]


answers = st.lists(st.sampled_from(["Yes.", "No, never.", "See the Portal", "50 USD", "3 <b> & 4"]), max_size=3)
runs = st.lists(st.tuples(st.integers(1, 3), answers), min_size=1, max_size=8)


@given(runs=runs)
def test_however_deep_each_question_stands_it_keeps_its_own_answer(runs: list[tuple[int, list[str]]]) -> None:
    expected = [Question("Billing", "Known?")]
    text, markup = ["Billing", "", "  • Known?"], ["<h2>Billing</h2><ul><li>Known?</li></ul>"]
    for number, (depth, lines) in enumerate(runs):
        expected.append(Question("Billing", f"What about {number}?", tuple(lines)))
        text += [f"{'  ' * depth}• What about {number}?", *(f"{'  ' * (depth + 1)}• {line}" for line in lines)]
        items = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
        markup.append(f"{'<ul><li>' * depth}What about {number}?<ul>{items}</ul>{'</li></ul>' * depth}")
    assert parse_page("\n".join(text), expected[:1]) == expected
    assert parse_page("".join(markup), expected[:1]) == expected


@given(noise=st.text(max_size=300))
def test_whatever_surrounds_the_page_its_questions_are_found(noise: str) -> None:
    page = "\n\nBilling\n\n  • Known?\n    • Yes.\n\n"
    for text in (noise.replace("<", "") + page, page + noise):
        questions = parse_page(text, [Question("Billing", "Known?", ("Yes.",))])
        assert "known" in [question.title_key for question in questions]
        assert all(question.title for question in questions)


@pytest.mark.skipif(not SOURCE.exists(), reason="the published page's export is not beside this checkout")
def test_the_published_page_gives_every_entry_of_the_catalogue() -> None:
    catalogue = read_catalogue(ROOT / "knowledge" / "faq" / "catalogue.tsv")
    titles = [Question(row["section"], row["source_question"]) for row in catalogue.values()]
    # No answers are given, and of the titles only every second one: the rest must follow from the page.
    page = SOURCE.read_text(encoding="utf-8")
    found = parse_page(page, titles[::2])
    assert [(q.section, q.title_key) for q in found] == [(q.section, q.title_key) for q in titles]
    answered = {entry_id for entry_id, question in zip(catalogue, found, strict=True) if question.lines}
    assert answered == {entry_id for entry_id, row in catalogue.items() if row["answered"] == "yes"} - {ELSEWHERE}
    lines = [line for line in page[page.index("\nBilling\n") :].splitlines() if line.strip()]
    sections = {question.section for question in found}
    assert len(lines) == len(sections) + len(found) + sum(len(question.lines) for question in found)
