"""Whether an agreement was kept, by our clocks and by clocks that differ in one thing or two, to set beside another's verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, Final

import numpy as np

from troth.core.terms import SlaMetric
from troth.kpi.calendar_use import Coded
from troth.kpi.clocks import NAT, Floats, Ints
from troth.kpi.query import Engine
from troth.kpi.reconcile.causes import Codes
from troth.kpi.sla.engine import STATES, clocks
from troth.kpi.sla.history import History
from troth.kpi.sla.policy import BY_USE
from troth.kpi.sla.read import histories, rules
from troth.kpi.sla.tables import SLA_TABLES, books_from_tables
from troth.log.references import read_reference

Row = Mapping[str, Any]
#: Clocks of a whole case, in the order in which one is taken for the verdict of a policy.
WHOLE: Final = (SlaMetric.REQUESTER_WAIT, SlaMetric.AGENT_WORK, SlaMetric.RESOLUTION)
_JUDGED: Final = tuple(STATES.index(state) for state in STATES if state in ("met", "breached"))
_MET: Final = next(k for k, state in enumerate(STATES) if state == "met")
#: Longer than any case: the target of a clock of which only what it counts is asked for.
_LONG_S: Final = 3e9
#: Fewer cases, in all or of a priority, than this teach nothing.
_FEW: Final = 20

#: What each departure of a clock means.
CLOCK_DEPARTURES: Final[dict[str, str]] = {
    "pauses_count": "waiting for the customer counts as well",
    "every_hold_pauses": "every hold is a pause, not only waiting for the customer",
    "closing_stops": "the clock stops at the closing, not at the resolution",
    "business_time": "opening hours count, not all time",
    "calendar_time": "all time counts, not opening hours",
    "priority_anew": "a new priority starts a clock of its own",
    "priority_at_opening": "the priority of the opening holds throughout",
    "target_learned": "another length was promised, by priority, learned from the earlier half",
}
_AXES: Final = {
    "pauses_count": "pauses", "every_hold_pauses": "pauses", "closing_stops": "stop", "business_time": "hours",
    "calendar_time": "hours", "priority_anew": "priority", "priority_at_opening": "priority", "target_learned": "target",
}  # fmt: skip
LEARNED: Final = "target_learned"


@dataclass(frozen=True, slots=True)
class LearnedTarget:
    """Lengths that agree with most verdicts of the earlier half of the cases, and how they do on the later half.

    Parameters
    ----------
    codes : the other changes made to the clock.
    target_s : by priority; None is for all others.
    cases, agree : of the later half, how many there are and how many verdicts agree.
    """

    codes: Codes
    target_s: Mapping[str | None, float]
    cases: int
    agree: int


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Verdicts of the named cases: 1 kept, 0 not, NaN none.

    Parameters
    ----------
    ours : by the agreement of the lake; by a learned one if there is none.
    others : with one or two changes, by their codes.
    learned : the lengths learned, by the codes they were learned with.
    stated : whether the lake has an agreement.
    """

    ours: Floats
    others: Mapping[Codes, Floats]
    learned: Mapping[Codes, LearnedTarget]
    stated: bool


@dataclass(frozen=True, slots=True)
class _Counted:
    """What the last judged clock of each case counted: seconds, its verdict, its priority as a code into `names`."""

    seconds: Floats
    met: Floats
    priority: Ints
    names: Sequence[str | None]


def verdicts(
    engine: Engine, *, names: Sequence[str], said: Floats, calendar: str | None, policy: str | None = None
) -> Verdicts:
    """Judge cases by the lake's agreement, and by what it would be with one change, and with two.

    Of a policy with several clocks of the whole case the first of `WHOLE` is taken. Where the lake states no agreement,
    ours is all time until solved, without what waited for the customer, of a length learned from the earlier half.

    Parameters
    ----------
    engine : an open lake.
    names : cases, sorted.
    said : the other's verdicts of them, for learning.
    calendar : name of the calendar of business time; None means as `calendar_use` says.
    policy : only the clock of this policy, for all cases; None means the policy that fits each.
    """
    tables, stated = _agreement(engine, policy)
    made, opened = _counts(engine, names, tables, calendar)
    learned: dict[Codes, LearnedTarget] = {}
    early = opened <= np.median(opened) if len(names) else opened > 0
    others: dict[Codes, Floats] = {}
    for codes, one in made.items():
        target, verdict = _learned(one, codes, said, early)
        learned[codes] = target
        if not stated:
            others[codes] = verdict
            continue
        others[codes] = one.met
        if len(codes) < 2:
            others[(*codes, LEARNED)] = verdict
    return Verdicts(others.pop(()), others, learned, stated)


def lengths(engine: Engine, *, names: Sequence[str], calendar: str | None, policy: str, business: bool) -> Verdicts:
    """Return the seconds the clock of a policy counted, as `verdicts` returns what it judged.

    Parameters
    ----------
    engine, names, calendar, policy : as for `verdicts`.
    business : by the calendar of the policy; else all time. Without such a policy, by `calendar`.
    """
    tables, stated = _agreement(engine, policy)
    if not business:
        tables = _changed(tables, ("calendar_time",), "")
    elif not stated:
        tables = _changed(tables, ("business_time",), calendar or BY_USE)
    made, _ = _counts(engine, names, tables, calendar)
    others = {codes: one.seconds for codes, one in made.items()}
    return Verdicts(others.pop(()), others, {}, stated)


def _agreement(engine: Engine, policy: str | None) -> tuple[dict[str, list[Row]], bool]:
    """Return the tables of the agreement to judge by, and whether the lake states it."""
    tables: dict[str, list[Row]] = {name: [*read_reference(engine.lake, name)] for name in SLA_TABLES}
    if policy is not None:
        # Which cases it is of the other product has decided.
        tables = {name: [row for row in rows if row["policy"] in (policy, "*")] for name, rows in tables.items()}
        tables["sla_filters"] = []
    stated = any(policy is not None or row["metric"] in WHOLE for row in tables["sla_targets"])
    return (_whole(tables, alone=policy is not None), True) if stated else (_unstated(), False)


def _counts(
    engine: Engine, names: Sequence[str], tables: dict[str, list[Row]], calendar: str | None
) -> tuple[dict[Codes, _Counted], Ints]:
    """Return what the clocks of named cases counted, as they are and with changes, and when the cases were opened."""
    known = rules(engine.lake, time_zone=engine.time_zone)
    made: dict[Codes, _Counted] = {}
    opened = np.zeros(len(names), dtype=np.int64)
    place = {name: k for k, name in enumerate(names)}
    for history in histories(engine.lake, engine.con, now=engine.now, cases=None):
        there = np.array([place.get(case, -1) for case in history.cases], dtype=np.int64)
        opened[there[there >= 0]] = history.opened[there >= 0]
        for codes in [(), *_clocks_of(tables, timed=bool(calendar or known.uses))]:
            changed = _changed(tables, codes, calendar or BY_USE)
            books, _ = books_from_tables(changed, calendars=tuple(engine.calendars))
            seen = _at_opening(history) if "priority_at_opening" in codes else history
            found = clocks(
                seen,
                books=books,
                calendars=engine.calendars,
                now=engine.now,
                uses=known.uses,
                time_zone=engine.time_zone,
            )
            _put(made.setdefault(codes, _nothing(len(names))), seen, found, there, made, codes)
    return made, opened


def _whole(tables: Mapping[str, Sequence[Row]], *, alone: bool = False) -> dict[str, list[Row]]:
    """Return the tables with one clock of the whole case for each policy; `alone`, else with one of another kind."""
    found: dict[str, list[str]] = {}
    for row in tables["sla_targets"]:
        found.setdefault(row["policy"], []).append(row["metric"])
    ranked = {name: [*(m for m in WHOLE if m in had), *(had if alone else ())] for name, had in found.items()}
    metric = {name: had[:1] for name, had in ranked.items()}
    chosen = {one for had in metric.values() for one in had}
    kept = {name: list(rows) for name, rows in tables.items()}
    for name in ("sla_targets", "sla_conditions"):
        kept[name] = [
            row
            for row in tables[name]
            if row["metric"] in metric.get(row["policy"], chosen if row["policy"] == "*" else ())
        ]
    return kept


def _unstated() -> dict[str, list[Row]]:
    row = {
        "policy": "learned",
        "metric": str(WHOLE[0]),
        "target_s": _LONG_S,
        "retroactive_start": True,
        "retroactive_pause": True,
    }
    return {"sla_policies": [{"policy": "learned", "position": 1}], "sla_targets": [row], "sla_conditions": [], "sla_filters": []}  # fmt: skip


def _clocks_of(tables: Mapping[str, Sequence[Row]], *, timed: bool) -> Iterator[Codes]:
    """Yield the changes of clocks that make a difference to these tables, single and in pairs."""
    targets = tables["sla_targets"]
    metrics = {row["metric"] for row in targets}
    named = {bool(row.get("calendar")) and row["calendar"] != "24x7" for row in targets}
    # A clock of something else than the whole case ends elsewhere: only its hours and priorities are in question.
    whole = metrics <= set(WHOLE)
    singles = [
        *(["pauses_count"] if whole and metrics != {SlaMetric.RESOLUTION} else []),
        *(["every_hold_pauses"] if whole and metrics != {SlaMetric.AGENT_WORK} else []),
        *(["closing_stops"] if whole else []),
        *(["business_time"] if timed and named != {True} else []),
        *(["calendar_time"] if True in named else []),
        *(["priority_anew"] if any(row.get("retroactive_start") for row in targets) else []),
        "priority_at_opening",
    ]
    yield from ((code,) for code in singles)
    yield from (pair for pair in combinations(singles, 2) if _AXES[pair[0]] != _AXES[pair[1]])


def _changed(tables: Mapping[str, Sequence[Row]], codes: Codes, calendar: str) -> dict[str, list[Row]]:
    """Return the tables of an agreement with changes made."""
    parts: dict[str, Any] = {}
    if "pauses_count" in codes:
        parts["metric"] = str(SlaMetric.RESOLUTION)
    if "every_hold_pauses" in codes:
        parts["metric"] = str(SlaMetric.AGENT_WORK)
    if "business_time" in codes:
        parts["calendar"] = calendar
    if "calendar_time" in codes:
        parts["calendar"] = None
    if "priority_anew" in codes:
        parts |= {"retroactive_start": False, "retroactive_pause": False}
    targets: list[Row] = [{**row, **parts} for row in tables["sla_targets"]]
    metric = {key: value for key, value in parts.items() if key == "metric"}
    conditions: list[Row] = [{**row, **metric} for row in tables["sla_conditions"]]
    if "closing_stops" in codes:
        stops = {(row["policy"], row["metric"]) for row in targets}
        conditions = [row for row in conditions if row["hook"] != "stop"]
        conditions += [
            {"policy": policy, "metric": name, "hook": "stop", "number": 1, "activity": "closed"} for policy, name in sorted(stops)
        ]  # fmt: skip
    return {name: [*rows] for name, rows in tables.items()} | {"sla_targets": targets, "sla_conditions": conditions}


def _at_opening(history: History) -> History:
    """Return the history as if every case had kept the priority it had at its first change.

    The opening itself is told by the newest row of an audit log, with the priority of then.
    """
    coded, said = history.known["priority"], history.said["activity"]
    opening = (
        said.codes == list(said.names).index("opened") if "opened" in said.names else np.zeros(len(history), np.bool_)
    )
    order = np.lexsort((np.arange(len(history)), opening | (coded.codes < 0), history.case))
    first = order[np.searchsorted(history.case[order], np.arange(len(history.cases)))]
    known = {**history.known, "priority": Coded(coded.codes[first][history.case], coded.names)}
    return replace(history, known=known)


def _nothing(rows: int) -> _Counted:
    none = np.full(rows, np.nan)
    return _Counted(none, none.copy(), np.full(rows, -1, dtype=np.int64), ())


def _put(one: _Counted, history: History, found: Any, there: Ints, made: dict[Codes, _Counted], codes: Codes) -> None:
    """Note the last judged clock of every case of a history."""
    judged = np.isin(found.state, _JUDGED)
    # Sorted by case, metric and start: of several the last written stays.
    rows = np.flatnonzero(judged & (there[found.case] >= 0))
    where = there[found.case[rows]]
    coded = history.known["priority"]
    names = list(dict.fromkeys([*one.names, *coded.names]))
    place = np.array([*(names.index(name) for name in coded.names), -1], dtype=np.int64)
    at = history.place(found.case[rows], at=np.where(found.end[rows] != NAT, found.end[rows], found.now))
    one.seconds[where] = found.counted[rows] / 1e6
    one.met[where] = found.state[rows] == _MET
    one.priority[where] = place[coded.codes[at]]
    made[codes] = replace(one, names=names)


def _learned(one: _Counted, codes: Codes, said: Floats, early: Any) -> tuple[LearnedTarget, Floats]:
    """Return the lengths that agree with most of the earlier verdicts, and the verdicts they give."""
    known = ~np.isnan(one.seconds) & ~np.isnan(said)
    # A few cases agree with any length.
    enough = (known & early).sum() >= _FEW
    overall = _best(one.seconds[known & early], said[known & early]) if enough else float("nan")
    targets: dict[str | None, float] = {None: overall}
    limit = np.full(len(said), overall)
    for place, name in enumerate(one.names):
        mine = one.priority == place
        if (mine & known & early).sum() >= _FEW:
            targets[name] = _best(one.seconds[mine & known & early], said[mine & known & early])
            limit[mine] = targets[name]
    verdict = np.where(np.isnan(one.seconds) | np.isnan(limit), np.nan, (one.seconds <= limit).astype(np.float64))
    late = known & ~early & ~np.isnan(verdict)
    return LearnedTarget(codes, targets, int(late.sum()), int((verdict[late] == said[late]).sum())), verdict


def _best(seconds: Floats, said: Floats) -> float:
    """Return the length at which most verdicts agree: kept if not longer."""
    if not len(seconds):
        return float("nan")
    order = np.argsort(seconds, kind="stable")
    x, kept = seconds[order], said[order] > 0
    agree = np.concatenate([[0], np.cumsum(np.where(kept, 1, -1))])
    # Only between different lengths can one be drawn; it is drawn in the middle.
    edge = np.concatenate([[True], x[1:] > x[:-1], [True]])
    k = int(np.argmax(np.where(edge, agree, -len(x) - 1)))
    return float(x[0] / 2 if k == 0 else x[-1] if k == len(x) else (x[k - 1] + x[k]) / 2)
