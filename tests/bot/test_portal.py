"""The portal's tokens: what is accepted, what is not, and that a key which cannot be used stops the start."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from bot.portal import LONGEST_LIFE, Portal, TokenRefused, is_signed
from settings import Secret, Settings, SettingsError
from tests.portals import AUDIENCE, ISSUER, SigningPortal

ALGORITHMS = ("EdDSA", "ES256", "HS256")


@pytest.fixture(scope="module", params=ALGORITHMS)
def signing(request: pytest.FixtureRequest) -> SigningPortal:
    return SigningPortal(request.param)


@pytest.fixture(scope="module")
def eddsa() -> SigningPortal:
    return SigningPortal()


def trusting(*portals: SigningPortal) -> Portal:
    """Our side of it."""
    settings = {**portals[0].settings, "CARE_PORTAL_KEYS": " ".join(portal.key for portal in portals)}
    portal = Portal.of(Settings.load(settings))
    assert portal is not None
    return portal


def encoded(content: Any) -> str:
    """A part of a token."""
    text = content if isinstance(content, str) else json.dumps(content)
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def signed(portal: SigningPortal, header: Any, payload: Any) -> str:
    """A token of any header and payload, whatever they are, rightly signed."""
    text = f"{encoded(header)}.{encoded(payload)}"
    algorithm = jwt.get_algorithm_by_name(portal.algorithm)
    signature = algorithm.sign(text.encode(), algorithm.prepare_key(portal.private))
    return f"{text}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


class TestAccepted:
    def test_a_good_token_says_who_it_is(self, signing: SigningPortal) -> None:
        claims = signing.claims("ann", "acme")
        identity = trusting(signing).verify(signing.sign(claims))
        assert (identity.issuer, identity.subject, identity.company) == (ISSUER, "ann", "acme")
        assert (identity.name, identity.email, identity.company_name) == ("Ann", "ann@acme.example", "Acme Ltd")
        assert identity.token_id == claims["jti"]
        assert identity.expires_at.timestamp() == claims["exp"]

    def test_names_are_optional(self, eddsa: SigningPortal) -> None:
        identity = trusting(eddsa).verify(eddsa.token(name=None, email=None, company_name=None, iat=None))
        assert (identity.name, identity.email, identity.company_name) == ("", "", "")

    def test_an_address_that_is_none_is_left_out(self, eddsa: SigningPortal) -> None:
        assert trusting(eddsa).verify(eddsa.token(email="ann at acme")).email == ""

    def test_the_old_and_the_new_key_hold_while_they_are_changed(self, signing: SigningPortal) -> None:
        new = SigningPortal(signing.algorithm)
        portal = trusting(signing, new)
        for one in (signing, new):
            assert portal.verify(one.token()).subject == "ann"
        with pytest.raises(TokenRefused):
            trusting(new).verify(signing.token())

    def test_a_key_id_is_allowed_and_means_nothing(self, eddsa: SigningPortal) -> None:
        portal = trusting(eddsa)
        for kid in ("1", "../../dev/null", "' OR 1=1 --"):
            assert portal.verify(eddsa.sign(eddsa.claims(), {"kid": kid})).subject == "ann"

    def test_the_portals_clock_may_be_a_little_ahead(self, eddsa: SigningPortal) -> None:
        at = int(time.time())
        assert trusting(eddsa).verify(eddsa.token(iat=at + 2, nbf=at + 2, exp=at + LONGEST_LIFE + 2))


class TestRefused:
    @pytest.mark.parametrize(
        "wrong",
        [
            {"iss": "https://evil.example"},
            {"iss": None},
            {"iss": [ISSUER]},
            {"aud": "another"},
            {"aud": None},
            {"aud": [AUDIENCE, "another"]},
            {"aud": ""},
            {"sub": None},
            {"sub": ""},
            {"sub": " "},
            {"sub": " ann"},
            {"sub": 7},
            {"sub": "a" * 201},
            {"sub": "ann\x00"},
            {"sub": "ann\nadmin"},
            {"sub": ["ann"]},
            {"company": None},
            {"company": ""},
            {"company": {"id": "acme"}},
            {"company": "acme\u200b"},
            {"jti": None},
            {"jti": ""},
            {"jti": 5},
            {"name": 5},
            {"exp": None},
            {"exp": "tomorrow"},
            {"exp": True},
            {"exp": 0},
            {"exp": -1},
            {"exp": 1e12},
            {"exp": int(time.time()) - 1},
            {"exp": int(time.time()) + LONGEST_LIFE + 7200},
            {"iat": int(time.time()) + 7200},
            {"iat": "now"},
            {"iat": int(time.time()) - LONGEST_LIFE - 60},
            {"nbf": int(time.time()) + 7200},
            {"nbf": "never"},
        ],
        ids=str,
    )
    def test_a_claim_that_is_wrong(self, eddsa: SigningPortal, wrong: dict[str, Any]) -> None:
        claims = eddsa.claims()
        for name, value in wrong.items():
            claims.pop(name) if value is None else claims.update({name: value})
        header = {"alg": "EdDSA", "typ": "JWT"}
        with pytest.raises(TokenRefused):
            trusting(eddsa).verify(signed(eddsa, header, claims))
        assert trusting(eddsa).verify(signed(eddsa, header, eddsa.claims())), "and only because of it"

    @pytest.mark.parametrize(
        "header",
        [
            {"alg": "none"},
            {"alg": "None"},
            {"alg": ""},
            {"alg": None},
            {},
            {"alg": "HS256"},
            {"alg": "ES256"},
            {"alg": "eddsa"},
            {"alg": ["EdDSA"]},
            {"alg": "EdDSA", "crit": ["exp"]},
            {"alg": "EdDSA", "jwk": {"kty": "OKP"}},
            {"alg": "EdDSA", "jku": "https://evil.example/keys"},
            {"alg": "EdDSA", "x5u": "https://evil.example/keys"},
            {"alg": "EdDSA", "b64": False},
            {"alg": "EdDSA", "zip": "DEF"},
            [],
            "EdDSA",
            '{"alg": "none", "alg": "EdDSA"}',
            '{"alg": "EdDSA", "alg": "EdDSA"}',
            "{",
        ],
        ids=str,
    )
    def test_a_header_that_is_not_ours(self, eddsa: SigningPortal, header: Any) -> None:
        with pytest.raises(TokenRefused):
            trusting(eddsa).verify(signed(eddsa, header, eddsa.claims()))

    def test_a_claim_said_twice(self, eddsa: SigningPortal) -> None:
        twice = json.dumps(eddsa.claims())[:-1] + ', "sub": "bob"}'
        with pytest.raises(TokenRefused, match="twice"):
            trusting(eddsa).verify(signed(eddsa, {"alg": "EdDSA"}, twice))

    def test_another_key(self, signing: SigningPortal) -> None:
        with pytest.raises(TokenRefused, match="signature"):
            trusting(signing).verify(SigningPortal(signing.algorithm).token())

    def test_a_public_key_taken_for_a_shared_secret(self) -> None:
        """The classic: HS256 over the public key that everybody knows."""
        for algorithm in ("EdDSA", "ES256"):
            portal = SigningPortal(algorithm)
            for secret in (portal.pem.encode(), portal.key.encode(), base64.b64decode(portal.key)):
                shared = SigningPortal("HS256")
                shared.private = secret
                text = f"{encoded({'alg': 'HS256'})}.{encoded(portal.claims())}"
                algorithm_object = jwt.get_algorithm_by_name("HS256")
                signature = base64.urlsafe_b64encode(algorithm_object.sign(text.encode(), secret)).rstrip(b"=").decode()
                with pytest.raises(TokenRefused):
                    trusting(portal).verify(f"{text}.{signature}")

    def test_anything_that_is_not_exactly_a_token(self, signing: SigningPortal) -> None:
        portal, good = trusting(signing), signing.token()
        head, body, signature = good.split(".")
        for text in (
            *("", ".", "..", "...", "a.b.c", "null", head, f"{head}.{body}", f"{head}.{body}.", f"..{signature}"),
            *(f"{good}.", f".{good}", f"{good}.{signature}", f" {good}", f"{good} ", f"{good}\n", good + "=", good * 2),
            *(f"{head}=.{body}.{signature}", f"{head}.{body}.{signature}====", good.upper(), good[::-1], "é" + good),
            *(f"{body}.{head}.{signature}", "x" * 5000, f"{head}.{body}.{'A' * 5000}", good.replace(".", "．")),
        ):
            with pytest.raises(TokenRefused):
                portal.verify(text)
        assert portal.verify(good).subject == "ann"

    def test_a_signature_in_another_spelling(self, eddsa: SigningPortal) -> None:
        """The last character of base64 has bits that mean nothing; a library ignores them, we don't."""
        good = eddsa.token()
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        others = [good[:-1] + letter for letter in alphabet if letter != good[-1]]
        for text in others:
            with pytest.raises(TokenRefused):
                trusting(eddsa).verify(text)

    def test_the_reason_never_shows_the_token(self, eddsa: SigningPortal) -> None:
        for token in (eddsa.token(aud=None), eddsa.token(exp=1), SigningPortal().token(), "a.b.c"):
            with pytest.raises(TokenRefused) as refused:
                trusting(eddsa).verify(token)
            assert len(str(refused.value)) < 60
            assert not any(part and part in str(refused.value) for part in token.split(".") if len(part) > 1)


def test_a_session_is_not_taken_for_a_token(eddsa: SigningPortal) -> None:
    assert is_signed(eddsa.token())
    assert not is_signed("dGhpcyBpcyBhIHNlc3Npb24gb2Ygb3VycyBhbmQgbm8gSldU")


class TestSettings:
    def test_nothing_set_is_no_portal(self) -> None:
        assert Portal.of(Settings.load({})) is None

    @pytest.mark.parametrize("missing", ["CARE_PORTAL_ISSUER", "CARE_PORTAL_AUDIENCE", "CARE_PORTAL_KEYS"])
    def test_half_a_portal_stops_the_start(self, eddsa: SigningPortal, missing: str) -> None:
        settings = {name: value for name, value in eddsa.settings.items() if name != missing}
        with pytest.raises(SettingsError, match=f"^{missing} is missing"):
            Portal.of(Settings.load(settings))

    @pytest.mark.parametrize(
        ("algorithm", "key", "advice"),
        [
            ("HS256", "short", "at least 32 random bytes"),
            ("HS256", "0123456789abcdef" * 3, "at least 32 random bytes"),  # 48 digits of hex are 24 bytes
            ("HS256", "a-string-secret-at-least-256-bits-long", "at least 32 random bytes"),  # jwt.io's
            ("HS256", "this-is-my-super-secret-key-for-signing-tokens-1234", "sample or not random"),
            ("HS256", "please-change-me-please-change-me-please-change-me", "sample or not random"),
            ("HS256", "ab" * 40, "sample or not random"),
            ("HS256", SigningPortal("ES256").pem, "not a public key"),
            ("HS256", "spaces count as two keys", "two while they are changed"),
            ("EdDSA", "garbage", "public key in PEM form"),
            ("EdDSA", SigningPortal("ES256").key, "an Ed25519 public key"),
            ("EdDSA", SigningPortal("HS256").key, "public key in PEM form"),
            ("ES256", SigningPortal("EdDSA").key, "a P-256 public key"),
            ("EdDSA", "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "published sample"),
        ],
    )
    def test_a_key_that_cannot_be_used_stops_the_start_and_is_not_shown(
        self, algorithm: str, key: str, advice: str
    ) -> None:
        settings = {**SigningPortal(algorithm).settings, "CARE_PORTAL_KEYS": key}
        with pytest.raises(SettingsError) as refused:
            Portal.of(Settings.load(settings))
        assert str(refused.value).startswith("CARE_PORTAL_KEYS cannot be used: ")
        assert advice in str(refused.value)
        assert key not in str(refused.value)

    def test_other_kinds_of_keys(self) -> None:
        larger = ec.generate_private_key(ec.SECP384R1()).public_key()
        old = rsa.generate_private_key(65537, 2048).public_key()
        for algorithm, key in (("ES256", larger), ("ES256", old), ("EdDSA", old)):
            pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
            with pytest.raises(SettingsError, match="needs a"):
                Portal.of(Settings.load({**SigningPortal(algorithm).settings, "CARE_PORTAL_KEYS": pem}))

    def test_a_private_key_belongs_to_the_portal(self, eddsa: SigningPortal) -> None:
        pem = eddsa.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        with pytest.raises(SettingsError, match="give the public key") as refused:
            Portal.of(Settings.load({**eddsa.settings, "CARE_PORTAL_KEYS": pem}))
        assert pem.splitlines()[1] not in str(refused.value)

    def test_three_keys_are_one_too_many(self, eddsa: SigningPortal) -> None:
        with pytest.raises(SettingsError, match=r"^CARE_PORTAL_KEYS cannot be used"):
            Settings.load({**eddsa.settings, "CARE_PORTAL_KEYS": " ".join([eddsa.key] * 3)})

    @pytest.mark.parametrize("algorithm", ["RS256", "none", "eddsa", "HS512"])
    def test_another_algorithm(self, eddsa: SigningPortal, algorithm: str) -> None:
        with pytest.raises(SettingsError, match=f"^CARE_PORTAL_ALGORITHM='{algorithm}' cannot be used: give EdDSA"):
            Settings.load({**eddsa.settings, "CARE_PORTAL_ALGORITHM": algorithm})

    def test_keys_may_stand_in_a_file_and_in_pem_form(self, signing: SigningPortal, tmp_path: Path) -> None:
        if signing.algorithm == "HS256":
            content = f"{SigningPortal('HS256').key}\n{signing.key}\n"
        else:
            content = f"new:\n{SigningPortal(signing.algorithm).pem}\nold:\n{signing.pem}"
        (tmp_path / "keys").write_text(content)
        for keys in (f"@{tmp_path / 'keys'}", content, content.replace("\n", "\\n")):
            if signing.algorithm == "HS256" and "\\n" in keys:
                continue
            portal = Portal.of(Settings.load({**signing.settings, "CARE_PORTAL_KEYS": keys}))
            assert portal is not None
            assert portal.verify(signing.token()).subject == "ann"

    def test_a_file_that_is_not_there(self, eddsa: SigningPortal) -> None:
        with pytest.raises(SettingsError, match=r"^CARE_PORTAL_KEYS cannot be used: give after the @ a file"):
            Settings.load({**eddsa.settings, "CARE_PORTAL_KEYS": "@/nowhere/keys"})

    def test_keys_show_themselves_to_nobody(self) -> None:
        portal = SigningPortal("HS256")
        settings = Settings.load(portal.settings)
        assert portal.key not in repr(settings)
        assert portal.key not in repr(settings.portal_keys)
        assert portal.key not in str(settings.portal_keys[0])
        assert settings.portal_keys == (Secret(portal.key),)
