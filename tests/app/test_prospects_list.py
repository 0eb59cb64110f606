"""The list: who is on it for whom, in which order, narrowed how."""

from datetime import timedelta
from uuid import uuid4

import pytest

from app.accounts.models import Role
from app.db import transaction
from app.errors import NotFoundError
from app.prospects.companies import get_company, list_companies
from app.prospects.export import export_people
from app.prospects.listing import ORDERS, PAGE, Wanted, list_options, list_people, read_wanted
from app.prospects.models import ProspectGrant
from app.prospects.queries import get_prospect
from tests.make import (
    NOW,
    make_company,
    make_prospect,
    make_user,
    make_viewer,
    make_workspace,
)


async def a_house(db):
    """Two reps, an admin and a support user, each rep with a person; the first one is shared."""
    workspace = await make_workspace(db)
    users = {
        name: await make_user(db, workspace=workspace, role=role)
        for name, role in [
            ("rep", Role.REP), ("other", Role.REP), ("admin", Role.ADMIN), ("support", Role.SUPPORT),
        ]
    }  # fmt: skip
    viewers = {name: (await make_viewer(db, user))[1] for name, user in users.items()}
    people = {}
    for name in ("rep", "other"):
        company = await make_company(db, workspace=workspace, name=f"{name} company")
        people[name] = await make_prospect(db, owner=users[name], company=company)
    db.add(ProspectGrant(prospect_id=people["rep"].id, user_id=users["support"].id, granted_at=NOW))
    await db.flush()
    return viewers, people


async def ids(db, viewer, wanted=None):
    page = await list_people(db, wanted or Wanted(), viewer=viewer, now=NOW)
    assert page.total >= len(page.people)
    return [person.id for person, _ in page.people]


async def test_everybody_sees_whom_they_may_and_nobody_else():
    async with transaction() as db:
        (here, mine), (there, theirs) = await a_house(db), await a_house(db)
        may = {
            "rep": {mine["rep"].id}, "other": {mine["other"].id}, "support": {mine["rep"].id},
            "admin": {mine["rep"].id, mine["other"].id},
        }  # fmt: skip
        everybody = [*mine.values(), *theirs.values()]
        for name, viewer in here.items():
            assert set(await ids(db, viewer)) == may[name]
            for person in everybody:
                if person.id in may[name]:
                    assert (await get_prospect(db, person.id, viewer=viewer)).id == person.id
                    await get_company(db, person.company_id, viewer=viewer)
                    continue
                with pytest.raises(NotFoundError) as hidden:
                    await get_prospect(db, person.id, viewer=viewer)
                with pytest.raises(NotFoundError) as missing:
                    await get_prospect(db, uuid4(), viewer=viewer)
                assert str(hidden.value) == str(missing.value)
                with pytest.raises(NotFoundError):
                    await get_company(db, person.company_id, viewer=viewer)
        found = await list_companies(db, viewer=here["rep"])
        assert [company.name for company in found.companies] == ["rep company"]
        assert there["rep"].workspace_id != here["rep"].workspace_id


async def test_filters_offer_only_what_the_viewer_may_see():
    async with transaction() as db:
        workspace = await make_workspace(db)
        mine, theirs = [await make_user(db, workspace=workspace) for _ in range(2)]
        for owner, word in ((mine, "energy"), (theirs, "retail")):
            company = await make_company(db, workspace=workspace, industry=word)
            await make_prospect(db, owner=owner, company=company, source=word)
        _, viewer = await make_viewer(db, mine)
        options = await list_options(db, viewer=viewer)
    assert options.industries == [("energy", "energy")]
    assert options.sources == [("energy", "energy")]
    assert options.owners == []


@pytest.mark.parametrize("sort", ORDERS)
async def test_pages_lose_and_repeat_nobody_however_much_is_equal(sort):
    async with transaction() as db:
        owner = await make_user(db)
        _, viewer = await make_viewer(db, owner)
        everybody = {(await make_prospect(db, owner=owner)).id for _ in range(PAGE * 2 + 7)}
        seen = []
        for number in (1, 2, 3):
            seen += await ids(db, viewer, Wanted(sort=sort, page=number))
        last = await list_people(db, Wanted(sort=sort, page=99), viewer=viewer, now=NOW)
        searched = await list_people(
            db, Wanted(q="ada", sort=sort, page=99), viewer=viewer, now=NOW
        )
    assert len(seen) == len(set(seen))
    assert set(seen) == everybody
    assert (last.page, last.pages, len(last.people)) == (3, 3, 7)
    assert (searched.page, searched.total, len(searched.people)) == (3, PAGE * 2 + 7, 7)


async def test_orders_are_what_they_say():
    async with transaction() as db:
        owner = await make_user(db)
        _, viewer = await make_viewer(db, owner)
        made = [
            await make_prospect(
                db, owner=owner, sort_name=name, company_key=company,
                active_at=NOW - timedelta(days=active), created_at=NOW - timedelta(days=added),
            )
            for name, company, active, added in [("b", "x", 1, 3), ("a", "z", 2, 1), ("c", "y", 3, 2)]
        ]  # fmt: skip
        places = {person.id: place for place, person in enumerate(made)}
        found = {
            sort: [places[key] for key in await ids(db, viewer, Wanted(sort=sort))]
            for sort in ORDERS
        }
    assert found["active"] == [0, 1, 2]
    assert found["name"] == [1, 0, 2]
    assert found["company"] == [0, 2, 1]
    assert found["added"] == [1, 2, 0]
    assert all(found[f"-{sort}"] == found[sort][::-1] for sort in ("active", "name", "added"))


async def test_the_list_is_narrowed_by_everything_at_once():
    async with transaction() as db:
        workspace = await make_workspace(db)
        owner = await make_user(db, workspace=workspace)
        _, viewer = await make_viewer(db, owner)
        small = await make_company(db, workspace=workspace, industry="energy", employees=7)
        large = await make_company(db, workspace=workspace, industry="retail", employees=5_000)
        a = await make_prospect(
            db, owner=owner, company=small, search_text="ada 100% muller", source="Spring"
        )
        b = await make_prospect(
            db, owner=owner, company=large, search_text="grace hopper",
            active_at=NOW - timedelta(days=100),
        )  # fmt: skip
        c = await make_prospect(db, owner=owner, search_text="ada king")
        questions = [
            (Wanted(q="ÁDA"), {a.id, c.id}), (Wanted(q="king ada"), {c.id}),
            (Wanted(q="%"), {a.id}), (Wanted(q="_"), set()), (Wanted(q="' OR 1=1"), set()),
            (Wanted(industry="energy"), {a.id}), (Wanted(size="1-10"), {a.id}),
            (Wanted(size="1001"), {b.id}), (Wanted(size="unknown"), {c.id}),
            (Wanted(source="Spring"), {a.id}), (Wanted(active="7"), {a.id, c.id}),
            (Wanted(active="quiet"), {b.id}), (Wanted(company=str(large.id)), {b.id}),
            (Wanted(owner=str(owner.id)), {a.id, b.id, c.id}), (Wanted(owner=str(uuid4())), set()),
            (Wanted(q="ada", industry="energy", size="1-10", active="30"), {a.id}),
        ]  # fmt: skip
        for wanted, expected in questions:
            assert set(await ids(db, viewer, wanted)) == expected, wanted


def test_an_address_says_what_is_wanted_and_nonsense_counts_as_unsaid():
    wanted = read_wanted({"q": "ada", "page": "3", "sort": "name", "size": "1-10"})
    assert wanted.query() == "?q=ada&size=1-10&sort=name&page=3"
    assert Wanted().query() == ""
    odd = {
        "q": "x" * 5_000,
        "page": "-1",
        "sort": "1;DROP",
        "size": "9",
        "owner": "me",
        "active": "x",
    }
    assert read_wanted(odd) == Wanted(q="x" * 100)
    assert read_wanted({"page": "9" * 40}).page == 1


async def test_an_export_holds_the_list_as_it_is_narrowed_and_runs_nothing():
    async with transaction() as db:
        owner = await make_user(db)
        _, viewer = await make_viewer(db, owner)
        await make_prospect(
            db, owner=owner, email="a@x.example", name="=HYPERLINK(1)", phone="+49 30",
            custom={"Region": "@north"}, search_text="wanted",
        )  # fmt: skip
        await make_prospect(db, owner=owner, search_text="other")
        await make_prospect(db, search_text="wanted")
    parts = [part async for part in export_people(Wanted(q="wanted"), viewer=viewer, now=NOW)]
    text = b"".join(parts).decode("utf-8-sig")
    assert text.count("\r\n") == 2
    assert '"Region"' in text.splitlines()[0]
    for cell in ("'=HYPERLINK(1)", "'+49 30", "'@north"):
        assert f'"{cell}"' in text
