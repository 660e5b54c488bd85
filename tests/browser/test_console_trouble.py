"""The console in a real Chromium when something goes wrong or comes in between: no word of an agent is lost by it."""

from __future__ import annotations

from playwright.sync_api import Page, Route, expect
from sqlalchemy import select

from tests.browser.test_console import WITHIN, Office, ready, sign_in, text
from tests.browser.test_console import office as office
from tickets import agents, changes
from tickets.changes import Author
from tickets.ticket_models import Ticket, TicketEvent


def lose_the_answer(page: Page, action: str, times: int = 1) -> None:
    """Let an action be carried out, and its answer be lost on the way."""

    def handle(route: Route) -> None:
        route.fetch()
        route.abort("connectionreset")

    page.route(f"**/tickets/*/{action}", handle, times=times)


def send(page: Page) -> None:
    """Press Send."""
    page.get_by_role("button", name="Send", exact=True).click()


def note(office: Office, ticket: Ticket, words: str) -> None:
    """A colleague notes something."""
    author = Author("agent", None, "Clara")
    office.database.write(lambda session: changes.note(session, session.get_one(Ticket, ticket.number), author, words))


def events(office: Office, ticket: Ticket, kind: str) -> list[TicketEvent]:
    """What of this kind was done to a ticket."""
    query = select(TicketEvent).where(TicketEvent.ticket_number == ticket.number, TicketEvent.kind == kind)
    return office.database.read(lambda session: list(session.scalars(query.order_by(TicketEvent.id))))


def texts(office: Office, ticket: Ticket, kind: str = "reply") -> list[str]:
    """What was written."""
    return [event.text for event in events(office, ticket, kind)]


def test_an_answer_that_is_lost_loses_no_words(office: Office) -> None:
    ticket = office.open("Lost answer")
    page = office.signed_in("anna", f"/console/tickets/{ticket.id}")
    lose_the_answer(page, "reply")
    text(page).fill("We look at it on Monday.")
    send(page)
    expect(page.locator("#problem")).to_contain_text("it is not known whether this was sent")
    text(page).fill("We look at it on FRIDAY, sorry.")
    send(page)
    expect(page.locator("#problem")).to_contain_text("An earlier version of this was sent already")
    expect(text(page)).to_have_value("We look at it on FRIDAY, sorry.")
    expect(page.locator(".said-event.reply")).to_contain_text("Monday")
    assert texts(office, ticket) == ["We look at it on Monday."]
    send(page)  # now that Anna has seen what was sent
    expect(text(page)).to_have_value("")
    expect(page.locator(".said-event.reply")).to_have_count(2)
    assert texts(office, ticket) == ["We look at it on Monday.", "We look at it on FRIDAY, sorry."]
    assert office.faults == []


def test_a_reload_after_a_lost_answer_sends_nothing_twice(office: Office) -> None:
    ticket = office.open("Lost answer, reload")
    page = office.signed_in("anna", f"/console/tickets/{ticket.id}")
    lose_the_answer(page, "reply")
    text(page).fill("Once only.")
    send(page)
    expect(page.locator("#problem")).to_contain_text("sending the same again is safe")
    page.reload()
    ready(page)
    expect(text(page)).to_have_value("Once only.")
    send(page)
    expect(text(page)).to_have_value("")
    expect(page.locator("#notices")).to_contain_text("reaches nobody")  # as the lost answer said
    assert texts(office, ticket) == ["Once only."]
    assert office.faults == []


def test_what_is_written_while_an_answer_is_on_its_way_stays(office: Office) -> None:
    ticket = office.open("Slow answer")
    page = office.signed_in("anna", f"/console/tickets/{ticket.id}")
    held: list[Route] = []
    page.route("**/tickets/*/reply", lambda route: held.append(route), times=1)
    text(page).fill("The first.")
    send(page)
    text(page).fill("The second.")
    for _ in range(50):
        if held:
            break
        page.wait_for_timeout(100)
    held[0].continue_()
    expect(page.locator("#notices")).to_contain_text("reaches nobody")  # nobody's chat led to this ticket
    expect(text(page)).to_have_value("The second.")
    send(page)
    expect(text(page)).to_have_value("")
    assert texts(office, ticket) == ["The first.", "The second."]
    assert office.faults == []


def test_keys_pass_over_choices_until_enter_or_leaving(office: Office) -> None:
    ticket = office.open("By keyboard", triage={"priority": "normal"})
    page = office.signed_in("anna", f"/console/tickets/{ticket.id}")
    priority = page.locator("#priority")
    priority.focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(priority).to_have_value("urgent")
    page.wait_for_timeout(1000)
    assert events(office, ticket, "corrected") == []
    page.keyboard.press("Enter")
    expect(page.locator("#thread")).to_contain_text("changed priority from normal to urgent")
    expect(page.locator("#head .priority")).to_have_text("urgent")
    expect(priority).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")  # rather not
    expect(priority).to_have_value("urgent")
    priority.focus()
    page.keyboard.type("low")
    page.keyboard.press("Tab")
    expect(page.locator("#thread")).to_contain_text("changed priority from urgent to low")
    expect(page.locator("#type")).to_be_focused()
    page.locator("#priority").select_option("high")  # without keys at once
    expect(page.locator("#thread")).to_contain_text("changed priority from low to high")
    assert [event.data["to"] for event in events(office, ticket, "corrected")] == ["urgent", "low", "high"]
    adding = page.get_by_label("Field to add")
    adding.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(adding).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Its value")).to_be_focused()
    assert office.faults == []


def test_filters_wait_for_enter_too(office: Office) -> None:
    page = office.signed_in("anna")
    page.locator("select[name=priority]").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.wait_for_timeout(500)
    expect(page).to_have_url(f"{office.url}/console")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{office.url}/console?priority=high")
    expect(page.locator("select[name=priority]")).to_be_focused()
    assert office.faults == []


def test_a_change_that_failed_is_not_shown_as_done(office: Office) -> None:
    ticket = office.open("Failed change", triage={"priority": "normal"})
    page = office.signed_in("anna", f"/console/tickets/{ticket.id}")
    page.route("**/tickets/*/change", lambda route: route.abort("connectionrefused"))
    page.locator("#priority").select_option("urgent")
    expect(page.locator("#notices")).to_contain_text("not known whether this was done")
    expect(page.locator("#priority")).to_have_value("normal")
    page.unroute("**/tickets/*/change")
    lose_the_answer(page, "change")
    page.locator("#priority").select_option("high")
    expect(page.locator("#head .priority")).to_have_text("high")  # it was done all the same
    expect(page.locator("#priority")).to_have_value("high")
    assert office.ticket(ticket).priority == "high"
    assert office.faults == []


def test_what_is_typed_into_a_fact_stays_until_it_is_kept(office: Office) -> None:
    ticket = office.open(
        "Facts", fields={"did_numbers": ["+390451234567"], "pbx": "old"}, triage={"priority": "normal"}
    )
    page = office.signed_in("anna", f"/console/tickets/{ticket.id}")
    page.get_by_role("button", name="Change phone numbers").click()
    numbers = page.get_by_label("phone numbers", exact=True)
    numbers.fill("+390457654321, 045 1234567")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".edit-form .problem")).to_contain_text("country code")
    expect(numbers).to_have_value("+390457654321, 045 1234567")
    text(page).fill("The focus is elsewhere")
    bruno = Author("agent", None, "Bruno")
    office.database.write(
        lambda session: changes.set_field(session, session.get_one(Ticket, ticket.number), bruno, "pbx", "by Bruno")
    )
    expect(page.locator("#side .facts")).to_contain_text("by Bruno", timeout=WITHIN)  # all else is brought up to date
    expect(numbers).to_have_value("+390457654321, 045 1234567")
    page.get_by_label("Field to add").select_option(label="person")
    page.get_by_label("Its value").fill("Zoe Neri")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#side .facts")).to_contain_text("Zoe Neri")
    expect(page.get_by_label("Its value")).to_be_hidden()
    numbers.fill("+390457654321")
    page.keyboard.press("Enter")
    expect(page.locator(".edit-form")).to_have_count(0)
    expect(page.locator("#side .facts")).to_contain_text("+390457654321")
    expect(page.get_by_role("button", name="Change phone numbers")).to_be_focused()
    page.get_by_label("Field to add").select_option(label="e-mail address")
    page.get_by_label("Its value").fill("nobody")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#add-field .problem")).to_contain_text("not an e-mail address")
    expect(page.get_by_label("Its value")).to_have_value("nobody")
    assert office.ticket(ticket).fields == {"did_numbers": ["+390457654321"], "pbx": "by Bruno", "person": "Zoe Neri"}
    assert office.faults == []


def test_a_window_comes_back_to_life_after_signing_in_in_another(office: Office) -> None:
    ticket = office.open("Two windows")
    page = office.signed_in("bruno", f"/console/tickets/{ticket.id}")
    signed_out = page.locator("#notices").get_by_text("You are signed out")
    for said in ("First", "Second"):
        text(page).fill("Half a sentence")
        office.database.write(lambda session: agents.end_all(session, agents.named(session, "bruno")))
        expect(signed_out).to_have_count(1, timeout=WITHIN)
        expect(page.locator("#line")).to_have_text("Signed out")
        with page.expect_popup() as opening:
            page.get_by_role("link", name="Sign in again in a new window").click()
        sign_in(opening.value, "bruno")
        expect(opening.value.locator("#list")).to_be_visible()
        opening.value.close()
        page.evaluate("dispatchEvent(new Event('focus'))")  # headless windows are never told
        expect(page.locator("#line")).to_have_text("")
        expect(signed_out).to_have_count(0)
        note(office, ticket, said)
        expect(page.locator(".said-event.note").last).to_contain_text(said, timeout=WITHIN)
        expect(text(page)).to_have_value("Half a sentence")
    assert office.faults == []


def test_a_window_of_somebody_else_becomes_theirs(office: Office) -> None:
    ticket = office.open("A shared computer")
    page = office.signed_in("bruno", f"/console/tickets/{ticket.id}")
    office.database.write(lambda session: agents.end_all(session, agents.named(session, "bruno")))
    expect(page.locator("#line")).to_have_text("Signed out", timeout=WITHIN)
    other = page.context.new_page()
    other.goto(f"{office.url}/console/sign-in")
    sign_in(other, "anna")
    expect(other.locator("#list")).to_be_visible()
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(page.get_by_role("link", name="Anna")).to_be_visible()
    assert office.faults == []


def look(page: Page, hidden: bool) -> None:
    """Bring a window to the front or away from it; headless ones are always in front."""
    page.evaluate(
        """(hidden) => {
          Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


def test_a_window_that_nobody_looks_at_gives_its_place_away_and_catches_up(office: Office) -> None:
    ticket = office.open("In the background")
    anna = office.signed_in("anna", f"/console/tickets/{ticket.id}")
    anna.clock.install()
    anna.reload()
    ready(anna)
    bruno = office.signed_in("bruno", f"/console/tickets/{ticket.id}")
    expect(bruno.locator("#presence")).to_have_text("Anna is looking at this ticket", timeout=WITHIN)
    look(anna, hidden=True)
    anna.clock.fast_forward(10_000)
    look(anna, hidden=False)
    anna.clock.fast_forward(25_000)
    expect(bruno.locator("#presence")).to_have_text("Anna is looking at this ticket")
    look(anna, hidden=True)
    anna.clock.fast_forward(31_000)
    expect(bruno.locator("#presence")).to_be_hidden()
    note(office, ticket, "Meanwhile")
    expect(bruno.locator(".said-event.note")).to_contain_text("Meanwhile", timeout=WITHIN)
    expect(anna.locator(".said-event.note")).to_have_count(0)
    look(anna, hidden=False)
    expect(anna.locator(".said-event.note")).to_contain_text("Meanwhile")
    expect(anna.locator("#line")).to_have_text("")
    expect(bruno.locator("#presence")).to_have_text("Anna is looking at this ticket", timeout=WITHIN)
    assert office.faults == []


def test_one_window_too_many_says_so_and_gets_a_place_that_is_free(office: Office) -> None:
    page = office.signed_in("clara")
    page.evaluate(
        """() => Promise.all(Array.from({ length: 11 }, () => new Promise((open) => {
          const socket = new WebSocket(`ws://${location.host}/console/live`);
          socket.onopen = open;
          (window.others ??= []).push(socket);
        })))"""
    )
    more = page.context.new_page()
    more.clock.install()
    more.goto(f"{office.url}/console")
    expect(more.locator("#line")).to_have_text("Not live: too many windows are open.")
    page.evaluate("others.forEach((socket) => socket.close())")
    more.clock.fast_forward(21_000)
    expect(more.locator("#line")).to_have_text("")
    assert office.faults == []
