"""The fallback ladder: how near a story is to a person, and how that is said."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from modules.audience import Audience, matched
from modules.contract import Profile
from modules.testimonial.stories import Story
from modules.wording import in_sentence, listed

INDUSTRY, TITLE, SIZE = "industry", "title", "size"

RUNGS: tuple[frozenset[str], ...] = (
    frozenset({INDUSTRY, TITLE, SIZE}),
    frozenset({INDUSTRY, TITLE}),
    frozenset({INDUSTRY, SIZE}),
    frozenset({INDUSTRY}),
    frozenset({TITLE}),
    frozenset({SIZE}),
    frozenset(),
)
"""From the nearest to the vendor's general story, which is told when nothing is shared."""


@dataclass(frozen=True, slots=True)
class Match:
    """The story chosen and what its teller shares with the person."""

    story: Story
    shared: frozenset[str]


def nearest(stories: Sequence[Story], profile: Profile) -> Match | None:
    """Return the story on the highest rung; None when there is no story at all.

    On one rung, what else is shared wins, then what contradicts nothing known of the person,
    then the vendor's order: the same person always gets the same story.
    """
    if not stories:
        return None
    matches = [Match(one, shared_with(one.audience, profile)) for one in stories]
    for rung in RUNGS[:-1]:
        if near := [match for match in matches if match.shared >= rung]:
            return min(near, key=lambda match: _distance(match, profile))
    general = next((one for one in stories if one.audience.is_everybody), stories[0])
    return Match(general, frozenset())


def shared_with(audience: Audience, profile: Profile) -> frozenset[str]:
    """Return what the teller and the person have in common; the unknown is never common."""
    parts = {
        INDUSTRY: Audience(industries=audience.industries),
        TITLE: Audience(titles=audience.titles),
        SIZE: Audience(min_employees=audience.min_employees, max_employees=audience.max_employees),
    }
    return frozenset(
        name for name, part in parts.items() if not part.is_everybody and part.matches(profile)
    )


def rung_name(match: Match, profile: Profile) -> str:
    """Name the rung for the visitor: "A software company of your size"."""
    shared = match.shared
    role = "somebody in a role like yours"
    if INDUSTRY in shared:
        industry = matched(match.story.audience.industries, profile.industry, whole=True)
        name = f"{_a(in_sentence(industry))} company"
        name += " of your size" if SIZE in shared else ""
        return f"{name}, told by {role}" if TITLE in shared else name
    if TITLE in shared:
        company = " at a company of your size" if SIZE in shared else ""
        return f"{role.capitalize()}{company}"
    return "A company of your size" if SIZE in shared else "One of our customers"


def because(match: Match, profile: Profile) -> str:
    """Say why it was chosen, with what the person shares, or that nothing nearer exists."""
    wanted = {
        INDUSTRY: f"your industry is {in_sentence(profile.industry)}",
        TITLE: f"you work as {profile.title}",
        SIZE: f"your company has {profile.employees} people",
    }
    reasons = [reason for name, reason in wanted.items() if name in match.shared]
    if not reasons:
        return "Told to everybody: we have no story yet that is nearer to you."
    return f"The nearest story we have, because {listed(reasons)}."


@dataclass(frozen=True, slots=True)
class Step:
    """One thing the ladder looks at, and whether the story shares it."""

    name: str
    is_shared: bool


def steps(match: Match) -> list[Step]:
    """Return what was looked at, for the visitor to see."""
    names = ((INDUSTRY, "Your industry"), (TITLE, "Your role"), (SIZE, "Your size"))
    return [Step(label, name in match.shared) for name, label in names]


def _distance(match: Match, profile: Profile) -> tuple[int, int]:
    """Order stories of one rung: most in common, then least known to be different."""
    return -len(match.shared), _contradictions(match, profile)


def _contradictions(match: Match, profile: Profile) -> int:
    """Count what a story says of its teller that is known to be different for the person."""
    audience = match.story.audience
    told: Iterable[tuple[str, bool]] = (
        (INDUSTRY, bool(audience.industries and profile.industry)),
        (TITLE, bool(audience.titles and profile.title)),
        (
            SIZE,
            (audience.min_employees is not None or audience.max_employees is not None)
            and profile.employees is not None,
        ),
    )
    return sum(is_told and name not in match.shared for name, is_told in told)


def _a(noun: str) -> str:
    """Put the article before a noun, by its first letter."""
    return f"An {noun}" if noun[:1].lower() in "aeiou" else f"A {noun}"
