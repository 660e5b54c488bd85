"""docs/portal.md: its programs sign tokens that we accept, and what it says of the API is so."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bot.portal import Identity, Portal
from bot.web.ticket_shapes import TicketOpened, TicketWanted
from settings import ROOT, Settings
from tests.portals import SigningPortal
from tests.test_settings import VARIABLES
from tickets.given import checked_fields

GUIDE = (ROOT / "docs" / "portal.md").read_text(encoding="utf-8")
ANN = ("ann-7", "acme-1", "Ann Lee", "ann@acme.example", "Acme Ltd")


def block(language: str, mark: str) -> str:
    """The code block of this language that has `mark` in it."""
    found = [text for text in re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL) if mark in text]
    assert len(found) == 1
    return str(found[0])


@pytest.fixture
def signing(tmp_path: Path) -> SigningPortal:
    """A portal whose private key lies where the guide's programs look for it."""
    made = SigningPortal("EdDSA")
    pem = made.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "portal-private.pem").write_bytes(pem)
    return made


def accepted(signing: SigningPortal, token: str) -> Identity:
    """Whom we take the token's bearer for, with the guide's own settings."""
    settings = dict(re.findall(r"^ +(CARE_PORTAL_\w+)=(.*)$", GUIDE, re.MULTILINE))
    portal = Portal.of(Settings.load({**settings, "CARE_PORTAL_KEYS": signing.key}))
    assert portal is not None
    return portal.verify(token)


def is_ann(identity: Identity) -> bool:
    said = (identity.subject, identity.company, identity.name, identity.email, identity.company_name)
    return said == ANN


def test_the_python_program(signing: SigningPortal, tmp_path: Path) -> None:
    program = f"{block('python', 'care_token')}\nprint(care_token{ANN!r})"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert is_ann(accepted(signing, done.stdout.strip()))


def test_the_node_program(signing: SigningPortal, tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    named = dict(zip(("userId", "companyId", "name", "email", "companyName"), ANN, strict=True))
    program = f"{block('js', 'careToken')}\nconsole.log(careToken({json.dumps(named)}))"
    done = subprocess.run([node, "-e", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert is_ann(accepted(signing, done.stdout.strip()))


def test_the_keys_are_made_as_it_says(tmp_path: Path) -> None:
    lines = re.findall(r"(?:^ +|`)(openssl (?:genpkey|pkey) [^\n`]+)", GUIDE, re.MULTILINE)
    assert len(lines) == 3
    ed25519, public, p256 = lines
    for algorithm, private in (("EdDSA", ed25519), ("ES256", p256)):
        for line in (private, public):
            subprocess.run(line.split(), cwd=tmp_path, check=True, capture_output=True)
        settings = {**SigningPortal().settings, "CARE_PORTAL_ALGORITHM": algorithm}
        settings["CARE_PORTAL_KEYS"] = f"@{tmp_path / 'portal-public.pem'}"
        assert Portal.of(Settings.load(settings)) is not None
    secret = subprocess.run(["openssl", "rand", "-base64", "32"], check=True, capture_output=True, text=True).stdout
    shared = {**SigningPortal("HS256").settings, "CARE_PORTAL_KEYS": secret}
    assert Portal.of(Settings.load(shared)) is not None


def test_its_settings_exist() -> None:
    named = set(re.findall(r"CARE_\w+", GUIDE))
    assert len(named) > 5
    assert named <= VARIABLES.keys()


def test_its_ticket_can_be_opened() -> None:
    sent = re.search(r"-d '(\{.*?\})'", GUIDE, re.DOTALL)
    assert sent is not None
    wanted = TicketWanted.model_validate_json(sent[1])
    assert checked_fields(wanted.fields) == {"did_numbers": ["+390451234567"], "pbx": "Hotel X"}
    answered = TicketOpened.model_validate_json(block("json", "CC-000123"))
    assert (answered.type, answered.missing) == (wanted.type, [])
