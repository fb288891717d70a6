"""The Plotly template `troth`: the same look in notebook, report, docs and site."""

from __future__ import annotations

from typing import Any

from troth.charts.tokens import DARK, FONT, LIGHT, PALETTE

#: What Plotly is told besides the figure: no buttons over the chart, no logo, size as the page has it.
CONFIG: dict[str, Any] = {"displayModeBar": False, "responsive": True, "showTips": False, "doubleClick": "reset"}


def template(scheme: str = "light") -> Any:
    """Return the template as a `plotly.graph_objects.layout.Template`.

    Parameters
    ----------
    scheme : ``"light"`` or ``"dark"``.

    Examples
    --------
    >>> template("dark").layout.font.color
    '#eae8e3'
    """
    import plotly.graph_objects as go

    c = DARK if scheme == "dark" else LIGHT
    axis = {
        "gridcolor": c["faint"],
        "linecolor": c["hair"],
        "zerolinecolor": c["hair"],
        "tickcolor": c["hair"],
        "tickfont": {"size": 12, "color": c["soft"]},
        "title": {"font": {"size": 12, "color": c["soft"]}, "standoff": 8},
        "automargin": True,
        "ticks": "",
        "zeroline": False,
        "fixedrange": True,
    }
    return go.layout.Template(
        layout={
            "font": {"family": FONT, "size": 13, "color": c["ink"]},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "colorway": list(PALETTE),
            "margin": {"l": 8, "r": 16, "t": 8, "b": 8},
            "xaxis": {**axis, "showgrid": False, "showline": True},
            "yaxis": axis,
            "showlegend": False,
            "hovermode": "closest",
            "hoverlabel": {
                "bgcolor": c["card"],
                "bordercolor": c["hair"],
                "font": {"family": FONT, "size": 13, "color": c["ink"]},
                "align": "left",
            },
            "bargap": 0.12,
            "transition": {"duration": 0},
        }
    )


def register() -> None:
    """Make the templates known to Plotly as ``troth`` and ``troth-dark``, and ``troth`` the default of a notebook."""
    import plotly.io as pio

    pio.templates["troth"], pio.templates["troth-dark"] = template(), template("dark")
    pio.templates.default = "troth"


def swaps() -> dict[str, str]:
    """Return for every light colour its dark twin: how a page turns a figure over."""
    return {LIGHT[name]: DARK[name] for name in LIGHT}
