"""Building the demo workspace, once."""

import json
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import clock
from app.accounts.commands import create_user, create_workspace, make_account_link
from app.accounts.models import LinkPurpose, User
from app.accounts.queries import find_user_by_email
from app.campaigns.commands import capture_lead, create_campaign, launch_campaign
from app.campaigns.models import Campaign
from app.campaigns.shapes import Source
from app.config import settings
from app.db import close_database, open_database, transaction
from app.demo.history import walk_in_the_past
from app.demo.offer import BRAND, FORM, OFFER, TRACKED, placed
from app.demo.people import ADMIN, JONAS, OTHER_REP, PASSWORD, REP, RITAS, SUPPORT, Buyer, Colleague
from app.prospects.queries import find_by_email
from app.prospects.shapes import Person
from app.sites.commands import make_personal_link
from app.sites.queries import find_site
from app.tracking.queries import count_visits
from app.worker import run_due_jobs

LINK_LIFE = timedelta(days=30)
SLUG, SLUG_CARE = "ledgerline", "ledgerline-care"


async def build_demo() -> None:
    """Build the demo if it is not there, and write what to click into VAR_DIR/demo.json.

    The links in that file are made anew each time: one of them works only once. A demo that was
    cut off while it was built is completed.
    """
    open_database(settings())
    try:
        now = clock.now()
        async with transaction() as db:
            if await find_user_by_email(db, REP.email) is None:
                await _found_workspace(db, now)
        if not (settings().var_dir / "demo.json").exists():
            for slug, buyers in ((SLUG, RITAS), (SLUG_CARE, JONAS)):
                await _bring_in(slug, buyers, now)
        await _write_down(now)
    finally:
        await close_database()


async def _found_workspace(db: AsyncSession, now: datetime) -> None:
    """Open the workspace, hire the team and launch a campaign for each rep."""
    began = now - timedelta(days=14)
    workspace = await create_workspace(
        db, name="Ledgerline", currency="EUR", now=began,
        postal_address="Ledgerline Ltd, 12 Ropemaker Lane, London EC2Y 9AW, United Kingdom",
    )  # fmt: skip
    users = {
        one.email: await _hire(db, one, workspace.id, began)
        for one in (ADMIN, REP, OTHER_REP, SUPPORT)
    }
    rita, jonas = users[REP.email], users[OTHER_REP.email]
    await _launch(db, rita, OFFER.headline, SLUG, began)
    await _launch(db, jonas, "Ledgerline for healthcare", SLUG_CARE, began)


async def _hire(db: AsyncSession, one: Colleague, workspace_id: UUID, now: datetime) -> User:
    """Add somebody to the team."""
    return await create_user(
        db, workspace_id=workspace_id, email=one.email, name=one.name, role=one.role,
        password=PASSWORD, title=one.title, phone=one.phone, now=now,
    )  # fmt: skip


async def _launch(db: AsyncSession, owner: User, name: str, slug: str, now: datetime) -> None:
    """Make a campaign and put its site online."""
    campaign = await create_campaign(
        db, owner_id=owner.id, workspace_id=owner.workspace_id, name=name, slug=slug, offer=OFFER,
        brand=BRAND, modules=placed(), form_fields=FORM, tracked=TRACKED, now=now,
    )  # fmt: skip
    await launch_campaign(db, campaign, now=now)


async def _bring_in(slug: str, buyers: tuple[Buyer, ...], now: datetime) -> None:
    """Let each buyer send the lead form on their day, get the letter, and walk."""
    for buyer in sorted(buyers, key=lambda one: -one.days_ago):
        came = now - timedelta(days=buyer.days_ago, hours=buyer.days_ago % 5)
        async with transaction() as db:
            campaign = await _campaign(db, slug)
            prospect_id = await _welcome(db, campaign, buyer, came)
            walked = await count_visits(db, prospect_id=prospect_id)
        await run_due_jobs(came)
        for nth, walk in enumerate(buyer.walks[walked:], start=walked):
            begins = came + timedelta(hours=3 + 20 * nth)
            await walk_in_the_past(campaign.id, prospect_id, walk, begins=begins)


async def _welcome(db: AsyncSession, campaign: Campaign, buyer: Buyer, came: datetime) -> UUID:
    """Take a buyer's lead form, unless they have sent it already."""
    known = await find_by_email(db, buyer.email, workspace_id=campaign.workspace_id)
    if known is not None:
        return known.id
    person = Person(
        email=buyer.email, name=buyer.name, title=buyer.title, company=buyer.company,
        industry=buyer.industry, employees=buyer.employees,
    )  # fmt: skip
    return await capture_lead(db, campaign, person, source=Source(avenue=buyer.avenue), now=came)


async def _campaign(db: AsyncSession, slug: str) -> Campaign:
    """Return one of the demo's campaigns."""
    campaign: Campaign | None = await db.scalar(select(Campaign).where(Campaign.slug == slug))
    if campaign is None:
        raise LookupError(f"The demo's campaign {slug} is gone.")
    return campaign


async def _write_down(now: datetime) -> None:
    """Make the links of the demo and write them where the terminal and checks look for them."""
    async with transaction() as db:
        rep = await find_user_by_email(db, REP.email)
        if rep is None:
            raise LookupError("The demo's rep is gone.")
        token = await make_account_link(
            db, user_id=rep.id, purpose=LinkPurpose.SIGN_IN, lifetime=LINK_LIFE, needs_click=False,
            now=now,
        )  # fmt: skip
        campaign = await _campaign(db, SLUG)
        personal = await _personal_link(db, campaign, now)
    base = settings().base_url
    facts = {
        "base_url": base,
        "admin": {"email": ADMIN.email, "password": PASSWORD},
        "rep": {
            "email": REP.email,
            "password": PASSWORD,
            "sign_in_url": f"{base}/sign-in/link/{token}",
        },
        "campaign_site_url": f"{base}/c/{campaign.slug}",
        "personal_site_url": f"{base}/p/{personal}",
        "outbox_url": f"{base}/outbox",
    }
    path = settings().var_dir / "demo.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(facts, indent=2) + "\n")


async def _personal_link(db: AsyncSession, campaign: Campaign, now: datetime) -> str:
    """Make a link for the buyer who has not looked yet, so that the first visit is yours."""
    waiting = next(buyer for buyer in RITAS if not buyer.walks)
    prospect = await find_by_email(db, waiting.email, workspace_id=campaign.workspace_id)
    site = prospect and await find_site(db, campaign_id=campaign.id, prospect_id=prospect.id)
    if not site:
        raise LookupError(f"{waiting.email} has no site; the demo's jobs did not run.")
    return await make_personal_link(db, site_id=site.id, purpose="demo", now=now)
