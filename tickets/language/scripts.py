"""Alphabets other than the Latin one, and the language that uses them most among our partners."""

from __future__ import annotations

import re

_SCRIPTS = (  # the first that fits: the more telling letters before the general ones
    (r"[\u3040-\u30ff]", "ja"),
    (r"[\uac00-\ud7af\u1100-\u11ff]", "ko"),
    (r"[\u3400-\u9fff\uf900-\ufaff]", "zh"),
    (r"[\u0370-\u03ff\u1f00-\u1fff]", "el"),
    (r"[\u0590-\u05ff]", "he"),
    (r"[\u067e\u0686\u06af\u06cc]", "fa"),
    (r"[\u0600-\u06ff]", "ar"),
    (r"[\u0e00-\u0e7f]", "th"),
    (r"[\u0900-\u097f]", "hi"),
    (r"[\u10a0-\u10ff]", "ka"),
    (r"[\u0530-\u058f]", "hy"),
    (r"[іїєґ]", "uk"),
    (r"[ђјљњћџ]", "sr"),
    (r"[ыэё]", "ru"),
    (r"[\u0400-\u04ff]", "ru"),
)
_NOT_LATIN = re.compile(r"[^\W\d_a-zà-öø-\u024f\u1e00-\u1eff\u02b0-\u036f]")
_WITHOUT_SPACES = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def foreign_words(word: str) -> int:
    """How many words of another alphabet `word` is; in those without spaces two letters are one."""
    if not _NOT_LATIN.search(word):
        return 0
    return max(1, len(_WITHOUT_SPACES.findall(word)) // 2)


def language_of(text: str) -> str:
    """The language that the letters of `text` belong to; "" where they are Latin or unknown."""
    return next((language for letters, language in _SCRIPTS if re.search(letters, text)), "")
