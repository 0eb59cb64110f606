"""How people walk through their sites: what they do, and after how many seconds each step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.tracking.models import ActKind
from modules.registry import all_modules

Fields = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Step:
    """One act of a walk, `after_s` seconds after the one before."""

    after_s: float
    kind: ActKind
    name: str = ""
    module: str = ""
    target: str = ""
    details: Mapping[str, object] = field(default_factory=dict)


def words_on(module: str, target: str = "") -> str:
    """Return what a browser would read there: a module's title, or the words on an option."""
    example = all_modules()[module].settings()
    if not target:
        return str(example.title)
    options = getattr(example, "options", ()) or getattr(example, "capabilities", ())
    words = {option.key: option.label for option in options}
    return str(words.get(target, target.capitalize() if target.islower() else target))


def opened() -> Step:
    """Open the site."""
    return Step(0, ActKind.OPENED)


def seen(module: str, after_s: float = 4) -> Step:
    """Come to a module."""
    return Step(after_s, ActKind.MOVED, "seen", module, details={"label": words_on(module)})


def clicked(name: str, module: str, target: str = "", after_s: float = 3) -> Step:
    """Click on something."""
    said = {"label": words_on(module, target)}
    return Step(after_s, ActKind.CLICKED, name, module, target, said)


def answered(module: str, *fields: tuple[str, str], after_s: float = 2) -> Step:
    """Answer a module's form."""
    sent = {"fields": [list(pair) for pair in fields]}
    return Step(after_s, ActKind.ANSWERED, f"{module}.answer", module, details=sent)


def left(after_s: float = 5) -> Step:
    """Leave."""
    return Step(after_s, ActKind.LEFT)


WALKS: Mapping[str, Sequence[Step]] = {
    "thorough": (
        opened(),
        seen("goals"),
        clicked("goals.choose", "goals", "close-faster"),
        answered("goals", ("chosen", "close-faster")),
        clicked("goals.choose", "goals", "cut-cost"),
        answered("goals", ("chosen", "close-faster"), ("chosen", "cut-cost")),
        seen("problems"),
        clicked("problems.choose", "problems", "late-approvals"),
        answered("problems", ("chosen", "late-approvals")),
        clicked("problems.choose", "problems", "typing"),
        answered("problems", ("chosen", "late-approvals"), ("chosen", "typing")),
        seen("impacts", 6),
        answered("impacts", ("number-approval-hours", "18"), after_s=9),
        answered(
            "impacts",
            ("number-approval-hours", "18"),
            ("number-typed-invoices", "1200"),
            after_s=11,
        ),
        seen("outcomes"),
        answered(
            "outcomes",
            ("improvement-faster-approvals", "0.6"),
            ("confirmed", "faster-approvals"),
            ("own", "We could close in four days instead of nine."),
            after_s=14,
        ),
        seen("roi", 5),
        clicked("roi.scenario", "roi", "conservative"),
        answered("roi", ("scenario", "conservative")),
        seen("solution"),
        clicked("solution.interested", "solution", "capture"),
        answered(
            "solution",
            ("interested", "capture"),
            ("question", "Does it work with our SAP?"),
            after_s=12,
        ),
        seen("testimonial"),
        left(9),
    ),
    "quick look": (
        opened(),
        seen("goals"),
        clicked("goals.choose", "goals", "grow-lean"),
        answered("goals", ("chosen", "grow-lean")),
        seen("problems", 7),
        seen("testimonial", 12),
        left(6),
    ),
    "supplier worries": (
        opened(),
        seen("goals"),
        clicked("goals.choose", "goals", "pay-on-time"),
        answered("goals", ("chosen", "pay-on-time"), ("own", "Keep our steel supplier happy")),
        seen("problems"),
        clicked("problems.choose", "problems", "late-fees"),
        answered("problems", ("chosen", "late-fees"), ("chosen", "missed-discounts")),
        seen("impacts", 6),
        answered(
            "impacts", ("number-late-fees", "3400"), ("number-missed-discounts", "5200"), after_s=13
        ),
        seen("roi", 8),
        left(15),
    ),
    "back for numbers": (
        opened(),
        seen("roi", 3),
        clicked("roi.scenario", "roi", "likely"),
        answered("roi", ("scenario", "likely")),
        seen("text", 9),
        clicked("price-list.open", "text", "See the price list"),
        left(8),
    ),
}
