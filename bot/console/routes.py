"""All routes of the console, each with who may use it."""

from __future__ import annotations

from pathlib import Path

from starlette.routing import BaseRoute

from bot.console import phrasings, ticket_actions
from bot.console.content import Content
from bot.console.gate import Gate, Nothing, Policy
from bot.console.insights import Insights
from bot.console.live import Live
from bot.console.pages import Pages
from bot.console.sign_in import Desk, EndSession, NewPassword, SignIn, SlackCode
from bot.console.ticket_actions import TicketActions
from bot.console.ticket_list import ListPage
from bot.console.ticket_page import TicketPage
from bot.health import Health
from bot.messages import Messages
from bot.supervisor import internal_token
from settings import Settings
from tickets.database import Database

PUBLIC, AGENT, LEAD = Policy.PUBLIC, Policy.AGENT, Policy.LEAD
_TICKET = "/console/tickets/{ticket_id}"


def console_routes(
    settings: Settings, database: Database, messages: Messages, live: Live, health: Health, actions_url: str
) -> list[BaseRoute]:
    """The routes; a path that is not here is answered by the last one."""
    pages = Pages()
    gate = Gate(database, pages)
    desk = Desk(pages, live, gate)
    act = TicketActions(messages, live, settings.first_answer)
    ticket = TicketPage(pages)
    content = Content(actions_url, internal_token(settings.data_dir))
    insights = Insights(pages, content, health)
    phrasing = phrasings.Phrasings(pages, content, settings.data_dir / "drafts")
    return [
        gate.files("/console/static", PUBLIC, Path(__file__).parent / "static"),
        gate.page("/console/sign-in", PUBLIC, desk.sign_in_page),
        gate.action("/console/sign-in", PUBLIC, SignIn, desk.sign_in),
        gate.action("/console/sign-out", AGENT, Nothing, desk.sign_out),
        gate.page("/console/still-here", AGENT, desk.still_here),
        gate.page("/console/account", AGENT, desk.account),
        gate.action("/console/account/password", AGENT, NewPassword, desk.change_password),
        gate.action("/console/account/end-session", AGENT, EndSession, desk.end_session),
        gate.action("/console/account/slack", AGENT, SlackCode, desk.link_slack),
        gate.action("/console/account/slack/unlink", AGENT, Nothing, desk.unlink_slack),
        gate.page("/console", AGENT, ListPage(pages).show),
        gate.action("/console/bulk", AGENT, ticket_actions.Bulk, act.bulk),
        gate.action("/console/deliver-again", AGENT, Nothing, act.deliver_again),
        gate.page(_TICKET, AGENT, ticket.show),
        gate.action(f"{_TICKET}/reply", AGENT, ticket_actions.Reply, act.reply),
        gate.action(f"{_TICKET}/note", AGENT, ticket_actions.Note, act.note),
        gate.action(f"{_TICKET}/change", AGENT, ticket_actions.Change, act.change),
        gate.action(f"{_TICKET}/field", AGENT, ticket_actions.SetField, act.set_field),
        gate.page("/console/insights", LEAD, insights.figures),
        gate.page("/console/insights/unanswered", LEAD, insights.unanswered),
        gate.page("/console/insights/phrasing", LEAD, phrasing.show),
        gate.action("/console/insights/try", LEAD, phrasings.TryPhrasing, phrasing.try_it),
        gate.action("/console/insights/add", LEAD, phrasings.AddPhrasing, phrasing.add),
        gate.action("/console/insights/draft", LEAD, phrasings.Draft, phrasing.draft),
        gate.socket("/console/live", AGENT, live.talk),
        gate.reports("/console/reports", PUBLIC),
        gate.page("/console/{rest:path}", AGENT, ticket.nowhere),
    ]
