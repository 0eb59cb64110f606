"""Telling consoles: what is new of a visit, beyond what they were told, in order."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

import structlog
from quart import Quart

from app import metrics
from app.bus import Announcement
from app.console.fragments import Shown, draw_visit, write_acts
from app.console.queries import (
    Position,
    find_positions,
    list_acts_by_key,
    list_positions,
    load_seen_visit,
)
from app.db import is_away, reading
from realtime.consoles import CONSOLE
from realtime.lane.outlet import Outlet
from realtime.told import Told

log = structlog.get_logger()

MOST_ACTS = 500
"""Acts asked for in one query."""
MOST_CARDS = 50
"""Cards drawn in one look; the others are drawn in the next, which then comes at once."""


class Teller:
    """Knows how far the consoles here were told of each visit, and tells them the rest."""

    def __init__(self, web: Quart, outlet: Outlet) -> None:
        self._web = web
        self._outlet = outlet
        self._told: dict[UUID, Told] = {}
        self._messages = 0

    async def learn(self, workspace_id: UUID) -> None:
        """Take a workspace's live visits as told: its consoles ask for them as they open."""
        async with reading() as db:
            for visit_id, position in (await list_positions(db, [workspace_id])).items():
                self._told[visit_id] = Told(position)

    def forget(self, workspace_id: UUID) -> None:
        """Forget a workspace nobody watches any more."""
        self._told = {
            visit_id: told
            for visit_id, told in self._told.items()
            if told.workspace_id != workspace_id
        }

    def tell_at_once(self, fact: Announcement) -> bool:
        """Tell acts that this process has stored, if they are just what comes next."""
        told = self._told.get(fact.subject)
        if told is None or fact.facts["from_seq"] != told.last + 1:
            return False
        if not told.is_of(fact.owner_id, fact.prospect_id):
            return False
        self._tell_acts(told, fact.here)
        return True

    async def tell_acted(self, facts: Iterable[Announcement]) -> None:
        """Tell acts up to where these facts say, from the database."""
        wanted: dict[UUID, int] = {}
        for fact in facts:
            await self._follow(fact)
            told = self._told.get(fact.subject)
            if told is not None:
                # What is further ahead than this is found by the look, if it is there at all.
                last = min(int(str(fact.facts["to_seq"])), told.last + MOST_ACTS)
                wanted[fact.subject] = max(last, wanted.get(fact.subject, 0))
        await self._tell_up_to(wanted)

    async def tell_life(self, fact: Announcement) -> None:
        """Tell that a visit began or ended, or that its visitor came or went."""
        if fact.name == "visit-ended":
            async with reading() as db:
                over = await find_positions(db, [fact.subject])
            if fact.subject not in self._told and fact.subject in over:
                self._told[fact.subject] = Told(over[fact.subject])
            await self._end(over, [fact.subject])
        elif fact.name == "visit-began":
            await self._follow(fact)
        elif not await self._follow(fact):
            self._tell_presence(self._told[fact.subject], is_away=fact.facts["state"] == "away")

    async def look(self, workspace_ids: Collection[UUID]) -> bool:
        """Tell what the database knows of these workspaces and no announcement said.

        False while there is more than one look should draw.
        """
        marks = {
            visit_id: told.mark
            for visit_id, told in self._told.items()
            if told.workspace_id in workspace_ids
        }
        async with reading() as db:
            live = await list_positions(db, workspace_ids)
            gone = [visit_id for visit_id in marks if visit_id not in live]
            over = await find_positions(db, gone) if gone else {}
        count = await self._tell_up_to({visit_id: at.last for visit_id, at in live.items()})
        await self._end(over, gone)
        new = [visit_id for visit_id in live if not self._is_right(live[visit_id])]
        for visit_id in new[:MOST_CARDS]:
            await self._hand_over(visit_id)
        for visit_id, position in live.items():
            told = self._told.get(visit_id)
            if told is not None and marks.get(visit_id) == told.mark:
                self._tell_presence(told, is_away=position.is_away)
        metrics.ACTS_FOUND_BY_POLL.inc(count)
        metrics.MESSAGES_TOLD.inc(self._messages)
        self._messages = 0
        return len(new) <= MOST_CARDS

    def _is_right(self, position: Position) -> bool:
        """Whether a visit is known here as belonging to whom it does."""
        told = self._told.get(position.visit_id)
        return told is not None and told.is_of(position.owner_id, position.prospect_id)

    async def _follow(self, fact: Announcement) -> bool:
        """Draw a visit that is unknown, or whose it is now others must see; True if it was."""
        told = self._told.get(fact.subject)
        if told is not None and told.is_of(fact.owner_id, fact.prospect_id):
            return False
        await self._hand_over(fact.subject)
        return True

    async def _hand_over(self, visit_id: UUID) -> None:
        """Show a visit to those who may see it now, and no longer to those who only did."""
        before = self._told.pop(visit_id, None)
        try:
            await self._begin(visit_id)
        finally:
            now = self._told.get(visit_id)
            if before is not None:
                before.rooms = tuple(
                    room for room in before.rooms if now is None or room not in now.rooms
                )
                self._say(before, "visit-ended", {"visit": before.name})

    async def _begin(self, visit_id: UUID) -> None:
        """Draw the card of a visit, with what it did so far; one that cannot be drawn is logged."""
        try:
            async with reading() as db:
                seen = await load_seen_visit(db, visit_id)
            if seen is None or seen.visit.ended_at is not None:
                return
            async with self._web.app_context():
                html = await draw_visit(seen)
        except Exception as error:
            if is_away(error):
                raise
            log.exception("visit not drawn", visit=str(visit_id))
            return
        visit = seen.visit
        last = max(visit.last_seq, seen.acts[-1].seq if seen.acts else 0)
        position = Position(
            visit.id, visit.workspace_id, visit.owner_id, visit.prospect_id, last,
            visit.away_at is not None,
        )  # fmt: skip
        # Only now: acts that follow it must not overtake the card.
        told = self._told[visit_id] = Told(position)
        self._say(told, "visit-began", {"visit": told.name, "html": html})

    async def _tell_up_to(self, wanted: Mapping[UUID, int]) -> int:
        """Tell what the database has after what was told, up to these acts; return how many."""
        keys = [
            (visit_id, seq)
            for visit_id, last in wanted.items()
            if (told := self._told.get(visit_id)) is not None
            for seq in range(told.last + 1, last + 1)
        ]
        count = 0
        for at in range(0, len(keys), MOST_ACTS):
            async with reading() as db:
                found = await list_acts_by_key(db, keys[at : at + MOST_ACTS])
            for visit_id, acts in found.items():
                told = self._told.get(visit_id)
                # While the database was read, this process may have told some of it itself.
                new = [act for act in acts if told is not None and act.seq > told.last]
                if told is not None and new and new[0].seq == told.last + 1:
                    self._tell_acts(told, new)
                    count += len(new)
        return count

    async def _end(self, over: Mapping[UUID, Position], visit_ids: Iterable[UUID]) -> None:
        """Say that visits are over, after the last they did; consoles put them with the past."""
        await self._tell_up_to({visit_id: at.last for visit_id, at in over.items()})
        for visit_id in visit_ids:
            told = self._told.pop(visit_id, None)
            if told is not None:
                self._say(told, "visit-ended", {"visit": told.name})

    def _tell_presence(self, told: Told, *, is_away: bool) -> None:
        """Say whether the visitor is here or away, if that is news."""
        if told.is_away is not is_away:
            told.is_away = is_away
            state = "away" if is_away else "here"
            self._say(told, "visit-presence", {"visit": told.name, "state": state})

    def _tell_acts(self, told: Told, acts: Sequence[Shown]) -> None:
        """Tell acts that follow what was told."""
        told.last = acts[-1].seq
        self._say(told, "visit-acted", write_acts(told.name, acts))

    def _say(self, told: Told, event: str, message: Mapping[str, object] | str) -> None:
        """Put a message into the socket of everybody who may hear of a visit."""
        self._messages += self._outlet.tell(CONSOLE, told.rooms, event, message)
