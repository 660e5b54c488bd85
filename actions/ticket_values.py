"""What a message can be the value of: a name is no question, “since” reads like a time, a number has a digit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from actions.draft import CONTACT, Draft
from actions.emails import email_in, has_broken_email
from actions.ticket_words import any_of, anywhere, called, only
from knowledge.reading.dates import find_days
from tickets.contact import valid_email
from tickets.types import ticket_fields

_NO_VALUE = only("no_value", "agrees", "send", "polite", then=("no_value", "agrees", "send", "polite"))
_QUESTION = re.compile(rf"\?\W*$|^\W*{any_of('asks')}\b", re.IGNORECASE)
_TIME = anywhere("times")
_SUBSCRIPTION = anywhere("subscriptions")
_ONLY_TIME = re.compile(rf"(?:\W|\d|\b{any_of('times', 'beside_times')}\b)+", re.IGNORECASE)
_SENTENCE = anywhere("sentence_words")
_NO_NAME = only("no_name")
_LEAD = re.compile(
    rf"^\W*(?:{any_of('value_lead')}\b[\s:.,]*|serial(?: number)?(?: is)?[\s:]+|"
    r"(?:order|invoice)(?: number| no\.?| nr\.?)?(?: is)?[\s:#]+|pbx(?: is| of)?[\s:]+|s/?n[\s:]+)+",
    re.IGNORECASE,
)
_PBX_LEAD = re.compile(r"^(?:the )?pbx(?: of)?[\s:]+", re.IGNORECASE)
_ONLY_DAY = re.compile(rf"(?:\W|\b{any_of('day_lead')}\b)*", re.IGNORECASE)
_LICENSES = anywhere("licenses")
_MODEL = only("device_models")
_VAGUE = only("vague")
_LICENSE_WORDS = anywhere("licenses", "tiers", "licenses_without_tier", "counts")
_TIER = anywhere("tiers")
_NO_TIER = anywhere("licenses_without_tier")
TIERS = ("Basic", "Essential", "Business", "Premium")
_ORDER = re.compile(r"\border\b", re.IGNORECASE)
_SPACED = re.compile(r"(?:(?=[A-Za-z]*[0-9])[0-9A-Za-z]{2,6} ){1,7}(?=[A-Za-z]*[0-9])[0-9A-Za-z]{2,6}")
_CODES = {"invoice_number", "order_number", "serial_number"}  # no such number is without a digit
_PLACES = {"pbx", "source_pbx", "target_pbx"}
NAMES = _PLACES | {"person", "from_party", "to_party", "training_completed_by"}
_PAST = {"date", "purchase_date", "invoice_date"}
_MOST_NAME_WORDS = 6
_TELLING_WORDS = 3
_LONG_WORD = 4  # letters from which a word of a name has a capital: “Osteria al Ponte”
_MOST_DAY_WORDS = 7
_MOST_TEXT_FIELD = 200
MOST_LONG = 2000


def is_question(text: str) -> bool:
    """Whether a message asks something."""
    return _QUESTION.search(text) is not None


def says_no_value(text: str, name: str = "") -> bool:
    """Whether a message is only “ok”, “thanks”, “help” or the like; to “since when?” “now” is a value."""
    return _NO_VALUE.fullmatch(text) is not None and not (name == "since" and _TIME.search(text))


def plausible(name: str, text: str) -> bool:
    """Whether a message can be the value of a field, by the field's kind."""
    if ticket_fields()[name].form == "long":
        return True
    bare = without_lead(text)
    if text.rstrip().endswith("?") or len(text) > _MOST_TEXT_FIELD:
        return False
    if name == "since":
        return any(letter.isdigit() for letter in text) or _TIME.search(text) is not None
    if name == "subscription":
        return _SUBSCRIPTION.search(text) is not None
    if name == "wanted_licenses":
        return any(letter.isdigit() for letter in text) or _LICENSE_WORDS.search(text) is not None
    if name == "serial_number" and _MODEL.fullmatch(bare):
        return False
    if name in _CODES or name == "special_number":
        return any(letter.isdigit() for letter in bare) and not is_sentence(bare)
    if name in NAMES - _PLACES and has_broken_email(text):
        return False
    if name in NAMES:
        return len(bare.split()) <= _MOST_NAME_WORDS and not (
            is_no_name(bare) or (is_sentence(bare) and not _titled(bare))
        )
    return not is_question(text)


def is_sentence(text: str) -> bool:
    """Whether a message tells something: a verb or the like stands in it."""
    return _SENTENCE.search(text) is not None


def _titled(text: str) -> bool:
    """Whether a text is written as names are, “Milano Works”, and not shouted."""
    long_words = [word for word in text.split() if len(word) >= _LONG_WORD]
    return bool(long_words) and not text.isupper() and all(word[0].isupper() for word in long_words)


def is_no_name(text: str) -> bool:
    """Whether a message is nobody's name: “all”, “where are you”."""
    return is_question(text) or _NO_NAME.fullmatch(text) is not None


def late(draft: Draft, text: str) -> str:
    """The field still unknown that an answer to another question fits: a time, or a name in capitals; else ""."""
    unknown = [name for name in draft.missing() if name != draft.asked]
    words = text.split()
    if "since" in unknown and _ONLY_TIME.fullmatch(text):
        return "since"
    capitals = all(word[0].isupper() for word in words) and draft.asked not in CONTACT  # there it names who asks
    named = [name for name in unknown if name in _PLACES] if capitals else []
    return named[0] if len(named) == 1 and 1 < len(words) <= _MOST_NAME_WORDS and plausible(named[0], text) else ""


def without_lead(text: str) -> str:
    """A value without the words that lead in to it: “sorry, the serial is …”."""
    return _LEAD.sub("", text).strip(" .,;:") or text


def sensible(draft: Draft, text: str, read: Mapping[str, Any], asked: str) -> dict[str, Any]:
    """What was read from an answer, without what cannot be its value: a sentence, or what another field has taken."""
    if asked == "did_numbers" and asked not in read and not re.search(r"[^\W\d_]", text):
        return {}  # digits that are no phone number are not meant for anything else
    found = usable(read, text)
    if asked in found and not (plausible(asked, text) or plausible(asked, str(found[asked]))):
        del found[asked]
    if asked in _PLACES and asked in found:
        found[asked] = _PBX_LEAD.sub("", found[asked]) or found[asked]
    for name in (NAMES & found.keys() & draft.fields.keys()) - {asked}:
        if not is_named(name, text):  # a name alone answers what is asked, or nothing
            del found[name]
    answer = _letters(found.get(asked, ""))
    others = [_letters(value) for name, one in found.items() if name != asked for value in _listed(one)]
    if answer and any(len(other) > 1 and other in answer for other in others) and asked in NAMES | {"since"}:
        del found[asked]
    return found


def usable(read: Mapping[str, Any], text: str) -> dict[str, Any]:
    """What was read from a message, without the good half of a broken e-mail address."""
    valid = valid_email(str(read.get("email", ""))) and email_in(text) != ""
    return {name: value for name, value in read.items() if name != "email" or valid}


def is_whole(text: str, value: Any) -> bool:
    """Whether a value is no more than the whole message, taken as it is."""
    return value is not None and _letters(value) == _letters(text)


def tells_more(text: str, read: Mapping[str, Any]) -> bool:
    """Whether a message has a clause that tells something beside the values: “1130005561. The customer is closed”."""
    values = [_letters(value) for one in read.values() for value in _listed(one)]
    return any(
        len(clause.split()) >= _TELLING_WORDS
        and is_sentence(clause)
        and not any(value in _letters(clause) or _letters(clause) in value for value in values)
        for clause in re.split(r"[.;,!\n]+\s|\s[-–]\s", text)
    )


def without_names(read: Mapping[str, Any]) -> dict[str, Any]:
    """The values that are known by their form: numbers, dates, times; a name may be anybody's."""
    return {name: value for name, value in read.items() if name not in NAMES}


def typed(draft: Draft, name: str, text: str, today: date) -> dict[str, Any]:
    """The message itself as a field's value, {} where it cannot be."""
    form = ticket_fields()[name].form
    days = find_days(text, today, name in _PAST)
    day = days[0].readings[0].isoformat() if len(days) == 1 and len(days[0].readings) == 1 else ""
    if form == "date":
        return {name: day} if day else {}
    if form == "email":
        return {name: found} if (found := email_in(text)) else {}
    if form == "numbers":
        return {}
    if form == "long":
        return {name: text[:MOST_LONG]}
    if not plausible(name, text):
        return {}
    group = next((group for group in draft.type.needs if name in group), ())
    if _ORDER.search(text) and "order_number" in group:
        name = "order_number"
    return {name: without_lead(text)}


def lone_day(text: str, today: date) -> str:
    """The day, in ISO form, of a message that says nothing else; "" where it says more or the day isn't clear."""
    days = find_days(text, today)
    if len(days) != 1 or len(days[0].readings) != 1 or len(text.split()) > _MOST_DAY_WORDS:
        return ""
    rest = text[: days[0].start] + " " + text[days[0].end :]
    return days[0].readings[0].isoformat() if _ONLY_DAY.fullmatch(rest) else ""


def date_fields(draft: Draft) -> list[str]:
    """The dates that the draft's type needs."""
    return [name for group in draft.type.needs for name in group if ticket_fields()[name].form == "date"]


def lacks_tier(draft: Draft) -> bool:
    """Whether licenses are wanted and nobody has said of which tier."""
    wanted = draft.fields.get("wanted_licenses", "")
    if draft.type_id != "pbx.license_change" or not wanted or "tier" in draft.declined:
        return False
    return bool(_LICENSES.search(wanted)) and not (_TIER.search(draft.text + " " + wanted) or _NO_TIER.search(wanted))


def put_tier(draft: Draft, text: str) -> bool:
    """Take the answer to “which tier?”; whether it names one."""
    tiers = [one.rstrip("s").capitalize() if one[-2:] != "ss" else one.capitalize() for one in _TIER.findall(text)]
    if not tiers:
        return False
    wanted, counted = draft.fields["wanted_licenses"], any(letter.isdigit() for letter in text)
    draft.put({"wanted_licenses": text if counted else f"{wanted}: {', '.join(tiers)}"})
    return True


def fields_called(draft: Draft, what: str) -> list[str]:
    """The fields of the draft that a partner calls so: “the serial”, “licenses”, “new date”."""
    what = what.casefold().strip(" .!,")
    of_type = dict.fromkeys([*(name for group in draft.type.needs for name in group), *draft.fields])
    named = [name for name in of_type if what in _calls(name)]
    return named or [name for name in of_type if what in ticket_fields()[name].label.casefold().split()]


def is_named(name: str, text: str) -> bool:
    """Whether a message names a field."""
    return any(re.search(rf"\b{re.escape(one)}\b", text, re.IGNORECASE) for one in _calls(name))


def is_doubtful(name: str, value: Any) -> bool:
    """Whether a value that was read is better asked for: “more” licenses, a sentence for a name."""
    if name == "wanted_licenses":
        return _VAGUE.fullmatch(str(value)) is not None
    return name in NAMES and not plausible(name, str(value))


def spaced_code(name: str, text: str) -> str:
    """A number written in groups, “9C75 1400 0112”, in one; "" where it is none."""
    return text.replace(" ", "") if name in _CODES and _SPACED.fullmatch(text) else ""


def _calls(name: str) -> list[str]:
    return [ticket_fields()[name].label.casefold(), name.replace("_", " "), *called(name)]


def _letters(value: Any) -> str:
    return "".join(letter for letter in str(value).casefold() if letter.isalnum())


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
