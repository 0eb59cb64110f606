"""The one way in for acts, whether they came by socket or by post.

Here the transaction is opened, so collecting what arrives together into one commit is a change
to this file only. A receipt is given after the commit: what it says is on disk.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.db import transaction
from app.tracking.claims import PageClaims
from app.tracking.commands import Receipt, record_acts
from app.tracking.consents import demand_consent
from app.tracking.shapes import SentAct
from app.tracking.visits import Opening, begin_or_resume


async def take_acts(
    acts: Sequence[SentAct], *, visit_id: UUID, claims: PageClaims, now: datetime
) -> Receipt:
    """Store acts of a visit that has begun. Raises what `record_acts` raises."""
    async with transaction() as db:
        return await record_acts(db, acts, visit_id=visit_id, claims=claims, now=now)


async def open_visit(opening: Opening, *, now: datetime) -> int:
    """Begin or resume a visit and return the last act stored of it. Raises NoConsentError."""
    async with transaction() as db:
        await demand_consent(db, browser_id=opening.claims.browser_id)
        visit = await begin_or_resume(db, opening, now=now)
        return visit.last_seq


async def take_post(
    acts: Sequence[SentAct], opening: Opening, *, is_leaving: bool = False, now: datetime
) -> Receipt:
    """Do both at once, for a page without a socket, or one that closes (`is_leaving`)."""
    async with transaction() as db:
        await demand_consent(db, browser_id=opening.claims.browser_id)
        await begin_or_resume(db, opening, now=now)
        visit_id, claims = opening.visit_id, opening.claims
        return await record_acts(
            db, acts, visit_id=visit_id, claims=claims, is_leaving=is_leaving, now=now
        )
