"""Bringing people in from a file: upload, review, confirm, and what was left out."""

import asyncio
from uuid import UUID

from quart import Response, ResponseReturnValue, redirect, render_template, request, url_for

from app import clock
from app.accounts.access import current_viewer, signed_in
from app.accounts.models import Role
from app.config import settings
from app.db import reading, transaction
from app.errors import InvalidError
from app.prospects.blueprint import prospects
from app.prospects.csv_columns import TARGETS
from app.prospects.csv_reading import DELIMITER_NAMES, ENCODINGS, UnreadableFileError, read_table
from app.prospects.csv_writing import BOM, write_rows
from app.prospects.imports import (
    Assessment,
    assess_import,
    discard_import,
    get_import,
    keep_file,
    map_columns,
    review_import,
    run_import,
)
from app.prospects.models import ProspectImport
from app.prospects.shapes import Person
from app.prospects.words import shortened

SHOWN_PROBLEMS = 20
SHOWN_PEOPLE = 5
SAMPLES = 3


@prospects.get("/prospects/imports/new")
@signed_in(Role.ADMIN, Role.REP)
async def new_import() -> ResponseReturnValue:
    """Show where to drop a file."""
    return await _render_upload("")


@prospects.post("/prospects/imports")
@signed_in(Role.ADMIN, Role.REP)
async def create_import() -> ResponseReturnValue:
    """Keep a file for review; nothing of it is stored as people yet."""
    file = (await request.files).get("file")
    name = file.filename or "" if file else ""
    content = file.read() if file else b""
    try:
        await asyncio.to_thread(_check_file, name, content)
    except UnreadableFileError as refusal:
        return await _render_upload(str(refusal)), 422
    async with transaction() as db:
        upload = await keep_file(
            db, file_name=name, content=content, viewer=current_viewer(), now=clock.now()
        )
    return redirect(url_for(".show_import", import_id=upload.id), 303)


@prospects.get("/prospects/imports/<uuid:import_id>")
@signed_in(Role.ADMIN, Role.REP)
async def show_import(import_id: UUID) -> ResponseReturnValue:
    """Show what a file would bring in, or what it has brought in."""
    async with reading() as db:
        upload = await get_import(db, import_id, viewer=current_viewer())
    if upload.finished_at is not None:
        return await render_template(
            "prospects/import_done.html", upload=upload, said=_outcome(upload)
        )
    return await _render_review(upload)


@prospects.post("/prospects/imports/<uuid:import_id>/columns")
@signed_in(Role.ADMIN, Role.REP)
async def update_columns(import_id: UUID) -> ResponseReturnValue:
    """Say what each column is for; the review follows."""
    form = await request.form
    columns = {
        name.removeprefix("column-"): target
        for name, target in form.items()
        if name.startswith("column-")
    }
    async with transaction() as db:
        await map_columns(
            db, import_id, columns=columns, encoding=form.get("encoding", ""),
            viewer=current_viewer(),
        )  # fmt: skip
    return redirect(url_for(".show_import", import_id=import_id), 303)


@prospects.post("/prospects/imports/<uuid:import_id>/people")
@signed_in(Role.ADMIN, Role.REP)
async def create_people(import_id: UUID) -> ResponseReturnValue:
    """Bring everybody in, in one transaction. Sending it twice brings nobody in twice."""
    async with reading() as db:
        upload = await get_import(db, import_id, viewer=current_viewer())
    if upload.finished_at is None:
        try:
            review = await review_import(upload)
            async with transaction() as db:
                await run_import(db, import_id, review, viewer=current_viewer(), now=clock.now())
        except (InvalidError, UnreadableFileError) as refusal:
            return await _render_review(upload, str(refusal)), 422
    return redirect(url_for(".show_import", import_id=import_id), 303)


@prospects.post("/prospects/imports/<uuid:import_id>/discard")
@signed_in(Role.ADMIN, Role.REP)
async def forget_import(import_id: UUID) -> ResponseReturnValue:
    """Forget a file."""
    async with transaction() as db:
        await discard_import(db, import_id, viewer=current_viewer())
    return redirect(url_for(".list_prospects"), 303)


@prospects.get("/prospects/imports/<uuid:import_id>/problems.csv")
@signed_in(Role.ADMIN, Role.REP)
async def export_problems(import_id: UUID) -> ResponseReturnValue:
    """Send the rows that are left out, and repeated ones, with what is wrong."""
    async with reading() as db:
        upload = await get_import(db, import_id, viewer=current_viewer())
    review = await review_import(upload)
    async with reading() as db:
        found = await assess_import(db, review, viewer=current_viewer())
    rows = [("Row", "Field", "Value", "What is wrong")]
    rows += [(str(p.row), p.label, p.value, p.what) for p in found.problems]
    rows += [
        (str(r.row), "E-mail", r.email, f"Same address as row {r.first_row}; put together with it.")
        for r in review.repeats
    ]
    headers = {"Content-Disposition": 'attachment; filename="rows-left-out.csv"'}
    text = (BOM + write_rows(rows)).encode()
    return Response(text, content_type="text/csv; charset=utf-8", headers=headers)


def _check_file(name: str, content: bytes) -> None:
    """Refuse what no table can be read from. Raises UnreadableFileError."""
    most = settings().upload_max_bytes
    if not name:
        raise UnreadableFileError("Please choose a file first.")
    if len(content) > most:
        raise UnreadableFileError(
            f"This file is larger than {most // 1_000_000} MB. Please split it."
        )
    read_table(content)


async def _render_upload(problem: str) -> str:
    """Return the page with the file field."""
    most = settings().upload_max_bytes // 1_000_000
    return await render_template("prospects/import_new.html", problem=problem, most=most)


async def _render_review(upload: ProspectImport, problem: str = "") -> str:
    """Return the review: columns, first people, counts, and what is left out."""
    try:
        review = await review_import(upload)
    except UnreadableFileError as refusal:
        return await _render_upload(str(refusal))
    async with reading() as db:
        found = await assess_import(db, review, viewer=current_viewer())
    return await render_template(
        "prospects/import_review.html",
        upload=upload,
        found=found,
        table=review.table,
        columns=_described_columns(found),
        targets=list(TARGETS.items()),
        encodings=[("", "Find out by itself"), *ENCODINGS.items()],
        encoding=upload.mapping.get("encoding", ""),
        read_as=ENCODINGS.get(review.table.encoding, review.table.encoding.upper()),
        delimiter=DELIMITER_NAMES.get(review.table.delimiter, f"“{review.table.delimiter}”"),
        first=[(c.person, _more(c.person)) for c in review.candidates[:SHOWN_PEOPLE]],
        problems=found.problems[:SHOWN_PROBLEMS],
        repeats=review.repeats[:SHOWN_PROBLEMS],
        problem=problem,
    )


def _outcome(upload: ProspectImport) -> str:
    """Say in a sentence what an import did."""
    added, completed, left_out = (
        upload.outcome.get(name, 0) for name in ("added", "completed", "left_out")
    )
    parts = [
        f"{added:,} {'person is' if added == 1 else 'people are'} new" if added else "",
        f"{completed:,} already here {'was' if completed == 1 else 'were'} completed"
        if completed
        else "",
        f"{left_out:,} {'row was' if left_out == 1 else 'rows were'} left out" if left_out else "",
    ]
    return ", ".join(part for part in parts if part) + "."


def _more(person: Person) -> str:
    """Return the rest of a person in one line."""
    facts = (person.phone, person.website, person.address.replace("\n", ", "))
    return " · ".join(fact for fact in (*facts, *person.custom.values()) if fact)


def _described_columns(found: Assessment) -> list[tuple[str, str, str, str]]:
    """Return (field name, heading, first values, target) of each column."""
    table = found.review.table
    described = []
    for place, header in enumerate(table.headers):
        values = [row.cells[place].strip() for row in table.rows[:50] if len(row.cells) > place]
        some = ", ".join(shortened(value, 40) for value in values if value)[:120]
        sample = ", ".join(some.split(", ")[:SAMPLES])
        target = found.review.columns.get(place, "")
        described.append((f"column-{place}", header, sample, target))
    return described
