"""Pages: one's own account."""

from collections.abc import Mapping
from uuid import UUID

from quart import Response, ResponseReturnValue, redirect, render_template, request

from app import clock
from app.accounts.access import current_viewer, signed_in
from app.accounts.blueprint import accounts
from app.accounts.commands import end_session, end_sessions, refuse_bad_password
from app.accounts.forms import DetailsForm, parse
from app.accounts.own_account import (
    begin_password_change,
    change_details,
    change_password,
    change_photo,
    refuse_wrong_password,
)
from app.accounts.passwords import hash_password
from app.accounts.photos import LARGEST_BYTES, drop_photo, keep_photo
from app.accounts.queries import get_user, get_workspace, list_sessions
from app.db import reading, transaction
from app.errors import InvalidError, TooManyError

DONE = {
    "details": "Your details are saved.",
    "photo": "Your photo is changed.",
    "password": "Your password is changed, and you are signed out everywhere else.",
    "sessions": "Signed out there.",
}
NOTHING: Mapping[str, str] = {}


@accounts.get("/account")
@signed_in()
async def show_account() -> ResponseReturnValue:
    """Show one's own details, photo, password form and sessions."""
    return await _page(done=DONE.get(request.args.get("done", ""), ""))


@accounts.post("/account")
@signed_in()
async def update_details() -> ResponseReturnValue:
    """Store name, title and phone."""
    entered = await request.form
    try:
        form = parse(DetailsForm, entered)
    except InvalidError as refusal:
        return await _page(entered=entered, problems=refusal.problems, status=422)
    async with transaction() as db:
        await change_details(db, viewer=current_viewer(), **form.model_dump())
    return redirect("/account?done=details", 303)


@accounts.post("/account/photo")
@signed_in()
async def update_photo() -> ResponseReturnValue:
    """Store an uploaded photo, or remove it when the remove button was pressed."""
    wants_none = (await request.form).get("wish") == "remove"
    try:
        photo = "" if wants_none else await keep_photo(await _upload())
    except InvalidError as refusal:
        return await _page(problems=refusal.problems, status=422)
    viewer = current_viewer()
    async with transaction() as db:
        before = await change_photo(db, viewer=viewer, photo=photo)
    await drop_photo(before)
    return redirect("/account?done=photo", 303)


@accounts.post("/account/password")
@signed_in()
async def update_password() -> ResponseReturnValue:
    """Change one's own password; compared and hashed between two transactions (see sign_in.py)."""
    form = await request.form
    viewer, password = current_viewer(), form.get("password", "")
    try:
        async with transaction() as db:
            user = await begin_password_change(db, viewer=viewer, now=clock.now())
        await refuse_wrong_password(user, form.get("old_password", ""))
        refuse_bad_password(password, email=user.email, name=user.name)
    except InvalidError as refusal:
        return await _page(problems=refusal.problems, status=422)
    except TooManyError as refusal:
        return await _page(problems={"old_password": str(refusal)}, status=429)
    old, new = user.password_hash, await hash_password(password)
    async with transaction() as db:
        await change_password(db, viewer=viewer, old_hash=old, new_hash=new, now=clock.now())
    return redirect("/account?done=password", 303)


@accounts.post("/account/sessions/<uuid:session_id>/end")
@signed_in()
async def delete_own_session(session_id: UUID) -> ResponseReturnValue:
    """Sign one of one's own browsers out."""
    async with transaction() as db:
        await end_session(db, user_id=current_viewer().user_id, session_id=session_id)
    return redirect("/account?done=sessions", 303)


@accounts.post("/account/sessions/end")
@signed_in()
async def delete_other_sessions() -> ResponseReturnValue:
    """Sign out everywhere else."""
    viewer = current_viewer()
    async with transaction() as db:
        await end_sessions(db, user_id=viewer.user_id, but=viewer.session_id)
    return redirect("/account?done=sessions", 303)


async def _upload() -> bytes:
    """Return the chosen file, at most a byte more than is allowed. Raises InvalidError for none."""
    upload = (await request.files).get("photo")
    if upload is None or not upload.filename:
        raise InvalidError({"photo": "Please choose a picture first."})
    return upload.stream.read(LARGEST_BYTES + 1)


async def _page(
    *,
    entered: Mapping[str, str] = NOTHING,
    problems: Mapping[str, str] = NOTHING,
    done: str = "",
    status: int = 200,
) -> Response:
    """Render the account page with what was entered, or with what is stored."""
    viewer = current_viewer()
    async with reading() as db:
        user = await get_user(db, viewer.user_id, workspace_id=viewer.workspace_id)
        workspace = await get_workspace(db, viewer.workspace_id)
        sessions = await list_sessions(db, user_id=viewer.user_id, now=clock.now())
    details = {name: entered.get(name, getattr(user, name)) for name in DetailsForm.model_fields}
    page = await render_template(
        "accounts/account.html", user=user, workspace=workspace, sessions=sessions,
        entered=details, problems=problems, done=done,
    )  # fmt: skip
    return Response(page, status)
