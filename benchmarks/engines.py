"""The stock engine for a measurement: started beside an `actions` of one's choice, waited for."""

from __future__ import annotations

import subprocess
import time
from contextlib import suppress
from pathlib import Path

import httpx

from bot.supervisor import engine_command, engine_environment
from settings import ROOT, Settings
from tests.service import free_port

_SECONDS = 90.0


def start_engine(folder: Path, token: str, actions_url: str) -> tuple[subprocess.Popen[bytes], str]:
    """The engine's process and address, once it answers; its trackers lie in `folder`."""
    settings, port = Settings.load({"CARE_DATA_DIR": str(folder)}), free_port()
    engine = subprocess.Popen(
        engine_command(settings, port),
        cwd=ROOT,
        env=engine_environment(settings, token, actions_url),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    wait_for(url, engine)
    return engine, url


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    """Until it answers 200; SystemExit where the process ends before, or doesn't within a minute and a half."""
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            raise SystemExit(f"what should answer at {url} ended with status {process.returncode}")
        with suppress(httpx.HTTPError):
            if httpx.get(url, timeout=1).status_code == 200:
                return
        time.sleep(0.1)
    raise SystemExit(f"{url} did not answer within {_SECONDS:.0f} s")
