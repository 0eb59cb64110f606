"""A company's look as custom properties, readable in light and in dark whatever was chosen."""

from dataclasses import dataclass

from markupsafe import Markup

from app.campaigns.colours import darkened, ink_on, lightened, mixed
from app.campaigns.shapes import Brand

LIGHT = ("#f7f6f2", "#ffffff")
DARK = ("#121615", "#1a201e", "#212826")
"""The paper and surfaces of static/css/shared/02-tokens.css: text stands on these."""

SANS = '"Inter Variable", system-ui, sans-serif'
SERIF = '"Source Serif 4 Variable", Georgia, serif'
FRAUNCES = '"Fraunces Variable", Georgia, serif'
SYSTEM = "system-ui, sans-serif"
FONTS = {
    "modern": (SANS, SANS),
    "editorial": (SANS, FRAUNCES),
    "classic": (SERIF, SERIF),
    "system": (SYSTEM, SYSTEM),
}
"""Body and display font of each type."""


@dataclass(frozen=True, slots=True)
class Tone:
    """A brand colour made fit for use on one kind of background.

    `text` is readable on paper, surfaces and `soft`; `on_text` is readable on `text`, and `soft`
    is a tint to put text on.
    """

    text: str
    on_text: str
    soft: str


def light_tone(colour: str) -> Tone:
    """Return the colour for light pages."""
    soft = mixed("#ffffff", darkened(colour, LIGHT), 0.1)
    text = darkened(colour, (*LIGHT, soft))
    return Tone(text, ink_on(text), soft)


def dark_tone(colour: str) -> Tone:
    """Return the colour for dark pages."""
    soft = mixed(DARK[1], colour, 0.14)
    text = lightened(colour, (*DARK, soft))
    return Tone(text, ink_on(text), soft)


def brand_css(brand: Brand) -> Markup:
    """Return the brand's custom properties, ready to stand in a <style>.

    It holds nothing but colours, checked by their shape, and our own font names.
    """
    body, display = FONTS[brand.type]
    properties = {
        **_both("accent", brand.colour),
        **_both("second", brand.accent),
        "--brand": brand.colour,
        "--brand-ink": ink_on(brand.colour),
        "--font-body": body,
        "--font-display": display,
    }
    lines = "".join(f"{name}:{value};" for name, value in properties.items())
    return Markup(f":root{{{lines}}}")  # noqa: S704  nothing in it comes from a person


def _both(name: str, colour: str) -> dict[str, str]:
    """Return the three properties of a colour, each for light and dark."""
    light, dark = light_tone(colour), dark_tone(colour)
    return {
        f"--{name}": f"light-dark({light.text},{dark.text})",
        f"--{name}-ink": f"light-dark({light.on_text},{dark.on_text})",
        f"--{name}-soft": f"light-dark({light.soft},{dark.soft})",
    }
