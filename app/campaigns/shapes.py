"""What a campaign says and decides, as shapes: the JSON columns of `Campaign` are these."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from modules.audience import Audience

COLOUR = r"^#[0-9a-fA-F]{6}$"
TYPES: dict[str, JsonValue] = {
    "modern": "Modern (Inter)",
    "editorial": "Editorial (Fraunces)",
    "classic": "Classic (Source Serif)",
    "system": "Each reader's own",
}
KINDS: dict[str, JsonValue] = {
    "opened": "Opening the site",
    "clicked": "Clicks, first and repeated",
    "answered": "Answers in modules",
    "media": "How far media were played",
    "moved": "Moving between parts of the page",
    "scrolled": "How far was read",
    "left": "Leaving",
}
WORD = r"^[a-z][a-z0-9.-]{0,39}$"


ActKind = Literal["opened", "clicked", "answered", "media", "moved", "scrolled", "left"]
"""What `app.tracking` records; a test there keeps both lists equal."""


class Shape(BaseModel):
    """Base: unknown fields are refused, values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Point(Shape):
    """One promise of the offer."""

    title: str = Field(min_length=1, max_length=80, title="Promise")
    text: str = Field(
        "", max_length=400, title="In a sentence or two", json_schema_extra={"format": "long"}
    )


class Offer(Shape):
    """What the campaign site and the top of each personal site say."""

    headline: str = Field("", max_length=120, title="Headline")
    pitch: str = Field("", max_length=600, title="Pitch", json_schema_extra={"format": "long"})
    product: str = Field("", max_length=80, title="Product")
    product_text: str = Field(
        "", max_length=2000, title="About the product", json_schema_extra={"format": "long"}
    )
    company: str = Field("", max_length=80, title="Your company")
    company_text: str = Field(
        "", max_length=2000, title="About your company", json_schema_extra={"format": "long"}
    )
    points: tuple[Point, ...] = Field((), max_length=6, title="What people get")
    call_to_action: str = Field("Get my personal site", max_length=40, title="Button")


class Brand(Shape):
    """The company's look. Colours are #rrggbb; readable text colours are worked out from them."""

    colour: str = Field(
        "#1f5f5b",
        pattern=COLOUR,
        title="Main colour",
        description="Made darker or lighter where text would be hard to read.",
        json_schema_extra={"format": "colour"},
    )
    accent: str = Field(
        "#d9763c", pattern=COLOUR, title="Second colour", json_schema_extra={"format": "colour"}
    )
    type: Literal["modern", "editorial", "classic", "system"] = Field(
        "modern", title="Type", json_schema_extra={"labels": TYPES}
    )
    logo_text: str = Field(
        "",
        max_length=40,
        title="Name beside the logo",
        description="Leave it empty if the logo holds the name.",
    )


class PlacedModule(Shape):
    """A module in a campaign: which, under which key, with which settings, and for whom."""

    key: str = Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")
    kind: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    settings: dict[str, Any] = Field(default_factory=dict)
    audience: Audience = Field(default_factory=Audience)


class FormField(Shape):
    """A field of the lead form that the campaign adds to the standard ones."""

    label: str = Field(min_length=1, max_length=60, title="Question")
    is_required: bool = Field(default=False, title="Must be answered")
    name: str = Field(
        pattern=r"^[a-z][a-z0-9_]{0,39}$",
        title="Key",
        description="Leave it empty and it is made from the question.",
    )


class OwnAct(Shape):
    """An act the campaign names itself: clicks on elements with this `data-act`."""

    label: str = Field(min_length=1, max_length=80, title="What it means")
    name: str = Field(
        pattern=WORD,
        title="data-act",
        description="The word in the page's markup. Empty: made from what it means.",
    )


class Tracked(Shape):
    """Which kinds of acts are recorded (values of `ActKind`), and the campaign's own acts."""

    kinds: tuple[ActKind, ...] = Field(
        ("opened", "clicked", "answered", "media", "moved", "scrolled", "left"),
        title="What is recorded",
        description="Only of visitors who agreed. What is unchecked is never stored.",
        json_schema_extra={"labels": KINDS},
    )
    own: tuple[OwnAct, ...] = Field(
        (),
        max_length=20,
        title="Acts of your own",
        description="Clicks on elements that carry this data-act get your words in the console.",
    )
    publishes_by_itself: bool = Field(
        default=False,
        title="Publish each next version by itself",
        description="Otherwise the next site of a person waits for you to look at it.",
    )


class Source(Shape):
    """By which avenue somebody came. `avenue` is mail, search, chat, social, referral or direct."""

    avenue: str = Field("direct", max_length=40)
    referrer: str = Field("", max_length=300)
    utm: Mapping[str, str] = Field(default_factory=dict)
