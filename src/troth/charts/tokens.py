"""The tokens of the look: colours for light and dark, type, space; as CSS custom properties and for charts.

A colour has one name and two values. Charts are drawn in the light ones; a page swaps them by name for the dark ones,
so every light value is there once.
"""

from __future__ import annotations

from typing import Final

#: Neutral, slightly warm; one accent (deep teal); status colours for status only. Text keeps a contrast of 4.5:1.
LIGHT: Final[dict[str, str]] = {
    "paper": "#fbfaf7",
    "card": "#ffffff",
    "ink": "#211f1a",
    "soft": "#615d56",
    "hair": "#e2e0db",
    "faint": "#efede8",
    "accent": "#007277",
    "wash": "#e7f3f3",
    "band": "#ddeeee",
    "ok": "#0f745b",
    "watch": "#975d00",
    "late": "#b93917",
    "ok-wash": "#e4f3ed",
    "watch-wash": "#fbf0dc",
    "late-wash": "#fbe9e3",
}
DARK: Final[dict[str, str]] = {
    "paper": "#141310",
    "card": "#1d1c18",
    "ink": "#eae8e3",
    "soft": "#a7a49e",
    "hair": "#37352f",
    "faint": "#292722",
    "accent": "#6ac9ce",
    "wash": "#183031",
    "band": "#1b3a3b",
    "ok": "#76d3b4",
    "watch": "#f2b966",
    "late": "#f89177",
    "ok-wash": "#16322a",
    "watch-wash": "#3a2c12",
    "late-wash": "#40221a",
}

#: Okabe and Ito (2008), Color Universal Design, in their order but for black, which is ink.
PALETTE: Final = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7", "#8a8780")

FONT: Final = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif'


def member_colours(names: list[str]) -> dict[str, str]:
    """Return a colour for each name: the same set of names gets the same colours in every chart.

    Examples
    --------
    >>> member_colours(["chat", "calls"])["calls"]
    '#e69f00'
    """
    return {name: PALETTE[place % len(PALETTE)] for place, name in enumerate(sorted(set(names)))}


def css() -> str:
    """Return the tokens as CSS custom properties; `color-scheme` decides between light and dark."""
    both = "".join(f"--{name}:light-dark({LIGHT[name]},{DARK[name]});" for name in LIGHT)
    plain = "".join(f"--{name}:{value};" for name, value in LIGHT.items())
    dark = "".join(f"--{name}:{value};" for name, value in DARK.items())
    # Browsers before 2024 know no light-dark(); they get the same by a media query.
    old = f":root{{{plain}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}"
    new = f"@supports (color:light-dark(#000,#fff)){{:root{{{both}}}}}"
    return (
        f":root{{color-scheme:light dark;--font:{FONT};}}{old}{new}@media print{{:root{{color-scheme:light;{plain}}}}}"
    )
