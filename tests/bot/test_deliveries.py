"""E-mail and webhooks: what the receiver gets, what is tried again, and that nothing is lost or overtaken."""

from __future__ import annotations

import asyncio
import email
import hashlib
import hmac
import json
import re
import smtplib
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot import deliveries as module
from bot.deliveries import Deliveries, DeliveryError, Mail, Webhook, notify, senders, signature
from settings import Secret, Settings
from tests.bot.peers import serving
from tests.service import free_port
from tickets import outbox
from tickets.base import now
from tickets.database import Database
from tickets.ticket_models import Delivery

SECRET = "s" * 32
Answer = Callable[[int], Response]


class Hook:
    """A receiver of webhooks that answers as told and remembers what it was told."""

    def __init__(self) -> None:
        self.url = ""
        self.heard: list[tuple[dict[str, str], bytes, float]] = []
        self.answer: Answer = lambda _: Response(status_code=204)
        self.app = Starlette(routes=[Route("/{path:path}", self._hear, methods=["GET", "POST"])])

    async def _hear(self, request: Request) -> Response:
        self.heard.append((dict(request.headers), await request.body(), time.monotonic()))
        return self.answer(len(self.heard))

    def bodies(self) -> list[dict[str, Any]]:
        """What was said."""
        return [json.loads(body) for _, body, _ in self.heard]


class Post:
    """A mail server that takes what it is told to."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.code = "250 OK"
        self.rcpt = "250 OK"

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.code.startswith("250"):
            self.mails.append(envelope.content)
            self.envelopes.append((envelope.mail_from, envelope.rcpt_tos))
        return self.code


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    """A receiver of webhooks."""
    receiver = Hook()
    async with serving(receiver.app) as receiver.url:
        yield receiver


@pytest.fixture
def post() -> Post:
    """A mail server's memory."""
    return Post()


@pytest.fixture
def mail_server(post: Post) -> Iterator[str]:
    """A mail server without encryption, on loopback."""
    controller = Controller(post, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield f"smtp://127.0.0.1:{controller.port}"
    controller.stop()


@asynccontextmanager
async def working(database: Database, **how: Any) -> AsyncIterator[Deliveries]:
    """The worker, running."""
    worker = Deliveries(database, how)
    task = asyncio.create_task(worker.run())
    await asyncio.sleep(0.05)
    yield worker
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await worker.stop()


async def until(condition: Callable[[], Any], seconds: float = 10.0) -> None:
    """Wait for something."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come"
        await asyncio.sleep(0.01)


def put(database: Database, target: str, destination: str = "webhook", **body: Any) -> Delivery:
    """Something to deliver."""
    return database.write(lambda session: outbox.put(session, destination, target, body))


def states(database: Database) -> list[str]:
    """How deliveries stand, in their order."""
    return database.read(lambda session: list(session.scalars(select(Delivery.state).order_by(Delivery.id))))


def delivery(**values: Any) -> Delivery:
    """A delivery that is in no database."""
    given = {"id": "ab" * 16, "destination": "email", "target": "ann@acme.example", "attempts": 1, **values}
    return Delivery(**given)


class TestWorker:
    async def test_it_starts_at_once_when_something_is_put(self, database: Database, hook: Hook) -> None:
        async with working(database, webhook=Webhook(Secret(SECRET)).send):
            start = time.monotonic()
            made = put(database, hook.url, type="ticket.opened")
            await until(lambda: states(database) == ["sent"])
        assert time.monotonic() - start < 2
        assert hook.bodies() == [{"id": made.id, "type": "ticket.opened"}]

    async def test_what_an_earlier_run_left_is_sent(self, database: Database, hook: Hook) -> None:
        put(database, hook.url)
        async with working(database, webhook=Webhook(Secret(SECRET)).send):
            await until(lambda: states(database) == ["sent"])

    async def test_what_fails_is_tried_again_with_the_same_id_before_what_is_behind_it(
        self, database: Database, hook: Hook, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(outbox, "FIRST_PAUSE", 0.05)
        hook.answer = lambda count: Response(status_code=500 if count < 4 else 200)
        first, second = put(database, hook.url, number=1), put(database, hook.url, number=2)
        async with working(database, webhook=Webhook(Secret(SECRET)).send):
            await until(lambda: states(database) == ["sent", "sent"])
        assert [body["id"] for body in hook.bodies()] == [first.id] * 4 + [second.id]

    async def test_twenty_targets_are_served_beside_one_that_hangs(self, database: Database, hook: Hook) -> None:
        hanging = asyncio.Event()

        async def send(one: Delivery) -> None:
            if one.target == "slow":
                await hanging.wait()

        put(database, "slow")
        for number in range(20):
            put(database, f"quick {number}")
        async with working(database, webhook=send):
            await until(lambda: states(database).count("sent") == 20)
            hanging.set()
            await until(lambda: states(database).count("sent") == 21)

    async def test_where_one_destination_hangs_the_others_do_not_wait(self, database: Database, hook: Hook) -> None:
        hanging = asyncio.Event()

        async def hang(_: Delivery) -> None:
            await hanging.wait()

        for number in range(10):
            put(database, f"T1:C{number}", "slack")
        put(database, hook.url)
        async with working(database, slack=hang, webhook=Webhook(Secret(SECRET)).send):
            await until(lambda: hook.heard)
            hanging.set()
            await until(lambda: set(states(database)) == {"sent"})

    async def test_a_refusal_for_good_is_given_up_and_the_next_goes(self, database: Database, hook: Hook) -> None:
        hook.answer = lambda count: Response(status_code=410 if count == 1 else 200)
        put(database, hook.url), put(database, hook.url)
        async with working(database, webhook=Webhook(Secret(SECRET)).send):
            await until(lambda: states(database) == ["dead", "sent"])
        problem = database.read(lambda session: session.scalars(select(Delivery.problem)).first())
        assert problem == "HTTP 410"

    async def test_one_too_slow_is_tried_again(
        self, database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(module, "_WHOLE_SECONDS", 0.05)
        monkeypatch.setattr(outbox, "FIRST_PAUSE", 0.01)
        tries: list[int] = []

        async def send(one: Delivery) -> None:
            tries.append(one.attempts)
            if len(tries) == 1:
                await asyncio.sleep(5)

        put(database, "somewhere", text="the partner's words")
        async with working(database, webhook=send):
            await until(lambda: states(database) == ["sent"])
        assert tries == [1, 2]
        assert "too slow" in caplog.text
        assert "words" not in caplog.text

    async def test_a_fault_of_ours_is_logged_and_the_worker_goes_on(
        self, database: Database, hook: Hook, caplog: pytest.LogCaptureFixture
    ) -> None:
        put(database, "x", "email")  # a body that no e-mail can be made of
        put(database, hook.url)
        mail = Mail(Secret("smtp://127.0.0.1:1"), "care@example.com")
        async with working(database, email=mail.send, webhook=Webhook(Secret(SECRET)).send):
            await until(lambda: "sent" in states(database))
        assert "inside the bot" in caplog.text or "not an e-mail address" in caplog.text

    async def test_without_anything_set_up_it_does_nothing(self, database: Database) -> None:
        put(database, "https://a.example")
        await asyncio.wait_for(Deliveries(database, {}).run(), 1)
        assert states(database) == ["pending"]


class TestWebhook:
    async def test_the_receiver_can_check_whom_it_is_from(self, hook: Hook) -> None:
        await Webhook(Secret(SECRET)).send(delivery(target=hook.url, body={"type": "ticket.opened", "ticket": {}}))
        ((headers, body, _),) = hook.heard
        found = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})", headers["x-care-signature"])
        assert found is not None
        assert abs(int(found[1]) - time.time()) < 5
        assert hmac.new(SECRET.encode(), f"{found[1]}.".encode() + body, hashlib.sha256).hexdigest() == found[2]
        assert headers["x-care-delivery"] == "ab" * 16 == json.loads(body)["id"]
        assert headers["content-type"] == "application/json"

    def test_a_signature_that_others_can_compute(self) -> None:
        """The example of docs/operations.md."""
        assert signature("k" * 32, b'{"id":"1"}', 1_700_000_000) == (
            "t=1700000000,v1=" + hmac.new(b"k" * 32, b'1700000000.{"id":"1"}', "sha256").hexdigest()
        )

    @pytest.mark.parametrize(
        ("status", "permanent"),
        [
            *((status, True) for status in (300, 301, 302, 307, 400, 401, 404, 410)),
            *((status, False) for status in (408, 429, 500, 502, 503, 599)),
        ],
    )
    async def test_whether_trying_again_helps_is_in_the_error(self, hook: Hook, status: int, permanent: bool) -> None:
        hook.answer = lambda _: Response(status_code=status, headers={"location": f"{hook.url}/elsewhere"})
        with pytest.raises(DeliveryError, match=f"HTTP {status}") as failed:
            await Webhook(Secret(SECRET)).send(delivery(target=hook.url, body={}))
        assert failed.value.permanent is permanent
        assert len(hook.heard) == 1  # a redirection is not followed

    @pytest.mark.parametrize(
        ("said", "seconds"),
        [
            ("7", 7),
            ("", 0),
            ("soon", 0),
            ("-5", 0),
            ("²", 0),
            ("9" * 30, 9_999_999),
            ("Fri, 31 Dec 1999 23:59:59 GMT", 0),
        ],
    )
    async def test_a_wish_to_wait_is_passed_on(self, hook: Hook, said: str, seconds: float) -> None:
        hook.answer = lambda _: Response(status_code=429, headers={"retry-after": said.encode().decode("latin-1")})
        with pytest.raises(DeliveryError) as failed:
            await Webhook(Secret(SECRET)).send(delivery(target=hook.url, body={}))
        assert failed.value.retry_after == seconds

    async def test_nobody_there_is_tried_again(self) -> None:
        with pytest.raises(DeliveryError) as failed:
            await Webhook(Secret(SECRET)).send(delivery(target=f"http://127.0.0.1:{free_port()}", body={}))
        assert not failed.value.permanent

    async def test_no_address_at_all_is_given_up(self) -> None:
        with pytest.raises(DeliveryError) as failed:
            await Webhook(Secret(SECRET)).send(delivery(target="nowhere", body={}))
        assert failed.value.permanent


class TestMail:
    async def test_what_the_partner_gets(self, post: Post, mail_server: str) -> None:
        body = {
            "subject": "CC-000001: Où est-il?",
            "text": "Hello Ann,\n\n.a line with a dot\n" + "long " * 400 + "ü\n",
        }
        await Mail(Secret(mail_server), "Customer Care <care@example.com>").send(delivery(body=body))
        (raw,) = post.mails
        message = email.message_from_bytes(raw, policy=default)
        assert message["Subject"] == "CC-000001: Où est-il?"
        assert (message["From"], message["To"]) == ("Customer Care <care@example.com>", "ann@acme.example")
        assert message["X-Care-Delivery"] == "ab" * 16
        assert message["Message-ID"] == f"<{'ab' * 16}@example.com>"
        assert message["Auto-Submitted"] == "auto-generated"
        assert message.get_content_type() == "text/plain"
        assert message.get_content().replace("\r\n", "\n") == body["text"]
        assert max(map(len, raw.splitlines())) < 100
        assert post.envelopes == [("care@example.com", ["ann@acme.example"])]

    @pytest.mark.parametrize(
        "evil", ["a\r\nBcc: evil@example.org", "a\nX-Evil: 1", "a\x00b", "a\u2028Bcc: x", "\r\n\r\nhi"]
    )
    async def test_a_line_break_is_no_header(self, post: Post, mail_server: str, evil: str) -> None:
        await Mail(Secret(mail_server), "care@example.com").send(delivery(body={"subject": evil, "text": "hello"}))
        message = email.message_from_bytes(post.mails[0], policy=default)
        assert message.keys().count("Bcc") == message.keys().count("X-Evil") == 0
        assert set(message.keys()) <= {
            *("From", "To", "Subject", "Date", "Message-ID", "X-Care-Delivery", "Auto-Submitted"),
            *("Content-Type", "Content-Transfer-Encoding", "MIME-Version", "X-Peer", "X-MailFrom", "X-RcptTo"),
        }
        assert message.get_content().strip() == "hello"

    @pytest.mark.parametrize(
        "target",
        ["nobody", "a@b@c", "a@b\r\nRCPT TO:<evil@example.org>", "a b@c.example", "x" * 400, "ü@c.example"],
    )
    async def test_what_is_no_address_is_given_up(self, post: Post, mail_server: str, target: str) -> None:
        mail = Mail(Secret(mail_server), "care@example.com")
        with pytest.raises(DeliveryError) as failed:
            await mail.send(delivery(target=target, body={"subject": "s", "text": "t"}))
        assert failed.value.permanent
        assert all("evil" not in str(envelope) for envelope in post.envelopes)

    @pytest.mark.parametrize(
        ("answer", "permanent"), [("550 no such user", True), ("451 come back later", False), ("552 full", True)]
    )
    @pytest.mark.parametrize("when", ["rcpt", "code"])
    async def test_a_refusal_says_whether_it_is_for_good(
        self, post: Post, mail_server: str, when: str, answer: str, permanent: bool
    ) -> None:
        setattr(post, when, answer)
        with pytest.raises(DeliveryError, match=f"SMTP {answer[:3]}") as failed:
            await Mail(Secret(mail_server), "care@example.com").send(delivery(body={"subject": "s", "text": "t"}))
        assert failed.value.permanent is permanent
        assert "ann@" not in str(failed.value)

    async def test_nobody_there_is_tried_again(self) -> None:
        with pytest.raises(DeliveryError) as failed:
            await Mail(Secret(f"smtp://127.0.0.1:{free_port()}"), "care@example.com").send(
                delivery(body={"subject": "s", "text": "t"})
            )
        assert not failed.value.permanent

    @pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
    async def test_it_signs_in_with_the_password_of_the_address(self, post: Post) -> None:
        tried: list[Any] = []

        def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
            tried.append((data.login, data.password))
            return AuthResult(success=data.password == b"p@ss word", handled=False)

        controller = Controller(
            post,
            hostname="127.0.0.1",
            port=free_port(),
            authenticator=check,
            auth_required=True,
            auth_require_tls=False,
        )
        controller.start()
        try:
            body = {"subject": "s", "text": "t"}
            await Mail(Secret(f"smtp://care:p%40ss%20word@127.0.0.1:{controller.port}"), "care@example.com").send(
                delivery(body=body)
            )
            assert tried == [(b"care", b"p@ss word")]
            with pytest.raises(DeliveryError, match="SMTP 535") as failed:
                await Mail(Secret(f"smtp://care:wrong@127.0.0.1:{controller.port}"), "care@example.com").send(
                    delivery(body=body)
                )
            assert not failed.value.permanent  # the password can be put right
        finally:
            controller.stop()

    async def test_a_password_is_never_sent_in_clear_over_a_network(
        self, mail_server: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "_loopback", lambda _: False)
        said: list[Any] = []
        monkeypatch.setattr(smtplib.SMTP, "login", lambda *given: said.append(given))
        url = mail_server.replace("smtp://", "smtp://care:secret@")
        with pytest.raises(DeliveryError, match="no encryption") as failed:
            await Mail(Secret(url), "care@example.com").send(delivery(body={"subject": "s", "text": "t"}))
        assert said == []
        assert not failed.value.permanent

    @pytest.mark.parametrize(
        ("url", "port", "tls"),
        [
            ("smtp://h", 25, False),
            ("smtp://u:p@h", 587, False),
            ("smtps://h", 465, True),
            ("smtp://h:2525", 2525, False),
        ],
    )
    def test_the_port_follows_from_the_address(self, url: str, port: int, tls: bool) -> None:
        mail = Mail(Secret(url), "care@example.com")
        assert (mail._port, mail._tls) == (port, tls)

    def test_the_sender_can_be_asked_for_repeats(self) -> None:
        mail = Mail(Secret("smtp://h"), "care@example.com")
        one = delivery(body={"subject": "s", "text": "t"})
        assert mail.message(one)["Message-ID"] == mail.message(one)["Message-ID"]


class TestSettings:
    def test_nothing_set_up_sends_nothing(self) -> None:
        settings = Settings.load({})
        assert senders(settings) == {}
        assert notify(settings) == notify(Settings.load({}))
        assert notify(settings).webhook_url == ""

    def test_each_can_be_set_up_alone(self) -> None:
        mail = Settings.load({"CARE_SMTP_URL": "smtp://h", "CARE_MAIL_FROM": "care@example.com"})
        assert senders(mail).keys() == {"email"}
        assert notify(mail).partners_by_email
        hook = Settings.load({"CARE_WEBHOOK_URL": "https://h.example", "CARE_WEBHOOK_SECRET": SECRET})
        assert senders(hook).keys() == {"webhook"}
        assert notify(hook).webhook_url == "https://h.example"
        assert SECRET not in repr(hook)


async def test_retry_after_is_a_date_sometimes() -> None:
    from datetime import timedelta
    from email.utils import format_datetime

    in_a_minute = format_datetime(now() + timedelta(seconds=60), usegmt=True)
    assert 55 < module._seconds(in_a_minute) <= 60
