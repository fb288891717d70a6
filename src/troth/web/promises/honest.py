"""Which probability may be stated of a promise: the share of its like that was kept, here, at the site, at all sites."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Case, Count, DurationField, ExpressionWrapper, F, IntegerField, Q, Value, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import ExtractDay
from django.db.models.lookups import Exact

from troth.web.people.models import Unit
from troth.web.promises import bridge
from troth.web.promises.actions import BROKEN, KEPT
from troth.web.promises.models import Promise

#: Older promises have faded to less than a hundredth.
_REMEMBERED: Final = timedelta(days=91)
#: Words of `Promise.basis`, by circle: nothing known, all sites, this site, this service at this site.
BASES: Final = {-1: "usual", 0: "everywhere", 1: "site", 2: "service"}


def honest(*, kind: str, unit: Unit, service: str, prior: float, now: datetime) -> bridge.LearnedShare:
    """Return the share of promises of a kind that was kept, and what it stands on.

    Only what was due by now counts, so that those called early do not run ahead of those still waiting. Of promises
    made as an interval it is also asked whether they were late, for that is what is promised now.

    Parameters
    ----------
    kind, unit, service : of the promise to be made; the service by its code.
    prior : stated while nothing came due anywhere.
    now : the present.
    """
    theirs = Promise.objects.filter(kind=kind, state__in=(KEPT, BROKEN), due_at__lte=now, due_at__gt=now - _REMEMBERED)
    here = Q(unit=unit) & Q(Exact(KeyTextTransform("service", "context"), service))
    circle = Case(When(here, then=2), When(unit=unit, then=1), default=0, output_field=IntegerField())
    since = ExpressionWrapper(Value(now) - F("due_at"), output_field=DurationField())
    age = ExtractDay(since)
    by_day = theirs.annotate(circle=circle, age=age).values("circle", "age")
    cells = list(by_day.annotate(n=Count("pk"), kept=Count("pk", filter=Q(state=KEPT))))
    return bridge.learned_share(
        [one["kept"] for one in cells], due=[one["n"] for one in cells], circles=[one["circle"] for one in cells],
        ages_days=[one["age"] for one in cells], prior=prior,
    )  # fmt: skip
