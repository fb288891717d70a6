"""The way to the figures: the catalogue's engine over the lake and the hot tail. The only file here that knows it."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db.models import Max
from django.utils import timezone

from troth.charts import draw
from troth.charts.template import swaps
from troth.core.errors import InputError
from troth.core.time import Step
from troth.kpi import explain as opening
from troth.kpi.catalogue import catalogue
from troth.kpi.definition import Figure, Kpi
from troth.kpi.explain import Behind, Explained
from troth.kpi.query import Engine, Query
from troth.log.lake import Lake
from troth.log.references import read_reference
from troth.web.outbox import bridge as outbox
from troth.web.outbox.models import Batch, Fact
from troth.web.outbox.tail import live_lake

__all__ = ["Answer", "Asked", "Behind", "Explained", "Figure", "Kpi", "swaps"]

#: Seconds for which an answer is given again without a look.
FRESH_S: Final = 2.0
#: So many points of a course are named on its axis.
_MARKS: Final = 8
#: Answers kept.
_KEPT: Final = 128
#: Memory of one question; several may be asked at once.
_MEMORY: Final = "500MB"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to the log.

    Parameters
    ----------
    kpis : names; a slash at the end means the canonical variant alone.
    start, end : aware instants, the end not included.
    where : members to keep, by dimension. Whoever may not see everything is held to the sites they see.
    by : dimensions to split by.
    every : the width of periods; None means one period.
    time_zone : whose days and hours count.
    """

    kpis: tuple[str, ...]
    start: datetime
    end: datetime
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()
    by: tuple[str, ...] = ()
    every: Step | None = None
    time_zone: str = "UTC"

    def query(self) -> Query:
        """Return it as the engine wants it."""
        return Query(
            kpis=self.kpis, start=self.start, end=self.end, where=dict(self.where), by=self.by, every=self.every,
            time_zone=self.time_zone,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """Figures, and when the log was looked at."""

    figures: tuple[Figure, ...]
    at: datetime


@dataclass(slots=True)
class _Kept:
    """An answer that is kept: for which log, since when, and the lock under which it is worked out once."""

    version: tuple[int, ...] = ()
    looked: float = float("-inf")
    value: Any = None
    lock: threading.Lock = field(default_factory=threading.Lock)


_kept: OrderedDict[Any, _Kept] = OrderedDict()
_guard: Final = threading.Lock()


def kpi(name: str) -> Kpi | None:
    """Return the declaration of a KPI by its name; None if there is none."""
    return catalogue().get(name.rstrip("/"))


def figures(asked: Sequence[Asked]) -> list[Answer]:
    """Answer questions in one look at the log: the lake with the facts that are not in it yet.

    An answer is kept while the log stays as it is, and for two seconds in any case.
    """
    found: list[Answer] = _once(("figures", tuple(asked)), lambda: _figures(asked))
    return found


def behind(asked: Asked, *, limit: int) -> Behind:
    """Return the rows behind the one figure a question is about, the worst first.

    Raises
    ------
    InputError : whatever the engine finds wrong with the question.
    """
    found: Behind = _once(("behind", asked, limit), lambda: _behind(asked, limit))
    return found


def explain(name: str, *, case: str, time_zone: str) -> Explained | None:
    """Return what a KPI says of one case or contact, opened to its events; None if no event carries the id."""
    try:
        return opening.explain(_lake(), kpi=name, case=case, time_zone=time_zone)
    except InputError:
        return None


def sites_of(case: Explained) -> set[str | None]:
    """Return the sites of an opened case's rows; empty if it has none."""
    return {row.members.get("site") for row in case.rows}


def titles() -> dict[str, str]:
    """Return what the lines and services of the log are called, by code."""
    found: dict[str, str] = _once("titles", _titles)
    return found


def course(
    at: Sequence[str],
    *,
    values: Sequence[float | None],
    unit: str,
    hover: Sequence[str],
    firm: Sequence[bool],
    marks: Sequence[str],
) -> Any:
    """Return a figure of a KPI's course; `marks` is what the axis calls each point in the reader's language."""
    figure = draw.trend(draw.Trend(at=at, values=values, unit=unit, hover=hover, firm=firm), height=220)
    every = -(-len(at) // _MARKS)
    figure.update_xaxes(tickmode="array", tickvals=list(at[::every]), ticktext=list(marks[::every]))
    return figure


def bars(names: Sequence[str], *, values: Sequence[float], unit: str) -> Any:
    """Return a figure of bars."""
    return draw.bars(names, values=values, unit=unit, height=220)


def _figures(asked: Sequence[Asked]) -> list[Answer]:
    lake, now = _lake(), timezone.now()
    if not lake.exists():
        return [Answer((), now) for _ in asked]
    with lake.session(threads=1) as con:
        engine = Engine(lake, con)
        return [Answer(tuple(engine.figures(one.query())), now) for one in asked]


def _titles() -> dict[str, str]:
    tables = (("service", "services"), ("queue", "queues"))
    rows = [(row[kind], row["title"]) for kind, table in tables for row in read_reference(outbox.lake(), table)]
    return {code: title for code, title in rows if title}


def _behind(asked: Asked, limit: int) -> Behind:
    return opening.explain_figure(_lake(), query=asked.query(), limit=limit)


def _lake() -> Lake:
    cold = outbox.lake()
    return live_lake(Lake(cold.root, memory=_MEMORY))


def _version() -> tuple[int, ...]:
    """Return what changes whenever the log does."""
    last = Fact.objects.aggregate(last=Max("id"))["last"] or 0
    done = Batch.objects.exclude(done_at=None).aggregate(last=Max("id"))["last"] or 0
    return last, done, outbox.lake().events.version()


def _once(key: Any, work: Callable[[], Any]) -> Any:
    """Return a kept answer, or work it out, once for all who ask at the same time."""
    key = (outbox.lake().root, key)
    with _guard:
        kept = _kept.setdefault(key, _Kept())
        _kept.move_to_end(key)
        while len(_kept) > _KEPT:
            _kept.popitem(last=False)
    with kept.lock:
        if time.monotonic() - kept.looked < FRESH_S:
            return kept.value
        version = _version()
        if kept.value is None or kept.version != version:
            kept.value, kept.version = work(), version
        kept.looked = time.monotonic()
        return kept.value
