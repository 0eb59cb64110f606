"""The sections of the campaign editor: each a shape to fill in, and what it changes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from pydantic import BaseModel, Field, ValidationError, create_model, model_validator

from app.campaigns.commands import Edit
from app.campaigns.forms import Draft, check, draft_of
from app.campaigns.models import Campaign
from app.campaigns.plan import brand_of, form_fields_of, offer_of, tracked_of
from app.campaigns.shapes import Brand, FormField, Offer, PlacedModule, Shape, Tracked
from app.campaigns.slugs import Naming
from app.errors import InvalidError
from modules.audience import Audience
from modules.contract import Module


class OfferSection(Shape):
    """What is offered, and what the campaign is called."""

    offer: Offer = Field(title="The offer")
    naming: Naming = Field(title="Name and address")


class FormSection(Shape):
    """The lead form's own fields."""

    fields: tuple[FormField, ...] = Field(
        (),
        max_length=12,
        title="Questions of your own",
        description="They stand beside name, company, address, phone, fax, e-mail, title, industry"
        " and employees. Required ones are always in sight, the others are folded away.",
    )

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        for words in ([one.name for one in self.fields], [one.label for one in self.fields]):
            if len(set(words)) < len(words):
                raise ValueError(
                    "Two questions are the same. Each needs words and a key of its own."
                )
        return self


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the editor. `preview` names what is shown beside it."""

    key: str
    label: str
    intro: str
    shape: type[BaseModel]
    draft: Callable[[Campaign], Draft]
    edit: Callable[[Any], Edit]


def _offer_draft(campaign: Campaign) -> Draft:
    naming = {"name": campaign.name, "slug": campaign.slug}
    return {"offer": draft_of(offer_of(campaign)), "naming": naming}


def _offer_edit(said: OfferSection) -> Edit:
    return Edit(name=said.naming.name, slug=said.naming.slug, offer=said.offer)


def _fields_draft(campaign: Campaign) -> Draft:
    return {"fields": [draft_of(one) for one in form_fields_of(campaign)]}


SECTIONS: Mapping[str, Section] = {
    one.key: one
    for one in (
        Section(
            "offer",
            "Offer",
            "What people read on the campaign site and at the top of their personal site.",
            OfferSection,
            _offer_draft,
            _offer_edit,
        ),
        Section(
            "look",
            "Look",
            "Your company's own look, on the campaign site, personal sites and letters.",
            Brand,
            lambda campaign: draft_of(brand_of(campaign)),
            lambda brand: Edit(brand=brand),
        ),
        Section(
            "form",
            "Form",
            "Only e-mail and name are required. Every further question costs you answers.",
            FormSection,
            _fields_draft,
            lambda said: Edit(form_fields=said.fields),
        ),
        Section(
            "tracking",
            "Tracking",
            "Visitors are asked first. Who says no gets the same site, and nothing is recorded.",
            Tracked,
            lambda campaign: draft_of(tracked_of(campaign)),
            lambda tracked: Edit(tracked=tracked),
        ),
    )
}
"""The sections with a form of their own, in the order of the tabs; modules stand between."""


def module_shape(module: Module[Any, Any]) -> type[BaseModel]:
    """Return the shape of a placed module's form: its own settings and for whom it is."""
    return create_model(
        "PlacedSettings",
        __config__={"extra": "forbid", "frozen": True},
        settings=(module.settings, Field(title=module.title)),
        audience=(Audience, Field(title="Shown to", description="Nothing filled in: everybody.")),
    )


def module_draft(module: Module[Any, Any], placed: PlacedModule) -> tuple[Draft, dict[str, str]]:
    """Return what a placed module is set to, and what is wrong if its shape has changed since."""
    audience = draft_of(placed.audience)
    try:
        settings = module.settings.model_validate(placed.settings)
    except ValidationError:
        draft: Draft = {"settings": placed.settings, "audience": audience}
        try:
            check(module_shape(module), draft)
        except InvalidError as refusal:
            return draft, refusal.problems
        return draft, {}
    return {"settings": draft_of(settings), "audience": audience}, {}
