"""The way to the figures: the catalogue's engine over the lake and the hot tail. The only file here that knows it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any, Final

from django.db import connection
from django.db.models import Max
from django.utils import timezone

from troth.charts import draw
from troth.charts.template import swaps
from troth.core.errors import InputError
from troth.core.time import Step
from troth.kpi import explain as opening
from troth.kpi import gaming
from troth.kpi.catalogue import catalogue
from troth.kpi.definition import Figure, Kpi
from troth.kpi.explain import Behind, Explained
from troth.kpi.gaming import Finding, Pattern, Together
from troth.kpi.query import Query
from troth.log.lake import Lake
from troth.log.references import read_reference
from troth.web.insight.answers import Answers, Delay, NotYetError
from troth.web.outbox import bridge as outbox
from troth.web.outbox.models import Batch, Fact
from troth.web.outbox.tail import live_lake

__all__ = [
    "Answer", "Asked", "Behind", "Delay", "Explained", "Figure", "Kpi", "NotYetError", "StoodOut", "Together", "swaps",
]  # fmt: skip

#: So many points of a course are named on its axis.
_MARKS: Final = 8
#: Memory of a process for questions.
_MEMORY: Final = "500MB"
#: Seconds after which a question is given up.
LIMIT_S: Final = 60.0
#: A lake is opened anew after so many seconds even if nothing happens there: files that were replaced stay for a day.
_OPEN_S: Final = 600.0


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
    """Figures for each question asked together, and when the log was looked at.

    Parameters
    ----------
    figures : for each question.
    at : as of when.
    titles : what the lines and services of the log are called, by code.
    behind : the rows behind the one figure, where they were asked for.
    renewing : whether a fresher answer is being worked out.
    """

    figures: tuple[tuple[Figure, ...], ...]
    at: datetime
    titles: Mapping[str, str] = field(default_factory=dict)
    behind: Behind | None = None
    renewing: bool = False


@dataclass(frozen=True, slots=True)
class StoodOut:
    """A pattern, what everybody did of it, some cases by person, and where the cases were.

    Parameters
    ----------
    pattern : which.
    findings : of everybody with enough chances.
    cases : by person.
    sites : by case.
    """

    pattern: Pattern
    findings: tuple[Finding, ...]
    cases: Mapping[str, tuple[str, ...]]
    sites: Mapping[str, frozenset[str | None]]


class _Opened:
    """The lake with the hot tail as it was at one moment, open for questions, and what was already answered from it."""

    def __init__(self, version: Any) -> None:
        self.version, self.at, self.until = version, timezone.now(), time.monotonic() + _OPEN_S
        self.lake = _lake()
        self.known: dict[Any, Any] = {}
        self._open = ExitStack()

    @cached_property
    def engine(self) -> Any:
        """The engine, opened when it is first needed."""
        return opening.opener(self.lake, self._open.enter_context(self.lake.session(threads=1)))

    def close(self) -> None:
        """Let go of it."""
        self._open.close()


#: One thread: questions take both cores from those who serve customers otherwise, and an opened lake is no one else's.
_ANSWERS: Final = Answers(ThreadPoolExecutor(1, "troth-figures"))
_opened: list[_Opened] = []
#: What stood out, of the days last asked for.
_stood_out: dict[Any, tuple[StoodOut, ...]] = {}


def kpi(name: str) -> Kpi | None:
    """Return the declaration of a KPI by its name; None if there is none."""
    return catalogue().get(name.rstrip("/"))


def figures(asked: Sequence[Asked], *, wait_s: float, stale: bool = True) -> Answer:
    """Answer questions in one look at the log: the lake with the facts that are not in it yet.

    Parameters
    ----------
    asked : the questions.
    wait_s : how long to wait for an answer that is not there.
    stale : whether one some seconds old will do.

    Raises
    ------
    NotYetError : there is no answer yet.
    """
    return _asked(("figures", tuple(asked)), lambda opened: _figures(opened, asked), wait_s=wait_s, stale=stale)


def behind(asked: Asked, *, limit: int, wait_s: float, beside: Asked | None = None) -> Answer:
    """Return the one figure a question is about and the rows behind it, the worst first.

    Parameters
    ----------
    asked, limit, wait_s : the question, how many rows, and how long to wait.
    beside : figures to be read beside it; they come second.

    Raises
    ------
    InputError : whatever the engine finds wrong with the question.
    NotYetError : there is no answer yet.
    """
    every = [asked, *([beside] if beside else [])]
    return _asked(("behind", *every, limit), lambda opened: _behind(opened, every, limit), wait_s=wait_s)


def explain(name: str, *, case: str, time_zone: str, wait_s: float) -> Explained | None:
    """Return what a KPI says of one case or contact, opened to its events; None if no event carries the id.

    Raises
    ------
    NotYetError : there is no answer yet.
    """
    found: Explained | None = _once(
        ("case", name, case, time_zone), lambda opened: _explained(opened, name, case, time_zone), wait_s=wait_s
    )[0]
    return found


def stand_out(start: date, end: date, *, wait_s: float) -> tuple[StoodOut, ...]:
    """Return what stands out in how people work, everybody's; whoever shows it chooses whose may be seen.

    It is about days that are over and takes long, so it is looked for once, and again only when other days are asked for.

    Raises
    ------
    NotYetError : it is being looked for.
    """
    place = (outbox.lake().root, start, end)
    known = _stood_out.get(place)
    if known is None:
        known = _once(("stand out", start, end), lambda opened: _look(opened, start, end), wait_s=wait_s)[0]
        _stood_out.clear()
        _stood_out[place] = known
    return known


def _look(opened: _Opened, start: date, end: date) -> tuple[StoodOut, ...]:
    if not opened.lake.exists():
        return ()
    found = gaming.looked_for(opened.engine, start=start, end=end)
    named = [case for one in found for f in one.findings if f.suspicious for case in one.cases.get(f.agent, ())]
    sites = gaming.sites_of_cases(opened.engine, cases=named)
    return tuple(StoodOut(one.pattern, one.findings, one.cases, sites) for one in found)


def beside(figures: Sequence[Figure]) -> list[Together]:
    """Return the figures that can be traded against each other side by side; those first that were."""
    return gaming.together(figures)


def partners(kpi: str) -> list[str]:
    """Return the names of what is to be read beside a figure."""
    return gaming.partners([kpi])


def sites_of(case: Explained) -> set[str | None]:
    """Return the sites of an opened case's rows; empty if it has none."""
    return {row.members.get("site") for row in case.rows}


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


def close() -> None:
    """Let go of the lake that is open; the next question opens it anew."""
    while _opened:
        _opened.pop().close()


def _figures(opened: _Opened, asked: Sequence[Asked]) -> Answer:
    if not opened.lake.exists():
        return Answer(tuple(() for _ in asked), opened.at)
    told = tuple(tuple(opened.engine.figures(one.query())) for one in asked)
    return Answer(told, opened.at, titles=_titles())


def _behind(opened: _Opened, asked: Sequence[Asked], limit: int) -> Answer:
    found = _figures(opened, asked)
    if not opened.lake.exists():
        return found
    return replace(found, behind=opening.behind(opened.engine, query=asked[0].query(), limit=limit))


def _explained(opened: _Opened, name: str, case: str, time_zone: str) -> Explained | None:
    try:
        query = Query(kpis=(name,), time_zone=time_zone)
        return opening.explain_opened(opened.engine, query=query, case=case)
    except InputError:
        return None


def _titles() -> dict[str, str]:
    tables = (("service", "services"), ("queue", "queues"))
    rows = [(row[kind], row["title"]) for kind, table in tables for row in read_reference(outbox.lake(), table)]
    return {code: title for code, title in rows if title}


def _lake() -> Lake:
    cold = outbox.lake()
    return live_lake(Lake(cold.root, memory=_MEMORY))


def _version() -> tuple[int, ...]:
    """Return what changes whenever the log does."""
    last = Fact.objects.aggregate(last=Max("id"))["last"] or 0
    done = Batch.objects.exclude(done_at=None).aggregate(last=Max("id"))["last"] or 0
    return last, done, outbox.lake().events.version()


def _asked(key: Any, work: Callable[[_Opened], Answer], *, wait_s: float, stale: bool = True) -> Answer:
    found, renewing = _once(key, work, wait_s=wait_s, stale=stale)
    answer: Answer = replace(found, renewing=renewing)
    return answer


def _once(key: Any, work: Callable[[_Opened], Any], *, wait_s: float, stale: bool = True) -> tuple[Any, bool]:
    key = (outbox.lake().root, key)
    return _ANSWERS.ask(key, lambda: _worked(key, work), wait_s=wait_s, stale=stale)


def _worked(key: Any, work: Callable[[_Opened], Any]) -> Any:
    """Work an answer out from the lake as it is now, opening it anew if anything happened there."""
    try:
        opened = _fresh()
        if key not in opened.known:
            opened.known[key] = _limited(opened, work)
        found = opened.known[key]
        return replace(found, at=opened.at) if isinstance(found, Answer) else found
    finally:
        if not connection.in_atomic_block:  # whoever asked within a transaction still needs it
            connection.close()


def _fresh() -> _Opened:
    version, now = (outbox.lake().root, *_version()), timezone.now()
    if _opened and _opened[0].version == version and time.monotonic() < _opened[0].until:
        _opened[0].at = now  # nothing has happened since: it is the log as of now
    else:
        close()
        _opened.append(_Opened(version))
    return _opened[0]


def _limited(opened: _Opened, work: Callable[[_Opened], Any]) -> Any:
    """Do work, but no longer than the limit."""
    import duckdb

    if not opened.lake.exists():
        return work(opened)
    end = threading.Timer(LIMIT_S, opened.engine.con.interrupt)
    end.daemon = True
    end.start()
    try:
        return work(opened)
    except duckdb.InterruptException as error:
        close()
        raise NotYetError(Delay.TOO_LONG) from error
    except Exception:
        close()  # whatever state it is in, the next question begins anew
        raise
    finally:
        end.cancel()
