"""What stands in the sheets of people, skills, contracts and leave: each out as it comes in, every fault told at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.terms import LeaveKind, Role
from troth.web.people import sheets
from troth.web.people.models import Unit, User
from troth.web.people.sheets import SheetRow

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a sheet."""

    rows: int
    added: int
    changed: int

    @property
    def same(self) -> int:
        """Rows that said what was known."""
        return self.rows - self.added - self.changed


@dataclass(slots=True)
class Reading:
    """One reading of a sheet: who brings it, and what was found wrong so far."""

    actor: User
    today: date
    issues: list[Issue] = field(default_factory=list)

    def wrong(self, row: SheetRow, column: str, *, code: str, advice: str) -> None:
        """Note a fault of a cell."""
        where = f"row {row.number}, column {column}"
        self.issues.append(Issue(code, Severity.ERROR, where, row.cells.get(column, ""), advice))


@dataclass(frozen=True, slots=True)
class Column:
    """A column: how its text becomes a value, and whether it must be filled."""

    name: str
    read: Callable[[str], Any]
    needed: bool = False
    advice: Callable[[], str] = lambda: _("Maybe there is a typing error.")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A kind of sheet.

    Parameters
    ----------
    name : also the name of its file.
    columns : in the order they go out.
    key : columns that tell rows apart.
    roles : who may bring one in; for people of units where they have one of the roles.
    rows : the rows that go out, of the people given.
    check : looks at the values of all rows together and notes what is wrong.
    write : writes one row; tells whether it added something, changed something, or neither.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    roles: tuple[Role, ...]
    rows: Callable[[Iterable[User]], Iterable[Sequence[str]]]
    check: Callable[[Reading, list[tuple[SheetRow, Values]]], None]
    write: Callable[[Reading, Values], str]


def text(value: str) -> str:
    """Take a text as it is."""
    return value


def day(value: str) -> date:
    """Read a day."""
    return date.fromisoformat(value[:10] if value.endswith(" 00:00") else value)


def moment(value: str) -> datetime | date:
    """Read a day, or a day and a time."""
    if ":" not in value:
        return date.fromisoformat(value)
    found = datetime.fromisoformat(value)
    if found.tzinfo is not None:
        raise ValueError(value)
    return found


def truth(value: str) -> bool:
    """Read yes or no."""
    return {"yes": True, "no": False, "1": True, "0": False, "true": True, "false": False}[value.lower()]


def language(value: str) -> str:
    """Read the code of a language the site speaks."""
    return {code: code for code, _name in settings.LANGUAGES}[value.lower()]


def email(value: str) -> str:
    """Read an address."""
    validate_email(value)
    return value


def number(least: str, most: str) -> Callable[[str], Decimal]:
    """Return a reader of numbers in a range, with a point or a comma."""

    def read(value: str) -> Decimal:
        found = Decimal(value.replace(",", "."))
        if not Decimal(least) <= found <= Decimal(most):
            raise ValueError(value)
        return found

    return read


def a_day() -> str:
    """Advise on days."""
    return _("Maybe a day such as 2026-03-29 is meant.")


def out(sheet: Sheet, *, people: Iterable[User], excel: bool = False) -> bytes:
    """Return the sheet of some people as a file."""
    columns = [column.name for column in sheet.columns]
    rows = list(sheet.rows(people))
    return sheets.to_excel(columns, rows=rows, title=sheet.name) if excel else sheets.to_csv(columns, rows=rows)


@transaction.atomic
def take(sheet: Sheet, *, content: bytes, actor: User, today: date) -> Taken:
    """Bring a sheet in: all of it, or nothing if anything is wrong with it.

    Parameters
    ----------
    sheet : which kind.
    content : the file.
    actor : who brings it; whom they may not change is unknown to them.
    today : the day.

    Raises
    ------
    InputError : every fault, with its row and column.
    """
    columns = [column.name for column in sheet.columns]
    needed = [column.name for column in sheet.columns if column.needed]
    reading = Reading(actor=actor, today=today)
    pairs = [(row, _values(reading, sheet, row)) for row in sheets.read(content, known=columns, needed=needed)]
    _same_key_twice(reading, sheet, pairs)
    sheet.check(reading, pairs)
    if reading.issues:
        raise InputError(sorted(reading.issues, key=lambda one: int(one.where.split()[1].rstrip(","))))
    try:
        done = [sheet.write(reading, values) for _row, values in pairs]
    except IntegrityError as error:  # somebody else wrote meanwhile
        advice = _("Maybe somebody changed the same at this moment; bring it in once more.")
        raise InputError([Issue("conflict", Severity.ERROR, "file", type(error).__name__, advice)]) from error
    return Taken(rows=len(done), added=done.count("added"), changed=done.count("changed"))


def _values(reading: Reading, sheet: Sheet, row: SheetRow) -> Values:
    """Return what the cells of a row say; a column the file lacks is missing, an empty cell is none."""
    found: Values = {}
    for column in sheet.columns:
        if column.name not in row.cells:
            continue
        cell = row.cells[column.name]
        found[column.name] = None
        if not cell:
            if column.needed:
                reading.wrong(row, column.name, code="empty-cell", advice=_("Maybe the row is unfinished."))
            continue
        try:
            found[column.name] = column.read(cell)
        except (ValueError, KeyError, InvalidOperation, ValidationError):
            reading.wrong(row, column.name, code="bad-value", advice=column.advice())
    return found


def _same_key_twice(reading: Reading, sheet: Sheet, pairs: list[tuple[SheetRow, Values]]) -> None:
    seen: dict[tuple[Any, ...], int] = {}
    for row, values in pairs:
        key = tuple(values.get(name) for name in sheet.key)
        if None in key:
            continue
        if key in seen:
            advice = _("Maybe one of them is to go; the other is row %(row)s.") % {"row": seen[key]}
            reading.wrong(row, sheet.key[0], code="row-twice", advice=advice)
        seen.setdefault(key, row.number)


def those_known(reading: Reading, sheet: Sheet, pairs: list[tuple[SheetRow, Values]]) -> Mapping[str, User]:
    """Return the people of a sheet by their login, and note those the actor may not change or who are not there."""
    units = Unit.objects.where(reading.actor, *sheet.roles)
    logins = {values["login"] for _row, values in pairs if values.get("login")}
    found: dict[str, User] = {one.username: one for one in User.objects.of(units).filter(username__in=logins)}
    for row, values in pairs:
        login = values.get("login")
        if login and login not in found:
            advice = _("Maybe there is a typing error, or the person is of another unit.")
            reading.wrong(row, "login", code="unknown-person", advice=advice)
    return found


def written(*, made: bool, changed: bool) -> str:
    """Say what writing a row did."""
    return "added" if made else "changed" if changed else "same"


def put(row: Any, values: Mapping[str, Any]) -> bool:
    """Set fields of a saved row and save it if any differs; tell whether one did."""
    differs = [name for name, value in values.items() if getattr(row, name) != value]
    for name in differs:
        setattr(row, name, values[name])
    if differs:
        row.save(update_fields=differs)
    return bool(differs)


def kind(value: str) -> LeaveKind:
    """Read why somebody is away."""
    return LeaveKind(value.lower())


def span_in(zone: Any, *, starts: datetime | date, ends: datetime | date) -> tuple[datetime, datetime]:
    """Return the instants of a leave: a last day counts whole."""
    first = starts if isinstance(starts, datetime) else datetime.combine(starts, time())
    last = ends if isinstance(ends, datetime) else datetime.combine(ends + timedelta(days=1), time())
    return first.replace(tzinfo=zone), last.replace(tzinfo=zone)


def zone_of(person: User) -> ZoneInfo:
    """Return the time zone of a person's first unit."""
    first = person.memberships.select_related("unit__parent").order_by("pk").first()
    return first.unit.zone if first else ZoneInfo("UTC")


LOGIN: Final = Column("login", text, needed=True)
