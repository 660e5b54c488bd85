"""What the promises share: two sizes, figures printed at the end, and services to ask, to hurt and to start wrongly."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest

from tests.promises.bots import Bot, engine_url
from tests.promises.server_log import ServerLog
from tests.service import Service

FULL = os.environ.get("TORTURE") == "1"
_FIGURES = pytest.StashKey[list[str]]()


class Size(Protocol):
    """Picks a number by the size of the run."""

    def __call__(self, small: int, large: int, /) -> int: ...


@pytest.fixture(scope="session")
def size() -> Size:
    """`size(6, 200)` is 6 in `make test` and 200 in `make torture`, which sets TORTURE=1."""
    return lambda small, large: large if FULL else small


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Keeps a measured figure for the end of the run."""

    def tell(figure: str) -> None:
        request.config.stash.setdefault(_FIGURES, []).append(f"{request.node.name}: {figure}")

    return tell


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the figures."""
    told: list[str] = config.stash.get(_FIGURES, [])
    if told:
        terminalreporter.section("promises, measured")
    for figure in told:
        terminalreporter.write_line(figure)


@pytest.fixture
def dice(figures: Callable[[str], None]) -> random.Random:
    """Chance with a seed that is told, so that a failure can be played again."""
    seed = random.randrange(2**32)
    figures(f"seed {seed}")
    return random.Random(seed)


@pytest.fixture(scope="session")
def fragile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A whole service whose processes may be killed."""
    running = Service(tmp_path_factory.mktemp("fragile") / "var")
    running.start()
    yield running
    running.stop()


@pytest.fixture
def log(service: Service) -> ServerLog:
    """What the shared service has written."""
    return ServerLog(service.data_dir)


@pytest.fixture
def start_bot(service: Service, tmp_path: Path) -> Iterator[Callable[..., Bot]]:
    """Starts further `bot` processes on the shared service's engine and `actions`: ready in two seconds.

    `start_bot(wrong="any_origin")` starts a deliberately wrong build, `start_bot(CARE_RATE_LIMIT="20")` other settings.
    """
    started: list[Bot] = []

    def start(wrong: str | None = None, wait: bool = True, **settings: str) -> Bot:
        bot = Bot(tmp_path / f"bot{len(started)}", service, wrong, settings)
        started.append(bot)
        bot.start(wait)
        return bot

    yield start
    for bot in started:
        bot.kill()


@pytest.fixture
def engine(service: Service) -> str:
    """The address of the shared service's engine."""
    return engine_url(service)
