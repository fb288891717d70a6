"""How an allocation is printed: bookings, what is left undone and why, what would help."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from troth.charts.numbers import plural
from troth.cli import output
from troth.core.decision import Explanation, Issue

if TYPE_CHECKING:
    from troth.capacity.projects.allocation import AllocationAdvice, AllocationPlan
    from troth.capacity.projects.portfolio import ProjectBooking


def wanted_hours(plan: AllocationPlan) -> tuple[float, float]:
    """Return hours wanted and done in the weeks of a plan."""
    return float(plan.problem.needs.hours.sum()), float(plan.served().sum())


def show_allocated(
    plan: AllocationPlan, proposed: Sequence[ProjectBooking], issues: Sequence[Issue], *, form: output.Form, extra: Mapping[str, Any]
) -> None:  # fmt: skip
    """Print a plan and the bookings it proposes.

    Parameters
    ----------
    extra : more keys of the JSON object.
    """
    from troth.capacity.projects.allocation import advise
    from troth.capacity.projects.allocation.explain import why_short

    why, advice = why_short(plan), advise(plan)
    wanted, done = wanted_hours(plan)
    if form is not output.Form.TABLE:
        rows = [
            {
                "booking_id": one.booking_id, "person_id": one.person_id, "project_id": one.project_id, "phase_id": one.phase_id,
                "skill": one.skill, "first": one.first.isoformat(), "until": one.until.isoformat(), "hours": one.hours,
            }
            for one in proposed
        ]  # fmt: skip
        whole = {
            "status": str(plan.status), "value": plan.value, "bound": plan.bound, "gap": plan.gap, "wanted_hours": wanted, "done_hours": done,
            "seed": plan.seed, "seconds": plan.seconds, "broken": [asdict(one) for one in plan.broken], "short": [asdict(one) for one in why.parts],
            "advice": [_advised(plan, one) for one in advice], "issues": [one.as_dict() for one in issues], **extra,
        }  # fmt: skip
        output.show(rows, form=form, key="bookings", extra=whole)
        return
    columns: dict[str, Callable[[output.Row], str]] = {
        "project": lambda row: row["project"], "wanted": lambda row: f"{row['wanted']:,.0f}", "done": lambda row: f"{row['done']:,.0f}",
        "people": lambda row: ", ".join(row["people"]) or "-",
    }  # fmt: skip
    output.show(_projects(plan), form=form, key="projects", columns=columns)
    bound = "no bound is known" if plan.gap is None else "none is worth more"
    bound += f" than {plan.gap:.2%} above" if plan.gap else ""
    click.echo(f"{str(plan.status).capitalize()}: {done:,.0f} of {wanted:,.0f} hours, {bound}, {plan.seconds:.1f} s")
    _show_short(why)
    _show_beyond(plan)
    for one in advice[:5]:
        click.echo(f"  {_sentence(plan, one)}")


def _projects(plan: AllocationPlan) -> list[output.Row]:
    p, n = plan.problem, plan.problem.needs
    served, people = plan.served(), defaultdict[int, dict[str, float]](lambda: defaultdict(float))
    for who, need, hours in zip(
        plan.work.person.tolist(), plan.work.need.tolist(), plan.work.hours.tolist(), strict=True
    ):
        people[int(n.project[need])][p.people[who]] += hours
    return [
        {
            "project": name, "wanted": float(n.hours[n.project == j].sum()), "done": float(served[n.project == j].sum()),
            "people": _busiest(people[j]),
        }
        for j, name in enumerate(p.projects) if (n.project == j).any()
    ]  # fmt: skip


def _busiest(hours: Mapping[str, float]) -> list[str]:
    return sorted(hours, key=lambda who: (-hours[who], who))


def _show_short(why: Explanation, *, most: int = 8) -> None:
    from troth.capacity.projects.outlook.words import WHY

    rows = [(one.parameters["project"], part.parameters) for one in why.parts for part in one.parts]
    if rows:
        click.echo("Left undone:")
    for project, told in rows[:most]:
        reason = WHY.get(told["reason"], told["reason"])
        click.echo(
            f"  {project}: {_hours(told['hours'])} of {told['skill']}, {told['first']} to {told['last']}: {reason}"
        )
    if len(rows) > most:
        click.echo(f"  ... and {len(rows) - most:,} more; --format json lists all.")


def _show_beyond(plan: AllocationPlan, *, most: int = 8) -> None:
    rows = [one for one in plan.problem.notes if one.code == "beyond-the-weeks"]
    if rows:
        click.echo("After these weeks:")
    for one in rows[:most]:
        click.echo(f"  {one.where}: {one.value}. {one.advice}")
    if len(rows) > most:
        click.echo(f"  ... and {len(rows) - most:,} more; --format json lists all.")


def _hours(hours: float) -> str:
    return plural(round(hours), one="hour") if hours >= 0.5 else "less than an hour"


def _advised(plan: AllocationPlan, one: AllocationAdvice) -> dict[str, Any]:
    weeks = plan.problem.weeks
    found = {**asdict(one), "kind": str(one.kind)}
    found["first"] = weeks[one.first].isoformat() if one.first < len(weeks) else None
    found["until"] = weeks[one.until].isoformat() if one.until < len(weeks) else None
    return found


def _sentence(plan: AllocationPlan, one: AllocationAdvice) -> str:
    told = _advised(plan, one)
    what = {
        "hire": f"hire somebody with {one.skill} for {plural(round(one.hours), one='hour')} a week from {told['first']} on",
        "subcontract": f"subcontract {one.skill}, {plural(round(one.hours), one='hour')} a week from {told['first']} until {told['until'] or 'the end'}",
        "train": f"train {one.person} in {one.skill}",
        "delay": f"begin {one.project} {plural(one.weeks, one='week')} later",
    }[str(one.kind)]
    # An hour of a certain project of weight 1 is worth 1.
    weighed = "" if (plan.problem.needs.value == 1.0).all() else " by weight and probability"
    return f"Maybe {what}: worth up to {plural(round(one.worth), one='hour')} of work{weighed}."
