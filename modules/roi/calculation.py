"""One buyer's calculation: the sheet, the three cases, and the figures of the chosen one."""

from dataclasses import dataclass
from decimal import Decimal

from modules.contract import Situation
from modules.roi.assumptions import Sheet, sheet_of
from modules.roi.counting import case_of
from modules.roi.model import Case, Figures, figures, idle_month, idle_month_net
from modules.roi.settings import Answers, Scenario, Settings
from modules.roi.writing import Pen, pen_of

NO_FIGURES = Figures(None, None, None, None, None, None, None, None, None, None)


@dataclass(frozen=True, slots=True)
class Calculation:
    """What every output of the room is written from."""

    settings: Settings
    answers: Answers
    sheet: Sheet
    cases: dict[Scenario, Case]
    figures: Figures
    pen: Pen

    @property
    def scenario(self) -> Scenario:
        """The scenario that counts."""
        return self.answers.chosen

    @property
    def case(self) -> Case:
        """The case that counts."""
        return self.cases[self.scenario]

    @property
    def is_empty(self) -> bool:
        """Whether there is neither a benefit nor a cost to count."""
        return not self.idle and not self.figures.tco

    @property
    def idle(self) -> Decimal | None:
        """The gross cost of doing nothing per month."""
        return idle_month(self.case)

    @property
    def idle_net(self) -> Decimal | None:
        """The cost of doing nothing per month, less the licence."""
        return idle_month_net(self.case)

    def payback(self) -> str:
        """Write the payback."""
        return self.pen.duration(self.figures.payback_months, self.case.years)


def calculate(settings: Settings, answers: Answers, situation: Situation) -> Calculation:
    """Fill in the sheet and count it in all three scenarios."""
    sheet = sheet_of(settings, answers, situation)
    cases = {scenario: case_of(settings, sheet, scenario) for scenario in Scenario}
    found = figures(cases[answers.chosen]) or NO_FIGURES
    return Calculation(settings, answers, sheet, cases, found, pen_of(situation))
