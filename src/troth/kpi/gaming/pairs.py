"""Figures that can be traded against each other: which pairs, and whether one got better while the other got worse.

One table for all who show figures: the patterns, scorecards, the report and the site take their pairs from here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt
from typing import Any, Final

from troth.charts.numbers import number
from troth.core.terms import Direction
from troth.kpi.catalogue import catalogue
from troth.kpi.definition import Figure, Kpi
from troth.kpi.scorecard import changed

_LESS, _MORE = Direction.LOWER, Direction.HIGHER
#: The period before is as unsure as this one: so many times its interval is that of a difference.
_UNSURE: Final = sqrt(2.0)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two figures of which one can be bought with the other.

    Parameters
    ----------
    id : its stable name.
    first, second : names of KPIs; the first is the one that tempts.
    ways : which way each looks good.
    sentence : how the one is bought with the other.
    """

    id: str
    first: str
    second: str
    ways: tuple[Direction, Direction]
    sentence: str


_ALL: Final = (
    Pair("handle-first-contact", "speed.handle", "outcome.first_contact/repeat", (_LESS, _MORE),
         "Contacts that end before the matter is settled are short, and the customer comes again."),
    Pair("handle-failure-demand", "speed.handle", "flow.failure_demand", (_LESS, _LESS),
         "What is left out of a contact to shorten it comes back as another one."),
    Pair("handle-satisfied", "speed.handle", "voice.csat", (_LESS, _MORE),
         "Whoever is hurried notices it."),
    Pair("throughput-reopened", "load.throughput", "outcome.reopened", (_MORE, _LESS),
         "Cases closed too early are many in an hour, and are opened again."),
    Pair("throughput-satisfied", "load.throughput", "voice.csat", (_MORE, _MORE),
         "More in an hour can be less for each."),
    Pair("served-first-contact", "flow.served_per_hour", "outcome.first_contact/repeat", (_MORE, _MORE),
         "Whoever has to come twice is served twice."),
    Pair("cost-first-contact", "cost.per_unit", "outcome.first_contact/repeat", (_LESS, _MORE),
         "A contact gets cheaper where a matter takes two of them."),
    Pair("agreements-resolution", "sla.met", "speed.resolution", (_MORE, _LESS),
         "What is met in its last minutes could have been done before; what is missed already can wait for ever."),
    Pair("agreements-worst", "sla.met", "worst.resolution", (_MORE, _LESS),
         "A case that is late already is worth nothing any more: those near their line go first."),
    Pair("agreements-reopened", "sla.met", "outcome.reopened", (_MORE, _LESS),
         "A case closed in time stops its clock, whether it is solved or not."),
    Pair("agreements-escalation", "sla.met", "flow.escalation", (_MORE, _LESS),
         "A case handed on breaks somebody else's agreement."),
    Pair("agreements-backlog", "sla.met", "flow.backlog", (_MORE, _LESS),
         "A case that is pending runs no clock, and stays."),
    Pair("paused-resolution", "speed.resolution/without_customer_wait", "speed.resolution", (_LESS, _LESS),
         "Time as pending is left out of the one and lived through in the other."),
    Pair("reply-resolution", "speed.first_reply", "speed.resolution", (_LESS, _LESS),
         "A quick reply that says nothing helps the first figure alone."),
    Pair("level-worst", "sla.service_level", "worst.wait", (_MORE, _LESS),
         "Whoever has waited past the line is worth nothing to it: those who just came go first."),
    Pair("wait-gave-up", "speed.answer", "flow.abandonment", (_LESS, _LESS),
         "The wait is that of those who were served: whoever gives up shortens it."),
    Pair("occupancy-wait", "load.occupancy", "speed.answer", (_MORE, _LESS),
         "People are always busy where somebody always waits."),
    Pair("occupancy-gave-up", "load.occupancy", "flow.abandonment", (_MORE, _LESS),
         "People are always busy where somebody always waits, and not all wait to the end."),
    Pair("kept-wait", "promise.kept", "speed.answer", (_MORE, _LESS),
         "Promises are easy to keep where much time is promised."),
    Pair("satisfied-surveyed", "voice.csat", "voice.surveyed", (_MORE, _MORE),
         "Customers are more satisfied where only the satisfied are asked."),
    Pair("satisfied-answered", "voice.csat", "voice.response", (_MORE, _MORE),
         "Whoever is angry or tired of it no longer answers."),
    Pair("satisfied-failure-demand", "voice.csat", "flow.failure_demand", (_MORE, _LESS),
         "Whoever has to come again is not satisfied; if the two part, the wrong ones are asked."),
    Pair("resolved-surveyed", "voice.resolved", "voice.surveyed", (_MORE, _MORE),
         "More say that it is resolved where those whose case went badly are not asked."),
    Pair("backlog-reopened", "flow.backlog", "outcome.reopened", (_LESS, _LESS),
         "Cases closed to clear the desk come back."),
)  # fmt: skip
#: Every pair by its id.
PAIRS: Final[dict[str, Pair]] = {one.id: one for one in _ALL}


@dataclass(frozen=True, slots=True)
class Together:
    """The figures of a pair, of one period and the same members, and how each changed.

    Parameters
    ----------
    pair : which.
    first, second : its figures.
    changes : of each, 1 for surely better than the period before, -1 for surely worse, else 0.
    """

    pair: Pair
    first: Figure
    second: Figure
    changes: tuple[int, int]

    @property
    def traded(self) -> bool:
        """Whether one got better while the other got worse."""
        return self.changes[0] * self.changes[1] < 0

    def beside(self, name: str) -> tuple[Figure, int]:
        """Return the other figure than the one named, and how it changed."""
        return (self.second, self.changes[1]) if name == self.pair.first else (self.first, self.changes[0])


def pairs_of(names: Iterable[str]) -> list[Pair]:
    """Return the pairs in which any of some KPIs is.

    Examples
    --------
    >>> [pair.second for pair in pairs_of(["flow.served_per_hour"])]
    ['outcome.first_contact/repeat']
    """
    wanted = set(names)
    return [pair for pair in PAIRS.values() if wanted & {pair.first, pair.second}]


def partners(names: Iterable[str]) -> list[str]:
    """Return the KPIs to be read beside some, without those."""
    known = list(names)
    found = [name for pair in pairs_of(known) for name in (pair.first, pair.second)]
    return [name for name in dict.fromkeys(found) if name not in known]


def together(figures: Iterable[Figure]) -> list[Together]:
    """Put the figures of pairs side by side, the pairs first of which one got better while the other got worse.

    A change is told only if it is beyond what chance does to two periods: the interval of a figure is widened by the
    square root of two, as for the difference of two equally unsure figures. Of two figures that have nothing to do with
    each other one pair in eight hundred then looks traded by chance. Figures that can still change tell no change.

    Parameters
    ----------
    figures : of any KPIs, members and periods.
    """
    known: dict[Any, dict[str, Figure]] = {}
    for figure in figures:
        if figure.value is not None:
            key = (tuple(sorted((dim, str(member)) for dim, member in figure.by.items())), figure.start, figure.end)
            known.setdefault(key, {})[name_of(figure)] = figure
    found = [
        _beside(pair, members[pair.first], members[pair.second])
        for members in known.values()
        for pair in PAIRS.values()
        if pair.first in members and pair.second in members
    ]
    return sorted(found, key=lambda one: not one.traded)


def _beside(pair: Pair, first: Figure, second: Figure) -> Together:
    ways = [
        changed(figure, direction=way, unsure=_UNSURE) for figure, way in zip((first, second), pair.ways, strict=True)
    ]
    return Together(pair, first, second, (ways[0], ways[1]))


def name_of(figure: Figure) -> str:
    """Return the name of a figure's KPI."""
    return f"{figure.id}/{figure.variant}" if figure.variant else figure.id


def told(one: Together) -> str:
    """Return a pair in a sentence or two: how each figure changed, and how the one is bought with the other.

    Parameters
    ----------
    one : a pair.
    """
    kpis = catalogue()
    sides = [_side(kpis[name_of(f)], f, way) for f, way in zip((one.first, one.second), one.changes, strict=True)]
    return f"{sides[0]}, {'but' if one.traded else 'and'} {sides[1]}. {one.pair.sentence}"


def _side(kpi: Kpi, figure: Figure, way: int) -> str:
    return f"{kpi.title}: {number(figure.value, unit=figure.unit)} ({change(figure, way=way)})"


def change(figure: Figure, *, way: int) -> str:
    """Return how a figure changed, in words.

    Parameters
    ----------
    figure : with the period before, if there is one.
    way : 1 for better, -1 for worse, 0 for neither.
    """
    if figure.previous is None:
        return "no period before"
    if not figure.mature:
        return "can still change"
    was = number(figure.previous, unit=figure.unit)
    return {1: f"better than {was} before", -1: f"worse than {was} before"}.get(way, f"{was} before, no clear change")
