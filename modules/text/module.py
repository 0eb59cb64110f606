"""Shows what the vendor wrote, the same to everybody."""

from collections.abc import Mapping

from pydantic import Field

from modules.contract import Fields, Module, NoAnswers, Situation
from modules.links import Button
from modules.text.blocks import parse

BODY = """\
Ledgerline takes care of an invoice from the moment it arrives until it is paid. Your people \
decide; it does the rest.

## What the first month looks like

- In week one your accounting system is connected and the first invoices are read.
- In week two everybody who approves gets their first request, by mail or on the phone.
- In week four you compare: hours, fees and days to close, before and after.

You can stop after the first month and keep everything that was archived. \
Read [how we keep your data](https://example.com/security).
"""


class Settings(Fields):
    """A heading, a text in the small plain form, and buttons."""

    title: str = Field("What to expect", max_length=200, title="Heading")
    intro: str = Field(
        "",
        max_length=2_000,
        title="Introduction",
        json_schema_extra={"format": "long"},
    )
    body: str = Field(
        BODY,
        max_length=20_000,
        title="Text",
        description="A blank line begins a paragraph, ## a heading, - a list entry; "
        "[text](https://...) is a link.",
        json_schema_extra={"format": "long"},
    )
    buttons: tuple[Button, ...] = Field(
        (
            Button(
                label="See the price list",
                url="https://example.com/prices",
                act="price-list.open",
            ),
        ),
        max_length=5,
        title="Buttons",
    )


class Text(Module[Settings, NoAnswers]):
    """A fixed room: nobody is asked and nothing is altered."""

    kind = "text"
    title = "Text"
    summary = "Headings, paragraphs, lists and links, the same for everybody."
    is_fixed = True
    settings = Settings
    answers = NoAnswers

    def view(
        self, settings: Settings, answers: NoAnswers, situation: Situation
    ) -> Mapping[str, object]:
        """Show the text in its blocks."""
        del answers, situation
        return {
            "title": settings.title,
            "intro": settings.intro,
            "blocks": parse(settings.body),
            "buttons": settings.buttons,
        }
