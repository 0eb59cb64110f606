"""What a campaign needs before anybody may see it."""

from pydantic import ValidationError

from app.campaigns.models import Campaign
from app.campaigns.plan import offer_of, placed_modules
from app.campaigns.shapes import PlacedModule
from modules.registry import all_modules


def launch_problems(campaign: Campaign) -> dict[str, str]:
    """Return what is missing, by the part of the editor where it can be put right."""
    problems = {}
    if not offer_of(campaign).headline.strip():
        problems["offer"] = "The offer has no headline yet."
    modules = placed_modules(campaign)
    if not modules:
        problems["modules"] = "There is no module yet: choose at least one."
    broken = [one.key for one in modules if not has_valid_settings(one)]
    if broken:
        problems["modules"] = f"Please look at the settings of: {', '.join(broken)}."
    return problems


def has_valid_settings(placed: PlacedModule) -> bool:
    """Whether the module exists and accepts its settings."""
    module = all_modules().get(placed.kind)
    if module is None:
        return False
    try:
        module.settings.model_validate(placed.settings)
    except ValidationError:
        return False
    return True
