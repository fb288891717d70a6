"""The stated 95 % interval of a figure holds the truth about that often, from events to figure."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.kpi.logs import Event, hours, lake_of, special
from troth.kpi.catalogue import catalogue
from troth.kpi.plan import Job
from troth.kpi.query import Engine, Query, query

WEEKS, DAYS = 200, 14
START = datetime(2000, 1, 3, tzinfo=UTC)
MEAN_S, SHARE = 300.0, 0.7


@pytest.fixture(scope="module")
def spans(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[float, float]]]:
    """Return the intervals of many fortnights of calls, one queue each, whose truth is known.

    Waits are lognormal with the stated mean and a common effect of the day; answers come with the stated share.
    """
    rng = np.random.default_rng(20_260_329)
    events: list[Event] = []
    for queue in range(WEEKS):
        for day in range(DAYS):
            effect = rng.gamma(20, 1 / 20)
            calls = rng.poisson(6) + 1
            for call in range(calls):
                name = f"{queue}-{day}-{call}"
                at = START + timedelta(days=day, hours=8, minutes=int(rng.integers(0, 500)))
                common: dict[str, Any] = {"contact_id": name, "queue": f"q{queue}"}
                wait = rng.lognormal(np.log(MEAN_S) - 0.32, 0.8) * effect
                events.append(Event(at, "queued", f"{name}a", **common))
                answered = rng.random() < SHARE
                end = "answered" if answered else "abandoned"
                who: dict[str, Any] = {"agent_id": "ana"} if answered else {}
                events.append(Event(at + timedelta(seconds=wait), end, f"{name}b", **common, **who))
    lake = lake_of(tmp_path_factory.mktemp("intervals") / "lake", events)
    asked = Query(kpis=("speed.answer", "flow.abandonment"), by=("queue",), time_zone="UTC")
    found: dict[str, list[tuple[float, float]]] = {}
    for figure in query(lake, asked):
        if figure.low is not None and figure.high is not None:
            name = f"{figure.id}/{figure.variant}" if figure.variant else figure.id
            found.setdefault(name, []).append((figure.low, figure.high))
    return found


@pytest.mark.parametrize(("kpi", "truth"), [("speed.answer", MEAN_S), ("flow.abandonment", 1 - SHARE)])
def test_an_interval_holds_the_truth(spans: dict[str, list[tuple[float, float]]], kpi: str, truth: float) -> None:
    """In 90 to 99 of 100 fortnights, for a mean with heavy tails and for a share."""
    limits = spans[kpi]
    assert len(limits) == WEEKS
    held = np.mean([low <= truth <= high for low, high in limits])
    assert 0.90 <= held <= 0.99
    assert np.mean([high - low for low, high in limits]) < truth, "an interval that says nothing holds anything"


def test_chance_is_laid_out_by_the_days_on_which_it_fell(tmp_path: Path) -> None:
    """The promises behind worst.broken_promises add up to the figure, each on the day it was broken."""
    events: list[Event] = []
    for customer, (broken, last) in enumerate([(1, 30), (1, 33), (2, 40), (30, 30), (None, 35)]):
        common: dict[str, Any] = {"customer_id": f"c{customer}"}
        for kind, day in (("promise_broken", broken), ("promise_kept", last)):
            if day is not None:
                name = f"{customer}-{kind}"
                common |= {"subject_id": name, "subject_kind": "promise"}
                at = START + timedelta(days=day, hours=9)
                events.append(Event(at, "promised", f"{name}m", **common))
                events.append(Event(at + timedelta(hours=1), kind, f"{name}e", **common))
    lake = lake_of(tmp_path / "lake", events)
    start = START + timedelta(days=28)
    with lake.session() as con:
        engine = Engine(lake, con)
        kpi = catalogue()["worst.broken_promises"]
        wanted, _, _ = engine._wanted(Query(start=start, end=start + timedelta(days=28), time_zone="UTC"))
        jobs = [Job(kpi, part, slot) for slot, part in enumerate((*kpi.parts, *kpi.chance_parts))]
        daily, _ = engine._compute(jobs, wanted, None)
    first = (START.date() - date(1970, 1, 1)).days
    whole, customers, promises = (daily[slot] for slot in range(3))
    here, theirs, mine = (part.period == 0 for part in (whole, customers, promises))
    assert (whole.num[here].sum(), whole.den[here].sum()) == (4, 5)
    assert (promises.num[mine].sum(), customers.den[theirs].sum()) == (4, 5)
    assert customers.num[theirs].sum() == promises.den[mine].sum() == 0
    found = {int(day) - first: num for day, num in zip(promises.day[mine], promises.num[mine], strict=True)}
    assert found == {1: 2, 2: 1, 30: 1}


def test_a_holiday_of_a_calendar_does_not_widen_an_interval(tmp_path: Path) -> None:
    """The same calls, with and without a calendar that knows the day; the figure is the same."""
    rng = np.random.default_rng(7)
    events = [
        Event(START + timedelta(days=day, hours=8, minutes=call), "queued", f"{day}-{call}", contact_id=f"{day}-{call}")
        for day in range(42)
        for call in range(int(rng.poisson(5 if day == 21 else 60)))
    ]
    holiday = (START + timedelta(days=21)).date().isoformat()
    known = {"calendars": hours("shop", ("08:00", "18:00"), days=range(7)), "calendar_days": special("shop", holiday)}
    asked = Query(kpis=("flow.volume",), start=START, end=START + timedelta(days=42), time_zone="UTC")
    plain, told = (
        query(lake_of(tmp_path / name, events, **more), asked)[0] for name, more in (("plain", {}), ("told", known))
    )
    assert plain.value == told.value
    assert plain.low is not None and plain.high is not None and told.low is not None and told.high is not None
    assert plain.high - plain.low > 1.2 * (told.high - told.low)
