"""Turns and doors: one after the other, the right one next, and nobody's place is lost."""

import asyncio

import pytest

from app.turns import Door, Turns

pytestmark = pytest.mark.no_database


async def settle():
    for _ in range(10):
        await asyncio.sleep(0)


class Visit:
    """Somebody who wants in, and stays until told to leave."""

    def __init__(self, name, order, enter):
        self.leaves = asyncio.Event()
        self.task = asyncio.create_task(self._visit(name, order, enter))

    async def _visit(self, name, order, enter):
        async with enter():
            order.append(name)
            await self.leaves.wait()

    async def leave(self):
        self.leaves.set()
        await settle()


async def test_writers_take_turns_and_the_first_go_before_the_others():
    turns, order = Turns(), []
    inside = Visit("inside", order, turns.take)
    await settle()
    waiting = [
        Visit("one", order, turns.take),
        Visit("two", order, turns.take),
        Visit("urgent", order, lambda: turns.take(is_first=True)),
    ]
    await settle()
    assert order == ["inside"]
    await inside.leave()
    assert order == ["inside", "urgent"]
    for visit in (waiting[2], waiting[0], waiting[1]):
        await visit.leave()
    assert order == ["inside", "urgent", "one", "two"]
    async with asyncio.timeout(1), turns.take():
        pass


@pytest.mark.parametrize("kind", [lambda: Turns().take, lambda: Door(wide=1).enter])
async def test_who_gives_up_waiting_or_fails_takes_nobodys_place(kind):
    enter, order = kind(), []
    inside, gone, next_one = (Visit(name, order, enter) for name in ("inside", "gone", "next"))
    await settle()
    gone.task.cancel()
    await inside.leave()
    await settle()
    assert order == ["inside", "next"]
    # Chosen and cancelled in the same moment: the turn goes on to whoever comes.
    late = Visit("late", order, enter)
    await settle()
    next_one.leaves.set()
    await next_one.task
    late.task.cancel()
    await settle()
    with pytest.raises(RuntimeError):
        async with asyncio.timeout(1), enter():
            raise RuntimeError
    async with asyncio.timeout(1), enter():
        pass


async def test_a_door_lets_a_few_in_and_the_newest_first():
    door, order = Door(wide=2, most_waiting=2), []
    inside = [Visit(name, order, door.enter) for name in "ab"]
    await settle()
    assert not door.is_crowded
    waiting = [Visit(name, order, door.enter) for name in "cd"]
    await settle()
    assert door.is_crowded
    await inside[0].leave()
    assert order == ["a", "b", "d"]
    assert not door.is_crowded
    for visit in (inside[1], *waiting):
        await visit.leave()
    assert order == ["a", "b", "d", "c"]
