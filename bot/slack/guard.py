"""What stands between the world and bolt: size, headers, signature, encoding, form, workspace.

Bolt answers 500 to much of what strangers may send, and logs what it refuses. Here a request that is not Slack's is
refused by its first fault, and nothing of it is logged.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Collection, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl

from bot.slack.events import team_of

PATH: Final = "/slack/events"
MOST_BODY: Final = 256 * 1024
OLDEST: Final = 300  # seconds that a request may have been on its way
_TIME = re.compile(rb"[1-9][0-9]{8,10}")
_SIGNATURE = re.compile(rb"v0=[0-9a-f]{64}")
_JSON, _FORM = b"application/json", b"application/x-www-form-urlencoded"
_OF_NO_TEAM = {"url_verification"}

Header = tuple[bytes, bytes]


class Refused(Exception):
    """The request is not one of Slack's that we serve; the status says why."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def check(headers: Sequence[Header], body: bytes, secret: str, teams: Collection[str], at: float) -> None:
    """Raises Refused unless Slack signed this for us, just now, for a workspace that we serve.

    Args:
        teams: the workspaces that are served; empty is all.
    """
    if len(body) > MOST_BODY:
        raise Refused(413)
    sent, signed = _one(headers, b"x-slack-request-timestamp"), _one(headers, b"x-slack-signature")
    if not _TIME.fullmatch(sent) or not _SIGNATURE.fullmatch(signed) or abs(at - int(sent)) > OLDEST:
        raise Refused(401)
    expected = b"v0=" + hmac.new(secret.encode(), b"v0:" + sent + b":" + body, hashlib.sha256).hexdigest().encode()
    if not hmac.compare_digest(expected, signed):
        raise Refused(401)
    content = _read(_one(headers, b"content-type").partition(b";")[0].strip().lower(), body)
    if (
        teams
        and content.get("type") not in _OF_NO_TEAM
        and "ssl_check" not in content
        and team_of(content) not in teams
    ):
        raise Refused(403)


def _one(headers: Sequence[Header], name: bytes) -> bytes:
    """A header that stands there once; b"" otherwise."""
    found = [value for key, value in headers if key.lower() == name]
    return found[0] if len(found) == 1 else b""


def _read(kind: bytes, body: bytes) -> dict[str, Any]:
    """The body as bolt will read it, of a form that bolt can."""
    try:
        text = body.decode("utf-8")
        if kind == _JSON:
            content = json.loads(text)
        elif kind == _FORM:
            form = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=100))
            content = json.loads(form["payload"]) if "payload" in form else form
        else:
            raise Refused(400)
    except (ValueError, RecursionError):
        raise Refused(400) from None
    if not isinstance(content, dict) or not all(_formed(content, name, kinds) for name, kinds in _FORMS.items()):
        raise Refused(400)
    return content


# What bolt takes for granted wherever the key is there.
_FORMS: Final[dict[str, tuple[type, ...]]] = {
    "type": (str,),
    "team_id": (str,),
    "event": (dict,),
    "event_id": (str,),
    "challenge": (str,),
    "authorizations": (list,),
    "user": (dict, str),
    "team": (dict, str),
    "enterprise": (dict, str),
    "channel": (dict, str),
    "container": (dict,),
    "actions": (list,),
    "message": (dict,),
    "view": (dict,),
}


def _formed(content: dict[str, Any], name: str, kinds: tuple[type, ...]) -> bool:
    value = content.get(name)
    return value is None or isinstance(value, kinds)
