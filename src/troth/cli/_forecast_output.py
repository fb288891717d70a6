"""A forecast as rows and words: for the terminal, CSV and JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from troth.cli import output
from troth.cli.output import Row
from troth.core.decision import Status

if TYPE_CHECKING:
    from troth.demand import ChangedDemand, DemandForecast, ForecastProblem, Publication, SeriesForecast
    from troth.kpi.definition import Figure


def cells(one: SeriesForecast, *, flat: bool = False) -> list[Row]:
    """Return every cell of a series; flat rows carry the members of its key."""
    edges = one.grid.edges()
    key = {"series": one.series.name, **one.series.key} if flat else {}
    limits = {
        f"{side}_{level * 100:g}": band
        for level, pair in zip(one.levels, zip(one.low, one.high, strict=True), strict=True)
        for side, band in zip(("low", "high"), pair, strict=True)
    }
    return [
        key
        | {
            "start": label.isoformat(),
            "end": end.astimezone(label.tzinfo).isoformat(),
            "mean": float(one.mean[k]),
            "point": float(one.point[k]),
        }
        | {name: float(band[k]) for name, band in limits.items()}
        | {"closed": bool(one.closed[k])}
        for k, (label, end) in enumerate(zip(one.grid.labels(), edges[1:], strict=True))
    ]


def everything(
    told: DemandForecast, *, changed: ChangedDemand | None, published: Publication | None, figures: Sequence[Figure]
) -> dict[str, Any]:
    """Return the whole answer as plain data."""
    return {
        "series": [_series(one) for one in told.series],
        "status": str(told.status), "seed": told.seed, "seconds": round(told.seconds, 3), "versions": dict(told.versions),
        "changes": [_effect(one) for one in changed.effects] if changed else [],
        "published": {"snapshot": published.snapshot, "rows": published.rows} if published else None,
        "accuracy": [figure.as_dict() for figure in figures],
        "issues": [issue.as_dict() for issue in told.issues],
    }  # fmt: skip


def _series(one: SeriesForecast) -> dict[str, Any]:
    return {
        "key": dict(one.series.key), "name": one.series.name, "kind": str(one.series.kind), "model": one.model, "time_zone": one.grid.time_zone,
        "cells": cells(one),
        "scores": [{"model": s.model, "wape": s.wape, "bias": s.bias, "weight": s.weight, "days": s.days} for s in one.scores],
        "coverage": {f"{level:g}": share for level, share in one.coverage.items()},
        "repairs": [
            {"kind": str(r.kind), "start": r.start, "end": r.end, "was": r.was, "became": r.became, "why": r.why, "name": r.name} for r in one.repairs
        ],
    }  # fmt: skip


def _effect(one: Any) -> dict[str, Any]:
    change = one.change
    return {
        "id": change.id, "kind": str(change.kind), "value": change.value, "who": change.who, "at": change.at, "why": change.why,
        "layer": change.layer, "key": dict(one.key), "cells": [int(k) for k in one.cells],
        "before": [float(v) for v in one.before], "after": [float(v) for v in one.after],
    }  # fmt: skip


def days(told: DemandForecast, problem: ForecastProblem) -> list[Row]:
    """Return every local day of every series."""
    from troth.demand._days import names_of, told_by_day

    return [
        {
            "series": one.series.name,
            "day": day.day,
            "expected": day.mean,
            "low_80": day.low,
            "high_80": day.high,
            "closed": day.closed,
            "name": day.name,
            "kind": one.series.kind,
        }
        for one in told.series
        for day in told_by_day(one, names=names_of(one, problem=problem))
    ]


def columns(told: DemandForecast) -> Mapping[str, Callable[[Row], str]]:
    """Return what a table shows of a day."""
    from troth.demand._days import amount

    def shown(name: str) -> Callable[[Row], str]:
        return lambda row: "-" if row["closed"] else amount(row[name], kind=row["kind"])

    found: dict[str, Callable[[Row], str]] = {"series": lambda row: str(row["series"])} if len(told.series) > 1 else {}
    found |= {
        "day": lambda row: f"{row['day']:%a} {row['day']}",
        "expected": shown("expected"),
        "80 % from": shown("low_80"),
        "to": shown("high_80"),
    }
    found["note"] = lambda row: ", ".join(part for part in ("closed" if row["closed"] else "", row["name"]) if part)
    return found


def notes(
    told: DemandForecast,
    *,
    changed: ChangedDemand | None,
    published: Publication | None,
    figures: Sequence[Figure],
    lead: int | None,
) -> Iterator[str]:
    """Yield lines below the table: how good it was, what was set aside, what was changed and published."""
    import numpy as np

    from troth.charts.numbers import number, plural

    yield ""
    for one in told.series[:5]:
        name = f"{one.series.name}: " if len(told.series) > 1 else ""
        error = sum(score.weight * score.wape for score in one.scores)
        held = f", 80 % bands held {number(one.coverage[0.8], unit='share')}" if 0.8 in one.coverage else ""
        scored = (
            f"missed {number(error, unit='share')} in the backtest{held}"
            if one.scores
            else "too little history to try it"
        )
        if one.scores and not any(np.isfinite(share) for share in one.coverage.values()):
            scored = "nothing came in the days it was tried on"
        aside = (
            f"; {plural(len(one.repairs), one='stretch', many='stretches')} of history set aside" if one.repairs else ""
        )
        yield f"{name}{one.model or 'no model'}, {scored}{aside}."
    if len(told.series) > 5:
        yield f"... and {len(told.series) - 5:,} more series: --format json has all."
    for effect in changed.effects if changed else ():
        before, after = float(effect.before.sum()), float(effect.after.sum())
        yield f"Change {effect.change.id} by {effect.change.who}: {output.text(before)} became {output.text(after)} ({effect.change.why})."
    for figure in figures:
        if figure.variant == "" and figure.value is not None:
            of = f" of {' / '.join(str(m) for m in figure.by.values())}" if figure.by else ""
            yield f"Published forecasts{of} missed {number(figure.value, unit='share')} {plural(lead or 1, one='day')} ahead."
    if published is not None:
        yield (
            f"Published as {published.snapshot}: {plural(published.rows, one='cell')}."
            if published.rows
            else f"Already published as {published.snapshot}."
        )
    if told.status is Status.STOPPED:
        yield f"Stopped: {plural(len(told.series), one='series', many='series')} done."
