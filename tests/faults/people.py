"""Who is there: prospects with pages, reps with consoles, and what the database says of them."""

from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import select

from app.accounts.models import Role
from app.config import settings
from app.console.live import console_token
from app.db import close_database, open_database, reading, transaction
from app.sites.commands import open_site
from app.sites.composition import History
from app.tracking.models import Act, Visit
from tests.make import NOW, make_campaign, make_prospect, make_user, make_viewer, make_workspace
from tests.visiting import make_page


@dataclass(frozen=True)
class People:
    """The sealed page of every prospect, and (cookie, page token) of every console."""

    pages: list[str]
    consoles: list[tuple[str, str]]


@asynccontextmanager
async def opened(database_url):
    """Open an installation's database in the process of the tests."""
    open_database(settings().model_copy(update={"database_url": database_url}))
    try:
        yield
    finally:
        await close_database()


async def settle_people(database_url, *, prospects, consoles=0):
    """Put people into an empty database: one rep, the rep's prospects, and listening admins."""
    async with opened(database_url), transaction() as db:
        workspace = await make_workspace(db)
        rep = await make_user(db, workspace=workspace)
        campaign = await make_campaign(db, owner=rep)
        pages = [(await _page(db, rep, campaign)).seal() for _ in range(prospects)]
        doors = [await _door(db, workspace) for _ in range(consoles)]
    return People(pages, doors)


async def _page(db, rep, campaign):
    prospect = await make_prospect(db, owner=rep)
    site = await open_site(
        db, campaign=campaign, prospect_id=prospect.id, history=History(), now=NOW
    )
    return await make_page(db, site=site, prospect=prospect)


async def _door(db, workspace):
    user = await make_user(db, workspace=workspace, role=Role.ADMIN)
    cookie, viewer = await make_viewer(db, user)
    return cookie, console_token(viewer)


async def read_trails(database_url):
    """Return what is stored: visit -> [(seq, mark)] in the order of the numbers."""
    trails = {}
    async with opened(database_url), reading() as db:
        for visit_id in await db.scalars(select(Visit.id)):
            trails[str(visit_id)] = []
        rows = select(Act.visit_id, Act.seq, Act.target).order_by(Act.visit_id, Act.seq, Act.id)
        for visit_id, seq, mark in await db.execute(rows):
            trails[str(visit_id)].append((seq, mark))
    return trails
