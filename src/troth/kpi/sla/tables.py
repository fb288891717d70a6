"""Policies from the rows of the reference tables `sla_policies`, `sla_filters`, `sla_targets` and `sla_conditions`."""

from __future__ import annotations

import difflib
import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any, Final

from troth.core.decision import Issue, Severity
from troth.core.terms import ACTIVITIES, Actor, CaseStatus, Flow, Hook, SlaMetric
from troth.kpi.sla._issues import error
from troth.kpi.sla.policy import (
    AFTER,
    ALL_TIME,
    BY_USE,
    CHANGES,
    FIELDS,
    TESTS,
    Condition,
    Match,
    Movement,
    SlaBook,
    SlaBooks,
    SlaPolicy,
    SlaTarget,
)
from troth.kpi.sla.usual import CONTINUES, USUAL

Row = Mapping[str, Any]
#: The tables, in the order in which they are read.
SLA_TABLES: Final = ("sla_policies", "sla_filters", "sla_targets", "sla_conditions")
#: What makes a row of a table the same row in another version.
_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "sla_policies": ("policy",),
    "sla_filters": ("policy", "field", "value"),
    "sla_targets": ("policy", "metric", "priority"),
    "sla_conditions": ("policy", "metric", "hook", "number"),
}
_EVERY: Final = "*"
_WORDS: Final[Mapping[str, Collection[str]]] = {
    "activity": ACTIVITIES,
    "actor": tuple(Actor),
    "direction": tuple(Flow),
    "changed": CHANGES,
    "after": AFTER,
}
#: Activities whose `step` is a word of a closed list.
_STEPS: Final = {"status_changed": tuple(CaseStatus)}


def books_from_tables(
    tables: Mapping[str, Iterable[Row]], *, calendars: Collection[str] = ()
) -> tuple[SlaBooks, list[Issue]]:
    """Build the policies of every stretch of days in which no row of the tables changes.

    A bad row is left out and named. Of rows with one key that hold at once, the one that began last counts; that a newer
    version has no day of its own, and so holds for closed cases too, is told.

    Parameters
    ----------
    tables : rows by table name; a table left out is empty.
    calendars : names a target may use, besides none and `calendar_use`.

    Returns
    -------
    The books, and all that is wrong with the rows.
    """
    reader = _Reader({name: list(tables.get(name, ())) for name in SLA_TABLES}, {ALL_TIME, BY_USE, *calendars})
    days = sorted({day for rows in reader.good.values() for row in rows for day in _edges(row)})
    first = [date.min, *days]
    return SlaBooks(tuple(first), tuple(reader.book(day) for day in first)), reader.issues


def _edges(row: Row) -> Iterable[date]:
    return (row[c] for c in ("valid_from", "valid_to") if row.get(c) is not None)


class _Reader:
    """The good rows of all tables, and what is wrong with the others."""

    def __init__(self, tables: Mapping[str, Sequence[Row]], calendars: Collection[str]) -> None:
        self.issues: list[Issue] = []
        self._calendars = calendars
        self._named = {str(row["policy"]) for row in tables["sla_policies"] if row.get("policy")}
        self._own = {
            (str(row.get("policy")), str(row.get("metric"))) for row in tables["sla_conditions"] if row.get("metric")
        }
        self.good: dict[str, list[Row]] = {}
        judges: dict[str, Callable[[Row, str], list[Issue]]] = {
            "sla_policies": self._policy,
            "sla_filters": self._filter,
            "sla_targets": self._target,
            "sla_conditions": self._condition,
        }
        for name, rows in tables.items():
            self.good[name] = []
            for number, row in enumerate(rows, start=1):
                where = f"{name} row {number} ({', '.join(str(row.get(key) or '-') for key in _KEYS[name])})"
                found = [*_validity(row, where), *_edited(row, where), *judges[name](row, where)]
                self.issues.extend(found)
                if not any(one.severity is Severity.ERROR for one in found):
                    self.good[name].append(row)
            self._twice(name)

    # One row of each table -----------------------------------------------------------------------------------------------

    def _policy(self, row: Row, where: str) -> list[Issue]:
        if row.get("position") is None:
            return [error("no-position", where, None, "Maybe 1 for the policy to be tried first, 2 for the next.")]
        return []

    def _filter(self, row: Row, where: str) -> list[Issue]:
        found = self._known(row, where)
        if row.get("field") not in FIELDS:
            found.append(error("unknown-field", where, row.get("field"), _near(row.get("field"), FIELDS)))
        if not Match.parse(str(row.get("value") or "")).words:
            found.append(error("no-value", where, row.get("value"), "Maybe the column `value` is empty."))
        return found

    def _target(self, row: Row, where: str) -> list[Issue]:
        found = self._known(row, where)
        seconds, metric, calendar = row.get("target_s"), row.get("metric"), row.get("calendar")
        if seconds is None or not math.isfinite(seconds) or seconds <= 0:
            advice = "Maybe a number of seconds above 0, such as 14400 for four hours, is meant."
            found.append(error("bad-target", where, seconds, advice))
        if not metric:
            found.append(error("no-metric", where, metric, f"Maybe one of {', '.join(SlaMetric)}."))
        elif metric not in list(SlaMetric) and not {(str(row.get("policy")), metric), (_EVERY, metric)} & self._own:
            advice = f"{_near(metric, list(SlaMetric))} A metric of your own needs rows in sla_conditions."
            found.append(error("unknown-metric", where, metric, advice))
        if calendar and calendar not in self._calendars:
            found.append(error("unknown-calendar", where, calendar, _near(calendar, sorted(self._calendars))))
        if row.get("again") not in {None, "new", "continue"}:
            found.append(error("bad-again", where, row["again"], "Maybe new or continue is meant."))
        if row.get("warn") is not None and not 0 < row["warn"] <= 1:
            found.append(error("bad-share", where, row["warn"], "Maybe a share such as 0.8 is meant."))
        if row.get("retroactive_pause") and not row.get("retroactive_start"):
            advice = "Maybe retroactive_start is meant as well: without it there are no earlier pauses to take over."
            found.append(Issue("pause-without-start", Severity.WARNING, where, "", advice))
        return found

    def _condition(self, row: Row, where: str) -> list[Issue]:
        found = [] if row.get("policy") == _EVERY else self._known(row, where)
        if row.get("hook") not in list(Hook):
            found.append(error("unknown-hook", where, row.get("hook"), _near(row.get("hook"), list(Hook))))
        if not any(row.get(name) for name in TESTS):
            found.append(error("empty-condition", where, None, "Maybe an activity is missing: every event would pass."))
        for name, known in _WORDS.items():
            found.extend(_unknown_words(name, row.get(name), known, where))
        found.extend(_unknown_words("step", row.get("step"), _STEPS.get(str(row.get("activity"))), where))
        return found

    def _known(self, row: Row, where: str) -> list[Issue]:
        if row.get("policy") in self._named:
            return []
        return [error("unknown-policy", where, row.get("policy"), _near(row.get("policy"), sorted(self._named)))]

    def _twice(self, name: str) -> None:
        """Tell of rows with one key that hold at once."""
        rows = sorted(self.good[name], key=lambda row: (_key(name, row), row.get("valid_from") or date.min))
        for one, other in pairwise(rows):
            if _key(name, one) == _key(name, other) and (one.get("valid_to") or date.max) > (
                other.get("valid_from") or date.min
            ):
                where = f"{name} ({', '.join(_key(name, one))})"
                shown = f"{one.get('valid_from') or 'ever'} to {one.get('valid_to') or 'ever'}, then from {other.get('valid_from') or 'ever'}"
                advice = "Maybe the older row needs a `valid_to`; from the later beginning on the later row holds."
                self.issues.append(Issue("overlapping-versions", Severity.INFO, where, shown, advice))

    # A book of one day ---------------------------------------------------------------------------------------------------

    def book(self, day: date) -> SlaBook:
        """Return the policies that hold on a day."""
        held = {name: _held(name, rows, day) for name, rows in self.good.items()}
        filters: dict[str, dict[str, list[Match]]] = defaultdict(lambda: defaultdict(list))
        for row in held["sla_filters"]:
            filters[row["policy"]][row["field"]].append(Match.parse(row["value"]))
        targets: dict[str, list[Row]] = defaultdict(list)
        for row in held["sla_targets"]:
            targets[row["policy"]].append(row)
        found = []
        for row in held["sla_policies"]:
            name = row["policy"]
            made = {
                (t["metric"], t["priority"]): _made(t, held["sla_conditions"])
                for t in ({**t, "priority": t.get("priority") or None} for t in targets[name])
            }
            tests = tuple((f, m) for f, given in sorted(filters[name].items()) for m in _together(given))
            found.append(SlaPolicy(name, row.get("title") or name, int(row["position"]), tests, made))
        return SlaBook(tuple(sorted(found, key=lambda policy: (policy.position, policy.name))))


def _key(name: str, row: Row) -> tuple[str, ...]:
    return tuple(str(row.get(key) if row.get(key) is not None else "") for key in _KEYS[name])


def _held(name: str, rows: Sequence[Row], day: date) -> list[Row]:
    """Return the row of each key that holds on a day: of several the one that began last, in the newest version."""
    best: dict[tuple[str, ...], Row] = {}
    for row in sorted(rows, key=lambda row: (row.get("valid_from") or date.min, row.get("version") or 0, str(row))):
        if (row.get("valid_from") or date.min) <= day < (row.get("valid_to") or date.max):
            best[_key(name, row)] = row
    return [best[key] for key in sorted(best)]


def _together(given: Sequence[Match]) -> list[Match]:
    """Return the tests of one field: the alternatives as one, and all that must not be as one."""
    wanted = sorted({word for one in given if not one.negated for word in one.words})
    barred = sorted({word for one in given if one.negated for word in one.words})
    return [*([Match(tuple(wanted))] if wanted else []), *([Match(tuple(barred), negated=True)] if barred else [])]


def _made(row: Row, conditions: Sequence[Row]) -> SlaTarget:
    metric = str(row["metric"])
    continues = row["again"] == "continue" if row.get("again") else metric in CONTINUES
    return SlaTarget(
        policy=row["policy"],
        metric=metric,
        priority=row["priority"],
        seconds=float(row["target_s"]),
        calendar=row.get("calendar") or ALL_TIME,
        movement=Movement(_conditions(row["policy"], metric, conditions), continues),
        retroactive_start=bool(row.get("retroactive_start")),
        retroactive_pause=bool(row.get("retroactive_pause")),
        warn=0.8 if row.get("warn") is None else float(row["warn"]),
    )


def _conditions(policy: str, metric: str, rows: Sequence[Row]) -> tuple[Condition, ...]:
    """Return what moves a clock: for each hook the policy's own rows, else those for every policy, else the usual ones."""
    usual = USUAL[SlaMetric(metric)] if metric in list(SlaMetric) else {}
    found: list[Condition] = []
    for hook in Hook:
        alike = [row for row in rows if row["metric"] == metric and row["hook"] == hook]
        own = [row for row in alike if row["policy"] == policy] or [row for row in alike if row["policy"] == _EVERY]
        found.extend(
            Condition(hook, tuple((t, Match.parse(str(row[t]))) for t in TESTS if row.get(t)))
            for row in own or usual.get(hook, ())
        )
    return tuple(sorted(set(found)))


def _validity(row: Row, where: str) -> list[Issue]:
    since, until = row.get("valid_from"), row.get("valid_to")
    if since is not None and until is not None and until <= since:
        advice = "Maybe the two dates are swapped; `valid_to` is the first day on which the row no longer holds."
        return [error("ends-before-start", where, f"{since} to {until}", advice)]
    return []


def _edited(row: Row, where: str) -> list[Issue]:
    """Tell of a newer version without a day of its own: it judges cases that were closed before it was written."""
    if row.get("valid_from") is None and (row.get("version") or 0) > 0:
        advice = "Maybe it needs a `valid_from`: without one it replaces the older row for cases long closed, too."
        return [Issue("edit-without-day", Severity.INFO, where, f"version {row['version']}", advice)]
    return []


def _unknown_words(name: str, text: Any, known: Collection[str] | None, where: str) -> list[Issue]:
    if not text or known is None:
        return []
    wrong = [word for word in Match.parse(str(text)).words if word not in known]
    return [error(f"unknown-{name}", where, word, _near(word, [str(one) for one in known])) for word in wrong]


def _near(word: object, known: Sequence[str]) -> str:
    listed = list(known)
    near = difflib.get_close_matches(str(word), listed, n=3, cutoff=0.5)
    shown = near or listed[:10]
    return (
        f"Maybe {', '.join(shown)}{', ...' if not near and len(listed) > len(shown) else ''}."
        if shown
        else "Maybe its row in sla_policies is missing."
    )
