"""What a calculation says: the next question, and the result as a small certificate.

The same text goes to the web chat, into a ticket and to Slack.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from actions.calculation import Calculation, button_value
from actions.replies import Button, Reply, button, reply
from actions.timeline import picture
from actions.wording import day, in_one_line, say
from knowledge.faq.entries import Entry
from knowledge.faq.search import Search
from knowledge.policy.countries import country_name
from knowledge.policy.fields import Field
from knowledge.policy.money import Money
from knowledge.policy.outcome import Outcome, to_json
from knowledge.policy.wording import day_text, echo, listed, moment_text

_MOST_TITLE = 75  # characters, as Slack allows


def question(calculation: Calculation, rule: Entry | None = None) -> Reply:
    """The question for the next input, with what was unclear and what is known so far.

    Args:
        rule: an entry that answers the message with which the calculation began, told in short.
    """
    one = calculation.next_field()
    unclear = calculation.unclear[0] if calculation.unclear else None
    policy = calculation.policy
    parts = []
    if calculation.mood == "begun":
        if rule is not None and rule.short_answer and not calculation.values:
            parts.append(rule.short_answer)
        parts.append(say("calculation_begun", title=policy.title))
    elif calculation.mood == "resumed":
        parts.append(say("calculation_resumed", title=policy.title))
    elif calculation.mood == "not_understood":
        parts.append(say("calculation_not_understood", label=one.label))
    elif calculation.mood == "form_late":
        parts.append(say("calculation_form_late"))
    elif calculation.mood == "unknown":
        parts.append(say("calculation_unknown", label=one.label))
    buttons: list[Button] = []
    if unclear and unclear["readings"]:
        parts.append(say("calculation_two_readings", text=unclear["text"]))
        buttons = [_choice(calculation, one, reading) for reading in unclear["readings"]]
    else:
        if unclear and unclear["reason"]:
            parts.append(unclear["reason"])
        if not (unclear and unclear["reason"].endswith("?")):
            parts.append(one.question)
        buttons = _buttons(calculation, one)
    if rule is not None and calculation.mood == "begun":
        buttons.append(button(say("button_read_rule"), "show_entry", entry=rule.id))
    known = echo(policy, calculation.typed())
    if known and calculation.mood in ("begun", "resumed", "heard", "form_late"):
        said = "; ".join(f"{label}: {text}" for label, text in known.items())
        parts.append(say("calculation_known", known=in_one_line(said)))
    if calculation.mood == "begun":
        parts.append(say("calculation_ways_out"))
    return reply(
        "\n\n".join(parts),
        buttons,
        type="ask",
        slot=one.name,
        policy=policy.id,
        sources=list(policy.sources),
        title=policy.title,
        kind=one.kind,
        known=known,
        values=calculation.values,
        part=calculation.part,
        missing=[field.name for field in policy.missing(calculation.typed())],
        **({"refused": unclear["reason"]} if unclear and not unclear["readings"] else {}),
        **({"readings": unclear["readings"]} if unclear and unclear["readings"] else {}),
    )


def result(calculation: Calculation, outcome: Outcome, search: Search, now: datetime) -> Reply:
    """The certificate: result, inputs as understood, working, caveats, sources, rule and version."""
    policy = calculation.policy
    parts = [f"**{outcome.decision}**"]
    if outcome.inputs:
        parts.append(
            say("certificate_inputs") + "\n" + _list(f"{label}: {text}" for label, text in outcome.inputs.items())
        )
    parts.append(say("certificate_steps") + "\n" + _list([*calculation.notes.values(), *outcome.steps]))
    if outcome.caveats:
        parts.append(say("certificate_caveats") + "\n" + _list(outcome.caveats))
    parts.append(say("certificate_sources") + "\n" + _list(_source(search, entry) for entry in outcome.sources))
    holds = (
        say("certificate_holds", day=day(outcome.holds_from))
        if outcome.holds_from
        else say("certificate_holds_unknown")
    )
    parts.append(
        say("certificate_rule", policy=policy.id, version=outcome.rule_version, holds=holds, today=day(now.date()))
    )
    optional = [one.label for one in policy.fields if one.optional and one.name not in calculation.values]
    change = say("certificate_change")
    more = say("certificate_add", labels=listed(optional)) if optional else ""
    parts.append("_" + f"{change} {more}".strip() + "_")
    buttons = []
    if outcome.ticket:
        buttons.append(button(say("button_open_ticket"), "open_ticket", policy=policy.id))
    first = search.index.entries.get(outcome.sources[0]) if outcome.sources else None
    if first is not None:
        buttons.append(button(say("button_read_rule"), "show_entry", entry=first.id))
    data: dict[str, Any] = to_json(outcome)
    if outcome.timeline is not None:
        data["picture"] = picture(outcome.timeline)
    short = {"decision": outcome.decision, "verdict": outcome.verdict, "figures": data["figures"]}
    steps = [*calculation.notes.values(), *outcome.steps]
    return reply(
        "\n\n".join(parts), buttons, type="decision", outcome=short, title=policy.title, **{**data, "steps": steps}
    )


def ticket_text(calculation: Calculation, outcome: Outcome, now: datetime) -> str:
    """The certificate as the text of a Customer Care ticket: in English, with every value."""
    lines = [
        *(f"{label}: {text}" for label, text in outcome.inputs.items()),
        say("ticket_result", decision=outcome.decision, policy=outcome.policy, version=outcome.rule_version),
        say("ticket_on", day=day(now.date())),
    ]
    return f"**{calculation.policy.title}**\n" + _list(lines)


def _buttons(calculation: Calculation, one: Field) -> list[Button]:
    """A button for each choice; none where anything can be the answer."""
    if one.kind == "choice":
        return [_choice(calculation, one, value, title) for value, title in one.choices.items()]
    if one.kind == "yes_no":
        return [_choice(calculation, one, True, say("button_yes")), _choice(calculation, one, False, say("button_no"))]
    return []


def _choice(calculation: Calculation, one: Field, value: Any, title: str | None = None) -> Button:
    shown = (title or _shown(one, value))[:_MOST_TITLE]
    return button(shown, "inform", policy=calculation.policy_id, field=one.name, value=button_value(value))


def _shown(one: Field, value: Any) -> str:
    """A reading in words."""
    if isinstance(value, dict):
        return str(Money(Decimal(value["amount"]), value["currency"]))
    if one.kind == "moment":
        return moment_text(datetime.fromisoformat(value))
    if one.kind in ("date", "items"):
        return day_text(date.fromisoformat(value))
    if one.kind == "country":
        return country_name(value)
    return str(value)


def _source(search: Search, entry_id: str) -> str:
    entry = search.index.entries.get(entry_id)
    return f"[{entry.question}]({entry.page.url})" if entry else entry_id


def _list(lines: Any) -> str:
    return "\n".join(f"- {line}" for line in lines)
