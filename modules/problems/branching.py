"""Which problems come first, and what is said about it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from modules import upstream
from modules.contract import Choice, Situation
from modules.options import Card, card
from modules.problems.options import Problem
from modules.wording import listed


@dataclass(frozen=True, slots=True)
class Row:
    """A problem as the page shows it, with who else feels it."""

    card: Card
    felt_by: str


@dataclass(frozen=True, slots=True)
class Group:
    """Problems that stand together, and why."""

    heading: str
    rows: tuple[Row, ...]


def arranged(
    options: Sequence[Problem], chosen: Collection[str], situation: Situation
) -> tuple[list[Group], list[Row]]:
    """Return the groups to show first, one per chosen goal, and the rows that stand behind.

    A problem stands once, under the first goal it belongs to. Without goals, or when the goals
    chosen lead to no problem, there is one group of all.
    """
    goals = upstream.entries(situation, "goals")
    groups: list[Group] = []
    left = list(options)
    for goal in upstream.keys(situation, "goals"):
        here = [one for one in left if goal in one.goals]
        left = [one for one in left if one not in here]
        if here:
            label = upstream.label(goals, goal, situation.profile)
            groups.append(_group(f"In the way of “{label}”", here, chosen, situation))
    if not groups:
        return ([_group("Problems we meet most", left, chosen, situation)] if left else []), []
    if anywhere := [one for one in left if not one.goals]:
        groups.append(_group("Often there as well", anywhere, chosen, situation))
    return groups, [_row(one, chosen, situation) for one in left if one.goals]


def because_of_goals(options: Sequence[Problem], situation: Situation) -> list[Choice]:
    """Say for each problem shown first which of the chosen goals brought it there."""
    goals = upstream.entries(situation, "goals")
    wanted = upstream.keys(situation, "goals")
    said = []
    for option in options:
        names = [
            upstream.label(goals, goal, situation.profile)
            for goal in wanted
            if goal in option.goals
        ]
        if names:
            because = f"Shown first because you chose {listed(names, quoted=True)}."
            said.append(Choice(f"“{option.label_for(situation.profile)}”", because))
    return said


def _group(
    heading: str, options: Sequence[Problem], chosen: Collection[str], situation: Situation
) -> Group:
    """Put problems under a heading."""
    return Group(heading, tuple(_row(one, chosen, situation) for one in options))


def _row(option: Problem, chosen: Collection[str], situation: Situation) -> Row:
    """Make the row of one problem."""
    felt_by = f"Also felt by {listed(option.affected)}." if option.affected else ""
    return Row(card(option, situation.profile, chosen), felt_by)
