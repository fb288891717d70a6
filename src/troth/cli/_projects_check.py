"""`troth projects check`: everything wrong with a portfolio, and the days into which too much is forced."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from troth.cli import output
from troth.cli._projects_shared import doubtful, from_where, input_option, looked_at, schedule_problem
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError

if TYPE_CHECKING:
    from troth.capacity.projects.booking import OverbookedRange, PooledShortage
    from troth.capacity.projects.portfolio import Portfolio

#: Parts of a portfolio that say what hours there are.
_HOURS: Final = ("people", "reservations", "claims", "holidays")
#: Issues that the table of over-booked days shows already.
_SHOWN: Final = frozenset({"over-booked", "pool-over-booked"})


@click.command(
    "check",
    epilog="Example: troth projects check house.json --format json; troth projects check --lake demo-lake --site practice-p",
)
@from_where
@input_option
@click.option("--soft", is_flag=True, help="Count soft bookings too, by their probability.")
@output.form_option
def check_command(
    path: Path | None, *, lake: Path, day: datetime | None, site: str | None, source: str, soft: bool, form: output.Form
) -> int:
    """Tell everything wrong with a portfolio, and the days into which bookings force more work than there are hours.

    PATH is a JSON file, docs/guides/projects.md says what can be in it; without one the portfolio is read from the lake. Exit status is 1 if
    anything is wrong or doubtful, 2 if there is nothing that can be read.
    """
    if source == "mspsp":
        from troth.capacity.projects.schedule import check

        problem = schedule_problem(path)
        sizes: output.Row = {
            "activities": len(problem.activities),
            "people": len(problem.workers),
            "precedences": len(problem.precedences),
        }
        return _show(check(problem), [], sizes, form=form)
    portfolio, found = looked_at(path, lake=lake, day=day, site=site)
    if portfolio is None:
        raise InputError(found)
    issues = list(found)
    over: Sequence[OverbookedRange] = ()
    short: Sequence[PooledShortage] = ()
    if blind := [one for one in found if one.severity is Severity.ERROR and one.where.startswith(_HOURS)]:
        advice = "Maybe mend the errors of people's hours first: over-booked days were not looked for."
        issues.append(Issue("not-looked-at", Severity.INFO, blind[0].where, "over-booked days", advice, len(blind)))
    else:
        over, short = _over(portfolio, soft=soft)
    counts: output.Row = {
        "day": portfolio.day.isoformat(), "people": len(portfolio.people), "projects": len(portfolio.projects),
        "deals": len(portfolio.deals), "bookings": len(portfolio.bookings), "logged": len(portfolio.logged),
    }  # fmt: skip
    rows = [_row(one, person=one.person_id) for one in over] + [_row(one, person="") for one in short]
    issues += [*(one.as_issue() for one in over), *(one.as_issue() for one in short)]
    return _show(issues, rows, counts, form=form)


def _over(portfolio: Portfolio, *, soft: bool) -> tuple[Sequence[OverbookedRange], Sequence[PooledShortage]]:
    """Return over-booked days of people, and of roles and teams, of all bookings that can be computed with."""
    from troth.capacity.projects.booking import CountedBookings, overbooked, pooled
    from troth.capacity.projects.booking.check import computable

    counted = CountedBookings.EXPECTED if soft else CountedBookings.HARD
    sound = computable(portfolio)
    return overbooked(sound, counted=counted), pooled(sound, counted=counted)


def _row(one: OverbookedRange | PooledShortage, *, person: str) -> output.Row:
    found: dict[str, Any] = {
        "person_id": person, "first": one.first.isoformat(), "until": one.until.isoformat(), "forced_hours": one.forced,
        "available_hours": one.available, "over_hours": one.over, "booking_ids": list(one.booking_ids),
    }  # fmt: skip
    return found if person else {**found, "people": asdict(one)["people"]}


def _show(issues: Sequence[Issue], over: Sequence[output.Row], counts: output.Row, *, form: output.Form) -> int:
    if form is not output.Form.TABLE:
        rows = [one.as_dict() for one in issues]
        output.show(rows, form=form, key="issues", extra={"over_booked": over, **counts})
        return int(doubtful(issues))
    if over:
        columns = {
            "who": lambda row: row["person_id"] or ", ".join(row["people"]), "from": lambda row: row["first"], "until": lambda row: row["until"],
            "hours": lambda row: f"{row['forced_hours']:,.1f}", "there are": lambda row: f"{row['available_hours']:,.1f}",
            "over": lambda row: f"{row['over_hours']:,.1f}", "bookings": lambda row: ", ".join(row["booking_ids"]),
        }  # fmt: skip
        output.show(over, form=form, key="over_booked", columns=columns)
    output.show_issues([one for one in issues if one.code not in _SHOWN], form=form, err=False)
    by = Counter(str(one.severity) for one in issues)
    told = ", ".join(f"{by[str(one)]:,} {one}{'s' if by[str(one)] != 1 else ''}" for one in Severity if by[str(one)])
    click.echo(f"{', '.join(_count(name, n) for name, n in counts.items())}: {told or 'nothing is wrong'}.")
    return int(doubtful(issues))


def _count(name: str, value: Any) -> str:
    if name == "day":
        return str(value)
    one = {"people": "person", "activities": "activity", "logged": "time sheet"}.get(name, name.removesuffix("s"))
    many = {"logged": "time sheets"}.get(name, name)
    return f"{value:,} {one if value == 1 else many}"
