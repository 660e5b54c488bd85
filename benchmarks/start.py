"""How long a newcomer waits: `python -m benchmarks.start`, or `make bench-start`.

Clones the project into an empty folder, runs `make run` there and asks a question until it is
answered; stops it with Ctrl-C and does the same again. Packages come from wherever pip's
settings say; a cache that pip already holds makes the first start quicker, which the output says.
"""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psutil

from settings import ROOT
from tests.service import free_port

_QUESTION = "how long does full porting of a number take?"
_FIRST_LIMIT, _SECOND_LIMIT = 600.0, 20.0
_GIVE_UP = 3600.0


def main() -> int:
    """Print both times; 1 if either is over what is promised."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "care"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        first, second = to_first_answer(clone), to_first_answer(clone)
    print(
        f"{datetime.now(UTC):%Y-%m-%d} · {platform.machine()}, {os.cpu_count()} cores, "
        f"{psutil.virtual_memory().total / 2**30:.0f} GiB, Python {platform.python_version()}\n"
        f"first `make run` to the first answer: {first:.0f} s (wanted: at most {_FIRST_LIMIT:.0f})\n"
        f"second: {second:.1f} s (wanted: at most {_SECOND_LIMIT:.0f})"
    )
    return int(first > _FIRST_LIMIT or second > _SECOND_LIMIT)


def to_first_answer(project: Path) -> float:
    """Seconds from `make run` to the right answer; ends with Ctrl-C."""
    port = free_port()
    environment = {**os.environ, "CARE_PORT": str(port), "CARE_RATE_LIMIT": "0"}
    started = time.monotonic()
    process = subprocess.Popen(
        ["make", "run"], cwd=project, env=environment, stdin=subprocess.DEVNULL, start_new_session=True
    )
    try:
        while time.monotonic() - started < _GIVE_UP:
            if process.poll() is not None:
                raise SystemExit(f"make run ended with status {process.returncode}")
            if answered(f"http://127.0.0.1:{port}"):
                return time.monotonic() - started
            time.sleep(0.2)
        raise SystemExit(f"no answer within {_GIVE_UP:.0f} s")
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(timeout=60)


def answered(url: str) -> bool:
    """Whether the question gets its entry."""
    try:
        response = httpx.post(f"{url}/api/chat", json={"sender": "newcomer", "message": _QUESTION}, timeout=20)
    except httpx.HTTPError:
        return False
    if response.status_code != 200:
        return False
    data = response.json()["replies"][0]["data"]
    return bool(data.get("id") == "classound/porting-duration")


if __name__ == "__main__":
    sys.exit(main())
