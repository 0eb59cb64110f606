"""What tracking does after the commit."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from app.db import transaction
from app.jobs.registry import does
from app.sites.commands import propose_next_version
from app.tracking.commands import hand_over_visits, link_visitor
from app.tracking.queries import get_history


@does("next-version")
async def propose_version(payload: Mapping[str, object], now: datetime) -> None:
    """Let what was done on a site lead to its next version; nothing new leads to none."""
    site_id = UUID(str(payload["site_id"]))
    async with transaction() as db:
        history = await get_history(db, site_id=site_id)
        await propose_next_version(
            db,
            site_id=site_id,
            history=history,
            because=str(payload.get("because", "After a visit")),
            now=now,
        )


@does("link-first-acts")
async def link_first_acts(payload: Mapping[str, object], now: datetime) -> None:
    """Give a lead the acts of the anonymous visitor who sent the form."""
    async with transaction() as db:
        await link_visitor(
            db,
            visitor_digest=str(payload["visitor_digest"]),
            prospect_id=UUID(str(payload["prospect_id"])),
            now=now,
        )


@does("hand-over-visits")
async def hand_over(payload: Mapping[str, object], now: datetime) -> None:
    """Let the visits of a person follow the person to a new owner."""
    del now
    async with transaction() as db:
        await hand_over_visits(db, UUID(str(payload["prospect_id"])))
