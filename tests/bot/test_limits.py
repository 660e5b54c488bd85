"""How many messages and conversations one sender or address may start."""

from __future__ import annotations

import pytest

from bot import limits as module
from bot.limits import Limits, Window


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that limits are counted by."""
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


class TestWindow:
    def test_one_too_many_is_refused_until_the_window_has_passed(self, clock: Clock) -> None:
        window = Window(3, seconds=60)
        assert [window.allows("ann") for _ in range(5)] == [True, True, True, False, False]
        clock.now += 59.9
        assert not window.allows("ann")
        clock.now += 0.1
        assert window.allows("ann")

    def test_a_refused_event_does_not_lengthen_the_wait(self, clock: Clock) -> None:
        window = Window(1, seconds=60)
        assert window.allows("ann")
        clock.now += 50
        assert not window.allows("ann")
        clock.now += 10
        assert window.allows("ann")

    def test_the_window_slides(self, clock: Clock) -> None:
        """No double portion at the turn of a minute, as counters that start afresh would give."""
        window = Window(2, seconds=60)
        assert window.allows("ann")
        clock.now += 40
        assert window.allows("ann")
        clock.now += 30  # the first is out of the window, the second is not
        assert [window.allows("ann"), window.allows("ann")] == [True, False]

    def test_one_sender_does_not_use_up_anothers(self) -> None:
        window = Window(1, seconds=60)
        assert [window.allows("ann"), window.allows("bob"), window.allows("ann")] == [True, True, False]

    def test_zero_lifts_the_limit(self) -> None:
        window = Window(0, seconds=60)
        assert all(window.allows("ann") for _ in range(1000))

    def test_memory_is_bounded_by_forgetting_who_was_quiet_longest(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "_MOST_KEYS", 100)
        window = Window(1, seconds=60)
        for number in range(1000):
            window.allows(str(number))
        assert len(window._seen) == 100
        assert not window.allows("999")
        assert window.allows("0")  # forgotten


class TestLimits:
    def test_messages_are_limited_by_the_minute_and_by_the_hour(self, clock: Clock) -> None:
        limits = Limits(messages_a_minute=2)
        assert [limits.message("c") for _ in range(3)] == [True, True, False]
        for _ in range(20):
            clock.now += 60
            limits.message("c")
            limits.message("c")
        assert not limits.message("c")
        clock.now += 3600
        assert limits.message("c")

    def test_twenty_a_minute_are_two_hundred_an_hour(self, clock: Clock) -> None:
        limits, taken = Limits(messages_a_minute=20), 0
        for _ in range(30):
            taken += sum(limits.message("c") for _ in range(20))
            clock.now += 60
        assert taken == 200

    def test_an_address_may_begin_ten_conversations_an_hour(self) -> None:
        limits = Limits(20)
        assert sum(limits.conversation("192.0.2.1") for _ in range(30)) == 10
        assert limits.conversation("192.0.2.2")

    @pytest.mark.parametrize("network", ["192.0.2.{}", "2001:db8:1:2::{:x}", "::ffff:192.0.2.{}"])
    def test_a_network_may_begin_a_hundred(self, network: str) -> None:
        limits = Limits(20)
        assert sum(limits.conversation(network.format(number)) for number in range(1, 200)) == 100

    def test_ipv4_callers_of_a_dual_stack_socket_are_different_networks(self) -> None:
        """They come as ::ffff:a.b.c.d, all in one IPv6 network."""
        limits = Limits(20)
        assert all(limits.conversation(f"::ffff:198.51.{number}.1") for number in range(200))

    @pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"])
    def test_this_machine_may_always(self, address: str) -> None:
        limits = Limits(20)
        assert all(limits.conversation(address) for _ in range(200))

    @pytest.mark.parametrize("address", ["", "unix:", "localhost", "192.0.2.1, 198.51.100.1", "<script>"])
    def test_what_is_no_address_may_not(self, address: str) -> None:
        assert not Limits(20).conversation(address)

    def test_zero_lifts_all_limits(self) -> None:
        limits = Limits(0)
        assert all(limits.message("c") and limits.conversation("192.0.2.1") for _ in range(1000))
        assert all(limits.frames.allows("c") for _ in range(1000))
        assert limits.most_sockets_a_conversation > 10_000


def test_a_named_event_counts_once(clock: Clock) -> None:
    """A request sent again is no new one."""
    window = Window(2, seconds=60)
    assert [window.allows("ann", name) for name in ("a", "a", "b", "a", "c", "b")] == [True] * 4 + [False, True]
    clock.now += 60
    assert window.allows("ann", "c")


def test_tickets_are_counted_by_partner_or_by_address_and_not_on_this_machine() -> None:
    limits = Limits(20)
    assert [limits.ticket(None, "203.0.113.5", str(key)) for key in range(11)] == [True] * 10 + [False]
    assert not limits.ticket(None, "::ffff:203.0.113.5", "another")
    assert [limits.ticket("ann", "203.0.113.5", str(key)) for key in range(31)] == [True] * 30 + [False]
    assert all(limits.ticket(None, "127.0.0.1", str(key)) for key in range(50))
    assert not limits.ticket(None, "nowhere", "key")
    lifted = Limits(0)
    assert all(lifted.ticket(None, "203.0.113.5", str(key)) for key in range(50))
