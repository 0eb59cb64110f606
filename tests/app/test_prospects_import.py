"""Bringing files in: as a whole or not at all."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.accounts.models import Role
from app.db import reading, transaction
from app.errors import InvalidError, NotFoundError
from app.prospects import imports
from app.prospects.imports import (
    assess_import,
    discard_import,
    get_import,
    keep_file,
    map_columns,
    review_import,
    run_import,
)
from app.prospects.models import Prospect, ProspectImport, TimelineEntry
from tests.make import NOW, make_prospect, make_user, make_viewer, make_workspace


async def a_rep(db, **fields):
    user = await make_user(db, **fields)
    return user, (await make_viewer(db, user))[1]


async def upload(viewer, text):
    content = text if isinstance(text, bytes) else text.encode()
    async with transaction() as db:
        return await keep_file(db, file_name="people.csv", content=content, viewer=viewer, now=NOW)


async def bring_in(viewer, text):
    kept = await upload(viewer, text)
    review = await review_import(kept)
    async with transaction() as db:
        return await run_import(db, kept.id, review, viewer=viewer, now=NOW)


async def count(model=Prospect):
    async with reading() as db:
        return await db.scalar(select(func.count(model.id)))


async def test_one_bad_row_in_ten_thousand_leaves_out_exactly_that_row():
    rows = [f"Person {i},p{i}@x.example,Company {i // 10},1{i % 9}" for i in range(10_000)]
    rows[4_321] = "Broken,not-an-address,Company,12"
    async with transaction() as db:
        _, viewer = await a_rep(db)
    kept = await upload(viewer, "Name,E-mail,Company,Employees\n" + "\n".join(rows))
    review = await review_import(kept)
    async with reading() as db:
        found = await assess_import(db, review, viewer=viewer)
    assert (found.people, found.left_out) == (9_999, 1)
    assert (found.problems[0].row, found.problems[0].value) == (4_323, "not-an-address")
    assert await count() == 0
    async with transaction() as db:
        done = await run_import(db, kept.id, review, viewer=viewer, now=NOW)
    assert done.outcome == {"added": 9_999, "completed": 0, "left_out": 1, "repeats": 0}
    assert await count() == 9_999
    assert await count(TimelineEntry) == 9_999


async def test_an_import_that_dies_in_the_middle_leaves_nothing(monkeypatch):
    async with transaction() as db:
        _, viewer = await a_rep(db)
    kept = await upload(viewer, "E-mail\n" + "\n".join(f"p{i}@x.example" for i in range(2_000)))
    review = await review_import(kept)
    row, calls = imports._row, []

    def dies(prospect):
        calls.append(prospect)
        if len(calls) == 1_500:
            raise RuntimeError("power cut")
        return row(prospect)

    monkeypatch.setattr(imports, "_row", dies)
    with pytest.raises(RuntimeError):
        async with transaction() as db:
            await run_import(db, kept.id, review, viewer=viewer, now=NOW)
    assert await count() == 0
    assert await count(TimelineEntry) == 0
    monkeypatch.setattr(imports, "_row", row)
    async with transaction() as db:
        await run_import(db, kept.id, review, viewer=viewer, now=NOW)
    assert await count() == 2_000


async def test_confirming_twice_brings_nobody_in_twice():
    async with transaction() as db:
        _, viewer = await a_rep(db)
    kept = await upload(viewer, "E-mail,Name\na@x.example,Ada\n")
    review = await review_import(kept)
    for _ in range(2):
        async with transaction() as db:
            done = await run_import(db, kept.id, review, viewer=viewer, now=NOW)
    assert done.outcome["added"] == 1
    assert await count() == 1
    assert await count(TimelineEntry) == 1


async def test_known_people_are_completed_only_where_something_was_empty():
    async with transaction() as db:
        owner, viewer = await a_rep(db)
        known = await make_prospect(db, owner=owner, email="a@x.example", title="", phone="")
    done = await bring_in(
        viewer,
        "E-mail,Name,Title,Phone,Company\nA@X.example,Augusta,CFO,123,Engines\nn@x.example,N,,,\n",
    )
    assert (done.outcome["added"], done.outcome["completed"]) == (1, 1)
    async with reading() as db:
        after = await db.get(Prospect, known.id)
        entry = await db.scalar(select(TimelineEntry).where(TimelineEntry.prospect_id == known.id))
    assert (after.name, after.title, after.phone) == ("Ada Lovelace", "CFO", "123")
    assert after.company_key == "engines"
    assert entry.details == [["Name", "Augusta"]]


async def test_a_colleagues_people_are_left_out_untouched_and_said():
    async with transaction() as db:
        workspace = await make_workspace(db)
        colleague, _ = await a_rep(db, workspace=workspace)
        _, viewer = await a_rep(db, workspace=workspace)
        theirs = await make_prospect(db, owner=colleague, email="a@x.example", phone="")
    done = await bring_in(viewer, "E-mail,Phone\na@x.example,123\nb@x.example,456\n")
    assert (done.outcome["added"], done.outcome["left_out"]) == (1, 1)
    async with reading() as db:
        assert (await db.get(Prospect, theirs.id)).phone == ""


async def test_an_admin_completes_everybodys_people_and_they_keep_their_owner():
    async with transaction() as db:
        workspace = await make_workspace(db)
        rep, _ = await a_rep(db, workspace=workspace)
        _, admin = await a_rep(db, workspace=workspace, role=Role.ADMIN)
        known = await make_prospect(db, owner=rep, email="a@x.example", phone="")
    await bring_in(admin, "E-mail,Phone\na@x.example,123\n")
    async with reading() as db:
        after = await db.get(Prospect, known.id)
    assert (after.phone, after.owner_id) == ("123", rep.id)


async def test_another_workspaces_people_do_not_count_as_known():
    async with transaction() as db:
        stranger, _ = await a_rep(db)
        _, viewer = await a_rep(db)
        await make_prospect(db, owner=stranger, email="a@x.example")
    done = await bring_in(viewer, "E-mail\na@x.example\n")
    assert (done.outcome["added"], done.outcome["completed"]) == (1, 0)


async def test_a_file_with_nobody_in_it_changes_nothing():
    async with transaction() as db:
        _, viewer = await a_rep(db)
    with pytest.raises(InvalidError):
        await bring_in(viewer, "E-mail,Name\nnobody,Ada\n")
    assert await count() == 0


async def test_columns_can_be_chosen_differently():
    async with transaction() as db:
        _, viewer = await a_rep(db)
    kept = await upload(viewer, "A,B,C\nAda,ada@x.example,x\n")
    columns = {"0": "name", "1": "email", "2": "", "99": "email", "x": "name"}
    async with transaction() as db:
        await map_columns(db, kept.id, columns=columns, encoding="", viewer=viewer)
    async with reading() as db:
        review = await review_import(await get_import(db, kept.id, viewer=viewer))
    assert review.candidates[0].person.custom == {}
    assert review.candidates[0].person.name == "Ada"


async def test_only_the_uploader_sees_a_file_and_can_forget_it():
    async with transaction() as db:
        workspace = await make_workspace(db)
        _, viewer = await a_rep(db, workspace=workspace)
        _, admin = await a_rep(db, workspace=workspace, role=Role.ADMIN)
        _, stranger = await a_rep(db)
    kept = await upload(viewer, "E-mail\na@x.example\n")
    for other in (admin, stranger):
        async with reading() as db:
            with pytest.raises(NotFoundError):
                await get_import(db, kept.id, viewer=other)
    async with transaction() as db:
        await discard_import(db, kept.id, viewer=viewer)
    assert await count(ProspectImport) == 0


async def test_files_of_last_week_are_forgotten():
    async with transaction() as db:
        _, viewer = await a_rep(db)
    await upload(viewer, "E-mail\na@x.example\n")
    async with transaction() as db:
        await keep_file(
            db, file_name="b.csv", content=b"E-mail\n", viewer=viewer, now=NOW + timedelta(days=8)
        )
    assert await count(ProspectImport) == 1


async def test_hostile_cells_are_kept_as_the_text_they_are():
    async with transaction() as db:
        _, viewer = await a_rep(db)
    await bring_in(
        viewer, "E-mail,Name,Company\na@x.example,<script>{{ 7*7 }},=cmd|' /C calc'!A0\n"
    )
    async with reading() as db:
        kept = await db.scalar(select(Prospect))
    assert kept.name == "<script>{{ 7*7 }}"
