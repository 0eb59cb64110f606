"""What the rep is told about the numbers before the call."""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

from modules.contract import Situation
from modules.figures import money
from modules.impacts.asking import asked, said_number
from modules.impacts.costs import cost_of, total_cost
from modules.impacts.questions import Question, Role
from modules.wording import listed


def headline(
    questions: Sequence[Question], numbers: Mapping[str, Decimal], situation: Situation
) -> str:
    """Say the sum and its largest part; "" while nothing is counted."""
    given = [one for one in asked(questions, situation) if one.key in numbers]
    if not given:
        return ""
    total = money(total_cost(given, numbers).per_month, situation.currency, situation.locale)
    if len(given) == 1:
        return f"Counts a cost of {total} a month"
    largest = max(given, key=lambda one: cost_of(one, numbers[one.key]).per_year)
    label = largest.label_for(situation.profile)
    return f"Counts a cost of {total} a month; the largest part: “{label}”"


def number_facts(
    questions: Sequence[Question], numbers: Mapping[str, Decimal], situation: Situation
) -> list[tuple[str, str]]:
    """List the numbers that count now, and what they come to."""
    given = [one for one in asked(questions, situation) if one.key in numbers]
    facts = []
    for question in given:
        _, typical, _, _ = question.usual_for(situation.profile)
        own = said_number(question, numbers[question.key], situation)
        usual = said_number(question, typical, situation)
        facts.append((question.label_for(situation.profile), f"{own} (typical: {usual})"))
    if given:
        total = total_cost(given, numbers)
        month = money(total.per_month, situation.currency, situation.locale)
        year = money(total.per_year, situation.currency, situation.locale)
        facts.append(("Cost by their numbers", f"{month} a month, {year} a year"))
    return facts


def number_questions(
    questions: Sequence[Question], numbers: Mapping[str, Decimal], situation: Situation
) -> list[str]:
    """Ask for what is missing, and how surprising numbers were counted."""
    said = []
    for question in questions:
        label = question.label_for(situation.profile)
        low, _, high, _ = question.usual_for(situation.profile)
        own = numbers.get(question.key)
        if own is None:
            said.append(f"They gave no number for “{label}”. Can you count it together?")
        elif not low <= own <= high:
            side = "above" if own > high else "below"
            written = said_number(question, own, situation)
            said.append(
                f"For “{label}” they said {written}, {side} our usual range. How did they count?"
            )
    return said


def people(roles: Sequence[Role], situation: Situation) -> str:
    """List roles with how they feel it."""
    return "; ".join(
        f"{role.label_for(situation.profile)} ({role.help.rstrip('.')})"
        if role.help
        else role.label_for(situation.profile)
        for role in roles
    )


def people_questions(
    roles: Sequence[Role], who_else: Collection[str], situation: Situation
) -> list[str]:
    """Ask who else should be in the conversation."""
    names = [role.label_for(situation.profile) for role in roles if role.key in who_else]
    if not names:
        return ["Who else in the company feels this?"]
    return [f"{listed(names)}: who of them should join the next conversation?"]
