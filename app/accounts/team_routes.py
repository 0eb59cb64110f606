"""Pages: the team of a workspace, for its admins."""

from collections.abc import Mapping
from uuid import UUID

from quart import Response, ResponseReturnValue, redirect, render_template, request

from app import clock
from app.accounts.access import current_viewer, signed_in
from app.accounts.blueprint import accounts
from app.accounts.forms import InvitationForm, RoleForm, parse
from app.accounts.models import Role
from app.accounts.queries import list_users
from app.accounts.team import change_role, disable_user, enable_user, invite_again, invite_user
from app.db import reading, transaction
from app.errors import InvalidError

ROLES = (
    (Role.REP, "Rep"),
    (Role.ADMIN, "Admin"),
    (Role.SUPPORT, "Support"),
)
DONE = {
    "invited": "The invitation is on its way.",
    "role": "The role is changed. It counts from the next sign-in.",
    "disabled": "The account is closed and signed out everywhere.",
    "enabled": "The account is open again.",
}
NOTHING: Mapping[str, str] = {}


@accounts.get("/team")
@signed_in(Role.ADMIN)
async def list_team() -> ResponseReturnValue:
    """Show everybody and the form to invite more."""
    return await _page(done=DONE.get(request.args.get("done", ""), ""))


@accounts.post("/team")
@signed_in(Role.ADMIN)
async def create_invitation() -> ResponseReturnValue:
    """Invite somebody."""
    entered = await request.form
    try:
        form = parse(InvitationForm, entered)
        async with transaction() as db:
            await invite_user(db, viewer=current_viewer(), now=clock.now(), **form.model_dump())
    except InvalidError as refusal:
        return await _page(entered=entered, problems=refusal.problems, status=422)
    return redirect("/team?done=invited", 303)


@accounts.post("/team/<uuid:user_id>/invitation")
@signed_in(Role.ADMIN)
async def renew_invitation(user_id: UUID) -> ResponseReturnValue:
    """Mail a new invitation."""
    async with transaction() as db:
        await invite_again(db, user_id, viewer=current_viewer(), now=clock.now())
    return redirect("/team?done=invited", 303)


@accounts.post("/team/<uuid:user_id>/role")
@signed_in(Role.ADMIN)
async def update_role(user_id: UUID) -> ResponseReturnValue:
    """Give somebody another role."""
    form = parse(RoleForm, await request.form)
    async with transaction() as db:
        await change_role(db, user_id, role=form.role, viewer=current_viewer())
    return redirect("/team?done=role", 303)


@accounts.post("/team/<uuid:user_id>/closure")
@signed_in(Role.ADMIN)
async def close_account(user_id: UUID) -> ResponseReturnValue:
    """Close an account."""
    async with transaction() as db:
        await disable_user(db, user_id, viewer=current_viewer(), now=clock.now())
    return redirect("/team?done=disabled", 303)


@accounts.post("/team/<uuid:user_id>/opening")
@signed_in(Role.ADMIN)
async def reopen_account(user_id: UUID) -> ResponseReturnValue:
    """Open a closed account."""
    async with transaction() as db:
        await enable_user(db, user_id, viewer=current_viewer())
    return redirect("/team?done=enabled", 303)


async def _page(
    *,
    entered: Mapping[str, str] = NOTHING,
    problems: Mapping[str, str] = NOTHING,
    done: str = "",
    status: int = 200,
) -> Response:
    """Render the team, what was entered, and what came of it."""
    async with reading() as db:
        users = await list_users(db, workspace_id=current_viewer().workspace_id)
    fields = InvitationForm.model_fields
    page = await render_template(
        "accounts/team.html", users=users, roles=ROLES, done=done, problems=problems,
        entered={name: entered.get(name, "") for name in fields},
        trouble=" ".join(text for name, text in problems.items() if name not in fields),
    )  # fmt: skip
    return Response(page, status)
