"""Other searchers over the same content: what ours is measured beside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bm25s
import numpy as np
import numpy.typing as npt

from benchmarks.questions import Found
from benchmarks.rasa_peer import ask_rasa
from knowledge.faq.build import read_examples
from knowledge.faq.embedder import TorchEmbedder, Vectors
from knowledge.faq.entries import Content, load_content
from settings import ROOT, Settings

Say = Callable[[str], None]
Ask = Callable[[Settings, list[str], Say], list[Found]]
_IDS = 5


def ask_bm25(settings: Settings, texts: list[str], say: Say) -> list[Found]:
    """BM25 over every phrasing and both titles; the best text counts for its entry."""
    say("BM25")
    indexed, entries = _texts(load_content(settings.content_dir), phrasings=True)
    retriever = bm25s.BM25()
    retriever.index(bm25s.tokenize(indexed, show_progress=False), show_progress=False)
    asked = bm25s.tokenize(texts, show_progress=False, return_ids=False)
    return [
        _best(np.asarray(retriever.get_scores(words)) if words else np.zeros(len(indexed)), entries) for words in asked
    ]


def ask_questions_only(settings: Settings, texts: list[str], say: Say) -> list[Found]:
    """Plain MiniLM: the nearest published question."""
    say("plain MiniLM over the published questions")
    return _nearest(settings, texts, phrasings=False)


def ask_phrasings(settings: Settings, texts: list[str], say: Say) -> list[Found]:
    """Plain MiniLM: the nearest phrasing or title."""
    say("plain MiniLM over all phrasings")
    return _nearest(settings, texts, phrasings=True)


def ask_stock_rasa(settings: Settings, texts: list[str], say: Say) -> list[Found]:
    """Rasa's default understanding, trained on everything that ours is trained on."""
    examples = read_examples(ROOT / "data" / "nlu.yml")
    return ask_rasa(load_content(settings.content_dir), examples, texts, settings.models_dir / "peers", say)


PEERS: dict[str, Ask] = {
    "BM25, phrasings": ask_bm25,
    "MiniLM, questions": ask_questions_only,
    "MiniLM, phrasings": ask_phrasings,
    "stock Rasa": ask_stock_rasa,
}


def _texts(content: Content, *, phrasings: bool) -> tuple[list[str], list[str]]:
    """Texts to search and the entry of each."""
    both = [
        (text, entry.id)
        for entry in content.entries.values()
        for text in ((*entry.phrasings, entry.question, entry.published_as) if phrasings else (entry.published_as,))
    ]
    return [text for text, _ in both], [entry for _, entry in both]


def _nearest(settings: Settings, texts: list[str], *, phrasings: bool) -> list[Found]:
    indexed, entries = _texts(load_content(settings.content_dir), phrasings=phrasings)
    embedder = TorchEmbedder(settings.embedding_model)
    cosines: Vectors = embedder.embed(texts) @ embedder.embed(indexed).T
    return [_best(row, entries) for row in cosines]


def _best(scores: npt.NDArray[Any], entries: list[str]) -> Found:
    """Entries by their best text's score."""
    order = np.argsort(-scores, kind="stable")
    ids = tuple(dict.fromkeys(entries[position] for position in order))[:_IDS]
    return Found(ids, float(scores[order[0]]))
