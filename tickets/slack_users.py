"""Which Slack users are known partners, and the one-time codes by which partners say so themselves.

A code is shown to one Slack user in the direct messages, and entered where the partner is signed in: whoever
enters it is the partner. It is kept as a hash, serves once, for ten minutes, and a new one replaces it.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from tickets.agents import log
from tickets.base import insert, now
from tickets.conversations import token_hash
from tickets.models import Conversation
from tickets.partners import known_partner
from tickets.slack_models import SlackCode, SlackUser
from tickets.ticket_models import Partner

CODE_LIFE: Final = timedelta(minutes=10)
BY_PARTNER: Final = "partner"  # who linked, where it was not an operator
FOR_PARTNER, FOR_AGENT = "partner", "agent"  # who may enter a code
_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # 5 bits each; none that is read as another
_LENGTH: Final = 9
_READ_AS: Final = str.maketrans("OIL", "011")
_ID = re.compile(r"[A-Z][A-Z0-9]{1,39}", re.ASCII)


class SlackProblem(ValueError):
    """What was asked of the list of Slack users cannot be done; the message says why."""


def partner_of(session: Session, team: str, user: str) -> Partner | None:
    """The partner whom a Slack user is linked to."""
    found = session.get(SlackUser, (team, user), populate_existing=True)
    return session.get(Partner, found.partner_id) if found else None


def everybody(session: Session) -> Sequence[tuple[SlackUser, Partner]]:
    """All links, with their partners."""
    query = select(SlackUser, Partner).join(Partner, Partner.id == SlackUser.partner_id)
    return [(link, partner) for link, partner in session.execute(query.order_by(SlackUser.team, SlackUser.user))]


def link(session: Session, team: str, user: str, partner: Partner, by: str) -> None:
    """Have a Slack user be this partner from now on; a link to another partner is replaced."""
    said = {"partner_id": partner.id, "linked_by": by[:80], "linked_at": now()}
    made = insert(session, SlackUser).values(team=team, user=user, **said)
    session.execute(made.on_conflict_do_update(index_elements=["team", "user"], set_=said))
    forget_code(session, team, user)
    log(session, by, "slack_linked", partner=partner.id)


def unlink(session: Session, team: str, user: str, by: str) -> bool:
    """Have a Slack user be nobody known; False where they were that already."""
    return _unlink(session, delete(SlackUser).where(SlackUser.team == team, SlackUser.user == user), by) > 0


def unlink_partner(session: Session, partner_id: str) -> int:
    """End all links of a partner, by the partner; how many there were."""
    return _unlink(session, delete(SlackUser).where(SlackUser.partner_id == partner_id), BY_PARTNER)


def new_code(session: Session, team: str, user: str, conversation_id: str, kind: str = FOR_PARTNER) -> str:
    """A code for this Slack user, shown only now; those before are not valid any more."""
    code = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
    until = now() + CODE_LIFE
    said = {"sha256": token_hash(code), "conversation_id": conversation_id, "kind": kind, "expires_at": until}
    made = insert(session, SlackCode).values(team=team, user=user, **said)
    session.execute(made.on_conflict_do_update(index_elements=["team", "user"], set_=said))
    return "-".join(code[start : start + 3] for start in range(0, _LENGTH, 3))


def redeem(session: Session, typed: str, partner: Partner) -> str | None:
    """Link whoever was shown this code to the partner; the conversation it was shown in, None where it isn't valid."""
    found = take_code(session, typed, FOR_PARTNER)
    if found is None:
        return None
    team, user, conversation_id = found
    link(session, team, user, partner, BY_PARTNER)
    session.execute(update(Conversation).where(Conversation.id == conversation_id).values(partner_id=partner.id))
    return conversation_id


def take_code(session: Session, typed: str, kind: str) -> tuple[str, str, str] | None:
    """Use a code up: workspace, user and conversation it was shown to, None where it isn't valid for this kind."""
    code = re.sub(r"[\s-]", "", typed).upper().translate(_READ_AS)
    valid = (SlackCode.sha256 == token_hash(code), SlackCode.kind == kind, SlackCode.expires_at > now())
    taken = delete(SlackCode).where(*valid)
    found = session.execute(taken.returning(SlackCode.team, SlackCode.user, SlackCode.conversation_id)).one_or_none()
    return None if found is None else (str(found.team), str(found.user), str(found.conversation_id))


def forget_expired(session: Session, at: datetime) -> None:
    """Delete codes that nobody can use any more."""
    session.execute(delete(SlackCode).where(SlackCode.expires_at < at))


def change_link(session: Session, what: dict[str, Any]) -> None:
    """What `care slack` asks for.

    Args:
        what: `do` (link, unlink), `team`, `user`, `actor`; to link, `issuer` and `subject`, and `company`,
            `company_name`, `name`, `email` of a partner who is not known yet.

    Raises:
        SlackProblem: it cannot be done.
    """
    team, user = str(what["team"]), str(what["user"])
    check_ids(team, user)
    if what["do"] == "unlink":
        if not unlink(session, team, user, what["actor"]):
            raise SlackProblem(f"{user} of {team} is linked to nobody.")
        return
    wanted = select(Partner).where(Partner.issuer == what["issuer"], Partner.subject == what["subject"])
    partner = session.scalar(wanted)
    if partner is None and not what["company"]:
        raise SlackProblem(
            "This partner has never signed in. Give the company too (--company), as the portal calls it."
        )
    if partner is None:
        said = {name: what[name] for name in ("company_name", "name", "email")}
        partner = known_partner(session, what["issuer"], what["subject"], what["company"], **said)
    link(session, team, user, partner, what["actor"])


def check_ids(team: str, user: str) -> None:
    """Raises SlackProblem where these are no ids of Slack's."""
    if not (_ID.fullmatch(team) and _ID.fullmatch(user)):
        raise SlackProblem("Slack calls workspaces T0123ABCD and users U0123ABCD; give these ids.")


def forget_code(session: Session, team: str, user: str) -> None:
    """Have the code that this Slack user was shown not be valid any more."""
    session.execute(delete(SlackCode).where(SlackCode.team == team, SlackCode.user == user))


def _unlink(session: Session, links: Any, by: str) -> int:
    gone = session.execute(links.returning(SlackUser.team, SlackUser.user, SlackUser.partner_id)).all()
    for team, user, partner_id in gone:
        forget_code(session, team, user)
        log(session, by, "slack_unlinked", partner=partner_id)
    return len(gone)
