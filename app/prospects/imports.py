"""Bringing a file in: kept, reviewed, and then stored as a whole or not at all."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from app.accounts.access import Viewer
from app.bus import Announcement, announce
from app.errors import InvalidError, NotFoundError
from app.prospects.commands import SOMEBODY_ELSES, hold_people, timeline_row
from app.prospects.completion import CompanyBook, complete_prospect, new_prospect
from app.prospects.models import Company, Prospect, ProspectImport, TimelineEntry
from app.prospects.queries import find_companies, visible_to
from app.prospects.review import Candidate, Review, RowProblem, review_file
from app.prospects.timeline import TimelineLine
from app.prospects.words import name_key

CHUNK = 500
"""Rows written at once: small enough that other requests get their turn in between."""
KEPT = timedelta(days=7)
SOURCE = "CSV import"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Assessment:
    """A review together with what is already known here."""

    review: Review
    fresh: Sequence[Candidate]
    known: Sequence[Candidate]
    problems: Sequence[RowProblem]

    @property
    def people(self) -> int:
        """How many people would be brought in or completed."""
        return len(self.fresh) + len(self.known)

    @property
    def left_out(self) -> int:
        """How many rows would be left out."""
        return len({problem.row for problem in self.problems})


async def keep_file(
    db: AsyncSession, *, file_name: str, content: bytes, viewer: Viewer, now: datetime
) -> ProspectImport:
    """Keep an uploaded file for review; a person's files of last week are forgotten meanwhile."""
    old = ProspectImport.created_at < now - KEPT
    mine = ProspectImport.user_id == viewer.user_id
    await db.execute(delete(ProspectImport).where(mine, old))
    upload = ProspectImport(
        workspace_id=viewer.workspace_id, user_id=viewer.user_id, file_name=file_name[-200:],
        content=content, mapping={}, outcome={}, created_at=now,
    )  # fmt: skip
    db.add(upload)
    await db.flush()
    return upload


async def get_import(
    db: AsyncSession, import_id: UUID, *, viewer: Viewer, to_change: bool = False
) -> ProspectImport:
    """Return a file the viewer uploaded, held until the commit if `to_change`.

    Raises NotFoundError for anybody else's.
    """
    mine = (ProspectImport.user_id == viewer.user_id) & (
        ProspectImport.workspace_id == viewer.workspace_id
    )
    query = select(ProspectImport).where(ProspectImport.id == import_id, mine)
    upload = await db.scalar(query.with_for_update() if to_change else query)
    if upload is None:
        raise NotFoundError("There is no such import.")
    return upload


async def map_columns(
    db: AsyncSession,
    import_id: UUID,
    *,
    columns: Mapping[str, str],
    encoding: str,
    viewer: Viewer,
) -> None:
    """Remember what each column is for, and how the letters are to be read."""
    upload = await get_import(db, import_id, viewer=viewer, to_change=True)
    upload.mapping = {"columns": dict(columns), "encoding": encoding[:20]}


async def discard_import(db: AsyncSession, import_id: UUID, *, viewer: Viewer) -> None:
    """Forget a file; nothing was stored of it."""
    await db.delete(await get_import(db, import_id, viewer=viewer, to_change=True))


async def review_import(upload: ProspectImport) -> Review:
    """Read and check a kept file in a thread. Raises UnreadableFileError."""
    said = upload.mapping
    return await asyncio.to_thread(
        review_file,
        upload.content,
        encoding=said.get("encoding", ""),
        columns=said.get("columns"),
    )


async def assess_import(db: AsyncSession, review: Review, *, viewer: Viewer) -> Assessment:
    """Sort a file's people into new, known, and those a colleague looks after."""
    visible, hidden = await _known_addresses(db, review.candidates, viewer=viewer)
    fresh: list[Candidate] = []
    known: list[Candidate] = []
    problems = list(review.problems)
    for candidate in review.candidates:
        email = candidate.person.email
        if email in hidden:
            problems.append(RowProblem(candidate.row, "E-mail", email, SOMEBODY_ELSES))
        else:
            (known if email in visible else fresh).append(candidate)
    return Assessment(review, fresh, known, sorted(problems, key=lambda problem: problem.row))


async def run_import(
    db: AsyncSession, import_id: UUID, review: Review, *, viewer: Viewer, now: datetime
) -> ProspectImport:
    """Store everybody a reviewed file tells of, in this one transaction.

    Known people are completed. A repeat, however fast, changes nothing. Raises InvalidError when
    there is nobody to store.
    """
    upload = await get_import(db, import_id, viewer=viewer, to_change=True)
    if upload.finished_at is not None:
        return upload
    await hold_people(db, viewer.workspace_id)
    assessment = await assess_import(db, review, viewer=viewer)
    if not assessment.people:
        raise InvalidError({"file": "There is nobody in this file to import."})
    book = await _open_book(db, assessment, viewer=viewer, now=now)
    line = TimelineLine("import", f"From {upload.file_name}", by_user_id=viewer.user_id)
    await _complete(db, assessment.known, book, line, viewer=viewer)
    await _store(db, assessment.fresh, book, line, owner_id=viewer.user_id)
    upload.finished_at = now
    upload.outcome = {
        "added": len(assessment.fresh), "completed": len(assessment.known),
        "left_out": assessment.left_out, "repeats": len(review.repeats),
    }  # fmt: skip
    _tell(db, upload)
    return upload


async def _known_addresses(
    db: AsyncSession, candidates: Sequence[Candidate], *, viewer: Viewer
) -> tuple[set[str], set[str]]:
    """Return which addresses belong to people the viewer sees, and which to others here."""
    visible: set[str] = set()
    here: set[str] = set()
    for chunk in _chunks(candidates):
        emails = [candidate.person.email for candidate in chunk]
        same = (Prospect.workspace_id == viewer.workspace_id) & Prospect.email.in_(emails)
        here.update(await db.scalars(select(Prospect.email).where(same)))
        visible.update(await db.scalars(select(Prospect.email).where(same, visible_to(viewer))))
    return visible, here - visible


async def _open_book(
    db: AsyncSession, assessment: Assessment, *, viewer: Viewer, now: datetime
) -> CompanyBook:
    """Return a book that knows all companies the file names."""
    everybody = (*assessment.fresh, *assessment.known)
    keys = {key for candidate in everybody if (key := name_key(candidate.person.company))}
    known: list[Company] = []
    for chunk in _chunks(sorted(keys)):
        known += await find_companies(db, chunk, workspace_id=viewer.workspace_id)
    return CompanyBook(viewer.workspace_id, known, now=now)


async def _complete(
    db: AsyncSession,
    known: Sequence[Candidate],
    book: CompanyBook,
    line: TimelineLine,
    *,
    viewer: Viewer,
) -> None:
    """Fill in what was empty; what the file tells differently is noted on the timeline."""
    for chunk in _chunks(known):
        told = {candidate.person.email: candidate.person for candidate in chunk}
        query = select(Prospect).options(joinedload(Prospect.company))
        same = (Prospect.workspace_id == viewer.workspace_id) & Prospect.email.in_(told)
        rows = []
        for prospect in await db.scalars(query.where(same)):
            differences = complete_prospect(prospect, told[prospect.email], book)
            entry = replace(line, details=tuple(differences))
            rows.append(timeline_row(entry, prospect, now=book.now))
        db.add_all(book.made)
        book.made.clear()
        await db.execute(insert(TimelineEntry), rows)


async def _store(
    db: AsyncSession,
    fresh: Sequence[Candidate],
    book: CompanyBook,
    line: TimelineLine,
    *,
    owner_id: UUID,
) -> None:
    """Insert new people, their companies and the first line of their timelines."""
    for chunk in _chunks(fresh):
        people = [
            new_prospect(candidate.person, book, owner_id=owner_id, source=SOURCE)
            for candidate in chunk
        ]
        db.add_all(book.made)
        book.made.clear()
        await db.flush()
        await db.execute(insert(Prospect), [_row(prospect) for prospect in people])
        entries = [timeline_row(line, prospect, now=book.now) for prospect in people]
        await db.execute(insert(TimelineEntry), entries)


COLUMNS = tuple(column.name for column in Prospect.__table__.columns)


def _row(prospect: Prospect) -> dict[str, Any]:
    """Return a new person as a row: thousands of them are not worth the unit of work."""
    return {name: getattr(prospect, name) for name in COLUMNS}


def _chunks(rows: Iterable[T]) -> Iterable[list[T]]:
    """Cut a sequence into pieces of CHUNK."""
    rest = iter(rows)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def _tell(db: AsyncSession, upload: ProspectImport) -> None:
    """Announce once that people have come."""
    announce(
        db,
        Announcement(
            "prospects-imported",
            workspace_id=upload.workspace_id,
            subject=upload.id,
            owner_id=upload.user_id,
        ),
    )
