"""A ticket that is being drafted in a conversation: what was said, what is still needed, what was asked.

It lives in the slot `ticket` as JSON, so that every replica and the engine's tracker can hold it.
"""

from __future__ import annotations

import re
from calendar import month_abbr, month_name
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from actions.emails import email_in, without_email
from actions.ticket_words import anywhere
from actions.wording import day
from tickets.contact import valid_email
from tickets.filled import stamp as stamp_of
from tickets.identifiers import NAMING
from tickets.types import OTHER, TicketType, ticket_fields, ticket_types

CONTACT = ("contact_name", "contact_company", "contact_email")  # asked for where nobody vouches for the partner
_NAMING = ("did_numbers", *NAMING, "email", "pbx", "source_pbx", "target_pbx")
_MOST_SUBJECT = 90
_MOST_CONTACT = 120
_MOST_NAME_WORDS = 5  # more are a sentence, no name of a person or company
_NO_NAME = anywhere("no_part_of_names", "sentence_words")
_INTRODUCED = re.compile(
    r"\b(?:[Ii] am|[Ii]'m|[Mm]y name is)((?: [A-Z][\w.'-]+){1,3})(?![\w.'-]*@)"
    r"(?:,? (?:of|from|at|with)((?: (?:&|[A-Z])[\w.&'-]*){1,4})(?![\w.&'-]*@))?"
)
_WE = re.compile(r"\W*(?:and )?(?:we are|we're|we work (?:for|at)|(?:my|our|the) company is)\b", re.IGNORECASE)
_MONTHS = {name.casefold() for names in (month_name, month_abbr) for name in names}
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_BETWEEN = re.compile(r"[\n,;|/()]+|\s[-–]\s|\b(?:from|of|at|with)\b", re.IGNORECASE)
_FILLER = re.compile(
    r"^(?:(?:hi|hello|ok|yes|sure|my|our|the|your|name|company|mail|e-?mail|address|is|i am|i'm|it's|this is|we are|"
    r"and|sorry|no)\b[\s:=,.]*)+",
    re.IGNORECASE,
)


@dataclass
class Draft:
    """One ticket that a partner is about to open.

    Attributes:
        id: what makes one ticket of it however often it is sent: the turn in which it began.
        texts: the partner's own words, in order: the description.
        type_id: its type, "" while nothing was said.
        settled: whether the type is not asked about, nor changed by triage, any more.
        fields: what is known, by name (tickets/types.yml).
        declined: what the partner doesn't have.
        contact: name, company, email where they had to be asked for.
        finding: a calculation's certificate, as the ticket shows it.
        triage: the last triage (triage/verdict.py), as JSON.
        asked: what was asked last: a field, or one of the steps of ticket_form.py.
        refused: a text that was not in English, and of what: {"text", "of", "language", "sure"}.
        doubted: whether “is this in English?” was asked: it is asked once.
        similar: open tickets offered instead, each {"number", "reason", "subject"}.
        looked: what the draft was about when similar ones were looked for: its `matter` then.
        refused_similar: the numbers of those that the partner said to be another matter.
        mood: how to speak of the next question: a key of wording.yml behind `ticket_`.
        misses: how often in a row an answer could not be taken.
        state: asking, sending, sent, added (to another ticket), left.
        turn: the turn that sent it.
        heard: the turn heard last: one that runs again after a crash is not heard twice.
        target: the ticket that its text is added to instead.
        anonymous: whether nobody vouches for the partner, so that name, company and address are needed too.
        removed: fields that the partner took out: the text doesn't bring them back.
        insisted: whether it was said what an e-mail address is needed for: that is said once.
        former: the type before the last change and its fields, {"type", "fields"}, until the next message.
        perhaps: a type that the draft may be of since the last message: it is asked.
        loose_day: a date that was said alone where the type has two: it is asked which one it is.
        title: the subject where it was written as such; "" while it is the first sentence.
    """

    id: str
    texts: list[str] = field(default_factory=list)
    type_id: str = ""
    settled: bool = False
    fields: dict[str, Any] = field(default_factory=dict)
    declined: list[str] = field(default_factory=list)
    contact: dict[str, str] = field(default_factory=dict)
    finding: str = ""
    triage: dict[str, Any] = field(default_factory=dict)
    asked: str | None = None
    refused: dict[str, Any] | None = None
    doubted: bool = False
    similar: list[dict[str, str]] = field(default_factory=list)
    looked: list[str] = field(default_factory=list)
    refused_similar: list[str] = field(default_factory=list)
    mood: str = "begun"
    misses: int = 0
    state: str = "asking"
    turn: str = ""
    heard: str = ""
    target: str = ""
    anonymous: bool = False
    removed: list[str] = field(default_factory=list)
    insisted: bool = False
    former: dict[str, Any] = field(default_factory=dict)
    perhaps: str = ""
    loose_day: str = ""
    title: str = ""

    @classmethod
    def from_slot(cls, slot: Any) -> Draft | None:
        """What `slot` wrote; None where there is none, or none that this release can go on with."""
        if not isinstance(slot, dict):
            return None
        try:  # an earlier release may have written other attributes or types
            found = cls(**slot | {"similar": slot.get("similar") or []})
        except TypeError:
            return None
        types = {found.type_id, found.perhaps, found.former.get("type", "")} - {""}
        known = types <= ticket_types().keys()
        return found if known and found.fields.keys() <= ticket_fields().keys() else None

    def slot(self) -> dict[str, Any]:
        """The JSON form for the tracker."""
        return asdict(self)

    @property
    def type(self) -> TicketType:
        return ticket_types()[self.type_id or OTHER]

    @property
    def queue(self) -> str:
        """Where it goes: as triaged, else where its type belongs."""
        return str(self.triage.get("queue") or self.type.queue)

    @property
    def text(self) -> str:
        """All that the partner said."""
        return "\n".join(self.texts)

    @property
    def subject(self) -> str:
        """As it was written, else the first sentence, short."""
        if self.title:
            return self.title
        first = re.split(r"(?<=[.!?])\s|\n", self.text.strip(), maxsplit=1)[0].strip() or self.type.title
        return first if len(first) <= _MOST_SUBJECT else first[: _MOST_SUBJECT - 1].rstrip() + "…"

    @property
    def description(self) -> str:
        """The partner's words, what the fields say, and the calculation that led here."""
        labels = ticket_fields()
        lines = [f"{labels[name].label}: {shown(name, value)}" for name, value in self.fields.items()]
        parts = [self.text, "\n".join(lines), self.finding]
        return "\n\n".join(part for part in parts if part) or self.type.title

    def missing(self) -> list[str]:
        """The fields that the type needs and nobody has said."""
        return self.type.missing(self.fields)

    def next_field(self) -> str | None:
        """The field to ask for next: what is missing and was not declined."""
        return next((name for name in self.missing() if name not in self.declined), None)

    def completeness(self) -> tuple[int, int]:
        """How many of the things that are needed are known, and how many are needed: of the type, and of who asks."""
        needed = len(self.type.needs) + (len(CONTACT) if self.anonymous else 0)
        return needed - len(self.missing()) - len(self.missing_contact()), needed

    def put(self, found: dict[str, Any]) -> bool:
        """Take fields; whether there were any. A field said anew replaces what was known, but by no broken address."""
        found = {name: value for name, value in found.items() if name != "email" or valid_email(str(value))}
        self.fields = {**self.fields, **found}
        self.declined = [name for name in self.declined if name not in found]
        self.removed = [name for name in self.removed if name not in found]
        return bool(found)

    @property
    def stamp(self) -> str:
        """What names its present state: a form is filled in for it."""
        return stamp_of([self.type_id, self.subject, self.texts, self.fields, self.contact])

    @property
    def matter(self) -> list[str]:
        """What makes it alike to other tickets, as two stamps: of the numbers and codes in it, and of its words."""
        naming = {name: self.fields[name] for name in _NAMING if name in self.fields}
        return [stamp_of([naming]), stamp_of([self.texts])]

    def fill(self, values: dict[str, Any], stamp: str) -> bool:
        """Take all values of a form; False where other values hold by now than it was opened with.

        What was left empty is not asked for any more: the draft is shown with what is missing. A text or a contact
        that the form does not have stays as it is.
        """
        fields = values["fields"]
        if self.state != "asking" or self.target or stamp != self.stamp or not fields.keys() <= ticket_fields().keys():
            return False
        of_type = [name for group in self.type.needs for name in group]
        self.remove([name for name in dict.fromkeys([*of_type, *self.fields]) if name not in fields])
        self.put(fields)
        if "text" in values:
            self.texts = [values["text"]] if values["text"] else []
        self.title = ""
        self.title = values["subject"] if values["subject"] != self.subject else ""
        if "contact" in values:
            self.contact = values["contact"]
            unsaid = [one for one in CONTACT if one.removeprefix("contact_") not in self.contact]
            self.declined, self.insisted = [*self.declined, *unsaid], True
        self.declined = [*dict.fromkeys([*self.declined, *self.missing(), "tier"])]
        self.refused, self.perhaps, self.loose_day, self.former = None, "", "", {}
        self.settled, self.misses, self.mood = True, 0, "changed"
        return True

    def remove(self, names: Collection[str]) -> None:
        """Take fields out."""
        self.fields = {name: value for name, value in self.fields.items() if name not in names}
        self.declined = [name for name in self.declined if name not in names]
        self.removed = [*self.removed, *names]

    def take_contact(self, text: str) -> bool:
        """Take name, company and e-mail address from an answer to the question for them; whether there was any."""
        taken = False
        address, text = without_email(text)
        if address:
            self.contact["email"] = address
            taken = True
        said = list(map(_bare, _BETWEEN.split(text)))
        if not taken and any(_NO_NAME.search(part) for part in said):  # a sentence with names in it
            return False
        parts = [part for part in said if _is_name(part)]
        whole = bool(address) and len(parts) > 1  # who asks, said all at once: it replaces what was known
        wanted = [name for name in ("name", "company") if whole or not self.contact.get(name)]
        if len(parts) == 1 and _WE.match(text):
            wanted = ["company"]
        elif len(parts) == 1 and (asked := str(self.asked).removeprefix("contact_")) in wanted:
            wanted = [asked]
        for name, part in zip(wanted, parts, strict=False):
            self.contact[name] = part[:_MOST_CONTACT]
            taken = True
        return taken

    def missing_contact(self) -> list[str]:
        """What nobody knows of who writes."""
        if not self.anonymous:
            return []
        return [one for one in CONTACT if not self.contact.get(one.removeprefix("contact_"))]

    def know_sender(self, text: str) -> None:
        """Take who writes from a text that says it by the way: “I am Tom Baker of Baker Ltd”, an address."""
        if address := email_in(text):
            self.contact["email"] = address
        said = _INTRODUCED.search(text)
        for name, value in zip(("name", "company"), said.groups() if said else (), strict=False):
            if value and _is_name(value.strip(" .,")):
                self.contact[name] = value.strip(" .,")[:_MOST_CONTACT]

    def next_contact(self) -> str | None:
        """What is still to be asked of who writes."""
        return next(
            (one for one in CONTACT if not self.contact.get(one.removeprefix("contact_")) and one not in self.declined),
            None,
        )


def shown(name: str, value: Any) -> str:
    """A field's value in words."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if ticket_fields()[name].form == "date" and _ISO_DAY.fullmatch(str(value)):
        return day(date.fromisoformat(value))
    return ticket_fields()[name].values.get(str(value), str(value))


def _is_name(part: str) -> bool:
    """Whether a part of a message can be the name of a person or a company: short, with letters, no sentence."""
    if "@" in part:  # meant as an address, and none
        return False
    letters = [word for word in re.findall(r"[^\W\d_]{2,}", part) if word.casefold() not in _MONTHS]
    return bool(letters) and len(part.split()) <= _MOST_NAME_WORDS and _NO_NAME.search(part) is None


def _bare(part: str) -> str:
    """A name without the words around it."""
    return re.sub(r"\b(?:and|my|e-?mail|mail|address|is)\b[\s:]*$", "", _FILLER.sub("", part.strip())).strip(" .:;,-")
