"""A portfolio from plain data or JSON text and back; every mistake at once."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Final

from troth.capacity.projects.portfolio._plain import Reader, plain
from troth.capacity.projects.portfolio._tell import EARLIEST, LATEST, error
from troth.capacity.projects.portfolio.check import check
from troth.capacity.projects.portfolio.people import Consultant
from troth.capacity.projects.portfolio.portfolio import Portfolio
from troth.capacity.projects.portfolio.supply import paid_hours
from troth.capacity.projects.portfolio.use import ProjectBooking
from troth.capacity.projects.portfolio.work import Deal, Project, ProjectPhase, SkillNeed
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.json_input import FaultError, loaded

#: Version of the written form.
FORMAT: Final = 1
_UNITS: Final = ("hours", "person_days", "fte")
_EXTRA: Final[dict[type, tuple[str, ...]]] = {
    Portfolio: ("format", "full_time"), SkillNeed: ("person_days", "fte", "weeks"), ProjectBooking: ("person_days", "fte"),
    Project: ("size",), Deal: ("size",),
}  # fmt: skip
_WORK: Final = frozenset({"projects", "deals", "templates"})
#: What may follow from a part of a file of which something could not be read, and is then no second mistake.
_FOLLOWS: Final[dict[str, frozenset[str]]] = {
    **dict.fromkeys(
        ("unknown-person", "no-contract", "no-contract-then", "skill-nobody-holds", "skill-not-held", "for-nobody"), frozenset({"people"})
    ),
    **dict.fromkeys(("unknown-project", "unknown-phase", "unknown-template", "no-phases"), _WORK),
    "no-holidays": frozenset({"holidays"}), "no-exchange-rate": frozenset({"exchange"}),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FullTime:
    """What full-time work is: hours of each weekday, Monday first, and whose holidays are off."""

    hours: tuple[float, ...] = (8.0, 8.0, 8.0, 8.0, 8.0, 0.0, 0.0)
    country: str = ""


def from_json(data: Mapping[str, Any] | str, *, name: str = "portfolio") -> tuple[Portfolio, tuple[Issue, ...]]:
    """Return the portfolio of plain data or JSON text, and what is doubtful with it.

    Keys are the names of fields, days ISO 8601; what has a usual value may be left out. Hours of a need or a booking may be
    written as `person_days` or as `fte`: of a booking that names somebody they are hours of their own calendar, net of leave and holidays (as
    of `ask_group`), else of the file's `full_time`, over the `weeks` of the need, the days from `earliest` to `deadline` of its phase, or
    those of the booking. A project or deal without `phases` has those of its
    `template`, times `size`. docs/guides/projects.md has the whole form.

    Parameters
    ----------
    name : of the file, for issues about no place in it.

    Raises
    ------
    InputError
        With every error found, those of `check` included.

    Examples
    --------
    >>> made, doubts = from_json({
    ...     "day": "2026-06-01",
    ...     "people": [{"person_id": "ada", "contracts": [{"first": "2025-01-01"}], "skills": [{"skill": "data", "level": 2}]}],
    ...     "deals": [{"deal_id": "d1", "probability": 0.5, "wanted": "2026-07-01",
    ...                "phases": [{"phase_id": "study", "needs": [{"skill": "data", "fte": 0.5, "weeks": 4}]}]}],
    ... })
    >>> made.deals[0].phases[0].needs[0].hours, doubts
    (80.0, ())
    """
    portfolio, issues = looked_at(data, name=name)
    if portfolio is None or any(one.severity is Severity.ERROR for one in issues):
        raise InputError([one for one in issues if one.severity is Severity.ERROR])
    return portfolio, issues


def looked_at(data: Mapping[str, Any] | str, *, name: str = "portfolio") -> tuple[Portfolio | None, tuple[Issue, ...]]:
    """Return what can be read of a file, and every issue, errors too: for whoever only looks.

    Rows that cannot be read are left out and told. None is returned if there is nothing to look at.

    Raises
    ------
    InputError : text that is no JSON.
    """
    given = loaded(data, name=name) if isinstance(data, str) else data
    if not isinstance(given, Mapping):
        advice = "Maybe put it in braces, as keys with values."
        return None, (error("wrong-type", where=name, value=str(given)[:80], advice=advice),)
    reader = Reader(extra=_EXTRA)
    if given.get("format", FORMAT) != FORMAT:
        advice = f"Maybe {FORMAT}: a newer Troth may have written it."
        reader.tell("unknown-format", "format", given["format"], advice)
    units = _Units.of(given)
    reader.hooks = {
        SkillNeed: units.need, ProjectBooking: units.booking, Project: units.from_template, Deal: units.from_template,
        Portfolio: _whole,
    }  # fmt: skip
    try:
        portfolio: Portfolio = reader.record(Portfolio, given, "", {})
    except FaultError:
        return None, tuple(reader.issues)
    holes = {re.split(r"[.\[]", one.where)[0] for one in reader.issues if one.code != "unknown-key"}
    more = [one for one in check(portfolio) if not holes & _FOLLOWS.get(one.code, frozenset())]
    return portfolio, (*reader.issues, *more)


def _whole(reader: Reader, value: dict[str, Any], where: str, outer: Mapping[str, Any]) -> dict[str, Any]:
    del where, outer
    if value.get("full_time") is not None:
        with suppress(FaultError):
            full = reader.read(FullTime, value["full_time"], "full_time", {})
            if len(full.hours) != 7 or sum(full.hours) <= 0 or min(full.hours) < 0:
                reader.tell("bad-week", "full_time.hours", full.hours, "Maybe seven numbers, Monday first.")
    return value


@dataclass(frozen=True, slots=True)
class _Units:
    """What short forms are turned into hours and phases with."""

    full: FullTime
    closed: frozenset[date]
    templates: Mapping[str, Sequence[ProjectPhase]]
    people: Mapping[str, Consultant] = field(default_factory=dict)
    """Who is booked by days or FTE and has a calendar."""
    holidays: Mapping[str, frozenset[date]] = field(default_factory=dict)

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> _Units:
        """Read what others are read with; what is wrong there is told when it is read for itself."""
        quiet, full = Reader(extra=_EXTRA), FullTime()
        with suppress(FaultError):
            found = quiet.read(FullTime, given.get("full_time") or {}, "", {})
            full = found if len(found.hours) == 7 and sum(found.hours) > 0 else full
        holidays = dict[str, frozenset[date]]()
        for country, days in _mapping(given.get("holidays")).items():
            with suppress(FaultError):
                holidays[country] = quiet.read(frozenset[date], days, "", {})
        closed = holidays.get(full.country, frozenset())
        made = cls(full, closed, {}, _booked_people(quiet, given), holidays)
        quiet.hooks = {SkillNeed: made.need}
        with suppress(FaultError):
            kinds = quiet.read(Mapping[str, tuple[ProjectPhase, ...]], given.get("templates") or {}, "", {})
            return replace(made, templates=kinds)
        return made

    def worked(self, first: date, until: date, *, person: object = "") -> float:
        """Return the hours that somebody has in a span, net of leave and holidays; full-time ones of nobody, or who has none."""
        if mine := self._paid(first, until, person):
            return sum(mine)
        days = (first + timedelta(days=k) for k in range(max((until - first).days, 0)))
        return sum(self.full.hours[day.weekday()] for day in days if day not in self.closed)

    def a_day(self, first: date | None = None, until: date | None = None, *, person: object = "") -> float:
        """Return the mean working day of somebody in a span, of full-time work if they have none."""
        mine = self._paid(first, until, person) if first and until else []
        hours = mine or [one for one in self.full.hours if one > 0]
        return sum(hours) / max(len(hours), 1)

    def _paid(self, first: date, until: date, person: object) -> list[float]:
        """Return the hours of each day in a span on which somebody works."""
        who = self.people.get(person) if isinstance(person, str) else None
        if who is None:
            return []
        paid = paid_hours(Portfolio(first, (who,), holidays=self.holidays), first=first, until=until)
        return [one for one in paid[0].tolist() if one > 0]

    def need(self, reader: Reader, value: dict[str, Any], where: str, outer: Mapping[str, Any]) -> dict[str, Any]:
        """Give a need its hours."""
        unit = _unit(reader, value, where)
        if unit == "fte" and value.get("weeks") is not None:
            weeks = _number(reader, value["weeks"], f"{where}.weeks")
            return value | {
                "hours": _times(_number(reader, value["fte"], f"{where}.fte"), weeks * sum(self.full.hours))
            }
        if unit == "fte":
            days = [_day(outer.get(key)) for key in ("earliest", "deadline")]
            advice = "Maybe add weeks, or earliest and deadline to the phase: FTE are of a length of time."
            return self._fte(reader, value, where, days[0], days[1] and days[1] + timedelta(days=1), advice)
        return self._days(reader, value, where, unit)

    def booking(self, reader: Reader, value: dict[str, Any], where: str, outer: Mapping[str, Any]) -> dict[str, Any]:
        """Give a booking its hours."""
        del outer
        unit = _unit(reader, value, where)
        if unit == "fte":
            advice = "Maybe add first and until: FTE are of a length of time."
            return self._fte(reader, value, where, _day(value.get("first")), _day(value.get("until")), advice)
        return self._days(reader, value, where, unit)

    def _days(self, reader: Reader, value: dict[str, Any], where: str, unit: str) -> dict[str, Any]:
        if unit != "person_days":
            return value
        a_day = self.a_day(_day(value.get("first")), _day(value.get("until")), person=value.get("person_id"))
        return value | {"hours": _times(_number(reader, value[unit], f"{where}.{unit}"), a_day)}

    def _fte(
        self, reader: Reader, value: dict[str, Any], where: str, first: date | None, until: date | None, advice: str
    ) -> dict[str, Any]:  # fmt: skip
        share = _number(reader, value["fte"], f"{where}.fte")
        if first is None or until is None:
            reader.wrong("no-span", f"{where}.fte", value["fte"], advice)
        return value | {"hours": _times(share, self.worked(first, until, person=value.get("person_id")))}

    def from_template(
        self, reader: Reader, value: dict[str, Any], where: str, outer: Mapping[str, Any]
    ) -> dict[str, Any]:  # fmt: skip
        """Give a project or deal without phases those of its template."""
        del outer
        size, name = value.get("size"), value.get("template")
        if value.get("phases") is not None or not isinstance(name, str) or name not in self.templates:
            if size is not None:
                advice = "Maybe leave it out: only phases taken from a template of the file have a size."
                reader.tell("no-template", f"{where}.size", size, advice)
            return value
        factor = 1.0 if size is None else _number(reader, size, f"{where}.size")
        phases = plain(tuple(self.templates[name]))
        for phase in phases:
            for need in phase["needs"]:
                need["hours"] = _times(need["hours"], factor)
        return value | {"phases": phases}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _booked_people(quiet: Reader, given: Mapping[str, Any]) -> dict[str, Consultant]:
    """Return whose bookings are written in days or FTE, as far as they can be read and have contracts."""
    rows = {name: given[name] if isinstance(given.get(name), list | tuple) else () for name in ("bookings", "people")}
    named = {
        str(row.get("person_id"))
        for row in map(_mapping, rows["bookings"])
        if any(row.get(unit) is not None for unit in _UNITS[1:])
    }
    found = dict[str, Consultant]()
    for row in map(_mapping, rows["people"]):
        if str(row.get("person_id")) in named:
            with suppress(FaultError):
                who = quiet.read(Consultant, row, "", {})
                if not who.placeholder and all(len(one.hours) == 7 for one in who.contracts):
                    found[who.person_id] = who
    return found


def _times(amount: float, factor: float) -> float:
    """Return a product without the last digits that binary fractions add."""
    return round(amount * factor, 9)


def _unit(reader: Reader, value: Mapping[str, Any], where: str) -> str:
    """Return the unit in which hours are given.

    Raises
    ------
    FaultError : there are two, or none.
    """
    given = [unit for unit in _UNITS if value.get(unit) is not None]
    if len(given) > 1:
        reader.wrong("two-units", where, ", ".join(given), "Maybe leave all but one out: they say the same.")
    if not given:
        reader.wrong("missing-key", f"{where}.hours", "", "Maybe add hours, person_days or fte.")
    return given[0]


def _number(reader: Reader, value: Any, where: str) -> float:
    return float(reader.number(value, where))


def _day(value: Any) -> date | None:
    """Return a day, or None: what is wrong with it is told when it is read for itself."""
    try:
        day = date.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return day if EARLIEST <= day <= LATEST else None


def to_json(portfolio: Portfolio) -> str:
    """Return a portfolio as JSON that `from_json` reads back; what has its usual value is left out.

    Raises
    ------
    InputError : numbers that JSON does not have.
    """
    try:
        return json.dumps({"format": FORMAT, **plain(portfolio)}, ensure_ascii=False, allow_nan=False) + "\n"
    except ValueError as wrong:
        found = [one for one in check(portfolio) if one.code == "not-a-number"]
        raise InputError(
            found or [error("not-a-number", where="portfolio", value=str(wrong), advice="Maybe leave it out.")]
        ) from wrong
