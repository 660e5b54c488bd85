"""Slack users say themselves which partner they are: “link my account” in the direct messages, and the way back.

The code is made when it is sent (outbound.py), so that it stands nowhere but in that message and, as a hash, in the
database.
"""

from __future__ import annotations

import re
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.slack.blocks import words
from tickets import conversations, outbox, slack_inbox, slack_users
from tickets.models import Conversation, Event
from tickets.slack_models import Place, SlackInbox
from tickets.ticket_models import Partner

LINK: Final = "link"
_UNLINK: Final = "unlink"


def wish(text: str) -> str | None:
    """Whether a message asks to link or to unlink, and nothing else."""
    said = " ".join(re.findall(r"[a-z]+", text.casefold()))
    for name in (LINK, _UNLINK):
        if said in words()[f"{name}_words"].splitlines():
            return name
    return None


def carry_out(session: Session, entry: SlackInbox, wish: str) -> None:
    """Do it, and end the entry of the inbox."""
    conversation = session.get(Conversation, entry.conversation_id)
    slack_inbox.mark(session, "", done=[entry.id])
    if conversation is None or not entry.user:
        return
    place = Place.of(conversation.external_id)
    conversations.append(session, conversation.id, kind="user", text=str(entry.body["text"]))
    team = entry.user_team or place.team
    if not place.direct:
        _tell(session, conversation.id, words()["link_in_private"])
    elif wish == LINK:
        body = {"conversation": conversation.id, "code_for": [team, entry.user], "user": entry.user}
        outbox.put(session, slack_inbox.CHANNEL, place.target, body)
    else:
        gone = slack_users.unlink(session, team, entry.user, slack_users.BY_PARTNER)
        conversation.partner_id = None
        _tell(session, conversation.id, words()["unlinked" if gone else "not_linked"])


def tell_linked(session: Session, conversation_id: str, partner: Partner) -> None:
    """Tell the Slack user, where the code was shown, who we take them for from now on."""
    text = words()["linked"].format(
        name=partner.name or partner.subject, company=partner.company_name or partner.company
    )
    _tell(session, conversation_id, text)


def tell_unlinked(session: Session, partner_id: str) -> None:
    """Tell a partner's Slack users, in their direct messages, that they are linked no more."""
    theirs = select(Conversation).where(
        Conversation.channel == slack_inbox.CHANNEL, Conversation.partner_id == partner_id
    )
    for conversation in session.scalars(theirs).all():
        conversation.partner_id = None
        if Place.of(conversation.external_id).thread is None:
            _tell(session, conversation.id, words()["unlinked"])


def _tell(session: Session, conversation_id: str, text: str) -> Event:
    data: dict[str, Any] = {"type": "linking"}
    return conversations.append(session, conversation_id, kind="notice", text=text, data=data)
