"""The placed modules of a campaign as the editor lists them."""

from dataclasses import dataclass

from app.campaigns.arrange import Placed
from app.campaigns.launching import has_valid_settings
from app.campaigns.shapes import PlacedModule
from modules.registry import all_modules


@dataclass(frozen=True, slots=True)
class ModuleLine:
    """One placed module. `focus` is the button ("up", "down") that the cursor belongs on."""

    key: str
    number: int
    title: str
    kind_title: str
    audience: str
    is_installed: bool
    is_fixed: bool
    is_valid: bool
    is_first: bool
    is_last: bool
    focus: str = ""


def module_lines(modules: Placed, *, touched: str = "", step: str = "") -> list[ModuleLine]:
    """Return the lines in order; `touched` was just moved by `step` (-1 or 1)."""
    last = len(modules) - 1
    return [
        _line(one, number, last=last, step=step if one.key == touched else "")
        for number, one in enumerate(modules)
    ]


def _line(one: PlacedModule, number: int, *, last: int, step: str) -> ModuleLine:
    """Describe one placed module."""
    module = all_modules().get(one.kind)
    kind_title = module.title if module else "No longer installed"
    return ModuleLine(
        key=one.key,
        number=number + 1,
        title=str(one.settings.get("title") or kind_title),
        kind_title=kind_title,
        audience=audience_words(one),
        is_installed=module is not None,
        is_fixed=module is not None and module.is_fixed,
        is_valid=has_valid_settings(one),
        is_first=number == 0,
        is_last=number == last,
        focus=_focus(step, is_first=number == 0, is_last=number == last),
    )


def _focus(step: str, *, is_first: bool, is_last: bool) -> str:
    """Keep the cursor on the button just pressed, or on its twin where that one is off."""
    if step not in {"-1", "1"} or (is_first and is_last):
        return ""
    goes_up = step == "-1"
    return "up" if (goes_up and not is_first) or is_last else "down"


def audience_words(one: PlacedModule) -> str:
    """Say in a few words for whom a module is; "" for everybody."""
    group = one.audience
    words = [*group.industries, *group.titles]
    if group.min_employees is not None and group.max_employees is not None:
        words.append(f"{group.min_employees} to {group.max_employees} people")
    elif group.min_employees is not None:
        words.append(f"{group.min_employees} people and more")
    elif group.max_employees is not None:
        words.append(f"up to {group.max_employees} people")
    return ", ".join(words)
