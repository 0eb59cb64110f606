"""Making, changing, opening and closing campaigns. Leads come in through `leads`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.access import Viewer
from app.bus import Announcement, announce
from app.campaigns.arrange import Placed
from app.campaigns.launching import launch_problems
from app.campaigns.leads import capture_lead
from app.campaigns.models import Campaign, CampaignState
from app.campaigns.plan import placed_modules
from app.campaigns.queries import get_campaign, list_slugs
from app.campaigns.shapes import Brand, FormField, Offer, PlacedModule, Tracked
from app.campaigns.slugs import LONGEST, is_slug, made_slug
from app.errors import InvalidError
from app.tokens import digest

__all__ = [
    "Edit", "arrange_modules", "capture_lead", "change_logo", "close_campaign", "copy_campaign",
    "create_campaign", "edit_campaign", "launch_campaign", "put_into",
]  # fmt: skip

TAKEN = "This address is taken. Please choose another one."
FIXED = "People have this address already, so it stays as it is."


@dataclass(frozen=True, slots=True)
class Edit:
    """What to change about a campaign; None leaves a part as it is."""

    name: str | None = None
    slug: str | None = None
    offer: Offer | None = None
    brand: Brand | None = None
    form_fields: tuple[FormField, ...] | None = None
    tracked: Tracked | None = None


async def create_campaign(  # noqa: PLR0913  a campaign has these parts, each given by its name
    db: AsyncSession,
    *,
    owner_id: UUID,
    workspace_id: UUID,
    name: str,
    slug: str = "",
    offer: Offer | None = None,
    brand: Brand | None = None,
    modules: Sequence[PlacedModule] = (),
    form_fields: Sequence[FormField] = (),
    tracked: Tracked | None = None,
    now: datetime,
) -> Campaign:
    """Make a draft. Without a slug one is made from the name.

    Raises InvalidError for a slug that is taken or cannot be an address.
    """
    campaign = Campaign(
        id=uuid4(), workspace_id=workspace_id, owner_id=owner_id, name=name,
        slug=await _slug_for(db, name, slug), state=CampaignState.DRAFT, revision=1,
        offer=(offer or Offer()).model_dump(mode="json"),
        brand=(brand or Brand()).model_dump(mode="json"),
        modules=[one.model_dump(mode="json") for one in modules],
        form_fields=[one.model_dump(mode="json") for one in form_fields],
        tracked=(tracked or Tracked()).model_dump(mode="json"),
        logo_digest="", created_at=now, updated_at=now,
    )  # fmt: skip
    db.add(campaign)
    await _flush_slug(db)
    return campaign


async def edit_campaign(
    db: AsyncSession,
    campaign_id: UUID,
    edit: Edit,
    *,
    viewer: Viewer,
    revision: int,
    now: datetime,
) -> Campaign:
    """Change parts of a campaign as seen at `revision`.

    Raises StaleEditError if it has changed since, InvalidError for a slug that cannot be had.
    """
    campaign = await get_campaign(db, campaign_id, viewer=viewer, to_edit=True)
    campaign.turn(revision, now)
    if edit.slug is not None and edit.slug != campaign.slug:
        await _move(db, campaign, edit.slug)
    put_into(campaign, edit)
    await _flush_slug(db)
    _tell(db, campaign)
    return campaign


def put_into(campaign: Campaign, edit: Edit) -> None:
    """Take over what an edit says, but for the address, which others may have."""
    if edit.name is not None:
        campaign.name = edit.name
    if edit.offer is not None:
        campaign.offer = edit.offer.model_dump(mode="json")
    if edit.brand is not None:
        campaign.brand = edit.brand.model_dump(mode="json")
    if edit.form_fields is not None:
        campaign.form_fields = [one.model_dump(mode="json") for one in edit.form_fields]
    if edit.tracked is not None:
        campaign.tracked = edit.tracked.model_dump(mode="json")


async def arrange_modules(
    db: AsyncSession,
    campaign_id: UUID,
    change: Callable[[Placed], Placed],
    *,
    viewer: Viewer,
    revision: int,
    now: datetime,
) -> Campaign:
    """Change the placed modules by one of the functions of `arrange`. Raises StaleEditError."""
    campaign = await get_campaign(db, campaign_id, viewer=viewer, to_edit=True)
    campaign.turn(revision, now)
    modules = change(placed_modules(campaign))
    campaign.modules = [one.model_dump(mode="json") for one in modules]
    _tell(db, campaign)
    return campaign


async def change_logo(
    db: AsyncSession, campaign_id: UUID, logo: bytes | None, *, viewer: Viewer
) -> Campaign:
    """Show this logo (redrawn, PNG) or none; goes with an edit, which checks the revision."""
    campaign = await get_campaign(db, campaign_id, viewer=viewer, to_edit=True)
    campaign.logo = logo
    campaign.logo_digest = digest(logo.hex())[:16] if logo else ""
    return campaign


async def launch_campaign(db: AsyncSession, campaign: Campaign, *, now: datetime) -> Campaign:
    """Open the campaign site to everybody.

    Raises InvalidError naming everything that is missing, CampaignStateError if it is live.
    """
    if problems := launch_problems(campaign):
        raise InvalidError(problems)
    campaign.launch(now)
    _tell(db, campaign)
    return campaign


async def close_campaign(db: AsyncSession, campaign: Campaign, *, now: datetime) -> Campaign:
    """Take the campaign site down; personal sites stay. Raises CampaignStateError."""
    campaign.close(now)
    _tell(db, campaign)
    return campaign


async def copy_campaign(
    db: AsyncSession, campaign_id: UUID, *, viewer: Viewer, now: datetime
) -> Campaign:
    """Make a draft that says the same as another campaign, without its leads."""
    original = await get_campaign(db, campaign_id, viewer=viewer)
    name = f"Copy of {original.name}"[:120]
    taken = await list_slugs(db, original.slug[:LONGEST])
    copy = Campaign(
        id=uuid4(), workspace_id=original.workspace_id, owner_id=viewer.user_id, name=name,
        slug=made_slug(original.slug, taken), state=CampaignState.DRAFT, revision=1,
        offer=original.offer, brand=original.brand, modules=original.modules,
        form_fields=original.form_fields, tracked=original.tracked,
        logo=await db.scalar(select(Campaign.logo).where(Campaign.id == original.id)),
        logo_digest=original.logo_digest, created_at=now, updated_at=now,
    )  # fmt: skip
    db.add(copy)
    await _flush_slug(db)
    return copy


async def _slug_for(db: AsyncSession, name: str, slug: str) -> str:
    """Return the wanted slug, or one made from the name. Raises InvalidError."""
    if not slug:
        return made_slug(name, await list_slugs(db, made_slug(name, set())))
    if not is_slug(slug):
        raise InvalidError({"slug": "Small letters, digits and dashes, at least three of them."})
    if slug in await list_slugs(db, slug):
        raise InvalidError({"slug": TAKEN})
    return slug


async def _move(db: AsyncSession, campaign: Campaign, slug: str) -> None:
    """Give a draft another address. Raises InvalidError once people may have the old one."""
    if campaign.state != CampaignState.DRAFT:
        raise InvalidError({"slug": FIXED})
    campaign.slug = await _slug_for(db, campaign.name, slug)


async def _flush_slug(db: AsyncSession) -> None:
    """Write now, so that losing a race for an address is an answer and not a bug."""
    try:
        await db.flush()
    except IntegrityError:
        raise InvalidError({"slug": TAKEN}) from None


def _tell(db: AsyncSession, campaign: Campaign) -> None:
    """Announce that a campaign has changed."""
    announce(
        db,
        Announcement(
            "campaign-changed",
            workspace_id=campaign.workspace_id,
            subject=campaign.id,
            owner_id=campaign.owner_id,
        ),
    )
