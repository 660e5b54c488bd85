"""Replies as every channel gets them: text, buttons, and data for machines."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from actions import payloads, replies
from actions.replies import Reply
from knowledge.faq.entries import Content, Entry
from knowledge.policy.catalogue import POLICIES

TODAY = date(2026, 11, 25)


def titles(reply: Reply) -> list[str]:
    return [button["title"] for button in reply["buttons"]]


@pytest.fixture(scope="module")
def dispute(content: Content) -> Entry:
    return content.entries["billing/dispute-period"]


@pytest.fixture(scope="module")
def elsewhere(content: Content) -> Entry:
    return next(entry for entry in content.entries.values() if not entry.answered)


def test_an_answer_shows_text_source_review_date_and_asks_whether_it_helped(dispute: Entry) -> None:
    shown = replies.answer(dispute, 0.97, [], TODAY)
    answer, source, question = shown["text"].rsplit("\n\n", 2)
    assert answer == dispute.answer
    assert f"[{dispute.page.title}]({dispute.page.url})" in source
    assert f"last reviewed {dispute.last_reviewed.day} {dispute.last_reviewed:%B %Y}" in source
    assert question == "Was this helpful?"
    assert [button["payload"] for button in shown["buttons"]] == [
        '/calculate{"policy": "dispute_window"}',
        '/helpful{"entry": "billing/dispute-period"}',
        '/not_helpful{"entry": "billing/dispute-period"}',
    ]


def test_an_answers_data_says_what_it_is(dispute: Entry) -> None:
    assert replies.answer(dispute, 0.97, [], TODAY)["data"] == {
        "type": "faq",
        "id": "billing/dispute-period",
        "confidence": 0.97,
        "source": dispute.page.url,
        "source_title": dispute.page.title,
        "question": dispute.question,
        "last_reviewed": dispute.last_reviewed.isoformat(),
        "related": [],
    }


def test_related_questions_are_buttons_that_show_their_entries(dispute: Entry, content: Content) -> None:
    other = content.entries["orders/tracking"]
    shown = replies.answer(dispute, 0.97, [other], TODAY)
    assert shown["buttons"][-1] == {"title": other.question, "payload": '/show_entry{"entry": "orders/tracking"}'}
    assert shown["data"]["related"] == [{"id": "orders/tracking", "question": other.question}]


def test_past_its_review_date_an_answer_carries_a_caution(dispute: Entry) -> None:
    in_time = replies.answer(dispute, 1.0, [], dispute.review_by)
    late = replies.answer(dispute, 1.0, [], dispute.review_by + timedelta(days=1))
    assert "Careful" not in in_time["text"]
    assert "review_overdue" not in in_time["data"]
    assert f"**Careful:** this answer should have been reviewed by {dispute.review_by.day} " in late["text"]
    assert late["data"]["review_overdue"] is True


def test_an_answer_published_elsewhere_says_so_and_offers_a_ticket(elsewhere: Entry) -> None:
    shown = replies.answer(elsewhere, 0.97, [], TODAY)
    assert "its answer is published elsewhere" in shown["text"]
    assert elsewhere.published_as in shown["text"]
    assert elsewhere.page.url in shown["text"]
    assert shown["data"]["published_elsewhere"] is True
    assert [button["payload"] for button in shown["buttons"]] == ["/open_ticket", "/deny"]


def test_an_entry_with_one_calculation_offers_to_work_it_out(content: Content) -> None:
    shown = replies.answer(content.entries["classound/toll-free-outbound"], 1.0, [], TODAY)
    assert shown["buttons"][0] == {
        "title": "Work it out for my case",
        "payload": '/calculate{"policy": "toll_free_outbound"}',
    }


def test_an_entry_with_several_calculations_offers_the_two_nearest_by_name(content: Content) -> None:
    """Three rest on the paid services; the one that they are about comes first."""
    resting = [policy.id for policy in POLICIES.values() if "general/paid-services" in policy.sources]
    assert len(resting) >= 3
    offered = replies.answer(content.entries["general/paid-services"], 1.0, [], TODAY)["buttons"][:3]
    assert offered[0] == {
        "title": f"Work it out: {POLICIES['paid_service'].title}",
        "payload": '/calculate{"policy": "paid_service"}',
    }
    assert offered[1]["title"].startswith("Work it out: ")
    assert offered[2]["title"] == "Yes, thanks"


def test_an_entry_without_a_calculation_offers_none(content: Content) -> None:
    assert replies.calculations("orders/tracking") == []
    shown = replies.answer(content.entries["orders/tracking"], 1.0, [], TODAY)
    assert titles(shown) == ["Yes, thanks", "No"]


def test_every_calculation_is_offered_with_the_entry_it_is_about() -> None:
    for policy in POLICIES.values():
        offered = [button["payload"] for button in replies.calculations(policy.sources[0])]
        assert f'/calculate{{"policy": "{policy.id}"}}' in offered


def test_choices_are_buttons_with_none_of_these(content: Content) -> None:
    offered = [content.entries["billing/dispute-period"], content.entries["orders/tracking"]]
    shown = replies.choices("Which?", offered)
    assert titles(shown) == [offered[0].question, offered[1].question, "None of these", "Open a ticket"]
    assert shown["data"] == {"type": "choices", "ids": ["billing/dispute-period", "orders/tracking"]}


def test_every_entry_of_the_faq_makes_a_reply_whose_buttons_the_engine_understands(content: Content) -> None:
    for entry in content.entries.values():
        related = [content.entries[other] for other in entry.related]
        shown = replies.answer(entry, 1.0, related, TODAY)
        assert shown["text"].strip()
        assert all(payloads.parse(button["payload"]) for button in shown["buttons"])
        assert all(0 < len(title) <= 200 for title in titles(shown)), entry.id
