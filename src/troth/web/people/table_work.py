"""The sheets of skills, contracts and leave."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext as _

from troth.core.terms import LeaveKind, Role
from troth.web.people.models import Contract, Leave, Qualification, Skill, User
from troth.web.people.sheets import SheetRow
from troth.web.people.table_people import PEOPLE
from troth.web.people.tables import (
    LOGIN,
    Column,
    Reading,
    Sheet,
    Values,
    a_day,
    day,
    kind,
    moment,
    number,
    put,
    span_in,
    text,
    those_known,
    written,
    zone_of,
)

Pairs = list[tuple[SheetRow, Values]]


def _order(reading: Reading, pairs: Pairs, first: str, last: str) -> None:
    for row, values in pairs:
        if values.get(first) and values.get(last) and values[last] <= values[first]:
            reading.wrong(row, last, code="day-order", advice=_("Maybe the days are swapped."))


# Skills ---------------------------------------------------------------------------------------------------------------


def _skill_rows(people: Iterable[User]) -> Iterator[Sequence[str]]:
    found = Qualification.objects.filter(user__in=[one.pk for one in people]).select_related("user", "skill")
    for one in found.order_by("user__username", "skill__code"):
        ends = one.expires_on.isoformat() if one.expires_on else ""
        yield one.user.username, one.skill.code, str(one.level), one.gained_on.isoformat(), ends


def _check_skills(reading: Reading, pairs: Pairs) -> None:
    those_known(reading, SKILLS, pairs)
    _order(reading, pairs, "gained_on", "expires_on")
    codes = set(Skill.objects.values_list("code", flat=True))
    for row, values in pairs:
        code = values.get("skill")
        if code and code not in codes:
            near = difflib.get_close_matches(code, codes, n=1) or sorted(codes)[:5]
            advice = _("Maybe %(skills)s; a new skill is added on the page of skills first.") % {
                "skills": ", ".join(near)
            }
            reading.wrong(row, "skill", code="unknown-skill", advice=advice)


def _write_skill(reading: Reading, values: Values) -> str:
    person = User.objects.get(username=values["login"])
    fields = {"level": int(values.get("level") or 1), "expires_on": values.get("expires_on")}
    if values.get("gained_on"):
        fields["gained_on"] = values["gained_on"]
    row, made = Qualification.objects.get_or_create(
        user=person, skill=Skill.objects.get(code=values["skill"]), defaults={"gained_on": reading.today, **fields}
    )
    return written(made=made, changed=put(row, fields))


SKILLS: Final = Sheet(
    name="skills",
    columns=(
        LOGIN,
        Column("skill", text, needed=True),
        Column("level", number("1", "5"), advice=lambda: _("Maybe a level from 1 to 5 is meant.")),
        Column("gained_on", day, advice=a_day),
        Column("expires_on", day, advice=a_day),
    ),
    key=("login", "skill"),
    roles=(Role.ADMINISTRATOR, Role.OPERATIONS_LEAD, Role.TEAM_LEAD, Role.TRAINER),
    rows=_skill_rows,
    check=_check_skills,
    write=_write_skill,
)

# Contracts ------------------------------------------------------------------------------------------------------------


def _contract_rows(people: Iterable[User]) -> Iterator[Sequence[str]]:
    found = Contract.objects.filter(user__in=[one.pk for one in people]).select_related("user")
    for one in found.order_by("user__username", "valid_from"):
        ends = one.valid_to.isoformat() if one.valid_to else ""
        yield one.user.username, f"{one.hours_per_week.normalize():f}", one.valid_from.isoformat(), ends


def _check_contracts(reading: Reading, pairs: Pairs) -> None:
    those_known(reading, CONTRACTS, pairs)
    _order(reading, pairs, "valid_from", "valid_to")


def _write_contract(_reading: Reading, values: Values) -> str:
    fields = {"hours_per_week": values["hours_per_week"], "valid_to": values.get("valid_to")}
    person = User.objects.get(username=values["login"])
    row, made = Contract.objects.get_or_create(user=person, valid_from=values["valid_from"], defaults=fields)
    return written(made=made, changed=put(row, fields))


CONTRACTS: Final = Sheet(
    name="contracts",
    columns=(
        LOGIN,
        Column(
            "hours_per_week", number("0", "80"), needed=True,
            advice=lambda: _("Maybe hours a week from 0 to 80, such as 37.5, are meant."),
        ),
        Column("valid_from", day, needed=True, advice=a_day),
        Column("valid_to", day, advice=a_day),
    ),
    key=("login", "valid_from"),
    roles=(Role.ADMINISTRATOR, Role.OPERATIONS_LEAD, Role.PLANNER),
    rows=_contract_rows,
    check=_check_contracts,
    write=_write_contract,
)  # fmt: skip

# Leave ----------------------------------------------------------------------------------------------------------------


def _leave_rows(people: Iterable[User]) -> Iterator[Sequence[str]]:
    zones = {one.pk: zone_of(one) for one in people}
    for one in Leave.objects.filter(user__in=zones).select_related("user").order_by("user__username", "span"):
        starts, ends = (edge.astimezone(zones[one.user_id]) for edge in (one.span.lower, one.span.upper))
        yield one.user.username, _told(starts), _told(ends, last=True), one.kind


def _told(edge: datetime, *, last: bool = False) -> str:
    """Write an edge of a leave: a day where it is midnight; the last day is the one before."""
    if edge.time() == time():
        return (edge.date() - timedelta(days=1) if last else edge.date()).isoformat()
    return edge.strftime("%Y-%m-%d %H:%M")


def _check_leave(reading: Reading, pairs: Pairs) -> None:
    known = those_known(reading, LEAVE, pairs)
    taken: dict[str, list[tuple[datetime, datetime, str]]] = {}
    for one in Leave.objects.filter(user__in=known.values()).select_related("user"):
        taken.setdefault(one.user.username, []).append((one.span.lower, one.span.upper, _("the leave known already")))
    for row, values in pairs:
        person, starts, ends = known.get(values.get("login") or ""), values.get("starts"), values.get("ends")
        if person is None or starts is None or ends is None:
            continue
        first, last = values["span"] = span_in(zone_of(person), starts=starts, ends=ends)
        if last <= first:
            reading.wrong(row, "ends", code="day-order", advice=_("Maybe the times are swapped."))
            continue
        # A leave that begins when a known one does is that one, changed.
        others = [one for one in taken.get(person.username, []) if one[0] != first]
        for other in others:
            if other[0] < last and first < other[1]:
                advice = _("Maybe one of them is to be shorter: it overlaps with %(other)s.") % {"other": other[2]}
                reading.wrong(row, "starts", code="leave-overlaps", advice=advice)
        taken[person.username] = [*others, (first, last, _("row %(row)s") % {"row": row.number})]


def _write_leave(_reading: Reading, values: Values) -> str:
    first, last = values["span"]
    span = DateTimeTZRange(first, last)
    person = User.objects.get(username=values["login"])
    fields = {"span": span, "kind": str(values.get("kind") or LeaveKind.HOLIDAY)}
    row = Leave.objects.filter(user=person, span__startswith=first).first()
    if row is None:
        Leave.objects.create(user=person, **fields)
        return "added"
    return written(made=False, changed=put(row, fields))


def _a_moment() -> str:
    return _("Maybe a day such as 2026-03-29, or a local time such as 2026-03-29 08:00, is meant.")


LEAVE: Final = Sheet(
    name="leave",
    columns=(
        LOGIN,
        Column("starts", moment, needed=True, advice=_a_moment),
        Column("ends", moment, needed=True, advice=_a_moment),
        Column("kind", kind, advice=lambda: _("Maybe one of: %(kinds)s.") % {"kinds": ", ".join(LeaveKind)}),
    ),
    key=("login", "starts"),
    roles=(Role.ADMINISTRATOR, Role.OPERATIONS_LEAD, Role.PLANNER, Role.TEAM_LEAD),
    rows=_leave_rows,
    check=_check_leave,
    write=_write_leave,
)

#: Every kind of sheet by its name.
SHEETS: Final = {sheet.name: sheet for sheet in (PEOPLE, SKILLS, CONTRACTS, LEAVE)}


def today_in(person: User, *, now: datetime) -> date:
    """Return the day where a person works."""
    return now.astimezone(zone_of(person)).date()
