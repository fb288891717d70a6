"""Tallies of the patterns from a lake, and what is suspicious in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.spans import start_of_day, zone
from troth.kpi.gaming.detect import USUAL, Counted, Finding, Threshold, found
from troth.kpi.gaming.patterns import PATTERNS, Pattern
from troth.kpi.query import Engine
from troth.log.lake import Lake
from troth.log.store import quote

if TYPE_CHECKING:
    import duckdb

#: So many cases are named with a finding.
_SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A pattern and what everybody did of it.

    Parameters
    ----------
    pattern : which.
    findings : of everybody with enough chances, the most suspicious first.
    cases : by person, some cases in which it was done, the newest last.
    """

    pattern: Pattern
    findings: tuple[Finding, ...]
    cases: Mapping[str, tuple[str, ...]]


def suspicions(
    lake: Lake,
    *,
    start: date | None = None,
    end: date | None = None,
    limits: Threshold = USUAL,
    kinds: Sequence[str] = (),
) -> list[Suspicion]:
    """Look for all patterns in a lake.

    A suspicion is a reason to look at the cases, not a verdict: somebody may do what only they are asked to do.

    Parameters
    ----------
    start, end : local days of what is counted; `end` is the first that no longer counts.
    limits : when an excess is a finding.
    kinds : ids of patterns; all if left out.

    Raises
    ------
    InputError : ``unknown-pattern``, ``end-before-start``.
    """
    issues = [
        Issue("unknown-pattern", Severity.ERROR, "pattern", one, f"Maybe one of {', '.join(PATTERNS)}.")
        for one in kinds
        if one not in PATTERNS
    ]
    if start is not None and end is not None and end <= start:
        advice = "Maybe the two are swapped; the end is the first day that no longer counts."
        issues.append(Issue("end-before-start", Severity.ERROR, "from and to", f"{start} {end}", advice))
    if issues:
        raise InputError(issues)
    with lake.session() as con:
        return looked_for(Engine(lake, con), start=start, end=end, limits=limits, kinds=kinds)


def looked_for(
    engine: Engine,
    *,
    start: date | None = None,
    end: date | None = None,
    limits: Threshold = USUAL,
    kinds: Sequence[str] = (),
) -> list[Suspicion]:
    """Look for patterns in a lake that is open already; `suspicions` says what they are.

    Parameters
    ----------
    engine : over the lake.
    start, end, limits, kinds : as for `suspicions`; not checked.
    """
    for table in ("contacts", "cases", "sla_clocks"):
        _ = engine.tables(table)  # makes the view
    engine.con.execute(f"CREATE OR REPLACE TEMP VIEW e AS {engine.lake.settled()}")
    begin, stop = _since(start, engine), _since(end, engine)
    return [_found(engine.con, PATTERNS[kind], limits=limits, begin=begin, stop=stop) for kind in kinds or PATTERNS]


def sites_of_cases(engine: Engine, *, cases: Sequence[str]) -> dict[str, frozenset[str | None]]:
    """Return where the events of cases were, so that nobody is shown one of a place that is not theirs.

    Parameters
    ----------
    engine : over the lake.
    cases : their ids.
    """
    if not cases:
        return {}
    named = ", ".join(quote(case) for case in dict.fromkeys(cases))
    rows = engine.con.sql(f"""
        SELECT case_id, list(DISTINCT site) FILTER (site IS NOT NULL)
        FROM ({engine.lake.settled(where=f"case_id IN ({named})")}) GROUP BY case_id""").fetchall()
    return {case: frozenset(sites or (None,)) for case, sites in rows}


def _since(day: date | None, engine: Engine) -> datetime | None:
    return None if day is None else start_of_day(day, tz=zone(engine.time_zone))


def _found(
    con: duckdb.DuckDBPyConnection,
    pattern: Pattern,
    *,
    limits: Threshold,
    begin: datetime | None,
    stop: datetime | None,
) -> Suspicion:
    bounds = [f"dated_at >= {quote(begin.isoformat())}::TIMESTAMPTZ"] if begin else []
    bounds += [f"dated_at < {quote(stop.isoformat())}::TIMESTAMPTZ"] if stop else []
    kept = f"WHERE {' AND '.join(bounds)}" if bounds else ""
    rows = con.sql(f"""
        SELECT agent_id, stratum, count(*) FILTER (hit AND NOT control), count(*) FILTER (NOT control),
            count(*) FILTER (hit AND control), count(*) FILTER (control),
            list(case_id ORDER BY case_id) FILTER (hit AND NOT control AND case_id IS NOT NULL)
        FROM (SELECT * FROM ({pattern.sql}) {kept}) GROUP BY agent_id, stratum ORDER BY agent_id, stratum""").fetchall()
    cases: dict[str, list[Any]] = defaultdict(list)
    for agent, *_, named in rows:
        cases[agent] += named or []
    tallies = [Counted(agent, stratum, *counts) for agent, stratum, *counts, _ in rows]
    return Suspicion(
        pattern,
        tuple(found(tallies, limits=limits)),
        {agent: tuple(sorted(named)[-_SHOWN:]) for agent, named in cases.items()},
    )
