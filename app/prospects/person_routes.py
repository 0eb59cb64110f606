"""One person: the page, editing, notes, owner and sharing, the timeline's older part."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID, uuid4

from quart import ResponseReturnValue, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from app import clock
from app.accounts.access import current_viewer, signed_in
from app.accounts.models import Role
from app.accounts.queries import list_users
from app.db import as_uuid, reading, transaction
from app.errors import InvalidError
from app.prospects.blueprint import prospects
from app.prospects.commands import add_note
from app.prospects.editing import edit_prospect
from app.prospects.models import Prospect
from app.prospects.queries import TimelinePage, get_prospect, list_grants, list_timeline
from app.prospects.shapes import read_person
from app.prospects.sharing import assign_prospect, share_prospect
from app.prospects.timeline import kind_of

HAPPENED = {
    "new": "Added. What was read out of the address is marked as a guess.",
    "known": "You already know this person, so nothing was added twice.",
    "saved": "Saved.",
    "noted": "Your note is on the timeline.",
    "owner": "Handed over.",
    "shared": "Sharing is up to date.",
}
SPARE_ROWS = 2
FACTS = (
    "email", "name", "title", "company", "industry", "employees", "website", "phone", "fax",
    "address",
)  # fmt: skip


@prospects.get("/prospects/<uuid:prospect_id>")
@signed_in()
async def show_prospect(prospect_id: UUID) -> ResponseReturnValue:
    """Show a person with everything known and everything that happened."""
    return await _render_person(prospect_id)


@prospects.get("/prospects/<uuid:prospect_id>/timeline")
@signed_in()
async def show_timeline(prospect_id: UUID) -> ResponseReturnValue:
    """Return the part of a timeline that is older than what is already shown."""
    async with reading() as db:
        prospect = await get_prospect(db, prospect_id, viewer=current_viewer())
        timeline = await list_timeline(db, prospect.id, before=_read_place(request.args))
    return await render_template("prospects/_timeline.html", **_drawn(prospect, timeline))


@prospects.get("/prospects/<uuid:prospect_id>/edit")
@signed_in(Role.ADMIN, Role.REP)
async def edit_prospect_form(prospect_id: UUID) -> ResponseReturnValue:
    """Show the form with everything known of a person."""
    async with reading() as db:
        prospect = await get_prospect(db, prospect_id, viewer=current_viewer())
    return await _render_form(prospect, _entered_of(prospect), list(prospect.custom.items()), {})


@prospects.post("/prospects/<uuid:prospect_id>")
@signed_in(Role.ADMIN, Role.REP)
async def update_prospect(prospect_id: UUID) -> ResponseReturnValue:
    """Set everything known of a person."""
    form = await request.form
    entered = {fact: form.get(fact, "") for fact in FACTS}
    custom = _custom_rows(form)
    try:
        person = read_person({**entered, "custom": _named(custom)})
        async with transaction() as db:
            await edit_prospect(db, prospect_id, person, viewer=current_viewer(), now=clock.now())
    except InvalidError as refusal:
        async with reading() as db:
            prospect = await get_prospect(db, prospect_id, viewer=current_viewer())
        return await _render_form(prospect, entered, custom, refusal.problems), 422
    return _back(prospect_id, "saved")


@prospects.post("/prospects/<uuid:prospect_id>/notes")
@signed_in()
async def create_note(prospect_id: UUID) -> ResponseReturnValue:
    """Put a note on the timeline."""
    form = await request.form
    try:
        async with transaction() as db:
            await add_note(
                db, prospect_id, form.get("note", ""), key=form.get("key", ""),
                viewer=current_viewer(), now=clock.now(),
            )  # fmt: skip
    except InvalidError as refusal:
        return await _render_person(prospect_id, refusal.problems, form.get("note", "")), 422
    return _back(prospect_id, "noted")


@prospects.post("/prospects/<uuid:prospect_id>/owner")
@signed_in(Role.ADMIN)
async def update_owner(prospect_id: UUID) -> ResponseReturnValue:
    """Hand a person to somebody else."""
    chosen = as_uuid((await request.form).get("owner")) or UUID(int=0)
    try:
        async with transaction() as db:
            await assign_prospect(
                db, prospect_id, owner_id=chosen, viewer=current_viewer(), now=clock.now()
            )
    except InvalidError as refusal:
        return await _render_person(prospect_id, refusal.problems), 422
    return _back(prospect_id, "owner")


@prospects.post("/prospects/<uuid:prospect_id>/grants")
@signed_in(Role.ADMIN, Role.REP)
async def update_grants(prospect_id: UUID) -> ResponseReturnValue:
    """Let exactly the ticked support users see a person."""
    ticked = (await request.form).getlist("user")
    chosen = frozenset(user_id for text in ticked if (user_id := as_uuid(text)))
    async with transaction() as db:
        await share_prospect(db, prospect_id, chosen, viewer=current_viewer(), now=clock.now())
    return _back(prospect_id, "shared")


async def _render_person(
    prospect_id: UUID, problems: Mapping[str, str] | None = None, note: str = ""
) -> str:
    """Return the person's page."""
    viewer = current_viewer()
    async with reading() as db:
        prospect = await get_prospect(db, prospect_id, viewer=viewer)
        timeline = await list_timeline(db, prospect.id, before=_read_place(request.args))
        granted = await list_grants(db, prospect.id)
        team = await list_users(db, workspace_id=viewer.workspace_id)
    open_team = [user for user in team if user.disabled_at is None]
    return await render_template(
        "prospects/person.html",
        owner=next((user.name for user in team if user.id == prospect.owner_id), ""),
        sellers=[(str(u.id), u.name) for u in open_team if u.role != Role.SUPPORT],
        supporters=[(str(u.id), u.name) for u in open_team if u.role == Role.SUPPORT],
        granted={str(user_id) for user_id in granted},
        may_edit=viewer.role is not Role.SUPPORT,
        happened=HAPPENED.get(request.args.get("happened", ""), ""),
        problems=problems or {},
        note=note,
        note_key=uuid4().hex,
        **_drawn(prospect, timeline),
    )


def _drawn(prospect: Prospect, timeline: TimelinePage) -> dict[str, object]:
    """Return what the timeline's template shows."""
    return {
        "prospect": prospect,
        "entries": [(entry, kind_of(entry.kind)) for entry in timeline.entries],
        "authors": timeline.authors,
        "older": timeline.older,
    }


async def _render_form(
    prospect: Prospect,
    entered: Mapping[str, str],
    custom: list[tuple[str, str]],
    problems: Mapping[str, str],
) -> str:
    """Return the form, with room for more own fields."""
    rows = [*custom, *[("", "")] * SPARE_ROWS]
    return await render_template(
        "prospects/edit.html", prospect=prospect, entered=entered, custom=rows, problems=problems
    )


def _entered_of(prospect: Prospect) -> dict[str, str]:
    """Return what the form shows of a person before anything is typed."""
    company = prospect.company
    facts = {
        fact: getattr(prospect, fact) for fact in ("email", "name", "title", "phone", "fax")
    } | {"address": prospect.address, "company": company.name if company else ""}
    for fact in ("industry", "employees", "website"):
        value = getattr(company, fact) if company else ""
        facts[fact] = "" if value is None else str(value)
    return facts


def _custom_rows(form: MultiDict[str, str]) -> list[tuple[str, str]]:
    """Return the own fields that were typed, in order; wholly empty rows are left out."""
    pairs = zip(form.getlist("custom_label"), form.getlist("custom_value"), strict=False)
    return [(label, value) for label, value in pairs if label.strip() or value.strip()]


def _named(rows: list[tuple[str, str]]) -> dict[str, str]:
    """Return own fields by name. Raises InvalidError for two of the same name."""
    named: dict[str, str] = {}
    for label, value in rows:
        if label.strip() in named:
            raise InvalidError({"custom": f"There are two fields called {label.strip()[:60]}."})
        named[label.strip()] = value
    return named


def _read_place(args: Mapping[str, str]) -> tuple[datetime, UUID] | None:
    """Read where the older part of a timeline begins; nonsense counts as the newest."""
    at, _, entry = args.get("before", "").partition("_")
    entry_id = as_uuid(entry)
    try:
        moment = datetime.fromisoformat(at.replace(" ", "+"))
    except ValueError:
        return None
    return (moment, entry_id) if entry_id and moment.tzinfo else None


def _back(prospect_id: UUID, happened: str) -> ResponseReturnValue:
    """Lead back to the person's page, saying what happened."""
    return redirect(url_for(".show_prospect", prospect_id=prospect_id, happened=happened), 303)
