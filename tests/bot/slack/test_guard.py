"""What Slack would never send, rightly signed all the same: no 5xx, nothing heard, whatever the shape."""

from __future__ import annotations

import copy
import json
import random
from typing import Any
from urllib.parse import urlencode

import pytest

from bot.slack.guard import MOST_BODY, PATH, Refused, check
from tests.bot.peers import Rasa
from tests.bot.slack.conftest import App
from tests.slack_world import DM, SIGNING_SECRET, TEAM, Posted, Slack, signed

ODD: list[Any] = [None, True, 0, -1.5, "", "x", "\x00", "\ud800", [], [None], [[]], {}, {"id": 1}, "T" * 500, 10**30]
BUTTON = {"type": "button", "text": {"text": "No"}, "action_id": "press:x", "value": "btn_" + "0" * 28}
AT = 1_700_000_000.0


def headers(body: bytes, kind: str = "application/json") -> list[tuple[bytes, bytes]]:
    """The headers of a request as it comes."""
    made = {**signed(body, AT), "content-type": kind}
    return [(name.encode(), value.encode()) for name, value in made.items()]


def spoiled(payload: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    """A payload with some of its values, at any depth, of another kind or gone."""
    made = copy.deepcopy(payload)
    for _ in range(dice.randint(1, 3)):
        where: Any = made
        while True:
            key = dice.choice(list(where) if isinstance(where, dict) else range(len(where)))
            if isinstance(where[key], dict | list) and where[key] and dice.random() < 0.6:
                where = where[key]
                continue
            where[key] = dice.choice(ODD)
            break
    return made


async def test_odd_shapes_are_no_error_of_ours(slack: Slack, app: App, rasa: Rasa) -> None:
    dice = random.Random(7)
    message = Posted(DM, slack.ts(), None, "x", [{"type": "actions", "elements": [BUTTON]}], {}, 0)
    view = {"id": "V1", "hash": "1.a", "type": "home"}
    home = {**slack.press(message, "No"), "view": view, "container": {"type": "view"}}
    home["actions"] = [{**BUTTON, "action_id": "ask:0"}]
    opened = slack.event({"type": "app_home_opened", "user": "U0ANNA", "channel": DM, "tab": "home"})
    events = [slack.message("hi"), slack.message("hi", kind="app_mention", channel="C1"), opened]
    events += [slack.opened("messages"), slack.began(slack.ts()), slack.message("hi", thread=slack.ts())]
    interactions = [slack.press(message, "No"), home, slack.pick("broken")]
    found = []
    for number in range(240):
        if number % 2:
            body, kind = json.dumps(spoiled(dice.choice(events), dice)).encode(), "application/json"
        else:
            payload = json.dumps(spoiled(dice.choice(interactions), dice))
            body, kind = urlencode({"payload": payload}).encode(), "application/x-www-form-urlencoded"
        answer = await app.client.post(PATH, content=body, headers={**signed(body), "content-type": kind})
        found.append((answer.status_code, body))
    assert [(status, body) for status, body in found if status >= 500] == []
    assert {status for status, _ in found} <= {200, 400, 404}


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"{}", "text/plain", 400),
        (b"payload=x", "application/x-www-form-urlencoded", 400),
        (b"{}", "application/json", 403),
        (b'{"team_id": "T0OTHER"}', "application/json", 403),
        (b"team_id=T0OTHER&command=%2Fcare", "application/x-www-form-urlencoded", 403),
        (b" " * (MOST_BODY + 1), "application/json", 413),
    ],
)
def test_what_is_signed_and_still_not_ours_is_refused(body: bytes, kind: str, status: int) -> None:
    with pytest.raises(Refused) as refused:
        check(headers(body, kind), body, SIGNING_SECRET, [TEAM], AT)
    assert refused.value.status == status


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (f'{{"team_id": "{TEAM}"}}'.encode(), "application/json"),
        (f'{{"team_id": "{TEAM}"}}'.encode(), "Application/JSON; charset=utf-8"),
        (b'{"type": "url_verification", "challenge": "x"}', "application/json"),
        (b"ssl_check=1&token=x", "application/x-www-form-urlencoded"),
        (urlencode({"payload": json.dumps({"team": {"id": TEAM}})}).encode(), "application/x-www-form-urlencoded"),
    ],
)
@pytest.mark.parametrize("late", [-300, 0, 300])
def test_what_slack_signed_for_us_passes(body: bytes, kind: str, late: int) -> None:
    check(headers(body, kind), body, SIGNING_SECRET, [TEAM], AT + late)


@pytest.mark.parametrize("late", [-301, 301])
def test_what_is_too_old_or_too_new_is_refused(late: int) -> None:
    with pytest.raises(Refused):
        check(headers(b"{}"), b"{}", SIGNING_SECRET, [], AT + late)


async def test_slack_finds_the_address(app: App) -> None:
    body = b'{"type": "url_verification", "token": "x", "challenge": "say this"}'
    answer = await app.client.post(PATH, content=body, headers={**signed(body), "content-type": "application/json"})
    assert (answer.status_code, answer.json()) == (200, {"challenge": "say this"})
