"""Adding, completing and changing people, and writing down what happened with them."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.access import Viewer
from app.accounts.models import Workspace
from app.bus import Announcement, announce
from app.db import insert_or_ignore
from app.errors import InvalidError
from app.prospects.completion import CompanyBook, complete_prospect, new_prospect
from app.prospects.identity import guess_company, guess_name, split_address
from app.prospects.models import Prospect, TimelineEntry
from app.prospects.queries import (
    find_by_email,
    find_companies,
    get_prospect,
    is_visible,
    load_prospect,
)
from app.prospects.shapes import Person, read_person
from app.prospects.timeline import TimelineLine
from app.prospects.words import lines, name_key, shortened

LONGEST_NOTE = 5_000
BY_HAND = "Added by hand"
SOMEBODY_ELSES = (
    "A colleague already looks after this person. Ask an admin to hand them over to you."
)


async def create_or_complete_prospect(
    db: AsyncSession,
    person: Person,
    *,
    workspace_id: UUID,
    owner_id: UUID,
    source: str,
    now: datetime,
) -> tuple[Prospect, bool]:
    """Store a person, or fill in what was not known of them; says whether they are new.

    A known person keeps their owner and all that is already known; what was told differently
    goes on the timeline.
    """
    await hold_people(db, workspace_id)
    known = await find_by_email(db, person.email, workspace_id=workspace_id)
    if known is None:
        prospect = await _create(db, person, workspace_id, owner_id, source, now=now)
        return prospect, True
    book = await book_for(db, person.company, workspace_id, now=now)
    differences = complete_prospect(known, person, book)
    db.add_all(book.made)
    if differences:
        line = TimelineLine("differs", f"Told differently: {source}"[:300], tuple(differences))
        await add_to_timeline(db, known.id, line, now=now)
    tell(db, known)
    return known, False


async def add_by_address(
    db: AsyncSession, text: str, *, viewer: Viewer, now: datetime
) -> tuple[Prospect, bool]:
    """Add somebody by nothing but an address; name and company are guessed from it and marked.

    A known address leads to the known person, unchanged. Raises InvalidError for what is no
    address, and for a colleague's person.
    """
    name, address = split_address(text.strip())
    person = read_person({"email": address, "name": name[:200]})
    await hold_people(db, viewer.workspace_id)
    known = await find_by_email(db, person.email, workspace_id=viewer.workspace_id)
    if known is not None:
        if not await is_visible(db, known.id, viewer=viewer):
            raise InvalidError({"email": SOMEBODY_ELSES})
        return known, False
    guesses = {"name": "" if person.name else guess_name(person.email)}
    guesses["company"] = guess_company(person.email)
    told = {fact: guess for fact, guess in guesses.items() if guess}
    prospect = await _create(
        db, person.model_copy(update=told), viewer.workspace_id, viewer.user_id, BY_HAND,
        now=now, by=viewer.user_id, guessed=tuple(told),
    )  # fmt: skip
    return prospect, True


async def hold_people(db: AsyncSession, workspace_id: UUID) -> None:
    """Let nobody else bring people into this workspace until the commit.

    Two who tell of the same person at the same moment would both find nobody. What refers to the
    workspace (acts, mails) does not wait for it.
    """
    held = select(Workspace.id).where(Workspace.id == workspace_id)
    await db.execute(held.with_for_update(key_share=True))


async def add_to_timeline(
    db: AsyncSession, prospect_id: UUID, entry: TimelineLine, *, now: datetime
) -> None:
    """Write down what happened with a person; they count as active now.

    An entry whose key is already there is left as it is, and so is everything else.
    """
    prospect = await load_prospect(db, prospect_id)
    row = timeline_row(entry, prospect, now=now)
    statement = insert_or_ignore(TimelineEntry, [row]).returning(TimelineEntry.id)
    if (await db.execute(statement)).scalar() is None:
        return
    prospect.active_at = max(prospect.active_at, now)
    tell(db, prospect)


async def add_note(
    db: AsyncSession, prospect_id: UUID, text: str, *, key: str, viewer: Viewer, now: datetime
) -> None:
    """Put a note on the timeline. `key` is the form's own: sending it twice writes one note.

    Raises InvalidError for an empty or endless note.
    """
    prospect = await get_prospect(db, prospect_id, viewer=viewer)
    try:
        note = lines(text, limit=LONGEST_NOTE)
    except ValueError as error:
        raise InvalidError({"note": str(error)}) from error
    if not note:
        raise InvalidError({"note": "Please write something first."})
    first, _, rest = note.partition("\n")
    title = shortened(first, 300)
    details = () if title == first and not rest else (("Note", note),)
    line = TimelineLine(
        "note", title, details, by_user_id=viewer.user_id, key=f"note:{prospect.id}:{key[:80]}"
    )
    await add_to_timeline(db, prospect.id, line, now=now)


def timeline_row(entry: TimelineLine, prospect: Prospect, *, now: datetime) -> dict[str, Any]:
    """Return an entry as it is stored; what is too long is cut, not refused."""
    return {
        "id": uuid4(),
        "workspace_id": prospect.workspace_id,
        "prospect_id": prospect.id,
        "kind": entry.kind[:20],
        "title": shortened(entry.title, 300),
        "details": [[label, value] for label, value in entry.details],
        "link": entry.link[:300],
        "by_user_id": entry.by_user_id,
        "key": entry.key,
        "at": now,
    }


def tell(db: AsyncSession, prospect: Prospect) -> None:
    """Announce that a person has changed."""
    announce(
        db,
        Announcement(
            "prospect-changed",
            workspace_id=prospect.workspace_id,
            subject=prospect.id,
            owner_id=prospect.owner_id,
            prospect_id=prospect.id,
        ),
    )


async def book_for(
    db: AsyncSession, company: str, workspace_id: UUID, *, now: datetime
) -> CompanyBook:
    """Return a book that knows the company of this name, if there is one."""
    key = name_key(company)
    known = await find_companies(db, [key] if key else [], workspace_id=workspace_id)
    return CompanyBook(workspace_id, known, now=now)


async def _create(
    db: AsyncSession,
    person: Person,
    workspace_id: UUID,
    owner_id: UUID,
    source: str,
    *,
    now: datetime,
    by: UUID | None = None,
    guessed: tuple[str, ...] = (),
) -> Prospect:
    """Store somebody new, with the first line of their timeline."""
    book = await book_for(db, person.company, workspace_id, now=now)
    prospect = new_prospect(person, book, owner_id=owner_id, source=source, guessed=guessed)
    db.add_all([*book.made, prospect])
    await db.flush()
    await db.refresh(prospect, ["company"])
    title = source if source == BY_HAND else f"Added from {source}"
    line = TimelineLine("added", title, by_user_id=by)
    await add_to_timeline(db, prospect.id, line, now=now)
    return prospect
