"""What the command line asks of a running bot, which alone may write to a SQLite file.

A socket in the data folder: only who may read that folder can open it. One line of JSON is asked, one
answered. Nothing of this is reachable over the network.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import os
import sqlite3
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.erasing import Order, carry_out
from tickets import agents, slack_agents, slack_users
from tickets.agent_models import Audit
from tickets.database import Database
from tickets.erasure import Unclear

log = logging.getLogger("care.control")

_LONGEST_PATH = 100  # bytes; the operating systems allow a little more
_LONGEST_LINE = 64 * 1024


def socket_path(data_dir: Path) -> Path:
    """Where the bot of a data folder listens; in the folder itself unless its name is too long for a socket's."""
    path = data_dir.resolve() / "control.sock"
    if len(os.fsencode(path)) <= _LONGEST_PATH:
        return path
    return Path(tempfile.gettempdir()) / f"care-{hashlib.sha256(os.fsencode(path)).hexdigest()[:16]}.sock"


class Control:
    """Answers until it is closed."""

    def __init__(self, database: Database, data_dir: Path) -> None:
        self._database = database
        self._data_dir = data_dir
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen. A socket that an earlier run left is replaced: only one bot runs on a data folder."""
        path = socket_path(self._data_dir)
        path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(self._answer, path, limit=_LONGEST_LINE)
        except OSError as error:
            log.warning("the command line cannot reach this bot: %s", error.strerror)
        finally:
            os.umask(before)

    async def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()
            socket_path(self._data_dir).unlink(missing_ok=True)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked = json.loads(await reader.readline())
            answer = await asyncio.to_thread(answer_to, self._database, self._data_dir, asked)
        except (ValueError, TypeError, KeyError) as error:
            answer = {"problem": f"not understood: {type(error).__name__}"}
        try:
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
        except OSError:
            log.info("whoever asked did not wait for the answer")
        finally:
            writer.close()


def answer_to(database: Database, data_dir: Path, asked: dict[str, Any]) -> dict[str, Any]:
    """Do what is asked: `erase` an Order, change a `user`, a `slack` or `slack_agent` link, note in the `audit` log."""
    try:
        if "erase" in asked:
            return asdict(carry_out(database, data_dir, Order(**asked["erase"])))
        if "user" in asked:
            database.write(lambda session: agents.change_user(session, asked["user"]))
            return {}
        if "slack" in asked:
            database.write(lambda session: slack_users.change_link(session, asked["slack"]))
            return {}
        if "slack_agent" in asked:
            database.write(lambda session: slack_agents.change_link(session, asked["slack_agent"]))
            return {}
        note = Audit(**asked["audit"])

        def add(session: Session) -> None:
            session.add(note)

        database.write(add)
    except (Unclear, agents.AgentProblem, slack_users.SlackProblem) as problem:
        return {"problem": str(problem)}
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        log.error("what the command line asked for failed: %s", type(error).__name__)
        return {"problem": f"the database or the data folder failed ({type(error).__name__}); ask again in a moment"}
    return {}
