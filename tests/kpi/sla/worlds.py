"""Random cases of a few days under policies and calendars that change, drawn on whole minutes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
from hypothesis import strategies as st

from tests.kpi.logs import Event, hours, special
from tests.kpi.sla.plain import Rules
from troth.core.time import Calendar, calendars_from_tables
from troth.kpi.sla.engine import ENDED_BY, STATES, SlaClocks, clocks
from troth.kpi.sla.history import History
from troth.kpi.sla.read import history
from troth.kpi.sla.tables import books_from_tables
from troth.log.check import check
from troth.log.schema import DRAFTS, STORED

ZONE = "Europe/Vilnius"
MINUTE = timedelta(minutes=1)
#: Around the night of 29 March 2026, when Vilnius has 23 hours.
START = datetime(2026, 3, 27, 6, tzinfo=UTC)
MINUTES = 4 * 1440
NOW = START + MINUTES * MINUTE
CHANGE = date(2026, 3, 29)

ROWS = [
    *hours("office", ("08:00", "12:00"), ("13:00", "17:30"), time_zone=ZONE, valid_to=date(2026, 3, 30)),
    *hours("office", ("09:00", "12:30"), days=range(7), time_zone=ZONE, valid_from=date(2026, 3, 30)),
    *hours("nights", ("22:00", "30:00"), days=range(7), time_zone=ZONE),
]
DAYS = special("office", "2026-03-28", ("10:00", "11:30"), version=1)
CALENDARS = calendars_from_tables(ROWS, calendar_days=DAYS)[0]
#: The calendar changes while clocks run.
USES: list[dict[str, Any]] = [
    {"dimension": "queue", "member": "q1", "calendar": "office"},
    {"dimension": "queue", "member": "q1", "calendar": "nights", "valid_from": CHANGE},
]

_EVENTS: tuple[dict[str, Any], ...] = (
    *({"activity": "status_changed", "step": s} for s in ("open", "pending", "pending", "on_hold", "solved", "cancelled")),
    *({"activity": "status_changed", "step": "open", "priority": p} for p in ("P1", "P1", "P2", "P3")),
    {"activity": "status_changed", "step": "pending", "priority": "P1"},
    *({"activity": "assigned", "team": t, "actor": "system"} for t in ("t1", "t2", None)),
    {"activity": "unassigned"}, {"activity": "message_received", "direction": "in"},
    *({"activity": "message_sent", **who} for who in ({"agent_id": "ana"}, {"agent_id": "bo", "direction": "internal"}, {"actor": "bot"})),
    {"activity": "resolved", "agent_id": "ana"}, {"activity": "reopened"}, {"activity": "reopened"}, {"activity": "closed"},
    {"activity": "escalated", "attributes": {"reason": "angry"}}, {"activity": "merged"},
    {"activity": "opened", "queue": "q1"},
)  # fmt: skip
METRICS = ("first_reply", "next_reply", "pausable_update", "agent_work", "resolution", "assignment", "own")
_OWN = [
    {"hook": "start", "activity": "opened|message_received"},
    {"hook": "pause", "activity": "status_changed", "step": "!open"},
    {"hook": "resume", "activity": "message_sent"},
    {"hook": "stop", "activity": "closed|resolved"},
    {"hook": "reset", "activity": "escalated", "reason": "angry"},
    {"hook": "cancel", "activity": "assigned", "changed": "team"},
]


@st.composite
def cases(draw: st.DrawFn) -> list[Event]:
    """Draw the events of up to three cases, several at one minute now and then."""
    found: list[Event] = []
    for number in range(draw(st.integers(1, 3))):
        # On half hours now and then, so that clocks end just when their target is used up.
        when = draw(
            st.sampled_from([st.integers(0, MINUTES), st.integers(0, MINUTES // 30).map(lambda half: 30 * half)])
        )
        minutes = draw(st.lists(when, min_size=3, max_size=12))
        first = {
            "activity": "opened",
            "priority": draw(st.sampled_from(["P1", "P2", None])),
            "queue": draw(st.sampled_from(["q1", None])),
        }
        for place, minute in enumerate(sorted(minutes)):
            said = first if place == 0 and draw(st.booleans()) else draw(st.sampled_from(_EVENTS))
            found.append(Event(START + minute * MINUTE, source_id=f"{number}/{place}", case_id=f"c{number}", **said))
    return found


@st.composite
def tables(draw: st.DrawFn) -> dict[str, list[dict[str, Any]]]:
    """Draw two policies with targets of a few metrics, versions that change on a day, and conditions of their own."""
    policies = [{"policy": "first", "position": 1}, {"policy": "second", "position": 2}]
    filters = draw(
        st.sampled_from(
            [[], [("priority", "P1"), ("priority", "P3")], [("team", "!t1")], [("queue", "q1"), ("team", "!t2")]]
        )
    )
    targets = []
    for policy in ("first", "second"):
        for metric in draw(st.lists(st.sampled_from(METRICS), min_size=1, max_size=2, unique=True)):
            for priority in (None, *draw(st.sampled_from([(), ("P1",), ("P1", "P2")]))):
                for version in draw(st.sampled_from([(None,), (None, CHANGE)])):
                    early = draw(st.booleans())
                    targets.append({
                        "policy": policy, "metric": metric, "priority": priority, "valid_from": version,
                        "target_s": 60.0 * draw(st.sampled_from([1, 30, 240, 2000])),
                        "calendar": draw(st.sampled_from([None, "office", "nights", "calendar_use"])),
                        "retroactive_start": early, "retroactive_pause": early and draw(st.booleans()),
                        "again": draw(st.sampled_from([None, "new", "continue"])),
                    })  # fmt: skip
    conditions = [{"policy": "*", "metric": "own", "number": i, **row} for i, row in enumerate(_OWN)]
    if draw(st.booleans()):
        conditions.append(
            {
                "policy": "first",
                "metric": "resolution",
                "hook": "pause",
                "number": 1,
                "activity": "status_changed",
                "step": "pending",
            }
        )
    return {
        "sla_policies": policies, "sla_targets": targets, "sla_conditions": conditions,
        "sla_filters": [{"policy": "first", "field": field, "value": value} for field, value in filters],
    }  # fmt: skip


def arrays(events: Iterable[Event]) -> History:
    """Return events as the arrays that clocks are computed from."""
    good, bad = check(pa.Table.from_pylist([event.draft() for event in events], schema=DRAFTS))
    assert not len(bad)
    with duckdb.connect(":memory:") as con:
        con.execute("SET TimeZone = 'UTC'")
        con.register("good", good)
        return history(con, events=f"SELECT {', '.join(STORED.names)} FROM good")


def computed(
    found: History, rows: dict[str, list[dict[str, Any]]], *, as_of: date | None = None, now: datetime = NOW
) -> SlaClocks:
    """Return the clocks of a history under tables of policies."""
    books, issues = books_from_tables(rows, calendars=tuple(CALENDARS))
    assert not [one for one in issues if one.severity == "error"], issues
    return clocks(found, books=books, calendars=CALENDARS, now=now, uses=USES, time_zone=ZONE, as_of=as_of)


def told(found: History, made: SlaClocks) -> list[tuple[Any, ...]]:
    """Return clocks as plain rows to compare."""
    columns = (made.start, made.end, made.due, made.decided)
    return sorted(
        (
            (
                found.cases[made.case[i]], made.targets[made.target[i]].metric, made.targets[made.target[i]].policy,
                *(_instant(column[i]) for column in columns), ENDED_BY[made.ended_by[i]], STATES[made.state[i]],
                made.counted[i] / 1e6,
            )
            for i in range(len(made))
        ),
        key=str,
    )  # fmt: skip


def _instant(micros: int) -> str:
    return (
        ""
        if micros < 0
        else str(START + timedelta(microseconds=int(micros)) - (START - datetime(1970, 1, 1, tzinfo=UTC)))
    )


def by_minutes(rows: dict[str, list[dict[str, Any]]], as_of: date | None = None) -> tuple[Rules, Sequence[datetime]]:
    """Return rules that count minute by minute on a clock on the wall, and the minutes."""
    always = {"24x7": Calendar.always()}
    office, nights = CALENDARS["office"], CALENDARS["nights"]
    changing = office.then(datetime(2026, 3, 28, 22, tzinfo=UTC), calendar=nights)

    def by_use(known: Any) -> Calendar:
        return changing if known.get("queue") == "q1" else always["24x7"]

    rules = Rules(rows, CALENDARS | always, NOW, ZONE, as_of, by_use, _counted)
    return rules, [START + i * MINUTE for i in range(MINUTES + 1)]


_SEEN: dict[int, tuple[Calendar, list[bool]]] = {}


def _counted(calendar: Calendar, low: datetime, high: datetime) -> float:
    """Return the seconds of the open minutes between two instants."""
    open_ = _SEEN.setdefault(id(calendar), (calendar, []))[1]
    if not open_:
        open_ += _wall(calendar)
    first, last = ((at - START) // MINUTE for at in (low, high))
    return 60.0 * sum(open_[first:last])


def _wall(calendar: Calendar) -> Iterable[bool]:
    """Tell of every minute whether it is open; while the clock shows again what it has shown before, it stands still."""
    shown = datetime.min  # noqa: DTZ901
    for i in range(-1440, MINUTES):
        at = START + i * MINUTE
        part = calendar.at(at)
        shown = max(shown, at.astimezone(ZoneInfo(part.time_zone)).replace(tzinfo=None))
        if i >= 0:
            yield _is_open(part, shown)


def _is_open(calendar: Calendar, shown: datetime) -> bool:
    """Tell whether a wall-clock time lies in a span of its day or in what is left of the day before."""
    special = {item.day: item.spans for item in calendar.days}
    for back in (0, 1):
        day = shown.date() - timedelta(days=back)
        minute = shown.hour * 60 + shown.minute + back * 1440
        weekly = tuple((rule.opens, rule.closes) for rule in calendar.hours if rule.holds(day))
        if any(opens <= minute < closes for opens, closes in special.get(day, weekly)):
            return True
    return False
