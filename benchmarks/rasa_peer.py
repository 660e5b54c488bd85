"""Stock Rasa as a peer: its default understanding, trained on the same texts, in its own environment.

The pipeline is the one that Rasa 3.6 fills in for a new project. Every entry is a retrieval intent
`faq/<entry>` for the ResponseSelector; the unanswerable messages are an intent of their own; the
dialogue's examples come from data/nlu.yml. Training takes minutes, so the trained model stays in
models/peers under the hash of what it was trained on.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import yaml

from benchmarks.questions import Found
from knowledge.faq.classifier import UNKNOWN
from knowledge.faq.entries import Content
from settings import ROOT

_RETRIEVAL = "faq"
_SLASH = "__"  # Rasa splits an intent's name at "/" and allows one
_THREADS = 2
_LOG = "rasa.log"
_MOST_SECONDS = 4 * 3600
_PIPELINE = """
recipe: default.v1
assistant_id: faq-peer
language: en
pipeline:
  - name: WhitespaceTokenizer
  - name: RegexFeaturizer
  - name: LexicalSyntacticFeaturizer
  - name: CountVectorsFeaturizer
  - name: CountVectorsFeaturizer
    analyzer: char_wb
    min_ngram: 1
    max_ngram: 4
  - name: DIETClassifier
    epochs: 100
    constrain_similarities: true
  - name: EntitySynonymMapper
  - name: ResponseSelector
    epochs: 100
    constrain_similarities: true
  - name: FallbackClassifier
    threshold: 0.3
    ambiguity_threshold: 0.1
"""


class RasaError(RuntimeError):
    """Rasa could not be trained or asked; the message has its last lines."""


def ask_rasa(
    content: Content,
    examples: dict[str, list[str]],
    texts: list[str],
    folder: Path,
    say: Callable[[str], None] = lambda _: None,
) -> list[Found]:
    """What stock Rasa finds for each of `texts`.

    The score of an entry is DIET's confidence in `faq` times the ResponseSelector's in the entry.
    Its own decision counts: the fallback, another intent, or the entry. The trained model is kept in `folder`.

    Raises:
        RasaError: training or parsing failed.
    """
    model = _trained(training_data(content, examples), folder, say)
    say(f"stock Rasa reads {len(texts)} messages")
    with tempfile.TemporaryDirectory(prefix="care-rasa-") as temporary:
        asked, answered = Path(temporary, "texts.json"), Path(temporary, "parsed.json")
        asked.write_text(json.dumps(texts), encoding="utf-8")
        script = ROOT / "benchmarks" / "rasa_parse.py"
        _run(["python", "-I", str(script), str(model), str(asked), str(answered)], Path(temporary), folder)
        return [_found(parsed) for parsed in json.loads(answered.read_text(encoding="utf-8"))]


def training_data(content: Content, examples: dict[str, list[str]]) -> str:
    """Rasa's training-data form of everything our own index is trained on."""
    by_intent = {
        f"{_RETRIEVAL}/{id.replace('/', _SLASH)}": [*entry.phrasings, entry.question, entry.published_as]
        for id, entry in content.entries.items()
    }
    by_intent[UNKNOWN] = [text for texts in content.unanswerable.values() for text in texts]
    nlu = [
        {"intent": intent, "examples": "".join(f"- {_plain(text)}\n" for text in dict.fromkeys(texts))}
        for intent, texts in {**by_intent, **examples}.items()
    ]
    responses = {
        f"utter_{_RETRIEVAL}/{id.replace('/', _SLASH)}": [{"text": entry.short_answer or entry.question}]
        for id, entry in content.entries.items()
    }
    return yaml.safe_dump({"version": "3.1", "nlu": nlu, "responses": responses}, allow_unicode=True, width=10_000)


def entry_of(key: str) -> str:
    """The entry that the part of an intent's name after `faq/` stands for."""
    return key.replace(_SLASH, "/")


def _trained(data: str, folder: Path, say: Callable[[str], None]) -> Path:
    name = hashlib.sha256((_PIPELINE + data).encode()).hexdigest()[:16]
    model = folder / f"rasa-{name}.tar.gz"
    if model.is_file():
        say(f"stock Rasa: the model trained earlier on the same texts ({name})")
        return model
    folder.mkdir(parents=True, exist_ok=True)
    say(
        f"training stock Rasa on the same texts, which takes up to an hour or two (progress in {folder / _LOG}); "
        "the result is kept, so the next run takes seconds"
    )
    with tempfile.TemporaryDirectory(prefix="care-rasa-") as temporary:
        place = Path(temporary)
        (place / "config.yml").write_text(_PIPELINE, encoding="utf-8")
        (place / "nlu.yml").write_text(data, encoding="utf-8")
        _run(
            [
                *("rasa", "train", "nlu", "--config", str(place / "config.yml"), "--nlu", str(place / "nlu.yml")),
                *("--out", temporary, "--fixed-model-name", "peer"),
            ],
            place,
            folder,
        )
        for older in folder.glob("rasa-*.tar.gz"):
            older.unlink()
        # A half-copied model must never be found by its name.
        partial = folder / "rasa.part"
        partial.write_bytes((place / "peer.tar.gz").read_bytes())
        partial.rename(model)
    return model


def _plain(text: str) -> str:
    """Without the brackets that Rasa reads as marked entities."""
    return " ".join(text.translate(str.maketrans("[]{}", "()()")).split())


def _found(parsed: dict[str, object]) -> Found:
    intent, ranking = str(parsed["intent"]), parsed["ranking"]
    assert isinstance(ranking, list)
    ids = tuple(entry_of(str(name)) for name, _ in ranking)
    score = float(ranking[0][1]) * float(str(parsed["faq_confidence"])) if ranking else 0.0
    if intent == _RETRIEVAL:
        return Found(ids, score, "answer", ids[:1])
    talk = "" if intent in {"nlu_fallback", UNKNOWN} else intent
    return Found(ids, score, "none", (), talk)


def _run(command: list[str], place: Path, folder: Path) -> None:
    """Run a program of the Rasa environment in `place`, yielding to others; a log in `folder` has what it prints."""
    program = ROOT / ".venv-rasa" / "bin" / command[0]
    if not program.exists():
        raise RasaError("The Rasa environment .venv-rasa is missing. Run `make run` once.")
    environment = {
        **os.environ,
        "RASA_TELEMETRY_ENABLED": "false",
        "PYTHONWARNINGS": "ignore",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        **dict.fromkeys(("TF_INTRA_OP_PARALLELISM_THREADS", "TF_INTER_OP_PARALLELISM_THREADS"), str(_THREADS)),
        "OMP_NUM_THREADS": str(_THREADS),
    }
    log = folder / _LOG
    with log.open("w") as printed:
        try:
            subprocess.run(
                ["nice", "-n", "10", str(program), *command[1:]],
                cwd=place,
                env=environment,
                stdout=printed,
                stderr=subprocess.STDOUT,
                timeout=_MOST_SECONDS,
                check=True,
            )
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            last = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])
            raise RasaError(f"Stock Rasa failed: {error}\n{last}") from error
