"""A web socket made by hand, which can say what no well-behaved client would."""

from __future__ import annotations

import asyncio
import os
import struct

TEXT, BINARY, CLOSE, PING = 0x1, 0x2, 0x8, 0x9


class RawSocket:
    """An open web socket to the chat.

    `code` is the server's close code once it has hung up: 1005 if it named none, 1006 if it said nothing.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.code: int | None = None

    @classmethod
    async def open(cls, port: int, source: str = "127.0.0.1") -> RawSocket:
        """Shake hands as our own page does. Raises ConnectionError when refused."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
        lines = [
            "GET /api/web/socket HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            f"Origin: http://127.0.0.1:{port}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
        if b" 101 " not in answer.splitlines()[0]:
            raise ConnectionError(answer.decode())
        return cls(reader, writer)

    def send(self, kind: int, payload: bytes, *, last: bool = True, masked: bool = True, reserved: int = 0) -> None:
        """Send one frame, right or wrong. What is sent after the server hung up is lost."""
        head = bytes([last << 7 | reserved << 4 | kind])
        mark = masked << 7
        if len(payload) < 126:
            head += bytes([mark | len(payload)])
        elif len(payload) < 2**16:
            head += bytes([mark | 126]) + struct.pack("!H", len(payload))
        else:
            head += bytes([mark | 127]) + struct.pack("!Q", len(payload))
        if masked:
            key = os.urandom(4)
            head += key
            stream = (key * (len(payload) // 4 + 1))[: len(payload)]
            payload = (int.from_bytes(payload, "big") ^ int.from_bytes(stream, "big")).to_bytes(len(payload), "big")
        self.send_bytes(head + payload)

    def send_bytes(self, anything: bytes) -> None:
        """Send bytes that need not be a frame."""
        if not self._writer.is_closing():
            self._writer.write(anything)

    async def replies(self, idle: float) -> list[bytes]:
        """The texts that come until the server hangs up or says nothing for `idle` seconds."""
        texts = []
        try:
            while self.code is None:
                kind, payload = await asyncio.wait_for(self._frame(), idle)
                if kind == CLOSE:
                    self.code = struct.unpack("!H", payload[:2])[0] if payload else 1005
                elif kind == TEXT:
                    texts.append(payload)
        except TimeoutError:
            return texts
        except (asyncio.IncompleteReadError, OSError):
            self.code = 1006
        return texts

    async def _frame(self) -> tuple[int, bytes]:
        first, second = await self._reader.readexactly(2)
        length = second & 0x7F
        if length == 126:
            (length,) = struct.unpack("!H", await self._reader.readexactly(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", await self._reader.readexactly(8))
        return first & 0x0F, await self._reader.readexactly(length)

    def hang_up(self) -> None:
        """Cut the line."""
        self._writer.transport.abort()
