"""`care triage` and `care language`: what the bot would make of a ticket's text."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from settings import Settings
from tickets.language import judge as judge_language
from triage.triage import Triage
from triage.verdict import Verdict


class Judge:
    """Triage with the models loaded once.

    Raises:
        FileNotFoundError, ModelError: something was not built yet.
    """

    def __init__(self, settings: Settings) -> None:
        from actions.live_index import load_understanding

        self._triage = Triage.load(settings, load_understanding(settings).search)

    def judge(self, text: str, now: datetime | None = None) -> Verdict:
        """The verdict on a text written now."""
        return self._triage.judge(text, now or datetime.now().astimezone())


def as_line(verdict: Verdict) -> dict[str, Any]:
    """What `--jsonl` writes of a verdict."""
    return {
        "queue": verdict.queue,
        "type": verdict.type,
        "priority": verdict.priority,
        "missing": verdict.missing,
        "fields": verdict.fields,
    }


def as_text(verdict: Verdict) -> str:
    """A verdict with its reasons, for people."""
    lines = [
        f"queue     {verdict.queue}",
        f"type      {verdict.type} ({verdict.confidence:.0%}: {verdict.type_reason})",
        f"next best {', '.join(f'{name} {share:.0%}' for name, share in verdict.alternatives)}",
        f"priority  {verdict.priority} ({verdict.priority_reason})",
        f"fields    {'; '.join(f'{name}: {_shown(value)}' for name, value in verdict.fields.items()) or '-'}",
        f"missing   {', '.join(verdict.missing) or '-'}",
    ]
    if verdict.also_asks:
        lines.append(f"also asks {verdict.also_asks} ({verdict.also_type})")
    lines += [f"finding   {finding['policy']}: {finding['decision']}" for finding in verdict.findings]
    if verdict.suggested:
        lines.append(f"reply     {verdict.suggested['question']} ({verdict.suggested['confidence']:.0%})")
    return "\n".join(lines)


def language_line(text: str) -> dict[str, Any]:
    """What `care language --jsonl` writes: whether a text is English, and its language."""
    verdict = judge_language(text)
    return {"english": verdict.english, "language": verdict.language}


def language_text(text: str) -> str:
    """The same for people."""
    verdict = judge_language(text)
    doubt = "" if verdict.sure else " (not sure: the partner is asked)"
    return f"{'English' if verdict.english else 'not English: ' + (verdict.language or 'unknown')}{doubt}"


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
