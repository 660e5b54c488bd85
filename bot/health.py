"""Whether the engine and `actions` are there, looked at every second."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import aiohttp

from bot.engine import Engine

_LOOK_SECONDS = 1.0


@dataclass
class Health:
    """The last look at the other two processes."""

    engine: bool = False
    actions: bool = False
    index: str = ""

    @property
    def ready(self) -> bool:
        """Whether questions can be answered."""
        return self.engine and self.actions

    async def watch(self, engine: Engine, actions_url: str) -> None:
        """Keep looking; never ends."""
        async with aiohttp.ClientSession(actions_url, timeout=aiohttp.ClientTimeout(total=2.0)) as actions:
            while True:
                self.engine, (self.actions, self.index) = await asyncio.gather(engine.healthy(), _index(actions))
                await asyncio.sleep(_LOOK_SECONDS)


async def _index(actions: aiohttp.ClientSession) -> tuple[bool, str]:
    try:
        async with actions.get("/healthz") as response:
            response.raise_for_status()
            return True, str((await response.json())["index"])
    except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError):
        return False, ""
