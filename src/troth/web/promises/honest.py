"""Which probability may be stated of a promise: the share of its like that was kept, here, at the site, at all sites."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from django.core.cache import cache
from django.db.models import Case, Count, DurationField, ExpressionWrapper, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import ExtractDay, TruncDate
from django.db.models.lookups import Exact

from troth.web.people.models import Unit
from troth.web.promises import bridge
from troth.web.promises.actions import BROKEN, KEPT
from troth.web.promises.models import Promise

#: Older promises have faded to less than a hundredth.
_REMEMBERED: Final = timedelta(days=91)
#: What came due before yesterday is settled for good: the sweep comes round every few seconds.
_SETTLING: Final = timedelta(days=1)
#: What was counted is asked for on one day only.
_LASTS_S: Final = 2 * 86_400
#: Words of `Promise.basis`, by circle: nothing known, all sites, this site, this service at this site.
BASES: Final = {-1: "usual", 0: "everywhere", 1: "site", 2: "service"}

_KEPT: Final = Count("pk", filter=Q(state=KEPT))

#: Circle, age in days, how many came due, how many of them were kept.
_Cell = tuple[int, int, int, int]


def honest(*, kind: str, unit: Unit, service: str, prior: float, now: datetime) -> bridge.LearnedShare:
    """Return the share of promises of a kind that was kept, and what it stands on.

    Only what was due by now counts, so that those called early do not run ahead of those still waiting. Of promises
    made as an interval it is also asked whether they were late, for that is what is promised now. All but the newest days
    are those that `remember` has counted, if it has today; else all are counted here, however many they are.

    Parameters
    ----------
    kind, unit, service : of the promise to be made; the service by its code.
    prior : stated while nothing came due anywhere.
    now : the present.
    """
    known = _known(kind, unit.pk, service, now)
    since = now - _REMEMBERED if known is None else _open_from(now)
    cells = [*(known or ()), *_counted(kind, unit, service, since=since, now=now)]
    return bridge.learned_share(
        [cell[3] for cell in cells], due=[cell[2] for cell in cells], circles=[cell[0] for cell in cells],
        ages_days=[cell[1] for cell in cells], prior=prior,
    )  # fmt: skip


def remember(*, kind: str, now: datetime) -> bool:
    """Count what came due on all but the newest days, once a day, so that nobody who books waits for it.

    Returns
    -------
    whether it was counted; not if it was today.
    """
    if cache.get(_name(kind, None, now)) is not None:
        return False
    days = _settled(kind).filter(due_at__lt=_open_from(now), due_at__gt=now - _REMEMBERED)
    service = KeyTextTransform("service", "context")
    groups = days.values("unit", service=service, day=TruncDate("due_at", tzinfo=UTC))
    every, units = defaultdict[int, list[int]](lambda: [0, 0]), defaultdict[int, dict[str, Any]](dict)
    for one in groups.annotate(due=Count("pk"), kept=_KEPT):
        age = (_today(now) - one["day"]).days
        units[one["unit"]].setdefault(one["service"] or "", []).append([age, one["due"], one["kept"]])
        every[age][0] += one["due"]
        every[age][1] += one["kept"]
    whole = [[age, *sums] for age, sums in every.items()]
    for unit_id, services in units.items():
        cache.set(_name(kind, unit_id, now), {"every": whole, "here": services}, _LASTS_S)
    # Last, for where this is known a unit without an entry has nothing; and it ends before they do.
    cache.set(_name(kind, None, now), {"every": whole, "here": {}}, _LASTS_S // 2)
    return True


def _known(kind: str, unit_id: int, service: str, now: datetime) -> list[_Cell] | None:
    """Return what was counted of the older days; None if it was not."""
    found = cache.get(_name(kind, unit_id, now)) or cache.get(_name(kind, None, now))
    if found is None:
        return None
    rest = {age: [due, kept] for age, due, kept in found["every"]}
    cells = list[_Cell]()
    for code, days in found["here"].items():
        for age, due, kept in days:
            cells.append((2 if code == service else 1, age, due, kept))
            rest[age][0] -= due
            rest[age][1] -= kept
    return cells + [(0, age, due, kept) for age, (due, kept) in rest.items() if due]


def _counted(kind: str, unit: Unit, service: str, *, since: datetime, now: datetime) -> Iterable[_Cell]:
    """Count what came due after an instant and by now."""
    here = Q(unit=unit) & Q(Exact(KeyTextTransform("service", "context"), service))
    circle = Case(When(here, then=2), When(unit=unit, then=1), default=0, output_field=IntegerField())
    age = ExtractDay(ExpressionWrapper(Value(now) - F("due_at"), output_field=DurationField()))
    theirs = _settled(kind).filter(due_at__lte=now, due_at__gte=since)
    by_day = theirs.annotate(circle=circle, age=age).values("circle", "age").annotate(due=Count("pk"), kept=_KEPT)
    return [(one["circle"], one["age"], one["due"], one["kept"]) for one in by_day]


def _settled(kind: str) -> QuerySet[Promise]:
    return Promise.objects.filter(kind=kind, state__in=(KEPT, BROKEN))


def _today(now: datetime) -> date:
    return now.astimezone(UTC).date()


def _open_from(now: datetime) -> datetime:
    """Return the beginning of the newest days, whose promises may not all be settled."""
    return datetime.combine(_today(now) - _SETTLING, time(), UTC)


def _name(kind: str, unit_id: int | None, now: datetime) -> str:
    return f"honest-{kind}-{_today(now)}-{unit_id or 'all'}"
