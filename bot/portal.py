"""Who signed in to the portal: JSON Web Tokens that its server signs for its users, each good for one exchange.

A token names a person and a company in the portal's own words. It is read strictly: one algorithm, the
one that is set; our header names only; every claim once; nothing that its signature does not cover.
"""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from settings import Secret, Settings, SettingsError
from tickets.contact import valid_email

LONGEST_LIFE = 15 * 60  # seconds
_SKEW = 5  # seconds that the portal's clock may be ahead of ours
_LONGEST = 4096  # characters of a token
_LONGEST_NAME = 200
_FORM = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")
_HEADER = {"alg", "typ", "kid"}  # no address of a key, no key, nothing critical
_REQUIRED = ["iss", "aud", "sub", "company", "exp", "jti"]

# A shared secret as text: 32 random bytes are 43 characters of base64 or 64 of hex.
_SECRET = re.compile(r"[A-Za-z0-9+/_=-]{43,}")
_HEX = re.compile(r"[0-9A-Fa-f]+")
_SAMPLE_WORDS = re.compile("secret|sample|example|change|password", re.IGNORECASE)
_FEWEST_CHARACTERS = 10  # different ones in a random secret; by chance there are never so few
# Published with their private halves, in RFC 8037 and RFC 7515.
_SAMPLE_KEYS = {
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    "047fcdce2770f6c45d4183cbee6fdb4b7b580733357be9ef13bacf6e3c7bd15445"
    "c7f144cd1bbd9b7e872cdfedb9eeb9f4b3695d6ea90b24ad89c623288588e5ad",
}

Key = Ed25519PublicKey | EllipticCurvePublicKey | bytes


class TokenRefused(Exception):
    """A token that proves nothing; the message is a word for the log, never part of the token."""


@dataclass(frozen=True)
class Identity:
    """Whom a token vouches for, until when, and its own id."""

    issuer: str
    subject: str
    company: str
    token_id: str
    expires_at: datetime
    company_name: str = ""
    name: str = ""
    email: str = ""


class Portal:
    """Verifies tokens of one portal with its one or two keys."""

    def __init__(self, issuer: str, audience: str, algorithm: str, keys: Sequence[Key]) -> None:
        self._issuer = issuer
        self._audience = audience
        self._algorithm = algorithm
        self._keys = tuple(keys)

    @classmethod
    def of(cls, settings: Settings) -> Portal | None:
        """The portal that is set; None where none is.

        Raises:
            SettingsError: it cannot work; the message names the setting and shows no key.
        """
        wanted = {
            "CARE_PORTAL_ISSUER": settings.portal_issuer,
            "CARE_PORTAL_AUDIENCE": settings.portal_audience,
            "CARE_PORTAL_KEYS": settings.portal_keys,
        }
        if not any(wanted.values()):
            return None
        for variable, value in wanted.items():
            if not value:
                raise SettingsError(f"{variable} is missing. The portal sign-in needs it: see docs/portal.md.")
        keys = []
        for secret in settings.portal_keys:
            try:
                keys.append(_key(settings.portal_algorithm, secret))
            except ValueError as problem:
                raise SettingsError(f"CARE_PORTAL_KEYS cannot be used: {problem}. See docs/portal.md.") from None
        return cls(settings.portal_issuer, settings.portal_audience, settings.portal_algorithm, keys)

    def verify(self, token: str) -> Identity:
        """Whom the token vouches for. Whether it was used before is for the caller to know.

        Raises:
            TokenRefused: nobody.
        """
        self._check_form(token)
        for key in self._keys:
            try:
                return _identity(self._decode(token, key), self._issuer)
            except jwt.InvalidSignatureError:
                continue
            except jwt.PyJWTError as error:
                raise TokenRefused(type(error).__name__) from None
        raise TokenRefused("signature")

    def _decode(self, token: str, key: Key) -> dict[str, Any]:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[self._algorithm],
            issuer=self._issuer,
            audience=self._audience,
            options={"require": _REQUIRED, "strict_aud": True, "verify_iat": False, "verify_nbf": False},
        )
        return claims

    def _check_form(self, token: str) -> None:
        parts = _FORM.fullmatch(token) if len(token) <= _LONGEST else None
        if parts is None:
            raise TokenRefused("form")
        header, payload, signature = (_decoded(part) for part in parts.groups())
        head = _json(header)
        if head.get("alg") != self._algorithm or not head.keys() <= _HEADER or not signature:
            raise TokenRefused("header")
        _json(payload)


def is_signed(token: str) -> bool:
    """Whether a bearer token means to be a JSON Web Token and not a session of ours."""
    return "." in token


def _identity(claims: dict[str, Any], issuer: str) -> Identity:
    """The claims beyond those that the library has checked."""
    at = time.time()
    for name in ("exp", "iat", "nbf"):
        if name in claims and (isinstance(claims[name], bool) or not isinstance(claims[name], int)):
            raise TokenRefused(f"{name} is no number of seconds")
    since = [claims[name] for name in ("iat", "nbf") if name in claims]
    if any(moment > at + _SKEW for moment in since):
        raise TokenRefused("future")
    if claims["exp"] <= at:
        raise TokenRefused("expired")
    if claims["exp"] - min([at, *since[:1]]) > LONGEST_LIFE + _SKEW:
        raise TokenRefused("lives too long")
    email = _text(claims, "email", "")
    return Identity(
        issuer=issuer,
        subject=_text(claims, "sub"),
        company=_text(claims, "company"),
        token_id=_text(claims, "jti"),
        expires_at=datetime.fromtimestamp(claims["exp"], UTC),
        company_name=_text(claims, "company_name", ""),
        name=_text(claims, "name", ""),
        email=email if valid_email(email) else "",
    )


def _text(claims: dict[str, Any], name: str, default: str | None = None) -> str:
    value = claims.get(name, default)
    if not isinstance(value, str) or len(value) > _LONGEST_NAME or not (value.isprintable() and value.strip() == value):
        raise TokenRefused(f"{name} is no name")
    if not value and default is None:
        raise TokenRefused(f"{name} is empty")
    return value


def _decoded(part: str) -> bytes:
    """Base64url in its one canonical spelling: another spelling of the same bytes is another text."""
    try:
        content = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        raise TokenRefused("base64") from None
    if base64.urlsafe_b64encode(content).rstrip(b"=").decode() != part:
        raise TokenRefused("base64")
    return content


def _json(content: bytes) -> dict[str, Any]:
    """An object in which no name stands twice."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _ in pairs}) != len(pairs):
            raise TokenRefused("a name stands twice")
        return dict(pairs)

    try:
        found = json.loads(content, object_pairs_hook=once)
    except (ValueError, RecursionError):
        raise TokenRefused("json") from None
    if not isinstance(found, dict):
        raise TokenRefused("json")
    return found


def _key(algorithm: str, secret: Secret) -> Key:
    """Raises ValueError with advice that shows nothing of the key."""
    return _shared_secret(secret.value) if algorithm == "HS256" else _public_key(algorithm, secret.value)


def _shared_secret(text: str) -> bytes:
    if "BEGIN" in text:
        raise ValueError("HS256 takes a random secret, not a public key; set CARE_PORTAL_ALGORITHM")
    short = not _SECRET.fullmatch(text) or (_HEX.fullmatch(text) is not None and len(text) < 64)
    if short:
        raise ValueError("give HS256 at least 32 random bytes, as `openssl rand -base64 32` prints them")
    if _SAMPLE_WORDS.search(text) or len(set(text)) < _FEWEST_CHARACTERS:
        raise ValueError("this secret is a sample or not random; `openssl rand -base64 32` makes one")
    return text.encode()


def _public_key(algorithm: str, text: str) -> Key:
    if "PRIVATE" in text:
        raise ValueError("give the public key; the private one stays with the portal")
    try:
        if "BEGIN" in text:
            key = serialization.load_pem_public_key(text.encode())
        else:
            key = serialization.load_der_public_key(base64.b64decode(text, validate=True))
    except (ValueError, TypeError):
        raise ValueError(f"for {algorithm} give a public key in PEM form, or its base64 in one line") from None
    raw = _raw(key)
    if algorithm == "EdDSA" and isinstance(key, Ed25519PublicKey) and raw not in _SAMPLE_KEYS:
        return key
    if algorithm == "ES256" and isinstance(key, EllipticCurvePublicKey) and raw not in _SAMPLE_KEYS:
        if isinstance(key.curve, SECP256R1):
            return key
        raise ValueError("ES256 needs a key on the curve P-256")
    if raw in _SAMPLE_KEYS:
        raise ValueError("this key is a published sample; make your own")
    wanted = "an Ed25519" if algorithm == "EdDSA" else "a P-256"
    raise ValueError(f"{algorithm} needs {wanted} public key")


def _raw(key: object) -> str:
    if isinstance(key, Ed25519PublicKey):
        return key.public_bytes_raw().hex()
    if isinstance(key, EllipticCurvePublicKey):
        point = serialization.PublicFormat.UncompressedPoint
        return key.public_bytes(serialization.Encoding.X962, point).hex()
    return ""
