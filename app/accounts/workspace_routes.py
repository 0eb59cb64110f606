"""Page: what an admin says about the workspace."""

from quart import ResponseReturnValue, redirect, render_template, request

from app.accounts.access import current_viewer, signed_in
from app.accounts.blueprint import accounts
from app.accounts.commands import change_workspace
from app.accounts.forms import WorkspaceForm, parse
from app.accounts.models import Role
from app.accounts.queries import get_workspace
from app.db import reading, transaction
from app.errors import InvalidError


@accounts.get("/workspace")
@signed_in(Role.ADMIN)
async def show_workspace() -> ResponseReturnValue:
    """Show the form."""
    async with reading() as db:
        workspace = await get_workspace(db, current_viewer().workspace_id)
    is_saved = request.args.get("done") == "saved"
    return await render_template(
        "accounts/workspace.html", entered=workspace, problems={}, is_saved=is_saved
    )


@accounts.post("/workspace")
@signed_in(Role.ADMIN)
async def update_workspace() -> ResponseReturnValue:
    """Store what was entered."""
    entered = await request.form
    try:
        form = parse(WorkspaceForm, entered)
    except InvalidError as refusal:
        page = await render_template(
            "accounts/workspace.html", entered=entered, problems=refusal.problems, is_saved=False
        )
        return page, 422
    async with transaction() as db:
        await change_workspace(db, current_viewer().workspace_id, **form.model_dump())
    return redirect("/workspace?done=saved", 303)
