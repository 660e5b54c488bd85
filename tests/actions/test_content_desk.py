"""What `actions` answers to `bot` for its leads: entries, groups, trials, and a phrasing written down."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from actions import content_desk, trials
from actions.live_index import LiveIndex
from actions.server import create_app
from knowledge.faq.entries import load_content
from settings import Settings
from tests.actions.partner import empty_database
from tests.actions.test_server import TOKEN, WRONG_TOKENS

ENTRY = "billing/dispute-period"
NEW = "may I still moan about a bill of last spring"
DISPUTE = "how long can I dispute an invoice \ud83d"
PATHS = ("/entries", "/group", "/trial", "/trial/state", "/phrasings")
RESULT = '{"result": {"content": "%s", "replayed": 2, "itself": ["a", "b"], "flips": []}}'


@pytest.fixture
def live(own_folders: dict[str, str]) -> LiveIndex:
    return LiveIndex(Settings.load(own_folders))


@pytest.fixture
async def actions(live: LiveIndex) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(live, empty_database(), TOKEN))
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://actions", headers=headers) as client:
        yield client


@pytest.fixture
def says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Put a script in the place of the trial's program: it says these lines, then waits for a file if told to."""
    program = tmp_path / "trial.py"

    def say(*lines: str, wait: bool = False, status: int = 0) -> Path:
        go = tmp_path / "go"
        text = "import os, sys, time\nasked = sys.stdin.readline()\n"
        if wait:
            text += 'print(\'{"phase": "replay", "done": 20, "of": 734}\', flush=True)\n'
            text += f"while not os.path.exists({str(go)!r}): time.sleep(0.02)\n"
        text += "".join(f"print({line!r}, flush=True)\n" for line in lines) + f"sys.exit({status})\n"
        program.write_text(text)
        return go

    monkeypatch.setattr(content_desk, "Trials", lambda: trials.Trials((sys.executable, str(program))))
    return say


async def over(actions: httpx.AsyncClient) -> dict[str, Any]:
    """The trial, once it does not run any more."""
    for _ in range(400):
        state: dict[str, Any] = (await actions.post("/trial/state", json={})).json()
        if state["state"] != "running":
            return state
        await asyncio.sleep(0.05)
    raise AssertionError("the trial runs and runs")


async def start(actions: httpx.AsyncClient, text: str = NEW, entry: str = ENTRY) -> httpx.Response:
    return await actions.post("/trial", json={"text": text, "entry": entry, "by": "Clara"})


@pytest.mark.parametrize("path", PATHS)
async def test_nothing_without_the_token(actions: httpx.AsyncClient, path: str) -> None:
    for token in WRONG_TOKENS:
        if not isinstance(token, str) or not token.isascii():
            continue
        response = await actions.post(path, json={}, headers={"Authorization": f"Bearer {token}"})
        assert response.status_code == 401


@pytest.mark.parametrize("path", [path for path in PATHS if path != "/trial/state"])
@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"text": 7, "texts": "x", "trial": null, "entry": 1}'])
async def test_other_bodies_are_refused(actions: httpx.AsyncClient, path: str, body: bytes) -> None:
    assert (await actions.post(path, content=body)).status_code == 422


async def test_entries(actions: httpx.AsyncClient, live: LiveIndex) -> None:
    everything = (await actions.post("/entries", json={"text": " "})).json()["entries"]
    assert [one["id"] for one in everything] == sorted(live.understanding.search.index.entries)
    near = (await actions.post("/entries", content=json.dumps({"text": DISPUTE}))).json()["entries"]
    assert near[0]["id"] == ENTRY
    assert near[0]["confidence"] > 0.8
    words = (await actions.post("/entries", json={"text": "orders tracking"})).json()["entries"]
    assert "orders/tracking" in [one["id"] for one in words]


async def test_groups(actions: httpx.AsyncClient) -> None:
    texts = ["can i pay in bitcoin", "weekend hotline number", "is crypto payment possible \ud83d"]
    groups = (await actions.post("/group", content=json.dumps({"texts": texts}))).json()["groups"]
    assert sorted(sorted(one["texts"]) for one in groups) == [[0, 2], [1]]
    too_many = await actions.post("/group", json={"texts": ["x"] * 2001})
    assert too_many.status_code == 413
    assert (await actions.post("/group", json={"texts": []})).json() == {"groups": []}


class TestTrials:
    async def test_one_shows_how_far_it_is_and_what_it_found(self, says: Any, live: LiveIndex) -> None:
        go = says(RESULT % "x", wait=True)
        async with self.client(live) as actions:
            response = await start(actions, f"  {NEW}\n")
            assert response.status_code == 202
            assert response.json()["text"] == NEW
            while (state := (await actions.post("/trial/state", json={})).json())["done"] == 0:
                assert state["state"] == "running"
                await asyncio.sleep(0.02)
            assert (state["phase"], state["done"], state["of"], state["by"]) == ("replay", 20, 734, "Clara")
            again = await start(actions)
            assert again.status_code == 409
            assert "Another phrasing is being tried" in again.json()["problem"]
            go.touch()
            state = await over(actions)
        assert (state["state"], state["replayed"], state["itself"]) == ("done", 2, ["a", "b"])

    @pytest.mark.parametrize(
        ("lines", "problem"),
        [
            (['{"problem": "It is taken."}'], "It is taken."),
            ([], trials.FAILED),
            (["no JSON"], trials.FAILED),
            (["{}"], trials.FAILED),
            (['{"result": 1}'], trials.FAILED),
        ],
    )
    async def test_one_that_fails_says_why(self, says: Any, live: LiveIndex, lines: list[str], problem: str) -> None:
        says(*lines, status=1)
        async with self.client(live) as actions:
            await start(actions)
            state = await over(actions)
            assert (state["state"], state["problem"]) == ("failed", problem)
            says(RESULT % "x")
            assert (await start(actions)).status_code == 202  # the next may come
            assert (await over(actions))["state"] == "done"

    @pytest.mark.parametrize(("text", "entry"), [(NEW, "no/entry"), ("?", ENTRY), ("", ENTRY)])
    async def test_what_cannot_be_tried(self, says: Any, live: LiveIndex, text: str, entry: str) -> None:
        async with self.client(live) as actions:
            assert (await start(actions, text, entry)).status_code == 409

    async def test_an_accepted_phrasing_stands_in_its_file(self, says: Any, live: LiveIndex) -> None:
        folder = live.settings.content_dir
        before = load_content(folder)
        says(RESULT % before.hash)
        async with self.client(live) as actions:
            await start(actions)
            trial = (await over(actions))["id"]
            wrong = await actions.post("/phrasings", json={"trial": "another"})
            assert wrong.status_code == 409
            done = await actions.post("/phrasings", json={"trial": trial})
            assert done.json() == {"entry": ENTRY, "phrasings": len(before.entries[ENTRY].phrasings) + 1}
            again = await actions.post("/phrasings", json={"trial": trial})  # a lost answer
            assert again.status_code == 200
        assert load_content(folder).entries[ENTRY].phrasings == (*before.entries[ENTRY].phrasings, NEW)

    async def test_one_of_other_content_is_not_written(self, says: Any, live: LiveIndex) -> None:
        says(RESULT % "another")
        async with self.client(live) as actions:
            await start(actions)
            trial = (await over(actions))["id"]
            response = await actions.post("/phrasings", json={"trial": trial})
            assert response.status_code == 409
            assert "changed since" in response.json()["problem"]
            assert (await over(actions))["state"] == "done"

    def client(self, live: LiveIndex) -> httpx.AsyncClient:
        """Made after the trial's program was replaced."""
        transport = httpx.ASGITransport(create_app(live, empty_database(), TOKEN))
        headers = {"Authorization": f"Bearer {TOKEN}"}
        return httpx.AsyncClient(transport=transport, base_url="http://actions", headers=headers)
