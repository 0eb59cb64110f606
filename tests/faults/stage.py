"""A scene to break: an installation that runs, people on their sites, reps who watch."""

import asyncio
import time
from collections import Counter

from tests.faults.checker import Outcome, check_acts, check_console
from tests.faults.clients import SLOWEST_S, Visitor
from tests.faults.nemesis import Nemesis, plan_faults
from tests.faults.people import read_trails, settle_people
from tests.faults.watching import Console


class Stage:
    """Everything a fault test needs, made in the order it is asked for."""

    def __init__(self, installation, http, *, seed=0, patience_s=SLOWEST_S):
        self.installation, self.http, self.seed = installation, http, seed
        self.patience_s = patience_s
        self.people = None
        self.tabs, self.consoles = [], []
        self.nemesis = None
        self.trails = {}

    async def settle(self, *, prospects, consoles=0):
        """Put people into the database."""
        database_url = self.installation.database_url
        self.people = await settle_people(database_url, prospects=prospects, consoles=consoles)
        return self

    def open_tabs(self, *urls, **options):
        """Let every prospect open their page, on these addresses in turn."""
        options = {"patience_s": self.patience_s} | options
        for number, page in enumerate(self.people.pages):
            url, name = urls[number % len(urls)], f"v{number}"
            tab = Visitor(self.http, url, page, name, seed=self.seed, **options)
            self.tabs.append(tab.start())
        return self.tabs

    def open_consoles(self, *urls):
        """Let every listener open a console, on these addresses in turn."""
        for number, door in enumerate(self.people.consoles):
            url = urls[number % len(urls)]
            console = Console(self.http, url, *door, seed=f"{self.seed} {number}")
            self.consoles.append(console.start())
        return self.consoles

    @property
    def histories(self):
        return [tab.history for tab in self.tabs]

    @property
    def promised(self):
        return sum(each.count(Outcome.OK) for each in self.histories)

    @property
    def answers(self):
        """What visitors were told, and how often."""
        return dict(sum((each.answers for each in self.histories), Counter()))

    async def break_while_clicking(self, counts, deeds, *, clicks, pause_s, **plan):
        """Have everybody click so often while faults happen; returns once all is acked."""
        total = clicks * len(self.tabs)
        faults = plan_faults(self.seed, counts, **plan)
        self.nemesis = Nemesis(faults, deeds, lambda: self.promised / total)
        clicking = [tab.click_on(clicks, pause_s=pause_s) for tab in self.tabs]
        await asyncio.gather(self.nemesis.run(), *clicking)
        await self.settled()

    async def settled(self):
        """Wait until nobody has anything left to send."""
        await asyncio.gather(*(tab.settled() for tab in self.tabs))

    async def verdict(self):
        """Read the database and compare it with what visitors were promised."""
        self.trails = await read_trails(self.installation.database_url)
        return check_acts(self.histories, self.trails)

    async def watched(self, *, within_s, is_crowded=False):
        """Give consoles so long to show what is stored; returns (seconds taken, verdicts).

        When it is crowded, a page shows only so many visits, and is held to those.
        """
        began = time.monotonic()
        while True:
            for console in self.consoles:
                console.demand_alive()
            verdicts = [
                check_console(console.shown, self._trails_on(console, is_crowded=is_crowded))
                for console in self.consoles
            ]
            took = time.monotonic() - began
            if all(verdict.is_good for verdict in verdicts) or took > within_s:
                return took, verdicts
            await asyncio.sleep(0.1)

    def _trails_on(self, console, *, is_crowded):
        if not is_crowded:
            return self.trails
        return {visit: trail for visit, trail in self.trails.items() if visit in console.shown}

    def latencies(self):
        """Seconds from click to ack of what happened while nothing was broken."""
        return [
            each.ended_at - each.invoked_at
            for history in self.histories
            for each in history.operations.values()
            if self.nemesis is None or self.nemesis.was_calm(each.invoked_at, each.ended_at)
        ]

    async def close(self):
        """Close every page and end every process."""
        try:
            await asyncio.gather(*(client.stop() for client in [*self.tabs, *self.consoles]))
        finally:
            self.installation.stop()


def percentile_ms(seconds, share):
    """Return a percentile in milliseconds, 0 for nothing."""
    ranked = sorted(seconds)
    at = min(len(ranked) - 1, int(len(ranked) * share))
    return round(ranked[at] * 1000, 1) if ranked else 0.0
