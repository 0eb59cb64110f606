"""What a person would notice between two compositions."""

from difflib import SequenceMatcher

from app.sites.composition import Composition, Place


def differences(old: Composition, new: Composition) -> tuple[str, ...]:
    """Say in short sentences what is different on the new site; empty if nothing is."""
    return (
        *_opening(old, new),
        *_coming_and_going(old, new),
        *_moves(old, new),
        *_within(old, new),
    )


def _opening(old: Composition, new: Composition) -> list[str]:
    """Compare what is said first."""
    before, after = old.opening, new.opening
    if (before.greeting, before.lead) == (after.greeting, after.lead):
        return []
    return [f"It opens with: {after.greeting}. {after.lead}"]


def _coming_and_going(old: Composition, new: Composition) -> list[str]:
    """Name modules that are new and modules that are gone."""
    come = [f"New: “{place.title}”." for place in new.places if not old.place(place.key)]
    gone = [f"Gone: “{place.title}”." for place in old.places if not new.place(place.key)]
    return come + gone


def _moves(old: Composition, new: Composition) -> list[str]:
    """Name the modules that moved against the others, as few as explain the new order."""
    before = [place.key for place in old.places if new.place(place.key)]
    after = [place.key for place in new.places if old.place(place.key)]
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    blocks = matcher.get_matching_blocks()
    stayed = {key for block in blocks for key in before[block.a : block.a + block.size]}
    lines = []
    for number, place in enumerate(new.places, 1):
        if place.key not in after or place.key in stayed:
            continue
        shift = after.index(place.key) - before.index(place.key)
        if shift:
            way = "up" if shift < 0 else "down"
            lines.append(f"“{place.title}” moves {way}, to place {number}.")
    return lines


def _within(old: Composition, new: Composition) -> list[str]:
    """Compare modules that stand on both sites."""
    lines, answered = [], []
    for place in new.places:
        before = old.place(place.key)
        if before is None:
            continue
        lines += _changes(before, place)
        if place.is_answered and not before.is_answered:
            answered.append(f"“{place.title}”")
    return lines + _together(answered)


def _together(answered: list[str]) -> list[str]:
    """Say in one sentence which modules are answered."""
    if len(answered) < 2:  # noqa: PLR2004
        return [f"{title} is answered." for title in answered]
    return [f"{', '.join(answered[:-1])} and {answered[-1]} are answered."]


def _changes(before: Place, after: Place) -> list[str]:
    """Compare one module with its former self."""
    lines = []
    if before.kind != after.kind or before.settings != after.settings:
        lines.append(f"“{after.title}” shows new content.")
    elif before.title != after.title:
        lines.append(f"“{before.title}” is now called “{after.title}”.")
    if before.is_answered and not after.is_answered:
        lines.append(f"“{after.title}” is open again.")
    return lines
