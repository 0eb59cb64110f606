"""Versions of a site: composed, proposed, published, rolled back."""

from uuid import uuid4

import pytest
from sqlalchemy import event, select

from app.db import reading, transaction
from app.errors import ConflictError, NotFoundError
from app.prospects.models import TimelineEntry
from app.sites.commands import (
    answer_module,
    open_site,
    propose_next_version,
    publish_version,
    roll_back,
)
from app.sites.composition import Composition, History
from app.sites.models import Answer, SiteVersion, VersionState
from app.sites.queries import find_site, get_answers, list_versions, read_site
from app.sites.rooms import read_rooms
from tests.app.made_sites import GOALS, LATER, made_site
from tests.make import NOW, make_campaign, make_prospect, make_user


async def propose(site, history=GOALS, now=LATER):
    async with transaction() as db:
        return await propose_next_version(
            db, site_id=site.id, history=history, because="After a visit", now=now
        )


async def states(site):
    async with reading() as db:
        return {one.number: str(one.state) for one in await list_versions(db, site.id)}


async def shown(site):
    async with reading() as db:
        return await read_site(db, site.id)


async def test_a_site_is_opened_once_with_its_first_version_online():
    async with transaction() as db:
        owner = await make_user(db)
        prospect = await make_prospect(db, owner=owner)
        campaign = await make_campaign(db, owner=owner)
        one = await open_site(
            db, campaign=campaign, prospect_id=prospect.id, history=History(), now=NOW
        )
        again = await open_site(
            db, campaign=campaign, prospect_id=prospect.id, history=GOALS, now=LATER
        )
        assert again.id == one.id
        found = await find_site(db, campaign_id=campaign.id, prospect_id=prospect.id)
        assert found is one
    assert await states(one) == {1: "published"}


async def test_reading_a_site_brings_everything_a_page_needs():
    opened = await shown(await made_site())
    assert opened.profile.first_name == "Ada"
    assert opened.profile.industry == "software"
    assert opened.seller.name == "Rita Sellers"
    assert opened.plan.offer.headline == "Ship faster"
    assert len(read_rooms(opened.composition.places)) == 8


async def test_reading_a_site_takes_one_query(database):
    site = await made_site()
    statements = []
    listener = lambda *args: statements.append(args[2])  # noqa: E731
    event.listen(database.sync_engine, "before_cursor_execute", listener)
    async with reading() as db:
        await read_site(db, site.id)
    assert len([one for one in statements if one.startswith("SELECT")]) == 1


async def test_acts_lead_to_a_draft_that_waits_for_the_rep():
    site = await made_site()
    draft = await propose(site)
    assert draft.number == 2
    assert await states(site) == {1: "published", 2: "draft"}
    assert (await shown(site)).number == 1


async def test_nothing_new_leads_to_no_version():
    site = await made_site()
    assert await propose(site, History()) is None
    assert await states(site) == {1: "published"}


async def test_the_same_draft_is_not_proposed_twice_and_a_newer_one_replaces_it():
    site = await made_site()
    await propose(site)
    assert await propose(site) is None
    newer = History(
        answers={**GOALS.answers, "problems": {"chosen": [], "own": "Typing"}}, visits=2
    )
    assert (await propose(site, newer)).number == 3
    assert await states(site) == {1: "published", 2: "discarded", 3: "draft"}


async def test_a_draft_is_published_and_rolled_back_and_both_are_on_the_timeline():
    site = await made_site()
    await propose(site)
    async with transaction() as db:
        await publish_version(db, site_id=site.id, number=2, by_user_id=None, now=LATER)
    assert (await shown(site)).composition.opening.is_return
    async with transaction() as db:
        await roll_back(db, site_id=site.id, number=1, by_user_id=None, now=LATER)
    assert (await shown(site)).number == 1
    async with reading() as db:
        entries = await db.scalars(select(TimelineEntry.title).where(TimelineEntry.kind == "site"))
        assert set(entries) == {
            "Published version 2 of the personal site",
            "Went back to version 1 of the personal site",
        }


async def test_the_day_a_version_was_first_seen_does_not_move():
    site = await made_site()
    await propose(site)
    async with transaction() as db:
        await publish_version(db, site_id=site.id, number=2, by_user_id=None, now=LATER)
        await roll_back(db, site_id=site.id, number=1, by_user_id=None, now=LATER)
        assert (await db.get(SiteVersion, (site.id, 1))).published_at == NOW


async def test_what_the_rep_rolled_back_does_not_come_back_by_itself():
    site = await made_site(tracked={"publishes_by_itself": True})
    await propose(site)
    async with transaction() as db:
        await roll_back(db, site_id=site.id, number=1, by_user_id=None, now=LATER)
    assert await propose(site) is None
    newer = History(answers=GOALS.answers, interests={"roi": 5}, visits=3)
    assert (await propose(site, newer)).state == VersionState.DRAFT
    assert (await shown(site)).number == 1


async def test_a_campaign_may_publish_by_itself():
    site = await made_site(tracked={"publishes_by_itself": True})
    assert (await propose(site)).state == VersionState.PUBLISHED
    assert (await shown(site)).number == 2


@pytest.mark.parametrize(
    ("command", "number"), [(publish_version, 1), (roll_back, 1), (roll_back, 2)]
)
async def test_only_drafts_are_published_and_only_earlier_versions_brought_back(command, number):
    site = await made_site()
    await propose(site)
    with pytest.raises(ConflictError):
        async with transaction() as db:
            await command(db, site_id=site.id, number=number, by_user_id=None, now=LATER)


async def test_an_unknown_version_is_not_found():
    site = await made_site()
    with pytest.raises(NotFoundError):
        async with transaction() as db:
            await publish_version(db, site_id=site.id, number=9, by_user_id=None, now=LATER)


async def test_a_stored_composition_reads_as_it_was_composed():
    site = await made_site()
    async with reading() as db:
        stored = (await list_versions(db, site.id))[0].composition
    assert Composition.model_validate(stored).model_dump(mode="json") == stored


async def answer(site, key="goals", form=None, now=LATER):
    async with transaction() as db:
        return await answer_module(
            db, site_id=site.id, module_key=key, form=form or {"chosen": ["cut-cost"]}, now=now
        )


async def test_answers_are_kept_with_a_headline_and_the_newest_counts():
    site = await made_site()
    await answer(site)
    answered = await answer(site, form={"chosen": ["pay-on-time"], "own": ["Sleep"]})
    assert answered.headline.startswith("Wants: ")
    opened = await shown(site)
    assert opened.answers["goals"]["chosen"] == ["pay-on-time"]
    assert opened.headlines["goals"] == answered.headline
    async with reading() as db:
        assert (await get_answers(db, site.id))["goals"]["own"] == "Sleep"


@pytest.mark.parametrize(
    ("key", "form"),
    [
        ("goals", {"chosen": ["nonsense"]}),
        ("goals", {"own": ["x" * 5000]}),
        ("goals", {f"field{number}": ["x"] for number in range(101)}),
        ("goals", {"chosen": ["cut-cost"] * 101}),
        ("goals", {"x" * 500: ["x"]}),
        ("text", {"chosen": ["cut-cost"]}),
        ("nowhere", {"chosen": ["cut-cost"]}),
        ("impacts", {"numbers.x": ["\ud800"], "bogus": ["1e30"]}),
        ("roi", {"rate": ["1e30"], "years": ["NaN"], "realisation": ["-5"]}),
    ],
)
async def test_what_is_no_answer_comes_back_as_problems_or_harmless_and_never_raises(key, form):
    site = await made_site()
    answered = await answer(site, key, form)
    async with reading() as db:
        stored = (await db.scalars(select(Answer))).all()
    assert bool(answered.problems) != bool(stored)


async def test_answers_for_a_site_that_is_not_there_are_not_found():
    with pytest.raises(NotFoundError):
        async with transaction() as db:
            await answer_module(db, site_id=uuid4(), module_key="goals", form={}, now=NOW)
