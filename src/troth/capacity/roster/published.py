"""Published rostering problems as text: the nurse instances of Curtois and Qu (2014), and multi-activity shifts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from troth.capacity.roster.problem import (
    Activity,
    Duty,
    Employee,
    KindNeed,
    RosterProblem,
    ShiftKind,
    SlotNeed,
    Terms,
    Wish,
)
from troth.core import InputError, Issue, Severity

#: Both sets begin on a Monday; which one is of no matter.
MONDAY = date(2024, 1, 1)
_DAY = 1440
#: Starts and lengths of multi-activity shifts in minutes of the wall clock: night, morning, afternoon, evening.
_STARTS = (0, *range(360, 601, 15), *range(840, 1081, 15), *range(1200, 1440, 15))
_LENGTHS = tuple(range(360, 601, 15))


class _Sections:
    """The sections of a file as rows of cells, with the line each row stands on; what cannot be read becomes an issue."""

    def __init__(self, text: str, name: str) -> None:
        self.name, self.issues = name, list[Issue]()
        self.rows: dict[str, list[tuple[int, list[str]]]] = defaultdict(list)
        section = ""
        for number, raw in enumerate(text.splitlines(), 1):
            line = raw.strip()
            if line.startswith("SECTION_"):
                section = line.removeprefix("SECTION_")
            elif line and not line.startswith("#"):
                self.rows[section].append((number, [cell.strip() for cell in line.split(",")]))

    def of(self, section: str, *, cells: int) -> Iterator[tuple[int, list[str]]]:
        """Yield a section's rows that have at least so many cells."""
        for number, row in self.rows.get(section, ()):
            if len(row) >= cells:
                yield number, row
            else:
                self.say("bad-row", number, ",".join(row), f"Maybe a cell is missing: {cells} are needed.")

    def whole(self, number: int, text: str) -> int:
        """Return a cell as a whole number; 0 with an issue if it is none."""
        try:
            return int(text)
        except ValueError:
            self.say("bad-number", number, text, "Maybe write a whole number.")
            return 0

    def need(self, *sections: str) -> None:
        """Say which sections are missing."""
        for section in sections:
            if not self.rows.get(section):
                self.say("missing-section", 0, f"SECTION_{section}", "Maybe the file is of another format, or cut off.")

    def say(self, code: str, number: int, value: str, advice: str) -> None:
        """Note an issue."""
        where = f"{self.name}:{number}" if number else self.name
        self.issues.append(Issue(code, Severity.ERROR, where, value, advice))

    def done(self) -> None:
        """Raise InputError if there is any issue."""
        if self.issues:
            raise InputError(self.issues)


def read_nurse(text: str, *, name: str = "nurse") -> RosterProblem:
    """Return the problem of a nurse instance (Curtois and Qu 2014, Computational results on new staff scheduling benchmark instances).

    Raises
    ------
    InputError : every row that cannot be read.
    """
    file = _Sections(text, name)
    file.need("HORIZON", "SHIFTS", "STAFF", "COVER")
    days = next((file.whole(n, row[0]) for n, row in file.of("HORIZON", cells=1)), 0)
    kinds = []
    for n, row in file.of("SHIFTS", cells=2):
        after = frozenset(row[2].split("|")) - {""} if len(row) > 2 else frozenset[str]()
        kinds.append(ShiftKind(row[0], (file.whole(n, row[1]),), not_before=after))
    away, wishes = defaultdict[str, set[int]](set), defaultdict[str, list[Wish]](list)
    for n, row in file.of("DAYS_OFF", cells=1):
        away[row[0]] |= {file.whole(n, cell) for cell in row[1:]}
    for section, wanted in (("SHIFT_ON_REQUESTS", True), ("SHIFT_OFF_REQUESTS", False)):
        for n, row in file.of(section, cells=4):
            wishes[row[0]].append(Wish(file.whole(n, row[1]), row[2], wanted, file.whole(n, row[3])))
    staff = []
    for n, row in file.of("STAFF", cells=8):
        most, high, low, run, least, off, weekends = row[1], *(file.whole(n, cell) for cell in row[2:8])
        limits = tuple((k, file.whole(n, v)) for k, _, v in (part.partition("=") for part in most.split("|")) if k)
        terms = Terms(
            minutes=(low, high),
            most_of_kind=limits,
            longest_run=run,
            shortest_run=least,
            shortest_off=off,
            most_weekends=weekends,
        )
        staff.append(Employee(row[0], terms, away=frozenset(away[row[0]]), wishes=tuple(wishes[row[0]])))
    needs = [
        KindNeed(file.whole(n, row[0]), row[1], *(file.whole(n, cell) for cell in row[2:5]))
        for n, row in file.of("COVER", cells=5)
    ]
    file.done()
    return RosterProblem(MONDAY, days, tuple(kinds), tuple(staff), kind_needs=tuple(needs))


def read_multi_activity_solution(text: str, problem: RosterProblem) -> tuple[Duty, ...]:
    """Return the shifts of a published solution (XML) of a multi-activity instance.

    Raises
    ------
    InputError : ``bad-solution`` if it cannot be read.
    """
    from lxml import etree

    try:
        root = etree.fromstring(text.encode(), etree.XMLParser(resolve_entities=False, no_network=True))
        duties = []
        for person in root.iter("Employee"):
            for shift in person.iter("Shift"):
                clock = (shift.findtext("Start") or "").split(":")
                stretches, at = list[tuple[str, int, int]](), 0
                for task in shift.iter("Task"):
                    length = int(task.findtext("Length") or 0)
                    stretches.append((task.findtext("ID") or "", at, at + length))
                    at += length
                day, start = int(shift.findtext("Day") or 0), int(clock[0]) * 60 + int(clock[1])
                kind = problem.kinds[0].kind
                duties.append(Duty(str(person.get("ID")), day, kind, start, at, tuple(stretches)))
    except (etree.XMLSyntaxError, ValueError, IndexError) as error:
        issue = Issue(
            "bad-solution", Severity.ERROR, "solution", str(error)[:80], "Maybe the file is of another format."
        )
        raise InputError([issue]) from error
    return tuple(duties)


def read_multi_activity(text: str, *, name: str = "multi-activity") -> RosterProblem:
    """Return the problem of a multi-activity instance: 15-minute cover of several tasks, shifts of six to ten hours.

    The horizon begins at 06:00 of the first day. Days are calendar days, so there is one more than the file says: the
    last one's night belongs to the horizon.

    Raises
    ------
    InputError : every row that cannot be read.
    """
    file = _Sections(text, name)
    file.need("HORIZON", "TASKS", "STAFF", "COVER")
    days = next((file.whole(n, row[0]) for n, row in file.of("HORIZON", cells=1)), 0)
    tasks = next((file.whole(n, row[0]) for n, row in file.of("TASKS", cells=1)), 0)
    names = [str(k + 1) for k in range(tasks)]
    slots = (days + 1) * 96
    floor = {task: [0] * slots for task in names}
    most = {task: [0] * slots for task in names}
    for n, row in file.of("COVER", cells=5):
        clock = row[1].partition("-")[0].split(":")
        slot = (file.whole(n, row[0]) - 1) * 96 + file.whole(n, clock[0]) * 4 + file.whole(n, clock[-1]) // 15
        if row[2] not in floor or not 0 <= slot < slots:
            file.say("bad-cover", n, ",".join(row[:3]), "Maybe the task or the day is not of this problem.")
            continue
        floor[row[2]][slot], most[row[2]][slot] = file.whole(n, row[3]), file.whole(n, row[4])
    staff = [
        Employee(row[0], Terms(minutes=(file.whole(n, row[1]), file.whole(n, row[2])), longest_run=5),
                 unavailable=((0, 360), (days * _DAY + 360, (days + 2) * _DAY)))
        for n, row in file.of("STAFF", cells=3)
    ]  # fmt: skip
    file.done()
    needs = tuple(
        SlotNeed(task, tuple(floor[task]), tuple(floor[task]), tuple(most[task]), (0.0,) * slots, over_square=1.0)
        for task in names
    )
    activities = tuple(Activity(task, 60) for task in names)
    return RosterProblem(
        MONDAY, days + 1, (ShiftKind("work", _LENGTHS, _STARTS),), tuple(staff), activities, slot_needs=needs
    )
