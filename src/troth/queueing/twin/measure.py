"""The twin measured: the KPIs of the catalogue over many replications, with intervals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from troth.core.decision import Stop
from troth.core.fanout import fanout
from troth.core.time import Step
from troth.kpi.definition import Params
from troth.queueing.twin import tables
from troth.queueing.twin.problem import TwinProblem
from troth.queueing.twin.solve import TwinResult, run
from troth.queueing.twin.trace import Trace

if TYPE_CHECKING:
    from troth.kpi.batch import Prepared, RunFigures

Numbers = NDArray[np.float64]
#: What is measured unless asked otherwise: volume, service level, waits, abandonment, occupancy.
KPIS: Final = (
    "flow.volume/", "sla.service_level/", "speed.answer/", "speed.answer/mean_wait", "flow.abandonment/",
    "load.occupancy/",
)  # fmt: skip
#: So many contacts are measured at a time.
_AT_ONCE: Final = 2_000_000


@dataclass(frozen=True, slots=True, eq=False)
class TwinFigures:
    """KPIs of a simulation.

    Parameters
    ----------
    by : the dimensions of the split.
    members : each a tuple in the order of `by`.
    edges : of the periods, one more than there are.
    values : by the KPI's name: shape (replications, members, periods); NaN where there is no value.
    n : what each value counts, same shape.
    spread : P50, P90, P95 and the maximum, of KPIs that have them: shape (replications, members, periods, 4).
    """

    by: tuple[str, ...]
    members: tuple[tuple[Any, ...], ...]
    edges: tuple[datetime, ...]
    values: Mapping[str, Numbers]
    n: Mapping[str, Numbers]
    spread: Mapping[str, Numbers]

    @property
    def replications(self) -> int:
        """How many replications were measured."""
        return len(next(iter(self.values.values())))

    def mean(self, kpi: str) -> Numbers:
        """Return the mean over replications, shape (members, periods)."""
        return _quietly(np.nanmean, self.values[kpi])

    def mean_interval(self, kpi: str, *, level: float = 0.95) -> tuple[Numbers, Numbers]:
        """Return where the true mean lies with a confidence: Student's t over replications, shapes (members, periods)."""
        from scipy.special import stdtrit

        values = self.values[kpi]
        n = np.isfinite(values).sum(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            half = stdtrit(n - 1, 0.5 + level / 2) * _quietly(partial(np.nanstd, ddof=1), values) / np.sqrt(n)
        return self.mean(kpi) - half, self.mean(kpi) + half

    def band(self, kpi: str, *, level: float = 0.9) -> tuple[Numbers, Numbers]:
        """Return between which values one course lies with a probability, shapes (members, periods)."""
        tail = (1 - level) / 2
        return tuple(_quietly(partial(np.nanquantile, q=q), self.values[kpi]) for q in (tail, 1 - tail))  # type: ignore[return-value]


def measure(
    problem: TwinProblem,
    *,
    kpis: Sequence[str] = KPIS,
    by: tuple[str, ...] = (),
    every: Step | None = None,
    where: Mapping[str, Sequence[str]] | None = None,
    params: Params | None = None,
    replications: int = 100,
    first: int = 0,
    seed: int = 0,
    stop: Stop = Stop(),
    workers: int | None = 1,
    on_progress: Callable[[int, int], None] | None = None,
) -> TwinFigures:
    """Simulate a problem many times and measure each course as the KPI engine measures reality.

    Parameters
    ----------
    problem, replications, first, seed, stop, workers : see `run`.
    kpis, by, every, where, params : see `kpi.query.Query`; KPIs that read contacts, paid time or counter time.
    on_progress : told how many batches of replications are done, of how many.

    Raises
    ------
    InputError
        With every error of `check`, or of the question.
    """
    ask = _Ask(
        tuple(kpis),
        by,
        every,
        tuple((dim, tuple(members)) for dim, members in (where or {}).items()),
        params or Params(),
    )
    size = max(1, min(replications, int(_AT_ONCE / max(_contacts(problem, seed, first), 1))))
    size = min(size, -(-replications // (2 if workers != 1 else 1)))
    lots = [range(k, min(k + size, first + replications)) for k in range(first, first + replications, size)]
    found = fanout(partial(_measured, problem, seed, ask), items=lots, workers=workers, on_done=on_progress, stop=stop)
    return _joined(found, by)


@dataclass(frozen=True, slots=True)
class _Ask:
    """What is asked of each batch."""

    kpis: tuple[str, ...]
    by: tuple[str, ...]
    every: Step | None
    where: tuple[tuple[str, tuple[str, ...]], ...]
    params: Params


def _contacts(problem: TwinProblem, seed: int, first: int) -> int:
    """Return how many contacts a replication has; the first is run for it, which also compiles the loop for all."""
    return len(run(problem, seed=seed, first=first).traces[0].contacts)


def _measured(problem: TwinProblem, seed: int, ask: _Ask, lot: range) -> RunFigures:
    """Return the figures of some replications."""
    return _figures(run(problem, seed=seed, first=lot.start, replications=len(lot)), ask)


def _figures(result: TwinResult, ask: _Ask) -> RunFigures:
    """Return the figures of traces."""
    import duckdb

    from troth.kpi.batch import batch

    problem = result.problem
    question = _prepared(ask, problem.start, problem.end, problem.time_zone)
    given = {
        name: partial(_all, make, result.traces, problem)
        for name, make in (("contacts", tables.contacts), ("paid", tables.paid), ("counters", tables.counters))
    }
    with duckdb.connect(config={"threads": 1}) as con:
        con.execute("SET TimeZone = 'UTC'")
        return batch(con, tables=given, runs=[trace.replication for trace in result.traces], question=question)


@lru_cache(maxsize=8)
def _prepared(ask: _Ask, start: datetime, end: datetime, time_zone: str) -> Prepared:
    """Return the question made ready, once for all batches of a process."""
    from troth.kpi.batch import prepare
    from troth.kpi.query import Query

    return prepare(
        Query(ask.kpis, ask.by, start, end, ask.every, dict(ask.where), time_zone=time_zone, params=ask.params)
    )


def _all(make: Callable[..., pa.Table], traces: Sequence[Trace], problem: TwinProblem, columns: Any) -> pa.Table:
    """Return the tables of all traces in one."""
    return pa.concat_tables([make(trace, problem=problem, columns=columns) for trace in traces])


def _joined(found: Sequence[RunFigures], by: tuple[str, ...]) -> TwinFigures:
    """Put batches together; a member that a batch did not see has no values there."""
    members = sorted({member for one in found for member in one.members}, key=lambda m: tuple(map(str, m)))
    place = {member: k for k, member in enumerate(members)}

    def whole(kind: str, name: str, empty: float) -> Numbers:
        parts = []
        for one in found:
            given = getattr(one, kind)[name]
            made = np.full((given.shape[0], len(members), *given.shape[2:]), empty)
            made[:, [place[member] for member in one.members]] = given[:, : len(one.members)]
            parts.append(made)
        return np.concatenate(parts)

    first = found[0]
    return TwinFigures(
        by,
        tuple(members),
        first.edges,
        {name: whole("values", name, np.nan) for name in first.values},
        {name: whole("n", name, 0.0) for name in first.n},
        {name: whole("spread", name, np.nan) for name in first.spread if all(name in one.spread for one in found)},
    )


def _quietly(fold: Callable[..., Any], values: Numbers) -> Numbers:
    """Fold over replications; where none has a value there is none, and that is no cause for a warning."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(fold(values, axis=0))
