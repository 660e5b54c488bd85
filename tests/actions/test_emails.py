"""E-mail addresses typed in the chat: the same ones are taken as at the other doors, and a broken one is no name."""

from __future__ import annotations

import pytest

from actions.emails import email_in, has_broken_email
from actions.understanding import Understanding
from actions.wording import say
from tests.actions.partner import Partner
from tickets.contact import valid_email

SOLE = "open a ticket: please cancel the PBX of Hotel Sole"


@pytest.fixture
def partner(understanding: Understanding) -> Partner:
    return Partner(understanding)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ann@acme.example", "ann@acme.example"),
        ("“tom.baker@baker.example”", "tom.baker@baker.example"),
        ("‘tom@baker.example’.", "tom@baker.example"),
        ("«tom@baker.example»", "tom@baker.example"),
        ("Tom Baker <tom@baker.example>", "tom@baker.example"),
        ("Tom (tom@baker.example), thanks!", "tom@baker.example"),
        ("<mailto:tom@baker.example|tom@baker.example>", "tom@baker.example"),
        ("*tom@baker.example*", "tom@baker.example"),
        ("it is tom @ baker.example.", "tom@baker.example"),
        ("o'brien@acme.example", "o'brien@acme.example"),
        ("john at acme dot com", "john@acme.com"),
        ("my e-mail is john dot smith at acme dot co dot uk.", "john.smith@acme.co.uk"),
        ("john(at)acme.com", "john@acme.com"),
        ("john [at] acme [dot] com", "john@acme.com"),
    ],
)
def test_an_address_is_found_as_it_is_written(text: str, address: str) -> None:
    assert email_in(text) == address
    assert valid_email(address)
    assert not has_broken_email(text)


BROKEN = [
    "“tom..baker@baker.co.uk”",
    "mario..r@rossi.it",
    "müller@firma.de",
    "maria@conti",
    "@conti.it",
    "anna@",
    "anna@@conti.it",
    "anna@conti..it",
    '"anna"@conti.it',
    "tom“baker@conti.it",
]


@pytest.mark.parametrize("text", BROKEN)
def test_what_no_other_door_takes_is_not_taken_in_part(text: str) -> None:
    assert email_in(text) == ""
    assert has_broken_email(text)


@pytest.mark.parametrize(
    "text",
    ["I work at acme dot com", "me at acme dot com", "mario at telesistemi", "call me at acme.com", "+39 045", ""],
)
def test_words_are_no_address_where_they_may_mean_something_else(text: str) -> None:
    assert email_in(text) == ""
    assert not has_broken_email(text)


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_address_is_nobodys_name_and_is_said_to_be_broken(partner: Partner, text: str) -> None:
    partner.say(SOLE)
    for answer in (text, f"my name is {text}", f"my company is {text}"):
        asked = partner.say(answer)
        assert asked["data"]["slot"] == "contact_name"
        assert say("ticket_not_email") in asked["text"]
        assert partner.draft.contact == {}


def test_what_stands_beside_a_broken_address_is_taken(partner: Partner) -> None:
    partner.say(SOLE)
    asked = partner.say("Maria Conti, Conti srl, maria@conti")
    assert partner.draft.contact == {"name": "Maria Conti", "company": "Conti srl"}
    assert asked["data"]["slot"] == "contact_email"
    assert say("ticket_not_email") in asked["text"]


def test_a_name_said_with_an_address_is_only_the_name(partner: Partner) -> None:
    partner.say(SOLE)
    partner.say("my name is Maria Conti, maria@conti.it")
    assert partner.draft.contact == {"name": "Maria Conti", "email": "maria@conti.it"}


def test_who_introduces_himself_with_a_broken_address_has_no_name_of_it(partner: Partner) -> None:
    partner.say(f"{SOLE}. I am Maria@Conti")
    assert partner.draft.contact == {}


@pytest.mark.parametrize("text", [*BROKEN, "+39 045", "john at acme", "Mario"])
def test_whoever_is_asked_for_the_address_hears_every_time_that_it_is_none(partner: Partner, text: str) -> None:
    partner.say(SOLE)
    partner.say("Tom Baker, Baker Ltd")
    for _ in range(3):
        asked = partner.say(text)
        assert asked["data"]["slot"] == "contact_email"
        assert say("ticket_not_email") in asked["text"]
    assert partner.draft.contact == {"name": "Tom Baker", "company": "Baker Ltd"}


def test_a_spelled_out_address_is_shown_in_the_draft(partner: Partner) -> None:
    partner.say(SOLE)
    partner.say("Tom Baker, Baker Ltd")
    assert "your e-mail address: john@acme.com" in partner.say("john at acme dot com")["text"]


def test_a_broken_address_replaces_no_other_one(partner: Partner) -> None:
    partner.say(SOLE)
    partner.say("Tom Baker, Baker Ltd, tom@baker.example")
    shown = partner.say("my e-mail is tom..b@baker.example")
    assert say("ticket_not_email") in shown["text"]
    assert partner.draft.contact["email"] == "tom@baker.example"


def test_the_address_that_a_ticket_is_about_is_valid_too(partner: Partner) -> None:
    asked = partner.say("open a ticket: I don't receive the verification code of the portal")
    assert asked["data"]["slot"] == "email"
    for text in BROKEN:
        asked = partner.say(text)
        assert asked["data"]["slot"] == "email"
        assert say("ticket_not_email") in asked["text"]
        assert "email" not in partner.draft.fields
    partner.say("“anna@conti.it”")
    assert partner.draft.fields["email"] == "anna@conti.it"


def test_a_broken_address_beside_a_name_is_said_to_be_broken(partner: Partner) -> None:
    partner.say("open a ticket: please give access to the portal to our new colleague")
    asked = partner.say("Anna Verdi, anna@verdi")
    assert (asked["data"]["slot"], partner.draft.fields["person"]) == ("email", "Anna Verdi")
    assert say("ticket_not_email") in asked["text"]


def test_a_sentence_with_a_broken_address_is_kept(partner: Partner) -> None:
    partner.say(SOLE)
    partner.say("Tom Baker, Baker Ltd, tom@baker.example")
    told = "the customer müller@firma.de wrote to us that he does not want to go on after December"
    partner.say(told)
    assert told in partner.draft.text
    assert partner.draft.contact["email"] == "tom@baker.example"
