"""A PostgreSQL server for tests: Debian's binaries, a data folder of its own, a fresh database for each test."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pytest_postgresql.janitor import DatabaseJanitor

from tests.service import free_port
from tickets.database import Database

MISSING = "no PostgreSQL server here: install Debian's package `postgresql` (scripts/setup.py --test does as root)"
_START_SECONDS = 60.0


def binaries() -> Path | None:
    """The folder of the newest server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: float(path.parts[4]))
    if found:
        return found[-1].parent
    on_path = shutil.which("postgres")
    return Path(on_path).resolve().parent if on_path else None


class Postgres:
    """A running server on a free port of loopback. It syncs as a real one does; its folder is in memory if may be."""

    def __init__(self) -> None:
        self.port = free_port()
        where = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self._folder = Path(tempfile.mkdtemp(prefix="care-postgres-", dir=where))
        self._data = self._folder / "data"
        self._process: subprocess.Popen[bytes] | None = None
        self._count = 0

    def start(self, **settings: str) -> None:
        """Start (again); `settings` are the server's own, such as fsync="off"."""
        programs = binaries()
        assert programs is not None
        if not self._data.exists():
            if os.geteuid() == 0:
                shutil.chown(self._folder, _user())
            options = ["-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
            initdb = [str(programs / "initdb"), "-D", str(self._data), *options]
            subprocess.run(initdb, check=True, capture_output=True, **self._as_whom())
        given = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "max_connections": "60", **settings}
        options = [part for name, value in given.items() for part in ("-c", f"{name}={value}")]
        with (self._folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [programs / "postgres", "-D", self._data, "-p", str(self.port), *options],
                stdout=log,
                stderr=log,
                **self._as_whom(),
            )
        end = time.monotonic() + _START_SECONDS
        while True:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                assert self._process.poll() is None, self.log()
                assert time.monotonic() < end, self.log()
                time.sleep(0.05)

    def kill(self) -> None:
        """As a power cut would end it."""
        assert self._process is not None
        self._process.send_signal(signal.SIGQUIT)  # at once, without a checkpoint
        self._process.wait(20)

    def stop(self) -> None:
        """End it and remove its folder."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)  # sessions are cut
            self._process.wait(20)
        shutil.rmtree(self._folder, ignore_errors=True)

    def log(self) -> str:
        """What the server said."""
        return (self._folder / "server.log").read_text(errors="replace")

    def url(self, name: str) -> str:
        """A database's address, as CARE_DATABASE_URL takes it."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"

    def make_template(self) -> None:
        """A migrated database that `fresh` copies."""
        self._janitor("care_template", as_template=True).init()
        database = Database(self.url("care_template"))
        database.migrate()
        database.close()

    @contextmanager
    def fresh(self, *, migrated: bool = True) -> Iterator[str]:
        """The address of a database of one's own."""
        self._count += 1
        name = f"care_{self._count}"
        janitor = self._janitor(name, template_dbname="care_template" if migrated else None)
        janitor.init()
        yield self.url(name)
        janitor.drop()

    def _janitor(self, name: str, **options: Any) -> DatabaseJanitor:
        return DatabaseJanitor(user="postgres", host="127.0.0.1", port=self.port, dbname=name, **options)

    def _as_whom(self) -> dict[str, Any]:
        """The server refuses to run as root."""
        if os.geteuid() != 0:
            return {"cwd": self._folder}
        user = pwd.getpwnam(_user())
        return {"cwd": self._folder, "user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _user() -> str:
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The server that all tests share."""
    if binaries() is None:
        pytest.skip(MISSING)
    server = Postgres()
    try:
        server.start()
        server.make_template()
        yield server
    finally:
        server.stop()
