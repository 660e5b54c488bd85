"""A FAQ of three entries in a folder of its own, and an embedder of fifteen lines, for quick unit tests."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np

from knowledge.faq import index
from knowledge.faq.embedder import Vectors, unit
from knowledge.faq.entries import MIN_PHRASINGS, Content, load_content
from knowledge.faq.index import Index, Manifest
from knowledge.faq.search import Search, Thresholds
from knowledge.faq.text import Terms

EXAMPLES = {"greet": ["hello", "good morning", "hi there"], "thanks": ["thank you", "thanks a lot", "cheers"]}


class FakeEmbedder:
    """Equal texts get equal vectors, others unrelated ones. `embedded` is all that it was asked for."""

    def __init__(self, name: str = "fake") -> None:
        self.name = name
        self.embedded: list[str] = []

    def embed(self, texts: list[str]) -> Vectors:
        self.embedded += texts
        rows = [np.random.default_rng(zlib.crc32(text.encode())).standard_normal(32) for text in texts]
        return unit(np.array(rows).reshape(-1, 32))


class SmallFaq:
    """Content files that can be used, until a test writes something else into them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "faq"
        self.models = folder / "index"
        (self.folder / "entries").mkdir(parents=True)
        page = "help:\n  title: Help\n  url: https://example.com/help\n"
        self.write("pages.yml", page)
        self.write("terms.yml", "abbreviations:\n  LAN: local network\nproducts:\n  - Gardena\n")
        self.write("search.yml", "slope: 1.0\noffset: 0.0\nanswer: 0.5\nchoices: 0.1\nintent: 0.5\n")
        self.write("unanswerable.yml", "weather:\n  - will it rain\n  - is it cold outside\n")
        self.write("catalogue.tsv", "id\tsection\tanswered\tsource_question\n")
        self.add("water/when", "When do I water?", "**In the evening.** The ground keeps it then.")
        self.add(
            "water/how-much", "How much water?", "**Ten litres** for a tree.\n\n- less in spring\n- more in summer"
        )
        self.add("tools/mower", "Which mower do I need?", "")

    def add(self, entry_id: str, question: str, answer: str) -> None:
        """Add an entry with its line in the catalogue; without an answer it is published elsewhere."""
        section = entry_id.split("/")[0]
        row = f"{entry_id}\t{section}\t{'yes' if answer else 'no'}\t{question}\n"
        self.write("catalogue.tsv", self.read("catalogue.tsv") + row)
        phrasings = "".join(f'  - "{question} said in way {number}"\n' for number in range(MIN_PHRASINGS))
        self.write(
            f"entries/{entry_id}.md",
            f'---\nquestion: "{question}"\npublished_as: "{question}"\npage: help\n'
            f"answered: {'true' if answer else 'false'}\n"
            'owner: "Garden team"\nlast_reviewed: 2026-11-22\nreview_by: 2027-05-22\nrelated: []\n'
            f"phrasings:\n{phrasings}---\n{answer}\n",
        )

    def read(self, name: str) -> str:
        """One file's text."""
        return (self.folder / name).read_text(encoding="utf-8")

    def write(self, name: str, text: str) -> None:
        """Replace or make a file."""
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def change(self, name: str, old: str, new: str) -> None:
        """Replace the one place in a file that says `old`."""
        text = self.read(name)
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        self.write(name, text.replace(old, new))

    def content(self) -> Content:
        """What the loader reads."""
        return load_content(self.folder)

    def build(self, embedder: FakeEmbedder, *, keep_classifier: bool = False) -> Manifest:
        """Build the index with what the files hold now."""
        terms = Terms.load(self.folder / "terms.yml")
        return index.build(self.content(), EXAMPLES, terms, embedder, self.models, keep_classifier=keep_classifier)

    def index(self) -> Index:
        """The current index."""
        return index.load(self.models)

    def search(self, embedder: FakeEmbedder) -> Search:
        """A search of the current index."""
        return Search(self.index(), embedder, Thresholds.load(self.folder / "search.yml"))
