"""Many visitors and consoles for the socket benchmarks, made straight in a demo's database.

Each visitor is a browser of its own that came through a personal link and said yes; each console
has a rep who signed in. What the server checks about them is there; only the page loads that
would lead to it are left out.
"""

import asyncio
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import clock
from app.accounts.commands import open_session
from app.accounts.cookies import SESSION_COOKIE
from app.accounts.models import User
from app.accounts.queries import find_viewer
from app.config import settings
from app.console.live import console_token
from app.db import close_database, open_database, transaction
from app.prospects.models import Prospect
from app.sites.commands import open_site
from app.sites.composition import History
from app.sites.links import make_personal_link
from app.sites.models import PersonalLink, Site, SiteBrowser
from app.tokens import digest, make_token
from app.tracking.claims import PageClaims
from app.tracking.consents import NOTICE_VERSION
from app.tracking.models import ActKind, Consent
from benchmarks.servers import Demo
from tests.make import make_campaign, make_prospect, make_user

SITES = 20


@dataclass(frozen=True, slots=True)
class Crowd:
    """Two files for the load generator: page tokens of visitors, cookies and tokens of consoles.

    With several teams, each in a workspace of its own, the consoles take them in turns, and the
    visitors in turns of as many: so those of one team are spread over all doors.
    """

    visitors: Path
    consoles: Path
    teams: int


@dataclass(frozen=True, slots=True)
class Door:
    """A personal link to a site, and whose site it is."""

    site: Site
    owner: User
    link: PersonalLink


def gather(demo: Demo, visitors: int, *, teams: int = 1) -> Crowd:
    """Make visitors and a console for each team; the first team is the demo's own."""
    crowd = Crowd(demo.folder / "visitors.txt", demo.folder / "consoles.txt", teams)
    asyncio.run(_gather(crowd, demo.facts["rep"]["email"], visitors))
    return crowd


async def _gather(crowd: Crowd, rep_email: str, count: int) -> None:
    """Work on the database of the settings, before anything serves it."""
    open_database(settings())
    try:
        async with transaction() as db:
            reps = [(await db.scalars(select(User).where(User.email == rep_email))).one()]
            reps += [await _found_team(db) for _ in range(crowd.teams - 1)]
            crowd.consoles.write_text("".join([await _sign_in(db, rep) for rep in reps]))
            doors = [cycle(await _open_doors(db, rep)) for rep in reps]
            teams = (nth // crowd.teams % crowd.teams for nth in range(count))
            crowd.visitors.write_text("".join(_enter(db, next(doors[team])) for team in teams))
    finally:
        await close_database()


async def _found_team(db: AsyncSession) -> User:
    """Make a rep in a workspace of their own, with a campaign and sites."""
    rep = await make_user(db)
    campaign = await make_campaign(db, owner=rep)
    for _ in range(SITES):
        prospect = await make_prospect(db, owner=rep)
        await open_site(
            db, campaign=campaign, prospect_id=prospect.id, history=History(), now=clock.now()
        )
    return rep


async def _sign_in(db: AsyncSession, rep: User) -> str:
    """Open a session of a rep; returns the cookie and the token of the console's page."""
    cookie = await open_session(db, user_id=rep.id, browser="bench", now=clock.now())
    await db.flush()
    viewer = await find_viewer(db, token=cookie, now=clock.now())
    if viewer is None:
        raise LookupError("The rep's session is not there.")
    return f"{SESSION_COOKIE}={cookie}\t{console_token(viewer)}\n"


async def _open_doors(db: AsyncSession, rep: User) -> list[Door]:
    """Make a personal link to each of a rep's sites."""
    theirs = (
        select(Site)
        .join(Prospect, Prospect.id == Site.prospect_id)
        .where(Prospect.owner_id == rep.id)
        .limit(SITES)
    )
    doors = []
    for site in (await db.scalars(theirs)).all():
        token = await make_personal_link(db, site_id=site.id, purpose="bench", now=clock.now())
        made = select(PersonalLink).where(PersonalLink.token_digest == digest(token))
        doors.append(Door(site, rep, (await db.scalars(made)).one()))
    if not doors:
        raise LookupError("The rep has no sites.")
    return doors


def _enter(db: AsyncSession, door: Door) -> str:
    """Let one browser in and have it say yes; returns the token its page would hold."""
    now, browser_id, site = clock.now(), uuid4(), door.site
    db.add(
        SiteBrowser(
            id=browser_id, site_id=site.id, link_id=door.link.id, token_digest=digest(make_token()),
            is_staff=False, staff_answers={}, created_at=now, seen_at=now,
        )
    )  # fmt: skip
    db.add(
        Consent(
            workspace_id=site.workspace_id, browser_id=browser_id, prospect_id=site.prospect_id,
            is_yes=True, how="notice", notice_version=NOTICE_VERSION, language="en", at=now,
        )
    )  # fmt: skip
    claims = PageClaims(
        workspace_id=site.workspace_id, campaign_id=site.campaign_id, owner_id=door.owner.id,
        site_id=site.id, prospect_id=site.prospect_id, browser_id=browser_id,
        kinds=tuple(kind.value for kind in ActKind), path=f"/s/{site.id}/",
        rep_name=door.owner.name,
    )  # fmt: skip
    return f"{claims.seal()}\n"
