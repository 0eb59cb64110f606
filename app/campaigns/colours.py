"""Colours that stay readable: contrast worked out, lightness moved until it is enough.

Source: WCAG 2.2, 1.4.3 and its definitions of relative luminance and contrast ratio.
"""

from collections.abc import Iterable
from colorsys import hls_to_rgb, rgb_to_hls

ENOUGH = 4.5
STEPS = 200
Rgb = tuple[float, float, float]


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two #rrggbb colours: 1 for equal ones, 21 at most."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour, 0 for black and 1 for white."""
    red, green, blue = (_linear(part) for part in rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def is_readable(colour: str, backgrounds: Iterable[str]) -> bool:
    """Whether text in this colour can be read on all of these."""
    return all(contrast(colour, one) >= ENOUGH for one in backgrounds)


def darkened(colour: str, backgrounds: Iterable[str]) -> str:
    """Return the colour, as much darker as it takes to be readable on light backgrounds."""
    return _moved(colour, tuple(backgrounds), end=0.0)


def lightened(colour: str, backgrounds: Iterable[str]) -> str:
    """Return the colour, as much lighter as it takes to be readable on dark backgrounds."""
    return _moved(colour, tuple(backgrounds), end=1.0)


def ink_on(colour: str) -> str:
    """Return black or white, whichever is easier to read on this; one of them always is."""
    return max("#ffffff", "#000000", key=lambda ink: contrast(ink, colour))


def mixed(colour: str, other: str, share: float) -> str:
    """Return `colour` with this share (0-1) of `other` in it."""
    pairs = zip(rgb(colour), rgb(other), strict=True)
    return as_hex(tuple(one + (two - one) * share for one, two in pairs))


def rgb(colour: str) -> Rgb:
    """Return the three parts of #rrggbb, each 0-1."""
    red, green, blue = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    return red, green, blue


def as_hex(parts: tuple[float, ...]) -> str:
    """Write three parts as #rrggbb."""
    return "#" + "".join(f"{round(min(1.0, max(0.0, part)) * 255):02x}" for part in parts)


def _linear(part: float) -> float:
    """Undo the gamma of one part."""
    low = 0.04045
    return float(part / 12.92 if part <= low else ((part + 0.055) / 1.055) ** 2.4)


def _moved(colour: str, backgrounds: tuple[str, ...], *, end: float) -> str:
    """Move the lightness towards `end` in small steps, keeping the hue, until it is enough."""
    hue, lightness, saturation = rgb_to_hls(*rgb(colour))
    for step in range(STEPS):
        share = step / STEPS
        moved = as_hex(hls_to_rgb(hue, lightness + (end - lightness) * share, saturation))
        if is_readable(moved, backgrounds):
            return moved
    return "#ffffff" if end else "#000000"
