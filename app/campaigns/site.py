"""The campaign site as its template shows it: ready values, nothing left to work out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import shorten

from app.campaigns.leads import OWN
from app.campaigns.look import brand_css
from app.campaigns.models import Campaign
from app.campaigns.page import PublicPage, Seller
from app.campaigns.plan import brand_of, form_fields_of, offer_of, tracked_of
from app.campaigns.shapes import Brand, FormField, Offer, Source
from app.config import settings

DESCRIPTION_LENGTH = 155
INDUSTRIES = (
    "Automotive", "Banking", "Chemicals", "Construction", "Consulting", "E-commerce", "Education",
    "Energy", "Engineering", "Food and drink", "Government", "Healthcare", "Hospitality",
    "Insurance", "Legal services", "Logistics", "Manufacturing", "Media", "Nonprofit",
    "Pharmaceuticals", "Real estate", "Retail", "Software", "Telecommunications", "Travel",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    """One field of the lead form."""

    name: str
    label: str
    type: str = "text"
    autocomplete: str = ""
    is_required: bool = False
    help: str = ""
    inputmode: str = ""
    suggestions: tuple[str, ...] = ()
    length: int = 200


FIRST = (
    Question("name", "Your name", autocomplete="name", is_required=True),
    Question("email", "Work e-mail", "email", "email", is_required=True, length=254),
    Question("company", "Company", autocomplete="organization"),
)
FOLDED = (
    Question("title", "Job title", autocomplete="organization-title", length=120),
    Question("industry", "Industry", suggestions=INDUSTRIES, length=80),
    Question("employees", "Employees", inputmode="numeric", length=40),
    Question("phone", "Phone", "tel", "tel", length=60),
    Question("fax", "Fax", "tel", "fax tel", length=60),
    Question("address", "Address", autocomplete="street-address", length=400),
)


@dataclass(frozen=True, slots=True)
class LeadForm:
    """The lead form with what was typed and what is wrong. `sealed` carries source and key."""

    first: tuple[Question, ...]
    folded: tuple[Question, ...]
    sealed: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Whether the folded questions must be seen: one is answered, or wrong."""
        return any(self.typed.get(one.name) or one.name in self.problems for one in self.folded)


@dataclass(frozen=True, slots=True)
class SitePage:
    """Everything the campaign site shows."""

    slug: str
    url: str
    offer: Offer
    brand: Brand
    brand_css: str
    logo_url: str
    company: str
    description: str
    seller: Seller
    form: LeadForm
    is_preview: bool


def site_page(
    campaign: Campaign,
    seller: Seller,
    *,
    sealed: str = "",
    typed: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
    is_preview: bool = False,
) -> SitePage:
    """Lay out a campaign's site."""
    offer, brand = offer_of(campaign), brand_of(campaign)
    first, folded = questions(form_fields_of(campaign))
    return SitePage(
        slug=campaign.slug,
        url=f"{settings().base_url}/c/{campaign.slug}",
        offer=offer,
        brand=brand,
        brand_css=brand_css(brand),
        logo_url=campaign.logo_url,
        company=brand.logo_text or ("" if campaign.logo_url else seller.company),
        description=shorten(offer.pitch or offer.headline, DESCRIPTION_LENGTH, placeholder="…"),
        seller=seller,
        form=LeadForm(first, folded, sealed, typed or {}, problems or {}),
        is_preview=is_preview,
    )


def public_page(
    campaign: Campaign, seller: Seller, source: Source, *, is_staff: bool = False
) -> PublicPage:
    """Return what tracking must know of this page."""
    return PublicPage(
        workspace_id=campaign.workspace_id, campaign_id=campaign.id, owner_id=campaign.owner_id,
        seller=seller, tracked=tracked_of(campaign), path=f"/c/{campaign.slug}",
        is_staff=is_staff, source=source,
    )  # fmt: skip


def questions(own: Sequence[FormField]) -> tuple[tuple[Question, ...], tuple[Question, ...]]:
    """Return the questions in sight and the folded ones; required ones are always in sight."""
    asked = [
        Question(OWN + one.name, one.label, is_required=one.is_required, length=500) for one in own
    ]
    in_sight = tuple(one for one in asked if one.is_required)
    return (*FIRST, *in_sight), (*FOLDED, *(one for one in asked if not one.is_required))
