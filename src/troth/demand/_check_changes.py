"""All that is wrong or doubtful with changes of a forecast, before any is laid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from troth.core.decision import Issue, Severity
from troth.demand._change import ChangeKind, DemandChange, cells_of, in_order, matches
from troth.demand.plan import DemandForecast, SeriesForecast
from troth.demand.problem import DemandKind


def check_changes(forecast: DemandForecast, *, changes: Sequence[DemandChange]) -> list[Issue]:
    """Return every issue of changes on a forecast; with an error among them `change` refuses them all.

    Codes, errors first: ``same-id``, ``no-reason``, ``naive-time``, ``end-before-start``, ``bad-value``,
    ``unknown-series``, ``several-series``, ``not-on-grid``, ``partly-outside``, ``no-goal``, ``goal-outside``,
    ``cannot-move``; info ``outside-horizon``. An undone change may be as it likes.
    """
    active = [one for one in changes if one.active]
    issues = [
        _issue(f"change {name}", "same-id", str(count), "Maybe one of them is a copy: an id names one change.")
        for name, count in Counter(one.id for one in changes).items()
        if count > 1
    ]
    for one in active:
        issues.extend(_of_itself(one))
    sound = {issue.where for issue in issues}
    for one in active:
        if f"change {one.id}" not in sound:
            issues.extend(_of_place(one, forecast))
    return issues


def conflicts(forecast: DemandForecast, *, changes: Sequence[DemandChange]) -> list[Issue]:
    """Return changes that meet in the same cells so that their order, or one of them, no longer matters to see.

    Codes, all warnings: ``same-layer`` where the result depends on which was made first, ``hidden`` where a change of a
    higher layer sets what a lower one had changed.
    """
    issues = []
    for first, second in combinations(in_order(changes), 2):
        met = max(first.start, second.start) < min(first.end, second.end)
        if not met or not any(
            matches(first, key=s.series.key) and matches(second, key=s.series.key) for s in forecast.series
        ):
            continue
        where, kinds = f"changes {first.id} and {second.id}", {first.kind, second.kind}
        if first.layer == second.layer and kinds not in ({ChangeKind.MULTIPLY}, {ChangeKind.ADD}):
            advice = f"Maybe put one of them on a higher layer: now {second.id} is laid last because it was made last."
            issues.append(Issue("same-layer", Severity.WARNING, where, f"layer {first.layer}", advice))
        elif second.kind is ChangeKind.SET and second.start <= first.start and first.end <= second.end:
            advice = f"Maybe undo {first.id}: what {second.id} sets does not depend on it."
            issues.append(Issue("hidden", Severity.WARNING, where, f"layer {second.layer}", advice))
    return issues


def _of_itself(one: DemandChange) -> Iterator[Issue]:
    where = f"change {one.id}"
    if not one.who.strip() or not one.why.strip():
        yield _issue(where, "no-reason", "", "Maybe say who made it and why: somebody will ask in a month.")
    times = [part for part in (one.start, one.end, one.at, one.to) if part is not None]
    if any(part.tzinfo is None for part in times):
        yield _issue(where, "naive-time", str(times[0]), "Maybe a time with its offset: 2026-03-02T09:00+02:00.")
    elif one.end <= one.start:
        yield _issue(where, "end-before-start", f"{one.start} {one.end}", "Maybe the two are swapped.")
    low, high = (-np.inf if one.kind is ChangeKind.ADD else 0.0), (1.0 if one.kind is ChangeKind.MOVE else np.inf)
    if not np.isfinite(one.value) or not low <= one.value <= high:
        said = {ChangeKind.MULTIPLY: "a factor of 0 or more: 1.1 is a tenth more", ChangeKind.ADD: "a number",
                ChangeKind.SET: "0 or more", ChangeKind.MOVE: "a share from 0 to 1"}[one.kind]  # fmt: skip
        yield _issue(where, "bad-value", f"{one.value}", f"Maybe {said}.")
    if one.kind is ChangeKind.MOVE and one.to is None:
        yield _issue(where, "no-goal", "", "Maybe say where to: the time at which its first cell goes on.")


def _of_place(one: DemandChange, forecast: DemandForecast) -> Iterator[Issue]:
    where, meant = f"change {one.id}", [s for s in forecast.series if matches(one, key=s.series.key)]
    if not meant:
        names = ", ".join(s.series.name for s in forecast.series[:5])
        yield _issue(where, "unknown-series", str(dict(one.key)), f"Maybe one of {names}.")
    if len(meant) > 1 and one.kind in {ChangeKind.ADD, ChangeKind.SET}:
        advice = "Maybe name one: it is not said how an amount is shared among them. A factor may be for several."
        yield _issue(where, "several-series", f"{len(meant)} series", advice)
    for series in meant:
        yield from _of_span(one, series, where)


def _of_span(one: DemandChange, series: SeriesForecast, where: str) -> Iterator[Issue]:
    grid = series.grid
    if one.end <= grid.start or one.start >= grid.end:
        advice = "Maybe none: it is kept for when its days are forecast."
        yield Issue("outside-horizon", Severity.INFO, where, f"{one.start}", advice)
        return
    edges, inside = (
        set(grid.edges()),
        [part for part in (one.start, one.end, one.to) if part and grid.start <= part <= grid.end],
    )
    for part in inside:
        if part not in edges:
            yield _issue(where, "not-on-grid", f"{part}", f"Maybe a time at which a cell of {grid.step} begins.")
    if len([p for p in inside if p is not one.to]) < 2 and one.kind is not ChangeKind.MULTIPLY:
        advice = f"Maybe cut it at {grid.start} or {grid.end}: how much of it lies outside is not said."
        yield _issue(where, "partly-outside", f"{one.start} {one.end}", advice)
    if one.kind is ChangeKind.MOVE and one.to is not None:
        if series.series.kind is not DemandKind.ARRIVALS:
            yield _issue(
                where, "cannot-move", str(series.series.kind), "Maybe add and subtract: means cannot be moved."
            )
        ahead = (np.array([edge >= one.to for edge in grid.edges()[:-1]])).sum()
        if one.to < grid.start or len(cells_of(series, start=one.start, end=one.end)) > ahead:
            yield _issue(where, "goal-outside", f"{one.to}", f"Maybe a time from {grid.start} to {grid.end}.")


def _issue(where: str, code: str, value: str, advice: str) -> Issue:
    return Issue(code, Severity.ERROR, where, value, advice)
