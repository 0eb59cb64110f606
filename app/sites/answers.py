"""What people say in the modules: read, bounded, kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from app.bus import Announcement, announce
from app.db import insert_or_ignore
from app.sites.models import Answer, SiteBrowser
from app.sites.opened import OpenSite
from app.sites.queries import read_site
from app.sites.rooms import Room, read_room
from app.sites.standing import situation_of
from modules.contract import Form, FormError

MOST_FIELDS = 100
MOST_VALUES = 100
LONGEST_VALUE_BYTES = 4_096
LONGEST_HEADLINE = 300
NOT_ANSWERS = {"csrf_token"}
GONE = "This part is no longer on your page. Please load the page again."
TOO_MUCH = "This is more than we can keep."


@dataclass(frozen=True, slots=True)
class Answered:
    """The outcome: a headline for the rep, or problems by form field (then nothing was kept)."""

    headline: str = ""
    problems: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, Any] = field(default_factory=dict)


async def answer_module(
    db: AsyncSession,
    *,
    site_id: UUID,
    module_key: str,
    form: Form,
    now: datetime,
    staff_browser: SiteBrowser | None = None,
    site: OpenSite | None = None,
) -> Answered:
    """Read a form and keep it as the latest answers of a module; saying it twice changes nothing.

    Input that is no answer comes back as problems. With a `staff_browser` the answers stay there
    and never reach the prospect's. `site` spares reading it where this transaction has done so;
    what it wrote since must be in there. Raises NotFoundError only if there is no such site.
    """
    site = site or await read_site(db, site_id)
    if staff_browser is not None:
        site = site.with_answers(staff_browser.staff_answers)
    answered = read_answers(site, module_key, form)
    if answered.problems:
        return answered
    if staff_browser is not None:
        kept = {**staff_browser.staff_answers, module_key: dict(answered.answers)}
        staff_browser.is_staff, staff_browser.staff_answers = True, kept
        return answered
    await _keep(db, site_id, module_key, answered, now)
    announce(
        db,
        Announcement(
            "site-answered", site.workspace_id, subject=site_id, owner_id=site.owner_id,
            prospect_id=site.prospect_id, facts={"module": module_key},
        ),
    )  # fmt: skip
    return answered


def read_answers(site: OpenSite, module_key: str, form: Form) -> Answered:
    """Turn a form into answers of one module, or into problems; never raises for bad input."""
    place = site.composition.place(module_key)
    room = read_room(place) if place else None
    if room is None or not room.is_asking:
        return Answered(problems={"": GONE})
    form = {name: values for name, values in form.items() if name not in NOT_ANSWERS}
    if problems := _too_much(form):
        return Answered(problems=problems)
    return _read(room, form, site)


def _read(room: Room, form: Form, site: OpenSite) -> Answered:
    """Ask the module."""
    situation = situation_of(site)
    try:
        answers = room.module.read(form, room.settings, situation)
    except FormError as error:
        return Answered(problems=error.problems)
    except ValidationError:
        return Answered(problems={"": "This cannot be kept as it is. Please check what you wrote."})
    headline = room.module.headline(room.settings, answers, situation)
    return Answered(headline=headline[:LONGEST_HEADLINE], answers=answers.model_dump(mode="json"))


def _too_much(form: Form) -> dict[str, str]:
    """Find what is larger than any honest answer."""
    if len(form) > MOST_FIELDS:
        return {"": TOO_MUCH}
    return {
        name if len(name) <= MOST_FIELDS else "": TOO_MUCH
        for name, values in form.items()
        if len(name) > MOST_FIELDS
        or len(values) > MOST_VALUES
        or any(len(value.encode(errors="replace")) > LONGEST_VALUE_BYTES for value in values)
    }


async def _keep(
    db: AsyncSession, site_id: UUID, module_key: str, answered: Answered, now: datetime
) -> None:
    """Write the latest answers over earlier ones."""
    row = {
        "site_id": site_id, "module_key": module_key, "answers": dict(answered.answers),
        "headline": answered.headline, "answered_at": now,
    }  # fmt: skip
    await db.execute(insert_or_ignore(Answer, [row]))
    stored = await db.get_one(Answer, (site_id, module_key), populate_existing=True)
    stored.answers, stored.headline = dict(answered.answers), answered.headline
    stored.answered_at = now
