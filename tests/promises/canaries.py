"""Made-up secrets and personal data, each used once, so that it is known wherever it turns up; eyes on processes."""

from __future__ import annotations

import contextlib
import random
import re
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import quote

import psutil

_LETTERS = "bcdfghjklmnpqrstvwxz"


class Canaries:
    """Makes them, and finds them."""

    def __init__(self, dice: random.Random) -> None:
        self.made: dict[str, str] = {}  # value → what it is
        self._forms: dict[str, str] = {}  # as itself, as in addresses, as in JSON → what it is
        self._dice = dice

    def keep(self, kind: str, value: str) -> str:
        """One that somebody else made: a token, a cookie."""
        assert len(value) >= 8, (kind, value)
        self.made[value] = kind
        for form in (value, quote(value), quote(value, safe=""), ascii(value)[1:-1]):
            self._forms[form] = f"{kind} {value}"
        return value

    def word(self, kind: str = "text") -> str:
        """A word that nobody else uses."""
        return self.keep(kind, "zq" + "".join(self._dice.choices(_LETTERS, k=10)))

    def password(self) -> str:
        return self.keep("password", f"{self.word('password')} %s Päss=&?{self._dice.randrange(10**6)}")

    def email(self) -> str:
        return self.keep("e-mail", f"{self.word('e-mail')}@{self.word('e-mail')}.example")

    def iban(self) -> str:
        return self.keep("IBAN", f"IT60X05428{self._digits(17)}")

    def card(self) -> str:
        """With blanks, as people write it; without them it is kept too."""
        digits = f"4111{self._digits(12)}"
        self.keep("card", digits)
        return self.keep("card", " ".join(re.findall("....", digits)))

    def phone(self) -> str:
        return self.keep("phone", f"+39045{self._digits(7)}")

    def message(self) -> str:
        """What somebody writes who should not."""
        parts = f"charged card {self.card()} twice, IBAN {self.iban()}, call {self.phone()} or write to {self.email()}"
        return f"You {parts}; my password is {self.password()} and the case is called {self.word()}."

    def found_in(self, text: str) -> list[str]:
        """Which are in a text, also as addresses and JSON write them."""
        return sorted({what for form, what in list(self._forms.items()) if form in text})

    def found_in_files(self, paths: Iterable[Path]) -> list[str]:
        """The same for files."""
        return [f"{p.name}: {what}" for p in paths for what in self.found_in(p.read_text("utf-8", errors="replace"))]

    def _digits(self, count: int) -> str:
        return "".join(self._dice.choices("0123456789", k=count))


@dataclass
class Seen:
    """The command lines of all processes meanwhile."""

    canaries: Canaries
    lines: set[str] = field(default_factory=set)
    looks: int = 0

    @property
    def arguments(self) -> list[str]:
        """The command lines in which there is a canary, and which."""
        return [f"{line[:200]} has {found}" for line in self.lines if (found := self.canaries.found_in(line))]


@contextmanager
def watching_arguments(canaries: Canaries) -> Iterator[Seen]:
    """Looks at the command lines of all processes of the machine, again and again."""
    seen, over = Seen(canaries), threading.Event()
    own = psutil.Process().pid

    def look() -> None:
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):  # it has ended
                if path.parent.name != str(own) and (line := path.read_bytes()):
                    seen.lines.add(line.replace(b"\x00", b" ").decode(errors="replace"))
        seen.looks += 1

    def run() -> None:
        while not over.is_set():
            look()
            time.sleep(0.05)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield seen
    over.set()
    thread.join()


def beyond_loopback(process: psutil.Process) -> set[int]:
    """The ports on which a process and its children listen for other machines."""
    found = set()
    for one in [process, *process.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            for connection in one.net_connections("inet"):
                if connection.status == psutil.CONN_LISTEN and not ip_address(connection.laddr.ip).is_loopback:
                    found.add(int(connection.laddr.port))
    return found


STRACE = ["strace", "-f", "-D", "-qq", "--seccomp-bpf", "-e", "trace=connect,bind", "-e", "signal=none", "-o"]
_CALL = re.compile(r"(connect|bind)\(\d+, \{sa_family=AF_(\w+)(.*?)\}")
_PORT = re.compile(r"sin6?_port=htons\((\d+)\)")
_ADDRESS = re.compile(r'inet_(?:addr\(|pton\(AF_INET6, )"([^"]+)"')


def sockets_beyond(trace: str, port: int) -> list[str]:
    """Where a traced run connected or bound a socket to: all but loopback, this machine's own files, and `port`."""
    found = []
    for call, family, rest in _CALL.findall(trace):
        if family in ("UNIX", "NETLINK", "UNSPEC"):
            continue
        where, at = _ADDRESS.search(rest), _PORT.search(rest)
        if where and ip_address(where[1]).is_loopback:
            continue
        if call == "bind" and at and int(at[1]) == port:
            continue
        found.append(f"{call} {family} {where[1] if where else rest} port {at[1] if at else '?'}")
    return found
