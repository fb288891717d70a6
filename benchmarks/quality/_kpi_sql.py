"""The canonical catalogue by day and queue as one would write it by hand in DuckDB SQL, once, for a demo company's log.

The statements in `sql/` use what is so in that log and what our timelines may not take for granted: dimensions of a
contact are the same on all of its events, nobody goes back to a queue, a promise ends once, a review has a total, and
only the columns that these figures take are ever read. Every KPI of the canonical catalogue is here, with its value, its
n, and P50, P90, P95 and maximum where it has them. Left out, because no figure of one day has them or they follow from
the others: intervals, the period before, maturity, marks of doubt.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.quality._kpi_sides import SHAPE, Plan

_SQL: Final = Path(__file__).with_name("sql")
TABLES: Final = ("contacts", "cases", "paid")
#: Columns are named `KPI|what`, besides `queue` and `day`; what is value, n, q (three quantiles) or max.
FIGURES: Final = (
    "by_joining", "by_answer", "served", "by_start", "repeats", "worst_waits", "worst_resolutions", "promises", "broken",
    "by_opening", "by_final", "by_resolution", "by_first_resolution", "retention", "backlog", "workload", "turnaround",
    "said", "response", "reviews", "rested", "returned",
)  # fmt: skip


def figures(plan: Plan) -> pa.Table:
    """Run the statements on the files of the plan."""
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    con.execute("SET preserve_insertion_order = false")
    con.execute(f"SET memory_limit = '{plan.memory}'")
    con.execute(f"SET temp_directory = '{plan.out}.spill'")
    if plan.threads is not None:
        con.execute(f"SET threads = {plan.threads:d}")
    listed = ", ".join("'" + file.replace("'", "''") + "'" for file in plan.files)
    con.execute(f"CREATE TEMP VIEW events AS FROM read_parquet([{listed}], hive_partitioning = false)")
    con.execute(f"CREATE TEMP TABLE closes AS FROM read_parquet('{plan.closes}')")
    day = "epoch_us(t) // 86400000000"
    if plan.time_zone != "UTC":
        day = f"((t AT TIME ZONE '{plan.time_zone}')::DATE - DATE '1970-01-01')"
    con.execute(f"CREATE TEMP MACRO local_day(t) AS {day}")
    for table in TABLES:
        con.execute(f"CREATE TEMP TABLE {table} AS {_text(table, plan)}")
    return pa.concat_tables(
        [long for name in FIGURES for long in _long(con.execute(_text(name, plan)).fetch_arrow_table())]
    )


def _text(name: str, plan: Plan) -> str:
    text = (_SQL / f"{name}.sql").read_text("utf-8")
    for key in ("line_s", "first_day", "last_day"):
        text = text.replace("{" + key + "}", str(getattr(plan, key)))
    return text


def _long(wide: pa.Table) -> Iterable[pa.Table]:
    """Turn columns `KPI|what` into rows of `SHAPE`; groups a KPI has nothing in are left out."""
    for kpi in dict.fromkeys(c.split("|")[0] for c in wide.column_names if "|" in c):
        some = wide.filter(pc.greater(wide[f"{kpi}|n"], 0))
        empty = pa.nulls(len(some), pa.float64())
        columns = {"kpi": pa.repeat(kpi, len(some)), "queue": some["queue"], "day": some["day"]}
        columns |= {"value": some[f"{kpi}|value"], "n": some[f"{kpi}|n"], "p50": empty, "p90": empty, "p95": empty}
        if f"{kpi}|q" in wide.column_names:
            for place, name in enumerate(("p50", "p90", "p95")):
                columns[name] = pc.list_element(some[f"{kpi}|q"], place)
        columns["max"] = some[f"{kpi}|max"] if f"{kpi}|max" in wide.column_names else empty
        yield pa.table(columns).select(SHAPE.names).cast(SHAPE)
