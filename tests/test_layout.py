"""Conventions of the whole project: who imports whom, docstrings, and what must not stand in a committed file."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from settings import ROOT

PACKAGES = ("actions", "bot", "cli", "knowledge", "tickets")
# Written in pieces, because this file is committed too.
MACHINE_PATH = re.compile(r"(?<![\w.~-])/(?:" + "work|root|tmp/exp|home/[a-z]+|Users/[A-Za-z]+" + r")/")
REGISTRY = re.compile(r"(?i)\bpypi\.\w|python" + r"hosted|index" + r"-url|registry\.npm" + r"js|download\.pytorch")


def committed(ending: str = "") -> list[Path]:
    """What is committed, or would be with `git add`."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = [ROOT / name for name in listed.split("\0") if name.endswith(ending) and name]
    assert len(paths) > 50
    return [path for path in paths if path.exists()]


def text(path: Path) -> str:
    """A file's text; empty for a picture."""
    return "" if path.suffix in {".png", ".jpg", ".ico", ".gz"} else path.read_text(encoding="utf-8")


def places(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    """Where the pattern stands, as file:line."""
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in paths
        for number, line in enumerate(text(path).splitlines(), 1)
        if pattern.search(line)
    ]


def test_imports_keep_to_the_contracts() -> None:
    """pyproject.toml says who may import whom; `lint-imports` looks."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert re.search(r"Contracts: [1-9]\d* kept, 0 broken", done.stdout)


def test_nobody_imports_rasa() -> None:
    """Stock Rasa lives in an environment of its own; only rasa-sdk is ours to import."""
    looked = [path for path in committed(".py") if path.relative_to(ROOT).parts[0] in PACKAGES]
    assert len(looked) > 30
    assert places(re.compile(r"^\s*(?:import|from) rasa(?:\.|\s)"), looked) == []


def test_every_module_says_what_it_knows() -> None:
    begins_with_docstring = re.compile(r'(?:#.*\n|\s)*"""\S')
    modules = [path for path in committed(".py") if text(path).strip()]
    assert len(modules) > 50
    assert [path for path in modules if not begins_with_docstring.match(text(path))] == []


def test_no_committed_file_names_a_machine_or_a_package_registry() -> None:
    assert places(MACHINE_PATH, committed()) == []
    assert places(REGISTRY, committed()) == []


@pytest.mark.parametrize("line", ["cd /ro" + "ot/project", "see /wo" + "rk/notes", 'open("/ho' + 'me/anna/x")'])
def test_a_machine_path_would_be_found(line: str) -> None:
    assert MACHINE_PATH.search(line)


def test_nothing_is_left_to_do() -> None:
    assert places(re.compile(r"\b(?:TO" + "DO|FIX" + r"ME)\b"), committed(".py")) == []
