"""Other parts of the company beside its sites: field service, projects. Each lives by itself and shares nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import pyarrow as pa


class Wing(Protocol):
    """A part of the company with a world of its own; a frozen record of true parameters, as a site's truth is one.

    Its random numbers come from a stream of its own (`Draws` with a key no other part has), so that a wing that is
    added or changed leaves every other part's course as it was.
    """

    @property
    def code(self) -> str:
        """Letters of its own, part of every id it gives."""

    def live(self, *, start: str, until: datetime, seed: int) -> pa.Table:
        """Live from the first local day (ISO date) to an instant.

        Returns
        -------
        clean events in the stored schema in order of time, versions 0, `recorded_at` equal to `occurred_at`.
        """

    def tables(self, *, start: str, until: datetime, seed: int) -> Mapping[str, Sequence[Sequence[Any]]]:
        """Return rows to add to reference tables, by table: the table's columns, then `valid_from`, `valid_to`, `version`.

        What was published in the course of things (schedules, forecasts) may depend on the seed.
        """

    def as_dict(self) -> dict[str, Any]:
        """Return the true parameters as plain data, as they stand in truth.json."""
