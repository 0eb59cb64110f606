"""Finds the modules: every folder here is one, and says so by its `module`."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import modules
from modules.contract import Module


@cache
def all_modules() -> dict[str, Module[Any, Any]]:
    """Return every module by its kind, in alphabetical order.

    A folder without a `module` stops the start: a room nobody can enter is a mistake.
    """
    kinds = sorted(name for _, name, is_folder in iter_modules(modules.__path__) if is_folder)
    return {kind: import_module(f"modules.{kind}").module for kind in kinds}
