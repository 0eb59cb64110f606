"""From form letter and person to the letter itself. Pure; compiled once per letter and brand."""

from collections.abc import Mapping
from functools import lru_cache

from app.campaigns.shapes import Brand
from app.errors import InvalidError
from app.letters.compiling import check_html, compile_mjml
from app.letters.layout import (
    BODY_END,
    BUTTON,
    LETTER_TEXT,
    NOTICE,
    UNSUBSCRIBE,
    drawn_source,
    has_link,
    own_source,
    paragraphs,
)
from app.letters.merge import LINK, Field, find_problem, merge, one_line, read_parts
from app.letters.shapes import LetterText, Links, Sender, Written
from app.letters.slots import Slots, fill
from app.mail.message import calm

SUBJECT_MAX = 200
TEXT_MAX = 20_000


def check_letter(letter: LetterText, brand: Brand, sender: Sender) -> None:
    """Refuse a form letter that could not be sent. Raises InvalidError with every problem."""
    problems = {
        "subject": _subject_problem(letter.subject),
        "text": _text_problem(letter.text),
        "mjml": _mjml_problem(letter.mjml),
    }
    if not any(problems.values()):
        try:
            _compiled(letter, brand, sender)
        except InvalidError as error:
            problems |= error.problems
    if any(problems.values()):
        raise InvalidError({name: problem for name, problem in problems.items() if problem})


def write_letter(
    letter: LetterText, *, brand: Brand, sender: Sender, values: Mapping[str, str], links: Links
) -> Written:
    """Return the letter for one person. `values` are their merge fields."""
    known = {**values, **sender.values(), LINK: links.personal, UNSUBSCRIBE: links.unsubscribe}
    html, fields = _compiled(letter, brand, sender)
    return Written(
        subject=calm(merge(letter.subject, known))[:SUBJECT_MAX],
        text=_plain_text(letter, sender, known),
        html=fill(html, fields, known),
    )


@lru_cache(maxsize=256)
def _compiled(letter: LetterText, brand: Brand, sender: Sender) -> tuple[str, tuple[Field, ...]]:
    """Return a letter's HTML with marks, and the fields they stand for."""
    slots = Slots()
    if not letter.mjml.strip():
        return compile_mjml(drawn_source(letter, brand, sender, slots)), slots.fields
    html = compile_mjml(own_source(letter, brand, sender, slots))
    ours = {n for n, field in enumerate(slots.fields) if field.name in {LINK, UNSUBSCRIBE}}
    check_html(html, frozenset(ours))
    return html, slots.fields


def _plain_text(letter: LetterText, sender: Sender, values: Mapping[str, str]) -> str:
    """Return the letter for those who read text."""
    blocks = [_plain_block(block, values) for block in paragraphs(letter.text)]
    if not has_link(letter):
        blocks.append(f"Your personal page:\n{values[LINK]}")
    signature = (sender.name, sender.title, sender.company, sender.phone)
    blocks.append("\n".join(one_line(part) for part in signature if part))
    foot = [merge(NOTICE, values), f"Sent by {sender.name}, {sender.who}."]
    return "\n\n".join([*blocks, "-- ", *foot, f"Unsubscribe: {values[UNSUBSCRIBE]}"]) + "\n"


def _plain_block(block: str, values: Mapping[str, str]) -> str:
    """Return a paragraph, or a button as its words and the link."""
    button = BUTTON.fullmatch(block)
    return f"{merge(button[1], values)}:\n{values[LINK]}" if button else merge(block, values)


def _subject_problem(subject: str) -> str:
    """Say what is wrong with a subject, or ""."""
    if not subject.strip():
        return "Please write a subject."
    if len(subject) > SUBJECT_MAX:
        return f"Please use at most {SUBJECT_MAX} characters."
    if calm(subject) != " ".join(subject.split()):
        return "A subject is one line of plain text."
    if any(isinstance(part, Field) and part.name == LINK for part in read_parts(subject)):
        return "The personal link belongs into the text, not into the subject."
    return find_problem(subject)


def _text_problem(text: str) -> str:
    """Say what is wrong with a text, or ""."""
    if not text.strip():
        return "Please write something."
    if len(text) > TEXT_MAX:
        return f"Please use at most {TEXT_MAX:,} characters."
    return find_problem("\n".join(_without_button(block) for block in paragraphs(text)))


def _without_button(block: str) -> str:
    """Return what of a block may hold fields."""
    button = BUTTON.fullmatch(block)
    return button[1] if button else block


def _mjml_problem(mjml: str) -> str:
    """Say what is wrong with somebody's own MJML before it is compiled, or ""."""
    if not mjml.strip():
        return ""
    if BODY_END not in mjml:
        return "The MJML has no </mj-body>."
    return find_problem(mjml, {UNSUBSCRIBE, LETTER_TEXT.strip("{}")})
