"""What becomes of facts told about people known and unknown."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from app import bus
from app.accounts.models import Role
from app.db import transaction
from app.errors import ForbiddenError, InvalidError, NotFoundError
from app.prospects.commands import (
    add_by_address,
    add_note,
    add_to_timeline,
    create_or_complete_prospect,
)
from app.prospects.editing import edit_company, edit_prospect
from app.prospects.models import Company, Prospect, TimelineEntry
from app.prospects.queries import get_profile, get_prospect, list_timeline
from app.prospects.shapes import CompanyFacts, Person
from app.prospects.sharing import assign_prospect, share_prospect
from app.prospects.timeline import TimelineLine
from tests.make import NOW, make_user, make_viewer, make_workspace

LATER = NOW + timedelta(hours=1)
ADA = Person(email="ada@x.example", name="Ada Lovelace", company="Engines", industry="software")


async def tell(db, owner, person, *, source="Spring offer", now=NOW):
    return await create_or_complete_prospect(
        db, person, workspace_id=owner.workspace_id, owner_id=owner.id, source=source, now=now
    )


async def test_an_unknown_person_becomes_a_prospect_with_company_and_timeline():
    async with transaction() as db:
        owner = await make_user(db)
        prospect, is_new = await tell(db, owner, ADA)
        timeline = await list_timeline(db, prospect.id)
    assert is_new
    assert (prospect.email, prospect.company.name) == ("ada@x.example", "Engines")
    assert prospect.company.industry == "software"
    assert prospect.search_text == "ada lovelace ada@x.example engines"
    assert [entry.title for entry in timeline.entries] == ["Added from Spring offer"]


async def test_two_who_tell_of_the_same_person_at_once_make_one_person_of_it():
    async with transaction() as db:
        owner = await make_user(db)

    async def tell_alone(phone):
        async with transaction() as db:
            more = ADA.model_copy(update={"phone": phone})
            return (await tell(db, owner, more))[0].id

    told = await asyncio.gather(*(tell_alone(str(number)) for number in range(5)))
    assert len(set(told)) == 1


async def test_a_known_person_is_completed_and_never_overwritten():
    async with transaction() as db:
        owner = await make_user(db)
        first, _ = await tell(db, owner, ADA)
        more = Person(email="ADA@x.example", name="A. King", title="CFO", phone="1", employees=40)
        second, is_new = await tell(db, owner, more, now=LATER)
        timeline = await list_timeline(db, first.id)
    assert not is_new
    assert second.id == first.id
    assert (second.name, second.title, second.phone) == ("Ada Lovelace", "CFO", "1")
    assert second.company.employees == 40
    assert timeline.entries[0].kind == "differs"
    assert timeline.entries[0].details == [["Name", "A. King"]]


async def test_telling_the_same_twice_changes_nothing():
    async with transaction() as db:
        owner = await make_user(db)
        prospect, _ = await tell(db, owner, ADA)
        shouted = ADA.model_copy(update={"name": "ADA  LOVELACE"})
        await tell(db, owner, shouted, now=LATER)
        assert len((await list_timeline(db, prospect.id)).entries) == 1
        assert await db.scalar(select(func.count(Company.id))) == 1


async def test_another_employer_is_noted_and_its_facts_stay_away():
    async with transaction() as db:
        owner = await make_user(db)
        await tell(db, owner, ADA)
        moved = Person(email="ada@x.example", company="Looms", industry="textiles", employees=9)
        prospect, _ = await tell(db, owner, moved)
        timeline = await list_timeline(db, prospect.id)
    assert prospect.company.name == "Engines"
    assert prospect.company.employees is None
    assert {entry.kind for entry in timeline.entries} == {"added", "differs"}
    assert any(["Company", "Looms"] in entry.details for entry in timeline.entries)


async def test_a_nameless_company_gets_its_name_when_it_is_told():
    async with transaction() as db:
        owner = await make_user(db)
        first, _ = await tell(db, owner, Person(email="a@x.example", industry="retail"))
        assert first.company.name == ""
        second, _ = await tell(db, owner, Person(email="a@x.example", company="Shop"))
    assert second.company.id == first.company.id
    assert (second.company.name, second.company.industry) == ("Shop", "retail")
    assert second.company_key == "shop"


async def test_people_of_one_company_share_it_whatever_the_spelling():
    async with transaction() as db:
        owner = await make_user(db)
        one, _ = await tell(db, owner, Person(email="a@x.example", company="Blue  Sky"))
        two, _ = await tell(db, owner, Person(email="b@x.example", company="BLUE SKY"))
    assert one.company_id == two.company_id


async def test_the_same_address_in_two_workspaces_is_two_people():
    async with transaction() as db:
        here, there = await make_user(db), await make_user(db)
        one, _ = await tell(db, here, ADA)
        two, is_new = await tell(db, there, ADA)
    assert is_new
    assert one.id != two.id
    assert one.company_id != two.company_id


async def test_a_lone_address_is_enough_and_guesses_give_way_to_facts():
    async with transaction() as db:
        owner = await make_user(db)
        _, viewer = await make_viewer(db, owner)
        added, is_new = await add_by_address(
            db, " Grace.Hopper@Navy.example ", viewer=viewer, now=NOW
        )
        assert is_new
        assert (added.name, added.company.name) == ("Grace Hopper", "navy.example")
        assert added.is_guess("name")
        told = Person(email=added.email, name="Grace Brewster Hopper", company="US Navy")
        known, _ = await tell(db, owner, told, now=LATER)
    assert (known.name, known.company.name) == ("Grace Brewster Hopper", "US Navy")
    assert known.guessed == []


async def test_adding_a_known_address_leads_to_the_known_person():
    async with transaction() as db:
        owner = await make_user(db)
        _, viewer = await make_viewer(db, owner)
        first, _ = await add_by_address(db, "a.b.cee@x.example", viewer=viewer, now=NOW)
        again, is_new = await add_by_address(db, "A.B.Cee@X.example", viewer=viewer, now=LATER)
    assert not is_new
    assert again.id == first.id
    assert again.active_at == NOW


async def test_a_colleagues_person_cannot_be_added_again():
    async with transaction() as db:
        workspace = await make_workspace(db)
        owner = await make_user(db, workspace=workspace)
        await tell(db, owner, ADA)
        colleague = await make_user(db, workspace=workspace)
        _, viewer = await make_viewer(db, colleague)
        with pytest.raises(InvalidError) as refusal:
            await add_by_address(db, "ada@x.example", viewer=viewer, now=NOW)
    assert "colleague" in refusal.value.problems["email"]


async def test_a_timeline_entry_with_a_key_is_written_once():
    async with transaction() as db:
        owner = await make_user(db)
        prospect, _ = await tell(db, owner, ADA)
        for minutes in (1, 2):
            line = TimelineLine("visit", "Visited", key="visit:1")
            now = NOW + timedelta(minutes=minutes)
            await add_to_timeline(db, prospect.id, line, now=now)
        kept = await get_profile(db, prospect.id)
        assert prospect.active_at == NOW + timedelta(minutes=1)
        assert len((await list_timeline(db, prospect.id)).entries) == 2
    assert (kept.first_name, kept.company, kept.industry) == ("Ada", "Engines", "software")


async def test_a_note_sent_twice_is_one_note():
    async with transaction() as db:
        owner = await make_user(db)
        _, viewer = await make_viewer(db, owner)
        prospect, _ = await tell(db, owner, ADA)
        for _ in range(2):
            await add_note(db, prospect.id, "Call\nback", key="k", viewer=viewer, now=LATER)
        entries = (await list_timeline(db, prospect.id)).entries
        with pytest.raises(InvalidError):
            await add_note(db, prospect.id, "  \n ", key="k2", viewer=viewer, now=LATER)
    assert [entry.kind for entry in entries] == ["note", "added"]
    assert entries[0].details == [["Note", "Call\nback"]]


async def test_a_change_is_announced_after_the_commit(monkeypatch):
    heard = []

    def listener(announcement):
        heard.append(announcement)

    bus.listen(listener)
    async with transaction() as db:
        owner = await make_user(db)
        prospect, _ = await tell(db, owner, ADA)
    assert {a.name for a in heard} == {"prospect-changed"}
    assert (heard[0].prospect_id, heard[0].owner_id) == (prospect.id, owner.id)


async def test_editing_replaces_facts_and_says_what_was_there():
    async with transaction() as db:
        owner = await make_user(db)
        _, viewer = await make_viewer(db, owner)
        prospect, _ = await tell(db, owner, ADA)
        typed = Person(email="ada@new.example", name="Ada King", company="Looms", custom={"A": "B"})
        await edit_prospect(db, prospect.id, typed, viewer=viewer, now=LATER)
        entry = (await list_timeline(db, prospect.id)).entries[0]
        edited = await get_prospect(db, prospect.id, viewer=viewer)
    assert (edited.email, edited.company.name, edited.custom) == (
        "ada@new.example", "Looms", {"A": "B"},
    )  # fmt: skip
    assert ["Name", "Ada Lovelace → Ada King"] in entry.details
    assert edited.search_text == "ada king ada@new.example looms"


async def test_an_address_cannot_be_changed_to_somebody_elses():
    async with transaction() as db:
        owner = await make_user(db)
        _, viewer = await make_viewer(db, owner)
        await tell(db, owner, ADA)
        other, _ = await tell(db, owner, Person(email="b@x.example"))
        with pytest.raises(InvalidError):
            await edit_prospect(db, other.id, ADA, viewer=viewer, now=LATER)


async def test_a_renamed_company_is_found_by_its_new_name_at_once():
    async with transaction() as db:
        owner = await make_user(db)
        _, viewer = await make_viewer(db, owner)
        prospect, _ = await tell(db, owner, ADA)
        facts = CompanyFacts(name="Difference", employees=7)
        await edit_company(db, prospect.company_id, facts, viewer=viewer, now=LATER)
        found = await db.get(Prospect, prospect.id)
    assert "difference" in found.search_text
    assert found.company_key == "difference"


async def test_only_admins_hand_over_and_only_to_sellers_of_their_team():
    async with transaction() as db:
        workspace = await make_workspace(db)
        roles = {role: await make_user(db, workspace=workspace, role=role) for role in Role}
        viewers = {role: (await make_viewer(db, user))[1] for role, user in roles.items()}
        stranger = await make_user(db)
        prospect, _ = await tell(db, roles[Role.REP], ADA)
        with pytest.raises(ForbiddenError):
            await assign_prospect(
                db, prospect.id, owner_id=roles[Role.ADMIN].id, viewer=viewers[Role.REP], now=NOW
            )
        for nobody in (stranger.id, roles[Role.SUPPORT].id, uuid4()):
            with pytest.raises(InvalidError):
                await assign_prospect(
                    db, prospect.id, owner_id=nobody, viewer=viewers[Role.ADMIN], now=NOW
                )
        await assign_prospect(
            db, prospect.id, owner_id=roles[Role.ADMIN].id, viewer=viewers[Role.ADMIN], now=LATER
        )
        with pytest.raises(NotFoundError):
            await get_prospect(db, prospect.id, viewer=viewers[Role.REP])


async def test_sharing_gives_and_takes_back():
    async with transaction() as db:
        workspace = await make_workspace(db)
        rep = await make_user(db, workspace=workspace)
        support = await make_user(db, workspace=workspace, role=Role.SUPPORT)
        _, mine = await make_viewer(db, rep)
        _, theirs = await make_viewer(db, support)
        prospect, _ = await tell(db, rep, ADA)
        for _ in range(2):
            await share_prospect(
                db, prospect.id, frozenset({support.id, rep.id}), viewer=mine, now=NOW
            )
        assert (await get_prospect(db, prospect.id, viewer=theirs)).id == prospect.id
        with pytest.raises(ForbiddenError):
            await share_prospect(db, prospect.id, frozenset(), viewer=theirs, now=NOW)
        await share_prospect(db, prospect.id, frozenset(), viewer=mine, now=NOW)
        with pytest.raises(NotFoundError):
            await get_prospect(db, prospect.id, viewer=theirs)
        count = select(func.count(TimelineEntry.id)).where(TimelineEntry.kind == "owner")
        assert await db.scalar(count) == 1
