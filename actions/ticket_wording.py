"""What the form of a ticket says: the next question, the draft with its completeness, how a ticket stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.draft import CONTACT, Draft, shown
from actions.replies import Button, Reply, button, reply
from actions.ticket_values import TIERS, date_fields
from actions.wording import day, has, in_one_line, say
from tickets.states import SHOWN
from tickets.ticket_models import Ticket, TicketEvent
from tickets.types import OTHER, question, ticket_fields, ticket_types

MOST_LISTED = 10  # tickets of a partner that are shown at once
_MOST_TYPES = 3
_MOST_SHOWN = 1500  # characters of the description in a draft; the ticket has it all
_RECALLS = ("heard", "resumed", "begun")  # moods in which a field is asked for with what is known already
_MOST_TITLE = 75


def offered_types(draft: Draft) -> list[str]:
    """The types to choose from where the text leaves it open."""
    nearest = [name for name, _ in draft.triage.get("alternatives", []) if name in ticket_types()]
    found = [name for name in dict.fromkeys([draft.type_id, *nearest]) if name and name != OTHER]
    return [*found[:_MOST_TYPES], OTHER]


def asking(draft: Draft) -> Reply:
    """The reply that asks for `draft.asked`."""
    asked = str(draft.asked)
    if asked in ("rewrite", "english"):
        return _language(draft, asked)
    if asked == "confirm":
        return _comment(draft) if draft.target else _draft(draft)
    if asked == "similar":
        return _similar(draft)
    parts = _opening(draft)
    buttons = [_choice(draft, say("button_ticket_cancel"), "cancel")]
    if asked == "type":
        parts.append(say("ticket_which_type"))
        types = [_choice(draft, ticket_types()[name].title, f"type.{name}") for name in offered_types(draft)]
        buttons = [*types, *buttons]
    elif asked in ticket_fields():
        parts.append(question(draft.type.id, asked))
        buttons = [
            _choice(draft, say("button_dont_have"), "skip"),
            _choice(draft, say("button_open_as_is"), "skip_all"),
            *buttons,
        ]
    else:
        parts.append(say(f"ticket_ask_{asked}", **_about(draft)))
        buttons = [*_ways_on(draft, asked), *buttons]
    buttons = [*_undo(draft), *buttons]
    known = "; ".join(f"{ticket_fields()[name].label}: {value}" for name, value in _brief(draft) if value)
    if known and (draft.mood == "changed" or (draft.mood in _RECALLS and asked in ticket_fields())):
        parts.append(say("calculation_known", known=in_one_line(known if len(known) < 400 else known[:399] + "…")))
    return reply(
        "\n\n".join(parts),
        buttons,
        type="ask",
        slot=asked,
        ticket_type=draft.type_id or None,
        fields=draft.fields,
        missing=draft.missing(),
        **(_form(draft) if asked in (*ticket_fields(), *CONTACT, "tier", "edit") else {}),
    )


def _about(draft: Draft) -> dict[str, str]:
    """What the questions of the steps speak of."""
    return {
        "number": draft.target,
        "title": ticket_types()[draft.perhaps or OTHER].title,
        "before": draft.type.title,
        "day": day(date.fromisoformat(draft.loose_day)) if draft.loose_day else "",
    }


def _ways_on(draft: Draft, asked: str) -> list[Button]:
    """The answers that a step offers as buttons."""
    retype = _choice(draft, say("button_other_type"), "retype")
    if asked == "edit":
        return [retype]
    if asked == "other":
        yes = _choice(draft, say("button_retype", title=ticket_types()[draft.perhaps].title), f"type.{draft.perhaps}")
        return [yes, _choice(draft, say("button_keep_type", title=draft.type.title), "keep"), retype]
    if asked == "which_date":
        return [_choice(draft, ticket_fields()[one].label, f"date.{one}") for one in date_fields(draft)]
    if asked == "tier":
        tiers = [_choice(draft, one, f"tier.{one}") for one in TIERS]
        return [*tiers, _choice(draft, say("button_dont_have"), "skip")]
    return [_choice(draft, say("button_without"), "skip")] if asked in CONTACT else []


def _undo(draft: Draft) -> list[Button]:
    """After a change of the type: the way back."""
    if draft.mood != "retyped" or not draft.former:
        return []
    before = str(draft.former["type"])
    return [_choice(draft, say("button_keep_type", title=ticket_types()[before].title), f"type.{before}")]


def card(session: Session, ticket: Ticket) -> Reply:
    """How a ticket stands, with the agents' last answer."""
    last = session.scalar(
        select(TicketEvent)
        .where(TicketEvent.ticket_number == ticket.number, TicketEvent.kind == "reply")
        .order_by(TicketEvent.id.desc())
        .limit(1)
    )
    parts = [
        say("ticket_card", number=ticket.name, subject=_plain(ticket.subject)),
        say("ticket_state", state=SHOWN[ticket.state], opened=day(ticket.created_at.date()), queue=ticket.queue),
    ]
    if ticket.missing:
        parts.append(say("ticket_missing", missing=_labels(ticket.missing)))
    if last is not None:
        parts.append(say("ticket_last_answer", author=last.author, day=day(last.at.date())) + "\n\n" + last.text)
    else:
        parts.append(say("ticket_no_answer_yet"))
    return reply(
        "\n\n".join(parts),
        [button(say("button_add"), "ticket_add", ticket=ticket.name)],
        type="ticket",
        number=ticket.name,
        queue=ticket.queue,
        ticket_type=ticket.type,
        priority=ticket.priority,
        missing=list(ticket.missing),
        state=ticket.state,
        subject=ticket.subject,
    )


def listed(tickets: Sequence[Ticket], *, drafting: bool, adding: bool = False) -> Reply:
    """The tickets of a partner, newest first, each with a button; while one is being drafted none is offered.

    Args:
        adding: something is to be added to one of them.
    """
    if not tickets and drafting:
        return reply(say("tickets_none_yet"), type="tickets", numbers=[])
    if not tickets:
        open_one = button(say("button_open_ticket"), "open_ticket")
        return reply(say("tickets_none"), [open_one], type="tickets", numbers=[])
    more = len(tickets) > MOST_LISTED
    tickets = tickets[:MOST_LISTED]
    lines = "\n".join(f"- **{one.name}** {_plain(one.subject)} · {SHOWN[one.state]}" for one in tickets)
    lines += "\n\n" + say("tickets_more") if more else ""
    if adding:
        buttons = [button(say("button_add_to", number=one.name), "ticket_add", ticket=one.name) for one in tickets[:5]]
    else:
        buttons = [button(one.name, "ticket_status", ticket=one.name) for one in tickets[:5]]
    text = say("tickets_to_add_to", lines=lines) if adding else say("tickets_listed", lines=lines)
    return reply(text, buttons, type="tickets", numbers=[one.name for one in tickets])


def refused(language: str) -> str:
    """Why a text in another language is not taken, with a line in that language where one is there."""
    own = f"language_line_{language}"
    return say("language_refused") + (f"\n\n_{say(own)}_" if has(own) else "")


def _language(draft: Draft, asked: str) -> Reply:
    assert draft.refused is not None
    language = draft.refused["language"] or "other"
    if asked == "english":
        buttons = [
            _choice(draft, say("button_yes"), "english.yes"),
            _choice(draft, say("button_no"), "english.no"),
        ]
        return reply(say("language_doubt"), buttons, type="ask", slot="english", ticket_type=draft.type_id or None)
    text = refused(language) + "\n\n" + say("language_kept")
    cancel = [_choice(draft, say("button_ticket_cancel"), "cancel")]
    return reply(text, cancel, type="language_refused", language=language, slot=draft.refused["of"])


def _opening(draft: Draft) -> list[str]:
    """How the next question is led in."""
    if draft.mood == "begun":
        if draft.target:
            return [say("ticket_adding", number=draft.target)]
        if draft.asked in (*ticket_fields(), *CONTACT, "similar", "tier"):
            return [say("ticket_begun", title=draft.type.title), say("ticket_ways_out")]
        return [say("ticket_begun_blank")]
    if draft.mood == "resumed":
        return [say("ticket_resumed")]
    if draft.mood == "retyped":
        return [_retyped(draft)] if draft.former else []
    key = f"ticket_{draft.mood}"
    asked = str(draft.asked)
    label = ticket_fields()[asked].label if asked in ticket_fields() else say(asked) if has(asked) else asked
    return [say(key, label=label)] if has(key) else []


def _retyped(draft: Draft) -> str:
    return say("ticket_retyped", title=draft.type.title, before=ticket_types()[draft.former["type"]].title)


def _brief(draft: Draft) -> list[tuple[str, str]]:
    """The fields in words; "" for a sentence that stands in the partner's text already."""
    text = " ".join(draft.text.split())
    return [
        (name, "" if _is_sentence_of(text, name, value) else shown(name, value)) for name, value in draft.fields.items()
    ]


def _is_sentence_of(text: str, name: str, value: Any) -> bool:
    return ticket_fields()[name].form == "long" and " ".join(str(value).split()) in text and name != "address"


def _draft(draft: Draft) -> Reply:
    """The whole draft; after something else only the question."""
    have, needed = draft.completeness()
    missing, unknown = draft.missing(), draft.missing_contact()
    lacking = ", ".join([*(ticket_fields()[name].label for name in missing), *map(say, unknown)])
    above = say("ticket_as_above")
    lines = [f"- {ticket_fields()[name].label}: {value or above}" for name, value in _brief(draft)]
    lines += [f"- {say(one)}: {value}" for one in CONTACT if (value := draft.contact.get(one.removeprefix("contact_")))]
    said = draft.text if len(draft.text) <= _MOST_SHOWN else draft.text[: _MOST_SHOWN - 1] + "…"
    complete = say("ticket_complete", have=have, needed=needed) if needed else say("ticket_complete_as_is")
    if lacking:
        complete = say("ticket_incomplete", have=have, needed=needed, missing=lacking)
    parts = [
        *([say("ticket_changed_line")] if draft.mood == "changed" else []),
        *(_opening(draft) if draft.mood in ("retyped", "kept", "form_late") else []),
        say("ticket_draft", title=draft.type.title, queue=draft.queue),
        complete,
        _quoted(said),
    ]
    if lines:
        parts.append("\n".join(lines))
    if draft.finding:
        parts.append(draft.finding)
    if "contact_email" in draft.declined and not draft.contact.get("email"):
        parts.append(say("ticket_only_here"))
    if draft.triage.get("also_asks"):
        parts.append(say("ticket_also_asks", also=draft.triage["also_asks"]))
    parts.append(say("ticket_confirm"))
    if draft.mood == "waits":
        parts = _opening(draft)
    elif draft.mood in ("resumed", "no_change", "not_email", "hello", "thanks", "bye", "why", "question"):
        parts = [*_opening(draft), say("ticket_shall_i")]
    buttons = [
        _choice(draft, say("button_send_incomplete") if lacking else say("button_send"), "send"),
        *_undo(draft),
        *([_choice(draft, say("button_other_type"), "retype")] if draft.mood == "no_change" else []),
        _choice(draft, say("button_edit"), "edit"),
        _choice(draft, say("button_ticket_cancel"), "cancel"),
    ]
    return reply(
        "\n\n".join(parts),
        buttons,
        type="draft",
        ticket_type=draft.type.id,
        queue=draft.queue,
        priority=draft.triage.get("priority", "normal"),
        subject=draft.subject,
        description=draft.description,
        fields=draft.fields,
        missing=missing,
        missing_contact=unknown,
        complete=[have, needed],
        **_form(draft),
    )


def _form(draft: Draft) -> dict[str, Any]:
    """What a form needs that shows the draft, where a channel has one."""
    return {
        "draft": {
            "id": draft.id,
            "subject": draft.subject,
            "text": draft.text,
            "contact": draft.contact,
            "doubted": draft.doubted,
            "stamp": draft.stamp,
        }
    }


def _comment(draft: Draft) -> Reply:
    buttons = [_choice(draft, say("button_add"), "send"), _choice(draft, say("button_ticket_cancel"), "cancel")]
    text = say("ticket_confirm_comment", number=draft.target) + "\n\n" + _quoted(draft.text)
    return reply(text, buttons, type="ask", slot="confirm", number=draft.target)


def _similar(draft: Draft) -> Reply:
    found = draft.similar
    lines = "\n".join(f"- **{one['number']}** {_plain(one['subject'])} ({one['reason']})" for one in found)
    buttons = [
        *(_choice(draft, say("button_add_to", number=one["number"]), f"same.{one['number']}") for one in found),
        _choice(draft, say("button_new_ticket"), "new"),
        _choice(draft, say("button_ticket_cancel"), "cancel"),
    ]
    return reply(
        say("ticket_similar", lines=lines),
        buttons,
        type="ask",
        slot="similar",
        ticket_type=draft.type_id,
        similar=[one["number"] for one in found],
    )


def _choice(draft: Draft, title: str, value: str) -> Button:
    return button(title[:_MOST_TITLE], "ticket_choice", draft=draft.id, value=value)


def _labels(names: Sequence[str]) -> str:
    return ", ".join(ticket_fields()[name].label for name in names)


def _plain(text: str) -> str:
    """One line without marks that the chat would read as Markdown."""
    return " ".join(text.split()).translate(str.maketrans("", "", "*_[]`<>"))


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.splitlines()) if text else ""
