"""Trains Rasa's dialogue model in Rasa's own environment, when its inputs changed."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from settings import ROOT, Settings

_INPUTS = ("config.yml", "domain.yml", "data/rules.yml")
_SECONDS = 300


def train_dialogue(settings: Settings) -> int:
    """Write models/dialogue.tar.gz. The exit status; on failure Rasa's last lines are on standard error."""
    stamp = settings.models_dir / "dialogue.inputs"
    inputs = inputs_hash(ROOT)
    if (settings.models_dir / "dialogue.tar.gz").exists() and stamp.exists() and stamp.read_text() == inputs:
        print("dialogue model is up to date")
        return 0
    print("training the dialogue model", flush=True)
    command = [
        *(str(ROOT / ".venv-rasa" / "bin" / "rasa"), "train", "core"),
        *("--config", "config.yml", "--domain", "domain.yml", "--stories", "data"),
        *("--out", str(settings.models_dir), "--fixed-model-name", "dialogue"),
    ]
    environment = {**os.environ, "RASA_TELEMETRY_ENABLED": "false", "PYTHONWARNINGS": "ignore"}
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=_SECONDS)
    if result.returncode != 0:
        print("\n".join((result.stdout + result.stderr).splitlines()[-20:]), file=sys.stderr)
        return result.returncode
    stamp.write_text(inputs)
    return 0


def inputs_hash(root: Path) -> str:
    """Changes when the dialogue model must be trained again."""
    digest = hashlib.sha256()
    for name in _INPUTS:
        digest.update((root / name).read_bytes())
    return digest.hexdigest()
