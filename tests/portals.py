"""A partner portal for tests: its keys, what it signs, and the settings that make us trust it."""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Callable
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ISSUER = "https://portal.example"
AUDIENCE = "customer-care"


class SigningPortal:
    """Signs tokens for its users, as a portal's server does."""

    def __init__(self, algorithm: str = "EdDSA") -> None:
        self.algorithm = algorithm
        makers: dict[str, Callable[[], Any]] = {
            "EdDSA": Ed25519PrivateKey.generate,
            "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
            "HS256": lambda: secrets.token_urlsafe(32),
        }
        self.private = makers[algorithm]()

    @property
    def key(self) -> str:
        """What we are given of the key, in one line."""
        if self.algorithm == "HS256":
            return str(self.private)
        public = self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(public).decode()

    @property
    def pem(self) -> str:
        """The public key as PEM."""
        return str(self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())

    @property
    def settings(self) -> dict[str, str]:
        """The environment of a bot that trusts this portal."""
        return {
            "CARE_PORTAL_ISSUER": ISSUER,
            "CARE_PORTAL_AUDIENCE": AUDIENCE,
            "CARE_PORTAL_ALGORITHM": self.algorithm,
            "CARE_PORTAL_KEYS": self.key,
        }

    def token(self, sub: str = "ann", company: str = "acme", **claims: Any) -> str:
        """A good token, unless `claims` spoil it; a claim that is None is left out."""
        return self.sign(self.claims(sub, company, **claims))

    def claims(self, sub: str = "ann", company: str = "acme", **claims: Any) -> dict[str, Any]:
        """What a good token says, unless `claims` spoil it."""
        at = int(time.time())
        said = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": sub,
            "company": company,
            "company_name": f"{company.title()} Ltd",
            "name": sub.title(),
            "email": f"{sub}@{company}.example",
            "iat": at,
            "exp": at + 300,
            "jti": secrets.token_hex(8),
            **claims,
        }
        return {name: value for name, value in said.items() if value is not None}

    def sign(self, claims: dict[str, Any], headers: dict[str, Any] | None = None) -> str:
        """Any claims, signed with the portal's key."""
        return jwt.encode(claims, self.private, self.algorithm, headers)
