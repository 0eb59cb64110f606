"""The ROI room: the seller's business case with the buyer's numbers."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from modules.contract import Choice, Form, Module, Situation
from modules.roi.calculation import calculate
from modules.roi.choosing import choices_of
from modules.roi.page import page_of
from modules.roi.reading import read_answers
from modules.roi.settings import Answers, Settings
from modules.roi.telling import facts_of, headline_of, questions_of


class Roi(Module[Settings, Answers]):
    """Count what it brings and costs; every assumption is the buyer's to change."""

    kind: ClassVar[str] = "roi"
    title: ClassVar[str] = "Return on investment"
    summary: ClassVar[str] = "The prospect sees what it is worth and puts in their own numbers."
    settings = Settings
    answers = Answers

    def view(
        self, settings: Settings, answers: Answers, situation: Situation
    ) -> Mapping[str, object]:
        """Return the figures, charts and fields, ready to show."""
        return page_of(calculate(settings, answers, situation))

    def choices(self, settings: Settings, situation: Situation) -> Sequence[Choice]:
        """Return which lines, typical values and prefilled numbers were chosen, and why."""
        return tuple(choices_of(settings, situation))

    def read(self, form: Form, settings: Settings, situation: Situation) -> Answers:
        """Turn the posted form into answers; raises FormError with every problem at once."""
        return read_answers(form, settings, situation)

    def headline(self, settings: Settings, answers: Answers, situation: Situation) -> str:
        """Say payback and NPV of the chosen scenario."""
        return headline_of(settings, answers, situation)

    def facts(
        self, settings: Settings, answers: Answers, situation: Situation
    ) -> Sequence[tuple[str, str]]:
        """Return the figures and the numbers the buyer changed."""
        return facts_of(settings, answers, situation)

    def open_questions(
        self, settings: Settings, answers: Answers, situation: Situation
    ) -> Sequence[str]:
        """Return which assumptions are still the seller's, as questions."""
        return questions_of(settings, answers, situation)
