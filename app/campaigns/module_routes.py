"""The modules of a campaign: which, in which order, with which settings, for whom."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from quart import ResponseReturnValue, redirect, request, url_for

from app import clock
from app.accounts.access import current_viewer
from app.campaigns.arrange import Placed, changed, index_of, moved, placed, removed
from app.campaigns.blueprint import campaigns, sellers
from app.campaigns.commands import arrange_modules
from app.campaigns.drawing import draw
from app.campaigns.editing import Editing, read_revision, show_editor
from app.campaigns.errors import StaleEditError
from app.campaigns.forms import Draft, check, read
from app.campaigns.models import Campaign
from app.campaigns.module_list import module_lines
from app.campaigns.plan import placed_modules
from app.campaigns.queries import get_campaign
from app.campaigns.rows import rearrange
from app.campaigns.sections import module_draft, module_shape
from app.campaigns.shapes import PlacedModule
from app.db import reading, transaction
from app.errors import InvalidError, NotFoundError
from modules.contract import Form, Module
from modules.registry import all_modules

INTRO = "The rooms of each personal site, in this order. Every person gets them in their own words."
STEPS = {"up": -1, "down": 1}


@campaigns.get("/campaigns/<uuid:campaign_id>/modules")
@sellers
async def show_modules(campaign_id: UUID) -> ResponseReturnValue:
    """List the placed modules, and those that can be added."""
    async with reading() as db:
        campaign = await get_campaign(db, campaign_id, viewer=current_viewer())
    return await _show_list(campaign)


@campaigns.post("/campaigns/<uuid:campaign_id>/modules")
@sellers
async def add_module(campaign_id: UUID) -> ResponseReturnValue:
    """Put a module last."""
    form = (await request.form).to_dict(flat=False)
    kind = "".join(form.get("kind", [])[:1])
    return await _arrange(campaign_id, form, partial(placed, kind=kind))


@campaigns.post("/campaigns/<uuid:campaign_id>/modules/<key>/position")
@sellers
async def move_module(campaign_id: UUID, key: str) -> ResponseReturnValue:
    """Move a module one place up or down."""
    form = (await request.form).to_dict(flat=False)
    step = STEPS.get("".join(form.get("step", [])[:1]), 0)
    return await _arrange(campaign_id, form, partial(moved, key=key, step=step), key, step)


@campaigns.post("/campaigns/<uuid:campaign_id>/modules/<key>/removal")
@sellers
async def remove_module(campaign_id: UUID, key: str) -> ResponseReturnValue:
    """Take a module out."""
    form = (await request.form).to_dict(flat=False)
    return await _arrange(campaign_id, form, partial(removed, key=key))


@campaigns.get("/campaigns/<uuid:campaign_id>/modules/<key>")
@sellers
async def show_module(campaign_id: UUID, key: str) -> ResponseReturnValue:
    """Show a module's settings as they are saved."""
    campaign, one, module = await _get_placed(campaign_id, key)
    draft, problems = module_draft(module, one)
    return await _show_settings(campaign, one, module, draft, problems)


@campaigns.post("/campaigns/<uuid:campaign_id>/modules/<key>")
@sellers
async def save_module(campaign_id: UUID, key: str) -> ResponseReturnValue:
    """Save a module's settings, or add, move and remove rows; nothing typed is lost."""
    campaign, one, module = await _get_placed(campaign_id, key)
    form = (await request.form).to_dict(flat=False)
    shape = module_shape(module)
    draft = read(shape, form)
    if do := "".join(form.get("do", [])[:1]):
        focus = rearrange(shape, draft, do)
        return await _show_settings(campaign, one, module, draft, {}, focus=focus, is_unsaved=True)
    try:
        said: Any = check(shape, draft)
        change = partial(
            changed, key=key, settings=said.settings.model_dump(mode="json"), audience=said.audience
        )
        await _store(campaign_id, change, form)
    except InvalidError as refusal:
        return await _show_settings(
            campaign, one, module, draft, refusal.problems, is_unsaved=True
        ), 422
    except StaleEditError as refusal:
        return await _show_settings(
            campaign, one, module, draft, {}, notice=str(refusal), is_unsaved=True
        ), 422
    target = url_for(".show_module", campaign_id=campaign_id, key=key)
    return redirect(f"{target}?saved=1", 303)


async def _store(campaign_id: UUID, change: Callable[[Placed], Placed], form: Form) -> None:
    """Arrange the modules on sight of the revision that the form knows."""
    async with transaction() as db:
        await arrange_modules(
            db, campaign_id, change,
            viewer=current_viewer(), revision=read_revision(form), now=clock.now(),
        )  # fmt: skip


async def _arrange(
    campaign_id: UUID, form: Form, change: Callable[[Placed], Placed], key: str = "", step: int = 0
) -> ResponseReturnValue:
    """Change the list and show it; a stale or refused change says so above the list."""
    try:
        await _store(campaign_id, change, form)
    except (StaleEditError, InvalidError) as refusal:
        async with reading() as db:
            campaign = await get_campaign(db, campaign_id, viewer=current_viewer())
        notice = STALE_LIST if isinstance(refusal, StaleEditError) else str(refusal)
        return await _show_list(campaign, notice=notice), 422
    target = url_for(
        ".show_modules", campaign_id=campaign_id, touched=key or None, step=step or None
    )
    return redirect(target, 303)


STALE_LIST = (
    "The modules were changed meanwhile, in another tab or by a colleague. Here they are now."
)


async def _show_list(campaign: Campaign, *, notice: str = "") -> str:
    """Render the list of modules."""
    lines = module_lines(
        placed_modules(campaign),
        touched=request.args.get("touched", ""),
        step=request.args.get("step", ""),
    )
    editing = Editing("modules", INTRO, (), notice=notice)
    available = tuple(all_modules().values())
    return await show_editor(campaign, editing, "modules", rows=lines, available=available)


async def _show_settings(
    campaign: Campaign,
    one: PlacedModule,
    module: Module[Any, Any],
    draft: Draft,
    problems: Mapping[str, str],
    *,
    notice: str = "",
    focus: str = "",
    is_unsaved: bool = False,
) -> str:
    """Render a module's form."""
    parts = draw(module_shape(module), draft, problems, focus=focus)
    editing = Editing("modules", module.summary, parts, problems, notice, is_unsaved, one.key)
    return await show_editor(campaign, editing, "module", placed=one, module=module)


async def _get_placed(
    campaign_id: UUID, key: str
) -> tuple[Campaign, PlacedModule, Module[Any, Any]]:
    """Return a placed module, its campaign and its room. Raises NotFoundError."""
    async with reading() as db:
        campaign = await get_campaign(db, campaign_id, viewer=current_viewer())
    modules = placed_modules(campaign)
    one = modules[index_of(modules, key)]
    module = all_modules().get(one.kind)
    if module is None:
        raise NotFoundError
    return campaign, one, module
