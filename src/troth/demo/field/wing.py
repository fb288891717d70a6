"""The field service as a wing of the company."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import pyarrow as pa

from troth.demo.field.tables import reference
from troth.demo.field.truth import FieldParams
from troth.demo.field.world import FieldWorld


@dataclass(frozen=True, slots=True)
class FieldTruth(FieldParams):
    """The true parameters of a field service, which is a `troth.demo.wings.Wing`."""

    def live(self, *, start: str, until: datetime, seed: int) -> pa.Table:
        """Live from the first local day (ISO date) to an instant and return the clean events."""
        return FieldWorld(replace(self, start=start), seed, keep=False).step(until)

    def tables(self, *, start: str, until: datetime, seed: int) -> Mapping[str, Sequence[Sequence[Any]]]:  # noqa: ARG002  a wing's shape
        """Return rows to add to reference tables, by table."""
        return reference(replace(self, start=start), until=until)

    def as_dict(self) -> dict[str, Any]:
        """Return the true parameters as plain data."""
        return asdict(self)
