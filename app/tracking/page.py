"""What a visitors' page knows about tracking: the choice so far, and its sealed token."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from quart import g, request
from sqlalchemy import ColumnElement, SQLColumnExpression, select

from app import tokens
from app.campaigns.page import PublicPage
from app.config import settings
from app.db import reading
from app.tracking.claims import PageClaims
from app.tracking.consents import SIGNAL, find_consent
from app.tracking.models import Consent, Visitor

VISITOR_COOKIE = "visitor"
CHOICE_COOKIE = "consent"
"""Remembers a no on a campaign site, where the browser has no number; it says only that."""

MOST_OWN_ACTS = 40
"""So many of a campaign's own acts are called by its words; tokens travel with every page."""

State = Literal["asked", "yes", "no", "signal"]


class SaysMaybe(Protocol):
    """Headers: found by name in small letters."""

    def get(self, name: str, /) -> str | None:
        """Return what stands there."""


@dataclass(frozen=True, slots=True)
class Tracking:
    """What templates draw: the choice so far and what the browser needs to go on."""

    state: State
    page: str
    kinds: tuple[str, ...]
    rep_name: str
    rep_photo: str
    is_staff: bool
    scope: str
    kept: str


async def page_context() -> Tracking:
    """Return the tracking part of the visitors' page in `g.page`."""
    if not hasattr(g, "tracking"):
        claims = await read_page(g.page)
        g.tracking = await describe_page(claims)
        g.signal_to_keep = claims if _is_new_signal() else None
    tracking: Tracking = g.tracking
    return tracking


async def read_page(page: PublicPage) -> PageClaims:
    """Return what the page in front of this browser is, its visitor's number included."""
    claims = claims_of(page)
    if claims.browser_id is None and (token := request.cookies.get(VISITOR_COOKIE)):
        known = select(Visitor.id).where(
            Visitor.token_digest == tokens.digest(token),
            Visitor.campaign_id == page.campaign_id,
        )
        async with reading() as db:
            claims = claims.model_copy(update={"browser_id": await db.scalar(known)})
    return claims


def claims_of(page: PublicPage) -> PageClaims:
    """Return what is sealed of a page."""
    return PageClaims(
        workspace_id=page.workspace_id,
        campaign_id=page.campaign_id,
        owner_id=page.owner_id,
        site_id=page.site_id,
        prospect_id=page.prospect_id,
        browser_id=page.browser_id,
        is_staff=page.is_staff,
        kinds=page.tracked.kinds,
        own={act.name: act.label for act in page.tracked.own[:MOST_OWN_ACTS]},
        path=page.path,
        rep_name=page.seller.name,
        rep_photo=page.seller.photo,
        source=page.source.model_dump(mode="json", exclude_defaults=True),
    )


async def describe_page(claims: PageClaims, state: State | None = None) -> Tracking:
    """Return what templates draw for these claims."""
    return tracking_of(claims, state or await _state(claims), claims.seal())


def tracking_of(claims: PageClaims, state: State, sealed: str) -> Tracking:
    """Return what templates draw; `sealed` is the page token, or stands where it will be."""
    return Tracking(
        state=state,
        page=sealed,
        kinds=claims.kinds,
        rep_name=claims.rep_name,
        rep_photo=claims.rep_photo,
        is_staff=claims.is_staff,
        scope=str(claims.site_id or claims.campaign_id),
        kept=in_months(settings().acts_days),
    )


def in_months(days: int) -> str:
    """Write how long acts are kept as people say it."""
    months = round(days / 30.4)
    return f"{months} months" if months > 1 else f"{days} days"


def newest_choice(browser_id: SQLColumnExpression[Any]) -> tuple[ColumnElement[Any], ...]:
    """Return the two columns of a browser's newest choice, for a read that knows the browser."""
    mine = Consent.browser_id == browser_id
    return tuple(
        select(column)
        .where(mine)
        .order_by(Consent.at.desc())
        .limit(1)
        .correlate_except(Consent)
        .scalar_subquery()
        for column in (Consent.is_yes, Consent.how)
    )


def state_of(
    choice: tuple[bool | None, str | None], cookies: Mapping[str, str], headers: SaysMaybe
) -> tuple[State, bool]:
    """Return where a browser stands, and whether that is by a signal not written down yet.

    `choice` is its newest one as stored. The browser's own signal counts as a no.
    """
    is_yes, how = choice
    if is_yes is not None:
        return ("yes" if is_yes else "signal" if how == SIGNAL else "no"), False
    kept = cookies.get(CHOICE_COOKIE)
    if kept in {"no", SIGNAL}:
        return ("signal" if kept == SIGNAL else "no"), False
    return ("signal", True) if has_signal(headers) else ("asked", False)


def has_signal(headers: SaysMaybe) -> bool:
    """Whether the browser itself asks not to be tracked (Global Privacy Control, Do Not Track)."""
    return any(headers.get(name) == "1" for name in ("sec-gpc", "dnt"))


async def _state(claims: PageClaims) -> State:
    """Return where the browser of this request stands."""
    choice: tuple[bool | None, str | None] = (None, None)
    if claims.browser_id is not None:
        async with reading() as db:
            consent = await find_consent(db, browser_id=claims.browser_id)
        if consent is not None:
            choice = (consent.is_yes, consent.how)
    state, g.has_new_signal = state_of(choice, request.cookies, request.headers)
    return state


def _is_new_signal() -> bool:
    """Whether this request brought a signal that is not written down yet."""
    return bool(getattr(g, "has_new_signal", False))
