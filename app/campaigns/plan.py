"""A campaign as those above see it: its shapes, read once."""

from dataclasses import dataclass

from app.campaigns.models import Campaign
from app.campaigns.shapes import Brand, FormField, Offer, PlacedModule, Tracked
from modules.registry import all_modules


@dataclass(frozen=True, slots=True)
class Plan:
    """What a campaign says and decides. Modules whose folder is gone are left out."""

    name: str
    offer: Offer
    brand: Brand
    modules: tuple[PlacedModule, ...]
    tracked: Tracked
    currency: str
    logo_url: str = ""


def plan_of(campaign: Campaign, currency: str) -> Plan:
    """Read a campaign's JSON columns through their shapes."""
    known = all_modules()
    return Plan(
        name=campaign.name,
        offer=offer_of(campaign),
        brand=brand_of(campaign),
        modules=tuple(one for one in placed_modules(campaign) if one.kind in known),
        tracked=tracked_of(campaign),
        currency=currency,
        logo_url=campaign.logo_url,
    )


def offer_of(campaign: Campaign) -> Offer:
    """Return what the campaign offers."""
    return Offer.model_validate(campaign.offer)


def brand_of(campaign: Campaign) -> Brand:
    """Return the campaign's look."""
    return Brand.model_validate(campaign.brand)


def placed_modules(campaign: Campaign) -> tuple[PlacedModule, ...]:
    """Return every placed module, in order, also those whose folder is gone."""
    return tuple(PlacedModule.model_validate(one) for one in campaign.modules)


def form_fields_of(campaign: Campaign) -> tuple[FormField, ...]:
    """Return the lead form's own fields."""
    return tuple(FormField.model_validate(one) for one in campaign.form_fields)


def tracked_of(campaign: Campaign) -> Tracked:
    """Return what is recorded."""
    return Tracked.model_validate(campaign.tracked)
