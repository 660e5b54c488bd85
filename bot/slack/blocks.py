"""A reply as Slack messages in Block Kit, within Slack's limits by splitting, never by cutting off.

A message here carries at most 3,900 characters, so that its text, which notifications and screen readers
use, is all that its blocks say, with what can be chosen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bot.slack.markup import escape, mrkdwn, split

MOST_SECTION = 3000  # characters
MOST_MESSAGE = 3900  # characters: chat.postMessage asks for at most 4,000
MOST_BLOCKS = 50
MOST_BUTTONS = 5  # in one row
MOST_TITLE = 75  # characters on a button
FORM = "form"  # the action of a button that opens a form
_BUTTONS = "buttons"  # how ids of blocks begin that go once something was chosen

Block = dict[str, Any]


@dataclass
class Message:
    """One message of Slack's: its blocks, and what each of them says."""

    blocks: list[Block] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All that the blocks say, buttons too."""
        return "\n\n".join(said for said in self.said if said) or words()["choose"]

    def takes(self, text: str) -> bool:
        """Whether one more block with this text fits."""
        return len(self.blocks) < MOST_BLOCKS and sum(len(said) + 2 for said in self.said) + len(text) <= MOST_MESSAGE

    def add(self, block: Block, text: str) -> None:
        """One more block, and what it says."""
        self.blocks.append(block)
        self.said.append(text)


@cache
def words() -> dict[str, str]:
    """What only Slack says, to partners and to agents."""
    found: dict[str, str] = {}
    for name in ("words.yml", "agents.yml"):
        found |= yaml.safe_load(Path(__file__).with_name(name).read_text(encoding="utf-8"))
    return found


def messages(kind: str, text: str, buttons: Sequence[Mapping[str, str]], data: Mapping[str, Any]) -> list[Message]:
    """What a reply (an event of the transcript) looks like; at least one message."""
    found = [Message()]
    if kind == "user":  # a form that was filled in: what somebody wrote stands in Slack already
        text = "\n".join(f"> {line}" for line in text.splitlines())
    shown = [*_author(kind, data), *_text(text, data)]
    for block, said in [*shown, *_buttons(buttons, data)] or [_section(words()["nothing"])]:
        if not found[-1].takes(said):
            found.append(Message())
        found[-1].add(block, said)
    return found


def after_choice(made: Sequence[Message], token: str, chosen: str) -> Message | None:
    """The message with this button as it is once something was chosen; `chosen` is mrkdwn. None: no such button."""
    for message in made:
        if token not in _tokens(message):
            continue
        left = Message()
        for block, said in zip(message.blocks, message.said, strict=True):
            if not str(block.get("block_id", "")).startswith(_BUTTONS):
                left.add(block, said)
        left.add(*_context(chosen))
        return left
    return None


def _text(text: str, data: Mapping[str, Any]) -> Iterable[tuple[Block, str]]:
    """Sections of as many paragraphs as fit; the line with the source of an answer apart and smaller."""
    source = str(data.get("source") or "")
    gathered = ""
    for paragraph in (part.strip() for part in text.split("\n\n")):
        if source and paragraph.startswith("_") and f"]({source})" in paragraph:
            yield from _sections(gathered)
            gathered = ""
            yield from (_context(part) for part in split(mrkdwn(paragraph.strip("_")), MOST_SECTION))
            continue
        shown = mrkdwn(paragraph)
        if gathered and len(gathered) + len(shown) + 2 > MOST_SECTION:
            yield from _sections(gathered)
            gathered = ""
        gathered = f"{gathered}\n\n{shown}".strip()
    yield from _sections(gathered)


def plain_message(text: str) -> Message:
    """One message of words of our own, which are mrkdwn already."""
    return Message([section(text)], [text])


def link_offer(block_id: str) -> Block:
    """What somebody nobody vouches for is offered, with a button."""
    return {
        **section(words()["link_hint"]),
        "block_id": block_id,
        "accessory": button_block(words()["link_button"], "link", "link"),
    }


def with_link_offer(made: list[Message]) -> list[Message]:
    """The same messages, with that offer under the last."""
    return _with(made, link_offer(f"{_BUTTONS}:link"), f"{words()['link_hint']}\n{words()['link_button']}")


def with_form_offer(made: list[Message], title: str, token: str) -> list[Message]:
    """The same messages, with a button that opens a form under the last."""
    return _with(made, *_row([button_block(title, token, FORM)], "form"))


def _with(made: list[Message], block: Block, said: str) -> list[Message]:
    """The same messages, with this block under the last, or in one more."""
    last = made[-1] if made[-1].takes(said) else Message()
    last.add(block, said)
    return made if last is made[-1] else [*made, last]


def _sections(text: str) -> Iterable[tuple[Block, str]]:
    return (_section(part) for part in split(text, MOST_SECTION))


def _author(kind: str, data: Mapping[str, Any]) -> Iterable[tuple[Block, str]]:
    """Which person of Customer Care answers."""
    if kind == "agent" and data.get("author"):
        said = words()["agent"].format(author=escape(str(data["author"])), number=escape(str(data.get("number", ""))))
        yield _context(said)


def _buttons(buttons: Sequence[Mapping[str, str]], data: Mapping[str, Any]) -> Iterable[tuple[Block, str]]:
    """Rows of buttons, those of related questions last; a title too long for a button stands beside one."""
    asked = {str(one.get("question")) for one in data.get("related") or () if isinstance(one, Mapping)}
    related = [button for button in buttons if button["title"] in asked]
    others = [button for button in buttons if button["title"] not in asked]
    yield from _rows(others, "choice")
    if related:
        block, said = _context(words()["related"])
        yield {**block, "block_id": f"{_BUTTONS}:related"}, said
        yield from _rows(related, "related")


def _rows(buttons: Sequence[Mapping[str, str]], name: str) -> Iterable[tuple[Block, str]]:
    row: list[Block] = []
    rows = 0
    for number, button in enumerate(buttons):
        title = button["title"].strip() or words()["choose"]
        if len(title) <= MOST_TITLE:
            row.append(button_block(title, button["payload"], f"press:{name}:{number}"))
        if row and (len(title) > MOST_TITLE or len(row) == MOST_BUTTONS):
            yield _row(row, f"{name}:{rows}")
            row, rows = [], rows + 1
        if len(title) > MOST_TITLE:
            beside = button_block(words()["choose"], button["payload"], f"press:{name}:{number}")
            for part, (block, said) in enumerate(_sections(escape(title))):
                extra = {} if part else {"accessory": beside}
                yield {**block, **extra, "block_id": f"{_BUTTONS}:{name}:{number}:{part}"}, said
    if row:
        yield _row(row, f"{name}:{rows}")


def _row(buttons: list[Block], name: str) -> tuple[Block, str]:
    said = " · ".join(escape(button["text"]["text"]) for button in buttons)
    return {"type": "actions", "block_id": f"{_BUTTONS}:row:{name}", "elements": buttons}, said


def button_block(title: str, value: str, action: str) -> Block:
    """A button that carries a value."""
    return {"type": "button", "text": plain_text(title), "action_id": action, "value": value}


def plain_text(text: str) -> Block:
    """Words in which nothing is markup."""
    return {"type": "plain_text", "text": text, "emoji": False}


def section(text: str) -> Block:
    """A paragraph of mrkdwn, of at most MOST_SECTION characters."""
    return {"type": "section", "text": _mrkdwn(text)}


def _section(text: str) -> tuple[Block, str]:
    return section(text), text


def _context(text: str) -> tuple[Block, str]:
    return {"type": "context", "elements": [_mrkdwn(text)]}, text


def _mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text, "verbatim": True}  # else Slack makes mentions of what partners typed


def _tokens(message: Message) -> set[str]:
    elements = [*(one for block in message.blocks if block["type"] == "actions" for one in block["elements"])]
    elements += [block["accessory"] for block in message.blocks if "accessory" in block]
    return {str(one["value"]) for one in elements}
