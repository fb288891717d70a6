"""The clocks of agreements the slow and obvious way: one case, one event, one stretch of time after the other.

Written from the words of `docs/background/sla.md`. Nothing here looks at how Troth computes; only the usual conditions are
taken from it, as they are data. Time is counted over whatever instants it is given: every minute, or every event.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from tests.kpi.logs import Event
from tests.kpi.reference import order, person, reply
from troth.core.terms import SlaMetric
from troth.core.time import Calendar
from troth.kpi.sla.usual import CONTINUES, USUAL

Row = Mapping[str, Any]
#: Seconds a calendar is open between two instants.
Meter = Callable[[Calendar, datetime, datetime], float]
MICROSECOND = timedelta(microseconds=1)


@dataclass(slots=True)
class Run:
    """One run of a clock: when it began and ended, and the state of the clock from each instant on."""

    start: datetime
    end: datetime | None = None
    how: str | None = None
    marks: list[tuple[datetime, bool]] = field(default_factory=list)

    def counts(self, at: datetime) -> bool:
        """Tell whether it counts from an instant on."""
        return next((counting for since, counting in reversed(self.marks) if since <= at), False)


@dataclass(slots=True)
class Seen:
    """What is known of a case after an instant."""

    at: datetime
    known: dict[str, Any]


@dataclass(slots=True)
class Plain:
    """One clock."""

    case: str
    metric: str
    policy: str
    priority: str | None
    start: datetime
    end: datetime | None
    how: str | None
    target: float
    counted: float
    due: datetime | None
    state: str
    decided: datetime | None
    known: dict[str, Any]
    approximate: bool


@dataclass(slots=True)
class Rules:
    """Tables of policies, calendars by name, and the instant up to which is looked."""

    tables: Mapping[str, Sequence[Row]]
    calendars: Mapping[str, Calendar]
    now: datetime
    time_zone: str = "UTC"
    as_of: date | None = None
    by_use: Callable[[Mapping[str, Any]], Calendar] | None = None
    meter: Meter = Calendar.open_seconds
    _held: dict[tuple[str, date], list[Row]] = field(default_factory=dict)

    def held(self, table: str, day: date) -> list[Row]:
        """Return the rows that hold on a day; of one key the one that began last."""
        if (table, day) in self._held:
            return self._held[table, day]
        found = [
            r for r in self.tables.get(table, ())
            if (r.get("valid_from") or date.min) <= day < (r.get("valid_to") or date.max)
        ]  # fmt: skip
        keys = {
            "sla_policies": ["policy"], "sla_filters": ["policy", "field", "value"],
            "sla_targets": ["policy", "metric", "priority"], "sla_conditions": ["policy", "metric", "hook", "number"],
        }[table]  # fmt: skip
        best: dict[Any, Row] = {}
        for row in sorted(found, key=lambda r: r.get("valid_from") or date.min):
            best[tuple(row.get(k) for k in keys)] = row
        self._held[table, day] = list(best.values())
        return self._held[table, day]


def clocks(events: Iterable[Event], rules: Rules, *, instants: Sequence[datetime] | None = None) -> list[Plain]:
    """Return every clock of every case, by case, metric and start.

    Parameters
    ----------
    events : of any cases, in any order.
    rules : see `Rules`.
    instants : when to look at the clocks; None means at every event.
    """
    cases: dict[str, list[Event]] = defaultdict(list)
    for event in sorted(events, key=order):
        if event.case_id is not None and event.at <= rules.now:
            cases[event.case_id].append(event)
    return [one for case in sorted(cases) for one in _of_case(case, cases[case], rules, instants)]


def _of_case(case: str, events: list[Event], rules: Rules, instants: Sequence[datetime] | None) -> list[Plain]:
    opened = [e.at for e in events if e.activity == "opened"]
    first = min(opened) if opened else events[0].at
    day = rules.as_of or first.astimezone(ZoneInfo(rules.time_zone)).date()
    seen = _seen(events)
    found: list[Plain] = []
    policies = sorted(rules.held("sla_policies", day), key=lambda r: (r["position"], r["policy"]))
    for metric in sorted({r["metric"] for r in rules.held("sla_targets", day)}):
        mine: list[Plain] = []
        stretches = list(_targets(seen, metric, policies, rules, day))
        for place, (target, since, until) in enumerate(stretches):
            again = [(f, u) for t, f, u in stretches[place + 1 :] if t == target and target.get("retroactive_start")]
            for run in _runs(events, seen, _conditions(target["policy"], metric, rules, day), _again(target)):
                # What came to hold again counts from the run's start again: the last stretch is the promise.
                if any(_clock(case, events, seen, target, f, u, run, rules, instants) for f, u in again):
                    continue
                clock = _clock(case, events, seen, target, since, until, run, rules, instants)
                mine += [clock] if clock else []
        found += sorted(mine, key=lambda c: (c.start, c.end or datetime.max.replace(tzinfo=c.start.tzinfo)))
    return found


def _seen(events: Sequence[Event]) -> list[Seen]:
    """Return what is known of the case after each event: the last that was said of each thing."""
    known: dict[str, Any] = {}
    found = []
    for e in events:
        fields = {
            "priority": e.priority, "queue": e.queue, "site": e.site, "channel": e.channel, "service": e.service,
            "customer": e.customer_id, "topic": e.attributes.get("topic"), "any_team": e.team,
        }  # fmt: skip
        known |= {name: value for name, value in fields.items() if value is not None}
        if e.activity == "assigned":
            known |= {"held_team": e.team or "", "held_agent": e.agent_id or ""}
        if e.activity == "unassigned":
            known |= {"held_team": "", "held_agent": ""}
        if e.agent_id is not None and e.actor in (None, "human"):
            known["any_agent"] = e.agent_id
        if e.activity == "status_changed" and e.step is not None:
            known["status"] = e.step
        if e.activity == "closed":
            known["status"] = "closed"
        known["team"] = known.get("held_team") or known.get("any_team")
        known["agent"] = known["held_agent"] or None if "held_agent" in known else known.get("any_agent")
        found.append(Seen(e.at, dict(known)))
    return found


def _is(cell: Any, value: Any) -> bool:
    words = [w.strip() for w in str(cell).removeprefix("!").split("|")]
    return (value not in words) if str(cell).startswith("!") else (value in words)


def _targets(
    seen: Sequence[Seen], metric: str, policies: Sequence[Row], rules: Rules, day: date
) -> list[tuple[Row, datetime, datetime | None]]:
    """Return which target holds from when until when."""
    held: list[tuple[Row | None, datetime]] = []
    for place, one in enumerate(seen):
        if place + 1 < len(seen) and seen[place + 1].at == one.at:
            continue  # of what happens at once, the last says what holds
        target = _target(one.known, metric, policies, rules, day)
        if not held or held[-1][0] != target:
            held.append((target, one.at))
    ends = [since for _, since in held[1:]] + [None]
    return [(t, since, until) for (t, since), until in zip(held, ends, strict=True) if t is not None]


def _target(known: Mapping[str, Any], metric: str, policies: Sequence[Row], rules: Rules, day: date) -> Row | None:
    for policy in policies:
        tests: dict[str, list[str]] = defaultdict(list)
        for row in rules.held("sla_filters", day):
            if row["policy"] == policy["policy"]:
                tests[row["field"]].append(row["value"])
        fits = True
        for name, cells in tests.items():
            wanted = [c for c in cells if not c.startswith("!")]
            fits = fits and (not wanted or any(_is(c, known.get(name)) for c in wanted))
            fits = fits and all(_is(c, known.get(name)) for c in cells if c.startswith("!"))
        if fits:
            mine = [
                r for r in rules.held("sla_targets", day) if (r["policy"], r["metric"]) == (policy["policy"], metric)
            ]
            exact = [r for r in mine if r.get("priority") and r["priority"] == known.get("priority")]
            plain = [r for r in mine if not r.get("priority")]
            return next(iter([*exact, *plain]), None)
    return None


def _again(target: Row) -> bool:
    return target["again"] == "continue" if target.get("again") else target["metric"] in CONTINUES


def _conditions(policy: str, metric: str, rules: Rules, day: date) -> dict[str, list[Row]]:
    """Return the conditions of every hook."""
    rows = [r for r in rules.held("sla_conditions", day) if r["metric"] == metric]
    found: dict[str, list[Row]] = {}
    for hook in ("start", "pause", "resume", "stop", "reset", "cancel"):
        own = [r for r in rows if r["hook"] == hook and r["policy"] == policy]
        every = [r for r in rows if r["hook"] == hook and r["policy"] == "*"]
        usual = USUAL[SlaMetric(metric)].get(hook, ()) if metric in list(SlaMetric) else ()  # type: ignore[call-overload]
        found[hook] = own or every or list(usual)
    return found


def _runs(events: Sequence[Event], seen: Sequence[Seen], hooks: Mapping[str, Sequence[Row]], again: bool) -> list[Run]:
    """Walk through the events with one clock: idle, running or stopped, and held or not."""
    runs: list[Run] = []
    phase, held, before, replied = "idle", False, dict[str, Any](), False
    for e, now in zip(events, seen, strict=True):
        changed = {
            word for word, name in (("team", "held_team"), ("agent", "held_agent"), ("priority", "priority"), ("status", "status"))
            if (now.known.get(name) or "") != (before.get(name) or "")
        }  # fmt: skip
        done = {hook for hook, rows in hooks.items() if any(_passes(row, e, changed, replied) for row in rows)}
        if hooks["pause"] and not hooks["resume"] and "pause" not in done:
            words = {w for row in hooks["pause"] for w in str(row["activity"]).split("|")} | {"reopened"}
            if e.activity in words:
                done.add("resume")
        if "resume" in done:
            held = False
        if "pause" in done:
            held = True
        if phase == "running":
            for hook, then in (("cancel", "idle"), ("stop", "stopped"), ("reset", "reset")):
                if hook in done:
                    runs[-1].end, runs[-1].how, phase = e.at, hook, then
                    runs[-1].marks.append((e.at, False))
                    break
        if phase == "reset" or (phase != "running" and "start" in done):
            if phase == "stopped" and again:
                runs[-1].end = runs[-1].how = None
            else:
                runs.append(Run(e.at))
            phase = "running"
        if runs and phase == "running":
            runs[-1].marks.append((e.at, not held))
        before, replied = now.known, replied or (reply(e) and person(e))
    return runs


def _passes(row: Row, e: Event, changed: set[str], replied: bool) -> bool:
    actor = e.actor or ("human" if e.agent_id is not None else None)
    values = {
        "activity": e.activity, "step": e.step, "actor": actor, "direction": e.direction,
        "reason": e.attributes.get("reason"),
    }  # fmt: skip
    if any(row.get(name) and not _is(row[name], value) for name, value in values.items()):
        return False
    if row.get("changed") and row["changed"] not in changed:
        return False
    return replied or not row.get("after")


def _clock(
    case: str, events: Sequence[Event], seen: Sequence[Seen], target: Row, since: datetime, until: datetime | None,
    run: Run, rules: Rules, instants: Sequence[datetime] | None,
) -> Plain | None:  # fmt: skip
    """Return the clock of one target and one run, if they meet; counted stretch by stretch."""
    never = datetime(2199, 1, 1, tzinfo=rules.now.tzinfo)
    run_end, hold_end = run.end or never, until or never
    momentary = run.start == run.end and since <= run.start < hold_end
    if not momentary and max(since, run.start) >= min(hold_end, run_end):
        return None
    early = bool(target.get("retroactive_start"))
    start = run.start if early else max(run.start, since)
    end, how = (run.end, run.how) if run_end <= hold_end else (until, "replaced")
    name = target.get("calendar") or "24x7"
    at_start = [s.known for s in seen if s.at <= start][-1:] or [seen[0].known]
    calendar = rules.by_use(at_start[0]) if name == "calendar_use" and rules.by_use else rules.calendars[name]
    limit = min(end or rules.now, rules.now)
    ticks = sorted({start, since, limit, *(e.at for e in events), *(instants or ())})
    counted, due, allowed = 0.0, None, float(target["target_s"])
    for low, high in pairwise(ticks):
        if low < start or high > limit:
            continue
        without_pauses = early and not target.get("retroactive_pause") and low < since
        if without_pauses or run.counts(low):
            passed = rules.meter(calendar, low, high)
            if due is None and counted + passed >= allowed:
                due = calendar.add(low, seconds=allowed - counted)
            counted += passed
    over = counted > allowed
    # Had it gone on as it was just before it ended, or as it is now.
    goes_on = run.counts(limit - MICROSECOND) and end > start if end else run.counts(limit)
    if due is None and goes_on:
        due = calendar.add(limit, seconds=allowed - counted)
    state = "breached" if over else "met" if end else "running" if run.counts(limit) else "paused"
    if how == "cancel" or (how in ("reset", "replaced") and not over):
        state = "cancelled"
    decided = end if state == "met" else due if state == "breached" else None
    instant = decided or end or rules.now
    if how == "replaced" and decided is None:
        instant -= MICROSECOND
    known = ([s.known for s in seen if s.at <= min(instant, rules.now)][-1:] or [seen[0].known])[0]
    return Plain(
        case, target["metric"], target["policy"], target.get("priority"), start, end, how, allowed, counted, due, state,
        decided, known, any(e.origin != "exact" for e in events),
    )  # fmt: skip
