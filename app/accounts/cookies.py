"""The cookie of a signed-in browser."""

from quart import Response

from app.config import settings

SESSION_COOKIE = "session"
DAY_S = 86_400


def give_session_cookie(response: Response, token: str) -> None:
    """Hand the token of a session to the browser, for as long as the session can last."""
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=settings().session_days * DAY_S,
        path="/",
        httponly=True,
        samesite="Lax",
        secure=settings().base_url.startswith("https:"),
    )


def take_session_cookie(response: Response) -> None:
    """Make the browser forget its session."""
    response.delete_cookie(
        SESSION_COOKIE,
        path="/",
        httponly=True,
        samesite="Lax",
        secure=settings().base_url.startswith("https:"),
    )
