"""The choice about being tracked, and its proof: rows are added, never changed."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import tokens
from app.bus import Announcement, announce
from app.prospects.commands import add_to_timeline
from app.prospects.timeline import TimelineLine
from app.tracking.claims import PageClaims
from app.tracking.models import Consent, Visit, Visitor
from app.tracking.visits import end_visit

NOTICE_VERSION = "2026-11"
"""Names the wording of templates/tracking/_notice.html; a changed promise gets a new name."""
SIGNAL = "signal"
WORDS = {
    (False, True): "Agreed that visits are seen live",
    (False, False): "Does not want visits to be seen",
    (True, False): "Their browser asks not to be tracked, so visits are not seen",
}
"""What the rep reads on the timeline, by whether the browser or the person said it, and what."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What came of a choice. `visitor_token` is set for a browser that got its cookie by it."""

    claims: PageClaims
    visitor_token: str | None = None


async def find_consent(db: AsyncSession, *, browser_id: UUID) -> Consent | None:
    """Return a browser's newest choice."""
    newest = select(Consent).where(Consent.browser_id == browser_id)
    return await db.scalar(newest.order_by(Consent.at.desc()).limit(1))


async def record_consent(
    db: AsyncSession, *, claims: PageClaims, is_yes: bool, how: str, language: str, now: datetime
) -> Chosen:
    """Write down a choice; a no ends what is being recorded of this browser at once.

    A browser on a campaign site becomes a Visitor by its first yes. Before that it has no number,
    and a no of it is kept under one that is used for nothing else.
    """
    token = None
    if claims.browser_id is None and is_yes:
        token = tokens.make_token()
        claims = claims.model_copy(update={"browser_id": _add_visitor(db, claims, token, now)})
    db.add(
        Consent(
            workspace_id=claims.workspace_id,
            browser_id=claims.browser_id or uuid4(),
            prospect_id=None if claims.is_staff else claims.prospect_id,
            is_yes=is_yes,
            how=how,
            notice_version=NOTICE_VERSION,
            language=language[:20],
            at=now,
        )
    )
    await db.flush()
    if claims.prospect_id is not None and not claims.is_staff:
        line = TimelineLine("consent", WORDS[how == SIGNAL, is_yes])
        await add_to_timeline(db, claims.prospect_id, line, now=now)
    if not is_yes and claims.browser_id is not None:
        await _stop_recording(db, claims.workspace_id, claims.browser_id, now)
    return Chosen(claims, token)


def _add_visitor(db: AsyncSession, claims: PageClaims, token: str, now: datetime) -> UUID:
    """Give an anonymous browser its number and return it."""
    visitor = Visitor(
        id=uuid4(),
        workspace_id=claims.workspace_id,
        campaign_id=claims.campaign_id,
        token_digest=tokens.digest(token),
        created_at=now,
    )
    db.add(visitor)
    return visitor.id


async def _stop_recording(
    db: AsyncSession, workspace_id: UUID, browser_id: UUID, now: datetime
) -> None:
    """End this browser's visits and have its sockets closed."""
    live = select(Visit.id).where(Visit.browser_id == browser_id, Visit.ended_at.is_(None))
    for visit_id in (await db.scalars(live)).all():
        await end_visit(db, visit_id, now=now, is_withdrawn=True)
    announce(db, Announcement("consent-withdrawn", workspace_id, browser_id))
