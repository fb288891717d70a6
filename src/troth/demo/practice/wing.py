"""The practice as a wing of the demo company: its log, its tables, its truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import pyarrow as pa

from troth.demo.practice.reference import rows_of
from troth.demo.practice.truth import Practice
from troth.demo.practice.world import PracticeWorld


@dataclass(frozen=True, slots=True)
class PracticeTruth(Practice):
    """A consulting practice as it truly is, as a wing of the demo company. Its parts are those of `Practice`."""

    def live(self, *, start: str, until: datetime, seed: int) -> pa.Table:
        """Live from the first local day (ISO date) to an instant; see `Wing.live`."""
        return PracticeWorld(replace(self, start=start), seed).step(until)

    def tables(self, *, start: str, until: datetime, seed: int) -> Mapping[str, Sequence[Sequence[Any]]]:
        """Return rows of reference tables; see `Wing.tables`. Projects are those won in the course of things."""
        world = PracticeWorld(replace(self, start=start), seed, emit=False)
        world.step(until)
        return rows_of(world)

    def as_dict(self) -> dict[str, Any]:
        """Return the true parameters as plain data."""
        return asdict(self)
