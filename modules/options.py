"""Options a person chooses from, worded and picked for that person."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Annotated, Protocol, TypeVar

from pydantic import AfterValidator, Field

from modules.audience import Audience
from modules.contract import Choice, Fields, Profile
from modules.wording import spelled

KEY_PATTERN = "^[a-z][a-z0-9-]{0,39}$"

Key = Annotated[str, Field(pattern=KEY_PATTERN)]
"""The name of an option in stored answers; it never changes, whatever the label says."""


class Variant(Fields):
    """Another wording of an option, for one audience."""

    audience: Audience = Field(Audience(), title="For whom")
    label: str = Field("", max_length=200, title="Wording", description="Empty keeps the usual.")


class Option(Fields):
    """One thing that can be chosen. The first variant that fits the person words it."""

    key: Key = Field("option", title="Key", description="Small letters, digits and dashes.")
    label: str = Field("", max_length=200, title="Wording")
    help: str = Field("", max_length=400, title="Helper sentence")
    audience: Audience = Field(Audience(), title="Shown to")
    variants: tuple[Variant, ...] = Field((), max_length=20, title="Other wordings")

    def variant_for(self, profile: Profile) -> Variant | None:
        """Return the first wording meant for this person, None for the usual one."""
        fitting = (variant for variant in self.variants if variant.audience.matches(profile))
        return next((variant for variant in fitting if not variant.audience.is_everybody), None)

    def label_for(self, profile: Profile) -> str:
        """Word the option for this person; an option without words goes by its key."""
        variant = self.variant_for(profile)
        return (variant.label if variant else "") or self.label or spelled(self.key)

    def reason_for(self, profile: Profile) -> str:
        """Say why this person sees it, "" when everybody does."""
        if self.audience.is_everybody or not self.audience.matches(profile):
            return ""
        return f"Shown because {self.audience.because(profile)}"


O = TypeVar("O", bound=Option)  # noqa: E741 - O for option, as S and A in the contract


class HasKey(Protocol):
    """Anything named by a key."""

    @property
    def key(self) -> str:
        """The name."""


K = TypeVar("K", bound=HasKey)


def unique_keys(keyed: tuple[K, ...]) -> tuple[K, ...]:
    """Refuse two things under one key: an answer must say which of them it means."""
    keys = [one.key for one in keyed]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise ValueError(f"Each key may stand once; used more often: {', '.join(twice)}")
    return keyed


UniqueKeys = AfterValidator(unique_keys)


@dataclass(frozen=True, slots=True)
class Card:
    """An option as the template shows it."""

    key: str
    label: str
    help: str
    reason: str
    is_chosen: bool


def card(option: Option, profile: Profile, chosen: Collection[str], reason: str = "") -> Card:
    """Make the card of one option; `reason` overrides why it is shown."""
    return Card(
        option.key,
        option.label_for(profile),
        option.help,
        reason or option.reason_for(profile),
        is_chosen=option.key in chosen,
    )


def offered(options: Sequence[O], profile: Profile, chosen: Collection[str] = ()) -> list[O]:
    """Return the options meant for this person and those chosen before; all if none fits."""
    fitting = [one for one in options if one.audience.matches(profile) or one.key in chosen]
    return fitting or list(options)


def audience_choices(options: Sequence[Option], profile: Profile) -> list[Choice]:
    """Explain which options and wordings were picked for this person."""
    taken = []
    for option in options:
        label = f"“{option.label_for(profile)}”"
        if reason := option.reason_for(profile):
            taken.append(Choice(label, f"{reason}."))
        if (variant := option.variant_for(profile)) and variant.label:
            because = variant.audience.because(profile)
            taken.append(Choice(label, f"Worded this way because {because}."))
    return taken


def labels(options: Sequence[Option], keys: Sequence[str], profile: Profile) -> list[str]:
    """Return the wordings of the chosen options, in the order chosen; gone ones are left out."""
    by_key = {option.key: option for option in options}
    return [by_key[key].label_for(profile) for key in keys if key in by_key]
