"""The pages, through the front door."""

from io import BytesIO
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage

from app.accounts.models import Role
from app.db import reading, transaction
from app.prospects.models import Prospect, TimelineEntry
from app.prospects.queries import find_by_email
from tests.make import NOW, make_company, make_prospect, make_user, make_workspace, sign_in

SAME = {"Sec-Fetch-Site": "same-origin"}
HOSTILE = "<script>alert(1)</script>{{ 7*7 }}{% raw %}\"'><img src=x onerror=y>"


@pytest.fixture
async def rep(client):
    async with transaction() as db:
        user = await make_user(db)
        await sign_in(client, db, user)
        return user


async def post(client, path, **form):
    return await client.post(path, form=form, headers=SAME)


async def body(response):
    return await response.get_data(as_text=True)


async def test_an_empty_list_invites_to_begin(client, rep):
    page = await body(await client.get("/prospects"))
    assert "Your people will be here" in page
    assert "/prospects/imports/new" in page


async def test_an_address_and_enter_add_somebody_once(client, rep):
    places = [
        (await post(client, "/prospects", email="ada.lovelace@x.example")).headers["Location"]
        for _ in range(2)
    ]
    assert places[0].split("?") == [places[1].split("?")[0], "happened=new"]
    assert places[1].endswith("happened=known")
    assert "You already know" in await body(await client.get(places[1]))
    page = await body(await client.get(places[0]))
    assert "Ada Lovelace" in page
    assert "guessed from the address" in page


async def test_a_bad_address_is_said_and_kept_for_correction(client, rep):
    answer = await post(client, "/prospects", email="ada@")
    page = await body(answer)
    assert answer.status_code == 422
    assert "does not look like" in page
    assert 'value="ada@"' in page


async def test_the_search_box_gets_only_the_table_and_the_address_follows(client, rep):
    async with transaction() as db:
        await make_prospect(db, owner=await db.merge(rep))
    headers = {"HX-Request": "true", "HX-Target": "people"}
    answer = await client.get("/prospects?q=ADA&size=&sort=name", headers=headers)
    page = await body(answer)
    assert answer.headers["HX-Push-Url"] == "/prospects?q=ADA&sort=name"
    assert page.startswith("<section")
    assert "Ada Lovelace" in page
    assert "Nobody matches" in await body(await client.get("/prospects?q=zzz", headers=headers))


async def test_hostile_text_is_text_on_every_page(client, rep):
    async with transaction() as db:
        workspace_id = rep.workspace_id
        company = await make_company(
            db, workspace=await make_workspace(db), workspace_id=workspace_id, name=HOSTILE,
            industry=HOSTILE[:80],
        )  # fmt: skip
        prospect = await make_prospect(
            db, owner=await db.merge(rep), company=company, name=HOSTILE, title=HOSTILE,
            phone=HOSTILE[:60], address=HOSTILE, custom={HOSTILE[:60]: HOSTILE}, source=HOSTILE,
        )  # fmt: skip
    await post(client, f"/prospects/{prospect.id}/notes", note=HOSTILE, key="1")
    for path in ("/prospects", "/companies", f"/companies/{company.id}",
                 f"/companies/{company.id}/edit", f"/prospects/{prospect.id}",
                 f"/prospects/{prospect.id}/edit", f"/prospects/{prospect.id}/timeline"):  # fmt: skip
        page = await body(await client.get(path))
        assert "<script>alert" not in page, path
        assert "<img src=x" not in page, path
        assert "49{%" not in page, path


async def test_the_unseen_answer_like_the_missing(client, rep):
    async with transaction() as db:
        theirs = await make_prospect(db, company=None)
    for path in ("/prospects/{}", "/prospects/{}/edit", "/prospects/{}/timeline"):
        hidden = await client.get(path.format(theirs.id))
        missing = await client.get(path.format(uuid4()))
        assert hidden.status_code == missing.status_code == 404
        assert await body(hidden) == await body(missing)
    for path in ("/prospects/{}/notes", "/prospects/{}", "/prospects/{}/grants"):
        form = {"note": "x", "email": "x@x.example"}
        assert (await post(client, path.format(theirs.id), **form)).status_code == 404


async def test_editing_keeps_what_was_typed_when_something_is_wrong(client, rep):
    async with transaction() as db:
        prospect = await make_prospect(db, owner=await db.merge(rep))
    form = {
        "email": "nobody", "name": "Ada King", "employees": "many", "company": "Engines",
        "custom_label": "Region", "custom_value": "North",
    }  # fmt: skip
    answer = await post(client, f"/prospects/{prospect.id}", **form)
    page = await body(answer)
    assert answer.status_code == 422
    for text in ("does not look like an e-mail", "whole number", "Ada King", "Region", "North"):
        assert text in page
    form |= {"email": "ada@x.example", "employees": "1,200"}
    assert (await post(client, f"/prospects/{prospect.id}", **form)).status_code == 303
    page = await body(await client.get(f"/prospects/{prospect.id}"))
    for text in ("Ada King", "Engines", "1,200", "Region", "Changed"):
        assert text in page


async def test_the_same_note_form_sent_twice_writes_one_note(client, rep):
    async with transaction() as db:
        prospect = await make_prospect(db, owner=await db.merge(rep))
    for _ in range(2):
        await post(client, f"/prospects/{prospect.id}/notes", note="Call back", key="abc")
    async with reading() as db:
        assert await db.scalar(select(func.count(TimelineEntry.id))) == 1


async def test_a_long_timeline_comes_in_parts_without_gaps(client, rep):
    async with transaction() as db:
        prospect = await make_prospect(db, owner=await db.merge(rep))
        db.add_all(
            TimelineEntry(
                workspace_id=rep.workspace_id, prospect_id=prospect.id, kind="visit",
                title=f"Visit number {place}.", at=NOW,
            )
            for place in range(45)
        )  # fmt: skip
    path, seen = f"/prospects/{prospect.id}/timeline", ""
    while path:
        page = await body(await client.get(path))
        seen += page
        path = page.split('hx-get="')[1].split('"')[0] if "Show earlier" in page else ""
    for place in range(45):
        assert seen.count(f"Visit number {place}.") == 1


async def test_support_reads_and_notes_but_does_not_add_edit_or_import(client):
    async with transaction() as db:
        await sign_in(client, db, await make_user(db, role=Role.SUPPORT))
    assert (await client.get("/prospects")).status_code == 200
    assert (await client.get("/prospects/imports/new")).status_code == 403
    assert (await post(client, "/prospects", email="a@x.example")).status_code == 403


async def send_file(client, content, name="people.csv"):
    file = FileStorage(BytesIO(content), filename=name, name="file")
    return await client.post("/prospects/imports", files={"file": file}, headers=SAME)


async def test_a_file_goes_from_upload_to_people(client, rep):
    content = "E-mail;Name;Firma\na@x.example;Jürgen;Motor GmbH\nkaputt;X;Y\n".encode("cp1252")
    answer = await send_file(client, content)
    assert answer.status_code == 303
    place = answer.headers["Location"]
    page = await body(await client.get(place))
    for text in ("Import 1 person, leave out 1", "not UTF-8", "Jürgen", "kaputt", "semicolons"):
        assert text in page
    report = await body(await client.get(f"{place}/problems.csv"))
    assert '"3","E-mail","kaputt"' in report
    for _ in range(2):
        assert (await post(client, f"{place}/people")).status_code == 303
    assert "1 person is new" in await body(await client.get(place))
    async with reading() as db:
        kept = await find_by_email(db, "a@x.example", workspace_id=rep.workspace_id)
        assert await db.scalar(select(func.count(Prospect.id))) == 1
    assert (kept.name, kept.company.name) == ("Jürgen", "Motor GmbH")


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "empty"), (b"PK\x03\x04", "workbook"), (b"\x00\x01\x02", "not a text file"),
     (b"E-mail\n", "nobody below")],
)  # fmt: skip
async def test_a_file_that_is_no_table_is_refused_in_words(client, rep, content, words):
    answer = await send_file(client, content)
    assert answer.status_code == 422
    assert words in await body(answer)


async def test_a_file_without_address_column_asks_for_it(client, rep):
    place = (await send_file(client, b"Who,Contact\nAda,ada at x\n")).headers["Location"]
    page = await body(await client.get(place))
    assert "Which column holds the e-mail addresses?" in page
    assert "/people" not in page
    form = {"column-0": "name", "column-1": "email", "encoding": ""}
    await post(client, f"{place}/columns", **form)
    assert "nobody to import" in await body(await client.get(place))
    answer = await post(client, f"{place}/people")
    assert answer.status_code == 422


async def test_a_cell_in_the_error_report_runs_nothing(client, rep):
    place = (await send_file(client, b"E-mail,Name\n=cmd|x,A\n")).headers["Location"]
    report = await body(await client.get(f"{place}/problems.csv"))
    assert '"\'=cmd|x"' in report


async def test_an_unwanted_file_is_forgotten(client, rep):
    place = (await send_file(client, b"E-mail\na@x.example\n")).headers["Location"]
    assert (await post(client, f"{place}/discard")).status_code == 303
    assert (await client.get(place)).status_code == 404


async def test_the_list_can_be_taken_along(client, rep):
    await post(client, "/prospects", email="ada.lovelace@x.example")
    answer = await client.get("/prospects/people.csv?q=lovelace")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    text = await body(answer)
    assert text.startswith("\ufeff")
    assert '"ada.lovelace@x.example","Ada Lovelace"' in text
