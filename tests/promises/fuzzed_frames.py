"""Frames of the web chat, right and wrong: in their content, their JSON, or their bytes."""

from __future__ import annotations

import json
import random
from typing import Any

from tests.promises.raw_socket import BINARY, CLOSE, PING, TEXT, RawSocket

LONGEST_FRAME = 16 * 1024


def hello(session: str, last_seen: int = 0) -> bytes:
    return json.dumps({"type": "hello", "session": session, "last_seen": last_seen}).encode()


def message(number: int, text: str) -> bytes:
    return json.dumps({"type": "message", "client_id": f"message-{number:06}", "text": text}).encode()


def greet(socket: RawSocket, dice: random.Random, sessions: list[str]) -> int:
    """Say hello: mostly rightly, sometimes wrongly, sometimes not at all. How many frames were sent."""
    right = {"type": "hello", "session": dice.choice(sessions), "last_seen": dice.choice([0, 3, 2**31 - 1])}
    how = dice.random()
    if how < 0.7:
        socket.send(TEXT, json.dumps(right).encode())
    elif how < 0.8:
        socket.send(TEXT, json.dumps({**right, "session": dice.choice(["", "x", "é" * 100, "' --"])}).encode())
    elif how < 0.95:
        socket.send(TEXT, mutated(right, dice))
    else:
        return 0
    return 1


def fuzz(socket: RawSocket, dice: random.Random) -> int:
    """Send something; how many frames it was."""
    client_id = f"fuzzed-{dice.randrange(10**9):09}"
    right = dice.choice(
        [
            {"type": "message", "client_id": client_id, "text": "hello"},
            {"type": "press", "client_id": client_id, "button": "btn_" + "0" * 28},
        ]
    )
    kind = dice.choices(range(8), (6, 20, 6, 4, 3, 3, 4, 1))[0]
    if kind == 0:
        socket.send(TEXT, json.dumps(right).encode())
    elif kind == 1:
        socket.send(TEXT, mutated(right, dice))
    elif kind == 2:
        socket.send(TEXT, json.dumps(junk(dice)).encode())
    elif kind == 3:
        socket.send(TEXT, "".join(chr(dice.randrange(0x800)) for _ in range(dice.randrange(50))).encode())
    elif kind == 4:
        socket.send(BINARY, dice.randbytes(dice.randrange(200)))
    elif kind == 5:
        socket.send(TEXT, b'{"type":"message","text":"' + dice.randbytes(20) + b"\xff\xc0")
    elif kind == 6:
        break_protocol(socket, dice)
    else:
        socket.send(dice.choice([TEXT, BINARY]), b"x" * dice.choice([LONGEST_FRAME + 1, 2 * LONGEST_FRAME, 2**20]))
    return 1


def break_protocol(socket: RawSocket, dice: random.Random) -> None:
    """Send what is no frame, or not one that may come here; once in a while a right one in pieces."""
    whole = json.dumps({"type": "message", "client_id": "in-pieces-1", "text": "hello"}).encode()
    kind = dice.randrange(12)
    if kind == 0:
        socket.send(TEXT, whole, masked=False)
    elif kind == 1:
        socket.send(TEXT, whole, reserved=dice.randint(1, 7))
    elif kind == 2:
        socket.send(dice.choice([3, 4, 5, 6, 7, 11, 12, 13, 14, 15]), whole)
    elif kind == 3:
        socket.send(0, whole)  # a sequel to nothing
    elif kind in (4, 5):
        socket.send(TEXT, whole[:9], last=False)
        socket.send(TEXT if kind == 4 else 0, whole[9:])
    elif kind == 6:
        socket.send(PING, b"x" * 126)
    elif kind == 7:
        socket.send(PING, b"", last=False)
    elif kind == 8:
        socket.send(CLOSE, b"\x03")
    elif kind == 9:
        socket.send(CLOSE, dice.choice([b"\x03\xed", b"\x00\x00", b"\x03\xe8\xff"]))
    elif kind == 10:
        socket.send_bytes(dice.randbytes(dice.randint(2, 40)))
    else:
        socket.send_bytes(b"\x81\xff" + b"\xff" * 8)  # 2^64 bytes are announced


def mutated(right: dict[str, Any], dice: random.Random) -> bytes:
    """A frame of ours with something changed."""
    key = dice.choice(list(right))
    text = json.dumps(right)
    strange = dice.choice(["extra", "__class__", "\ud800", ""])
    kind = dice.choice(["hello", "event", "ack", "welcome", "Message", ""])
    long = dice.choice(["", " ", "\x00", "\u200b", "x" * 4001, "\U0001f600" * 500])
    return dice.choice(
        [
            json.dumps({**right, key: junk(dice)}),
            json.dumps({**right, key: junk(dice)}),
            json.dumps({name: value for name, value in right.items() if name != key}),
            json.dumps({**right, strange: junk(dice)}),
            json.dumps({**right, "type": kind}),
            json.dumps({**right, "text": long}),
            json.dumps({**right, "client_id": dice.choice(["short", "with space", "x" * 65, "ünïcödé-id"])}),
            text[: dice.randrange(len(text))],
            text.replace(":", dice.choice(["=", "::", ":\x00", ": NaN,"]), 1),
            text[:-1] + f', "{key}": 1}}',  # the key twice
            f"[{text}]",
            "\ufeff" + text,
            "[" * 15_000,
            "9" * 15_000,
        ]
    ).encode()


def junk(dice: random.Random, depth: int = 0) -> Any:
    """Any JSON value, and some that only Python's JSON knows."""
    kind = dice.randrange(6 if depth < 3 else 4)
    if kind == 0:
        return dice.choice([None, True, False])
    if kind == 1:
        return dice.choice([0, -1, 2**31, 2**63, 10**400, 1e308, float("inf"), float("nan"), -0.0])
    if kind in (2, 3):
        return dice.choice(["", "\ud800", "\x00", "\u202e", "x" * 5000, "/restart", "' OR 1=1 --", "{{7*7}}", "%s%n"])
    if kind == 4:
        return [junk(dice, depth + 1) for _ in range(dice.randrange(4))]
    return {str(n): junk(dice, depth + 1) for n in range(dice.randrange(4))}
