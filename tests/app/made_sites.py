"""Sites for tests: a person with a company, a campaign with every module, a site opened in it."""

from datetime import timedelta
from urllib.parse import urlencode

from app import clock
from app.accounts.models import Workspace
from app.db import transaction
from app.sites.commands import make_personal_link, open_site
from app.sites.composition import History
from tests.make import NOW, make_campaign, make_company, make_prospect, make_user

LATER = NOW + timedelta(days=2)
GOALS = History(answers={"goals": {"chosen": ["cut-cost"], "own": ""}}, visits=1)


async def make_site(db, *, owner=None, tracked=None, **campaign_fields):
    """A prospect's freshly opened site in a campaign with all modules."""
    owner = owner or await make_user(db)
    workspace = await db.get_one(Workspace, owner.workspace_id)
    company = await make_company(db, workspace=workspace)
    prospect = await make_prospect(db, owner=owner, company=company)
    campaign = await make_campaign(db, owner=owner, tracked=tracked or {}, **campaign_fields)
    return await open_site(
        db, campaign=campaign, prospect_id=prospect.id, history=History(), now=NOW
    )


async def made_site(**fields):
    async with transaction() as db:
        return await make_site(db, **fields)


async def link_to(site, now=None):
    async with transaction() as db:
        token = await make_personal_link(
            db, site_id=site.id, purpose="letter", now=now or clock.now()
        )
    return f"/p/{token}"


async def opened(client, site=None, **fields):
    """Follow a personal link; returns the site and its page's address."""
    site = site or await made_site(**fields)
    response = await client.get(await link_to(site))
    assert response.status_code == 303
    return site, response.headers["Location"]


async def post(client, path, form, **headers):
    """Post a form as the page's own browser does."""
    sent = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
    return await client.post(path, data=urlencode(form, doseq=True), headers=sent | headers)


async def page(client, path):
    response = await client.get(path)
    return await response.get_data(as_text=True)
