"""Logging: one line of JSON per event on standard error, with ids and never with secrets.

What a line is about travels with the task: a request, a socket or a job calls `bind` or `about`
once, and every line written meanwhile, in whichever slice, carries those ids. The first wall
against secrets is that nobody logs them; `redact` is the second: whatever looks like one is
blanked, in traces and in what libraries say too.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from contextlib import AbstractContextManager

import structlog

BLANK = "[secret]"
DEEPEST = 6
MOST_CHARS = 20_000
"""Of one text in a line: whoever makes us log more would also make us search it."""
SECRET_NAMES = re.compile(
    r"password|passwd|secret|token|cookie|authorization|session$|sealed|email|smtp_url|redis_url",
    re.IGNORECASE,
)
"""Fields that are blanked whatever they hold."""
NAMES = "password|passwd|secret|secret_key|token|session"
"""What stands before a secret in texts."""
SHAPES = tuple(
    (re.compile(shape), instead)
    for shape, instead in (
        # Whoever holds such an address may enter: personal, reset, invitation and sign-in links.
        (r"(/(?:p|u|reset|invitation|sign-in/link)/)[^\s/\"'?#\\<]+", rf"\1{BLANK}"),
        (r"(\w://)[^\s\"'<>]{1,300}@", rf"\1{BLANK}@"),
        (r"[\w.+%-]{1,64}@[\w-]++(?:\.[\w-]++)+", "[address]"),
        (r"\$argon2\w*\$[^\s\"']+", BLANK),
        (r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}", rf"\1 {BLANK}"),
        (
            r"(?i)(\bcookie(?:[\"']?\s{0,4}[:=]|[\"'],)\s{0,4}b?[\"']?)[^\"'\\\n]+",
            rf"\1{BLANK}",
        ),
        # NAME=value, "name": "value", ?name=value
        (
            rf"(?i)((?:{NAMES})[\"']?\s{{0,4}}[:=]\s{{0,4}}b?[\"']?)(?!\[secret\])[^\s\"'&,;\\]+",
            rf"\1{BLANK}",
        ),
        # Sealed claims, of three parts; then digests; then random tokens, which mix their letters.
        (r"(?<![\w-])[\w-]{8,}+\.[\w-]{6}\.[\w-]{20,}+", BLANK),
        (r"\b[0-9a-f]{40,}\b", BLANK),
        (r"(?<![\w-])(?=[\w-]*[A-Z])(?=[\w-]*[a-z])(?=[\w-]*[0-9])[\w-]{24,}+", BLANK),
    )
)
"""How the secrets of this product look in text, and what stands there instead."""

EventDict = MutableMapping[str, object]


def set_up_logs(level: str) -> None:
    """Configure structlog and the standard library's loggers for this process."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    ending: list[structlog.typing.Processor] = [redact, structlog.processors.JSONRenderer()]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared[:1], structlog.stdlib.add_logger_name, *shared[1:]],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ending],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    structlog.configure(
        processors=[*shared, *ending],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def bind(**ids: object) -> None:
    """Say what this task is about from now on: `bind(workspace=..., visit=...)`.

    For tasks of their own (a request, one socket's connection): they end and forget it.
    """
    structlog.contextvars.bind_contextvars(**_as_text(ids))


def about(**ids: object) -> AbstractContextManager[None]:
    """Say what the lines inside this block are about; for what shares its task with others."""
    return structlog.contextvars.bound_contextvars(**_as_text(ids))


def redact(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Blank what looks like a secret, in every value of a line."""
    return {name: _clean(value, name, 0) for name, value in event.items()}


def _as_text(ids: dict[str, object]) -> dict[str, str]:
    """Leave out what is not known and write the rest as text."""
    return {name: str(value) for name, value in ids.items() if value is not None}


def _clean(value: object, name: str, depth: int) -> object:
    """Return a value without secrets; what is nested too deeply is not shown at all."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if SECRET_NAMES.search(name) or depth > DEEPEST:
        return BLANK
    if isinstance(value, dict):
        return {str(key): _clean(each, str(key), depth + 1) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(each, name, depth + 1) for each in value]
    return hide(value if isinstance(value, str) else str(value))


def hide(text: str) -> str:
    """Return a text with everything blanked that has the shape of a secret.

    What is very long loses its middle first, whole words of it: a trace says what happened at its
    end.
    """
    if len(text) > MOST_CHARS:
        begin = text[: MOST_CHARS // 2].rsplit(maxsplit=1)
        end = text[-MOST_CHARS // 2 :].split(maxsplit=1)
        text = " ".join((*begin[:1], "[...]", *end[-1:]))
    for shape, instead in SHAPES:
        text = shape.sub(instead, text)
    return text
