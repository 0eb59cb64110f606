"""Visits that happened before the demo was built, stored through the same door as live ones."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from app.db import transaction
from app.demo.walks import WALKS, Step
from app.sites.commands import make_personal_link
from app.sites.links import open_link
from app.sites.queries import find_browser, find_site, read_site
from app.tracking.claims import PageClaims
from app.tracking.consents import record_consent
from app.tracking.intake import open_visit, take_acts
from app.tracking.shapes import SentAct
from app.tracking.visits import Opening, end_visit
from app.worker import run_due_jobs


async def walk_in_the_past(
    campaign_id: UUID, prospect_id: UUID, walk: str, *, begins: datetime
) -> None:
    """Let a person walk through their site at `begins`, agree to be seen, and leave again."""
    claims = await _open_site(campaign_id, prospect_id, begins)
    opening = Opening(uuid4(), claims, "Chrome on Windows")
    await open_visit(opening, now=begins)
    now = begins
    for act in acts_of(WALKS[walk], begins):
        now = act.at
        await take_acts([act], visit_id=opening.visit_id, claims=claims, now=now)
    async with transaction() as db:
        await end_visit(db, opening.visit_id, now=now)
    await run_due_jobs(now)


def acts_of(steps: Sequence[Step], begins: datetime) -> list[SentAct]:
    """Return the steps of a walk as numbered acts, each at its moment."""
    acts, at = [], begins
    for seq, step in enumerate(steps, start=1):
        at += timedelta(seconds=step.after_s)
        acts.append(
            SentAct(
                seq=seq,
                kind=step.kind,
                name=step.name,
                module=step.module,
                target=step.target,
                details=dict(step.details),
                at=at,
            )
        )
    return acts


async def _open_site(campaign_id: UUID, prospect_id: UUID, now: datetime) -> PageClaims:
    """Open a person's link in a new browser and say yes there."""
    async with transaction() as db:
        site = await find_site(db, campaign_id=campaign_id, prospect_id=prospect_id)
        if site is None:
            raise LookupError(f"Prospect {prospect_id} has no site.")
        token = await make_personal_link(db, site_id=site.id, purpose="demo", now=now)
        entry = await open_link(db, token=token, known=(), viewer=None, now=now)
        browser = await find_browser(db, site.id, entry.token) if entry else None
        if browser is None:
            raise LookupError("The link just made does not open.")
        opened = await read_site(db, site.id)
        claims = PageClaims(
            workspace_id=site.workspace_id, campaign_id=campaign_id, owner_id=opened.owner_id,
            site_id=site.id, prospect_id=prospect_id, browser_id=browser.id,
            kinds=opened.plan.tracked.kinds, path=f"/s/{site.id}/",
            own={act.name: act.label for act in opened.plan.tracked.own},
        )  # fmt: skip
        await record_consent(db, claims=claims, is_yes=True, how="notice", language="en", now=now)
    return claims
