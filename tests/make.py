"""Builders: each returns a stored row with sensible defaults; override by name."""

from datetime import UTC, datetime
from uuid import uuid4

from app import clock
from app.accounts.commands import open_session
from app.accounts.cookies import SESSION_COOKIE
from app.accounts.models import Role, User, Workspace
from app.accounts.queries import find_viewer
from app.campaigns.models import Campaign, CampaignState
from app.prospects.models import Company, Prospect

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


async def make_workspace(db, **fields):
    workspace = Workspace(**{"id": uuid4(), "name": "Northwind", "created_at": NOW} | fields)
    db.add(workspace)
    await db.flush()
    return workspace


async def make_user(db, *, workspace=None, **fields):
    workspace = workspace or await make_workspace(db)
    defaults = {
        "id": uuid4(),
        "workspace_id": workspace.id,
        "email": f"{uuid4().hex[:8]}@seller.example",
        "name": "Rita Sellers",
        "title": "Account executive",
        "role": Role.REP,
        "created_at": NOW,
    }
    user = User(**defaults | fields)
    db.add(user)
    await db.flush()
    return user


async def make_viewer(db, user):
    """Sign a user in and return (cookie token, Viewer)."""
    token = await open_session(db, user_id=user.id, browser="test", now=clock.now())
    await db.flush()
    return token, await find_viewer(db, token=token, now=clock.now())


async def sign_in(client, db, user):
    """Give a test client the session cookie of `user`; returns the Viewer."""
    token, viewer = await make_viewer(db, user)
    client.set_cookie("localhost", SESSION_COOKIE, token)
    return viewer


async def make_company(db, *, workspace, **fields):
    defaults = {
        "id": uuid4(),
        "workspace_id": workspace.id,
        "name": "Analytical Engines",
        "name_key": uuid4().hex,
        "industry": "software",
        "employees": 120,
        "created_at": NOW,
        "updated_at": NOW,
    }
    company = Company(**defaults | fields)
    db.add(company)
    await db.flush()
    return company


async def make_prospect(db, *, owner=None, company=None, **fields):
    owner = owner or await make_user(db)
    defaults = {
        "id": uuid4(),
        "workspace_id": owner.workspace_id,
        "owner_id": owner.id,
        "company_id": company.id if company else None,
        "email": f"{uuid4().hex[:8]}@buyer.example",
        "name": "Ada Lovelace",
        "sort_name": "ada lovelace",
        "title": "Head of Finance",
        "custom": {},
        "search_text": "ada lovelace",
        "active_at": NOW,
        "created_at": NOW,
        "updated_at": NOW,
    }
    prospect = Prospect(**defaults | fields)
    db.add(prospect)
    await db.flush()
    return prospect


async def make_campaign(db, *, owner=None, **fields):
    owner = owner or await make_user(db)
    kinds = ("goals", "problems", "impacts", "outcomes", "roi", "solution", "testimonial", "text")
    defaults = {
        "id": uuid4(),
        "workspace_id": owner.workspace_id,
        "owner_id": owner.id,
        "slug": f"offer-{uuid4().hex[:8]}",
        "name": "Spring offer",
        "state": CampaignState.LIVE,
        "offer": {"headline": "Ship faster", "product": "Flowboard", "company": "Northwind"},
        "brand": {},
        "modules": [{"key": kind, "kind": kind} for kind in kinds],
        "form_fields": [],
        "tracked": {},
        "created_at": NOW,
        "updated_at": NOW,
    }
    campaign = Campaign(**defaults | fields)
    db.add(campaign)
    await db.flush()
    return campaign
