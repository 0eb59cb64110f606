"""How often something may be tried, counted in the database so that a restart forgets nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import SignInFailure
from app.errors import TooManyError
from app.tokens import digest

LONGEST_WINDOW = timedelta(hours=1)
A_MINUTE_S = 60


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` of something within any `window`, for each of whoever is counted."""

    name: str
    most: int
    window: timedelta

    def subject(self, who: str) -> str:
        """Return what is stored: a digest, since mistyped addresses are nobody's business."""
        return f"{self.name}:{digest(who)}"


async def count_against(db: AsyncSession, limit: Limit, who: str, *, now: datetime) -> int:
    """Count one more and return its number, which `take_back` wants.

    Raises TooManyError when the limit is reached. What was refused is not counted, so nobody can
    keep somebody else locked out for ever by knocking on.
    """
    await check_limit(db, limit, who, now=now)
    await db.execute(delete(SignInFailure).where(SignInFailure.at < now - LONGEST_WINDOW))
    counted = SignInFailure(subject=limit.subject(who), at=now)
    db.add(counted)
    await db.flush()
    return counted.id


async def check_limit(db: AsyncSession, limit: Limit, who: str, *, now: datetime) -> None:
    """Raise TooManyError when the limit is reached; count nothing."""
    recent = (
        select(SignInFailure.at)
        .where(SignInFailure.subject == limit.subject(who), SignInFailure.at > now - limit.window)
        .order_by(SignInFailure.at.desc())
        .offset(limit.most - 1)
        .limit(1)
    )
    blocking: datetime | None = await db.scalar(recent)
    if blocking is not None:
        wait_s = max(1, ceil((blocking + limit.window - now).total_seconds()))
        raise TooManyError(_in_words(wait_s), retry_after_s=wait_s)


async def take_back(db: AsyncSession, counted: tuple[int, ...]) -> None:
    """Uncount what turned out well."""
    await db.execute(delete(SignInFailure).where(SignInFailure.id.in_(counted)))


async def start_afresh(db: AsyncSession, limit: Limit, who: str) -> None:
    """Forget everything counted against somebody who has proved to be the right one."""
    await db.execute(delete(SignInFailure).where(SignInFailure.subject == limit.subject(who)))


def _in_words(wait_s: int) -> str:
    """Say how long to wait."""
    minutes = ceil(wait_s / A_MINUTE_S)
    return f"That was tried too often. Please wait {minutes} minute{'s' * (minutes > 1)}."
