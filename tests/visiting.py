"""Visitors for tests: pages as they were served, browsers that said yes, and what they do."""

from datetime import UTC, datetime
from uuid import uuid4

from app import clock
from app.accounts.models import User
from app.db import reading, transaction
from app.sites.commands import open_site
from app.sites.composition import History
from app.sites.links import make_personal_link, open_link
from app.sites.queries import find_browser
from app.tracking.claims import PageClaims
from app.tracking.consents import record_consent
from app.tracking.intake import open_page
from app.tracking.models import ActKind, Visit
from app.tracking.shapes import SentAct
from app.tracking.visits import Opening
from tests.make import make_campaign, make_prospect

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
ALL_KINDS = tuple(kind.value for kind in ActKind)


async def make_page(db, *, consents=True, is_staff=False, site=None, prospect=None, **fields):
    """A personal page as one browser got it; returns its claims."""
    if prospect is None:
        prospect = await make_prospect(db)
    if site is None:
        owner = fields.pop("owner", None) or await _owner(db, prospect)
        campaign = await make_campaign(db, owner=owner)
        site = await open_site(
            db, campaign=campaign, prospect_id=prospect.id, history=History(), now=NOW
        )
    link = await make_personal_link(db, site_id=site.id, purpose="letter", now=clock.now())
    entry = await open_link(db, token=link, known=(), viewer=None, now=clock.now())
    browser = await find_browser(db, site.id, entry.token)
    browser.is_staff = is_staff
    claims = PageClaims(
        **{
            "workspace_id": site.workspace_id,
            "campaign_id": site.campaign_id,
            "owner_id": prospect.owner_id,
            "site_id": site.id,
            "prospect_id": prospect.id,
            "browser_id": browser.id,
            "is_staff": is_staff,
            "kinds": ALL_KINDS,
            "path": f"/s/{site.id}/",
            "rep_name": "Rita Sellers",
        }
        | fields
    )
    if consents:
        await say(db, claims, is_yes=True)
    return claims


async def make_campaign_page(db, *, consents=True, campaign=None, **fields):
    """A campaign page as an anonymous browser got it; returns its claims."""
    campaign = campaign or await make_campaign(db)
    claims = PageClaims(
        **{
            "workspace_id": campaign.workspace_id,
            "campaign_id": campaign.id,
            "owner_id": campaign.owner_id,
            "kinds": ALL_KINDS,
            "path": f"/c/{campaign.slug}",
            "rep_name": "Rita Sellers",
        }
        | fields
    )
    return (await say(db, claims, is_yes=True)).claims if consents else claims


async def say(db, claims, *, is_yes, how="notice", now=NOW):
    return await record_consent(db, claims=claims, is_yes=is_yes, how=how, language="en", now=now)


async def _owner(db, prospect):
    return await db.get_one(User, prospect.owner_id)


def act(seq, kind="clicked", **fields):
    """One act as a browser sends it."""
    defaults = {"clicked": {"name": "link", "target": f"#{seq}", "details": {"label": "Prices"}}}
    at = fields.pop("at", clock.now().isoformat())
    return {"seq": seq, "kind": kind, "at": at} | defaults.get(kind, {}) | fields


def answer(seq, module, *fields):
    """An answer as a browser sends it: (name, value) pairs of the module's form."""
    details = {"fields": [list(pair) for pair in fields]}
    return act(seq, "answered", name=f"{module}.answer", module=module, details=details)


def sent(*acts):
    return [SentAct.model_validate(each) for each in acts]


async def served_page(**fields):
    """A page in a transaction of its own; returns claims."""
    async with transaction() as db:
        return await make_page(db, **fields)


async def open_live(claims=None):
    """A page that was opened and is held in memory."""
    claims = claims or await served_page()
    return await open_page(Opening(new_visit(), claims, "Firefox", "socket"), now=NOW)


async def visit_of(live):
    """What the database holds of a live visit."""
    async with reading() as db:
        return await db.get_one(Visit, live.id)


def new_visit():
    return uuid4()
