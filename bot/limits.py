"""How many messages and conversations one sender or address may start: counted in memory, by sliding window."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_MOST_KEYS = 50_000


class Window:
    """At most `most` events in `seconds` for each key; `most` 0 means no limit."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most = most
        self._seconds = seconds
        self._seen: OrderedDict[str, deque[tuple[float, str]]] = OrderedDict()

    def allows(self, key: str, event: str = "") -> bool:
        """Count one event of `key`; False (and not counted) when it is one too many. A named event counts once."""
        if self._most == 0:
            return True
        at = time.monotonic()
        times = self._seen.setdefault(key, deque())
        self._seen.move_to_end(key)
        while times and times[0][0] <= at - self._seconds:
            times.popleft()
        if event and any(event == known for _, known in times):
            return True
        if len(times) >= self._most:
            return False
        times.append((at, event))
        while len(self._seen) > _MOST_KEYS:
            self._seen.popitem(last=False)
        return True


class Limits:
    """The limits of section 3.4 of the reliability notes that apply to the chat."""

    def __init__(self, messages_a_minute: int) -> None:
        lifted = messages_a_minute == 0
        self.messages = Window(messages_a_minute, 60)
        self._hourly = Window(0 if lifted else 10 * messages_a_minute, 3600)
        self._conversations = Window(0 if lifted else 10, 3600)
        self._network = Window(0 if lifted else 100, 3600)
        self._tickets = Window(0 if lifted else 10, 86_400)
        self._partners_tickets = Window(0 if lifted else 30, 86_400)
        self.frames = Window(0 if lifted else 100, 60)
        self.strangers = Window(0 if lifted else 100, 60)  # tokens and sessions refused, by address
        self.sign_ins = Window(0 if lifted else 60, 60)  # by partner
        self.partners_conversations = Window(0 if lifted else 100, 3600)
        self.requests = Window(0 if lifted else 200, 60)  # of the API for tickets, by whoever asks
        self.codes = Window(10, 3600)  # entered by a partner; for guesses there is no leave
        self.most_sockets_a_conversation = 1_000_000 if lifted else 5
        self.most_sockets_an_address = 1_000_000 if lifted else 50

    def message(self, conversation: str, event: str = "") -> bool:
        """Whether one more message may come; a named one counts once."""
        return self.messages.allows(conversation, event) and self._hourly.allows(conversation, event)

    def ticket(self, partner: str | None, address: str, key: str) -> bool:
        """Whether a partner, or somebody unknown at this address, may open a ticket under this key; loopback may."""
        if partner is not None:
            return self._partners_tickets.allows(partner, key)
        ip = _ip(address)
        return ip is not None and (ip.is_loopback or self._tickets.allows(str(ip), key))

    def conversation(self, address: str) -> bool:
        """Whether this address may begin one more anonymous conversation; loopback always may."""
        ip = _ip(address)
        if ip is None:
            return False
        if ip.is_loopback:
            return True
        network = ip_network(f"{ip}/{24 if ip.version == 4 else 64}", strict=False)
        return self._conversations.allows(str(ip)) and self._network.allows(str(network))


def _ip(address: str) -> IPv4Address | IPv6Address | None:
    try:
        ip = ip_address(address)
    except ValueError:
        return None
    return getattr(ip, "ipv4_mapped", None) or ip  # ::ffff:192.0.2.1, as a dual-stack socket names IPv4 callers
