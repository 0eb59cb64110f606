"""The order of a campaign's modules, as pure functions over the placed ones."""

from collections.abc import Mapping
from typing import Any

from app.campaigns.forms import made_key
from app.campaigns.shapes import PlacedModule
from app.errors import InvalidError, NotFoundError
from modules.audience import Audience
from modules.registry import all_modules

Placed = tuple[PlacedModule, ...]
MOST_MODULES = 40


def placed(modules: Placed, kind: str) -> Placed:
    """Put a module of this kind last, under a key of its own, with its believable defaults.

    Raises NotFoundError for an unknown kind and InvalidError when there are enough.
    """
    module = all_modules().get(kind)
    if module is None:
        raise NotFoundError
    if len(modules) >= MOST_MODULES:
        raise InvalidError({"modules": f"A campaign holds at most {MOST_MODULES} modules."})
    key = made_key(kind, {one.key for one in modules})
    settings = module.settings().model_dump(mode="json")
    return (*modules, PlacedModule(key=key, kind=kind, settings=settings))


def moved(modules: Placed, key: str, step: int) -> Placed:
    """Move a module up (-1) or down (1); at either end it stays."""
    before = index_of(modules, key)
    after = max(0, min(before + step, len(modules) - 1))
    order = list(modules)
    order.insert(after, order.pop(before))
    return tuple(order)


def removed(modules: Placed, key: str) -> Placed:
    """Take a module out. What people answered in it stays with their sites."""
    index_of(modules, key)
    return tuple(one for one in modules if one.key != key)


def changed(
    modules: Placed, key: str, *, settings: Mapping[str, Any], audience: Audience
) -> Placed:
    """Give a module other settings and another audience."""
    number = index_of(modules, key)
    other = modules[number].model_copy(update={"settings": dict(settings), "audience": audience})
    return (*modules[:number], other, *modules[number + 1 :])


def index_of(modules: Placed, key: str) -> int:
    """Return where a module stands. Raises NotFoundError."""
    for number, one in enumerate(modules):
        if one.key == key:
            return number
    raise NotFoundError
