"""Posts of visitors' pages: the choice about tracking, and acts where no socket carries them."""

import random
import time
from urllib.parse import urlsplit

from pydantic import ValidationError
from quart import Blueprint, Response, g, jsonify, render_template, request
from quart.typing import ResponseReturnValue

from app import clock, metrics
from app.accounts.access import open_to_all
from app.accounts.addresses import network_of
from app.accounts.browsers import name_browser
from app.config import settings
from app.db import transaction
from app.errors import DomainError, InvalidError, NotFoundError
from app.tracking.claims import PageClaims, read_claims
from app.tracking.consents import SIGNAL, Chosen, record_consent
from app.tracking.errors import RefusedError, SlowDownError
from app.tracking.intake import take_post
from app.tracking.page import CHOICE_COOKIE, VISITOR_COOKIE, State, describe_page
from app.tracking.rate import Buckets
from app.tracking.shapes import ConsentForm, Post
from app.tracking.visits import Opening
from app.turns import Door

MAX_POST_BYTES = 256_000
CHOICE_DAYS = 180
"""How long a choice is remembered before it is asked for again."""

tracking = Blueprint("tracking", __name__)
posters = Buckets()
door = Door(wide=4, most_waiting=32)
"""Posts are stored a few at a time; of those beyond, only farewells wait."""
CROWDED_RETRY_MS = (2_000, 8_000)
CHOICE_COST = 2
"""A choice costs as much as two acts: a hundred at once and 25 a second from one network."""


@tracking.post("/t/consent")
@open_to_all("visitors choose for themselves; the sealed page token says whose choice it is")
async def create_consent() -> ResponseReturnValue:
    """Write down a choice and show the page again, or its two fragments to our own script."""
    form = _read_form(dict(await request.form))
    claims = _claims_behind(form.page)
    network = ("consent", network_of(request.remote_addr or ""))
    posters.take(network, CHOICE_COST, at=time.monotonic())
    async with transaction() as db:
        chosen = await record_consent(
            db,
            claims=claims,
            is_yes=form.choice == "yes",
            how=form.how,
            language=request.accept_languages.best or "",
            now=clock.now(),
        )
    state: State = "yes" if form.choice == "yes" else "no"
    if request.accept_mimetypes.best == "application/json":
        response = await _show_fragments(chosen.claims, state)
    else:
        response = Response("", 303, {"Location": claims.path})
    _remember(response, chosen, state)
    return response


@tracking.post("/t/acts")
@open_to_all("the sealed page token says whose acts these are, and its browser must have said yes")
async def create_acts() -> ResponseReturnValue:
    """Store acts of a page that is closing, or of one that has no socket; answers like a socket."""
    try:
        return jsonify({"ok": True, **await _take(await request.get_data(as_text=False))})
    except ValidationError:
        return jsonify({"ok": False, "error": "malformed"}), 400
    except DomainError as refusal:
        facts = refusal.facts if isinstance(refusal, RefusedError) else {}
        return jsonify({"ok": False, "error": refusal.code, **facts}), 409


async def _take(body: str | bytes) -> dict[str, object]:
    """Parse a post, hold it to the rate, and store it."""
    if len(body) > MAX_POST_BYTES:
        raise InvalidError({"": "That is too large."})
    post = Post.model_validate_json(body)
    claims = _claims_behind(post.page)
    posters.take(claims.browser_id, 1 + len(post.acts), at=time.monotonic())
    if door.is_crowded and not post.is_leaving:
        # Spread, so that those who were sent away do not come back together.
        raise SlowDownError(random.randint(*CROWDED_RETRY_MS))  # noqa: S311  no secret
    device = name_browser(request.headers.get("User-Agent", ""))
    async with door.enter():
        receipt = await take_post(
            post.acts,
            Opening(post.visit, claims, device),
            is_leaving=post.is_leaving,
            now=clock.now(),
        )
    metrics.ACTS_DROPPED.inc(post.dropped)
    return {"last": receipt.last, "problems": receipt.problems}


@tracking.after_app_request
async def keep_signal(response: Response) -> Response:
    """Write down that a browser asks not to be tracked, so that this device is never asked."""
    claims: PageClaims | None = getattr(g, "signal_to_keep", None)
    if claims is None or response.status_code >= 400:  # noqa: PLR2004  errors show no page
        return response
    if claims.browser_id is None:
        _set_cookie(response, CHOICE_COOKIE, SIGNAL, claims.path)
        return response
    async with transaction() as db:
        await record_consent(
            db, claims=claims, is_yes=False, how=SIGNAL, language="", now=clock.now()
        )
    return response


def _read_form(fields: dict[str, str]) -> ConsentForm:
    """Parse the choice. Raises InvalidError."""
    try:
        return ConsentForm.model_validate(fields)
    except ValidationError as error:
        raise InvalidError({"choice": "Please choose one of the two buttons."}) from error


def _claims_behind(sealed: str) -> PageClaims:
    """Return what a page token says. Raises NotFoundError for one that is not ours or too old."""
    claims = read_claims(sealed)
    if claims is None:
        raise NotFoundError("This page is too old. Please load it again.")
    return claims


async def _show_fragments(claims: PageClaims, state: State) -> Response:
    """Return the notice and the footer's control as they are after the choice."""
    described = await describe_page(claims, state)
    return jsonify(
        {
            "ok": True,
            "consent": state,
            "page": described.page,
            "notice": await render_template("tracking/_notice.html", tracking=described),
            "footer": await render_template("tracking/_footer_consent.html", tracking=described),
        }
    )


def _remember(response: Response, chosen: Chosen, state: State) -> None:
    """Set what the browser keeps on a campaign site: its number after a yes, else only the no."""
    if chosen.claims.site_id is not None:
        return
    path = _cookie_path(chosen.claims.path)
    if state == "yes":
        response.delete_cookie(CHOICE_COOKIE, path=path)
        if chosen.visitor_token:
            _set_cookie(response, VISITOR_COOKIE, chosen.visitor_token, chosen.claims.path)
    else:
        response.delete_cookie(VISITOR_COOKIE, path=path)
        _set_cookie(response, CHOICE_COOKIE, "no", chosen.claims.path)


def _set_cookie(response: Response, name: str, value: str, page_path: str) -> None:
    """Set a cookie that goes to this campaign's pages only."""
    response.set_cookie(
        name,
        value,
        max_age=CHOICE_DAYS * 24 * 3600,
        path=_cookie_path(page_path),
        httponly=True,
        secure=settings().base_url.startswith("https:"),
        samesite="Lax",
    )


def _cookie_path(page_path: str) -> str:
    """Return the campaign's own path, /c/<slug>, of any of its pages."""
    return "/".join(urlsplit(page_path).path.split("/")[:3])
