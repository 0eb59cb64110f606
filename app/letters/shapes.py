"""What a letter is made of before and after merging."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LetterText:
    """A form letter: subject and text with merge fields; own MJML replaces the drawn layout."""

    subject: str
    text: str
    mjml: str = ""


DEFAULT = LetterText(
    subject="{first_name|Hello}, your personal page about {product|our offer}",
    text="""\
Hello {first_name|there},

thank you for your interest in {product|what we do}. I have made a page just for you \
and {company|your company}.

It takes about ten minutes: choose what you want to reach, see what usually stands in the way, and \
work out with your own numbers whether it pays. Your answers are kept, so you can stop and come \
back at any time.

{button:Open my personal page}

If anything is unclear, simply answer this mail. I read every reply myself.

Best regards,""",
)
"""The letter of a campaign that has none of its own yet."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who signs a letter, and the company at its foot."""

    name: str
    email: str
    title: str = ""
    phone: str = ""
    company: str = ""
    postal_address: str = ""

    @property
    def who(self) -> str:
        """The company and its postal address on one line, the company not named twice."""
        lines = [" ".join(line.split()) for line in self.postal_address.splitlines()]
        address = ", ".join(line for line in lines if line)
        if not address or address.casefold().startswith(self.company.casefold()):
            return address or self.company
        return f"{self.company}, {address}"

    def values(self) -> dict[str, str]:
        """Return the merge fields that are about the sender."""
        return {
            "rep_name": self.name,
            "rep_title": self.title,
            "rep_phone": self.phone,
            "rep_email": self.email,
            "sender_company": self.company,
        }


@dataclass(frozen=True, slots=True)
class Links:
    """The two addresses in every letter."""

    personal: str
    unsubscribe: str


@dataclass(frozen=True, slots=True)
class Written:
    """A merged letter."""

    subject: str
    text: str
    html: str
