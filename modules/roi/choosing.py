"""What was decided for this person, and why."""

from collections.abc import Iterator

from modules.contract import Choice, Situation
from modules.roi.assumptions import Assumption, Origin, sheet_of, varied_cost, varied_line
from modules.roi.lines import CostFields, LineFields
from modules.roi.settings import Answers, Settings
from modules.roi.writing import pen_of

REASONS = {
    Origin.IMPACTS: "you gave this number when we asked about the impact",
    Origin.OUTCOMES: "you expect this improvement",
}


def choices_of(settings: Settings, situation: Situation) -> Iterator[Choice]:
    """Yield a choice per line shown or left out, per varied typical value, per prefilled number."""
    for line in settings.lines:
        yield from _shown(line, f"Benefit “{line.label}”", situation)
        if line.audience.matches(situation.profile) and varied_line(line, situation) != line:
            yield Choice(f"Typical numbers of “{line.label}” adjusted", _varied_by(line, situation))
    for cost in settings.costs:
        yield from _shown(cost, f"Cost “{cost.label}”", situation)
        if cost.audience.matches(situation.profile) and varied_cost(cost, situation) != cost:
            yield Choice(f"Typical cost of “{cost.label}” adjusted", _varied_by(cost, situation))
    for assumption in sheet_of(settings, Answers(), situation):
        if assumption.origin is not Origin.SELLER:
            yield _prefilled(assumption, situation)


def _shown(part: LineFields | CostFields, name: str, situation: Situation) -> Iterator[Choice]:
    """Yield why a part with an audience is shown or left out."""
    if part.audience.is_everybody:
        return
    if part.audience.matches(situation.profile):
        yield Choice(f"{name} shown", part.audience.because(situation.profile))
    else:
        yield Choice(f"{name} left out", "it is meant for other roles, industries or sizes")


def _varied_by(part: LineFields | CostFields, situation: Situation) -> str:
    """Say why a variation was taken."""
    profile = situation.profile
    groups = (variation.audience for variation in part.variations)
    return next(group.because(profile) for group in groups if group.matches(profile))


def _prefilled(assumption: Assumption, situation: Situation) -> Choice:
    """Say where a filled-in number comes from."""
    size = f"your company has {situation.profile.employees} people"
    value = pen_of(situation).assumption(assumption, assumption.value)
    return Choice(f"“{assumption.label}” set to {value}", REASONS.get(assumption.origin, size))
