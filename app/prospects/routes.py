"""The list of people: showing it, adding to it, taking it along as CSV."""

from collections.abc import Mapping

from quart import Response, ResponseReturnValue, redirect, render_template, request, url_for

from app import clock
from app.accounts.access import current_viewer, signed_in
from app.accounts.models import Role
from app.db import reading, transaction
from app.errors import InvalidError
from app.prospects import company_routes, import_routes, person_routes
from app.prospects.blueprint import prospects
from app.prospects.commands import add_by_address
from app.prospects.export import export_people
from app.prospects.listing import ORDERS, Wanted, list_options, list_people, read_wanted

__all__ = ["company_routes", "import_routes", "person_routes", "prospects"]

SIZE_LABELS = (
    ("", "Any size"), ("1-10", "1 to 10"), ("11-50", "11 to 50"), ("51-200", "51 to 200"),
    ("201-1000", "201 to 1,000"), ("1001", "Over 1,000"), ("unknown", "Size unknown"),
)  # fmt: skip
ACTIVITY_LABELS = (
    ("", "Any activity"), ("7", "Active this week"), ("30", "Active in 30 days"),
    ("90", "Active in 90 days"), ("quiet", "Quiet for 90 days"),
)  # fmt: skip
SORT_LABELS = (
    ("active", "Last activity"), ("name", "Name"), ("company", "Company"), ("added", "Date added"),
    ("-active", "Longest quiet"), ("-name", "Name, Z to A"), ("-company", "Company, Z to A"),
    ("-added", "Oldest first"),
)  # fmt: skip


@prospects.get("/prospects")
@signed_in()
async def list_prospects() -> ResponseReturnValue:
    """Show the list, or only its table to the search box."""
    wanted = read_wanted(request.args)
    if request.headers.get("HX-Target") == "people":
        return await _render_table(wanted)
    return await _render_list(wanted)


@prospects.post("/prospects")
@signed_in(Role.ADMIN, Role.REP)
async def create_prospect() -> ResponseReturnValue:
    """Add somebody by an address; a known one leads to the known person."""
    typed = (await request.form).get("email", "")
    try:
        async with transaction() as db:
            prospect, is_new = await add_by_address(
                db, typed, viewer=current_viewer(), now=clock.now()
            )
    except InvalidError as refusal:
        return await _render_list(Wanted(), problems=refusal.problems, typed=typed), 422
    happened = "new" if is_new else "known"
    return redirect(url_for(".show_prospect", prospect_id=prospect.id, happened=happened), 303)


@prospects.get("/prospects/people.csv")
@signed_in()
async def export_prospects() -> ResponseReturnValue:
    """Send everybody on the list as it is narrowed and sorted now, all pages."""
    rows = export_people(read_wanted(request.args), viewer=current_viewer(), now=clock.now())
    name = f"prospects-{clock.now():%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(rows, content_type="text/csv; charset=utf-8", headers=headers)


async def _render_table(wanted: Wanted) -> ResponseReturnValue:
    """Return the table with its count and pages; the browser's address follows."""
    headers = {"HX-Push-Url": f"/prospects{wanted.query()}", "Vary": "HX-Request, HX-Target"}
    return await render_template("prospects/_people.html", **await _table(wanted)), headers


async def _render_list(
    wanted: Wanted, problems: Mapping[str, str] | None = None, typed: str = ""
) -> str:
    """Return the whole page."""
    async with reading() as db:
        options = await list_options(db, viewer=current_viewer())
    return await render_template(
        "prospects/list.html",
        options=options,
        sizes=SIZE_LABELS,
        activities=ACTIVITY_LABELS,
        problems=problems or {},
        typed=typed,
        **await _table(wanted),
    )


async def _table(wanted: Wanted) -> dict[str, object]:
    """Look up the page and the addresses that lead on from it."""
    async with reading() as db:
        people = await list_people(db, wanted, viewer=current_viewer(), now=clock.now())
    here = f"/prospects{wanted.query(page=1)}"
    return {
        "people": people,
        "wanted": wanted,
        "sorts": SORT_LABELS,
        "sort_urls": {word: f"/prospects{wanted.query(sort=word, page=1)}" for word in ORDERS},
        "page_url": here + ("&" if "?" in here else "?") + "page=",
        "export_url": f"/prospects/people.csv{wanted.query(page=1)}",
    }
