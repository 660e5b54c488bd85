"""Slack users say themselves which partner or agent they are: “link my account” in direct messages, and the way back.

The code is made when it is sent (outbound.py), so that it stands nowhere but in that message and, as a hash, in the
database.
"""

from __future__ import annotations

import re
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.slack.blocks import words
from tickets import conversations, outbox, slack_agents, slack_inbox, slack_users
from tickets.agent_models import Agent
from tickets.models import Conversation, Event
from tickets.slack_models import Place, SlackInbox
from tickets.ticket_models import Partner

LINK: Final = "link"
_UNLINK: Final = "unlink"
_LINK_AGENT, _UNLINK_AGENT = "link_agent", "unlink_agent"
_CODE_FOR: Final = {LINK: slack_users.FOR_PARTNER, _LINK_AGENT: slack_users.FOR_AGENT}


def wish(text: str) -> str | None:
    """Whether a message asks to link or to unlink, and nothing else."""
    said = " ".join(re.findall(r"[a-z]+", text.casefold()))
    for name in (LINK, _UNLINK, _LINK_AGENT, _UNLINK_AGENT):
        if said in words()[f"{name}_words"].splitlines():
            return name
    return None


def carry_out(session: Session, entry: SlackInbox, wish: str, *, links: bool = True) -> None:
    """Do it, and end the entry of the inbox; `links`: there is a portal where a partner's code could be entered."""
    conversation = session.get(Conversation, entry.conversation_id)
    slack_inbox.mark(session, "", done=[entry.id])
    if conversation is None or not entry.user:
        return
    place = Place.of(conversation.external_id)
    conversations.append(session, conversation.id, kind="user", text=str(entry.body["text"]))
    team = entry.user_team or place.team
    if not place.direct:
        _tell(session, conversation.id, words()["link_in_private"])
    elif wish == LINK and not links:
        _tell(session, conversation.id, words()["link_nowhere"])
    elif wish in _CODE_FOR:
        body = {"conversation": conversation.id, "code_for": [team, entry.user], "user": entry.user}
        outbox.put(session, slack_inbox.CHANNEL, place.target, {**body, "kind": _CODE_FOR[wish]})
    elif wish == _UNLINK_AGENT:
        agent = slack_agents.agent_of(session, team, entry.user)
        gone = agent is not None and slack_agents.unlink(session, team, entry.user, agent.name)
        _tell(session, conversation.id, words()["agent_unlinked" if gone else "agent_not_linked"])
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


def tell_agent_linked(session: Session, conversation_id: str, agent: Agent) -> None:
    """Tell the Slack user, where the code was shown, in whose name they act from now on."""
    _tell(session, conversation_id, words()["agent_linked"].format(name=agent.shown))


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
