"""MJML to HTML, once per source, and the refusal of MJML that would do harm.

The compiler recurses without a limit (two thousand levels end the process), so length, depth and,
because a trick may hide the depth, the number of elements are checked before it sees anything.
"""

import re
from html.parser import HTMLParser

from mjml import mjml2html

from app.errors import InvalidError
from app.letters.slots import MARK

LONGEST = 100_000
DEEPEST = 60
MOST_ELEMENTS = 800
VOID = {"br", "img", "hr", "meta", "input", "link", "area", "col", "wbr"}
ELEMENT = re.compile(
    r"<(/?)([A-Za-z][\w-]*)(?:\"[^\"]*(?:\"|\Z)|'[^']*(?:'|\Z)|[^>\"'])*?(/?)(?:>|\Z)"
)
COMMENT = re.compile(r"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)", re.DOTALL)
"""What is never closed goes on to the end: looked for at every `<` anew it would take seconds."""
FORBIDDEN = {"script", "iframe", "object", "embed", "form", "base", "svg", "math"}
SCHEMES = ("https:", "http:", "mailto:", "tel:", "#")


def compile_mjml(source: str) -> str:
    """Return the HTML of an MJML source. Raises InvalidError naming the field "mjml"."""
    if len(source) > LONGEST:
        raise InvalidError({"mjml": "This is too long for a letter (100,000 characters)."})
    if len(re.findall("<[A-Za-z]", source)) > MOST_ELEMENTS:
        raise InvalidError({"mjml": f"This has more than {MOST_ELEMENTS} elements."})
    if _depth(source) > DEEPEST:
        raise InvalidError({"mjml": "This is nested too deeply."})
    try:
        return str(mjml2html(source, fonts={}))
    except ValueError as error:
        raise InvalidError(
            {"mjml": f"The MJML cannot be read: {MARK.sub('…', str(error))}."}
        ) from error


def check_html(html: str, safe_slots: frozenset[int]) -> None:
    """Refuse compiled MJML with scripts, forms, or links that lead anywhere but to the web.

    A link may begin with a merge field only if that is one of `safe_slots`.
    """
    checker = _Checker(safe_slots)
    checker.feed(html)
    if checker.problem:
        raise InvalidError({"mjml": checker.problem})


def _depth(source: str) -> int:
    """Return how deeply elements are nested; unclosed ones count until the end."""
    depth = deepest = 0
    for closes, name, is_empty in ELEMENT.findall(COMMENT.sub("", source)):
        if closes:
            depth -= 1
        elif not is_empty and name.lower() not in VOID:
            depth += 1
            deepest = max(deepest, depth)
    return deepest


class _Checker(HTMLParser):
    """Finds the first thing a letter must not hold."""

    def __init__(self, safe_slots: frozenset[int]) -> None:
        super().__init__()
        self.problem = ""
        self._safe_slots = safe_slots

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at an element and its attributes."""
        if tag in FORBIDDEN:
            self._note(f"A letter cannot hold <{tag}>.")
        for name, value in attrs:
            if name.startswith("on"):
                self._note(f"A letter cannot hold scripts ({name}).")
            if name == "href" and tag == "a" and not self._is_safe(value or ""):
                self._note(
                    f"This link leads nowhere a letter may lead: {MARK.sub('…', value or '')}"
                )

    def _is_safe(self, href: str) -> bool:
        """Whether a link goes to the web, to mail, to a phone, or to one of our own."""
        mark = MARK.match(href)
        if mark:
            return int(mark[1]) in self._safe_slots
        return href.strip().lower().startswith(SCHEMES)

    def _note(self, problem: str) -> None:
        """Keep the first problem."""
        self.problem = self.problem or problem
