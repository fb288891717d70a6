"""Six KPIs by day and queue as one would write them in pandas: columns picked while reading, categories, whole columns.

Contacts and cases become integers once; then everything is a minimum or maximum by integer, an array operation, or one
group-by for each KPI.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from benchmarks.quality._kpi_sides import SHAPE, Plan

_CONTACT = [
    "arrived", "queued", "called", "answered", "wrapped", "ended", "abandoned", "checked_in", "held", "resumed", "balked",
    "no_show", "transferred", "escalated", "callback_requested", "message_received", "message_sent", "focused", "unfocused",
]  # fmt: skip
_CASE = [
    "arrived", "queued", "answered", "message_received", "message_sent", "opened", "resolved", "closed", "transferred",
    "escalated", "assigned", "status_changed", "solution_proposed", "reopened", "merged",
]  # fmt: skip
_DAY = 86_400_000_000
#: No instant: later, or earlier, than all.
_LATE, _EARLY = np.iinfo(np.int64).max, np.iinfo(np.int64).min


def figures(plan: Plan) -> pa.Table:
    """Compute the figures from the files of the plan."""
    words = ["activity", "queue", "actor", "direction"]
    table = parquet.read_table(
        plan.files,
        columns=["occurred_at", "contact_id", "case_id", *words],
        filters=[("activity", "in", sorted({*_CONTACT, *_CASE}))],
        read_dictionary=words,
        partitioning=None,
    )
    events = table.unify_dictionaries().to_pandas(split_blocks=True, self_destruct=True)
    del table
    events["at"] = events.pop("occurred_at").dt.as_unit("us").astype("int64").to_numpy()
    found = pd.concat([*_contacts(events, plan.time_zone), *_cases(events, plan.time_zone)], ignore_index=True)
    return pa.Table.from_pandas(found, schema=SHAPE, preserve_index=False)


class _Marks:
    """Events of one kind of unit, the unit as an integer."""

    def __init__(self, events: pd.DataFrame, *, unit: str, activities: list[str]) -> None:
        e = events[events[unit].notna() & events["activity"].isin(activities)]
        codes, names = pd.factorize(e[unit])
        self.unit, self.count = codes, len(names)
        self.at = e["at"].to_numpy()
        self.queue, self.queues = e["queue"].cat.codes.to_numpy(), e["queue"].cat.categories
        self._activity, self._activities = e["activity"].cat.codes.to_numpy(), list(e["activity"].cat.categories)
        self.human = (e["actor"] == "human").to_numpy()
        self.bot = (e["actor"] == "bot").to_numpy()
        self.internal = (e["direction"] == "internal").to_numpy()

    def of(self, *activities: str) -> Any:
        """Tell which events are of these activities."""
        codes = [self._activities.index(a) for a in activities if a in self._activities]
        return np.isin(self._activity, codes)

    def first(self, where: Any = slice(None)) -> Any:
        """Return the earliest instant of each unit, `_LATE` without any."""
        found = pd.Series(self.at[where]).groupby(self.unit[where]).min()
        return _spread(found, self.count, _LATE)

    def last(self, where: Any = slice(None)) -> Any:
        """Return the latest instant of each unit, `_EARLY` without any."""
        found = pd.Series(self.at[where]).groupby(self.unit[where]).max()
        return _spread(found, self.count, _EARLY)

    def has(self, where: Any) -> Any:
        """Tell which units have such an event."""
        found = np.zeros(self.count, dtype=bool)
        found[self.unit[where]] = True
        return found

    def any_queue(self, where: Any = slice(None)) -> Any:
        """Return the alphabetically first queue of each unit as a code, -1 without any."""
        known = self.queue >= 0
        known = known & where if not isinstance(where, slice) else known
        rank = np.argsort(np.argsort(np.asarray(self.queues, dtype=str)))
        found = pd.Series(rank[self.queue[known]]).groupby(self.unit[known]).min()
        order = np.append(np.argsort(np.asarray(self.queues, dtype=str)), -1)
        return order[_spread(found, self.count, -1)]


def _spread(found: pd.Series[Any], count: int, missing: int) -> Any:
    result = np.full(count, missing, dtype=np.int64)
    result[found.index.to_numpy()] = found.to_numpy()
    return result


def _contacts(events: pd.DataFrame, time_zone: str) -> list[pd.DataFrame]:
    e = _Marks(events, unit="contact_id", activities=_CONTACT)
    queue, started, last = e.any_queue(), e.first(), e.last()
    queued = e.first(e.of("queued"))
    answered = e.first(e.of("answered") & e.human)
    is_answered, is_queued = answered != _LATE, queued != _LATE
    callback, abandoned_at = e.has(e.of("callback_requested")), e.first(e.of("abandoned"))
    left = np.minimum(abandoned_at, e.first(e.of("balked", "no_show", "callback_requested")))
    waits_from = np.where(is_queued, queued, e.first(e.of("arrived", "checked_in")))
    until = np.where(is_answered, answered, left)
    known = (waits_from != _LATE) & (until != _LATE)
    wait = np.full(e.count, np.nan)
    wait[known] = (until[known] - waits_from[known]) / 1e6
    over = np.maximum(e.last(e.of("ended")), e.last(e.of("transferred")))
    stop = np.where(is_answered & (over >= answered), over, np.where(last > answered, last, _EARLY))
    wrapped = e.last(e.of("wrapped"))
    handle = np.full(e.count, np.nan)
    done = is_answered & (stop != _EARLY)
    wrap = np.where(wrapped[done] != _EARLY, np.maximum(wrapped[done] - stop[done], 0), 0)
    handle[done] = (stop[done] - answered[done]) / 1e6 + wrap / 1e6
    replied = e.has(e.of("message_sent") & e.human & ~e.internal)
    by_person = e.has(e.of("ended") & e.human)
    gone = e.has(e.of("balked", "no_show", "transferred")) | (over != _EARLY) | replied | by_person
    through = is_queued & (is_answered | callback | (abandoned_at != _LATE) | gone)
    abandoned = ~is_answered & ~callback & (abandoned_at != _LATE)
    in_time = (is_answered | abandoned | callback) & (wait <= 20)
    joined = np.where(is_queued, queued, started)
    names = e.queues
    rows = [
        ("flow.abandonment", joined, abandoned.astype(float), through, False),
        ("sla.service_level", joined, in_time.astype(float), through, False),
        ("speed.answer", joined, wait, is_answered & (wait >= 0), True),
        ("speed.handle", answered, handle, ~np.isnan(handle), True),
    ]
    return [_figures(k, queue[w], names, at[w], v[w], time_zone, spread=s) for k, at, v, w, s in rows]


def _cases(events: pd.DataFrame, time_zone: str) -> list[pd.DataFrame]:
    e = _Marks(events, unit="case_id", activities=_CASE)
    opening = e.of("opened")
    usual = e.of("arrived", "queued", "answered", "message_received", "message_sent", "resolved", "closed")
    queue, second, third = e.any_queue(opening), e.any_queue(usual), e.any_queue()
    queue = np.where(queue >= 0, queue, np.where(second >= 0, second, third))
    opened, started = e.first(opening), e.first()
    opened = np.where(opened != _LATE, opened, started)
    first_in = e.first(e.of("opened", "message_received", "arrived", "queued"))
    first_in = np.where(first_in != _LATE, first_in, opened)
    reply = (e.of("answered") | (e.of("message_sent") & ~e.internal)) & e.human
    replied = e.first(reply)
    merged = e.has(e.of("merged"))
    # The clock starts anew at the last hand-over by a bot, or reopening, before the reply.
    over = e.of("reopened") | (e.of("escalated", "transferred") & e.bot)
    clock = np.maximum(opened, e.last(over & (e.at <= replied[e.unit])))
    resolved = e.last(e.of("resolved"))
    again = e.first(e.of("reopened") & (e.at > resolved[e.unit]) & (resolved[e.unit] != _EARLY))
    soon = np.zeros(e.count, dtype=bool)
    both = (again != _LATE) & (resolved != _EARLY)
    soon[both] = again[both] - resolved[both] <= 14 * _DAY
    took = np.zeros(e.count)
    answered = ~merged & (replied != _LATE) & (replied >= clock)
    took[answered] = (replied[answered] - clock[answered]) / 1e6
    settled = ~merged & (resolved != _EARLY) & ~soon & (resolved >= first_in)
    total = np.zeros(e.count)
    total[settled] = (resolved[settled] - first_in[settled]) / 1e6
    names = e.queues
    return [
        _figures("speed.first_reply", queue[answered], names, opened[answered], took[answered], time_zone, spread=True),
        _figures("speed.resolution", queue[settled], names, resolved[settled], total[settled], time_zone, spread=True),
    ]


def _figures(kpi: str, queue: Any, names: Any, at: Any, values: Any, time_zone: str, *, spread: bool) -> pd.DataFrame:
    """Return value, n and, for times, quantiles and maximum by queue and local day."""
    if time_zone == "UTC":
        day = at // _DAY
    else:
        local = pd.DatetimeIndex(at.view("datetime64[us]")).tz_localize("UTC").tz_convert(time_zone).tz_localize(None)
        day = local.normalize().to_numpy().astype("datetime64[D]").astype(np.int64)
    groups = pd.DataFrame({"queue": queue, "day": day, "value": values}).groupby(["queue", "day"])["value"]
    found = pd.DataFrame({"value": groups.mean(), "n": groups.count()})
    for name, share in (("p50", 0.5), ("p90", 0.9), ("p95", 0.95)):
        found[name] = groups.quantile(share) if spread else np.nan
    found["max"] = groups.max() if spread else np.nan
    found = found.reset_index()
    found["queue"] = np.array([*names, None], dtype=object)[found["queue"].to_numpy()]
    found["kpi"] = kpi
    shape = ["kpi", "queue", "day", "value", "n", "p50", "p90", "p95", "max"]
    return found[shape]
