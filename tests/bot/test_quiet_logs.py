"""Logs carry no message text, also when the engine or `actions` fail."""

from __future__ import annotations

import time
from pathlib import Path

from tests.service import Service

CANARY = "zebrafinch"


def test_a_partners_words_are_in_no_log(tmp_path: Path) -> None:
    service = Service(tmp_path / "var")
    service.start()
    try:
        assert service.ask(f"my {CANARY} wants to know how long porting takes")[0]["data"]["type"] != "error"
        service.child("actions").kill()
        assert service.ask(f"and the {CANARY}?")[0]["data"]["type"] == "error"
        service.wait_ready()
        service.child("engine").kill()
        assert service.ask(f"hello {CANARY}")[0]["data"]["type"] == "error"
        time.sleep(1)
    finally:
        service.stop()
    logs = [service.output(), *(path.read_text(errors="replace") for path in (tmp_path / "var" / "logs").iterdir())]
    assert any("failed" in log for log in logs), "the failures were logged"
    assert not any(CANARY in log for log in logs)
    stored = b"".join(path.read_bytes() for path in (tmp_path / "var").glob("care.db*"))
    assert CANARY.encode() in stored, "the messages themselves are kept"
