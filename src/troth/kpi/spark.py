"""Figures computed by Apache Spark: the same questions, declarations and folds, with another engine beneath."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from troth.kpi.definition import Figure
from troth.kpi.fold import Result
from troth.kpi.query import Engine, Query
from troth.log.reference import TABLES
from troth.log.spark import SparkLake
from troth.log.timelines import TIMELINES

if TYPE_CHECKING:
    import duckdb

    from troth.log.lake import Lake


def query_on(spark: Any, *, lake: Lake, wanted: Query) -> list[Figure]:
    """Compute figures as `query` does, timelines and sums by Spark.

    What comes back from the cluster is one row a group and day; of KPIs on business time one row a case.

    Parameters
    ----------
    spark : a session, see `troth.log.spark.session`.
    lake : its files must lie where every worker finds them under the same path.
    wanted : what to compute.
    """
    with lake.session() as con:
        engine = SparkEngine(lake, con, spark)
        try:
            return engine.figures(wanted)
        finally:
            engine.close()


class SparkEngine(Engine):
    """A lake opened for questions that Spark answers; reference tables and calendars are read here."""

    def __init__(self, lake: Lake, con: duckdb.DuckDBPyConnection, spark: Any) -> None:
        super().__init__(lake, con)
        self._there = SparkLake(lake, spark)

    def close(self) -> None:
        """Let go of what is kept in the cluster's memory."""
        self._there.close()

    def _open(self, table_name: str, columns: Collection[str] | None = None) -> Any:
        if table_name in TIMELINES:
            self._there.timeline(TIMELINES[table_name], columns=columns)
            schema = self._columns(table_name)
            self._ready[table_name] = set(schema.names) if columns is None else {TIMELINES[table_name].key, *columns}
            return schema
        schema = super()._open(table_name, columns)
        rows = self.con.sql(f'SELECT * FROM "{table_name}"').fetch_arrow_table()
        self._there.table(
            TABLES[table_name].schema if table_name in TABLES else rows.schema, view=table_name, rows=rows
        )
        return schema

    def _make_cells(self, rows: str) -> None:
        found = self.con.sql(rows).fetch_arrow_table()
        columns = ("q", "period", "day", "weekday", "hour")
        schema = pa.schema([pa.field(column, pa.int64()) for column in columns])
        self._there.table(schema, view="cells", rows=found.select(columns))

    def _said(self, expression: Any) -> str:
        return self._there.sql(expression)

    def _result(self, asked: str) -> Result:
        return {column: _masked(values) for column, values in zip(*_columns(self._rows(asked)), strict=True)}

    def _pieces(self, asked: str) -> Iterator[pa.Table]:
        yield self._rows(asked)

    def _rows(self, asked: str) -> pa.Table:
        return self._there.rows(asked)


def _columns(table: pa.Table) -> tuple[list[str], list[pa.ChunkedArray]]:
    return table.column_names, table.columns


def _masked(column: pa.ChunkedArray) -> Any:
    """Return a column as DuckDB would give it: an array, masked where it has nulls; lists and texts as objects."""
    plain = pa.types.is_integer(column.type) or pa.types.is_floating(column.type) or pa.types.is_boolean(column.type)
    if not plain:
        values = np.empty(len(column), dtype=object)
        values[:] = column.to_pylist()
        return np.ma.masked_array(values, mask=column.is_null().to_numpy())
    empty = False if pa.types.is_boolean(column.type) else 0
    return np.ma.masked_array(column.fill_null(empty).to_numpy(), mask=column.is_null().to_numpy())
