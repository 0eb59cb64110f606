"""The rep's side: versions, previews, links, the panel; and who may see them."""

import re
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from app.accounts.models import Role, Workspace
from app.db import reading, transaction
from app.jobs.models import Job
from app.prospects.models import ProspectGrant
from app.sites.commands import propose_next_version
from app.sites.models import PersonalLink, Site, SiteBrowser
from tests.app.made_sites import GOALS, LATER, make_site
from tests.make import NOW, make_campaign, make_prospect, make_user, sign_in

SAME = {"Sec-Fetch-Site": "same-origin"}


async def desk(client, role=Role.REP):
    """Return (site with a draft, its owner) and sign somebody of its workspace in."""
    async with transaction() as db:
        owner = await make_user(db)
        site = await make_site(db, owner=owner)
        await propose_next_version(
            db, site_id=site.id, history=GOALS, because="After a visit", now=LATER
        )
        workspace = await db.get_one(Workspace, owner.workspace_id)
        user = owner if role is Role.REP else await make_user(db, workspace=workspace, role=role)
        await sign_in(client, db, user)
    return site, user


async def text(response):
    return await response.get_data(as_text=True)


async def number_of(site):
    async with reading() as db:
        return await db.scalar(select(Site.published_number).where(Site.id == site.id))


async def test_versions_are_shown_with_reasons_and_differences(client):
    site, _ = await desk(client)
    html = await text(await client.get(f"/sites/{site.id}"))
    assert "Site of Ada Lovelace" in html
    assert "After a visit" in html
    assert "Welcome back, Ada" in html
    assert "Further down because you have answered it." in html
    assert "moves down" in html


async def test_a_version_with_an_absurd_number_is_not_there(client):
    site, _ = await desk(client)
    huge = f"/sites/{site.id}/versions/{10**30}"
    assert (await client.get(f"{huge}/preview")).status_code == 404
    assert (await client.post(f"{huge}/publication", headers=SAME)).status_code == 404


async def test_a_draft_is_published_and_the_earlier_version_brought_back(client):
    site, _ = await desk(client)
    response = await client.post(f"/sites/{site.id}/versions/2/publication", headers=SAME)
    assert response.status_code == 303
    assert await number_of(site) == 2
    await client.post(f"/sites/{site.id}/versions/1/return", headers=SAME)
    assert await number_of(site) == 1
    again = await client.post(f"/sites/{site.id}/versions/2/publication", headers=SAME)
    assert again.status_code == 409


async def test_composing_again_is_a_job(client):
    site, _ = await desk(client)
    await client.post(f"/sites/{site.id}/versions", headers=SAME)
    async with reading() as db:
        job = await db.scalar(select(Job).where(Job.kind == "next-version"))
    assert job.payload["site_id"] == str(site.id)


async def test_a_fresh_link_is_shown_once_and_works(client, web_app):
    site, _ = await desk(client)
    response = await client.post(f"/sites/{site.id}/links", headers=SAME)
    link = re.search(r'value="[^"]*(/p/[^"]+)"', await text(response))[1]
    assert response.headers["Cache-Control"] == "no-store"
    assert "/p/" not in await text(await client.get(f"/sites/{site.id}"))
    guest = web_app.test_client()
    assert (await guest.get(link)).status_code == 303
    await client.post(f"/sites/{site.id}/links/revocation", headers=SAME)
    assert (await guest.get(link)).status_code == 404


async def test_a_preview_is_the_page_without_tracking_and_saving(client):
    site, _ = await desk(client)
    html = await text(await client.get(f"/sites/{site.id}/versions/2/preview"))
    assert "Preview of version 2 for Ada Lovelace" in html
    assert "Welcome back, Ada" in html
    assert "<form" not in html.split("<main")[1].split("</main>")[0]
    assert "data-consent" not in html
    assert "/modules/" not in html
    async with reading() as db:
        assert await db.scalar(select(func.count()).select_from(SiteBrowser)) == 0


@pytest.mark.parametrize("size", ["120", "", "-5", "1e30", "many", "\uff19"])
async def test_a_campaign_is_previewed_for_a_sample_person(client, size):
    async with transaction() as db:
        owner = await make_user(db)
        campaign = await make_campaign(db, owner=owner)
        await sign_in(client, db, owner)
    response = await client.get(
        f"/campaigns/{campaign.id}/preview",
        query_string={"industry": "software", "title": "<b>CFO</b>", "employees": size},
    )
    html = await text(response)
    assert response.status_code == 200
    assert "Grow without hiring in finance" in html
    assert "&lt;b&gt;CFO" in html


async def test_the_panel_lists_sites_and_makes_one_for_another_campaign(client):
    site, owner = await desk(client)
    async with transaction() as db:
        campaign = await make_campaign(db, owner=owner, name="Second offer")
    panel = await text(await client.get(f"/prospects/{site.prospect_id}/sites"))
    assert f'href="/sites/{site.id}"' in panel
    assert "Draft 2 waits for you" in panel
    assert "Second offer" in panel
    made = await client.post(
        f"/prospects/{site.prospect_id}/sites", form={"campaign_id": campaign.id}, headers=SAME
    )
    assert made.status_code == 303
    async with reading() as db:
        assert await db.scalar(select(func.count()).select_from(Site)) == 2


PAGES = (
    ("get", "/sites/{site}"),
    ("get", "/sites/{site}/versions/1/preview"),
    ("post", "/sites/{site}/versions"),
    ("post", "/sites/{site}/versions/2/publication"),
    ("post", "/sites/{site}/versions/1/return"),
    ("post", "/sites/{site}/links"),
    ("post", "/sites/{site}/links/revocation"),
    ("get", "/prospects/{prospect}/sites"),
    ("post", "/prospects/{prospect}/sites"),
    ("get", "/campaigns/{campaign}/preview"),
)


@pytest.mark.parametrize(("method", "path"), PAGES)
@pytest.mark.parametrize("role", [Role.ADMIN, Role.REP])
async def test_another_workspaces_site_answers_like_one_that_does_not_exist(
    client, method, path, role
):
    async with transaction() as db:
        site = await make_site(db)
        own = await make_campaign(db, owner=await make_user(db))
        await sign_in(client, db, await make_user(db, role=role))
    answers = []
    for names in (
        {"site": site.id, "prospect": site.prospect_id, "campaign": site.campaign_id},
        {"site": uuid4(), "prospect": uuid4(), "campaign": uuid4()},
    ):
        response = await getattr(client, method)(
            path.format(**names), headers=SAME,
            **({"form": {"campaign_id": own.id}} if method == "post" else {}),
        )  # fmt: skip
        answers.append((response.status_code, await response.get_data()))
    assert answers[0][0] == 404
    assert answers[0] == answers[1]
    assert await number_of(site) == 1


async def test_support_sees_only_the_sites_of_people_it_was_given(client):
    site, user = await desk(client, Role.SUPPORT)
    assert (await client.get(f"/sites/{site.id}")).status_code == 404
    async with transaction() as db:
        db.add(ProspectGrant(prospect_id=site.prospect_id, user_id=user.id, granted_at=NOW))
    assert (await client.get(f"/sites/{site.id}")).status_code == 200
    assert (await client.get(f"/prospects/{site.prospect_id}/sites")).status_code == 200


async def test_nobody_gets_in_without_signing_in(client):
    async with transaction() as db:
        site = await make_site(db)
        prospect = await make_prospect(db)
    for path in (f"/sites/{site.id}", f"/prospects/{prospect.id}/sites"):
        assert (await client.get(path)).status_code == 303
    async with reading() as db:
        assert await db.scalar(select(func.count()).select_from(PersonalLink)) == 0
