"""Which change explains a difference: on plain numbers, and against the KPI engine's own figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kpi.compare import PARAMS, REFERENCE
from tests.kpi.logs import lake_of
from tests.kpi.random_logs import random_log
from troth.core.calendar import Calendar
from troth.core.spans import to_micros
from troth.core.terms import Unit
from troth.kpi.calendar_use import CalendarUse, SwitchRule
from troth.kpi.catalogue import catalogue
from troth.kpi.query import Engine, Query
from troth.kpi.reconcile.causes import FITS, Fit, fits, judge
from troth.kpi.reconcile.measure import Material, Spells, measure
from troth.kpi.reconcile.read import material
from troth.kpi.reconcile.vendors import FIGURES, OURS, Sort
from troth.kpi.reconcile.ways import DEPARTURES, Way, ways
from troth.kpi.reconcile.words import meaning


def at(*numbers: float) -> Any:
    return np.array(numbers, dtype=np.float64)


def test_the_change_that_settles_most_is_the_cause_and_others_are_named() -> None:
    """One row both changes settle goes to the commoner; what only two together settle is theirs; the rest stays open."""
    theirs, ours = at(10, 20, 30, 40, 50, 60), at(10, 0, 0, 0, 0, 0)
    others: dict[tuple[str, ...], Any] = {
        ("a",): at(10, 20, 30, 1, 1, 1), ("b",): at(7, 1, 30, 40, 1, 1), ("c",): at(10, 1, 30, 1, 1, 1),
        ("a", "b"): at(10, 1, 1, 1, 50, 1),
    }  # fmt: skip
    judged = judge(theirs, ours=ours, others=others, unit_s=0.0)
    said = [judged.tallies[k].codes if k >= 0 else None for k in judged.cause]
    assert said == [None, ("a",), ("a",), ("b",), ("a", "b"), None]
    assert judged.also == {2: (("b",), ("c",))}
    told = {tally.codes: (tally.cases, tally.settles, tally.alone, tally.breaks) for tally in judged.tallies}
    assert told == {("a",): (2, 2, 1, 0), ("b",): (1, 2, 1, 1), ("c",): (0, 1, 0, 0), ("a", "b"): (1, 1, 1, 0)}


def test_where_chance_is_easy_a_cause_must_settle_more_than_it_breaks() -> None:
    """A change that turns verdicts around settles those that differ; it is no cause if as many then differ that did not."""
    theirs, ours = at(1, 1, 0, 0), at(1, 1, 1, 1)
    others: dict[tuple[str, ...], Any] = {("turn",): at(0, 0, 0, 0)}
    assert judge(theirs, ours=ours, others=others, unit_s=0.0).cause.tolist() == [-1, -1, 0, 0]
    cautious = judge(theirs, ours=ours, others=others, unit_s=0.0, cautious=True)
    assert cautious.cause.tolist() == [-1, -1, -1, -1]
    assert [(t.settles, t.breaks, t.cases) for t in cautious.tallies] == [(2, 2, 0)]


@given(st.integers(0, 10**6).map(float), st.sampled_from([1.0, 60.0]))
def test_whatever_is_rounded_fits(seconds: float, unit: float) -> None:
    """A figure rounded down, up or to the nearest step always fits, and one more than a step away never does."""
    for rounded in (np.floor(seconds / unit), np.ceil(seconds / unit), np.floor(seconds / unit + 0.5)):
        assert fits(at(seconds), theirs=at(rounded * unit), unit_s=unit)[0] > 0
    assert FITS[fits(at(seconds), theirs=at(seconds + unit * 1.01 + 0.6), unit_s=unit)[0]] is Fit.DIFFERS
    assert FITS[fits(at(np.nan), theirs=at(seconds), unit_s=unit)[0]] is Fit.DIFFERS


def _week(name: str, *spans: tuple[int, int]) -> Calendar:
    """Return a calendar from minutes of a week that begins on Sunday."""
    days = "Sun Mon Tue Wed Thu Fri Sat".split()
    text = "; ".join(
        f"{days[a // 1440]} {a % 1440 // 60:02}:{a % 60:02}-{b % 1440 // 60:02}:{b % 60:02}" for a, b in spans
    )
    return Calendar.weekly(name, time_zone="UTC", hours=text)


def test_whose_opening_hours_where_they_change_on_the_way() -> None:
    """The published case of two schedules: added up by one product, all by the last schedule by another.

    Fivetran, dbt_zendesk, decision log: 959.46 and 689.46 minutes, with its instants in minutes of a week, as it cuts them.
    """
    calendars = {
        "chicago": _week("chicago", (720, 1560), (2160, 3000), (3600, 4440), (5040, 5880), (6480, 7320), (7920, 8760), (9360, 10200)),
        "pacific": _week("pacific", (2340, 2910), (3780, 4350), (5220, 5790), (6660, 7230), (8100, 8670)),
    }  # fmt: skip
    sunday = datetime(2020, 9, 27, tzinfo=UTC)
    start, moved, end = (sunday + timedelta(minutes=m) for m in (3902, 5461.25, 5461.46))
    use: list[dict[str, Any]] = [
        {"dimension": "team", "member": "x", "calendar": "chicago"},
        {"dimension": "team", "member": "x", "calendar": "pacific", "valid_from": moved},
    ]
    none = np.zeros(0, dtype=np.int64)
    known = Material(
        ["t"], {"opened": np.array([to_micros(start)]), "reply": np.array([to_micros(end)])}, {}, {}, np.array([False]), at(0),
        CalendarUse(calendars, use).apply({"team": ["x"]}, rows=1), Spells(none, [], none, none), np.array([True]), np.array([False]),
    )  # fmt: skip
    way = Way("opened", "reply", business=True)
    assert measure(known, way=way) / 60 == pytest.approx(959.46, abs=0.001)
    last = DEPARTURES["schedule_at_end"].applied(way)
    assert last.schedule is SwitchRule.AT_END
    assert measure(known, way=last) / 60 == pytest.approx(689.46, abs=0.001)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Return many random logs in one lake, with calendars that change."""
    events = [event for seed in range(40) for event in random_log(f"s{seed}", seed=seed)]
    reference = {name: rows for name, rows in REFERENCE.items() if name.startswith("calendar")}
    lake = lake_of(tmp_path_factory.mktemp("random") / "lake", events, **reference)
    with lake.session() as con:
        yield Engine(lake, con)


@pytest.mark.parametrize(
    "name", [name for name in OURS if catalogue()[name].unit is Unit.SECONDS and name != "speed.handle"]
)
def test_ours_is_the_catalogues_own(engine: Engine, name: str) -> None:
    """Number and mean of what is measured here, case by case, are those of the KPI."""
    subject = "contact" if OURS[name].start in ("queue", "answer") else "case"
    rows = engine.lake.settled(where=f"{subject}_id IS NOT NULL")
    names = [one for (one,) in engine.con.sql(f"SELECT DISTINCT {subject}_id FROM ({rows}) ORDER BY ALL").fetchall()]
    known = material(engine, subject=subject, names=names, params=PARAMS, calendar=None)
    found = measure(known, way=OURS[name])
    (figure,) = engine.figures(Query(kpis=(name if "/" in name else f"{name}/",), params=PARAMS))
    assert int((~np.isnan(found)).sum()) == figure.n
    assert float(np.nanmean(found)) == pytest.approx(figure.value)
    assert figure.n > 10


def test_every_figure_is_declared_whole() -> None:
    """KPIs and changes exist, names are unique, and each change has a sentence and a part of a way to change."""
    names = [(one.vendor, one.name) for one in FIGURES]
    assert len(set(names)) == len(names)
    parts = {one.name for one in fields(Way)}
    assert {departure.axis for departure in DEPARTURES.values()} <= parts
    for one in FIGURES:
        assert one.kpi in catalogue()
        assert one.source
        if one.sort is not Sort.VERDICT and not one.agreement:
            assert one.way == OURS[one.kpi]
            assert all(meaning("+".join(codes)) for codes in ways(one.way, codes=one.departures))
