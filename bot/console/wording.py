"""What the console says to agents when something cannot be done."""

from tickets.passwords import LEAST

SIGN_IN_FAILED = "The name or the password is wrong."
TOO_MANY_FAILURES = "Too many attempts to sign in. Please wait half an hour, or ask for a new password."
TOO_MANY_HERE = "Too many attempts to sign in from here. Please wait five minutes."
SIGNED_OUT = "You are signed out. Please sign in again; what you have written stays in this window."
NEEDS_HTTPS = (
    "Signing in needs https: over this connection others could read your password. "
    "Please use the console's https address."
)
NOT_FOUND = "There is no such page, or no such ticket."
NOT_FROM_HERE = "This request did not come from the console's own pages, so nothing was done."
NOT_JSON = "The console takes application/json only."
NOT_UNDERSTOOD = "The request is not of the expected form: {where} {what}"
LEADS_ONLY = "This page is for leads."
DATABASE_AWAY = "The database does not answer just now. Nothing was changed; please try again in a moment."
EMPTY = "There is nothing to send yet."
SENT_OTHERWISE = (
    "An earlier version of this was sent already: look at what the ticket shows. "
    "What you have written now is still here and was not sent; change it to what is missing and send that."
)
WRONG_PASSWORD = "Your present password is wrong."  # noqa: S105  a sentence
SAME_PASSWORD = "The new password is the present one."  # noqa: S105  a sentence
PASSWORD_RULE = f"At least {LEAST} characters; several unrelated words are best."
NO_SUCH_CODE = "This code is not valid, or not any more. In Slack, write “link my agent account” to get a new one."
TOO_MANY_CODES = "Too many codes were tried. Please wait an hour."
NO_SUCH_AGENT = "There is no such colleague, or they no longer work here."
NO_SUCH_VALUE = "“{value}” is not one of the choices."
TICKET_GONE = "This ticket is not there any more."
FIRST_USER = "Nobody can sign in yet. On the server, `care users add` makes the first user."
CONTENT_AWAY = "The part of the bot that knows the FAQ does not answer just now. Please try again in a moment."
TRIAL_GONE = "This trial is not the last one any more. Please try the phrasing again."
DRAFT_NEEDS = "A draft needs a question and a section."
DRAFT_NOT_WRITTEN = "The draft cannot be written here ({why})."
# How a ticket came, and where its partner finds an answer.
CAME_BY = {"web": "web chat", "slack": "Slack", "form": "the ticket form", "api": "API", "api-scoped": "API"}
ANSWER_IN = {"web": "the chat", "slack": "Slack", "form": "the ticket on the portal"}
ANSWER_ELSEWHERE = "the ticket, by the API"
UNREACHED = (
    "It is kept here, but reaches nobody: this chat cannot be opened again, and nobody vouches for who began it. "
    "Write to the e-mail address in the ticket, if there is one."
)
ASK_FOR_MISSING = (
    "Hello{name},\n\nthank you for your ticket {number}. To go on, I still need from you:\n\n{questions}\n\n"
    "You can simply answer here."
)
