"""How well demand was foreseen, when it still mattered: published forecasts against what came."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from troth.core.terms import Direction, Unit
from troth.kpi.definition import Kpi, Params, Part
from troth.kpi.measures._common import share


def _missed(f: Any, _: Params) -> Any:
    return (f.said - f.came).abs()


def _cells(view: str, value: Any = _missed, weight: Any = lambda f, _: f.came, where: Any = None) -> tuple[Part, ...]:
    return (Part(view, at=lambda f, _: f.starts_at, where=where, value=value, weight=weight),)


_ACCURACY = Kpi(
    id="demand.accuracy",
    title="Forecast error",
    question="How far was the forecast published a day before from what came?",
    unit=Unit.SHARE,
    direction=Direction.LOWER,
    numerator="contacts too many or too few in each cell of the forecast",
    denominator="contacts that came",
    population=(
        "cells of published forecasts of arrivals that are over; of each cell the newest forecast issued at least a day"
        " before it began, in the finest split and step published"
    ),
    cohort="when the cell began",
    parts=_cells("forecast_cells"),
    source="Kolassa & Schuetz (2007), Advantages of the MAD/MEAN ratio over the MAPE, Foresight 6, 40-43",
    aliases=("WAPE",),
)
_WEEK = replace(
    _ACCURACY,
    variant="week_ahead",
    question="How far was the forecast published a week before from what came?",
    population=_ACCURACY.population.replace("a day before", "a week before"),
    parts=_cells("forecast_cells_week"),
)
_DAY = replace(
    _ACCURACY,
    variant="day",
    title="Forecast error of days",
    numerator="contacts too many or too few on each local day",
    cohort="when the day began",
    parts=_cells("forecast_days"),
)
_COMPUTED = replace(
    _ACCURACY,
    variant="computed",
    title="Forecast error without changes by people",
    question="How far would the forecast have been had nobody changed it?",
    parts=_cells("forecast_cells", lambda f, _: (f.computed.fill_null(f.said) - f.came).abs()),
    source="Fildes, Goodwin, Lawrence & Nikolopoulos (2009), Int. J. Forecasting 25, 3-23: do adjustments help?",
)
_RATIO = replace(
    _ACCURACY,
    variant="expected_over_came",
    title="Expected over came",
    question="Was too much expected, or too little?",
    direction=Direction.NEITHER,
    numerator="contacts expected",
    parts=_cells("forecast_cells", lambda f, _: f.said),
    source="Troth",
)
_COVERED = replace(
    _ACCURACY,
    variant="covered",
    title="Within the 80 % band",
    question="How often was what came within the band that should hold it four times out of five?",
    direction=Direction.NEITHER,
    numerator="cells whose contacts were within the 80 % band, limits included",
    denominator="cells with a band in which something was expected or came",
    parts=_cells(
        "forecast_cells",
        lambda f, _: share((f.low_80 <= f.came) & (f.came <= f.high_80)),
        1.0,
        lambda f, _: f.low_80.notnull() & f.high_80.notnull() & ((f.high_80 > 0) | (f.came > 0)),
    ),
    source="Gneiting, Balabdaoui & Raftery (2007), JRSS B 69, 243-268: calibration",
)

KPIS: Final = (_ACCURACY, _WEEK, _DAY, _COMPUTED, _RATIO, _COVERED)
