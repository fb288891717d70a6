"""Projects of a house by its tables, with what the log says of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from troth.capacity.projects.portfolio._lake_days import Row, Tables
from troth.capacity.projects.portfolio._lake_work import Told, phases_of
from troth.capacity.projects.portfolio._tell import warning
from troth.capacity.projects.portfolio.work import ContractKind, Project, ProjectPhase
from troth.core.decision import Issue

_KINDS: Final = frozenset(ContractKind)


def kinds_of(rows: Sequence[Row]) -> dict[str, ContractKind]:
    """Return how projects of a template are paid most often."""
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        if row["contract_kind"] in _KINDS:
            counts[row["template"] or ""][row["contract_kind"]] += 1
    return {name: ContractKind(max(sorted(some), key=lambda kind: some[kind])) for name, some in counts.items()}


def kind_of(row: Row, issues: list[Issue]) -> ContractKind:
    """Return how a project is paid; what is not known is taken as time and materials, and told."""
    if row["contract_kind"] in _KINDS:
        return ContractKind(row["contract_kind"])
    advice = f"Maybe one of {', '.join(sorted(_KINDS))}; taken as time and materials."
    issues.append(warning("bad-value", where=f"projects {row['project']}", value=row["contract_kind"], advice=advice))
    return ContractKind.TIME


def projects_of(
    tables: Tables, *, told: Told, day: date, logged: Mapping[str, Mapping[tuple[str, str], float]], skills: Mapping[str, frozenset[str]],
    least_left: float,
) -> tuple[Project, ...]:  # fmt: skip
    """Return projects that are not finished, and finished ones that somebody is still booked on.

    Parameters
    ----------
    logged : by project, hours by (phase, person).
    skills : of people.
    """
    rows = [row for row in tables.get("projects", ()) if _known(row, day)]
    tasks: dict[str, list[Row]] = defaultdict(list)
    for row in tables.get("project_tasks", ()):
        if _known(row, day):
            tasks[row["project"]].append(row)
    booked = {str(row["note"]["project"]) for row in told.bookings.values()}
    out = []
    for row in sorted(rows, key=lambda row: row["project"]):
        name, done = row["project"], told.milestones.get(row["project"], set())
        mine = logged.get(name, {})
        phases = tuple(
            _worked(phase, mine, skills, done=phase.phase_id in done, least_left=least_left)
            for phase in phases_of(tasks[name])
        )
        if phases and all(phase.done for phase in phases) and name not in booked:
            continue
        kind, deal = kind_of(row, told.issues), told.deal_of.get(name, "")
        wish = told.day(told.deals[deal]["note"].get("window_start"), f"deal {deal}") if deal in told.deals else None
        by_person: dict[str, float] = defaultdict(float)
        for (_, person), hours in mine.items():
            by_person[person] += hours
        out.append(Project(
            name, phases if kind is ContractKind.TIME else _shares(phases), row["customer_id"] or "", row["template"] or "", kind,
            earliest=None if wish is None else wish + timedelta(days=told.slipped.get(deal, 0)), started=told.started.get(name),
            promised_start=told.due.get(("start", name), told.due.get(("start", deal))), promised_finish=told.due.get(("finish", name)),
            price_cents=row["budget_cents"] if kind is ContractKind.FIXED else None, budget_cents=row["budget_cents"],
            currency=row["currency"] or "", estimator=next((one["estimator_id"] for one in tasks[name] if one["estimator_id"]), ""),
            members=tuple(sorted(by_person, key=lambda who: (-by_person[who], who))),
        ))  # fmt: skip
    return tuple(out)


def _known(row: Row, day: date) -> bool:
    """Tell whether a row was there before a day began."""
    since, until = row.get("valid_from"), row.get("valid_to")
    return (since is None or since < day) and (until is None or until >= day)


def _shares(phases: Sequence[ProjectPhase]) -> tuple[ProjectPhase, ...]:
    """Return phases that earn the price by their estimated hours."""
    parts = [sum(need.hours for need in phase.needs) for phase in phases]
    return tuple(
        replace(phase, share=part / sum(parts)) for phase, part in zip(phases, parts, strict=True) if sum(parts) > 0
    )


def _worked(
    phase: ProjectPhase, logged: Mapping[tuple[str, str], float], skills: Mapping[str, frozenset[str]], *, done: bool, least_left: float,
) -> ProjectPhase:  # fmt: skip
    """Return a phase with what was logged on it, shared out to its skills: to those whoever logged has, by estimated hours."""
    parts = [0.0] * len(phase.needs)
    for (name, person), hours in logged.items():
        if name != phase.phase_id or not phase.needs:
            continue
        able = [k for k, need in enumerate(phase.needs) if need.skill in skills.get(person, ())] or range(len(parts))
        total = sum(phase.needs[k].hours for k in able)
        for k in able:
            parts[k] += hours * (phase.needs[k].hours / total if total else 1 / len(able))
    needs = []
    for need, part in zip(phase.needs, parts, strict=True):
        left = 0.0 if done else max(need.hours - part, least_left * need.hours)
        needs.append(replace(need, logged=round(part, 6), left=left if left > need.hours - part or done else None))
    return replace(phase, needs=tuple(needs), done=done)
