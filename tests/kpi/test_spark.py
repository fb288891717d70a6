"""Spark gives the same timelines, row by row, and the same figures, from logs with every kind of late and beaten row."""

from __future__ import annotations

import gc
import math
import shutil
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

import pytest

from tests.conftest import missing
from tests.kpi import compare
from tests.kpi.logs import put
from tests.kpi.random_logs import random_log
from troth.core.errors import InputError
from troth.core.time import Step
from troth.kpi.definition import Figure
from troth.kpi.query import Query, query
from troth.log.lake import Lake
from troth.log.timelines import TIMELINES
from troth.log.timelines.cache import refresh

# The bridge between Python and Java leaves its sockets to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")

_SEEDS = range(10)
_BASE = Query(start=compare.FIRST, end=compare.LAST, params=compare.PARAMS, time_zone="Europe/Vilnius")


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    """Return a session of Spark on this machine."""
    if shutil.which("java") is None:
        missing("Java is not installed")
    try:
        import pyspark  # noqa: F401
    except ImportError:
        missing("pyspark is not installed; make spark does it")
    from troth.log.spark import session

    # Every query is another and is asked once, of few rows: no compiler and no second plan would earn its time back.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
        made = session(master="local[2]", memory="1g")
        for key in ("spark.sql.codegen.wholeStage", "spark.sql.adaptive.enabled"):
            made.conf.set(key, "false")
        made.conf.set("spark.sql.codegen.factoryMode", "NO_CODEGEN")
        yield made
        made.stop()
    gc.collect()  # while what it finds is still forgiven, see above


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Return a lake with a compacted base, newer and older versions behind it, and equal versions that differ."""
    found = compare.random_lake(tmp_path_factory.mktemp("spark") / "lake", seeds=_SEEDS)
    found.compact()
    events = [e for seed in _SEEDS for e in random_log(f"site{seed}", seed=seed)]
    put(found, [replace(e, queue="q9") for e in events[::7]])
    put(found, [replace(e, queue="q8") for e in events[::14]])
    put(found, [replace(e, version=e.version + 1, agent_id="eve") for e in events[::11]])
    put(found, [replace(e, version=-1, queue="old") for e in events[::13]])
    put(found, events[::5])
    return found


@pytest.mark.parametrize("master", ["foo", "localhost", "spark:/host:7077", ""])
def test_an_address_that_is_none_is_told_before_anything_starts(master: str) -> None:
    """No Java is started, nor blamed, for a slip of the pen."""
    from troth.log.spark import session

    with pytest.raises(InputError) as wrong:
        session(master=master)
    assert [(one.code, one.value) for one in wrong.value.issues] == [("bad-master", master)]


def test_every_timeline_is_equal(spark: Any, lake: Lake) -> None:
    """All rows and columns, to the last bit: the newest versions win, of equal ones the greater content."""
    from troth.log.spark import SparkLake

    there = SparkLake(lake, spark)
    with lake.session() as con:
        for name, timeline in TIMELINES.items():
            there.timeline(timeline)
            con.register("theirs", spark.table(name).toArrow())
            con.execute(f"CREATE OR REPLACE TEMP VIEW ours AS {refresh(lake, con, timeline)}")
            columns = ", ".join(f'"{column}"' for column in con.sql("SELECT * FROM ours").columns)
            a, b = (f"SELECT {columns} FROM {table}" for table in ("ours", "theirs"))
            apart = con.sql(f"({a} EXCEPT ALL {b}) UNION ALL ({b} EXCEPT ALL {a})").fetchall()
            assert apart == [], name
            assert con.sql("SELECT count(*) FROM ours").fetchall()[0][0] > 5
    there.close()


@pytest.mark.parametrize(
    "asked", [replace(_BASE, by=("site",)), replace(_BASE, kpis=("flow.volume", "speed.answer"), every=Step.DAY)]
)
def test_every_figure_is_equal(spark: Any, lake: Lake, asked: Query) -> None:
    """Value, n, interval, quantiles, flags: all of it, but for the last digits of sums."""
    from troth.kpi.spark import query_on

    ours, theirs = query(lake, asked), query_on(spark, lake=lake, wanted=asked)
    assert len(ours) == len(theirs) > 10
    for one, other in zip(ours, theirs, strict=True):
        assert _near(one, other), f"{one}\n{other}"


def _near(one: Figure, other: Figure) -> bool:
    pairs = ((getattr(one, f.name), getattr(other, f.name)) for f in fields(Figure))
    return all(
        math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9) if isinstance(a, float) and isinstance(b, float) else a == b
        for a, b in pairs
    )
