"""iCalendar (RFC 5545): leave and planned shifts, into the reference tables `leave` and `schedules`.

A calendar says what is planned, so no event of the log is made of it. See ``docs/guides/import-calendars.md``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pyarrow as pa

from troth.core.decision import Issue, Severity
from troth.log.readers._ical_series import MOST, Occurrence, Series
from troth.log.readers._open import Opened, parts, reject_table, unusable, zone_of
from troth.log.readers.base import Batch, Reader, ReadOptions
from troth.log.reference import TABLES
from troth.log.schema import DRAFTS

#: What a category, else a title says: a state of the schedule, or a kind of leave.
_WORDS: Final = {
    "holiday": "holiday|vacation|leave|annual leave|time off|pto|day off|out of office|ooo",
    "illness": "sick|sick leave|sickness|illness|ill",
    "other": "absence|absent|away|parental leave|unpaid leave|compassionate leave",
    "shift": "shift|duty|work|working|early shift|late shift|night shift|early|late|night|on call|roster",
    "break": "break|lunch|lunch break",
    "meeting": "meeting|team meeting|1:1",
    "training": "training|course|workshop",
}  # fmt: skip
_MEANING: Final = {word: ours for ours, words in _WORDS.items() for word in words.split("|")}
_LEAVE: Final = frozenset({"holiday", "illness", "other"})
#: What the name of a calendar or file says of events that do not say it themselves.
_NAMES: Final = {"leave": "holiday", "absence": "holiday", "holiday": "holiday", "vacation": "holiday", "shift": "shift",
                 "roster": "shift", "rota": "shift", "schedule": "shift"}  # fmt: skip
#: What says when an event is; damage to anything else does no harm.
_WHEN: Final = frozenset("DTSTART DTEND DURATION RRULE RDATE EXDATE RECURRENCE-ID".split())
#: A moved occurrence beats the series it was moved from, whichever of them was changed last.
_MOVED: Final = 1 << 58
_KIND: Final = (
    "Maybe give the event a category such as Leave, Sick or Shift, or name the file after what is in it (leave-2026.ics,"
    " shifts.ics): nothing says what it is."
)


def read(path: Path, options: ReadOptions) -> Iterator[Batch]:
    """Yield one batch of a calendar: rows of leave and schedules, no events; see `Reader`."""
    zone_of(options.time_zone)
    for part in parts(path):
        yield _Calendar(part, options).batch()


@dataclass(slots=True)
class _Calendar:
    """One file being read."""

    part: Opened
    options: ReadOptions
    count: int = 0
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {"leave": [], "schedules": []})
    rejects: list[dict[str, Any]] = field(default_factory=list)
    told: dict[str, Issue] = field(default_factory=dict)

    def batch(self) -> Batch:
        """Return all that the file says."""
        text = self.part.read()
        if b"BEGIN:VCALENDAR" not in text[:4096].upper():
            advice = "Maybe this is another kind of file; an iCalendar file begins with BEGIN:VCALENDAR."
            code = "other-format" if text.strip() else "empty-file"
            raise unusable(code, Path(self.part.name), advice, text[:40].decode("utf-8", "replace"))
        for piece in _pieces(text):
            calendars = _parsed(piece)
            if not _events(calendars) and b"BEGIN:VEVENT" in piece.upper():
                self.count += 1
                self._reject("bad-event", None, "", "Maybe the event was cut or edited by hand.", piece)
                continue
            for calendar in calendars:
                self._take(calendar)
        tables = {
            name: pa.Table.from_pylist(rows, schema=TABLES[name].schema) for name, rows in self.rows.items() if rows
        }
        return Batch(
            file=self.part.name,
            drafts=DRAFTS.empty_table(),
            rejects=reject_table(self.rejects),
            rows=self.count,
            issues=(*self.told.values(), *self.part.issues),
            done=1.0,
            reference=tables,
        )

    def _take(self, calendar: Any) -> None:
        name = str(calendar.get("X-WR-CALNAME", "")).strip()
        zone, known = _zone(calendar, self.options)
        for item in calendar.subcomponents:
            if item.name == "VEVENT":
                self.count += 1
                self._event(item, name, zone, zone_known=known)
            elif item.name not in {"VTIMEZONE", "X-COMMENT"}:
                self._note("component-not-used", item.name, "Maybe it is of use elsewhere; only VEVENT is read.")

    def _event(self, event: Any, calendar: str, zone: tzinfo, *, zone_known: bool) -> None:
        title = str(event.get("SUMMARY", "")).strip()
        meaning = _meaning(event, title)
        if not meaning and (meaning := _by_name(calendar, Path(self.part.name).name)):
            advice = "Maybe give events a category such as Leave or Shift: the name of the calendar or file decided."
            self._note("kind-by-name", title, advice)
        if not meaning:
            self._reject("unknown-kind", "SUMMARY", title, _KIND, event.to_ical())
            return
        if broken := [(name, why) for name, why in event.errors if name in _WHEN]:
            self._reject("bad-event", broken[0][0], broken[0][1], "Maybe it was edited by hand.", event.to_ical())
            return
        series = Series(event, zone)
        try:
            found = list(series.occurrences())
        except (ValueError, TypeError, OverflowError, AttributeError) as error:
            what = str(error)
            if what in {"DTSTART", "DTEND"}:
                advice = "Maybe the event was cut: it needs a start, and an end or a duration."
                self._reject("missing-time", what, "", advice, event.to_ical())
            elif what == "end-before-start":
                advice = "Maybe start and end were swapped; an event must last."
                self._reject("end-before-start", "DTEND", "", advice, event.to_ical())
            else:
                self._reject("bad-rule", "RRULE", what, "Maybe the rule or a date was edited by hand.", event.to_ical())
            return
        version = _version(event)
        for agent in _agents(event, calendar or Path(self.part.name).name.split(".")[0]):
            for one in found:
                self._row(agent, meaning, one, version)
        self._doubts(event, series, title, zone_known=zone_known)

    def _row(self, agent: str, meaning: str, one: Occurrence, version: int) -> None:
        row = {"agent_id": agent, "starts_at": one.start, "ends_at": one.end, "version": version}
        if meaning in _LEAVE:
            self.rows["leave"].append({**row, "reason": meaning})
        else:
            self.rows["schedules"].append({**row, "state": meaning})

    def _doubts(self, event: Any, series: Series, title: str, *, zone_known: bool) -> None:
        if series.floating and not zone_known:
            self._note("assumed-utc", title, "Maybe name the zone of days and times without one with --time-zone.")
        if series.endless:
            self._note(
                "endless-rule",
                title,
                "Maybe give the series an end: it was followed for 400 days after its last change.",
            )
        if series.cut:
            self._note("long-series", title, f"Maybe the rule is wrong: only its first {MOST} occurrences were taken.")
        if "RANGE" in getattr(event.get("RECURRENCE-ID"), "params", {}):
            self._note("this-and-future", title, "Maybe split the series: only the one occurrence was changed here.")
        if int(event.get("SEQUENCE", 0)) > 0 and event.get("RECURRENCE-ID") is None:
            advice = (
                "Maybe an earlier import has it at another time: a calendar does not say where a changed event was before."
                " What it was moved from stays until it is withdrawn (EXDATE, or STATUS:CANCELLED at the old time)."
            )
            self._note("changed-event", title, advice)

    def _note(self, code: str, value: str, advice: str) -> None:
        known = self.told.get(code)
        where = known.where if known else f"{self.part.name} event {self.count}"
        shown = known.value if known else value[:200]
        self.told[code] = Issue(code, Severity.WARNING, where, shown, advice, known.count + 1 if known else 1)

    def _reject(self, code: str, column: str | None, value: str, advice: str, raw: bytes) -> None:
        self.rejects.append(
            {
                "file": self.part.name, "row": self.count, "code": code, "column": column, "value": value[:200],
                "advice": advice, "raw": raw.decode("utf-8", "replace")[:4000],
            }
        )  # fmt: skip


def _parsed(text: bytes) -> list[Any]:
    """Return the calendars of a text, none if it cannot be read."""
    import icalendar

    try:
        return list(icalendar.Calendar.from_ical(text, multiple=True))
    except (ValueError, KeyError, IndexError):
        return []


def _events(calendars: list[Any]) -> list[Any]:
    return [item for calendar in calendars for item in calendar.subcomponents if item.name == "VEVENT"]


def _pieces(text: bytes) -> Iterator[bytes]:
    """Yield the calendar, or where it does not parse as a whole, each event with the head and zones of its calendar."""
    # A part that is never ended makes everything vanish without a word, so events are counted.
    if len(_events(_parsed(text))) == sum(line.strip() == b"BEGIN:VEVENT" for line in text.upper().split(b"\n")):
        yield text
        return
    lines = text.replace(b"\r\n", b"\n").split(b"\n")
    head: list[bytes] = []
    event: list[bytes] | None = None
    for line in lines:
        mark = line.strip().upper()
        if mark == b"BEGIN:VEVENT":
            if event is not None:  # the event before was never ended
                yield b"\r\n".join([*head, *event, b"END:VCALENDAR", b""])
            event = [line]
        elif event is not None:
            event.append(line)
            if mark == b"END:VEVENT":
                yield b"\r\n".join([*head, *event, b"END:VCALENDAR", b""])
                event = None
        elif mark != b"END:VCALENDAR":
            head.append(line)
    if event is not None and any(line.strip() for line in event[1:]):
        yield b"\r\n".join([*head, *event, b"END:VCALENDAR", b""])


def _zone(calendar: Any, options: ReadOptions) -> tuple[tzinfo, bool]:
    """Return the zone of times without one, and whether anybody named it."""
    named = str(calendar.get("X-WR-TIMEZONE", "")).strip()
    if named:
        try:
            return ZoneInfo(named), True
        except (KeyError, ValueError, OSError):
            pass
    known = zone_of(options.time_zone)
    return (known or UTC), known is not None


def _meaning(event: Any, title: str) -> str:
    """Return what an event is: a state of the schedule or a kind of leave; "" if nothing says so."""
    groups = event.get("CATEGORIES")
    said = [
        str(c) for group in (groups if isinstance(groups, list) else [groups] if groups else []) for c in group.cats
    ]
    for word in [*said, title]:
        if meaning := _MEANING.get(word.strip().lower()):
            return meaning
    if str(event.get("X-MICROSOFT-CDO-BUSYSTATUS", "")).upper() == "OOF":
        return "holiday"
    return ""


def _by_name(*names: str) -> str:
    """Return what the name of a calendar or file says of its events, "" if nothing."""
    return next((meaning for name in names for word, meaning in _NAMES.items() if word in name.lower()), "")


def _agents(event: Any, otherwise: str) -> list[str]:
    """Return whom an event is for: who was asked to come and did not decline, else whose calendar it is."""
    asked = event.get("ATTENDEE")
    found = []
    for one in asked if isinstance(asked, list) else [asked] if asked else []:
        skips = {"ROOM", "RESOURCE", "GROUP"}
        params = one.params
        if str(params.get("CUTYPE", "")).upper() not in skips and str(params.get("PARTSTAT", "")).upper() != "DECLINED":
            found.append(str(one).lower().removeprefix("mailto:").strip())
    return sorted(set(found)) or [otherwise]


def _version(event: Any) -> int:
    """Return a number that grows with every change: first by SEQUENCE, then by when it was changed (RFC 5546, 2.1.5)."""
    changed = [event[key].dt for key in ("LAST-MODIFIED", "DTSTAMP") if key in event]
    times = [c if c.tzinfo else c.replace(tzinfo=UTC) for c in changed if isinstance(c, datetime)]
    seconds = int(max((t.timestamp() for t in times), default=0))
    version = int(event.get("SEQUENCE", 0)) * (1 << 34) + max(seconds, 0)
    return version + (_MOVED if event.get("RECURRENCE-ID") is not None else 0)


def _knows(path: Path) -> str:
    """Return "calendar" for an iCalendar file."""
    try:
        for part in parts(path):
            return "calendar" if b"BEGIN:VCALENDAR" in part.read(4096).upper() else ""
    except OSError:
        pass
    return ""


READER = Reader("icalendar", "iCalendar files: leave and planned shifts, into reference tables.", read, knows=_knows)
