"""Is everything all right? Each part of an installation in plain words, and what to do about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.web.samples import Hour
from app.web.surroundings import Disk, Surroundings

GOOD, WARN, BAD = "good", "warn", "bad"
TONES = (GOOD, WARN, BAD)
WAITED_LONG_S = 60
STALL_S = 0.25
SLOW_S = 1.0
UNITS = ("bytes", "KB", "MB", "GB", "TB")


@dataclass(frozen=True, slots=True)
class Check:
    """How one part stands. `hint` says what to do, where something is to be done."""

    name: str
    tone: str
    words: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Redis:
    """Whether processes should hear each other through Redis, and whether they do."""

    is_configured: bool
    is_connected: bool


def check_all(
    around: Surroundings, hour: Hour, redis: Redis, *, works_here: bool, now: datetime
) -> list[Check]:
    """Return every part, in the order people ask."""
    return [
        _check_database(around),
        check_disk(around.disk),
        _check_jobs(around, works_here=works_here, now=now),
        _check_redis(redis),
        _check_stream(hour),
    ]


def worst(checks: Sequence[Check]) -> str:
    """Return the tone of the whole."""
    return max((check.tone for check in checks), key=TONES.index)


def sum_up(checks: Sequence[Check]) -> str:
    """Say in a sentence how it stands, the worst first."""
    wrong, doubtful = (
        [_in_text(one) for one in checks if one.tone == tone] for tone in (BAD, WARN)
    )
    if wrong:
        also = f" Look at {_and(doubtful)} too." if doubtful else ""
        return f"Something is wrong: {_and(wrong)}.{also}"
    if doubtful:
        return f"It works, and something wants your attention: {_and(doubtful)}."
    return "Everything is all right."


def _in_text(check: Check) -> str:
    """Write a part's name inside a sentence."""
    return check.name if check.name == "Redis" else check.name.lower()


def _and(words: Sequence[str]) -> str:
    """Join words: "jobs, redis and disk space"."""
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def check_disk(disk: Disk) -> Check:
    """Say how much room is left."""
    left = f"{in_words(disk.free)} of {in_words(disk.total)} are free, {share_in_words(disk)}."
    hint = (
        "Make room, or give it a larger disk. When it is full nothing new is stored; what is stored"
        " stays readable, and it goes on by itself as soon as there is room."
    )
    if disk.is_very_low:
        return Check("Disk space", BAD, f"Almost full: {left}", hint)
    if disk.is_low:
        return Check("Disk space", WARN, f"Filling up: {left}", hint)
    return Check("Disk space", GOOD, left)


def share_in_words(disk: Disk) -> str:
    """Write the free share; small ones exactly."""
    return f"{disk.share:.1%}" if disk.is_low else f"{disk.share:.0%}"


def _check_database(around: Surroundings) -> Check:
    """Say whether the database answers."""
    if around.workload is None:
        return Check(
            "Database", BAD, f"{around.database} does not answer.",
            "Look whether it runs and has room. What browsers have not had confirmed they keep and"
            " send again: nothing is lost.",
        )  # fmt: skip
    return Check(
        "Database", GOOD, f"{around.database} answers and holds {in_words(around.database_bytes)}."
    )


def _check_jobs(around: Surroundings, *, works_here: bool, now: datetime) -> Check:
    """Say whether mail and the rest gets done, and what has given up."""
    work = around.workload
    if work is None:
        return Check("Jobs", WARN, "Unknown while the database does not answer.")
    waited = (now - work.due_since).total_seconds() if work.due_since else 0
    if waited > WAITED_LONG_S:
        return Check(
            "Jobs", BAD, f"Nobody has begun what has been due for {time_in_words(waited)}.",
            "Mail and summaries wait. "
            + ("Look at this process's log." if works_here else "Start “rapport worker”."),
        )  # fmt: skip
    where = "this process" if works_here else "a worker of their own"
    last = f"the last was done {ago_in_words(now, work.done_at)}" if work.done_at else "none so far"
    words = f"Done in {where}; {last}."
    if work.waiting or work.running:
        words += (
            f" {count(work.running, 'runs', 'run')} now, {count(work.waiting, 'waits', 'wait')}"
        )
        words += " for their time."
    if not work.dead:
        return Check("Jobs", GOOD, words)
    kinds = ", ".join(f"{kind} ({number})" for kind, number in work.dead_kinds)
    gave_up = "1 job has given up" if work.dead == 1 else f"{work.dead} jobs have given up"
    return Check(
        "Jobs", WARN, f"{gave_up}: {kinds}. The others are done as they come.",
        "On the server, “rapport jobs list” says why; “rapport jobs retry ID” tries one again and"
        " “rapport jobs discard ID” forgets it.",
    )  # fmt: skip


def _check_redis(redis: Redis) -> Check:
    """Say whether processes hear each other at once."""
    if not redis.is_configured:
        return Check("Redis", GOOD, "Not used. One web process needs none.")
    if redis.is_connected:
        return Check("Redis", GOOD, "Connected: what one process stores, the others show at once.")
    return Check(
        "Redis", WARN,
        "Away. Consoles see what other processes store a second or two later. Nothing is lost.",
        "Look whether it runs; the connection comes back by itself.",
    )  # fmt: skip


def _check_stream(hour: Hour) -> Check:
    """Say whether acts are stored and shown quickly."""
    slow = [
        words
        for words, seconds in (
            ("storing", hour.within("commits", 0.95)), ("showing", hour.within("told", 0.95)),
        )
        if seconds is not None and seconds > SLOW_S
    ]  # fmt: skip
    if hour.grown("failed"):
        return Check(
            "Live stream", WARN,
            f"{count(int(hour.grown('failed')), 'commit', 'commits')} failed within the hour; their"
            " acts were kept by the browsers and came again.",
            "Look at the log for what the database said.",
        )  # fmt: skip
    if slow:
        words = f"{' and '.join(slow).capitalize()} clicks often took over a second."
        return Check("Live stream", WARN, words, "The disk or the database may be overloaded.")
    return Check(
        "Live stream", GOOD, "Clicks are stored, then confirmed, then shown, without delay."
    )


def count(number: int, one: str, many: str) -> str:
    """Write a number with its word: "1 job", "3 jobs"."""
    return f"{number:,} {one if number == 1 else many}"


def in_words(size: float) -> str:
    """Write a number of bytes: "12.3 MB"."""
    for unit in UNITS:
        if size < 1000 or unit == UNITS[-1]:  # noqa: PLR2004  a thousand is the next unit
            break
        size /= 1000
    return f"{size:.0f} {unit}" if unit in UNITS[:2] or size >= 100 else f"{size:.1f} {unit}"  # noqa: PLR2004


def time_in_words(seconds: float) -> str:
    """Write a duration by its largest unit: "3 minutes"."""
    for size, one in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            return count(int(seconds // size), one, f"{one}s")
    return count(int(seconds), "second", "seconds")


def ago_in_words(now: datetime, moment: datetime) -> str:
    """Say how long ago: "3 minutes ago"."""
    return f"{time_in_words(max(0, (now - moment).total_seconds()))} ago"


def quick_in_words(seconds: float | None) -> str:
    """Write a short duration: "3.2 ms"."""
    if seconds is None:
        return "none yet"
    if seconds < 1:
        return f"{seconds * 1000:.1f} ms" if seconds < 0.01 else f"{seconds * 1000:.0f} ms"  # noqa: PLR2004
    return f"{seconds:.1f} s"
