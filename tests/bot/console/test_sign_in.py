"""Signing in and out: what is right, what is wrong, how often; the cookie; the own password and sessions."""

from __future__ import annotations

from functools import partial
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from sqlalchemy import update

from bot.console.gate import PLAIN_COOKIE, SECURE_COOKIE
from tests.bot.console.conftest import OWN, PASSWORD, Desk
from tests.bot.web.conftest import MakeApp, caller
from tickets import agents
from tickets.agent_models import Agent
from tickets.base import now
from tickets.database import Database

NEW = "quiet lantern over the harbour"
WRONG = {"detail": "The name or the password is wrong."}


async def test_the_right_password_opens_the_console(desk: Desk) -> None:
    assert (await desk.get("/console")).status_code == 303
    assert (await desk.sign_in("ANNA ")).status_code == 200
    page = await desk.get("/console")
    assert page.status_code == 200
    assert "Anna" in page.text
    assert desk.audit() == [("anna", "signed_in")]


async def test_whatever_is_wrong_has_the_same_words(desk: Desk) -> None:
    desk.database.write(
        lambda session: session.execute(update(Agent).where(Agent.name == "bruno").values(disabled_at=now()))
    )
    answers = [
        await desk.sign_in("anna", "something else"),
        await desk.sign_in("nobody", PASSWORD),
        await desk.sign_in("bruno", PASSWORD),
        await desk.sign_in("anna", PASSWORD + " "),
        await desk.sign_in("", ""),
    ]
    assert {(answer.status_code, answer.text) for answer in answers} == {(401, answers[0].text)}
    assert answers[0].json() == WRONG
    assert all("set-cookie" not in answer.headers for answer in answers)
    assert [what for _, what in desk.audit()] == ["sign_in_failed"] * 5
    assert PASSWORD not in str(desk.audit())


async def test_the_cookie_on_this_machine(desk: Desk) -> None:
    cookie = (await desk.sign_in()).headers["set-cookie"]
    name, *attributes = cookie.split("; ")
    assert name.startswith(f"{PLAIN_COOKIE}=")
    assert set(attributes) == {"HttpOnly", "Path=/", "SameSite=strict"}


async def test_the_cookie_over_https(app: FastAPI, stored: Database) -> None:
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 5))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="https://127.0.0.1:8080") as client,
    ):
        headers = {**OWN, "origin": "https://127.0.0.1:8080"}
        body = {"name": "anna", "password": PASSWORD}
        response = await client.post("/console/sign-in", json=body, headers=headers)
        name, *attributes = response.headers["set-cookie"].split("; ")
        assert name.startswith(f"{SECURE_COOKIE}=")
        assert set(attributes) == {"HttpOnly", "Path=/", "SameSite=strict", "Secure"}
        assert "max-age=31536000" in response.headers["strict-transport-security"]
        assert (await client.get("/console")).status_code == 200
        plain = {"cookie": f"{PLAIN_COOKIE}={name.partition('=')[2]}"}
        client.cookies.clear()
        assert (await client.get("/console", headers=plain)).status_code == 303, "a plain cookie counts over http only"


@pytest.mark.parametrize(
    ("address", "name", "headers"),
    [
        ("192.0.2.7", "127.0.0.1", {}),
        ("192.0.2.7", "care.example.com", {}),
        ("127.0.0.1", "care.example.com", {}),  # a proxy on this machine that does not say https
        ("127.0.0.1", "127.0.0.1", {"x-forwarded-for": "192.0.2.7"}),
    ],
)
async def test_no_password_travels_in_the_open(
    make_app: MakeApp, app: FastAPI, address: str, name: str, headers: dict[str, str]
) -> None:
    async with caller(make_app(CARE_HOST="0.0.0.0"), address, name) as client:
        page = await client.get("/console/sign-in", headers=headers)
        assert "needs https" in page.text
        own = {**OWN, "origin": f"http://{name}:8080", **headers}
        response = await client.post("/console/sign-in", json={"name": "anna", "password": PASSWORD}, headers=own)
        assert response.status_code == 403
        assert "https" in response.json()["detail"]


async def test_five_failures_of_one_user_close_the_door_for_all_who_try_that_name(desk: Desk) -> None:
    for _ in range(5):
        assert (await desk.sign_in("anna", "wrong")).status_code == 401
    closed = await desk.sign_in("Anna")
    assert closed.status_code == 429
    assert "wait half an hour" in closed.json()["detail"]
    assert (await desk.sign_in("bruno")).status_code == 200
    assert [what for _, what in desk.audit()].count("sign_in_limited") == 1


async def test_a_user_who_is_not_there_is_limited_alike(desk: Desk) -> None:
    answers = [(await desk.sign_in("nobody", "wrong")).status_code for _ in range(6)]
    assert answers == [401] * 5 + [429]


async def test_twenty_failures_from_one_address_close_it(desk: Desk) -> None:
    answers = [(await desk.sign_in(f"user{number}", "wrong")).status_code for number in range(22)]
    assert answers == [401] * 20 + [429] * 2
    assert (await desk.sign_in("anna")).status_code == 429
    assert [what for _, what in desk.audit()].count("sign_in_limited") <= 2, "one row a minute, not one a try"


async def test_those_who_know_their_password_are_never_limited(desk: Desk) -> None:
    for _ in range(30):
        assert (await desk.sign_in()).status_code == 200


async def test_a_hash_of_weaker_parameters_is_renewed(desk: Desk) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1).hash(PASSWORD)
    desk.database.write(lambda session: session.execute(update(Agent).values(password=weak)))
    assert (await desk.sign_in()).status_code == 200
    assert desk.agent("anna").password != weak
    assert "m=47104" in desk.agent("anna").password
    assert (await desk.sign_in()).status_code == 200


async def test_each_sign_in_gives_a_new_token_and_ends_the_old(desk: Desk) -> None:
    tokens = []
    for _ in range(2):
        await desk.sign_in()
        tokens.append(desk.http.cookies[PLAIN_COOKIE])
    assert tokens[0] != tokens[1]
    assert desk.database.read(lambda session: agents.signed_in(session, tokens[0])) is None


async def test_after_signing_out_the_token_opens_nothing(anna: Desk) -> None:
    token = anna.http.cookies[PLAIN_COOKIE]
    response = await anna.post("/console/sign-out")
    assert response.status_code == 200
    assert "Max-Age=0" in response.headers["set-cookie"]
    again = await anna.http.get("/console", headers={"cookie": f"{PLAIN_COOKIE}={token}"})
    assert again.status_code == 303
    assert anna.audit()[-1] == ("anna", "signed_out")


@pytest.mark.parametrize(
    ("wanted", "goes"),
    [
        ("/console/tickets/00ff", "/console/tickets/00ff"),
        ("/console?q=a%20b&sort=newest", "/console?q=a%20b&sort=newest"),
        *(
            (foreign, "/console")
            for foreign in (
                *(
                    "",
                    "https://evil.example",
                    "//evil.example",
                    "/\\evil.example",
                    "/console//evil.example@x",
                    "/console\n",
                ),
                *("javascript:alert(1)", "/console/../x", "/consoles", "/console/sign-in", "/console/x#y", "console"),
            )
        ),
    ],
)
async def test_after_signing_in_one_goes_where_one_wanted_within_the_console(
    desk: Desk, wanted: str, goes: str
) -> None:
    page = await desk.get("/console/sign-in", params={"next": wanted})
    shown = goes.replace("&", "&amp;")
    assert f'data-next="{shown}"' in page.text
    desk.become("anna")
    assert (await desk.get("/console/sign-in", params={"next": wanted})).headers["location"] == goes


async def test_a_page_asked_for_is_remembered(desk: Desk) -> None:
    ticket = desk.open()
    response = await desk.get(f"/console/tickets/{ticket.id}?x=1&y=2")
    assert response.headers["location"] == f"/console/sign-in?next=/console/tickets/{ticket.id}%3Fx%3D1%26y%3D2"


async def test_a_link_from_elsewhere_asks_again_because_it_came_without_the_cookie(desk: Desk) -> None:
    assert "data-from-elsewhere" in (await desk.get("/console/sign-in", headers={"sec-fetch-site": "cross-site"})).text
    assert "data-from-elsewhere" not in (await desk.get("/console/sign-in")).text


async def test_before_there_is_a_user_the_door_says_how_to_make_one(make_app: MakeApp) -> None:
    async with caller(make_app()) as client:
        assert "care users add" in (await client.get("/console/sign-in")).text


class TestOwnPassword:
    async def test_it_is_changed_and_ends_all_other_sessions(self, anna: Desk) -> None:
        other = anna.database.write(lambda session: agents.sign_in(session, agents.named(session, "anna"), "Elsewhere"))
        before = anna.http.cookies[PLAIN_COOKIE]
        response = await anna.post("/console/account/password", {"present": PASSWORD, "new": NEW})
        assert response.status_code == 200
        assert anna.http.cookies[PLAIN_COOKIE] != before
        assert (await anna.get("/console")).status_code == 200
        for token in (other, before):
            assert anna.database.read(partial(agents.signed_in, token=token)) is None
        assert (await anna.sign_in("anna", NEW)).status_code == 200
        assert (await anna.sign_in("anna", PASSWORD)).status_code == 401

    @pytest.mark.parametrize(
        ("body", "status", "words"),
        [
            ({"present": "wrong", "new": NEW}, 403, "present password is wrong"),
            ({"present": PASSWORD, "new": PASSWORD}, 422, "is the present one"),
            ({"present": PASSWORD, "new": "short"}, 422, "at least 12"),
            ({"present": PASSWORD, "new": "password1234"}, 422, "guessed first"),
            ({"present": PASSWORD}, 422, "expected form"),
        ],
    )
    async def test_what_is_wrong_is_said_and_changes_nothing(
        self, anna: Desk, body: dict[str, Any], status: int, words: str
    ) -> None:
        response = await anna.post("/console/account/password", body)
        assert (response.status_code, words in response.json()["detail"]) == (status, True), response.text
        assert (await anna.sign_in()).status_code == 200

    async def test_guessing_the_present_one_is_limited(self, anna: Desk) -> None:
        wrong = {"present": "wrong", "new": NEW}
        answers = [(await anna.post("/console/account/password", wrong)).status_code for _ in range(6)]
        assert answers == [403] * 5 + [429]


class TestOwnSessions:
    async def test_they_are_listed_and_ended_one_by_one(self, anna: Desk) -> None:
        there = anna.database.write(
            lambda session: agents.sign_in(session, agents.named(session, "anna"), "Mozilla Firefox/140 Windows")
        )
        page = (await anna.get("/console/account")).text
        assert "Firefox on Windows" in page
        assert page.count("data-end=") == 1, "the one in use is ended by signing out"
        ended = page.partition('data-end="')[2][:64]
        assert (await anna.post("/console/account/end-session", {"session": ended})).status_code == 200
        assert anna.database.read(lambda session: agents.signed_in(session, there)) is None
        assert (await anna.post("/console/account/end-session", {"session": ended})).status_code == 404

    async def test_another_agents_session_is_not_there(self, desk: Desk) -> None:
        brunos = desk.become("bruno")
        desk.become("anna")
        from tickets.conversations import token_hash

        assert (await desk.post("/console/account/end-session", {"session": token_hash(brunos)})).status_code == 404
        assert desk.database.read(lambda session: agents.signed_in(session, brunos)) is not None
