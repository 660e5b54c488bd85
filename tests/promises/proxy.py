"""A bad network: a TCP proxy on loopback that cuts connections, and swallows what is on its way just before."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Literal

Side = Literal["client", "server"]


class CuttingProxy:
    """Forwards 127.0.0.1:`port` to another port until `cut`."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._pairs: list[_Pair] = []
        self._server: asyncio.Server | None = None
        self.port = 0

    async def __aenter__(self) -> CuttingProxy:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        assert self._server is not None
        self._server.close()
        for pair in self._pairs:
            pair.abort()

    async def cut(self, number: int, swallow: Side | None = None, seconds: float = 0.2) -> None:
        """Cut the `number`th oldest connection; for `seconds` before, what one side sends is lost."""
        if not self._pairs:
            return
        pair = self._pairs[number % len(self._pairs)]
        if swallow is not None:
            pair.swallowed = swallow
            await asyncio.sleep(seconds)
        pair.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        pair = _Pair(writer, server_writer)
        self._pairs.append(pair)
        try:
            await asyncio.gather(
                pair.forward("client", reader, server_writer), pair.forward("server", server_reader, writer)
            )
        finally:
            pair.abort()
            self._pairs.remove(pair)


class _Pair:
    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self._writers = (client, server)
        self.swallowed: Side | None = None

    async def forward(self, side: Side, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                if self.swallowed != side:
                    writer.write(data)
                    await writer.drain()
        except OSError:
            return  # the other side is gone, which is what this proxy is for
        finally:
            self.abort()

    def abort(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
