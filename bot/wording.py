"""What `bot` itself says to a partner: when the engine cannot, and when a message is not accepted."""

LATER = (
    "I can't answer right now. Your message is saved, and I'll answer it as soon as I'm back. "
    "You don't need to write it again."
)
TRY_AGAIN = "I can't answer right now. Please try again in a moment."
GAVE_UP = (
    "I'm sorry, something went wrong with this message and I couldn't answer it. "
    "Please ask in other words. (Reference {reference})"
)
SLOW = "This takes a little longer than usual. Your message is in the queue; you don't need to write it again."
EMPTY = "There is nothing to read in this message. Please type your question."
TOO_LONG = "This message is longer than {limit} characters. Please shorten it, or send it in parts."
TOO_MANY = "That was very many messages in a short time. Please wait a minute and send it again."
USED_BUTTON = (
    "This button was pressed before; what came of it stands in this chat. "
    "Please use the newest buttons, or type your question."
)
USED_TO_OPEN = "This ticket is open already: {number}. I haven't opened a second one."
UNKNOWN_BUTTON = "This button doesn't belong to this conversation. Please type your question."
NOT_DONE_YET = (
    "I can't save anything right now, so nothing has come of your last message yet, no ticket either. "
    "I keep trying and answer here; you don't need to write it again."
)
TICKET_NOT_OPEN_YET = "**Your ticket is not open yet.** You get its number here as soon as it is."
TICKET_NOT_OPEN = "**Your ticket is not open.** Write “send it” to try again."
NOT_SAVED = "I can't save anything right now, so nothing of this was kept. Please try again in a moment."
NOT_SIGNED_IN = "Please sign in to the partner portal to chat here."
SIGN_IN_OVER = "This sign-in is not valid, or not any more. Please sign in to the partner portal again."
TICKET_OPEN = (
    "**Your ticket is open: {number}**\n\n"
    "- {title} ({queue})\n- Priority: {priority}{missing}\n\n"
    "A Customer Care agent reads it and answers you here in the chat. "
    "To add something or to ask for its state, just write the number: {number}."
)
TICKET_OPEN_BEFORE = (
    "**This ticket is open already: {number}**\n\n- {title} ({queue})\n- Priority: {priority}{missing}\n\n"
    "I haven't opened a second one. To add something just write the number: {number}."
)
TICKET_OPEN_OTHERWISE = (
    "**This ticket is open already: {number}**\n\n- {title} ({queue})\n- Priority: {priority}{missing}\n\n"
    "It was opened before you changed your text, and I haven't opened a second one. What you changed is not in it: "
    "to add that, write the number and what to add, like “{number}: …”."
)
NOT_IN_TICKET = "Not in it:\n\n{lines}"
TICKET_MISSING = "\n- Still missing: {missing}"
COMMENT_ADDED = "**Added to {number}.** Customer Care sees it now, and answers you here in the chat."
NO_SUCH_TICKET = "I don't find a ticket of yours with that number. Please check the number."
SIGN_IN_TO_LINK = "Please sign in to the partner portal first: the account in Slack is linked to who is signed in."
NO_SUCH_CODE = "This code is not valid, or not any more. Write “link my account” in Slack for a new one."
TOO_MANY_CODES = "That were many codes in a short time. Please try again in an hour."
NO_SESSION = "Name your session or your portal's token in the header Authorization to see tickets."
TOO_MANY_TICKETS = "That was very many tickets in one day. Please add to one that is open, or try again tomorrow."
CONTACT_MISSING = "Please give your name, your company and your e-mail address."
NO_EMAIL = "This is not an e-mail address. Please write it like name@company.com."
KEY_REUSED = "This Idempotency-Key was used for something else before. Choose a new one for a new request."
LANGUAGE_REFUSED = (
    "Customer Care can work on requests only in English. Please write your request again in English; "
    "simple words are fine."
)
LANGUAGE_DOUBT = "Is this in English? If it is, send it again and say so. If not, please write it in English."
