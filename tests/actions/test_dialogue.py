"""The dialogue's steps: conversations with the real index, driven as the engine drives them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.dialogue import STEPS
from actions.follow_ups import is_follow_up
from actions.payloads import payload
from actions.replies import Reply
from actions.sessions import SessionStart
from actions.turns import DialogueAction
from actions.understanding import Understanding
from settings import ROOT
from tests.actions.partner import tools

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)
RULES = yaml.safe_load((ROOT / "data" / "rules.yml").read_text(encoding="utf-8"))["rules"]
ACTION_OF = {rule["steps"][0]["intent"]: rule["steps"][1]["action"] for rule in RULES if "condition" not in rule}

DISPUTE = "How long can I dispute an invoice?"
ELSEWHERE = "What is the SLA?"  # an entry without an answer of its own
NOBODY_KNOWS = "who won the world cup"
OFFERED = ["billing/dispute-period", "orders/tracking", "classound/porting-fees"]


class Conversation:
    """Plays the engine: understands a message, runs the action of its rule, keeps the slots."""

    def __init__(self, understanding: Understanding, now: datetime = NOW, **slots: Any) -> None:
        self.slots = slots
        self.record: dict[str, Any] = {}
        self.next: list[str] = []  # what the engine is asked to run next
        self._understanding = understanding
        self._now = now

    def say(self, text: str) -> list[Reply]:
        """What the bot replies to a message or a button's payload."""
        return self.act(self._understanding.parse(text, self._now))

    def act(self, parsed: dict[str, Any]) -> list[Reply]:
        """What the action of the parsed message's rule replies."""
        name = ACTION_OF[parsed["intent"]["name"]]
        action = DialogueAction(name, STEPS[name], tools(self._understanding, lambda: self._now), lambda _: None)
        dispatcher = CollectingDispatcher()
        tracker = Tracker("someone", self.slots, parsed, [], False, None, {}, None)
        events = action.run(dispatcher, tracker, {})
        self.slots = {**self.slots, **{event["name"]: event["value"] for event in events if event["event"] == "slot"}}
        self.next = [event["name"] for event in events if event["event"] == "followup"]
        if self.next:
            return []
        (message,) = dispatcher.messages
        self.record = message["custom"]["record"]
        replies: list[Reply] = message["custom"]["replies"]
        return replies

    def result(self, decision: str, *hits: str) -> list[Reply]:
        """What the bot replies to a question for which the search found `hits`."""
        found = [{"id": hit, "confidence": 0.5} for hit in hits]
        part = {"hits": found, "decision": decision, "intent": None, "intent_confidence": 0.0, "index_version": "v"}
        intent = {"name": "question", "confidence": 0.5}
        return self.act({"text": "a question", "intent": intent, "entities": [], "search": [part]})


@pytest.fixture
def chat(understanding: Understanding) -> Conversation:
    return Conversation(understanding)


def kinds(replies: list[Reply]) -> list[str]:
    return [reply["data"]["type"] for reply in replies]


def titles(reply: Reply) -> list[str]:
    return [button["title"] for button in reply["buttons"]]


def test_every_action_of_the_domain_has_a_step_and_every_rule_an_action() -> None:
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    assert {*STEPS, SessionStart().name()} == set(domain["actions"])
    assert set(ACTION_OF.values()) <= {*STEPS, *domain["forms"]}
    assert set(ACTION_OF) == {intent for intent in domain["intents"] if isinstance(intent, str)}


# Questions


def test_a_question_is_answered_and_recorded(chat: Conversation, understanding: Understanding) -> None:
    (reply,) = chat.say(DISPUTE)
    assert reply["data"]["id"] == "billing/dispute-period"
    assert "1 year" in reply["text"]
    assert reply["data"]["confidence"] < 1.0
    assert len(reply["data"]["related"]) <= 3
    question = chat.record["question"]
    assert question["text"] == DISPUTE
    assert question["decisions"] == ["answer"]
    assert question["hits"][0][0]["id"] == "billing/dispute-period"
    assert question["index_version"] == understanding.search.index.manifest.version


def test_a_question_is_answered_though_nobody_searched_before(chat: Conversation) -> None:
    """As `rasa shell` without our understanding would drive the action."""
    intent = {"name": "question", "confidence": 1.0}
    (reply,) = chat.act({"text": DISPUTE, "intent": intent, "entities": []})
    assert reply["data"]["id"] == "billing/dispute-period"


def test_unsure_the_bot_asks_which_is_meant(chat: Conversation) -> None:
    (reply,) = chat.result("choices", *OFFERED, "general/ticket-language")
    assert reply["data"] == {"type": "choices", "ids": OFFERED}
    assert titles(reply)[-2:] == ["None of these", "Open a ticket"]
    assert len(titles(reply)) == len(OFFERED) + 2


def test_what_it_does_not_know_it_says_and_offers_a_ticket(chat: Conversation) -> None:
    (reply,) = chat.say(NOBODY_KNOWS)
    assert kinds([reply]) == ["no_answer"]
    assert "I don't know" in reply["text"]
    assert titles(reply) == ["Open a ticket", "No, thanks"]


def test_two_questions_are_answered_in_two_replies(chat: Conversation) -> None:
    replies = chat.say("How long can I dispute an invoice, and how long does porting take?")
    assert [reply["data"]["id"] for reply in replies] == ["billing/dispute-period", "classound/porting-duration"]
    assert chat.record["question"]["decisions"] == ["answer", "answer"]


def test_an_answer_published_elsewhere_is_not_guessed(chat: Conversation) -> None:
    (reply,) = chat.say(ELSEWHERE)
    assert reply["data"]["id"] == "pbx/sla"
    assert reply["data"]["published_elsewhere"] is True
    assert "published elsewhere" in reply["text"]
    assert titles(reply)[:2] == ["Open a ticket", "No, thanks"]
    chat.say("yes please")
    assert chat.next == ["ticket_form"]


def test_years_later_the_answer_carries_a_caution(understanding: Understanding) -> None:
    (reply,) = Conversation(understanding, datetime(2030, 1, 1, tzinfo=UTC)).say(DISPUTE)
    assert "**Careful:**" in reply["text"]
    assert reply["data"]["review_overdue"] is True


# Follow-ups


@pytest.mark.parametrize(
    ("first", "then", "entry"),
    [
        ("How do I activate emergency calls on CLASSOUND?", "and for Germany?", "classound/emergency-germany"),
        ("How long does porting take?", "and can I change the date?", "classound/change-porting-date"),
        ("What is the warranty of a device?", "can it be extended?", "pbx/extended-warranty"),
        ("What happens if a rented phone is lost?", "what about stolen?", "hwaas/lost-item"),
    ],
)
def test_a_follow_up_is_read_with_the_question_before(chat: Conversation, first: str, then: str, entry: str) -> None:
    chat.say(first)
    assert chat.say(then)[0]["data"]["id"] == entry


def test_a_follow_up_does_not_get_the_answer_just_read(chat: Conversation) -> None:
    assert chat.say("How long does porting take?")[0]["data"]["id"] == "classound/porting-duration"
    (reply,) = chat.say("how much does that cost?")
    assert "classound/porting-fees" in {reply["data"].get("id"), *reply["data"].get("ids", [])}


def test_a_follow_up_of_a_follow_up_still_knows_the_topic(chat: Conversation) -> None:
    chat.say("How do I activate emergency calls on CLASSOUND?")
    chat.say("and for Germany?")
    assert chat.slots["last_question"] == "How do I activate emergency calls on CLASSOUND? and for Germany?"


def test_a_new_question_is_read_alone(chat: Conversation) -> None:
    chat.say("How do I activate emergency calls on CLASSOUND?")
    chat.say(DISPUTE)
    assert chat.slots["last_question"] == DISPUTE


def test_a_follow_up_after_a_strange_question_is_answered_too(understanding: Understanding) -> None:
    chat = Conversation(understanding, last_question="!" * 4000, last_entry=None)
    assert chat.say("What is it that porting costs?")[0]["data"]["id"] == "classound/porting-fees"


@pytest.mark.parametrize(
    "text", ["and for Germany?", "how much does that cost?", "What about LifeTime?", "ok, and in Italy", "is it free"]
)
def test_messages_that_lean_on_the_last_question(text: str) -> None:
    assert is_follow_up(text)


@pytest.mark.parametrize("text", ["", "How long does porting take?", "android phones", "item price", "that " * 13])
def test_messages_that_stand_alone(text: str) -> None:
    assert not is_follow_up(text)


@given(st.text())
def test_only_short_messages_are_follow_ups(text: str) -> None:
    assert is_follow_up(text) in (False, len(text.split()) <= 9)


# Choosing


def test_a_button_shows_its_entry(chat: Conversation) -> None:
    (reply,) = chat.say(payload("show_entry", entry="orders/tracking"))
    assert reply["data"]["id"] == "orders/tracking"
    assert reply["data"]["confidence"] == 1.0


def test_a_button_of_an_entry_that_is_gone_says_so(chat: Conversation) -> None:
    assert kinds(chat.say(payload("show_entry", entry="orders/gone"))) == ["no_answer"]


@pytest.mark.parametrize(
    ("words", "position"),
    [
        ("1", 0),
        ("the first one", 0),
        ("number two please", 1),
        ("the second one", 1),
        ("I'd like a look at the second", 1),
        ("3rd", 2),
        ("the last one", 2),
        ("the one in the middle", 1),
        ("b)", 1),
        ("option a", 0),
        ("3️⃣", 2),
    ],
)
def test_an_offer_is_chosen_by_words(understanding: Understanding, words: str, position: int) -> None:
    chat = Conversation(understanding, offered=OFFERED, awaiting="choice")
    (reply,) = chat.act({"text": words, "intent": {"name": "choose", "confidence": 1.0}, "entities": []})
    assert reply["data"]["id"] == OFFERED[position]


@pytest.mark.parametrize("words", ["none", "neither of them", "no one of those three", "not any of these"])
def test_none_of_the_offers_leads_to_a_ticket(understanding: Understanding, words: str) -> None:
    chat = Conversation(understanding, offered=OFFERED, awaiting="choice")
    (reply,) = chat.act({"text": words, "intent": {"name": "choose", "confidence": 1.0}, "entities": []})
    assert titles(reply) == ["Open a ticket", "No, thanks"]
    assert chat.record["feedback"] == {"entry": None, "helpful": False, "offered": OFFERED}


def test_the_button_none_of_these_does_the_same(understanding: Understanding) -> None:
    chat = Conversation(understanding, offered=OFFERED, awaiting="choice")
    assert kinds(chat.say("/none_of_these")) == ["no_answer"]
    assert chat.slots["awaiting"] == "ticket"


@pytest.mark.parametrize("words", ["the third", "the 4th", "the green thing", "das zweite"])
def test_an_unclear_choice_is_asked_again(understanding: Understanding, words: str) -> None:
    chat = Conversation(understanding, offered=OFFERED[:2], awaiting="choice")
    (reply,) = chat.act({"text": words, "intent": {"name": "choose", "confidence": 1.0}, "entities": []})
    assert reply["data"]["ids"] == OFFERED[:2]
    assert "one of the 2" in reply["text"]


def test_without_an_offer_there_is_nothing_to_choose(chat: Conversation) -> None:
    assert "haven't offered" in chat.say("the second one")[0]["text"]


def test_an_offer_that_the_index_lost_is_asked_again_without_it(understanding: Understanding) -> None:
    chat = Conversation(understanding, offered=["orders/gone", *OFFERED[:2]], awaiting="choice")
    assert chat.say("the second one")[0]["data"]["id"] == OFFERED[0]
    chat.slots |= {"offered": ["orders/gone", *OFFERED[:2]], "awaiting": "choice"}
    assert chat.say("the first one")[0]["data"]["ids"] == OFFERED[:2]


def test_yes_to_a_single_offer_shows_it(understanding: Understanding) -> None:
    chat = Conversation(understanding, offered=OFFERED[:1], awaiting="choice")
    assert chat.say("yes")[0]["data"]["id"] == OFFERED[0]
    assert kinds(Conversation(understanding, offered=["orders/gone"], awaiting="choice").say("yes")) == ["no_answer"]


def test_yes_to_several_offers_asks_which(understanding: Understanding) -> None:
    chat = Conversation(understanding, offered=OFFERED, awaiting="choice")
    assert chat.say("yes")[0]["data"]["ids"] == OFFERED


def test_no_to_offers_leads_to_a_ticket(understanding: Understanding) -> None:
    chat = Conversation(understanding, offered=OFFERED, awaiting="choice")
    assert kinds(chat.say("no")) == ["no_answer"]
    assert chat.slots["awaiting"] == "ticket"


# Was this helpful?


@pytest.mark.parametrize("word", ["/helpful", "yes"])
def test_yes_is_kept_for_the_editors(chat: Conversation, word: str) -> None:
    chat.say(DISPUTE)
    (reply,) = chat.say(word)
    assert reply["data"]["helpful"] is True
    assert chat.record == {"feedback": {"entry": "billing/dispute-period", "helpful": True}}


@pytest.mark.parametrize("word", ["/not_helpful", "no"])
def test_no_offers_the_next_best_then_a_ticket(chat: Conversation, word: str) -> None:
    chat.say("How do I cancel a DID?")
    (reply,) = chat.say(word)
    assert chat.record == {"feedback": {"entry": "classound/cancel-did", "helpful": False}}
    assert 1 <= len(reply["data"]["ids"]) <= 3
    assert "classound/cancel-did" not in reply["data"]["ids"]
    (reply,) = chat.say(word)
    assert titles(reply) == ["Open a ticket", "No, thanks"]


def test_an_answer_refused_is_not_offered_again(chat: Conversation) -> None:
    chat.say("How do I cancel a DID?")
    (choices,) = chat.say("/not_helpful")
    second = choices["data"]["ids"][0]
    chat.say(payload("show_entry", entry=second))
    chat.say("/not_helpful")
    assert chat.slots["refused"] == ["classound/cancel-did", second]
    assert not {"classound/cancel-did", second} & set(chat.slots["offered"] or [])


def test_a_new_answer_forgets_what_was_refused(chat: Conversation) -> None:
    chat.say("How do I cancel a DID?")
    chat.say("/not_helpful")
    chat.say(DISPUTE)
    assert chat.slots["refused"] is None


@pytest.mark.parametrize(
    ("word", "reply"), [("/helpful", "Good to hear"), ("/not_helpful", "Thank you for telling me")]
)
def test_feedback_on_nothing_is_taken_politely(chat: Conversation, word: str, reply: str) -> None:
    assert reply in chat.say(word)[0]["text"]
    assert chat.record == {}


def test_no_better_answer_leads_to_a_ticket(understanding: Understanding) -> None:
    hits = [hit.id for hit in understanding.search.search(DISPUTE).hits]
    chat = Conversation(understanding, last_entry=hits[0], last_question=DISPUTE, refused=hits, awaiting="feedback")
    assert kinds(chat.say("/not_helpful")) == ["no_answer"]


# Tickets, people, small talk


@pytest.mark.parametrize("awaiting", ["ticket", "ticket, reminded", "ticket, calculation"])
def test_yes_to_an_offered_ticket_begins_its_form(understanding: Understanding, awaiting: str) -> None:
    chat = Conversation(understanding, awaiting=awaiting)
    chat.say("yes")
    assert chat.next == ["ticket_form"]


@pytest.mark.parametrize("word", ["/deny", "no"])
def test_no_ticket_is_fine(understanding: Understanding, word: str) -> None:
    chat = Conversation(understanding, awaiting="ticket")
    assert "no ticket" in chat.say(word)[0]["text"]
    assert chat.slots["awaiting"] is None


def test_who_wants_a_person_is_offered_a_ticket(chat: Conversation) -> None:
    (reply,) = chat.say("I want to talk to a human")
    assert reply["data"] == {"type": "smalltalk", "kind": "human"}
    assert titles(reply) == ["Open a ticket", "No, thanks"]


def test_a_question_in_between_is_answered_and_the_ticket_offered_again_once(chat: Conversation) -> None:
    chat.say(NOBODY_KNOWS)
    answer, resumed = chat.say(DISPUTE)
    assert answer["data"]["id"] == "billing/dispute-period"
    assert resumed["data"] == {"type": "ask", "slot": "ticket"}
    assert f"“{NOBODY_KNOWS}”" in resumed["text"]
    assert kinds(chat.say("How long does porting take?")) == ["faq"]


def test_the_resumed_offer_takes_yes_and_no(understanding: Understanding) -> None:
    for word, kind, following in (("yes", [], ["ticket_form"]), ("no", ["smalltalk"], [])):
        chat = Conversation(understanding)
        chat.say(NOBODY_KNOWS)
        chat.say(DISPUTE)
        assert kinds(chat.say(word)) == kind
        assert chat.next == following


def test_a_long_earlier_question_is_named_in_short(understanding: Understanding) -> None:
    chat = Conversation(understanding, awaiting="ticket", last_question="long " * 100)
    _, resumed = chat.say(DISPUTE)
    assert "long long" in resumed["text"]
    assert len(resumed["text"]) < 200


@pytest.mark.parametrize(
    ("words", "kind"),
    [("Hello!", "greet"), ("thank you", "thanks"), ("bye bye", "bye"), ("are you a robot?", "bot"), ("help", "help")],
)
def test_small_talk_is_answered_in_kind(chat: Conversation, words: str, kind: str) -> None:
    (reply,) = chat.say(words)
    assert reply["data"] == {"type": "smalltalk", "kind": kind}


@pytest.mark.parametrize("word", ["yes", "no"])
def test_yes_and_no_to_nothing_ask_for_a_question(chat: Conversation, word: str) -> None:
    (reply,) = chat.say(word)
    assert reply["data"] == {"type": "smalltalk", "kind": "help"}


@pytest.mark.parametrize("word", ["cancel", "start over", "go back"])
def test_leaving_forgets_what_was_begun(understanding: Understanding, word: str) -> None:
    begun: dict[str, Any] = {
        "awaiting": "choice",
        "offered": OFFERED,
        "refused": ["x"],
        "last_entry": "x",
        "last_question": "x",
        "calculation": {"policy_id": "dispute_window"},
        "ticket": {"id": "0" * 32, "state": "sent"},
    }
    chat = Conversation(understanding, **begun)
    chat.say(word)
    assert chat.slots == dict.fromkeys(begun)
