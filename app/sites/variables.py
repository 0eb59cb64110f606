"""What the page of a personal site shows, whoever looks at it."""

from functools import lru_cache
from uuid import UUID

from app.campaigns.look import brand_css
from app.campaigns.page import PublicPage
from app.sites.opened import OpenSite
from app.sites.render import PlacedView

look_of = lru_cache(maxsize=256)(brand_css)
"""A brand's look; worked out once, as every page of a campaign wears it."""


def page_variables(
    site: OpenSite, modules: tuple[PlacedView, ...], *, is_staff: bool, preview: str = ""
) -> dict[str, object]:
    """Return what the page template shows; `preview` says what it is when nobody is tracked."""
    return {
        "site": site,
        "modules": modules,
        "progress": progress_of(modules),
        "brand_css": look_of(site.plan.brand),
        "is_staff": is_staff,
        "preview": preview,
    }


def public_page_of(
    site: OpenSite, path: str, *, browser_id: UUID | None = None, is_staff: bool = False
) -> PublicPage:
    """Describe the page to those who draw around it."""
    return PublicPage(
        workspace_id=site.workspace_id, campaign_id=site.campaign_id, owner_id=site.owner_id,
        seller=site.seller, tracked=site.plan.tracked, path=path, site_id=site.site_id,
        prospect_id=site.prospect_id, browser_id=browser_id, is_staff=is_staff,
    )  # fmt: skip


def progress_of(modules: tuple[PlacedView, ...]) -> tuple[int, int]:
    """Return how many modules are answered, of how many that ask."""
    asking = [view for view in modules if view.is_asking]
    return sum(view.is_answered for view in asking), len(asking)
