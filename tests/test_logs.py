"""Exceptions in the log: where they arose, never what they quote."""

from __future__ import annotations

import io
import logging

from logs import QuietFormatter

WORDS = "zebra" + "finch"  # as no line of code has them: those are in the log


def test_an_exception_and_its_causes_are_shown_without_their_messages() -> None:
    output = io.StringIO()
    handler = logging.StreamHandler(output)
    handler.setFormatter(QuietFormatter("%(levelname)s %(message)s"))
    logger = logging.Logger("quiet")
    logger.addHandler(handler)
    try:
        try:
            int(WORDS)
        except ValueError as error:
            raise RuntimeError(f"about the {WORDS}") from error
    except RuntimeError as error:
        logger.error("turn 7 failed", exc_info=error)
    log = output.getvalue()
    assert log.startswith("ERROR turn 7 failed\n")
    assert "test_logs.py" in log
    assert log.index("ValueError") < log.index("RuntimeError")
    assert WORDS not in log
