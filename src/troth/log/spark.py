"""The lake read by Apache Spark: the same settled events and the same timelines where one machine is not enough.

Timelines and figures are expressions; here they are said in Spark's words. What DuckDB decides by its own text of a
row, which of two contents of one version counts, DuckDB decides here too: such rows are few and are sent to it.
"""

from __future__ import annotations

import gc
import os
import re
from collections.abc import Collection, Iterable
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.log._bucket import bring
from troth.log._merge import KEY, NEWEST
from troth.log.schema import STORED
from troth.log.timelines._base import chosen, events_table

if TYPE_CHECKING:
    from troth.log.lake import Lake
    from troth.log.timelines._base import Timeline

#: Figures are of few groups: two hundred empty tasks a query, as Spark has it, would take longer than the work.
_PARTITIONS: Final = 16
#: What Spark takes for the address of a cluster; anything else ends in a trace of Java's.
_MASTER: Final = re.compile(r"local(\[[^\]]+\])?|(spark|k8s)://\S+|yarn")


def session(*, master: str | None = None, memory: str = "2g") -> Any:
    """Return the Spark session of this process, made if there is none.

    Parameters
    ----------
    master : address of a cluster such as ``spark://host:7077``; all cores of this machine if left out, where nobody else
        can connect.
    memory : of a driver that is started here.

    Raises
    ------
    InputError : ``bad-master`` when the address is none; ``no-spark`` when PySpark or Java is not there.
    """
    if master is not None and not _MASTER.fullmatch(master):
        advice = "Maybe spark://HOST:PORT, or local[*] for all cores of this machine."
        raise InputError([Issue("bad-master", Severity.ERROR, "engine", master, advice)])
    try:
        from pyspark.errors import PySparkRuntimeError
        from pyspark.sql import SparkSession
    except ImportError:
        raise _missing("pyspark", "Maybe install troth[spark].") from None
    builder = SparkSession.builder.appName("troth").master(master or "local[*]")
    here = {
        "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.shuffle.partitions": str(os.cpu_count() or 1),
    }  # fmt: skip
    common = {
        "spark.sql.session.timeZone": "UTC", "spark.driver.memory": memory, "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": str(_PARTITIONS), "spark.ui.showConsoleProgress": "false",
        # A cast that fails is an error with ANSI, nothing without; DuckDB is asked for `TRY_CAST` where it may.
        "spark.sql.ansi.enabled": "true", "spark.driver.extraJavaOptions": "-Dlog4j2.level=ERROR -XX:-UsePerfData",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        # Spark keeps what it tells of a thousand queries, with plans as text of any length, for pages nobody opens here.
        "spark.sql.ui.retainedExecutions": "4", "spark.ui.retainedJobs": "8", "spark.ui.retainedStages": "16",
        "spark.ui.retainedTasks": "256", "spark.sql.maxPlanStringLength": "10000",
    }  # fmt: skip
    for key, value in (common | (here if (master or "local").startswith("local") else {})).items():
        builder = builder.config(key, value)
    try:
        made = builder.getOrCreate()
    except PySparkRuntimeError as error:
        raise _missing("java", f"Maybe install Java 17 or later: {error}.") from None
    made.sparkContext.setLogLevel("ERROR")
    return made


def _missing(what: str, advice: str) -> InputError:
    return InputError([Issue("no-spark", Severity.ERROR, "engine", what, advice)])


class SparkLake:
    """A lake whose events and timelines are views of a Spark session.

    Parameters
    ----------
    lake : the lake; its files must be where the cluster's workers can read them.
    spark : a session, see `session`.
    """

    def __init__(self, lake: Lake, spark: Any) -> None:
        import ibis

        self.lake, self.spark = lake, spark
        self.ibis = ibis.pyspark.connect(spark)
        self._kept: dict[str, Any] = {}
        self._asked = 0

    def close(self) -> None:
        """Let go of what is kept in the cluster's memory."""
        while self._kept:
            self._kept.popitem()[1].unpersist()
        gc.collect()

    def table(self, schema_of: pa.Schema, *, view: str, rows: pa.Table) -> None:
        """Make a small table a view.

        Parameters
        ----------
        schema_of : its columns; a table without rows would not tell their types.
        """
        self.spark.createDataFrame(rows.cast(schema_of)).createOrReplaceTempView(view)

    def events(self) -> None:
        """Make the settled events the view `events`."""
        if "events" in self._kept:
            return
        files = self.lake.events.files()
        found = self._read([*files["base"], *files["tail"]])
        late = bool(files["tail"])
        if self.lake.hot is not None:
            found, late = found.unionByName(self.spark.createDataFrame(self.lake.hot.cast(STORED))), True
        found.createOrReplaceTempView("stored")
        self._kept["events"] = self._settled() if late else found
        self._kept["events"].createOrReplaceTempView("events")

    def timeline(self, timeline: Timeline, *, columns: Collection[str] | None = None) -> None:
        """Make a timeline a view of its name.

        Parameters
        ----------
        columns : those that are needed; all if left out.
        """
        self.events()
        if timeline.name in self._kept:
            self._kept.pop(timeline.name).unpersist()
        rows = timeline.derive(chosen(timeline, events_table()))
        if columns is not None:
            rows = rows.select(*(c for c in rows.columns if c in {timeline.key, *columns}))
        # Many passes read a timeline; without this each would derive it anew.
        found = self._kept[timeline.name] = self.spark.sql(self.sql(rows)).persist()
        found.createOrReplaceTempView(timeline.name)

    def sql(self, expression: Any) -> str:
        """Return an expression over unbound tables as Spark's SQL."""
        from troth.log.timelines import pruned

        return str(self.ibis.compile(_in_its_words(pruned(expression))))

    def arrow(self, expression: Any) -> pa.Table:
        """Return the rows of an expression over views of this session."""
        return self.rows(self.sql(expression))

    def rows(self, asked: str) -> pa.Table:
        """Return the rows of a question in Spark's SQL over views of this session."""
        try:
            found: pa.Table = self.spark.sql(asked).toArrow()
        finally:
            # The bridge's objects are cycles, so a plan and its broadcast tables, often 16 MB each, would live in Java
            # until Python happens to look: hundreds of questions filled a heap of 1 GB. Most are found among the young.
            self._asked += 1
            gc.collect(2 if self._asked % 16 == 0 else 1)
        return found

    def _read(self, files: Iterable[str]) -> Any:
        paths = list(files)
        bring(paths)
        if not paths:
            return self.spark.createDataFrame(STORED.empty_table())
        return self.spark.read.parquet(*paths).select(*STORED.names)

    def _settled(self) -> Any:
        """Return the newest version of each key of the view `stored`; equal contents are one."""
        best = self.spark.sql(f"""
            SELECT *, count(*) OVER (PARTITION BY {KEY}) AS alike FROM (
                SELECT DISTINCT * FROM (
                    SELECT *, rank() OVER (PARTITION BY {KEY} ORDER BY version DESC) AS place FROM stored)
                WHERE place = 1)""").drop("place")
        clear = best.filter("alike = 1").drop("alike")
        contested = best.filter("alike > 1").drop("alike").toArrow()
        if not contested.num_rows:
            return clear
        with self.lake.session() as con:
            con.register("contested", contested.cast(STORED))
            chosen_rows = con.sql(f"SELECT * FROM contested QUALIFY {NEWEST} = 1").fetch_arrow_table()
        return clear.unionByName(self.spark.createDataFrame(chosen_rows.cast(STORED)))


def _in_its_words(expression: Any) -> Any:
    """Return an expression with what only DuckDB has said in Spark's functions."""
    from ibis.expr import operations as ops

    words = _words()

    def said(node: Any, arguments: dict[str, Any] | None) -> Any:
        new = node.__recreate__(arguments) if arguments else node
        if getattr(type(node), "__func_name__", None) == "epoch_us":
            return words["unix_micros"](new.args[0].to_expr()).op()
        if isinstance(node, ops.UnwrapJSONString | ops.UnwrapJSONFloat64 | ops.UnwrapJSONInt64 | ops.UnwrapJSONBoolean):
            return _unwrapped(new)
        return new

    return expression.op().replace(said).to_expr()


@cache
def _words() -> dict[str, Any]:
    import ibis
    from ibis.expr import datatypes as dt

    text, instant = dt.string, dt.Timestamp(timezone="UTC")

    def builtin(word: str, takes: tuple[Any, ...], gives: Any) -> Any:
        def empty(*_: Any) -> None: ...

        empty.__name__ = word
        names = ("a", "b", "c")[: len(takes)]
        return ibis.udf.scalar.builtin(_with_parameters(empty, names), name=word, signature=(takes, gives))

    return {
        "unix_micros": builtin("unix_micros", (instant,), dt.int64),
        "try_parse_json": builtin("try_parse_json", (text,), dt.json),
        "schema_of_variant": builtin("schema_of_variant", (dt.json,), text),
        "variant": builtin("try_variant_get", (dt.json, text, text), dt.json),
        "text": builtin("try_variant_get", (dt.json, text, text), text),
        "float": builtin("try_variant_get", (dt.json, text, text), dt.float64),
        "int": builtin("try_variant_get", (dt.json, text, text), dt.int64),
        "bool": builtin("try_variant_get", (dt.json, text, text), dt.boolean),
    }


def _with_parameters(function: Any, names: Iterable[str]) -> Any:
    from inspect import Parameter, Signature

    function.__signature__ = Signature([Parameter(one, Parameter.POSITIONAL_OR_KEYWORD) for one in names])
    return function


def _unwrapped(node: Any) -> Any:
    """Return the value of a key of JSON text if it is of the kind asked for, else null: DuckDB converts nothing."""
    from ibis.expr import operations as ops

    words, item = _words(), node.arg
    whole, key = item.arg.arg.to_expr(), f"$.{item.index.value}"
    parsed = words["try_parse_json"](whole)
    kind = words["schema_of_variant"](words["variant"](parsed, key, "variant"))
    if isinstance(node, ops.UnwrapJSONString):
        return (kind == "STRING").ifelse(words["text"](parsed, key, "string"), None).op()
    if isinstance(node, ops.UnwrapJSONBoolean):
        return (kind == "BOOLEAN").ifelse(words["bool"](parsed, key, "boolean"), None).op()
    if isinstance(node, ops.UnwrapJSONInt64):
        return (kind == "BIGINT").ifelse(words["int"](parsed, key, "bigint"), None).op()
    real = (kind == "DOUBLE") | kind.startswith("DECIMAL")
    return real.ifelse(words["float"](parsed, key, "double"), None).op()
