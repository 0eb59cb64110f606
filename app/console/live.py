"""Who may listen to what on the live console."""

from functools import lru_cache
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import clock
from app.accounts.access import Viewer
from app.accounts.models import Role
from app.accounts.queries import find_viewer
from app.prospects.models import ProspectGrant
from app.tokens import seal, unseal

PAGE_AGE_S = 7 * 86_400


def console_token(viewer: Viewer) -> str:
    """Return the token a console page opens its socket with; bound to the sign-in session."""
    return seal("console", {"session": str(viewer.session_id)})


async def find_listener(db: AsyncSession, *, cookie: str, page_token: str) -> Viewer | None:
    """Return who opens this socket, or None unless cookie and page belong together."""
    viewer = await find_viewer(db, token=cookie, now=clock.now())
    claims = unseal("console", page_token, max_age_s=PAGE_AGE_S)
    if viewer is None or claims is None or claims.get("session") != str(viewer.session_id):
        return None
    return viewer


async def list_rooms(db: AsyncSession, viewer: Viewer) -> list[str]:
    """Return the rooms a viewer listens in.

    Admins hear the workspace, reps their own prospects, support those it was given.
    """
    if viewer.role is Role.ADMIN:
        return [workspace_room(viewer.workspace_id)]
    if viewer.role is Role.REP:
        return [owner_room(viewer.user_id)]
    given = select(ProspectGrant.prospect_id).where(ProspectGrant.user_id == viewer.user_id)
    return [prospect_room(prospect_id) for prospect_id in await db.scalars(given)]


@lru_cache(maxsize=4096)
def rooms_of(
    workspace_id: UUID, owner_id: UUID | None, prospect_id: UUID | None
) -> tuple[str, ...]:
    """Return the rooms that may hear of something: its admins', its rep's, its person's."""
    rooms = [workspace_room(workspace_id)]
    if owner_id is not None:
        rooms.append(owner_room(owner_id))
    if prospect_id is not None:
        rooms.append(prospect_room(prospect_id))
    return tuple(rooms)


def workspace_room(workspace_id: UUID) -> str:
    """Name the room of a workspace's admins."""
    return f"workspace:{workspace_id}"


def owner_room(user_id: UUID) -> str:
    """Name the room of one rep."""
    return f"owner:{user_id}"


def prospect_room(prospect_id: UUID) -> str:
    """Name the room of those in support who were given a person."""
    return f"prospect:{prospect_id}"
