"""Sends what is in the outbox: e-mail by SMTP, webhooks signed with a secret. At least once, in order for each target.

An error says whether it is permanent. What is not is tried again by tickets/outbox.py's rules.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import logging
import re
import smtplib
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr, parsedate_to_datetime
from functools import partial
from ipaddress import ip_address
from typing import TypeVar
from urllib.parse import unquote, urlsplit

import aiohttp
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot import metrics
from bot.bells import set_on_commit
from settings import Secret, Settings
from tickets import outbox
from tickets.base import now
from tickets.database import Database
from tickets.notices import Notify
from tickets.ticket_models import Delivery

log = logging.getLogger("care.deliveries")

_T = TypeVar("_T")
_POLL_SECONDS = 5.0
_AT_ONCE = 8  # to each destination: where one hangs, the others do not wait
_SEND_SECONDS = 10.0  # for each step on the network
_WHOLE_SECONDS = 25.0  # less than the lease, so that nobody else sends the same meanwhile
_STOP_SECONDS = 3.0
_MAILBOX = re.compile(r"(?P<name>[^<>@\"\x00-\x1f]*<)?(?P<address>[^\s@<>,;:\"()\\]+@[A-Za-z0-9][\w.-]*)(?(name)>)")


class DeliveryError(Exception):
    """Something was not delivered.

    Attributes:
        permanent: trying again would not help.
        retry_after: seconds that the receiver asked us to wait.
        paced: it is well, and only sets the pace.
    """

    def __init__(self, problem: str, *, permanent: bool, retry_after: float = 0.0, paced: bool = False) -> None:
        super().__init__(problem)
        self.permanent = permanent
        self.retry_after = retry_after
        self.paced = paced


Send = Callable[[Delivery], Awaitable[None]]


def notify(settings: Settings) -> Notify:
    """Where notices go, as the settings say."""
    by_email = bool(settings.smtp_url.value)
    return Notify(settings.webhook_url, by_email, settings.notify_email, settings.slack_agent_channels)


def senders(settings: Settings) -> dict[str, Send]:
    """How each destination is sent to; what is not set up is left out, and waits."""
    found: dict[str, Send] = {}
    if settings.smtp_url.value:
        found["email"] = Mail(settings.smtp_url, settings.mail_from).send
    if settings.webhook_url:
        found["webhook"] = Webhook(settings.webhook_secret).send
    return found


class Deliveries:
    """Works through the outbox until it is stopped."""

    def __init__(self, database: Database, senders: Mapping[str, Send]) -> None:
        self._database = database
        self._senders = senders
        self._sending: dict[str, set[asyncio.Task[None]]] = {destination: set() for destination in senders}
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Send what is due; at once when something is put in, else every five seconds."""
        if not self._senders:
            return
        set_on_commit(self._database, outbox.BELL, self._wake)
        while True:
            self._wake.clear()
            for delivery in await self._claim():
                task = asyncio.create_task(self._deliver(delivery))
                self._sending[delivery.destination].add(task)
                task.add_done_callback(partial(self._sent, delivery.destination))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), _POLL_SECONDS)

    async def stop(self) -> None:
        """Wait a moment for what is on its way; the rest is sent again after its lease."""
        if sending := set().union(*self._sending.values()):
            _, late = await asyncio.wait(sending, timeout=_STOP_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _sent(self, destination: str, task: asyncio.Task[None]) -> None:
        self._sending[destination].discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("a delivery failed inside the bot", exc_info=error)
        self._wake.set()  # the next for the same target may go

    async def _claim(self) -> list[Delivery]:
        """What is due, as far as each destination has room."""
        rooms = {destination: _AT_ONCE - len(sending) for destination, sending in self._sending.items()}

        def take(session: Session) -> list[Delivery]:
            at = now()
            due = [outbox.claim(session, (name,), at, room) for name, room in rooms.items() if room > 0]
            return [delivery for some in due for delivery in some]

        if not any(room > 0 for room in rooms.values()):
            return []
        try:
            return await asyncio.wrap_future(self._database.submit(take))
        except SQLAlchemyError as error:
            log.error("the outbox cannot be read now: %s", type(error).__name__)
            return []

    async def _deliver(self, delivery: Delivery) -> None:
        try:
            async with asyncio.timeout(_WHOLE_SECONDS):
                await self._senders[delivery.destination](delivery)
        except DeliveryError as error:
            await self._failed(delivery, error)
        except TimeoutError:
            await self._failed(delivery, DeliveryError("too slow", permanent=False))
        else:
            metrics.DELIVERIES.labels(delivery.destination, "sent").inc()
            await self._write(partial(outbox.done, delivery=delivery, at=now()))

    async def _failed(self, delivery: Delivery, error: DeliveryError) -> None:
        write = partial(
            outbox.failed,
            delivery=delivery,
            at=now(),
            problem=str(error),
            permanent=error.permanent,
            retry_after=error.retry_after,
            paced=error.paced,
        )
        written = await self._write(write)
        dead = written is not None and written[0] == outbox.DEAD
        metrics.DELIVERIES.labels(delivery.destination, "dead" if dead else "failed").inc()
        log.log(
            logging.ERROR if dead else logging.WARNING,
            "delivery %s by %s, try %d: %s%s",
            *(delivery.id, delivery.destination, delivery.attempts, error, "; given up" if dead else ""),
        )
        if written is not None and not dead:
            again = max(0.0, (written[1] - now()).total_seconds())
            asyncio.get_running_loop().call_later(again, self._wake.set)

    async def _write(self, work: Callable[[Session], _T]) -> _T | None:
        try:
            return await asyncio.wrap_future(self._database.submit(work))
        except SQLAlchemyError as error:  # it is sent again after its lease; the receiver knows its id
            log.error("the outcome of a delivery could not be stored: %s", type(error).__name__)
            return None


class Webhook:
    """Tells an address by POST; the receiver knows us by the signature and a repeat by its id."""

    def __init__(self, secret: Secret) -> None:
        self._secret = secret

    async def send(self, delivery: Delivery) -> None:
        """Send it; raises DeliveryError unless the receiver answers 2xx."""
        body = json.dumps({"id": delivery.id, **delivery.body}).encode()
        headers = {
            "content-type": "application/json",
            "user-agent": "customer-care-bot",
            "x-care-delivery": delivery.id,
            "x-care-signature": signature(self._secret.value, body, int(time.time())),
        }
        limit = aiohttp.ClientTimeout(total=_SEND_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(timeout=limit, auto_decompress=False) as http,
                http.post(delivery.target, data=body, headers=headers, allow_redirects=False) as response,
            ):
                status, wait = response.status, _seconds(response.headers.get("retry-after", ""))
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise DeliveryError(type(error).__name__, permanent=isinstance(error, aiohttp.InvalidURL)) from None
        if not 200 <= status < 300:
            again = status in (408, 429) or status >= 500
            raise DeliveryError(f"HTTP {status}", permanent=not again, retry_after=wait)


def signature(secret: str, body: bytes, at: int) -> str:
    """What X-Care-Signature holds: the time, and the HMAC-SHA256 of the time, a dot and the body."""
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={signed}"


class Mail:
    """Sends plain text by SMTP, encrypted wherever the server can."""

    def __init__(self, url: Secret, sender: str) -> None:
        found = urlsplit(url.value)
        self._host, self._tls = found.hostname or "", found.scheme == "smtps"
        self._port = found.port or (465 if self._tls else 587 if found.username else 25)
        self._user, self._password = unquote(found.username or ""), Secret(unquote(found.password or ""))
        self._sender = sender
        # What we call ourselves in EHLO: smtplib would look our own name up in the DNS for every message.
        self._ourselves = parseaddr(sender)[1].rpartition("@")[2]

    async def send(self, delivery: Delivery) -> None:
        """Send it; raises DeliveryError unless the server takes it."""
        await asyncio.to_thread(self._send, delivery)

    def message(self, delivery: Delivery) -> EmailMessage:
        """What is sent. Line breaks in names and subjects cannot become headers."""
        name, address = parseaddr(self._sender)
        message = EmailMessage(policy=SMTP)
        message["From"] = Address(_one_line(name), addr_spec=address)
        mailbox = _MAILBOX.fullmatch(delivery.target)
        if mailbox is None:
            raise DeliveryError("not an e-mail address", permanent=True)
        try:
            message["To"] = Address(addr_spec=mailbox["address"])
        except ValueError as error:  # letters before the @ that mail does not take
            raise DeliveryError("not an e-mail address", permanent=True) from error
        message["Subject"] = _one_line(str(delivery.body["subject"]))[:300]
        message["Date"] = format_datetime(now())
        message["Message-ID"] = f"<{delivery.id}@{address.rpartition('@')[2]}>"
        message["X-Care-Delivery"] = delivery.id
        message["Auto-Submitted"] = "auto-generated"
        text = str(delivery.body["text"]).replace("\x00", "")
        message.set_content(text.encode(errors="replace").decode(), cte="quoted-printable")
        return message

    def _send(self, delivery: Delivery) -> None:
        message = self.message(delivery)
        try:
            server = self._connected()
            try:
                server.send_message(message)
            finally:  # it is sent by now, or it is not, whatever the goodbye brings
                with contextlib.suppress(smtplib.SMTPException, OSError):
                    server.quit()
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()), (0, b""))[0]
            raise DeliveryError(f"SMTP {code}", permanent=500 <= code < 600) from None
        except (smtplib.SMTPAuthenticationError, smtplib.SMTPConnectError, smtplib.SMTPHeloError) as error:
            # Of the connection, not of this message: a wrong setting can be put right.
            raise DeliveryError(f"SMTP {error.smtp_code}", permanent=False) from None
        except smtplib.SMTPResponseException as error:
            raise DeliveryError(f"SMTP {error.smtp_code}", permanent=500 <= error.smtp_code < 600) from None
        except smtplib.SMTPNotSupportedError:
            raise DeliveryError("the mail server cannot take this address or password", permanent=True) from None
        except (smtplib.SMTPException, OSError) as error:
            raise DeliveryError(type(error).__name__, permanent=False) from None

    def _connected(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self._tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self._host, self._port, self._ourselves, timeout=_SEND_SECONDS, context=context
            )
        else:
            server = smtplib.SMTP(self._host, self._port, self._ourselves, timeout=_SEND_SECONDS)
        try:
            server.ehlo_or_helo_if_needed()
            if not self._tls and server.has_extn("starttls"):
                server.starttls(context=context)
                server.ehlo()
            elif not self._tls and self._user and not _loopback(self._host):
                raise DeliveryError("the mail server offers no encryption for the password", permanent=False)
            if self._user:
                server.login(self._user, self._password.value)
        except BaseException:
            server.close()
            raise
        return server


def _one_line(text: str) -> str:
    """A text for a header. “=?” would begin an encoded word, which Python decodes: line breaks come out of it."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line.replace("=?", "= ?")


def _seconds(retry_after: str) -> float:
    """What Retry-After asks for: seconds, or a date."""
    if retry_after.isascii() and retry_after.isdecimal():
        return float(retry_after[:7])
    try:
        return max(0.0, (parsedate_to_datetime(retry_after) - now()).total_seconds())
    except (ValueError, TypeError):
        return 0.0


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
