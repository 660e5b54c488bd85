"""The index: only changed texts are embedded, and a reader sees the old index or the new one."""

from __future__ import annotations

import threading
from itertools import pairwise
from pathlib import Path

import pytest

from knowledge.faq import index
from knowledge.faq.embedder import Vectors
from knowledge.faq.entries import ContentError
from tests.knowledge.small_faq import EXAMPLES, FakeEmbedder, SmallFaq

WHEN = "entries/water/when.md"


class BrokenEmbedder(FakeEmbedder):
    """Fails as a full memory or a damaged model would."""

    def embed(self, texts: list[str]) -> Vectors:
        raise MemoryError


@pytest.fixture
def faq(tmp_path: Path) -> SmallFaq:
    return SmallFaq(tmp_path)


@pytest.fixture
def embedder() -> FakeEmbedder:
    return FakeEmbedder()


def test_phrasings_titles_and_short_answers_are_indexed(faq: SmallFaq, embedder: FakeEmbedder) -> None:
    faq.build(embedder)
    rows = [row for row in faq.index().rows if row.entry == "water/when"]
    assert [row.kind for row in rows] == ["phrasing"] * 15 + ["question", "answer"]
    assert rows[-1].text == "In the evening. The ground keeps it then."
    assert faq.index().vectors.ntotal == len(faq.index().rows)


def test_what_was_built_is_read_again_unchanged(faq: SmallFaq, embedder: FakeEmbedder) -> None:
    manifest = faq.build(embedder)
    stored = faq.index()
    assert stored.manifest == manifest
    assert stored.entries == faq.content().entries
    assert stored.terms.abbreviations == {"LAN": "local network"}
    assert stored.terms.products == ("Gardena",)


def test_every_text_is_embedded_once(faq: SmallFaq, embedder: FakeEmbedder) -> None:
    faq.build(embedder)
    assert len(embedder.embedded) == len(set(embedder.embedded))
    # Per entry 15 phrasings and a title; two short answers; two unanswerable messages; the examples.
    assert len(embedder.embedded) == 3 * 16 + 2 + 2 + sum(map(len, EXAMPLES.values()))


def test_nothing_is_done_when_nothing_changed(faq: SmallFaq, embedder: FakeEmbedder) -> None:
    first = faq.build(embedder)
    embedder.embedded.clear()
    built = (faq.models / first.version).stat().st_mtime_ns
    assert faq.build(embedder) == first
    assert embedder.embedded == []
    assert (faq.models / first.version).stat().st_mtime_ns == built


def test_only_changed_texts_are_embedded(faq: SmallFaq, embedder: FakeEmbedder) -> None:
    first = faq.build(embedder)
    embedder.embedded.clear()
    faq.change(WHEN, "said in way 3", "asked differently")
    second = faq.build(embedder)
    assert embedder.embedded == ["When do I water? asked differently"]
    assert second.version != first.version


def test_a_changed_detail_below_the_short_answer_costs_no_embedding(faq: SmallFaq, embedder: FakeEmbedder) -> None:
    faq.build(embedder)
    embedder.embedded.clear()
    faq.change("entries/water/how-much.md", "more in summer", "much more in summer")
    faq.build(embedder)
    assert embedder.embedded == []
    assert "much more in summer" in faq.index().entries["water/how-much"].answer


def test_another_model_embeds_everything_anew(faq: SmallFaq, embedder: FakeEmbedder) -> None:
    faq.build(embedder)
    other = FakeEmbedder("other")
    manifest = faq.build(other)
    assert sorted(other.embedded) == sorted(embedder.embedded)
    assert manifest.model == "other"


def test_changed_terms_make_another_index(faq: SmallFaq, embedder: FakeEmbedder) -> None:
    first = faq.build(embedder)
    faq.change("terms.yml", "local network", "local area network")
    assert faq.build(embedder).version != first.version


def test_a_broken_file_leaves_the_old_index_current(faq: SmallFaq, embedder: FakeEmbedder) -> None:
    first = faq.build(embedder)
    faq.change(WHEN, "owner:", "ownr:")
    with pytest.raises(ContentError, match="ownr"):
        faq.build(embedder)
    assert faq.index().manifest == first


def test_a_builder_that_fails_midway_leaves_the_old_index_current(faq: SmallFaq, embedder: FakeEmbedder) -> None:
    first = faq.build(embedder)
    faq.change(WHEN, "said in way 3", "asked differently")
    with pytest.raises(MemoryError):
        faq.build(BrokenEmbedder())
    assert faq.index().manifest == first
    assert faq.build(embedder).version != first.version  # the lock is free again


def test_readers_never_meet_a_half_written_index(faq: SmallFaq, embedder: FakeEmbedder) -> None:
    faq.build(embedder)
    built = threading.Event()
    seen: tuple[list[str], list[str]] = ([], [])

    def read(owners: list[str]) -> None:
        while not built.is_set():
            owners.append(faq.index().entries["water/when"].owner)

    readers = [threading.Thread(target=read, args=(owners,)) for owners in seen]
    for reader in readers:
        reader.start()
    owners = ["Garden team", *(f"Team {number}" for number in range(4))]
    for old, new in pairwise(owners):
        faq.change(WHEN, old, new)
        faq.build(embedder, keep_classifier=True)
    built.set()
    for reader in readers:
        reader.join()
    for each in seen:
        assert set(each) <= set(owners)
        assert each == sorted(each)  # the newest known never gives way to an older one


def test_two_builders_take_turns(faq: SmallFaq, embedder: FakeEmbedder) -> None:
    built: list[str] = []
    builders = [threading.Thread(target=lambda: built.append(faq.build(FakeEmbedder()).version)) for _ in range(2)]
    for builder in builders:
        builder.start()
    for builder in builders:
        builder.join()
    assert built == [faq.index().manifest.version] * 2


def test_few_old_indexes_are_kept(faq: SmallFaq, embedder: FakeEmbedder) -> None:
    for number in range(6):
        faq.change(WHEN, "owner: ", f"owner: # {number}\n ")
        faq.change(WHEN, "The ground", f"The {number}ground")
        faq.build(embedder, keep_classifier=True)
        faq.change(WHEN, f"The {number}ground", "The ground")
    assert len([path for path in faq.models.iterdir() if path.is_dir()]) <= 4


# Keeping the classifier: an answer is live at once, training follows


def test_a_changed_answer_is_live_with_the_old_classifier(faq: SmallFaq, embedder: FakeEmbedder) -> None:
    faq.build(embedder)
    faq.change(WHEN, "In the evening", "At night")
    kept = faq.build(embedder, keep_classifier=True)
    assert kept.version.endswith("-kept")
    assert faq.index().entries["water/when"].short_answer.startswith("At night")
    trained = faq.build(embedder)
    assert trained.version == kept.version.removesuffix("-kept")


def test_keeping_builds_nothing_when_the_index_is_current(faq: SmallFaq, embedder: FakeEmbedder) -> None:
    first = faq.build(embedder)
    assert faq.build(embedder, keep_classifier=True) == first


def test_without_an_index_there_is_no_classifier_to_keep(faq: SmallFaq, embedder: FakeEmbedder) -> None:
    assert not faq.build(embedder, keep_classifier=True).version.endswith("-kept")
    assert "water/when" in faq.index().classifier.labels


def test_a_new_entry_is_found_by_its_phrasing_before_any_training(faq: SmallFaq, embedder: FakeEmbedder) -> None:
    faq.build(embedder)
    faq.add("tools/hose", "Which hose?", "**The green one.**")
    faq.build(embedder, keep_classifier=True)
    assert "tools/hose" not in faq.index().classifier.labels
    found = faq.search(embedder).search("Which hose? said in way 7")
    assert (found.decision, found.hits[0].id) == ("answer", "tools/hose")


def test_an_entry_that_is_gone_is_not_found_though_the_classifier_knows_it(
    faq: SmallFaq, embedder: FakeEmbedder
) -> None:
    faq.build(embedder)
    (faq.folder / "entries/tools/mower.md").unlink()
    faq.write("catalogue.tsv", "".join(faq.read("catalogue.tsv").splitlines(keepends=True)[:-1]))
    faq.build(embedder, keep_classifier=True)
    found = faq.search(embedder).search("Which mower do I need?")
    assert "tools/mower" not in {hit.id for hit in found.hits}


# No index, or one that this code cannot read


def test_without_an_index_the_message_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="Run `care index`"):
        index.load(tmp_path)
    assert index.read_manifest(tmp_path) is None


@pytest.mark.parametrize("manifest", ["", "{", '{"format": 0}'])
def test_an_unreadable_index_is_built_anew(faq: SmallFaq, embedder: FakeEmbedder, manifest: str) -> None:
    first = faq.build(embedder)
    (faq.models / first.version / "manifest.json").write_text(manifest)
    assert index.read_manifest(faq.models) is None
    assert faq.build(embedder) == first
    assert faq.index().manifest == first
