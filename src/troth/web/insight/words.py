"""The figures of flow in the reader's words, and how a figure is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from troth.web.common.words import TO, between, duration, figure, share
from troth.web.insight.answers import Delay

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
#: What a figure counts, in a sentence or two; its exact definition is in the reference.
COUNTED: Final[Mapping[str, Any]] = {
    "speed.answer": gettext_lazy(
        "The time from joining the line until a person began to serve, on average of all who were served. It counts on the "
        "day they joined."
    ),
    "flow.volume": gettext_lazy(
        "Everybody who came or wrote. Who was handed on from one line to another is counted once, on the day they came."
    ),
    "flow.abandonment": gettext_lazy(
        "Those who left while waiting, as a share of all who joined a line and are through with it."
    ),
    "promise.kept": gettext_lazy(
        "Promises that were kept, as a share of those that came due. Who let us off a promise is left out."
    ),
    "speed.handle": gettext_lazy(
        "The time with a customer and the work after it, on average of all who were served to the end."
    ),
    "flow.served_per_hour": gettext_lazy("Customers served, for each hour that a counter was open."),
    "load.occupancy": gettext_lazy(
        "The time with customers and in the work after them, as a share of that time and the time of waiting for the next one."
    ),
    "worst.wait": gettext_lazy(
        "The longest wait each known customer had in this time, whether served or not, on average of those customers."
    ),
}  # fmt: skip
#: What a figure takes from an event, in the reader's words; the engine's own words for what is not here.
USES: Final[Mapping[str, Any]] = {
    "the wait": gettext_lazy("the wait"),
    "the wait since arrival": gettext_lazy("the wait since arrival"),
    "joining the queue": gettext_lazy("the beginning of the wait"),
    "the beginning": gettext_lazy("the beginning"),
    "the arrival": gettext_lazy("the arrival"),
    "the answer": gettext_lazy("the end of the wait"),
    "the end": gettext_lazy("the end"),
    "the leaving": gettext_lazy("the leaving"),
    "the promise": gettext_lazy("the promise"),
    "the broken promise": gettext_lazy("the broken promise"),
    "the settling of the promise": gettext_lazy("whether the promise was kept"),
    "the stated probability": gettext_lazy("the stated probability"),
    "the time of service": gettext_lazy("the time with the customer"),
    "the work afterwards": gettext_lazy("the work afterwards"),
}
#: Why a figure has no value or no interval, by the engine's words.
_REASONS: Final[Mapping[str, Any]] = {
    "no data in the period": gettext_lazy("nothing happened in this time"),
    "the log does not tell: nothing it takes was ever recorded": gettext_lazy("what it takes was never recorded"),
    "nothing to divide by in the period": gettext_lazy("there was nothing to divide by in this time"),
    "no interval: it takes at least two days with data": gettext_lazy(
        "how far chance goes can be told from two days on"
    ),
}
#: Why there are no figures yet.
DELAYS: Final[Mapping[Delay, Any]] = {
    Delay.WORKING: gettext_lazy("The figures are being worked out."),
    Delay.CROWDED: gettext_lazy("Many figures are being worked out. Yours are next when there is room."),
    Delay.TOO_LONG: gettext_lazy("It took more than a minute and was given up. Choose a shorter time or fewer sites."),
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


def reason(said: str) -> str:
    """Return why a figure has no value or no interval, in the reader's words."""
    return str(_REASONS.get(said, said))


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
