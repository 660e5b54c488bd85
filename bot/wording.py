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
