"""The exported encoder: serves without torch and ranks as the original model does."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from knowledge.faq.embedder import (
    ModelError,
    OnnxEmbedder,
    TorchEmbedder,
    Vectors,
    export_model,
    model_folder,
    unit,
    weights_sha256,
)
from knowledge.faq.index import reader
from knowledge.faq.search import Search, Thresholds
from settings import ROOT, Settings

QUESTIONS = [ROOT.parent / "shared" / "eval" / "faq_dev.jsonl", ROOT / "benchmarks" / "questions.jsonl"]


@pytest.fixture(scope="module")
def encoder(settings: Settings) -> OnnxEmbedder:
    return OnnxEmbedder(settings.models_dir / "encoder")


def test_a_text_becomes_a_unit_vector(encoder: OnnxEmbedder) -> None:
    vectors = encoder.embed(["how long does porting take", "", "😀", "电话 " * 500])
    assert vectors.shape == (4, 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


def test_no_texts_give_no_vectors(encoder: OnnxEmbedder) -> None:
    assert encoder.embed([]).shape == (0, 384)


def test_a_vector_does_not_depend_on_the_texts_beside_it(encoder: OnnxEmbedder) -> None:
    alone = encoder.embed(["cancel a DID"])[0]
    assert np.array_equal(encoder.embed(["a much longer text about something else " * 5, "cancel a DID"])[1], alone)


def test_what_means_the_same_is_near(encoder: OnnxEmbedder) -> None:
    asked, same, other = encoder.embed(["dispute an invoice", "contest a bill", "activate emergency calls"])
    assert asked @ same > asked @ other


def test_a_zero_vector_stays_zero() -> None:
    assert np.array_equal(unit(np.array([[3.0, 4.0], [0.0, 0.0]])), np.array([[0.6, 0.8], [0, 0]], dtype=np.float32))


def test_without_an_export_the_message_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="Run `care index`"):
        OnnxEmbedder(tmp_path)


def test_a_damaged_network_is_not_used(settings: Settings, tmp_path: Path) -> None:
    folder = shutil.copytree(settings.models_dir / "encoder", tmp_path / "encoder")
    network = bytearray((folder / "model.onnx").read_bytes())
    network[len(network) // 2] ^= 1
    (folder / "model.onnx").write_bytes(network)
    with pytest.raises(ModelError, match="is damaged"):
        OnnxEmbedder(folder)


def test_the_model_is_the_published_one(settings: Settings) -> None:
    assert weights_sha256(model_folder(settings.embedding_model)).startswith("53aa51172d14")


def test_an_unknown_model_is_named() -> None:
    with pytest.raises(ModelError, match="'no-such-model' is neither a folder nor an installed package"):
        model_folder("no-such-model")


def test_a_folder_without_weights_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"model\.safetensors is missing"):
        weights_sha256(model_folder(str(tmp_path)))


def test_an_export_that_is_there_is_not_made_again(settings: Settings) -> None:
    assert export_model(settings.embedding_model, settings.models_dir / "encoder") is False


def test_export_and_original_agree_on_the_evaluation_questions(search: Search, settings: Settings) -> None:
    """The int8 export on ONNX Runtime finds what sentence-transformers on torch finds."""
    lines = next(path for path in QUESTIONS if path.exists()).read_text(encoding="utf-8").splitlines()
    questions = [line["text"] for line in map(json.loads, lines) if line["kind"] == "faq"][::2][:100]
    assert len(questions) == 100
    read = reader(search.index.terms, search.index.vocabulary)
    texts = [read(question) for question in questions]
    embedders = OnnxEmbedder(settings.models_dir / "encoder"), TorchEmbedder(settings.embedding_model)
    exported, original = (Remembered(search.index.manifest.model, texts, each.embed(texts)) for each in embedders)
    thresholds = Thresholds.load(settings.content_dir / "search.yml")
    found = [Search(search.index, embedder, thresholds) for embedder in (exported, original)]
    results = [[each.search(question) for question in questions] for each in found]
    same_entry = [one.hits[0].id == other.hits[0].id for one, other in zip(*results, strict=True)]
    same_decision = [one.decision == other.decision for one, other in zip(*results, strict=True)]
    cosines = [(exported.embed([text]) @ original.embed([text]).T).item() for text in texts]
    assert np.mean(same_entry) >= 0.98
    assert np.mean(same_decision) >= 0.95
    assert np.mean(cosines) >= 0.98
    assert np.min(cosines) >= 0.95


class Remembered:
    """Vectors of known texts under the name that an index was built with, so that it takes any model's."""

    def __init__(self, name: str, texts: list[str], vectors: Vectors) -> None:
        self.name = name
        self._vectors = dict(zip(texts, vectors, strict=True))

    def embed(self, texts: list[str]) -> Vectors:
        return np.vstack([self._vectors[text] for text in texts])
