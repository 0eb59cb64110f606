"""One process's end of the line for tests, and how they wait for what comes."""

import asyncio

from app.wakes import Wakes

PATIENCE_S = 30
PREFIX = "tests:"


async def until(is_so):
    """Wait until something is so; a test that waits in vain fails."""
    async with asyncio.timeout(PATIENCE_S):
        while not is_so():  # noqa: ASYNC110  what it waits for is told to nobody
            await asyncio.sleep(0.005)


class Party:
    """Keeps what it hears, and counts how often it was lost and came back."""

    def __init__(self, *channels):
        self.heard, self.times_back = [], 0
        self.wakes = Wakes(hear=self._hear, on_back=self._come_back)
        self.wakes.attend(channels)

    def _hear(self, _channel, value):
        self.heard.append(value)

    def _come_back(self):
        self.times_back += 1

    async def join(self, url, prefix=PREFIX):
        """Connect; what was attended before is heard from now on."""
        self.wakes.start(url, prefix=prefix)
        await until(lambda: self.wakes.is_connected)

    def say(self, channel, *numbers):
        for number in numbers:
            self.wakes.say(channel, b"%d" % number)

    async def hears(self, *numbers):
        """Wait for the last of these, and be sure that nothing else was heard."""
        await until(lambda: self.heard[-1:] == [numbers[-1]])
        assert self.heard == list(numbers)
