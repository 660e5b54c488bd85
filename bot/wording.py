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
USED_BUTTON = "This button was pressed before. Please use the newest buttons, or type your question."
UNKNOWN_BUTTON = "This button doesn't belong to this conversation. Please type your question."
NOT_SIGNED_IN = "Please sign in to the partner portal to chat here."
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
TICKET_MISSING = "\n- Still missing: {missing}"
COMMENT_ADDED = "**Added to {number}.** Customer Care sees it now, and answers you here in the chat."
NO_SUCH_TICKET = "I don't find a ticket of yours with that number. Please check the number."
