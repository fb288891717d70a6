"""Which published requirements hold: of those that say different things of the same time, one counts."""

from __future__ import annotations

from typing import Any, Final

from troth.kpi.definition import Rows
from troth.log.timelines import micros

#: What a requirement may be of, in the order in which splits of equal fineness are taken.
NEEDED_OF: Final = ("site", "team", "queue")
_HOUR_US: Final = 3_600_000_000


def held_requirements(requirements: Rows) -> Rows:
    """Return the rows of `requirements` that hold: of any that speak of the same people at the same time, one.

    Two rows do if their times overlap and no dimension has them apart; a dimension left out is all of its members. Of
    those the one published last before it began goes first, then the finer split, then the shorter interval.
    """
    import ibis

    r = requirements
    r = r.filter(r.agents.notnull() & (r.issued_at <= r.starts_at) & (r.ends_at > r.starts_at))
    fine = r.site.notnull().cast("int64") + r.team.notnull().cast("int64") + r.queue.notnull().cast("int64")
    r = r.mutate(fine=fine, wide=micros(r.ends_at) - micros(r.starts_at))
    # What was said again of the very same goes before what it was, and beats all that did: fewer rows to compare.
    same = ibis.window(group_by=[*(r[d] for d in NEEDED_OF), r.starts_at, r.ends_at], order_by=_best_first(r))
    r = r.mutate(nth=ibis.row_number().over(same))
    r = r.filter(r.nth == 0).drop("nth")
    r = r.mutate(place=ibis.row_number().over(ibis.window(order_by=_best_first(r))))
    # Cut at full hours and joined on the hour, which is far faster than on ranges of time.
    c = r.select("place", *NEEDED_OF, low=micros(r.starts_at), high=micros(r.ends_at))
    c = c.mutate(hour_no=hours(c.low, c.high).unnest())
    o = c.view()
    alike = [c[d].isnull() | o[d].isnull() | (c[d] == o[d]) for d in NEEDED_OF]
    both = c.join(
        o, [c.hour_no == o.hour_no, o.place < c.place, o.low < c.high, o.high > c.low, *alike], rname="{name}_of"
    )
    lost = both.select(lost=both.place).distinct()
    return r.anti_join(lost, r.place == lost.lost).drop("place", "fine", "wide")


def _best_first(r: Rows) -> list[Any]:
    """Return by what requirements go before each other."""
    return [
        r.issued_at.desc(), r.recorded_at.desc(nulls_first=False), r.fine.desc(), r.wide,
        *(r[d].isnull() for d in NEEDED_OF), *(r[d] for d in NEEDED_OF), r.starts_at,
        r.snapshot,
    ]  # fmt: skip


def hours(low: Any, high: Any) -> Any:
    """Return the numbers of the hours that a stretch of microseconds touches."""
    import ibis

    first, last = ((edge / _HOUR_US).floor().cast("int64") for edge in (low, high - 1))
    return ibis.range(first, last + 1)
