"""Passwords: what is accepted, how it is kept, and that nothing is learned from guessing."""

from __future__ import annotations

import time

import pytest
from argon2 import PasswordHasher

from tickets import passwords
from tickets.passwords import WeakPassword, check, make_hash, matches, outdated


@pytest.mark.parametrize(
    "password",
    [
        "Tangled yarn beneath the bridge",
        "correct horse of the house",
        "k8$Rw!2zQm#vT",
        "Übergroße Kürbisse rollen",
        "x" * 3 + "Lampenschirm-Verona-17",
        "orange winter banana guitar cookie",  # four and more common words together are no common password
    ],
)
def test_long_and_uncommon_ones_are_accepted(password: str) -> None:
    check(password, "anna")


@pytest.mark.parametrize(
    "password",
    [
        *("password1234", "Passw0rd!!!!", "P@ssw0rd2026", "passwordpassword", "qwertyuiop123", "1q2w3e4r5t6y"),
        *("aaaaaaaaaaaaa", "abcabcabcabcabc", "123456789012", "letmeinletmein", "welcome2026!!", "iloveyou12345"),
        *(
            "anna.rossi2026",
            "AnnaRossi!!!!",
            "wildix-2026-wildix",
            "CustomerCare2026",
            "Sommer2026!!!",
            "asdfghjkl;'\\1",
        ),
        *("juventus1234!", "abcdefghijkl", "zyxwvutsrqpon", "changeme12345", "qwertz123456"),
    ],
)
def test_what_is_guessed_first_is_refused(password: str) -> None:
    with pytest.raises(WeakPassword, match="guessed first"):
        check(password, "anna.rossi")


def test_length_counts() -> None:
    with pytest.raises(WeakPassword, match="at least 12"):
        check("k8$Rw!2zQm#", "anna")
    check("k8$Rw!2zQm#v" + "y7" * 58, "anna")
    with pytest.raises(WeakPassword, match="at most 128"):
        check("k8$Rw!2zQm#v" + "y7" * 59, "anna")


def test_only_a_hash_with_todays_parameters_is_kept() -> None:
    stored = make_hash("Tangled yarn beneath")
    assert stored.startswith("$argon2id$v=19$m=47104,t=1,p=1$")
    assert "Tangled" not in stored
    assert not outdated(stored)
    assert outdated(PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1).hash("x"))


def test_the_right_one_matches_and_no_other() -> None:
    stored = make_hash("Tangled yarn beneath")
    assert matches(stored, "Tangled yarn beneath")
    for wrong in ("tangled yarn beneath", "Tangled yarn beneath ", "", "\x00"):
        assert not matches(stored, wrong)
    assert not matches("no hash at all", "Tangled yarn beneath")


def test_a_letter_composed_otherwise_is_the_same_letter() -> None:
    assert matches(make_hash("Kürbisse rollen"), "Ku\u0308rbisse rollen")


def test_a_user_who_is_not_there_takes_as_long() -> None:
    stored = make_hash("Tangled yarn beneath")
    assert not matches(None, "whatever")

    def seconds(of: str | None) -> float:
        times = []
        for _ in range(5):
            begin = time.perf_counter()
            matches(of, "a wrong password")
            times.append(time.perf_counter() - begin)
        return min(times)

    there, nobody = seconds(stored), seconds(None)
    assert 0.4 < nobody / there < 2.5


def test_the_list_of_common_words_is_read() -> None:
    assert len(passwords._common_words()) > 150
    assert all(word == word.lower().strip() for word in passwords._common_words())
