"""A change of a forecast by a person: what it says, in which order it is laid, which cells it touches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from troth.demand.plan import SeriesForecast


class ChangeKind(StrEnum):
    """What a change does to the cells of its span."""

    MULTIPLY = "multiply"
    """Every cell times the value."""
    ADD = "add"
    """The value more in all, shared out as the forecast is; of means and shares the value more in each cell."""
    SET = "set"
    """The value in all, shared out as the forecast is; of means and shares the value in each cell."""
    MOVE = "move"
    """The share `value` of every cell goes to the cells from `to` on: nothing is lost, nothing made."""


@dataclass(frozen=True, slots=True)
class DemandChange:
    """One change of a forecast by a person.

    Parameters
    ----------
    id : its name, by which it is undone.
    value : a factor, an amount or a share, as the kind says.
    start, end : the cells from `start` to before `end`; both are edges of the forecast's grid.
    who, at, why : who made it, when, and for what reason.
    key : the series it is for: all that have these members. An amount is for one series.
    to : of a move, where the first cell goes.
    layer : lower layers are laid first, within one in the order in which they were made.
    active : an undone change stays on record and does nothing.
    """

    id: str
    kind: ChangeKind
    value: float
    start: datetime
    end: datetime
    who: str
    at: datetime
    why: str
    key: Mapping[str, str] = field(default_factory=dict)
    to: datetime | None = None
    layer: int = 0
    active: bool = True


def in_order(changes: Iterable[DemandChange]) -> list[DemandChange]:
    """Return the active changes in the order in which they are laid."""
    return sorted((one for one in changes if one.active), key=lambda one: (one.layer, one.at, one.id))


def matches(change: DemandChange, *, key: Mapping[str, str]) -> bool:
    """Tell whether a change is for the series of a key."""
    return all(key.get(dim) == member for dim, member in change.key.items())


def cells_of(forecast: SeriesForecast, *, start: datetime, end: datetime) -> NDArray[np.int64]:
    """Return the numbers of the cells that begin in ``[start, end)``."""
    edges = forecast.grid.edges()[:-1]
    return np.array([number for number, edge in enumerate(edges) if start <= edge < end], dtype=np.int64)
