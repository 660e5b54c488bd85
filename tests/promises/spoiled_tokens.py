"""Portal tokens that must not be accepted, in thousands: good ones with one thing spoiled."""

from __future__ import annotations

import base64
import itertools
import json
import random
import string
import time
from collections.abc import Callable
from typing import Any

import jwt

from tests.portals import AUDIENCE, ISSUER, SigningPortal

_BASE64 = string.ascii_letters + string.digits + "-_"
_CLAIMS = ("iss", "aud", "sub", "company", "exp", "jti")


class Spoiler:
    """Makes spoiled tokens of one portal; `dice` decides which."""

    def __init__(self, portal: SigningPortal, dice: random.Random) -> None:
        self._portal = portal
        self._dice = dice
        self._stranger = SigningPortal(portal.algorithm)
        kinds: list[Callable[[], str]] = [
            self.unsigned,
            self.signed_by_a_stranger,
            self.signed_with_the_public_key,
            self.another_portals,
            self.without_a_claim,
            self.of_another_time,
            self.a_claim_of_another_kind,
            self.a_claim_twice,
            self.with_a_key_of_its_own,
            self.a_letter_changed,
            self.claims_changed_after_signing,
            self.parts_of_two,
            self.cut_or_padded,
            self.spelled_otherwise,
            self.of_another_algorithm,
        ]
        dice.shuffle(kinds)
        self._kinds = itertools.cycle(kinds)

    def spoiled(self) -> tuple[str, str]:
        """What was spoiled, and the token; each kind in its turn, so that a small run has some of each."""
        kind = next(self._kinds)
        return kind.__name__, kind()

    def unsigned(self) -> str:
        alg = self._dice.choice(["none", "None", "NONE", "nOnE", "", None])
        signature = self._dice.choice(["", "", "AA", self._portal.token().split(".")[2]])
        return f"{_part({'alg': alg, 'typ': 'JWT'})}.{_part(self._portal.claims())}.{signature}"

    def signed_by_a_stranger(self) -> str:
        return self._stranger.token()

    def signed_with_the_public_key(self) -> str:
        """As HS256, over what everybody may know."""
        known = self._portal.key if self._portal.algorithm == "HS256" else self._portal.pem
        secret = self._dice.choice([known[:-1], known.strip() + "\n\n", "", "secret", ISSUER]).encode()
        return self._hand_signed({"alg": "HS256", "typ": "JWT"}, self._portal.claims(), secret)

    def another_portals(self) -> str:
        wrong: dict[str, Any] = self._dice.choice(
            [
                {"iss": "https://evil.example"},
                {"iss": ISSUER + "/"},
                {"iss": ISSUER.upper()},
                {"iss": [ISSUER]},
                {"aud": "another"},
                {"aud": [AUDIENCE, "another"]},
                {"aud": AUDIENCE + " "},
                {"aud": ""},
            ]
        )
        return self._signed({**self._portal.claims(), **wrong})

    def without_a_claim(self) -> str:
        claims = self._portal.claims()
        claim = self._dice.choice(_CLAIMS)
        if self._dice.random() < 0.5:
            del claims[claim]
        else:
            claims[claim] = None
        return self._signed(claims)

    def of_another_time(self) -> str:
        at, far = int(time.time()), self._dice.randrange(60, 10**7)
        wrong = self._dice.choice(
            [
                {"exp": at - self._dice.randrange(1, 10**6)},
                {"exp": at + 15 * 60 + far},
                {"exp": 0},
                {"exp": -at},
                {"exp": 10**18},
                {"iat": at + far},
                {"nbf": at + far},
                {"iat": at - 15 * 60 - far},
            ]
        )
        return self._signed({**self._portal.claims(), **wrong})

    def a_claim_of_another_kind(self) -> str:
        claim = self._dice.choice([*_CLAIMS, "iat", "nbf"])
        values: list[Any] = [[], {}, True, False, ["ann"], {"id": "ann"}, 1.5, "", " ", "ann\x00", "x" * 300]
        if claim in ("exp", "iat", "nbf"):
            values += ["2099-01-01", str(int(time.time()) + 60), int(time.time()) + 60.5]
        else:
            values += [7, "\u202eann", " ann", "ann\n"]
        return self._signed({**self._portal.claims(), claim: self._dice.choice(values)})

    def a_claim_twice(self) -> str:
        claims = self._portal.claims()
        claim = self._dice.choice(_CLAIMS)
        text = json.dumps(claims)
        extra = f"{json.dumps(claim)}: {json.dumps(claims[claim])}"
        twice = f"{{{extra}, {text[1:]}" if self._dice.random() < 0.5 else f"{text[:-1]}, {extra}}}"
        return self._signed(twice)

    def with_a_key_of_its_own(self) -> str:
        """By a stranger, who says where the key is to be found."""
        header: dict[str, Any] = {"alg": self._portal.algorithm, "typ": "JWT"}
        header |= self._dice.choice(
            [
                {"kid": "../../../../dev/null"},
                {"kid": "' UNION SELECT 'key"},
                {"kid": "0"},
                {"kid": ["1"]},
                {"jku": "https://evil.example/keys.json"},
                {"x5u": "https://evil.example/cert.pem"},
                {"jwk": {"kty": "oct", "k": "AAAA"}},
                {"crit": ["exp"]},
                {"x5c": ["AAAA"]},
            ]
        )
        signer = self._stranger if "kid" in header else self._dice.choice([self._stranger, self._portal])
        return self._hand_signed(header, self._portal.claims(), signer.private)

    def a_letter_changed(self) -> str:
        token = self._portal.token()
        while True:
            place = self._dice.randrange(len(token))
            letter = self._dice.choice(_BASE64)
            if token[place] not in (".", letter):
                return token[:place] + letter + token[place + 1 :]

    def claims_changed_after_signing(self) -> str:
        header, _, signature = self._portal.token().split(".")
        claims = self._portal.claims(self._dice.choice(["admin", "bob", "ann"]), "evil")
        return f"{header}.{_part(claims)}.{signature}"

    def parts_of_two(self) -> str:
        one, two = self._portal.token("ann").split("."), self._portal.token("bob").split(".")
        return self._dice.choice(
            [
                ".".join([one[0], one[1], two[2]]),
                ".".join([one[0], two[1], one[2]]),
                ".".join([one[1], one[0], one[2]]),
                ".".join([*one, two[2]]),
                ".".join([one[0], one[1]]),
            ]
        )

    def cut_or_padded(self) -> str:
        token = self._portal.token()
        return self._dice.choice(
            [
                token[: self._dice.randrange(1, len(token))],
                token + "=" * self._dice.randrange(1, 4),
                token + ".",
                "." + token,
                token + _BASE64[self._dice.randrange(64)],
                token.replace(".", "=.", 1),
                token + "A" * 5000,
                token.replace(".", "..", 1),
            ]
        )

    def spelled_otherwise(self) -> str:
        """The same bytes in another spelling of base64: the bits at its end that mean nothing."""
        token = self._portal.token()
        last = _BASE64_ORDER.index(token[-1])
        spare = {"EdDSA": 4, "ES256": 4, "HS256": 2}[self._portal.algorithm]
        changed = last ^ self._dice.randrange(1, 2**spare)
        return token[:-1] + _BASE64_ORDER[changed]

    def of_another_algorithm(self) -> str:
        others = [name for name in ("EdDSA", "ES256", "HS256") if name != self._portal.algorithm]
        return SigningPortal(self._dice.choice(others)).token()

    def _signed(self, payload: dict[str, Any] | str) -> str:
        return self._hand_signed({"alg": self._portal.algorithm, "typ": "JWT"}, payload, self._portal.private)

    def _hand_signed(self, header: dict[str, Any], payload: dict[str, Any] | str, key: Any) -> str:
        """Signed as the header's algorithm demands, whatever is in it."""
        algorithm = jwt.get_algorithm_by_name(header["alg"])
        text = f"{_part(header)}.{_part(payload)}"
        key = key.encode() if isinstance(key, str) else key
        return f"{text}.{_base64(algorithm.sign(text.encode(), key))}"


_BASE64_ORDER = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"


def _part(content: Any) -> str:
    return _base64((content if isinstance(content, str) else json.dumps(content)).encode())


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
