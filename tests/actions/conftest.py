"""Copies of the content and the models that a test may change."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from settings import Settings


@pytest.fixture
def own_folders(settings: Settings, tmp_path: Path) -> dict[str, str]:
    """Settings that name the copies: the content files, the encoder, the dialogue model and the current index."""
    models, content = tmp_path / "models", tmp_path / "content"
    for name in ("entries", "catalogue.tsv", "pages.yml", "terms.yml", "search.yml", "unanswerable.yml"):
        copy(settings.content_dir / name, content / name)
    current = (settings.models_dir / "index" / "current").read_text(encoding="utf-8")
    for name in ("encoder", "triage", "dialogue.tar.gz", "index/current", f"index/{current}"):
        copy(settings.models_dir / name, models / name)
    return {"CARE_CONTENT_DIR": str(content), "CARE_MODELS_DIR": str(models)}


def copy(source: Path, target: Path) -> None:
    """Copy a file or a folder."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy(source, target)
