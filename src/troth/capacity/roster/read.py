"""A roster problem from the reference tables of a lake. The only file of this room that opens one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from troth.capacity.roster._gather import gathered, staff_of, walls_of
from troth.capacity.roster._needed import published_needs
from troth.capacity.roster._opening import minutes_in, shift_kinds
from troth.capacity.roster._past import told
from troth.capacity.roster.check import check
from troth.capacity.roster.house import HouseRules
from troth.capacity.roster.problem import Activity, RosterProblem, SlotNeed
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.ledger import CapacityLedger
from troth.log.lake import Lake
from troth.log.references import read_reference

#: What is read of a lake.
TABLES: Final = (
    "sites", "people", "memberships", "contracts", "skills", "leave", "schedules", "calendars", "calendar_days",
    "calendar_use", "rates", "requirements",
)  # fmt: skip
_HOUSE: Final = HouseRules()


def problem_of(
    lake: Lake,
    *,
    site: str,
    first: date,
    days: int,
    needs: Sequence[SlotNeed] | None = None,
    groups: Mapping[str, Collection[str]] | None = None,
    team: str | None = None,
    house: HouseRules = _HOUSE,
    ledger: CapacityLedger | None = None,
    as_of: datetime | None = None,
) -> tuple[RosterProblem, list[Issue]]:
    """Return the roster problem of a site of a lake, and doubts: `problem_from_tables` of its tables.

    Raises
    ------
    InputError
        Everything wrong, at once.
    """
    tables = {name: read_reference(lake, name) for name in TABLES if needs is None or name != "requirements"}
    return problem_from_tables(
        tables, site=site, first=first, days=days, needs=needs, groups=groups, team=team, house=house, ledger=ledger,
        as_of=as_of,
    )  # fmt: skip


def problem_from_tables(
    tables: Mapping[str, Sequence[Mapping[str, Any]]],
    *,
    site: str,
    first: date,
    days: int,
    needs: Sequence[SlotNeed] | None = None,
    groups: Mapping[str, Collection[str]] | None = None,
    team: str | None = None,
    house: HouseRules = _HOUSE,
    ledger: CapacityLedger | None = None,
    as_of: datetime | None = None,
) -> tuple[RosterProblem, list[Issue]]:
    """Return the roster problem of a site by its reference tables, and doubts.

    People are those of `memberships`. `contracts` and `house` say on which terms: the hours of the horizon are a seventh
    of the week's for each day, less a fifth for each day of leave or holiday from Monday to Friday. Shifts lie within the
    opening hours of the site, or within the calendar of the person's team if it has one. Whoever has leave, a shift at
    another site or another hard claim cannot come, by the minute. `schedules` tell what went before, and what people were
    told already.

    Parameters
    ----------
    tables : rows by name of the table, times aware.
    site, team : whose people; of all teams if left out.
    first, days : local days of the site.
    needs : people needed, a number for each slot; None for the newest published requirements, by team.
    groups : skills (as a rule queues) that an activity takes, all of them; None if activities have the names of skills or
        teams.
    house : what no table says.
    ledger : further claims; shifts that are held by the site, by ``roster`` or by nobody are what is planned anew, and
        do not count.
    as_of : only requirements issued by then.

    Returns
    -------
    the problem, and issues of which none is an error, those of `check` included. People without a contract, and those who
    can do nothing that is needed, are left out and told.

    Raises
    ------
    InputError
        ``unknown-site``, ``no-requirements``, ``nobody``, ``skill-nobody-has`` and others, all at once.
    """
    issues: list[Issue] = []
    walls = walls_of(tables, site=site, first=first, days=days, house=house)
    found = gathered(tables, site=site, team=team, walls=walls, days=days, house=house, ledger=ledger, issues=issues)
    if needs is None:
        needs = published_needs(
            tables.get("requirements", ()), site=site, teams=found.teams,
            skills={name for some in found.skills.values() for name in some}, team=team, days=days, walls=walls, house=house,
            opens=found.hours.open, as_of=as_of, issues=issues,
        )  # fmt: skip
    activities = tuple(Activity(one.activity, minutes_in(house.stretch)) for one in needs)
    staff = staff_of(
        found, tables=tables, site=site, activities=[one.activity for one in needs], groups=groups, issues=issues
    )
    opens = [found.hours_of(one).there for one in found.people] or [found.hours.there]
    kinds = shift_kinds(opens, days=days, house=house)
    shifts = {one.agent_id: found.past.get(one.agent_id, ()) for one in staff}
    problem = RosterProblem(
        first, days, kinds, staff, activities, slot_needs=tuple(needs), slot_minutes=house.slot_minutes,
        time_zone=walls.tz.key, published=told(shifts, site=site, days=days, kinds=kinds, issues=issues), prices=house.prices,
    )  # fmt: skip
    issues += check(problem)
    if any(one.severity is Severity.ERROR for one in issues):
        raise InputError(issues)
    return problem, issues
