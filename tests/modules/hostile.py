"""Draws answers and forms that nobody sane would send, but whose shape is allowed."""

from typing import Any

from hypothesis import strategies as st

from tests.modules.stage import HOSTILE

NUMBERS = ["", "abc", "-1", "1e30", "NaN", "Infinity", "0", "1,250.50", "1 250,50", "60%", "0.5"]
TEXTS = [*NUMBERS, HOSTILE, "x" * 2_001, "\x00\r\n\x07", "٣", "unknown-key", "__class__", "on"]


def keys_of(settings: Any) -> list[str]:
    """Return every option key that stands anywhere in stored settings."""
    if isinstance(settings, dict):
        own = [settings["key"]] if isinstance(settings.get("key"), str) else []
        return own + [key for value in settings.values() for key in keys_of(value)]
    if isinstance(settings, list):
        return [key for value in settings for key in keys_of(value)]
    return []


def forms(fields: list[str], keys: list[str]) -> st.SearchStrategy[dict[str, list[str]]]:
    """Draw posted forms: the room's own fields and foreign ones, with any values."""
    value = st.sampled_from([*TEXTS, *keys]) | st.text(max_size=30)
    names = [*fields, *(f"{name.partition('-')[0]}-nobody" for name in fields if "-" in name)]
    name = st.sampled_from([*names, "csrf_token", HOSTILE]) | st.text(max_size=8)
    return st.dictionaries(name, st.lists(value, max_size=5), max_size=12)


def json_like(schema: dict[str, Any], keys: list[str]) -> st.SearchStrategy[Any]:
    """Draw plain JSON in the shape of a JSON schema; limits are for pydantic to enforce."""
    return _drawn(schema, schema.get("$defs", {}), keys)


def _drawn(schema: dict[str, Any], defs: dict[str, Any], keys: list[str]) -> Any:
    if "$ref" in schema:
        return _drawn(defs[schema["$ref"].rsplit("/", 1)[-1]], defs, keys)
    if "enum" in schema or "const" in schema:
        return st.sampled_from(schema.get("enum") or [schema["const"]])
    if "anyOf" in schema:
        return st.one_of(*(_drawn(one, defs, keys) for one in schema["anyOf"]))
    return _by_type(schema, defs, keys)


def _by_type(schema: dict[str, Any], defs: dict[str, Any], keys: list[str]) -> Any:
    match schema.get("type"):
        case "object":
            return _object(schema, defs, keys)
        case "array":
            return st.lists(_drawn(schema.get("items", {}), defs, keys), max_size=5)
        case "number" | "integer":
            return st.sampled_from([0, 1, 1000, 10**12]) | st.integers(0, 100)
        case "boolean" | "null" as kind:
            return st.booleans() if kind == "boolean" else st.none()
        case _:
            return _key(keys) | st.sampled_from(["0", "0.5", "1", "1000000000000", HOSTILE])


def _object(schema: dict[str, Any], defs: dict[str, Any], keys: list[str]) -> Any:
    if fields := schema.get("properties", {}):
        drawn = {name: _drawn(one, defs, keys) for name, one in fields.items()}
        return st.fixed_dictionaries({}, optional=drawn)
    patterns = list(schema.get("patternProperties", {}).values())
    inner = schema.get("additionalProperties") or (patterns[0] if patterns else {})
    return st.dictionaries(_key(keys), _drawn(inner, defs, keys), max_size=5)


def _key(keys: list[str]) -> st.SearchStrategy[str]:
    return st.sampled_from([*keys, "long-gone", "x"])
