"""What the editor's pages share: tabs, state, the preview beside the form."""

from dataclasses import dataclass, field

from quart import render_template, request

from app.campaigns.drawing import Part, Problems
from app.campaigns.launching import launch_problems
from app.campaigns.models import Campaign
from app.config import settings
from modules.contract import Form

TABS = (
    ("offer", "Offer"), ("look", "Look"), ("modules", "Modules"), ("form", "Form"),
    ("tracking", "Tracking"), ("letter", "Letter"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Editing:
    """One form of the editor. `notice` is what went wrong as a whole."""

    tab: str
    intro: str
    parts: tuple[Part, ...]
    problems: Problems = field(default_factory=dict)
    notice: str = ""
    is_unsaved: bool = False
    module_key: str = ""


async def show_editor(
    campaign: Campaign, editing: Editing, template: str = "section", **more: object
) -> str:
    """Render a page of the editor."""
    return await render_template(
        f"campaigns/{template}.html",
        campaign=campaign,
        editing=editing,
        tabs=TABS,
        missing=launch_problems(campaign),
        site_url=f"{settings().base_url}/c/{campaign.slug}",
        preview_url=preview_url(campaign, editing),
        is_saved="saved" in request.args,
        is_launched="launched" in request.args,
        wants_launch="missing" in request.args,
        **more,
    )


def preview_url(campaign: Campaign, editing: Editing) -> str:
    """Return what stands beside the form: the personal site for modules, else the campaign site."""
    name = "preview" if editing.tab == "modules" else "site-preview"
    return f"/campaigns/{campaign.id}/{name}"


def read_revision(form: Form) -> int:
    """Return the revision an edit was made on sight of; 0, always stale, if it was not sent."""
    text: str = next(iter(form.get("revision", ())), "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0  # noqa: PLR2004  fits 32 bits
