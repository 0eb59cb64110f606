"""People with personal sites of about 30 KB for the pages benchmark, each with a browser."""

import asyncio
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import clock
from app.accounts.models import User
from app.campaigns.commands import create_campaign
from app.campaigns.models import Campaign
from app.campaigns.shapes import Offer, PlacedModule
from app.config import settings
from app.db import close_database, open_database, transaction
from app.prospects.commands import create_or_complete_prospect
from app.prospects.shapes import Person
from app.sites.answers import answer_module
from app.sites.commands import make_personal_link, open_site
from app.sites.composition import History
from app.sites.links import open_link
from app.sites.models import SiteBrowser
from app.tokens import digest
from app.tracking.consents import NOTICE_VERSION
from app.tracking.models import Consent
from modules.registry import all_modules

KIND, PLACES = "goals", 5
"""Five modules of a kind make a page of the wanted size, of one pattern that peers can draw too."""
ANSWERED = {"chosen": ["cut-cost"], "own": ["Sleep at night"]}


@dataclass(frozen=True, slots=True)
class Reader:
    """A browser that may see a site."""

    path: str
    cookie: str


def invite_readers(rep: str, count: int) -> list[Reader]:
    """Give new people of a rep a site each, opened in a browser that agreed to be seen."""
    return asyncio.run(_invite(rep, count))


async def _invite(rep: str, count: int) -> list[Reader]:
    """Work on the database of the settings, before its server runs."""
    open_database(settings())
    try:
        async with transaction() as db:
            owner = (await db.scalars(select(User).where(User.email == rep))).one()
            campaign = await _campaign(db, owner)
            return [await _reader(db, owner, campaign, nth) for nth in range(count)]
    finally:
        await close_database()


async def _campaign(db: AsyncSession, owner: User) -> Campaign:
    """Make a campaign of the wanted size."""
    filled = all_modules()[KIND].settings().model_dump(mode="json")
    places = [
        PlacedModule(key=f"{KIND}-{nth}", kind=KIND, settings=filled) for nth in range(PLACES)
    ]
    return await create_campaign(
        db, owner_id=owner.id, workspace_id=owner.workspace_id, name="Thirty KB", modules=places,
        offer=Offer(headline="Ship faster", product="Flowboard", company="Northwind"),
        now=clock.now(),
    )  # fmt: skip


async def _reader(db: AsyncSession, owner: User, campaign: Campaign, nth: int) -> Reader:
    """Bring one person in."""
    now = clock.now()
    person = Person(
        email=f"reader.{nth}@bench.example", name=f"Reader {nth}", title="Head of Finance",
        company=f"Bench {nth % 50}", industry="Software", employees=40 + nth,
    )  # fmt: skip
    prospect, _ = await create_or_complete_prospect(
        db, person, workspace_id=owner.workspace_id, owner_id=owner.id, source="bench", now=now
    )
    await db.flush()
    site = await open_site(
        db, campaign=campaign, prospect_id=prospect.id, history=History(), now=now
    )
    await answer_module(db, site_id=site.id, module_key=f"{KIND}-0", form=ANSWERED, now=now)
    link = await make_personal_link(db, site_id=site.id, purpose="bench", now=now)
    entry = await open_link(db, token=link, known=(), viewer=None, now=now)
    if entry is None:
        raise LookupError("A fresh link opens nothing.")
    await _agree(db, entry.token, owner)
    return Reader(f"/s/{site.id}/", f"site={entry.token}")


async def _agree(db: AsyncSession, token: str, owner: User) -> None:
    """Say yes to being seen."""
    mine = select(SiteBrowser.id).where(SiteBrowser.token_digest == digest(token))
    consent = Consent(
        workspace_id=owner.workspace_id, browser_id=await db.scalar(mine), is_yes=True,
        how="notice", notice_version=NOTICE_VERSION, language="en", at=clock.now(),
    )  # fmt: skip
    db.add(consent)
