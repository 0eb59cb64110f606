"""Faults by a plan that a seed makes: FAULT_SEED=<the printed number> runs the same plan again."""

import asyncio
import os
import random
import secrets
import time
from dataclasses import dataclass


def choose_seed():
    """Return the seed of this run."""
    return int(os.environ.get("FAULT_SEED") or secrets.randbelow(1_000_000))


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong when `at` (a share) of the work is done."""

    at: float
    name: str
    for_s: float
    where: str = ""

    def __str__(self):
        place = f" of {self.where}" if self.where else ""
        return f"{self.at:.0%} {self.name}{place} {self.for_s:.1f}s"


def plan_faults(seed, counts, *, longest_s=1.0, places=("",)):
    """Spread faults over the work: {"kill": 12, ...} becomes a list in the order of time."""
    chance = random.Random(seed)
    faults = [
        Fault(chance.uniform(0.03, 0.92), name, chance.uniform(0, longest_s), chance.choice(places))
        for name, count in counts.items()
        for _ in range(count)
    ]
    return sorted(faults, key=lambda fault: fault.at)


class Nemesis:
    """Does the faults of a plan one after the other while `progress()` grows from 0 to 1.

    `deeds` maps a fault's name to `await deed(fault)`, which ends when all is well again.
    """

    def __init__(self, plan, deeds, progress):
        self.plan, self.deeds, self.progress = plan, deeds, progress
        self.done = []
        self.outages = []

    async def run(self):
        for fault in self.plan:
            while self.progress() < fault.at:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
            began = time.monotonic()
            await self.deeds[fault.name](fault)
            self.outages.append((began, time.monotonic()))
            self.done.append(fault.name)

    def was_calm(self, begin, end, *, margin_s=1.0):
        """Whether nothing was broken in this span of time, nor shortly before."""
        return all(end < began or begin > ended + margin_s for began, ended in self.outages)
