"""Who looks after a person, and who else may see them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.access import Viewer
from app.accounts.models import Role
from app.accounts.queries import list_users
from app.bus import Announcement, announce
from app.errors import ForbiddenError, InvalidError
from app.jobs.commands import enqueue
from app.prospects.commands import add_to_timeline
from app.prospects.models import Prospect, ProspectGrant
from app.prospects.queries import get_prospect, list_grants
from app.prospects.timeline import TimelineLine


async def assign_prospect(
    db: AsyncSession, prospect_id: UUID, *, owner_id: UUID, viewer: Viewer, now: datetime
) -> Prospect:
    """Hand a person to another rep or admin; admins only. Repeating it changes nothing."""
    if not viewer.is_admin:
        raise ForbiddenError("Only admins hand prospects over.")
    prospect = await get_prospect(db, prospect_id, viewer=viewer)
    team = await list_users(db, workspace_id=viewer.workspace_id)
    sellers = {u.id: u.name for u in team if u.role != Role.SUPPORT and u.disabled_at is None}
    if owner_id not in sellers:
        raise InvalidError({"owner": "Please choose a rep or an admin of your team."})
    if prospect.owner_id != owner_id:
        _tell_whose_sight_changed(db, viewer.workspace_id, prospect.owner_id, owner_id)
        prospect.owner_id, prospect.updated_at = owner_id, now
        await enqueue(db, "hand-over-visits", {"prospect_id": str(prospect.id)}, now=now)
        title = f"Handed over to {sellers[owner_id]}"
        line = TimelineLine("owner", title, by_user_id=viewer.user_id)
        await add_to_timeline(db, prospect.id, line, now=now)
    return prospect


async def share_prospect(
    db: AsyncSession, prospect_id: UUID, user_ids: frozenset[UUID], *, viewer: Viewer, now: datetime
) -> None:
    """Let exactly these support users see a person; the owner and admins may.

    Users who are not support here are passed over.
    """
    if viewer.role is Role.SUPPORT:
        raise ForbiddenError("Only the owner or an admin may share a prospect.")
    prospect = await get_prospect(db, prospect_id, viewer=viewer)
    team = await list_users(db, workspace_id=viewer.workspace_id)
    wanted = {u.id: u.name for u in team if u.role == Role.SUPPORT and u.id in user_ids}
    given = await list_grants(db, prospect.id)
    mine = ProspectGrant.prospect_id == prospect.id
    await db.execute(delete(ProspectGrant).where(mine, ProspectGrant.user_id.not_in(wanted)))
    fresh = [user_id for user_id in wanted if user_id not in given]
    _tell_whose_sight_changed(db, viewer.workspace_id, *(given ^ wanted.keys()))
    db.add_all(
        ProspectGrant(prospect_id=prospect.id, user_id=user_id, granted_at=now) for user_id in fresh
    )
    if fresh:
        title = "Shared with " + ", ".join(wanted[user_id] for user_id in fresh)
        line = TimelineLine("owner", title[:300], by_user_id=viewer.user_id)
        await add_to_timeline(db, prospect.id, line, now=now)


def _tell_whose_sight_changed(db: AsyncSession, workspace_id: UUID, *user_ids: UUID) -> None:
    """Announce who sees somebody more or less from now on, so that open consoles start afresh."""
    for user_id in user_ids:
        announce(db, Announcement("sight-changed", workspace_id, subject=user_id))
