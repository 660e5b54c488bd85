"""Build the index from the content files: `python -m knowledge.faq.build [--keep-classifier]`.

`care index` and the running service both come here, so that there is one way to build.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import yaml

from knowledge import strict_yaml
from knowledge.faq import index
from knowledge.faq.embedder import OnnxEmbedder, export_model
from knowledge.faq.entries import ContentError, load_content
from knowledge.faq.index import Manifest
from knowledge.faq.text import Terms
from settings import ROOT, Settings


def build_index(
    settings: Settings, *, say: Callable[[str], None] = lambda _: None, keep_classifier: bool = False
) -> Manifest:
    """Bring models/encoder and models/index up to date with their inputs.

    Raises:
        ContentError: the content files cannot be used; the old index stays current.
    """
    if export_model(settings.embedding_model, settings.models_dir / "encoder"):
        say(f"exported {settings.embedding_model}")
    return index.build(
        load_content(settings.content_dir),
        read_examples(ROOT / "data" / "nlu.yml"),
        Terms.load(settings.content_dir / "terms.yml"),
        OnnxEmbedder(settings.models_dir / "encoder"),
        settings.models_dir / "index",
        requests=strict_yaml.load((ROOT / "knowledge" / "policy" / "requests.yml").read_text(encoding="utf-8")),
        say=say,
        keep_classifier=keep_classifier,
    )


def read_examples(path: Path) -> dict[str, list[str]]:
    """Messages by intent, from Rasa's own training-data form."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {
        group["intent"]: [line[2:].strip() for line in group["examples"].splitlines() if line.startswith("- ")]
        for group in content["nlu"]
    }


def main(arguments: list[str]) -> int:
    """Exit status 1 with the problems on standard error when the content cannot be used."""
    try:
        manifest = build_index(Settings.load(), say=print, keep_classifier="--keep-classifier" in arguments)
    except ContentError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"index {manifest.version}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
