"""How our word stands: kept-rate, honesty of what was stated, promises at risk now, the history of one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db.models import Count
from django.db.models.fields.json import KeyTextTransform

from troth.web.outbox.models import Fact
from troth.web.people.models import Unit
from troth.web.promises import bridge
from troth.web.promises.actions import BROKEN, KEPT, WAIVED
from troth.web.promises.models import Promise

#: A promise is at risk when less of its time is left than this share, or than this length.
_LEFT: Final = 0.25
_SOON: Final = timedelta(minutes=2)
_SHOWN: Final = 30
_EPOCH: Final = date(1970, 1, 1)

#: By kind of promise, what can be done about one: its words and address, or nothing.
Action = Callable[[Promise], tuple[str, str] | None]
ACTIONS: Final[dict[str, Action]] = {}


def offer_action(kind: str, action: Action) -> None:
    """Say what can be done about promises of a kind that are at risk; the app that makes them knows."""
    ACTIONS[kind] = action


@dataclass(frozen=True, slots=True)
class Rate:
    """How promises of a kind have fared.

    Parameters
    ----------
    kind : which; empty for all together.
    n : kept or broken.
    waived : let go by the customer.
    kept : share that was not late.
    inside : share that came true as promised, which is what probabilities are stated of: of an interval within the
        whole of it, of a latest time alone not late.
    stated : mean of the stated probabilities.
    """

    kind: str
    n: int
    waived: int
    kept: bridge.Interval
    inside: bridge.Interval
    stated: float


@dataclass(frozen=True, slots=True)
class Risk:
    """A running promise that may not be kept: seconds left (negative when overdue), and what can be done."""

    promise: Promise
    left_s: float
    action: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class OurWord:
    """The page of promises."""

    whole: Rate | None
    kinds: tuple[Rate, ...]
    curve: tuple[bridge.Reliability, ...]
    risks: tuple[Risk, ...]
    running: int
    broken: tuple[Promise, ...]


@dataclass(frozen=True, slots=True)
class PromiseStep:
    """One thing that happened to a promise."""

    at: datetime
    activity: str
    due_at: datetime | None
    window_start: datetime | None
    reason: str
    label: str


def standing(units: Iterable[Unit], *, since: datetime, now: datetime, zone: ZoneInfo, kind: str = "") -> OurWord:
    """Return how the promises of some units stand.

    Parameters
    ----------
    units : whose promises.
    since : promises settled from here on count.
    now : the present.
    zone : whose days share their luck.
    kind : only promises of this kind.
    """
    mine = Promise.objects.filter(unit__in=units)
    mine = mine.filter(kind=kind) if kind else mine
    ended = mine.filter(state__in=(KEPT, BROKEN), settled_at__gte=since)
    rows = list(ended.values_list("kind", "probability", "state", "inside", "settled_at"))
    told = [
        (k, p, state == KEPT, bool(inside), (at.astimezone(zone).date() - _EPOCH).days)
        for k, p, state, inside, at in rows
        if at
    ]
    let_go = mine.filter(state=WAIVED, settled_at__gte=since)
    waived = dict(let_go.order_by("kind").values_list("kind").annotate(n=Count("pk")))
    whole = _rate("", told, waived=sum(waived.values()))
    curve: tuple[bridge.Reliability, ...] = ()
    if told:
        curve = bridge.reliability([r[1] for r in told], kept=[r[3] for r in told], days=[r[4] for r in told])
    names = sorted({row[0] for row in told})
    found = (_rate(name, [row for row in told if row[0] == name], waived=waived.get(name, 0)) for name in names)
    broken = ended.filter(state=BROKEN).select_related("unit", "customer").order_by("-settled_at")
    return OurWord(
        whole=whole,
        kinds=tuple(rate for rate in found if rate is not None),
        curve=curve,
        risks=_risks(mine.running().select_related("unit", "customer").order_by("due_at")[:500], now),
        running=mine.running().count(),
        broken=tuple(broken[:_SHOWN]),
    )


def history(promise: Promise) -> list[PromiseStep]:
    """Return what happened to a promise, from the facts; older ones that are only in the lake from its row."""
    facts = Fact.objects.filter(activity__startswith="promis").annotate(about=KeyTextTransform("subject_id", "event"))
    found = [
        _step(fact.occurred_at, fact.activity, json.loads(fact.event.get("attributes") or "{}"))
        for fact in facts.filter(about=str(promise.promise_id)).order_by("recorded_at", "id")
    ]
    if found and found[0].activity == "promised":
        return found
    first = PromiseStep(promise.made_at, "promised", promise.first_due_at, None, "", "")
    ended = (
        [PromiseStep(promise.settled_at, f"promise_{promise.state}", None, None, promise.cause, "")]
        if promise.settled_at
        else []
    )
    return [first, *(found or ended)]


def _rate(kind: str, rows: list[tuple[str, float, bool, bool, int]], *, waived: int) -> Rate | None:
    if not rows:
        return None
    days = [row[4] for row in rows]
    kept = bridge.kept_rate([row[2] for row in rows], days=days)
    inside = bridge.kept_rate([row[3] for row in rows], days=days)
    return Rate(kind, len(rows), waived, kept, inside, sum(row[1] for row in rows) / len(rows))


def _risks(running: Iterable[Promise], now: datetime) -> tuple[Risk, ...]:
    found = []
    for promise in running:
        left = promise.due_at - now
        if left <= max(_SOON, _LEFT * (promise.due_at - promise.made_at)):
            act = ACTIONS.get(promise.kind)
            found.append(Risk(promise, left.total_seconds(), act(promise) if act else None))
    return tuple(found[:_SHOWN])


def _step(at: datetime, activity: str, told: Mapping[str, Any]) -> PromiseStep:
    due, start = (datetime.fromisoformat(told[name]) if told.get(name) else None for name in ("due_at", "window_start"))
    return PromiseStep(at, activity, due, start, told.get("reason", ""), told.get("label", ""))
