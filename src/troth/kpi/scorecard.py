"""Scorecards: which figures a role looks at, against which targets, and how each stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

from troth.core.terms import Direction, Role
from troth.kpi.definition import Figure, Kpi


class Standing(StrEnum):
    """How a figure stands against its target: green, amber, red, or without one."""

    MET = "on target"
    WATCH = "watch"
    MISSED = "off target"
    NONE = "no target"


_AGENT: Final = ("load.throughput", "flow.served_per_hour", "quality.score", "voice.csat", "voice.dsat")
_LEAD: Final = (
    *_AGENT, "speed.turnaround", "speed.resolution", "speed.handle", "speed.answer", "speed.first_reply",
    "sla.service_level", "outcome.first_contact", "flow.backlog", "flow.escalation", "promise.kept", "load.occupancy",
)  # fmt: skip
_QUALITY: Final = (
    "quality.score", "quality.agents_passing", "quality.calibration", "quality.training_errors", "voice.csat", "voice.dsat",
    "voice.resolved", "voice.response", "outcome.first_contact", "outcome.reopened", "flow.failure_demand", "speed.handle",
)  # fmt: skip

#: The KPIs of each role by id, in the order in which they are read; None means all there are.
SCORECARDS: Final[Mapping[Role, tuple[str, ...] | None]] = {
    Role.AGENT: _AGENT,
    Role.TEAM_LEAD: _LEAD,
    Role.QUALITY_SPECIALIST: _QUALITY,
    Role.OPERATIONS_LEAD: None,
}


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure should reach.

    Parameters
    ----------
    value : the target, in the figure's unit; reaching it exactly is enough.
    amber : where it starts to be bad: between target and this is a worry, beyond it a miss. The target if not given.
    """

    value: float
    amber: float


@dataclass(frozen=True, slots=True)
class Scored:
    """A figure with its target, if it has one, and how it stands."""

    figure: Figure
    target: Target | None
    standing: Standing


def roles_of(kpi_id: str) -> tuple[Role, ...]:
    """Return the roles on whose scorecard a KPI is.

    Examples
    --------
    >>> [str(role) for role in roles_of("quality.agents_passing")]
    ['quality_specialist', 'operations_lead']
    """
    return tuple(role for role, ids in SCORECARDS.items() if ids is None or kpi_id in ids)


def in_order(figures: Iterable[Figure], *, role: Role) -> list[Figure]:
    """Return the figures of a role's scorecard in the order in which they are read."""
    ids = SCORECARDS[role]
    if ids is None:
        return list(figures)
    place = {kpi: i for i, kpi in enumerate(ids)}
    return sorted((f for f in figures if f.id in place), key=lambda f: place[f.id])


def target_for(figure: Figure, *, rows: Sequence[Mapping[str, Any]], plain: bool = True) -> Target | None:
    """Return the target that holds for a figure on the last day of its period.

    Parameters
    ----------
    figure : whose target is looked for.
    rows : of the reference table `targets`.
    plain : whether this variant is meant where a target names none: the canonical one, or the first of a KPI that
        has no canonical one.

    A target for a member of one of the figure's dimensions goes before one for everybody; a figure of one member
    never takes another member's.
    """
    last = (date.fromisoformat(figure.end[:10]) - timedelta(days=1)) if len(figure.end) >= 10 else date.max
    found: list[tuple[tuple[bool, bool, date, int], Target]] = []
    for row in rows:
        if row["kpi"] != figure.id or row["target"] is None:
            continue
        variant, dim = row["variant"] or "", row["dimension"] or ""
        if variant != figure.variant and (variant or not plain):
            continue
        if dim and str(figure.by.get(dim)) != str(row["member"]):
            continue
        since, until = row["valid_from"] or date.min, row["valid_to"] or date.max
        if since <= last < until:
            amber = row["amber"] if row["amber"] is not None else row["target"]
            order = (bool(dim), variant == figure.variant, since, row["version"] or 0)
            found.append((order, Target(float(row["target"]), float(amber))))
    return max(found, key=lambda one: one[0])[1] if found else None


def standing(figure: Figure, *, target: Target | None, direction: Direction) -> Standing:
    """Tell how a figure stands.

    On target: it meets the target, and so does its whole interval. Off target: it is beyond amber, and its whole
    interval misses the target. Watch: everything between, so that neither luck nor a small n decides. Without an
    interval the value alone does. A figure that is neither better high nor low is judged on the side its amber is on.
    """
    if target is None or figure.value is None:
        return Standing.NONE
    sign = _sign(direction, target)
    if sign == 0:
        return Standing.NONE
    ends = [figure.value if end is None else end for end in (figure.low, figure.high)]
    # `sign` turns everything so that more is better.
    worst, best = sorted(sign * end for end in ends)
    value, goal, amber = sign * figure.value, sign * target.value, sign * target.amber
    if value >= goal:
        return Standing.MET if worst >= goal else Standing.WATCH
    return Standing.MISSED if value < min(amber, goal) and best < goal else Standing.WATCH


def _sign(direction: Direction, target: Target) -> int:
    if direction is not Direction.NEITHER:
        return 1 if direction is Direction.HIGHER else -1
    return 1 if target.amber < target.value else -1 if target.amber > target.value else 0


def scored(figures: Iterable[Figure], *, kpis: Mapping[str, Kpi], targets: Sequence[Mapping[str, Any]]) -> list[Scored]:
    """Return figures with target and standing.

    Parameters
    ----------
    figures : of any KPIs, members and periods.
    kpis : the catalogue.
    targets : rows of the reference table `targets`.
    """
    plain: dict[str, str] = {}
    for one in kpis.values():
        plain[one.id] = "" if not one.variant else plain.get(one.id, one.variant)
    result = []
    for figure in figures:
        kpi = kpis[f"{figure.id}/{figure.variant}" if figure.variant else figure.id]
        target = target_for(figure, rows=targets, plain=plain[figure.id] == figure.variant)
        result.append(Scored(figure, target, standing(figure, target=target, direction=kpi.direction)))
    return result


def changed(figure: Figure, *, direction: Direction, unsure: float = 1.0) -> int:
    """Tell whether a figure got better (1), worse (-1), or stayed within its interval of the period before (0).

    Without an interval, a direction or a period before it is 0, and so it is while the figure can still change by
    itself: nothing is said that is not known.

    Parameters
    ----------
    figure, direction : what changed, and which way it is better.
    unsure : so many times as wide its interval is taken; 1 as if the period before were known without doubt.
    """
    before, value = figure.previous, figure.value
    if before is None or value is None or figure.low is None or figure.high is None or direction is Direction.NEITHER:
        return 0
    if not figure.mature:
        return 0
    low, high = (value + unsure * (end - value) for end in (figure.low, figure.high))
    if low <= before <= high:
        return 0
    return 1 if (value > before) == (direction is Direction.HIGHER) else -1
