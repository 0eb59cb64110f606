"""Companies: the list, one company with its people, editing it."""

from collections.abc import Mapping
from urllib.parse import quote
from uuid import UUID

from quart import ResponseReturnValue, redirect, render_template, request, url_for

from app import clock
from app.accounts.access import current_viewer, signed_in
from app.accounts.models import Role
from app.db import reading, transaction
from app.errors import InvalidError
from app.prospects.blueprint import prospects
from app.prospects.companies import get_company, list_companies
from app.prospects.editing import edit_company
from app.prospects.listing import LONGEST_SEARCH, Wanted, list_people, read_wanted
from app.prospects.models import Company
from app.prospects.shapes import read_company

FACTS = ("name", "industry", "employees", "website", "phone", "fax", "address")


@prospects.get("/companies")
@signed_in()
async def list_all_companies() -> ResponseReturnValue:
    """Show the companies somebody visible works at."""
    search = request.args.get("q", "")[:LONGEST_SEARCH]
    page = read_wanted(request.args).page
    async with reading() as db:
        companies = await list_companies(db, viewer=current_viewer(), search=search, page=page)
    url = f"/companies?q={quote(search)}&page="
    return await render_template(
        "prospects/companies.html", found=companies, search=search, page_url=url
    )


@prospects.get("/companies/<uuid:company_id>")
@signed_in()
async def show_company(company_id: UUID) -> ResponseReturnValue:
    """Show a company and the people there."""
    viewer = current_viewer()
    wanted = Wanted(company=str(company_id), sort="name", page=read_wanted(request.args).page)
    async with reading() as db:
        company = await get_company(db, company_id, viewer=viewer)
        people = await list_people(db, wanted, viewer=viewer, now=clock.now())
    return await render_template(
        "prospects/company.html",
        company=company,
        people=people,
        may_edit=viewer.role is not Role.SUPPORT,
    )


@prospects.get("/companies/<uuid:company_id>/edit")
@signed_in(Role.ADMIN, Role.REP)
async def edit_company_form(company_id: UUID) -> ResponseReturnValue:
    """Show the form with everything known of a company."""
    async with reading() as db:
        company = await get_company(db, company_id, viewer=current_viewer())
    values = {fact: getattr(company, fact) for fact in FACTS}
    entered = {fact: "" if value is None else str(value) for fact, value in values.items()}
    return await _render_form(company, entered, {})


@prospects.post("/companies/<uuid:company_id>")
@signed_in(Role.ADMIN, Role.REP)
async def update_company(company_id: UUID) -> ResponseReturnValue:
    """Set everything known of a company."""
    form = await request.form
    entered = {fact: form.get(fact, "") for fact in FACTS}
    try:
        async with transaction() as db:
            await edit_company(
                db, company_id, read_company(entered), viewer=current_viewer(), now=clock.now()
            )
    except InvalidError as refusal:
        async with reading() as db:
            company = await get_company(db, company_id, viewer=current_viewer())
        return await _render_form(company, entered, refusal.problems), 422
    return redirect(url_for(".show_company", company_id=company_id), 303)


async def _render_form(
    company: Company, entered: Mapping[str, str], problems: Mapping[str, str]
) -> str:
    """Return the form."""
    return await render_template(
        "prospects/company_edit.html", company=company, entered=entered, problems=problems
    )
