"""The campaign as it would be if what stands in the editor's form were saved now."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.access import Viewer
from app.campaigns.arrange import changed, index_of
from app.campaigns.commands import Edit, put_into
from app.campaigns.forms import check, read
from app.campaigns.models import Campaign
from app.campaigns.plan import placed_modules
from app.campaigns.queries import get_campaign
from app.campaigns.sections import Section, module_shape
from app.errors import NotFoundError
from modules.registry import all_modules

Form = Mapping[str, list[str]]


async def draft_section(
    db: AsyncSession, campaign_id: UUID, section: Section, form: Form, *, viewer: Viewer
) -> Campaign:
    """Return the campaign with a section as typed, stored nowhere. Raises InvalidError."""
    campaign = await _take_out(db, campaign_id, viewer)
    edit: Edit = section.edit(check(section.shape, read(section.shape, form)))
    put_into(campaign, edit)
    return campaign


async def draft_module(
    db: AsyncSession, campaign_id: UUID, key: str, form: Form, *, viewer: Viewer
) -> Campaign:
    """Return the campaign with a module as typed, stored nowhere. Raises InvalidError."""
    campaign = await _take_out(db, campaign_id, viewer)
    modules = placed_modules(campaign)
    module = all_modules().get(modules[index_of(modules, key)].kind)
    if module is None:
        raise NotFoundError
    shape = module_shape(module)
    said: Any = check(shape, read(shape, form))
    modules = changed(
        modules, key, settings=said.settings.model_dump(mode="json"), audience=said.audience
    )
    campaign.modules = [one.model_dump(mode="json") for one in modules]
    return campaign


async def _take_out(db: AsyncSession, campaign_id: UUID, viewer: Viewer) -> Campaign:
    """Return a campaign that no session keeps, so that nothing done to it is written."""
    campaign = await get_campaign(db, campaign_id, viewer=viewer)
    db.expunge(campaign)
    return campaign
