"""Sets up everything that `make run` and `make test` need, and nothing that is there already.

Standard library only: it runs before any environment exists. Usage: `python3 scripts/setup.py [--test]`.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
APP, ENGINE = ROOT / ".venv", ROOT / ".venv-rasa"
TORCH = "torch==2.13.0"  # the version the lock files were resolved with
OLDEST, ENGINE_VERSIONS = (3, 11), ((3, 10), (3, 9), (3, 8))
_KEPT_LINES = 25


class SetupError(Exception):
    """Something that a person must do; the message is one clear sentence or two."""


def main(arguments: list[str]) -> int:
    """Run all steps; the exit status."""
    if sys.version_info < OLDEST:
        newer = find_python([(3, minor) for minor in range(11, 15)])
        if newer is None:
            print("Python 3.11 or newer is needed. Install one and have it on PATH as python3.11.", file=sys.stderr)
            return 1
        os.execv(newer, [newer, __file__, *arguments])
    started = time.monotonic()
    testing = "--test" in arguments
    try:
        application_environment(testing)
        engine_environment()
        models()
        if testing:
            browser()
            postgresql()
    except SetupError as error:
        print(f"\nset-up stopped: {error}", file=sys.stderr)
        return 1
    say(f"set-up is complete ({time.monotonic() - started:.0f} s)")
    return 0


def application_environment(testing: bool) -> None:
    """.venv with the locked packages, the CPU build of torch and the project itself."""
    lock = ROOT / "requirements" / ("dev.txt" if testing else "app.txt")
    create(APP, sys.executable)
    stamp = Stamp(APP, "application")
    if stamp.holds("torch", TORCH) is False:
        install_torch()
        stamp.write("torch", TORCH)
    wanted = digest(lock)
    # The development lock holds all of the application's: installing it satisfies both.
    if not (stamp.holds(lock.name, wanted) or (not testing and stamp.holds("app.txt", wanted))):
        install(APP, lock, "application packages")
        stamp.write(lock.name, wanted)
        if testing:
            stamp.write("app.txt", digest(ROOT / "requirements" / "app.txt"))
    project = digest(ROOT / "pyproject.toml")
    if not stamp.holds("project", project):
        pip(APP, ["--no-deps", "--no-build-isolation", "--editable", str(ROOT)], "the project itself", 1)
        stamp.write("project", project)


def engine_environment() -> None:
    """.venv-rasa with stock Rasa, on a Python that it runs on."""
    lock = ROOT / "requirements" / "engine.txt"
    if not python_of(ENGINE).exists():
        python = os.environ.get("CARE_PYTHON_RASA") or find_python(list(ENGINE_VERSIONS))
        if python is None:
            raise SetupError(
                "Rasa needs Python 3.10 (or 3.9, 3.8) and none was found on PATH, among pyenv's versions or by uv. "
                "Install one, for example with `pyenv install 3.10` or `uv python install 3.10`, "
                "or name it in CARE_PYTHON_RASA."
            )
        create(ENGINE, python)
    stamp = Stamp(ENGINE, "engine")
    if not stamp.holds(lock.name, digest(lock)):
        install(ENGINE, lock, "Rasa and what it needs")
        stamp.write(lock.name, digest(lock))


def models() -> None:
    """The encoder, the index and the dialogue model, where their inputs changed."""
    if subprocess.run([str(APP / "bin" / "care"), "train"], cwd=ROOT).returncode != 0:
        raise SetupError("the models could not be built; the lines above say why.")


def browser() -> None:
    """Debian's Chromium for the browser tests, where we may install it; else those tests skip themselves."""
    if not shutil.which("chromium"):
        system_package("chromium", "Chromium", "the browser tests")


def postgresql() -> None:
    """Debian's PostgreSQL server for the tests on it, where we may install it; they start one of their own."""
    if not shutil.which("postgres") and not any(Path("/usr/lib/postgresql").glob("*/bin/postgres")):
        system_package("postgresql", "PostgreSQL", "the tests on PostgreSQL")


def system_package(package: str, name: str, what: str) -> None:
    """Install one of Debian's packages; where that can't be, say which tests will be skipped."""
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        say(f"no {name}: {what} will be skipped. Install the package `{package}` to run them.")
        return
    say(f"installing {name} for {what}")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", package]):
        command = ["apt-get", *arguments]
        result = subprocess.run(command, env=quiet, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if result.returncode != 0:
            say(f"{name} could not be installed, {what} will be skipped: {result.stdout.strip()[-300:]}")
            return


def install_torch() -> None:
    """The CPU build: a CUDA build brings gigabytes that nothing here uses."""
    wanted = os.environ.get("CARE_TORCH", "")
    if wanted == "cuda":
        pip(APP, [TORCH], "torch with CUDA", 30)
        return
    if platform.system() == "Linux" and platform.machine() == "x86_64":
        try:
            pip(APP, ["--no-deps", f"{TORCH}+cpu"], "torch (CPU build)", 1)
        except SetupError as error:
            raise SetupError(
                "pip finds no CPU build of torch here, and the other one brings gigabytes of CUDA. Set "
                "PIP_EXTRA_INDEX_URL to PyTorch's index of CPU builds (its installation page names it), "
                f"or CARE_TORCH=cuda to take the large one.\n{error}"
            ) from error
    else:
        pip(APP, ["--no-deps", TORCH], "torch", 1)


def install(environment: Path, lock: Path, what: str) -> None:
    """Install exactly what a lock file names, checking hashes."""
    packages = sum(1 for line in lock.read_text().splitlines() if "==" in line and not line.startswith((" ", "#")))
    pip(environment, ["--no-deps", "--require-hashes", "--requirement", str(lock)], what, packages)


def pip(environment: Path, arguments: list[str], what: str, packages: int) -> None:
    """Run pip, showing how far it is; its last lines only when it fails."""
    command = [str(python_of(environment)), "-m", "pip", "install", "--disable-pip-version-check", *arguments]
    process = subprocess.Popen(
        [*command, "--progress-bar", "off"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    lines: list[str] = []
    collected, shown = 0, 0.0
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("WARNING"):
            continue
        lines = [*lines[1 - _KEPT_LINES :], line.rstrip()]
        collected += line.startswith("Collecting")
        if time.monotonic() - shown > (0.5 if sys.stdout.isatty() else 15):
            shown = time.monotonic()
            doing = "installing" if line.startswith("Installing") else line.split(" (")[0].strip()[:50]
            progress(f"{what}: {collected} of {packages} — {doing}")
    progress("")
    if process.wait() != 0:
        raise SetupError(f"{what} could not be installed. pip's last lines:\n" + "\n".join(lines))
    say(f"{what}: installed")


def create(environment: Path, python: str) -> None:
    """A virtual environment, made again when its Python is gone."""
    if python_of(environment).exists():
        return
    say(f"creating {environment.name} with {python}")
    result = subprocess.run([python, "-m", "venv", "--clear", str(environment)], capture_output=True, text=True)
    if result.returncode != 0:
        raise SetupError(f"{environment.name} could not be created with {python}: {result.stderr.strip()[-300:]}")


def find_python(versions: list[tuple[int, int]]) -> str | None:
    """A Python of the first version that can be found: on PATH, among pyenv's, or by uv."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for major, minor in versions:
        candidates = [shutil.which(f"python{major}.{minor}")]
        candidates += sorted((str(p) for p in pyenv.glob(f"{major}.{minor}.*/bin/python")), reverse=True)
        if shutil.which("uv"):
            found = subprocess.run(["uv", "python", "find", f"{major}.{minor}"], capture_output=True, text=True)
            candidates.append(found.stdout.strip() or None)
        for candidate in candidates:
            if candidate and version_of(candidate) == (major, minor):
                return candidate
    return None


def version_of(python: str) -> tuple[int, int] | None:
    """The version of a Python that really runs (a pyenv shim may not)."""
    command = [python, "-c", "import sys; print(*sys.version_info[:2])"]
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=20)
        major, minor = result.stdout.split()
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return int(major), int(minor)


class Stamp:
    """What was installed into an environment, so that nothing is installed twice."""

    def __init__(self, environment: Path, name: str) -> None:
        self._path = environment / f"{name}.installed.json"

    def holds(self, key: str, value: str) -> bool:
        """Whether `key` was last installed as `value`."""
        return self._read().get(key) == value

    def write(self, key: str, value: str) -> None:
        """Note that it is."""
        self._path.write_text(json.dumps({**self._read(), key: value}, indent=1))

    def _read(self) -> dict[str, str]:
        try:
            content = json.loads(self._path.read_text())
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}


def python_of(environment: Path) -> Path:
    """The interpreter of a virtual environment."""
    return environment / "bin" / "python"


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def say(sentence: str) -> None:
    """One line of progress that stays."""
    print(f"• {sentence}", flush=True)


def progress(sentence: str) -> None:
    """One line that the next replaces, on a terminal; a plain line elsewhere."""
    if sys.stdout.isatty():
        print(f"\r\033[K  {sentence}", end="", flush=True)
    elif sentence:
        print(f"  {sentence}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
