"""The figures of flow in the reader's words, and how a figure is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from troth.web.common.words import TO, between, duration, figure, share

#: Name of a KPI: what it is called and what it answers. The first is the page's answer.
TITLES: Final[Mapping[str, tuple[Any, Any]]] = {
    "speed.answer": (gettext_lazy("Mean wait"), gettext_lazy("How long do people wait until somebody serves them?")),
    "flow.volume": (gettext_lazy("Customers"), gettext_lazy("How many came?")),
    "flow.abandonment": (gettext_lazy("Left before their turn"), gettext_lazy("Which share gave up waiting?")),
    "promise.kept": (gettext_lazy("Promises kept"), gettext_lazy("Which share of our promises did we keep?")),
    "speed.handle": (gettext_lazy("Time with a customer"), gettext_lazy("How long does serving somebody take?")),
    "flow.served_per_hour": (
        gettext_lazy("Served per counter hour"),
        gettext_lazy("How many does an open counter serve in an hour?"),
    ),
    "load.occupancy": (gettext_lazy("Occupancy"), gettext_lazy("Which share of their time do people serve?")),
    "worst.wait": (
        gettext_lazy("Longest wait of a customer"),
        gettext_lazy("What was the worst wait a customer had, on average?"),
    ),
}
#: Dimensions a figure can be split by here.
DIMENSIONS: Final[Mapping[str, Any]] = {
    "site": gettext_lazy("Site"),
    "queue": gettext_lazy("Line"),
    "service": gettext_lazy("Service"),
    "hour": gettext_lazy("Hour"),
    "weekday": gettext_lazy("Weekday"),
}


def value(number: float | None, *, unit: str) -> str:
    """Return a figure as people say it."""
    if number is None:
        return TO
    if unit == "s":
        return duration(number)
    if unit == "share":
        return share(number)
    return figure(number, digits=0 if unit == "count" else 1)


def interval(low: float | None, high: float | None, *, unit: str) -> str:
    """Return the interval a figure lies in; empty if it has none."""
    if low is None or high is None:
        return ""
    if unit == "s":
        return between(low, high)
    return f"{value(low, unit=unit)} {TO} {value(high, unit=unit)}"


def exact(number: float | None, *, unit: str) -> str:
    """Return a figure with all its digits, for whoever points at it."""
    if number is None:
        return ""
    if unit == "s":
        return _("%(count)s s") % {"count": figure(number, digits=3)}
    return f"{figure(100 * number, digits=3)} %" if unit == "share" else figure(number, digits=3)
