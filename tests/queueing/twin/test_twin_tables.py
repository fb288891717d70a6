"""A trace as timelines and figures is what the log makes of its events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.queueing.twin.worlds import agent, come, lived, minutes, rich, small
from troth.core.errors import InputError
from troth.core.time import Step
from troth.kpi.query import Query, query
from troth.log.check import check
from troth.log.lake import Lake
from troth.log.schema import DRAFTS
from troth.log.timelines import TIMELINES
from troth.log.timelines.cache import refresh
from troth.queueing.twin import TwinQueue, TwinStream, facts, measure, run, tables

_NUMBER = 3


@pytest.fixture(scope="module")
def trace() -> Any:
    """Return one course with everything in it."""
    return run(rich(), first=_NUMBER, seed=5).traces[0]


@pytest.fixture(scope="module")
def lake(trace: Any, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Return a lake with the events of the course."""
    return Lake(tmp_path_factory.mktemp("twin"), hot=facts.events(trace, problem=rich()))


def test_events_pass_the_strict_check(trace: Any) -> None:
    """Nothing the twin writes would be rejected on import."""
    events = facts.events(trace, problem=rich())
    drafts = pa.table(
        {f.name: events[f.name] if f.name in events.column_names else pa.nulls(len(events), f.type) for f in DRAFTS}
    )
    good, rejects = check(drafts)
    assert len(good) == len(events) > 5000
    assert len(rejects) == 0


@pytest.mark.parametrize(
    ("name", "make"), [("contacts", tables.contacts), ("paid", tables.paid), ("counters", tables.counters)]
)
def test_timelines_are_those_of_the_events(name: str, make: Callable[..., pa.Table], trace: Any, lake: Lake) -> None:
    """Every column of every row equals what the log derives: nulls, doubts and lengths included."""
    with lake.session() as con:
        theirs = con.sql(refresh(lake, con, TIMELINES[name])).fetch_arrow_table()
    keys = [(k, "ascending") for k in ("contact_id", "agent_id", "kind", "started_at") if k in theirs.column_names]
    ours = make(trace, problem=rich()).select(theirs.column_names)
    ours = pa.table({n: ours[n].cast(theirs.schema.field(n).type) for n in theirs.column_names}).sort_by(keys)
    theirs = theirs.sort_by(keys)
    assert len(theirs) > (1000 if name != "counters" else 3)
    for column in theirs.column_names:
        if pa.types.is_floating(theirs.schema.field(column).type):
            a, b = (t[column].to_numpy(zero_copy_only=False) for t in (ours, theirs))
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-6, err_msg=column)
        else:
            assert ours[column].to_pylist() == theirs[column].to_pylist(), column


@pytest.mark.parametrize(("by", "every"), [((), None), (("queue",), Step.HALF_HOUR), (("team", "channel"), Step.HOUR)])
def test_figures_are_those_of_the_lake(by: tuple[str, ...], every: Step | None, lake: Lake) -> None:
    """KPIs straight from the arrays equal those of the events in a lake: values, counts and quantiles."""
    problem = rich()
    names = (*measure.KPIS, "flow.served_per_hour/", "load.utilisation/", "speed.handle/")
    found = measure.measure(problem, kpis=names, by=by, every=every, seed=5, first=_NUMBER - 1, replications=3)
    place = {member: k for k, member in enumerate(found.members)}
    starts = [edge.isoformat() for edge in found.edges]
    figures = query(lake, Query(names, by, problem.start, problem.end, every, time_zone="UTC"))
    assert len(figures) > (8 if not by else 200)
    for figure in figures:
        name = f"{figure.id}/{figure.variant}" if figure.variant else figure.id
        at = (1, place[tuple(figure.by[d] for d in by)], starts.index(figure.start))
        value = float("nan") if figure.value is None else figure.value
        assert found.values[name][at] == pytest.approx(value, rel=1e-9, nan_ok=True), figure
        assert found.n[name][at] == figure.n
        if figure.p50 is not None:
            shown = (figure.p50, figure.p90, figure.p95, figure.max)
            assert found.spread[name][at] == pytest.approx(shown, rel=1e-9)


def test_intervals_over_replications() -> None:
    """The mean's interval narrows with replications, the band of single courses does not."""
    few, many = (measure.measure(rich(), replications=n, seed=1) for n in (10, 60))
    for found in (few, many):
        low, high = found.mean_interval("flow.abandonment")
        assert low < found.mean("flow.abandonment") < high
    widths = [np.subtract(*found.mean_interval("flow.abandonment")[::-1]).item() for found in (few, many)]
    bands = [np.subtract(*found.band("flow.abandonment")[::-1]).item() for found in (few, many)]
    assert widths[1] < 0.6 * widths[0]
    assert bands[1] > 0.6 * bands[0]


def test_batches_and_processes_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures are the same whether replications are measured together or a few at a time."""
    whole = measure.measure(rich(), by=("queue",), replications=4, seed=1)
    monkeypatch.setattr(measure, "_AT_ONCE", 1)
    apart = measure.measure(rich(), by=("queue",), replications=4, seed=1)
    assert whole.members == apart.members
    for name, values in whole.values.items():
        np.testing.assert_allclose(values, apart.values[name], rtol=1e-12)  # sums differ by their order


def test_days_of_23_and_25_hours() -> None:
    """On the two odd days figures fall into the hours of the local clock, and none is lost."""
    from datetime import UTC, datetime

    for day, hours in ((datetime(2026, 3, 28, 22, tzinfo=UTC), 23), (datetime(2026, 10, 24, 21, tzinfo=UTC), 25)):
        end = day + timedelta(hours=hours)
        stream = TwinStream("s", "a", come(*[]))
        base = small(TwinQueue("a", minutes(1)), streams=[stream], agents=[agent("x", "a")])
        arrivals = replace(
            stream.arrivals, at=np.arange(hours, dtype=np.int64) * 3_600_000_000 + int(day.timestamp() * 1e6)
        )
        problem = replace(
            base, start=day, end=end, time_zone="Europe/Vilnius", streams=(replace(stream, arrivals=arrivals),)
        )
        found = measure.measure(problem, kpis=("flow.volume/",), every=Step.HOUR, replications=1)
        assert found.values["flow.volume"].shape[2] == hours
        assert (found.values["flow.volume"] == 1).all()


def test_one_interval_and_nobody() -> None:
    """An hour without customers has figures that say so, and raises no warning."""
    nobody = small(
        TwinQueue("a", minutes(1)), streams=[TwinStream("s", "a", come())], agents=[agent("x", "a")], until=60
    )
    found = measure.measure(nobody, replications=2)
    assert np.isnan(found.mean("speed.answer")).all()
    assert found.n["flow.volume"].sum() == 0
    assert lived(nobody).outcomes()["answered"] == 0


def test_what_takes_a_lake_is_refused() -> None:
    """A KPI of a stock, or of a timeline the twin has not, is an issue and not a figure."""
    with pytest.raises(InputError, match="not-in-batch"):
        measure.measure(rich(), kpis=("flow.backlog",), replications=1)
    with pytest.raises(InputError, match="no-table"):
        measure.measure(rich(), kpis=("voice.csat",), replications=1)
