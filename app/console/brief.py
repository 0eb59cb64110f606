"""The pre-call brief: what a person said on their sites, what is open, what drew interest."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.sites.opened import OpenSite
from app.sites.queries import list_sites, read_site
from app.sites.rooms import Room, read_rooms
from app.sites.standing import situation_of
from app.tracking.queries import get_history
from modules.contract import Situation

MOST_INTERESTS = 6


@dataclass(frozen=True, slots=True)
class Part:
    """What was said in one module: a headline and (label, value) pairs."""

    kind: str
    title: str
    headline: str
    facts: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Interest:
    """How often somebody acted on one part of their site."""

    title: str
    acts: int


@dataclass(frozen=True, slots=True)
class Brief:
    """One site of a person, as a rep wants it before the call."""

    campaign: str
    parts: Sequence[Part]
    questions: Sequence[str]
    interests: Sequence[Interest]
    visits: int

    @property
    def most(self) -> int:
        """The largest number of acts on one part, for the scale of the bars."""
        return max((interest.acts for interest in self.interests), default=1)

    @property
    def visits_text(self) -> str:
        """Say how often the person was on the site."""
        if self.visits == 0:
            return "No visit yet"
        return "1 visit" if self.visits == 1 else f"{self.visits} visits"


async def read_briefs(db: AsyncSession, *, prospect_id: UUID | None) -> list[Brief]:
    """Return a brief per site of a person, newest site first; none for somebody unknown."""
    if prospect_id is None:
        return []
    return [
        await _read_brief(db, site.id, campaign)
        for site, campaign in await list_sites(db, prospect_id)
    ]


async def _read_brief(db: AsyncSession, site_id: UUID, campaign: str) -> Brief:
    """Read one site and put its answers, open questions and interests into words."""
    site = await read_site(db, site_id)
    history = await get_history(db, site_id=site_id)
    situation = situation_of(site)
    rooms = read_rooms(site.composition.places)
    return Brief(
        campaign=campaign,
        parts=[part for room in rooms if (part := _part(room, site, situation))],
        questions=[
            question
            for room in rooms
            if room.is_asking
            for question in room.module.open_questions(
                room.settings, room.answers(site.answers.get(room.key)), situation
            )
        ],
        interests=_interests(rooms, history.interests),
        visits=history.visits,
    )


def _part(room: Room, site: OpenSite, situation: Situation) -> Part | None:
    """Put one module's answers into words, None where there are none."""
    stored = site.answers.get(room.key)
    if not room.is_answered(stored, situation):
        return None
    answers = room.answers(stored)
    return Part(
        kind=room.module.kind,
        title=room.title,
        headline=room.module.headline(room.settings, answers, situation),
        facts=room.module.facts(room.settings, answers, situation),
    )


def _interests(rooms: Sequence[Room], counted: object) -> list[Interest]:
    """Rank the parts of the site by how often they were acted on."""
    counts = dict(counted) if isinstance(counted, dict) else {}
    found = [Interest(room.title, counts[room.key]) for room in rooms if counts.get(room.key)]
    return sorted(found, key=lambda interest: -interest.acts)[:MOST_INTERESTS]
