"""The program of the benchmark of a site's own promises: lives days of the demo's branch on the rows; ``-m`` with days."""

from __future__ import annotations

import json
import sys
from datetime import UTC, date, datetime, timedelta
from typing import Any

import django

django.setup()

from troth.cli._demo_site import LIVE, company, now_ms, paces  # noqa: E402
from troth.cli._hands import PastHands, instant  # noqa: E402
from troth.demo.drive import BranchDriver  # noqa: E402
from troth.demo.visitors import branch_day  # noqa: E402
from troth.web.flow.expects import learn  # noqa: E402
from troth.web.flow.repair import tidy  # noqa: E402
from troth.web.people.models import Unit  # noqa: E402
from troth.web.project.bridge import seed  # noqa: E402
from troth.web.promises.models import Promise  # noqa: E402
from troth.web.promises.standing import standing  # noqa: E402
from troth.web.promises.sweep import sweep  # noqa: E402

#: The worker looks so often here; at a running site its tasks come every 5 to 30 seconds.
_EVERY: int = 60_000
FIRST = date(2026, 3, 2)


def live(days: int, *, number: int) -> Any:
    """Live some days, the worker's tasks among them; return the branch's unit."""
    truth = company(datetime(2026, 3, 1, tzinfo=UTC))
    seeded = seed(truth, live=LIVE)
    hands = PastHands(seeded.branch, code=truth.sites[LIVE].code)
    plans = [branch_day(truth, site=LIVE, seed=number, day=FIRST + timedelta(days=k)) for k in range(days)]
    drivers = [BranchDriver(plan, hands=hands, paces=paces(truth), bookings={}) for plan in plans]
    last = now_ms(datetime(2026, 3, 2, tzinfo=UTC))
    while due := [one.next_at for one in drivers if one.next_at is not None]:
        at = min(due)
        while last + _EVERY <= at:
            # Nothing happens at night: one look is as good as many.
            last = max(last + _EVERY, at - 10 * _EVERY)
            tidy(now=instant(last))
            sweep(now=instant(last))
            learn(now=instant(last))
        for one in drivers:
            one.advance(at)
    for minutes in (60, 600):
        tidy(now=instant(last + minutes * _EVERY))
        sweep(now=instant(last + minutes * _EVERY))
    return seeded.branch.unit


def told(unit: Unit, *, since: datetime) -> dict[str, Any]:
    """Return what the page of promises says of those settled since an instant, by the page's own reckoning."""
    now = datetime(2026, 12, 31, tzinfo=UTC)
    found = standing([unit], since=since, now=now, zone=unit.zone)
    return {
        one.kind: {
            "n": one.n, "kept": one.kept.estimate, "inside": one.inside.estimate, "low": one.inside.low,
            "high": one.inside.high, "stated": one.stated, "waived": one.waived,
        }
        for one in found.kinds
    }  # fmt: skip


def main() -> None:
    """Print what the page says: of all days, and of those after the first ones, in which the site learns."""
    days, learning, number = map(int, sys.argv[1:])
    unit = live(days, number=number)
    whole = datetime(2026, 3, 1, tzinfo=UTC)
    later = datetime.combine(FIRST + timedelta(days=learning), datetime.min.time(), UTC)
    left = Promise.objects.filter(settled_at=None).count()
    said = {"all": told(unit, since=whole), "later": told(unit, since=later), "running": left}
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    main()
