"""What the rep is told: the headline, the facts for the brief, what to ask next."""

from collections.abc import Sequence

from modules.contract import Situation
from modules.roi.assumptions import Assumption, Origin
from modules.roi.calculation import Calculation, calculate
from modules.roi.settings import Answers, Scenario, Settings
from modules.roi.words import SCENARIOS

MOST_QUESTIONS = 6


def headline_of(settings: Settings, answers: Answers, situation: Situation) -> str:
    """Say the result in one line: "Payback in 11 months, NPV €155,289 (likely)"."""
    if answers == Answers():
        return ""
    roi = calculate(settings, answers, situation)
    months = roi.figures.payback_months
    if months is None:
        start = f"No payback within {roi.payback().removeprefix('not within ')}"
    else:
        start = f"Payback {'' if months <= 0 else 'in '}{roi.payback()}"
    return f"{start}, NPV {roi.pen.money(roi.figures.npv)} ({roi.scenario})"


def facts_of(
    settings: Settings, answers: Answers, situation: Situation
) -> Sequence[tuple[str, str]]:
    """Return the figures of the chosen scenario and every number the buyer put in."""
    if answers == Answers():
        return ()
    roi = calculate(settings, answers, situation)
    pen, found = roi.pen, roi.figures
    return (
        ("Scenario", SCENARIOS[roi.scenario]),
        ("Net present value", pen.money(found.npv)),
        ("ROI (present values)", pen.percent(found.roi_pv)),
        ("IRR", pen.percent(found.irr)),
        ("Payback", roi.payback()),
        ("Cost of doing nothing per month", pen.money(roi.idle)),
        *_own_numbers(roi),
    )


def questions_of(settings: Settings, answers: Answers, situation: Situation) -> Sequence[str]:
    """Return what to ask: quantities still ours, a case that does not pay, a rosy scenario."""
    roi = calculate(settings, answers, situation)
    questions = []
    if roi.figures.payback_months is None and not roi.is_empty:
        questions.append("It does not pay back in their numbers: which benefit is missing?")
    if answers.scenario is Scenario.OPTIMISTIC:
        questions.append("They count on the optimistic scenario: what makes them so sure?")
    for sheet in roi.sheet.lines:
        quantity = next(iter(sheet.assumptions), None)
        if quantity is not None and quantity.origin is Origin.SELLER:
            value = roi.pen.assumption(quantity, quantity.value)
            questions.append(
                f"{sheet.line.label}: “{quantity.label}” is still our typical {value}. "
                "What is their number?"
            )
    return tuple(questions[:MOST_QUESTIONS])


def _own_numbers(roi: Calculation) -> list[tuple[str, str]]:
    """Return each number the buyer set, beside what it was before."""
    owners = {a.name: part.label for part in roi.sheet.parts for a in part.assumptions}
    return [_own_number(roi, a, owners.get(a.name, "")) for a in roi.sheet if a.is_own]


def _own_number(roi: Calculation, assumption: Assumption, owner: str) -> tuple[str, str]:
    """Write one number the buyer set."""
    label = f"{owner}: {assumption.label}" if owner else assumption.label
    own = roi.pen.assumption(assumption, assumption.value)
    typical = roi.pen.assumption(assumption, assumption.typical)
    return label, f"{own} (buyer's own, ours was {typical})"
