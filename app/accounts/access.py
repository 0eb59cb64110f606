"""Who may call what: every route says it here, and the app refuses routes that do not.

    @users.get("/team")
    @signed_in(Role.ADMIN)
    async def list_team() -> ...

`open_to_all` wants the reason in words. The architecture tests walk all routes and socket events.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from quart import g, redirect, request, url_for

from app.accounts.models import Role
from app.errors import ForbiddenError

P = ParamSpec("P")
R = TypeVar("R")
View = Callable[P, Awaitable[R]]


@dataclass(frozen=True, slots=True)
class Viewer:
    """The signed-in person a request or socket acts for."""

    user_id: UUID
    workspace_id: UUID
    role: Role
    name: str
    email: str
    session_id: UUID

    @property
    def is_admin(self) -> bool:
        """Whether everything of the workspace is visible."""
        return self.role is Role.ADMIN


@dataclass(frozen=True, slots=True)
class Access:
    """A declaration: the roles that may call, or why everybody may."""

    roles: frozenset[Role]
    because: str = ""


def declare(view: Any, access: Access) -> None:
    """Attach a declaration where `web` and the architecture tests look for it."""
    view.access = access


def signed_in(*roles: Role) -> Callable[[View[P, Any]], View[P, Any]]:
    """Admit signed-in users of these roles (all roles if none is named).

    A browser that is not signed in is sent to the sign-in page; another role is refused.
    """
    admitted = frozenset(roles or Role)

    def decorate(view: View[P, Any]) -> View[P, Any]:
        @wraps(view)
        async def guarded(*args: P.args, **kwargs: P.kwargs) -> Any:
            viewer: Viewer | None = g.viewer
            if viewer is None:
                return _to_sign_in()
            if viewer.role not in admitted:
                raise ForbiddenError("Your role does not include this page.")
            return await view(*args, **kwargs)

        declare(guarded, Access(admitted))
        return guarded

    return decorate


def open_to_all(because: str) -> Callable[[View[P, R]], View[P, R]]:
    """Admit everybody, for the reason given."""

    def decorate(view: View[P, R]) -> View[P, R]:
        declare(view, Access(frozenset(), because))
        return view

    return decorate


def current_viewer() -> Viewer:
    """Return who is signed in; only for views behind `signed_in`."""
    viewer: Viewer = g.viewer
    return viewer


def _to_sign_in() -> Any:
    """Send a browser to the sign-in page and back here afterwards; htmx navigates as a whole."""
    target = url_for("accounts.show_sign_in", next=_page_seen())
    if request.headers.get("HX-Request"):
        return "", 401, {"HX-Redirect": target}
    return redirect(target, 303)


def _page_seen() -> str:
    """Return the page the person looks at: a form or a fragment is no place to come back to."""
    if request.headers.get("HX-Request"):
        seen = urlsplit(request.headers.get("HX-Current-URL", ""))
    elif request.method in {"GET", "HEAD"}:
        return request.full_path.rstrip("?")
    else:
        seen = urlsplit(request.headers.get("Referer", ""))
    return f"{seen.path or '/'}?{seen.query}".rstrip("?")
