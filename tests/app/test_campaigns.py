"""Making, changing, launching, closing and copying campaigns, and who sees them."""

from functools import partial

import pytest

from app.accounts.models import Role
from app.campaigns import arrange
from app.campaigns.commands import (
    Edit,
    arrange_modules,
    close_campaign,
    copy_campaign,
    create_campaign,
    edit_campaign,
    launch_campaign,
)
from app.campaigns.errors import CampaignStateError, StaleEditError
from app.campaigns.models import CampaignState
from app.campaigns.plan import placed_modules, plan_of
from app.campaigns.queries import find_live_campaign, get_campaign, get_seller, list_campaigns
from app.campaigns.shapes import Brand, Offer, PlacedModule, Tracked
from app.campaigns.slugs import made_slug
from app.db import reading, transaction
from app.errors import InvalidError, NotFoundError
from app.tracking.models import ActKind
from modules.audience import Audience
from tests.make import NOW, make_campaign, make_user, make_viewer, make_workspace


async def make_draft(db, owner, **parts):
    parts = {"name": "Spring offer"} | parts
    return await create_campaign(
        db, owner_id=owner.id, workspace_id=owner.workspace_id, now=NOW, **parts
    )


async def test_a_campaign_begins_as_a_draft_with_an_address_made_from_its_name():
    async with transaction() as db:
        owner = await make_user(db)
        first = await make_draft(db, owner, name="Größer, schneller!")
        second = await make_draft(db, owner, name="Größer, schneller!")
    assert (first.slug, second.slug) == ("groer-schneller", "groer-schneller-2")
    assert first.state == CampaignState.DRAFT


@pytest.mark.parametrize("name", ["", "!!", "日本", "a" * 120, "-x-"])
def test_every_name_leads_to_an_address(name):
    assert made_slug(name, set()) != made_slug(name, {made_slug(name, set())})


@pytest.mark.parametrize("slug", ["ab", "Upper", "-dash", "dash-", "a/b", "a b", "x" * 61, "ü-x-y"])
async def test_what_cannot_be_an_address_is_refused(slug):
    async with transaction() as db:
        owner = await make_user(db)
        with pytest.raises(InvalidError) as refusal:
            await make_draft(db, owner, slug=slug)
    assert "slug" in refusal.value.problems


async def test_an_address_is_taken_for_all_workspaces():
    async with transaction() as db:
        await make_draft(db, await make_user(db), slug="spring")
        with pytest.raises(InvalidError, match="taken"):
            await make_draft(db, await make_user(db), slug="spring")


async def test_an_edit_changes_what_it_names_and_nothing_else():
    async with transaction() as db:
        owner = await make_user(db)
        _, viewer = await make_viewer(db, owner)
        campaign = await make_draft(db, owner, offer=Offer(headline="Old"), brand=Brand())
        edit = Edit(offer=Offer(headline="New"), slug="other")
        await edit_campaign(db, campaign.id, edit, viewer=viewer, revision=1, now=NOW)
    plan = plan_of(campaign, "EUR")
    assert (plan.offer.headline, campaign.slug, campaign.revision) == ("New", "other", 2)
    assert plan.brand == Brand()


async def test_an_edit_on_sight_of_an_older_state_is_refused():
    async with transaction() as db:
        owner = await make_user(db)
        _, viewer = await make_viewer(db, owner)
        campaign = await make_draft(db, owner)
        await edit_campaign(db, campaign.id, Edit(name="A"), viewer=viewer, revision=1, now=NOW)
        with pytest.raises(StaleEditError) as refusal:
            await edit_campaign(db, campaign.id, Edit(name="B"), viewer=viewer, revision=1, now=NOW)
    assert refusal.value.revision == 2
    assert campaign.name == "A"


async def test_the_address_stays_once_people_may_have_it():
    async with transaction() as db:
        owner = await make_user(db)
        _, viewer = await make_viewer(db, owner)
        campaign = await make_campaign(db, owner=owner)
        edit = Edit(slug="other")
        with pytest.raises(InvalidError, match="stays"):
            await edit_campaign(db, campaign.id, edit, viewer=viewer, revision=1, now=NOW)


async def test_modules_are_placed_moved_set_and_removed():
    async with transaction() as db:
        owner = await make_user(db)
        _, viewer = await make_viewer(db, owner)
        campaign = await make_draft(db, owner)
        audience = Audience(industries=("software",))
        changes = (
            partial(arrange.placed, kind="goals"),
            partial(arrange.placed, kind="text"),
            partial(arrange.placed, kind="goals"),
            partial(arrange.moved, key="goals-2", step=-1),
            partial(arrange.changed, key="text", settings={"title": "Hi"}, audience=audience),
            partial(arrange.removed, key="goals"),
        )
        for revision, change in enumerate(changes, start=1):
            await arrange_modules(
                db, campaign.id, change, viewer=viewer, revision=revision, now=NOW
            )
    first, second = placed_modules(campaign)
    assert (first.key, second.key) == ("goals-2", "text")
    assert (second.settings, second.audience) == ({"title": "Hi"}, audience)
    assert first.settings["title"]


def test_moving_beyond_either_end_stays_and_unknown_keys_are_not_found():
    modules = arrange.placed(arrange.placed((), "goals"), "text")
    assert arrange.moved(modules, "goals", -1) == modules
    assert arrange.moved(modules, "text", 1) == modules
    for change in (arrange.removed, partial(arrange.moved, step=1)):
        with pytest.raises(NotFoundError):
            change(modules, key="nowhere")
    with pytest.raises(NotFoundError):
        arrange.placed((), "no_such_room")


async def test_a_launch_says_everything_that_is_missing():
    async with transaction() as db:
        campaign = await make_draft(db, await make_user(db))
        with pytest.raises(InvalidError) as refusal:
            await launch_campaign(db, campaign, now=NOW)
        assert set(refusal.value.problems) == {"offer", "modules"}
        campaign.offer = {"headline": "Ship faster"}
        campaign.modules = [{"key": "goals", "kind": "goals", "settings": {"at_most": -1}}]
        with pytest.raises(InvalidError, match="goals"):
            await launch_campaign(db, campaign, now=NOW)


async def test_a_campaign_is_launched_closed_and_launched_again():
    async with transaction() as db:
        campaign = await make_campaign(db, state=CampaignState.DRAFT)
        await launch_campaign(db, campaign, now=NOW)
        assert await find_live_campaign(db, campaign.slug) is campaign
        with pytest.raises(CampaignStateError):
            await launch_campaign(db, campaign, now=NOW)
        await close_campaign(db, campaign, now=NOW)
        assert await find_live_campaign(db, campaign.slug) is None
        with pytest.raises(CampaignStateError):
            await close_campaign(db, campaign, now=NOW)
        await launch_campaign(db, campaign, now=NOW)
    assert campaign.is_live


async def test_a_copy_is_a_draft_of_the_one_who_copies_with_the_logo_and_no_leads():
    async with transaction() as db:
        owner = await make_user(db, role=Role.ADMIN)
        _, viewer = await make_viewer(db, owner)
        original = await make_campaign(db, slug="spring", owner=owner, logo=b"x", logo_digest="d")
        copy = await copy_campaign(db, original.id, viewer=viewer, now=NOW)
        lines = await list_campaigns(db, viewer=viewer)
    assert (copy.slug, copy.state, copy.revision) == ("spring-2", CampaignState.DRAFT, 1)
    assert (copy.modules, copy.logo, copy.logo_url) == (
        original.modules, b"x", "/c/spring-2/logo?v=d",
    )  # fmt: skip
    assert {line.leads for line in lines} == {0}


async def test_admins_see_all_campaigns_reps_their_own_and_support_none():
    async with transaction() as db:
        workspace = await make_workspace(db)
        rep, other, admin, support = [
            await make_user(db, workspace=workspace, role=role)
            for role in (Role.REP, Role.REP, Role.ADMIN, Role.SUPPORT)
        ]
        stranger = await make_user(db, role=Role.ADMIN)
        campaign = await make_campaign(db, owner=rep)
        viewers = {
            user: (await make_viewer(db, user))[1]
            for user in (rep, other, admin, support, stranger)
        }
    async with reading() as db:
        for user in (rep, admin):
            assert (await get_campaign(db, campaign.id, viewer=viewers[user])).id == campaign.id
            assert len(await list_campaigns(db, viewer=viewers[user])) == 1
        for user in (other, support, stranger):
            assert not await list_campaigns(db, viewer=viewers[user])
            with pytest.raises(NotFoundError):
                await get_campaign(db, campaign.id, viewer=viewers[user])


async def test_modules_whose_folder_is_gone_are_left_out_of_the_plan():
    modules = [{"key": "old", "kind": "no_such_room"}, {"key": "goals", "kind": "goals"}]
    async with transaction() as db:
        campaign = await make_campaign(db, modules=modules)
    assert plan_of(campaign, "EUR").modules == (PlacedModule(key="goals", kind="goals"),)


async def test_visitors_see_the_owner_and_the_company_of_the_offer():
    async with transaction() as db:
        workspace = await make_workspace(db, name="Northwind Ltd")
        owner = await make_user(db, workspace=workspace, name="Rita", phone="123")
        named = await make_campaign(db, owner=owner)
        unnamed = await make_campaign(db, owner=owner, offer={"headline": "x"})
        assert (await get_seller(db, named)).company == "Northwind"
        seller = await get_seller(db, unnamed)
    assert (seller.name, seller.phone, seller.company) == ("Rita", "123", "Northwind Ltd")


def test_the_kinds_that_can_be_chosen_are_those_that_tracking_records():
    assert Tracked().kinds == tuple(kind.value for kind in ActKind)
