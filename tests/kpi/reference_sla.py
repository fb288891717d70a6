"""Agreements kept, in plain loops, by policies that know no mercy: for random logs."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from math import floor
from typing import Any

from tests.kpi.reference import Row
from tests.kpi.reference_world import Item, Items, World, kpi
from tests.kpi.sla import plain
from troth.core.terms import SlaMetric

_HOUR = 3600.0
_LONG = {
    "first_reply": 4, "next_reply": 1, "periodic_update": 10, "pausable_update": 3, "agent_work": 6, "requester_wait": 20,
    "resolution": 30, "assignment": 5,
}  # fmt: skip

#: A policy for important cases that takes everything over from the start, and one for the others that changes once.
TABLES: dict[str, list[dict[str, Any]]] = {
    "sla_policies": [{"policy": "vip", "position": 1}, {"policy": "all", "position": 2}],
    "sla_filters": [{"policy": "vip", "field": "priority", "value": "high"}, {"policy": "vip", "field": "queue", "value": "!q2"}],
    "sla_targets": [
        *({"policy": "vip", "metric": m, "target_s": h * _HOUR / 2, "calendar": "office", "retroactive_start": True,
           "retroactive_pause": m != "agent_work"} for m, h in _LONG.items()),
        *({"policy": "all", "metric": m, "target_s": h * _HOUR, "calendar": "calendar_use" if h > 4 else None} for m, h in _LONG.items()),
        {"policy": "all", "metric": "resolution", "priority": "high", "target_s": 300.0},
        {"policy": "all", "metric": "first_reply", "target_s": 45.0, "valid_from": date(2026, 3, 30)},
    ],
    "sla_conditions": [
        {"policy": "*", "metric": "requester_wait", "hook": "reset", "number": 1, "activity": "escalated"},
        {"policy": "all", "metric": "resolution", "hook": "pause", "number": 1, "activity": "status_changed", "step": "on_hold"},
        {"policy": "all", "metric": "resolution", "hook": "resume", "number": 1, "activity": "message_received|reopened"},
    ],
}  # fmt: skip


def _row(clock: plain.Plain) -> Row:
    known = clock.known
    dims = {name: known.get(name) for name in ("queue", "site", "channel", "service", "priority", "team")}
    more = {"agent_id": known.get("agent"), "customer_id": known.get("customer"), "policy": clock.policy}
    return Row(**dims, **more, approximate=clock.approximate)


def _items(w: World, states: tuple[str, ...] = ("met", "breached"), metric: str | None = None) -> Items:
    for c in w.sla:
        if c.state in states and metric in (None, c.metric):
            assert c.decided is not None
            yield Item(c.decided, float(c.state == "met"), 1.0, _row(c))


@kpi("sla.met")
def met(w: World) -> Items:
    """Every decided clock, at the instant it was decided."""
    yield from _items(w)


for _metric in SlaMetric:

    @kpi(f"sla.met/{_metric}")
    def met_of(w: World, metric: str = str(_metric)) -> Items:
        """Every decided clock of one metric."""
        yield from _items(w, metric=metric)


@kpi("sla.met/stopped")
def stopped(w: World) -> Items:
    """Every stopped clock, at its stop."""
    for c in w.sla:
        if c.how == "stop":
            assert c.end is not None
            yield Item(c.end, float(c.state == "met"), 1.0, _row(c))


@kpi("sla.met/whole_percent")
def whole_percent(w: World) -> Items:
    """Every stopped clock, breached if it used a hundred whole percents."""
    for c in w.sla:
        if c.how == "stop":
            assert c.end is not None
            yield Item(c.end, float(floor(c.counted / c.target * 100 + 0.5) < 100), 1.0, _row(c))


@kpi("sla.met/cases")
def cases(w: World) -> Items:
    """Every case without an open clock, at the instant the last of its clocks was decided."""
    mine: dict[str, list[plain.Plain]] = defaultdict(list)
    for c in w.sla:
        if c.state != "cancelled":
            mine[c.case].append(c)
    for clocks in mine.values():
        if all(c.decided is not None for c in clocks):
            rows = [(c.decided, _row(c), c) for c in clocks if c.decided is not None]
            last = max(rows, key=lambda r: (r[0], r[1].agent_id or "", r[1].team or "", r[1].policy))
            row = Row(**vars(last[1]))
            for name in ("queue", "site", "channel", "service", "priority", "customer_id"):
                setattr(
                    row, name, max((getattr(r, name) for _, r, _ in rows if getattr(r, name) is not None), default=None)
                )
            yield Item(last[0], float(all(c.state == "met" for c in clocks)), 1.0, row)
