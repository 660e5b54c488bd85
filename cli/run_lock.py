"""One process writes to a data folder: the lock that `care run` holds, and commands that write without it."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone(data_dir: Path) -> Iterator[bool]:
    """Whether nobody else runs on this data folder: two would answer the same turns, and start two engines on one file.

    The operating system drops the lock with the process, however that ends.
    """
    with (data_dir / "run.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
