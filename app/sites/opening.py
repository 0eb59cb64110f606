"""The first lines of a personal site: a greeting by what is known, and what was said last time."""

from collections.abc import Sequence

from app.sites.composition import History, Opening
from app.sites.rooms import Room
from modules import upstream
from modules.contract import Profile, Situation
from modules.wording import listed

LEADING = ("goals", "problems")
MOST_REMEMBERED = 4
LONGEST_QUOTE = 120


def open_with(
    profile: Profile, history: History, rooms: Sequence[Room], situation: Situation
) -> Opening:
    """Greet somebody who comes for the first time, or again."""
    if history.is_first:
        return _first(profile)
    return _again(profile, rooms, situation)


def _first(profile: Profile) -> Opening:
    """Greet by whatever of name, company and industry is known."""
    company, industry = profile.company.strip(), profile.industry.strip()
    lead = "We put this page together for " + (company or "you")
    lead += f", with what matters in {industry} in mind." if industry else "."
    known = [
        word
        for word, is_known in (
            ("your name", bool(_first_name(profile))),
            ("your company", bool(company)),
            ("your industry", bool(industry)),
        )
        if is_known
    ]
    reason = f"Worded by {listed(known)}." if known else "We do not know more about you yet."
    return Opening(greeting=_greet("Hello", profile), lead=lead, reason=reason)


def _again(profile: Profile, rooms: Sequence[Room], situation: Situation) -> Opening:
    """Pick up the thread: name what was chosen, else quote their words, else just go on."""
    remembered = remember(rooms, situation)
    own = next((text for room in _leading(rooms) if (text := _own_words(room, situation))), "")
    if remembered:
        lead = f"Last time you chose {listed(remembered, quoted=True)}. We go on from there."
        reason = "Begins with the goals and problems you chose last time."
    elif own:
        lead, reason = f"Last time you wrote: “{own}”.", "Begins with what you wrote last time."
    elif any(situation.answers.values()):
        lead = "What you told us last time is still here. We go on from there."
        reason = "You answered something last time."
    else:
        lead, reason = "Everything is where you left it.", "You have been here before."
    return Opening(
        greeting=_greet("Welcome back", profile), lead=lead, reason=reason,
        remembered=tuple(remembered), is_return=True,
    )  # fmt: skip


def remember(rooms: Sequence[Room], situation: Situation) -> list[str]:
    """Return the wordings of what was chosen, goals and problems first, at most a handful."""
    chosen = []
    for room in _leading(rooms):
        kind = room.module.kind
        options = upstream.entries(situation, kind)
        keys = [key for key in upstream.keys(situation, kind) if key in options]
        chosen += [upstream.label(options, key, situation.profile) for key in keys]
    return list(dict.fromkeys(chosen))[:MOST_REMEMBERED]


def _leading(rooms: Sequence[Room]) -> list[Room]:
    """Put goals and problems first; the others keep their order."""
    return sorted(
        rooms,
        key=lambda room: (
            LEADING.index(room.module.kind) if room.module.kind in LEADING else len(LEADING)
        ),
    )


def _own_words(room: Room, situation: Situation) -> str:
    """Return the start of what was written in a room."""
    text = " ".join(upstream.words(situation, room.module.kind).split())
    return text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 1].rstrip() + "…"


def _greet(word: str, profile: Profile) -> str:
    """Greet by first name where there is one."""
    name = _first_name(profile)
    return f"{word}, {name}" if name else word


def _first_name(profile: Profile) -> str:
    """Return the first name as known."""
    return profile.first_name.strip()
