"""What every template may use: globals, filters, and the rooms' own templates."""

from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, FileSystemLoader, PrefixLoader, StrictUndefined
from markupsafe import Markup
from quart import Quart, g

from app import clock
from app.tracking.page import page_context
from app.web.assets import asset
from app.web.security import csrf_token, own_style
from modules.figures import money, number, percent

ROOT = Path(__file__).parent.parent.parent
STEPS = ((60, "second"), (60, "minute"), (24, "hour"), (7, "day"))


def prepare_templates(app: Quart) -> None:
    """Give the application its loaders, globals and filters."""
    app.jinja_options = {
        "loader": ChoiceLoader(
            [
                FileSystemLoader(ROOT / "templates"),
                PrefixLoader({"modules": FileSystemLoader(ROOT / "modules")}),
            ]
        ),
        "undefined": StrictUndefined,
        "autoescape": True,
        "trim_blocks": True,
        "lstrip_blocks": True,
    }
    app.jinja_env.filters.update(
        money=money, number=number, percent=percent, ago=ago, day=day, clock_time=clock_time
    )
    app.jinja_env.globals.update(
        asset=asset, csrf_token=csrf_token, own_style=own_style, brand_css=None
    )
    app.context_processor(page_variables)


async def page_variables() -> dict[str, Any]:
    """Return who looks, what time it is, and on visitors' pages what tracking has to say."""
    page = getattr(g, "page", None)
    return {
        "viewer": getattr(g, "viewer", None),
        "now": clock.now(),
        "page": page,
        "tracking": await page_context() if page else None,
    }


def ago(moment: datetime) -> str:
    """Say how long ago a moment was, in the largest fitting unit; dates after a week."""
    left = max(0, int((clock.now() - moment).total_seconds()))
    if left < 10:  # noqa: PLR2004  below ten seconds nobody counts
        return "just now"
    for size, unit in STEPS:
        if left < size:
            return f"{left} {unit}{'' if left == 1 else 's'} ago"
        left //= size
    return day(moment)


def day(moment: datetime) -> str:
    """Write a date: "22 Nov 2026"."""
    return f"{moment.day} {moment:%b %Y}"


def clock_time(moment: datetime) -> Markup:
    """Write a time of day in UTC; the browser puts it in its own zone."""
    return Markup('<time datetime="{}" data-clock>{}</time>').format(
        moment.isoformat(timespec="milliseconds"), f"{moment:%H:%M:%S}"
    )
