"""A site as everything that shows it needs it: page, preview, brief."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from app.campaigns.page import Seller
from app.campaigns.plan import Plan
from app.sites.composition import Composition
from modules.contract import Profile


@dataclass(frozen=True, slots=True)
class OpenSite:
    """One version of a site with all that stands around it.

    `answers` and `headlines` go by module key. `site_id` and `prospect_id` are empty in the
    preview of a campaign, which belongs to nobody. `facts` are those of `app.sites.queries.FACTS`,
    () for anything but the site as its person sees it now.
    """

    workspace_id: UUID
    campaign_id: UUID
    campaign_slug: str
    owner_id: UUID
    plan: Plan
    seller: Seller
    profile: Profile
    composition: Composition
    number: int = 1
    site_id: UUID | None = None
    prospect_id: UUID | None = None
    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    headlines: Mapping[str, str] = field(default_factory=dict)
    facts: tuple[object, ...] = ()

    @property
    def answers_by_kind(self) -> dict[str, Mapping[str, Any]]:
        """Return what the modules may read of each other; of two of a kind the first counts."""
        found: dict[str, Mapping[str, Any]] = {}
        for place in self.composition.places:
            stored = self.answers.get(place.key)
            if stored and place.kind not in found:
                found[place.kind] = stored
        return found

    def with_answers(self, further: Mapping[str, Mapping[str, Any]]) -> "OpenSite":
        """Return the same site with these answers over the stored ones."""
        if not further:
            return self
        return replace(self, answers={**self.answers, **further}, facts=())

    def as_composed(self, composition: Composition, number: int) -> "OpenSite":
        """Return the same site as another version shows it."""
        return replace(self, composition=composition, number=number, facts=())
