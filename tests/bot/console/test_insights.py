"""The leads' pages in the real application, before an `actions` that does as told."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.console.charts import Series, Unit, columns, days, duration
from bot.console.phrasings import one_line, write_draft
from knowledge.faq.entries import split_file
from tests.bot.console.conftest import Desk
from tests.bot.peers import Rasa
from tests.tickets.asked import a_busy_month, feedback, question, ticket
from tickets.agent_models import Audit
from tickets.base import now

HOSTILE = '<script>alert("x")</script><img src=x onerror=alert(1)>'
PAGES = ("/console/insights", "/console/insights/unanswered", "/console/insights/phrasing")
ENTRY = {
    "id": "billing/payment-options",
    "question": "How can I pay an invoice?",
    "section": "Billing",
    "answered": True,
    "confidence": 0.66,
}
FLIP = {
    "id": "q1",
    "text": "which cards do you take",
    "after": "",
    "expected": ["billing/payment-options"],
    "before": "billing/payment-options",
    "now": "I don’t know",
    "verdict": "worse",
}
DONE = {
    "state": "done",
    "id": "0123456789abcdef",
    "text": "can i pay in bitcoin",
    "entry": ENTRY["id"],
    "question": ENTRY["question"],
    "by": "Clara",
    "replayed": 734,
    "itself": ["I don’t know", "billing/payment-options"],
    "flips": [FLIP],
}


class Desks:
    """What `actions` answers under each path, and what it was asked."""

    def __init__(self, rasa: Rasa) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.tokens: set[str] = set()
        self.answers: dict[str, Any] = {
            "/entries": {"entries": [ENTRY]},
            "/trial/state": {"state": "none"},
            "/trial": {**DONE, "state": "running"},
            "/phrasings": {"entry": ENTRY["id"], "phrasings": 31},
        }
        for path in ("/entries", "/group", "/trial", "/trial/state", "/phrasings"):
            rasa.app.router.routes.append(Route(path, self._answer, methods=["POST"]))

    async def _answer(self, request: Request) -> Response:
        body = await request.json()
        self.asked.append((request.url.path, body))
        self.tokens.add(request.headers.get("authorization", ""))
        answer = self.answers.get(request.url.path)
        if request.url.path == "/group" and answer is None:  # each text for itself
            nearest = {"entry": ENTRY["id"], "question": ENTRY["question"], "confidence": 0.2, "decision": "none"}
            answer = {"groups": [{"texts": [at], **nearest} for at in range(len(body["texts"]))]}
        status = answer.pop("status", 200) if isinstance(answer, dict) and "status" in answer else 200
        return JSONResponse(answer, status)


@pytest.fixture
def actions(rasa: Rasa) -> Desks:
    return Desks(rasa)


@pytest.fixture
def clara(actions: Desks, desk: Desk) -> Desk:
    """A lead's browser; `actions` answers."""
    desk.become("clara")
    return desk


def asked(desk: Desk, *texts: str, decision: str = "none", entry: str = "billing/payment-options") -> list[str]:
    """Questions of today; their turns."""
    at = now() - timedelta(seconds=1)

    def work(session: Session) -> list[str]:
        return [question(session, text, decision, entry, at=at)[1] for text in texts]

    return desk.database.write(work)


def details(desk: Desk, what: str) -> list[dict[str, Any]]:
    """What the log of traceable things says of this."""
    query = select(Audit.detail).where(Audit.what == what).order_by(Audit.id)
    return desk.database.read(lambda session: list(session.scalars(query)))


class TestWho:
    @pytest.mark.parametrize("path", PAGES)
    async def test_only_leads_see_them(self, anna: Desk, path: str) -> None:
        asked(anna, "a secret question")
        page = await anna.get(path)
        assert page.status_code == 403
        assert "for leads" in page.text
        assert "secret question" not in page.text

    async def test_only_leads_have_the_way_to_them(self, anna: Desk) -> None:
        assert "/console/insights" not in (await anna.get("/console")).text
        anna.become("clara")
        assert 'href="/console/insights"' in (await anna.get("/console")).text

    @pytest.mark.parametrize("path", ["try", "add", "draft"])
    async def test_an_agent_changes_nothing(self, anna: Desk, actions: Desks, path: str) -> None:
        assert (await anna.post(f"/console/insights/{path}", {})).status_code == 403
        assert actions.asked == []


class TestFigures:
    async def test_of_nothing_are_said_to_be_none(self, clara: Desk) -> None:
        text = (await clara.get("/console/insights")).text
        assert text.count("nothing in this time") == 4
        assert text.count("Nothing in this time.") == 4
        assert text.count("no ticket was triaged") == 3
        assert "No entry was an answer" in text
        assert "No ticket was opened" in text
        assert "0/0" not in text
        assert "<svg" not in text

    async def test_of_a_busy_month(self, clara: Desk) -> None:
        clara.database.write(lambda session: a_busy_month(session, clara.agent("anna"), now()))
        text = (await clara.get("/console/insights")).text
        assert text.count("<svg") == 4
        assert re.search(r"<b>\d+%</b> <span class=\"muted\">\d+ of \d+ chats", text)
        assert re.search(r'aria-label="Tickets opened, .+: in time or not yet due \d+ in all', text)
        assert text.count("<details") == 4  # the numbers of each chart
        assert "Defective device" in text

    async def test_entries_have_their_questions_while_actions_answers(self, clara: Desk, actions: Desks) -> None:
        asked(clara, "how to pay", decision="answer")
        assert "How can I pay an invoice?" in (await clara.get("/console/insights")).text
        actions.answers["/entries"] = {"status": 500}
        text = (await clara.get("/console/insights")).text
        assert "How can I pay an invoice?" not in text
        assert "billing/payment-options" in text

    async def test_by_queue_and_period_in_the_address(self, clara: Desk) -> None:
        def work(session: Any) -> None:
            ticket(session, at=now() - timedelta(days=40), type="orders.tracking")
            ticket(session, at=now() - timedelta(days=1), type="billing.dispute")

        clara.database.write(work)

        async def rows(query: str) -> list[str]:
            text = (await clara.get(f"/console/insights{query}")).text
            return re.findall(r'<tr><th scope="row">([A-Z][a-z ]+)</th>', text)

        assert await rows("") == ["Dispute an invoice"]
        assert len(await rows("?days=90")) == 2
        assert len(await rows("?days=90&queue=Orders")) == 1
        assert await rows("?days=7&queue=Orders") == []
        day = (now() - timedelta(days=40)).date()
        assert len(await rows(f"?from={day}&to={day}")) == 1

    @pytest.mark.parametrize(
        "query",
        ["?days=<script>", "?from=x&to=y", "?queue=%00", "?from=9999-99-99", "?days=7&days=90", "?from=0001-01-01"],
    )
    async def test_any_address_has_a_page(self, clara: Desk, query: str) -> None:
        for path in PAGES:
            assert (await clara.get(path + query)).status_code == 200


class TestUnanswered:
    async def test_by_meaning(self, clara: Desk, actions: Desks) -> None:
        asked(clara, "can i pay in bitcoin", "hotline on sundays", "crypto?", "crypto?")
        found = {"entry": ENTRY["id"], "question": ENTRY["question"], "confidence": 0.66, "decision": "none"}
        actions.answers["/group"] = {"groups": [{"texts": [0, 2], **found}, {"texts": [1], **found}]}
        text = (await clara.get("/console/insights/unanswered")).text
        assert "3 different questions in 2 groups" in text
        assert sum(map(int, re.findall(r'class="times"><b>(\d+)</b>', text))) == 4
        assert "nearest: How can I pay an invoice? (66%)" in text
        sent = next(body["texts"] for path, body in actions.asked if path == "/group")
        assert sorted(sent) == ["can i pay in bitcoin", "crypto?", "hotline on sundays"]
        assert all(re.fullmatch(r"Bearer \S{32,}", token) for token in actions.tokens)

    async def test_the_same_texts_are_grouped_once(self, clara: Desk, actions: Desks) -> None:
        asked(clara, "can i pay in bitcoin")
        for _ in range(3):
            assert "can i pay in bitcoin" in (await clara.get("/console/insights/unanswered")).text
        assert [path for path, _ in actions.asked].count("/group") == 1
        asked(clara, "hotline on sundays")
        await clara.get("/console/insights/unanswered")
        assert [path for path, _ in actions.asked].count("/group") == 2

    async def test_what_is_answered_by_now_comes_last(self, clara: Desk, actions: Desks) -> None:
        asked(clara, "one", "two", "two", "two")
        found = {"entry": ENTRY["id"], "question": ENTRY["question"], "confidence": 0.9}
        texts = [one.text for one in _unanswered(clara)]
        actions.answers["/group"] = {
            "groups": [
                {"texts": [texts.index("two")], **found, "decision": "answer"},
                {"texts": [texts.index("one")], **found, "decision": "none"},
            ]
        }
        text = (await clara.get("/console/insights/unanswered")).text
        assert text.index("<bdi>one</bdi>") < text.index("<bdi>two</bdi>")
        assert text.count("answered by now") == 1

    @pytest.mark.parametrize(
        "answer",
        [
            {"status": 500},
            {"groups": "x"},
            {"groups": []},
            {"groups": [{"texts": [0, 7], "entry": "", "question": "", "confidence": 0, "decision": "none"}]},
            {"groups": [{"texts": [], "entry": "", "question": "", "confidence": 0, "decision": "none"}]},
            [1],
            None,
        ],
    )
    async def test_ungrouped_with_a_sentence_when_actions_does_not_answer_well(
        self, clara: Desk, actions: Desks, rasa: Rasa, answer: Any
    ) -> None:
        asked(clara, "can i pay in bitcoin", "hotline on sundays")
        actions.answers["/group"] = answer
        if answer is None:  # not there at all
            rasa.app.router.routes.clear()
        text = (await clara.get("/console/insights/unanswered")).text
        assert "not grouped by meaning" in text
        assert "can i pay in bitcoin" in text
        assert "hotline on sundays" in text

    async def test_nothing_is_asked_of_actions_for_nothing(self, clara: Desk, actions: Desks) -> None:
        asked(clara, "how to pay", decision="answer")
        text = (await clara.get("/console/insights/unanswered")).text
        assert "Nothing was left without an answer" in text
        assert actions.asked == []

    async def test_an_answer_that_did_not_help_is_there(self, clara: Desk) -> None:
        def work(session: Any) -> None:
            at = now() - timedelta(minutes=2)
            question(session, "how to pay", "answer", "billing/payment-options", at=at, chat="a")
            feedback(session, False, "billing/payment-options", at=at + timedelta(minutes=1), chat="a")

        clara.database.write(work)
        assert "answered, did not help" in (await clara.get("/console/insights/unanswered")).text

    async def test_hostile_texts_are_texts(self, clara: Desk) -> None:
        turns = asked(clara, HOSTILE, "\u202egnp.exe", "a" * 4000, "[x](javascript:alert(1))")
        path = f"/console/insights/phrasing?question={turns[0]}&also={turns[1]}&also={turns[3]}"
        for page in ("/console/insights/unanswered", path):
            text = (await clara.get(page)).text
            assert "<script>alert" not in text
            assert "<img" not in text
            assert "&lt;script&gt;" in text
            assert 'href="javascript' not in text


class TestPhrasing:
    async def test_a_question_with_the_nearest_entries(self, clara: Desk, actions: Desks) -> None:
        one, other = asked(clara, "can i pay\nin bitcoin", "crypto?")
        text = (await clara.get(f"/console/insights/phrasing?question={one}&also={other}")).text
        assert ">can i pay in bitcoin</textarea>" in text
        assert "crypto?" in text
        assert 'value="billing/payment-options" checked' in text
        assert ("/entries", {"text": "can i pay in bitcoin"}) in actions.asked

    async def test_entries_are_searched(self, clara: Desk, actions: Desks) -> None:
        (one,) = asked(clara, "can i pay in bitcoin")
        text = (await clara.get(f"/console/insights/phrasing?question={one}&q=pay++options")).text
        assert ("/entries", {"text": "pay options"}) in actions.asked
        assert f'name="question" value="{one}"' in text

    @pytest.mark.parametrize("turn", ["0" * 32, "x", "<script>", ""])
    async def test_one_that_is_not_there_any_more(self, clara: Desk, turn: str) -> None:
        page = await clara.get("/console/insights/phrasing", params={"question": turn})
        assert page.status_code == 200
        assert ("not there any more" in page.text) == (turn == "0" * 32)

    async def test_a_trial_is_started_for_whom_it_is(self, clara: Desk, actions: Desks) -> None:
        body = {"text": " can i  pay in\u200b bitcoin\n", "entry": ENTRY["id"]}
        response = await clara.post("/console/insights/try", body)
        assert response.json() == {"trial": DONE["id"]}
        wanted = {"text": "can i pay in bitcoin", "entry": ENTRY["id"], "by": "Clara"}
        assert actions.asked == [("/trial", wanted)]

    @pytest.mark.parametrize(
        ("answer", "status", "said"),
        [
            ({"status": 409, "problem": "Another phrasing is being tried."}, 409, "Another phrasing is being tried."),
            ({"status": 500}, 503, "does not answer just now"),
            ({"state": "odd"}, 503, "does not answer just now"),
        ],
    )
    async def test_why_it_is_not_started(
        self, clara: Desk, actions: Desks, answer: dict[str, Any], status: int, said: str
    ) -> None:
        actions.answers["/trial"] = answer
        response = await clara.post("/console/insights/try", {"text": "bitcoin", "entry": ENTRY["id"]})
        assert response.status_code == status
        assert said in response.json()["detail"]

    async def test_what_runs_is_shown_with_its_progress(self, clara: Desk, actions: Desks) -> None:
        actions.answers["/trial/state"] = {**DONE, "state": "running", "phase": "replay", "done": 240, "of": 734}
        text = (await clara.get("/console/insights/phrasing")).text
        assert "240 of 734" in text
        assert 'max="734" value="240"' in text
        assert 'id="accept"' not in text

    async def test_every_answer_that_would_flip_is_shown_before_it_is_accepted(
        self, clara: Desk, actions: Desks
    ) -> None:
        actions.answers["/trial/state"] = {
            **DONE,
            "flips": [{**FLIP, "id": str(n), "text": f"q {n}"} for n in range(40)],
        }
        text = (await clara.get("/console/insights/phrasing")).text
        assert "40 of 734 evaluation questions" in text
        assert "40 worse, 0 better, 0 neither" in text
        assert all(f"q {n}" in text for n in range(40))
        assert f'data-trial="{DONE["id"]}"' in text

    async def test_why_a_trial_failed(self, clara: Desk, actions: Desks) -> None:
        actions.answers["/trial/state"] = {**DONE, "state": "failed", "problem": "It is taken already."}
        text = (await clara.get("/console/insights/phrasing")).text
        assert "It is taken already." in text
        assert 'id="accept"' not in text

    async def test_accepting_is_written_down_and_then_done(self, clara: Desk, actions: Desks) -> None:
        actions.answers["/trial/state"] = dict(DONE)
        response = await clara.post("/console/insights/add", {"trial": DONE["id"]})
        assert response.json() == {"entry": ENTRY["id"], "phrasings": 31}
        assert actions.asked[-1] == ("/phrasings", {"trial": DONE["id"]})
        noted = {"entry": ENTRY["id"], "trial": DONE["id"], "answers_changed": 1}
        assert details(clara, "phrasing_accepted") == [noted]
        assert ("clara", "phrasing_accepted") in clara.audit()

    @pytest.mark.parametrize("answer", [{"status": 409, "problem": "The folder cannot be written."}, {"status": 500}])
    async def test_what_is_not_done_is_written_down_too(
        self, clara: Desk, actions: Desks, answer: dict[str, Any]
    ) -> None:
        actions.answers["/trial/state"] = dict(DONE)
        actions.answers["/phrasings"] = dict(answer)
        response = await clara.post("/console/insights/add", {"trial": DONE["id"]})
        assert response.status_code == (409 if "problem" in answer else 503)
        assert answer.get("problem", "does not answer") in response.json()["detail"]
        assert details(clara, "phrasing_not_added") == [{"trial": DONE["id"]}]

    @pytest.mark.parametrize("state", [{"state": "none"}, {**DONE, "id": "another"}, {**DONE, "state": "running"}])
    async def test_only_the_last_trial_that_is_over_can_be_accepted(
        self, clara: Desk, actions: Desks, state: dict[str, Any]
    ) -> None:
        actions.answers["/trial/state"] = state
        response = await clara.post("/console/insights/add", {"trial": DONE["id"]})
        assert response.status_code == 409
        assert "/phrasings" not in [path for path, _ in actions.asked]
        assert details(clara, "phrasing_accepted") == []


class TestDrafts:
    DRAFT: ClassVar[dict[str, Any]] = {
        "question": 'Can I pay in "bitcoin"?',
        "section": "billing",
        "phrasings": ["can i pay in bitcoin", "can i pay in bitcoin", " crypto:\tyes? ", "", "# no comment"],
        "answer": "No.\r\n\nOnly by bank.",
    }

    async def test_a_draft_has_the_form_of_an_entry(self, clara: Desk, tmp_path: Path) -> None:
        response = await clara.post("/console/insights/draft", self.DRAFT)
        assert response.json() == {"file": "drafts/billing-can-i-pay-in-bitcoin.md"}
        path = tmp_path / "drafts" / "billing-can-i-pay-in-bitcoin.md"
        parts = split_file(path.read_text(encoding="utf-8"))
        assert parts is not None
        head = yaml.safe_load(parts[0])
        assert head["question"] == 'Can I pay in "bitcoin"?'
        assert head["phrasings"] == ["can i pay in bitcoin", "crypto: yes?", "# no comment"]
        assert parts[1] == "No.\n\nOnly by bank."
        assert path.stat().st_mode & 0o777 == 0o600
        assert details(clara, "entry_drafted") == [{"file": path.name, "phrasings": 3}]

    async def test_no_draft_is_written_over(self, clara: Desk, tmp_path: Path) -> None:
        files = [(await clara.post("/console/insights/draft", self.DRAFT)).json()["file"] for _ in range(3)]
        assert files == [f"drafts/billing-can-i-pay-in-bitcoin{end}.md" for end in ("", "-2", "-3")]
        assert len(list((tmp_path / "drafts").iterdir())) == 3

    @pytest.mark.parametrize("change", [{"question": " \u200b"}, {"section": "../.."}, {"section": ""}])
    async def test_what_a_draft_needs(self, clara: Desk, tmp_path: Path, change: dict[str, str]) -> None:
        response = await clara.post("/console/insights/draft", {**self.DRAFT, **change})
        assert response.status_code == 422
        assert not (tmp_path / "drafts").exists()

    async def test_a_folder_that_cannot_be_written_is_said(self, clara: Desk, tmp_path: Path) -> None:
        (tmp_path / "drafts").write_text("a file in its place")
        response = await clara.post("/console/insights/draft", self.DRAFT)
        assert response.status_code == 409
        assert "cannot be written here" in response.json()["detail"]
        assert details(clara, "entry_drafted") == []

    @pytest.mark.parametrize("name", ["../../etc/passwd", "con", "ü" * 50, "a" * 300, "?"])
    def test_a_name_stays_in_its_folder(self, tmp_path: Path, name: str) -> None:
        path = write_draft(tmp_path / "drafts", "billing", name, [], "", date(2026, 11, 20))
        assert path.parent == tmp_path / "drafts"
        assert re.fullmatch(r"billing-[a-z0-9-]+\.md", path.name)


class TestPages:
    async def test_they_have_no_code_or_style_of_their_own(self, clara: Desk, actions: Desks) -> None:
        clara.database.write(lambda session: a_busy_month(session, clara.agent("anna"), now()))
        actions.answers["/trial/state"] = dict(DONE)
        for path in PAGES:
            text = (await clara.get(path)).text
            for mark in (" style=", "<style", " onclick", "javascript:", "http://", "https://"):
                assert mark not in text, (path, mark)
            assert len(re.findall(r"<h1", text)) == 1


class TestCharts:
    STEPS = ((date(2026, 11, 1), date(2026, 11, 1)), (date(2026, 11, 2), date(2026, 11, 2)))

    def test_bars_stand_on_each_other(self) -> None:
        chart = columns("x", "X", self.STEPS, [Series("a", "good", [5, 0]), Series("b", "bad", [3, 2])], Unit())
        first, second = (column.bars for column in chart.columns)
        assert chart.top == "8"
        assert [(bar.tone, bar.y, bar.height) for bar in first] == [("good", 37.5, 62.5), ("bad", 0.0, 37.5)]
        assert [(bar.tone, bar.y, bar.height) for bar in second] == [("bad", 75.0, 25.0)]
        assert chart.columns[0].told == "1 Nov: 5 a, 3 b"
        assert chart.told == "X, 1 Nov – 2 Nov: a 5 in all, at most 5 (1 Nov); b 5 in all, at most 3 (1 Nov).".replace(
            "1 Nov – 2 Nov", "1–2 Nov"
        )

    def test_what_is_not_there_is_no_zero(self) -> None:
        chart = columns("x", "X", self.STEPS, [Series("", "good", [None, 0.5])], Unit("share"))
        assert [column.values for column in chart.columns] == [["–"], ["50%"]]
        assert chart.columns[0].bars == []
        assert not chart.empty
        assert columns("x", "X", self.STEPS, [Series("", "good", [None, None])], Unit("share")).empty
        assert columns("x", "X", self.STEPS, [Series("", "good", [0, 0])], Unit()).told.endswith("none.")

    @pytest.mark.parametrize("highest", [0, 1, 4, 5, 9, 10, 11, 49, 50, 51, 99, 100, 101, 12_345, 1e6])
    def test_the_top_is_round_and_not_below(self, highest: float) -> None:
        for kind in ("count", "minutes"):
            top = Unit(kind).top(highest)
            assert highest <= top <= max(15.0, highest * 3)

    @pytest.mark.parametrize(
        ("minutes", "shown"),
        [(0, "0 min"), (59.4, "59 min"), (60, "1 h"), (61, "1 h 1 min"), (2880, "2 d"), (2999, "2 d 2 h")],
    )
    def test_durations(self, minutes: float, shown: str) -> None:
        assert duration(timedelta(minutes=minutes)) == shown

    def test_days(self) -> None:
        assert days(date(2026, 11, 3), date(2026, 11, 9)) == "3–9 Nov"
        assert days(date(2026, 10, 28), date(2026, 11, 3)) == "28 Oct – 3 Nov"


def test_one_line() -> None:
    assert one_line(" a\n\tb\u202e\x00 c ") == "a b c"


def _unanswered(desk: Desk) -> Any:
    from tickets.insights import read_unanswered
    from tickets.spans import Span

    span = Span.read({}, now().date())
    return desk.database.read(lambda session: read_unanswered(session, span))[0]
