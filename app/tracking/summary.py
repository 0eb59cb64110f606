"""What a visit amounted to: how long, which way through the site, what was said, what is new."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.prospects.timeline import TimelineLine
from app.tracking.models import Act, ActKind, Visit

MAX_ACTS = 5_000
MAX_PATH = 30
Stored = Sequence[Row[Any]]


async def summarise(db: AsyncSession, visit: Visit, *, is_withdrawn: bool) -> dict[str, Any]:
    """Return the summary of a visit that is ending, as plain JSON."""
    acts = await _acts_of(db, visit)
    earlier = await _acts_before(db, visit)
    ended_at = visit.ended_at or visit.seen_at
    answers = _answers(acts)
    return {
        "seconds": max(0, round((ended_at - visit.started_at).total_seconds())),
        "acts": len(acts),
        "clicks": sum(act.kind == ActKind.CLICKED for act in acts),
        "path": _path(acts),
        "answers": [[key, text] for key, text in answers.items()],
        "new": _news(acts, earlier),
        "is_first": not earlier,
        "is_withdrawn": is_withdrawn,
    }


def is_worth_telling(visit: Visit) -> bool:
    """Whether a visit was a prospect's and more than nothing."""
    return not visit.is_staff and visit.last_seq > 0


def timeline_line(visit: Visit, titles: Mapping[str, str]) -> TimelineLine:
    """Say a visit on its person's timeline; `titles` are what stands above the modules."""
    summary = visit.summary
    counts = [_count(len(summary["answers"]), "answer"), _count(summary["clicks"], "click")]
    told = ", ".join(each for each in counts if each)
    where = "the personal site" if visit.site_id else "the campaign site"
    title = f"Visited {where} for {duration(summary['seconds'])}" + (f": {told}" if told else "")
    return TimelineLine(
        kind="visit",
        title=title,
        details=tuple(_details(summary, titles)),
        link=f"/console/visits/{visit.id}",
        key=f"visit-{visit.id}",
    )


def _details(summary: Mapping[str, Any], titles: Mapping[str, str]) -> list[tuple[str, str]]:
    """List the way through, each module's last word, and what earlier visits did not have."""
    said, news = summary["answers"], summary["new"]
    details = [("Way through", " \u2192 ".join(summary["path"]))] if summary["path"] else []
    for key, text in said:
        mark = ", new answer" if text in news else ""
        details.append((titles.get(key, key) + mark, text))
    answers = {text for _key, text in said}
    if looked := [text for text in news if text not in answers]:
        details.append(("New", "\n".join(looked)))
    if summary["is_withdrawn"]:
        details.append(("Consent", "Taken back during this visit"))
    return details


def duration(seconds: int) -> str:
    """Write a length of time as people say it: "45 s", "4 min"."""
    return f"{seconds} s" if seconds < 60 else f"{round(seconds / 60)} min"  # noqa: PLR2004


def _count(number: int, noun: str) -> str:
    """Write "1 click" or "3 clicks", "" for none."""
    return f"{number} {noun}{'' if number == 1 else 's'}" if number else ""


async def _acts_of(db: AsyncSession, visit: Visit) -> Stored:
    """Return what was done in this visit, in order."""
    columns = select(Act.kind, Act.module, Act.text, Act.target, Act.details)
    own = columns.where(Act.visit_id == visit.id).order_by(Act.seq)
    return (await db.execute(own.limit(MAX_ACTS))).all()


async def _acts_before(db: AsyncSession, visit: Visit) -> Stored:
    """Return what the same person answered and looked at in earlier visits."""
    same = Visit.browser_id == visit.browser_id
    if visit.prospect_id is not None:
        same = Visit.prospect_id == visit.prospect_id
    earlier = same & (Visit.started_at < visit.started_at) & (Visit.is_staff == visit.is_staff)
    columns = select(Act.kind, Act.module, Act.text, Act.target, Act.details)
    found = columns.join(Visit, Visit.id == Act.visit_id).where(Visit.id != visit.id, earlier)
    return (await db.execute(found.order_by(Act.id.desc()).limit(MAX_ACTS))).all()[::-1]


def _answers(acts: Stored) -> dict[str, str]:
    """Return the last word on each module, in the order they were first answered."""
    return {act.module: act.text for act in acts if act.kind == ActKind.ANSWERED and act.module}


def _path(acts: Stored) -> list[str]:
    """Return the modules passed through, each named once in a row."""
    path: list[str] = []
    for act in acts:
        name = _name_of(act)
        if name and (not path or path[-1] != name):
            path.append(name)
    return path[:MAX_PATH]


def _name_of(act: Row[Any]) -> str:
    """Return how a module that came into view calls itself."""
    if act.kind != ActKind.MOVED:
        return ""
    label = act.details.get("label")
    return label[:80] if isinstance(label, str) and label else act.module or act.target


def _news(acts: Stored, earlier: Stored) -> list[str]:
    """Say what earlier visits did not have: modules seen first, answers that changed."""
    if not earlier:
        return []
    seen = {_name_of(act) for act in earlier}
    said = _answers(earlier)
    looked = [f"First look at {name}" for name in dict.fromkeys(_path(acts)) if name not in seen]
    changed = [text for key, text in _answers(acts).items() if said.get(key) != text]
    return looked + changed
