"""The `care` command: every command in one readable list, each a few lines over the module that does it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.slack import app as slack_app
from cli.tickets import app as tickets_app
from cli.users import app as users_app
from settings import Settings, SettingsError

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Customer Care bot for Wildix's partners.")
app.add_typer(slack_app, name="slack")
app.add_typer(tickets_app, name="tickets")
app.add_typer(users_app, name="users")

Text = Annotated[list[str] | None, typer.Argument(help="The text; none: read from standard input.")]
JsonLines = Annotated[bool, typer.Option("--jsonl", help='Read {"text": …} lines, write one JSON result a line.')]


@app.command()
def run() -> None:
    """Start the bot with its engine and `actions`; Ctrl-C stops all three."""
    from cli.run import run_all

    sys.exit(run_all(_settings()))


@app.command()
def ask(text: Text = None, jsonl: JsonLines = False) -> None:
    """Ask the running bot one question (with --jsonl: each line in a conversation of its own)."""
    from cli.talk import ask_one

    for number, message in enumerate(_texts(text, jsonl)):
        replies = ask_one(_settings(), f"cli-{number}-{_random()}", message)
        _out({"replies": replies} if jsonl else "\n\n".join(_shown(reply) for reply in replies))


@app.command()
def chat() -> None:
    """Talk with the running bot in the terminal; a number presses a button, an empty line ends."""
    from cli.talk import converse

    converse(_settings(), f"cli-{_random()}")


@app.command()
def index() -> None:
    """Bring the search index and the triage up to date with their content files; only changed texts are embedded."""
    from sqlalchemy.exc import SQLAlchemyError

    from knowledge.faq.build import build_index
    from knowledge.faq.embedder import ModelError
    from knowledge.faq.entries import ContentError
    from tickets.corrections import read_corrections
    from triage.build import build_triage

    try:
        manifest = build_index(_settings(), say=typer.echo)
        typer.echo(f"index {manifest.version} is current")
        version = build_triage(_settings(), read_corrections(_settings().database), say=typer.echo)
    except (ContentError, ModelError, FileNotFoundError, ValueError) as error:
        _stop(str(error))
    except SQLAlchemyError as error:
        _stop(f"The database with the agents' corrections does not answer: {type(error).__name__}")
    typer.echo(f"triage {version} is current")


@app.command()
def train() -> None:
    """Train what the service needs: the index's classifier, triage, the dialogue model (in the Rasa environment)."""
    from cli.dialogue_model import train_dialogue

    index()
    sys.exit(train_dialogue(_settings()))


@app.command()
def search(text: Text = None, jsonl: JsonLines = False) -> None:
    """Search the FAQ without the dialogue: ids, scores, and what would be decided."""
    from actions.live_index import load_understanding
    from knowledge.faq.embedder import ModelError

    try:
        searcher = load_understanding(_settings()).search
    except (FileNotFoundError, ModelError) as error:
        _stop(str(error))
    for message in _texts(text, jsonl):
        result = searcher.search(message)
        found = {
            "ids": [hit.id for hit in result.hits],
            "scores": [hit.confidence for hit in result.hits],
            "decision": "none" if result.intent else result.decision,
        }
        if result.intent:
            found["intent"] = result.intent
        _out(found if jsonl else json.dumps(found, indent=1))


@app.command()
def triage(text: Text = None, jsonl: JsonLines = False) -> None:
    """Triage a ticket's text: queue, type, priority, what it says and what is missing, with the reasons."""
    from cli.triage import Judge, as_line, as_text
    from knowledge.faq.embedder import ModelError

    try:
        judge = Judge(_settings())
    except (FileNotFoundError, ModelError) as error:
        _stop(str(error))
    for message in _texts(text, jsonl):
        verdict = judge.judge(message)
        _out(as_line(verdict) if jsonl else as_text(verdict))


@app.command()
def language(text: Text = None, jsonl: JsonLines = False) -> None:
    """Whether a text is English by its own words, as the gate for tickets judges it."""
    from cli.triage import language_line, language_text

    for message in _texts(text, jsonl):
        _out(language_line(message) if jsonl else language_text(message))


@app.command("import")
def import_page(
    file: Annotated[Path, typer.Argument(help="Export of the FAQ page: text or Confluence HTML.")],
    draft: Annotated[Path | None, typer.Option(help="Folder to write drafts to.")] = None,
) -> None:
    """Compare a new export of the FAQ page with our content: added, changed, gone. Never overwrites an entry."""
    from cli.import_page import report

    sys.exit(report(file, _settings(), draft))


@app.command()
def evaluate(
    files: Annotated[list[Path], typer.Argument(help="Questions, one JSON object a line (see docs/evaluation.md).")],
    peers: Annotated[bool, typer.Option(help="Measure BM25, plain MiniLM and stock Rasa beside us.")] = False,
) -> None:
    """Measure the answers on questions that were never trained on."""
    from benchmarks.evaluate import evaluate_files

    evaluate_files(files, _settings(), peers=peers)


@app.command()
def policy(
    name: Annotated[str, typer.Argument(help="A calculation such as dispute_window; `list` names them all.")],
    values: Annotated[str, typer.Option("--json", help='Its inputs, e.g. {"invoice_date": "2026-01-31"}.')] = "{}",
) -> None:
    """Run one of the policy calculations; the outcome as JSON."""
    from cli.policy import run_policy

    sys.exit(run_policy(name, values))


@app.command()
def doctor() -> None:
    """Check environment, versions, models, ports and database; say what to do about what is wrong."""
    from cli.doctor import examine

    sys.exit(examine(_settings()))


def main() -> None:
    """Entry point of the `care` command."""
    app()


def _settings() -> Settings:
    try:
        return Settings.load()
    except SettingsError as error:
        _stop(str(error))
        raise AssertionError from error


def _texts(text: list[str] | None, jsonl: bool) -> Iterator[str]:
    if not jsonl:
        yield " ".join(text) if text else sys.stdin.read().strip()
        return
    bad = 0
    for number, line in enumerate(sys.stdin, 1):
        if not line.strip():
            continue
        said = _read_line(line)
        if said is None:  # has its answer, too, so that answers and lines stay side by side
            bad += 1
            _out({"error": f'line {number} is not {{"text": …}}'})
        else:
            yield said
    if bad:
        _stop(f"{bad} of the lines could not be read; their answers are an “error”.")


def _read_line(line: str) -> str | None:
    try:
        read = json.loads(line)
    except ValueError:
        return None
    text = read.get("text") if isinstance(read, dict) else None
    return text if isinstance(text, str) else None


def _out(result: Any) -> None:
    typer.echo(result if isinstance(result, str) else json.dumps(result, ensure_ascii=False))


def _shown(reply: dict[str, Any]) -> str:
    buttons = "".join(f"\n  [{button['title']}]" for button in reply["buttons"])
    return f"{reply['text']}{buttons}"


def _random() -> str:
    import secrets

    return secrets.token_hex(4)


def _stop(sentence: str) -> None:
    typer.echo(sentence, err=True)
    raise typer.Exit(1)


if __name__ == "__main__":
    main()
