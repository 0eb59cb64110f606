"""Who an option, a testimonial or a wording is meant for, and how to say so."""

import re

from pydantic import Field

from modules.contract import Fields, Profile
from modules.wording import in_sentence, listed


class Audience(Fields):
    """A target group. An empty field matches everybody; matching ignores case.

    `titles` match when one of them begins a word of the person's title ("finance" matches
    "Head of Finance"); `industries` match as a whole.
    """

    industries: tuple[str, ...] = Field((), title="Industries")
    titles: tuple[str, ...] = Field((), title="Titles (parts of them)")
    min_employees: int | None = Field(None, ge=0, title="Employees from")
    max_employees: int | None = Field(None, ge=0, title="Employees to")

    @property
    def is_everybody(self) -> bool:
        """Whether nobody is left out."""
        return not (self.industries or self.titles or self.min_employees or self.max_employees)

    def matches(self, profile: Profile) -> bool:
        """Whether this person belongs to the group; what is unknown of them never matches."""
        return (
            (not self.industries or matched(self.industries, profile.industry, whole=True) != "")
            and (not self.titles or matched(self.titles, profile.title) != "")
            and self._fits_size(profile.employees)
        )

    def because(self, profile: Profile) -> str:
        """Say why a matching person belongs, in words that follow "because"."""
        reasons = []
        if self.industries:
            reasons.append(f"your industry is {in_sentence(profile.industry)}")
        if self.titles:
            reasons.append(f"you work as {profile.title}")
        if self.min_employees is not None or self.max_employees is not None:
            reasons.append(f"your company has {profile.employees} people")
        return listed(reasons) or "it is shown to everybody"

    def _fits_size(self, employees: int | None) -> bool:
        """Compare the company's size; an unknown size fits only groups without limits."""
        if self.min_employees is None and self.max_employees is None:
            return True
        if employees is None:
            return False
        return (self.min_employees or 0) <= employees <= (self.max_employees or employees)


def matched(wanted: tuple[str, ...], actual: str, *, whole: bool = False) -> str:
    """Return the first wanted word that fits `actual`, or "" if none does.

    A part fits where a word begins ("financ" in "Head of Finance"); up to three letters must be
    a word of their own, or a CTO would be found in every director.
    """
    actual = actual.strip().casefold()
    for word in wanted:
        plain = word.strip().casefold()
        if plain and (plain == actual if whole else _begins_a_word(plain, actual)):
            return word
    return ""


ABBREVIATION = 3


def _begins_a_word(part: str, text: str) -> bool:
    """Whether `part` stands at the start of a word of `text`."""
    end = r"(?!\w)" if len(part) <= ABBREVIATION else ""
    return re.search(rf"(?<!\w){re.escape(part)}{end}", text) is not None
