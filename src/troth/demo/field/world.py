"""The steppable field service."""

from __future__ import annotations

import copy
from datetime import datetime
from typing import Any, Self

import pyarrow as pa

from troth.demo.clock import millis
from troth.demo.field._crews import Crews
from troth.demo.field._rows import table
from troth.demo.field.controls import Dispatch
from troth.demo.field.known import known


class FieldWorld(Crews):
    """A field service that lives: step it forward, look at what a dispatcher knows, decide, step on.

    The same truth, seed and controls give the same events, however the way is cut into steps. What customers ask for,
    weather, illness and each visit's own chance do not depend on decisions, so that two plans meet the same days.

    Parameters
    ----------
    truth : the true parameters.
    seed : which of the possible courses to live through.
    keep : False leaves out the ledger (less memory).

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from troth.demo.field import FieldWorld, field_service
    >>> world = FieldWorld(field_service("f", start="2026-03-02", days=7, size=0.3), seed=1)
    >>> morning = world.step(datetime(2026, 3, 3, 5, 0, tzinfo=UTC))
    >>> later = world.copy().step(datetime(2026, 3, 3, 12, 0, tzinfo=UTC))
    >>> later.equals(world.step(datetime(2026, 3, 3, 12, 0, tzinfo=UTC)))
    True
    """

    def step(self, until: datetime, *, controls: Dispatch | None = None) -> pa.Table:
        """Live on to an instant (inclusive) and return the clean events since the last step, in order of time.

        Parameters
        ----------
        until : an aware datetime.
        controls : the decisions in force; None is the company's own plan. Technicians who wait look at new ones at once.

        Returns
        -------
        events in the stored schema, versions 0, `recorded_at` equal to `occurred_at`.
        """
        given = controls or Dispatch()
        if given != self.controls:
            self.controls = given
            for crew in self.crews:
                self.wake(self.now, crew)
        self.advance(millis(until))
        rows, self.rows = self.rows, []
        first, self.numbered = self.numbered, self.numbered + len(rows)
        return table(rows, truth=self.truth, first=first)

    def known(self) -> dict[str, Any]:
        """Return what a dispatcher knows now, as plain data; see `troth.demo.field.known`."""
        return known(self)

    def copy(self) -> Self:
        """Return an independent world in the same state; the truth is shared."""
        return copy.deepcopy(self)
