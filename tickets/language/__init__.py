"""The English gate: is a text written in English, by its own words?

Three steps. What says nothing about the language is set aside (`own_words.py`). Each word left counts for English or
against it (`words.py`): for it function words fully, and other English words less, because many of them are used in all
languages; against it words of other languages, unknown words and accents. The logarithm of the ratio is the score:
clearly above nought is English, clearly below is another language, and in between the partner is asked.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, field

from tickets.language import detector, scripts
from tickets.language.own_words import Reading, readings
from tickets.language.words import Words, words

# Rounded from the best fit to 15,000 lines of public text in 30 languages.
_VOCABULARY = 0.4  # an English word that is no function word
_SLIP = 0.3  # a word one slip of the keyboard away from one
_SLIPS = 100  # words among which slips are looked for: it takes time, and further ones change nothing
_UNKNOWN = 0.7  # a word in no list
_ACCENT = 1.3  # on top, for a word with letters beyond a to z
_SHORTEST = 4  # letters of a word that can be unknown: shorter ones are abbreviations
_NAME = 0.4  # what a capitalised word inside a sentence counts of that
_HEADLINE = 0.5  # what an unknown or accented word counts where most are capitalised
_ENGLISH_FIRST, _FOREIGN_FIRST = 1.0, 0.7  # before any word is read
_DOUBT = 0.2  # scores nearer to nought are asked about
_MORE_THAN_A_SLIP = 2
_SURELY_FOREIGN = 2.5
_TELLING = 3  # letters of a word that tells a language
_DETECTOR = 0.15  # what the detector's log-odds count beside the words' own
_CONFIDENT, _CONFIDENT_OF_NAMES = 0.4, 0.7  # a detector's probability from which unknown words are a language
_BILINGUAL, _BILINGUAL_SHARE = 4, 0.3  # English function words, also per foreign one, that make a second version
_OWN, _UNDISPUTED = 0.8, 1.5  # evidence of English beside which capitals are names and “it says: …” a quotation


@dataclass(frozen=True)
class Verdict:
    """What the gate says of a text."""

    english: bool  # False only where the text's own words are in another language
    sure: bool  # False: ask once "is this in English?" instead of refusing
    language: str  # ISO 639-1 of the text's own words; "en" where english; "" where unknown


def judge(text: str) -> Verdict:
    """Whether `text` is in English. A text without words is: nothing says otherwise."""
    reported = False  # a text after “error:” and the like, with too little English to be sure that it is quoted
    for reading in readings(text):
        evidence = _weigh(reading, words())
        if _settles(reading, evidence):
            return evidence.verdict(quotation=reading.with_quotations or reported)
        if (reading.report == "short" and not evidence.told) or (reading.report == "long" and evidence.surely_english):
            reported = True
    return Verdict(english=True, sure=True, language="en")


def _settles(reading: Reading, evidence: _Evidence) -> bool:
    """Whether a text is judged by a reading of it: where something is set aside only if the rest is clearly English."""
    if not reading.partial:
        return evidence.english + evidence.foreign > 0
    return evidence.surely_english and (reading.report != "long" or evidence.only_english > 0)


@dataclass
class _Evidence:
    english: float = 0.0
    certain: float = 0.0  # of that what is neither a name nor like a word of another language
    only_english: float = 0.0  # function words of no other language
    foreign: float = 0.0
    languages: Counter[str] = field(default_factory=Counter)  # by the words in our lists
    telling: bool = False  # some of the foreign evidence is more than unknown words
    told: int = 0  # how many words are
    headline: bool = False  # whose unknown words may be names
    letters: str = ""  # of other alphabets
    words: list[str] = field(default_factory=list)

    @property
    def surely_english(self) -> bool:
        return self.certain >= _OWN or (self.english >= _UNDISPUTED and not self.foreign)

    def verdict(self, quotation: bool) -> Verdict:
        likely = detector.probabilities(" ".join(self.words))
        score = math.log((self.english + _ENGLISH_FIRST) / (self.foreign + _FOREIGN_FIRST))
        score += _DETECTOR * detector.english_odds(likely)
        if score >= 0:
            return Verdict(english=True, sure=score > _DOUBT, language="en")
        likely.pop("en", None)
        confident = _CONFIDENT_OF_NAMES if self.headline else _CONFIDENT
        telling = self.telling or max(likely.values(), default=0.0) > confident
        bilingual = self.only_english >= max(_BILINGUAL, _BILINGUAL_SHARE * self.foreign)
        # One word that another language has too, beside words that only English has, may be a slip or a name.
        thin = self.told < _MORE_THAN_A_SLIP and self.certain > 0 and self.foreign < _SURELY_FOREIGN
        # “x-bees ko”: two letters beside names.
        slight = not self.letters and all(len(word) < _TELLING for word in self.words)
        sure = score < -_DOUBT and telling and not (quotation or bilingual or thin or slight)
        return Verdict(english=False, sure=sure, language=self._language(likely))

    def _language(self, likely: dict[str, float]) -> str:
        if self.letters:
            return scripts.language_of(self.letters)
        found = {
            language: self.languages[language] / (self.languages.total() or 1) + likely.get(language, 0.0)
            for language in {*self.languages, *likely}
        }
        best = max(found, key=lambda language: found[language], default="")
        return best if len(best) == 2 else ""


def _weigh(reading: Reading, known: Words) -> _Evidence:
    """What the words are evidence of."""
    evidence = _Evidence(headline=reading.headline)
    unsure = _HEADLINE if reading.headline else 1.0
    for word in reading.words:
        whole = _NAME if word.name else 1.0
        for part in filter(None, re.split(r"^(?:non|de|re|pre|co)-|['’·-]", word.text)):
            foreign = known.foreign.get(part, frozenset())
            english = part in known.english or (part.endswith("s") and part[:-1] in known.english)
            accent = 0.0 if part.isascii() else _ACCENT * unsure
            if part in known.neutral:
                continue
            if part in known.function:
                evidence.english += whole
                if part not in known.shared and not word.name:
                    evidence.certain += 1
                    evidence.only_english += 1
            elif others := scripts.foreign_words(part):
                evidence.foreign += others
                evidence.letters += part
                evidence.telling = True
                evidence.told += 1
            elif foreign:
                if word.name and "de" not in foreign:  # only German writes its nouns like names
                    continue
                evidence.foreign += whole * (1 + accent)
                evidence.languages.update(dict.fromkeys(foreign, whole))
                evidence.telling = evidence.telling or len(part) >= _TELLING
                evidence.told += len(part) >= _TELLING
            elif english:
                evidence.english += _VOCABULARY * whole
                evidence.certain += _VOCABULARY if not word.name else 0.0
            elif word.name or (len(part) < _SHORTEST and part.isascii()):
                continue
            elif not reading.headline and len(evidence.words) < _SLIPS and known.is_slip(part):
                evidence.english += _SLIP
            else:
                evidence.foreign += _UNKNOWN * unsure + accent
                evidence.telling = evidence.telling or (accent > 0 and not reading.headline)
                evidence.told += accent > 0
            evidence.words.append(part)
    return evidence
