"""The steppable world: every site's loop behind one clock."""

from __future__ import annotations

import copy
from datetime import datetime
from typing import Self

import pyarrow as pa

from troth.demo.clock import millis
from troth.demo.controls import Controls, Shift
from troth.demo.desk import Site
from troth.demo.ledger import Ledger
from troth.demo.record import table
from troth.demo.truth import Truth
from troth.log.schema import STORED


class World:
    """A company that lives: step it forward and read what happened.

    The same truth, seed and controls give the same events, however the way is cut into steps.

    Parameters
    ----------
    truth : the true parameters.
    seed : which of the possible courses to live through.
    sites : numbers of the sites to run; None runs all. Sites share nothing, so each may run in its own process.
    emit : False leaves out the events (faster), for long-run averages of the ledger.
    keep : False leaves out the ledger (less memory).

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from troth.demo import World, small_company
    >>> world = World(small_company(days=7), seed=1)
    >>> morning = world.step(datetime(2026, 3, 2, 10, 0, tzinfo=UTC))
    >>> later = world.copy().step(datetime(2026, 3, 2, 11, 0, tzinfo=UTC))
    >>> later.equals(world.step(datetime(2026, 3, 2, 11, 0, tzinfo=UTC)))
    True
    """

    def __init__(
        self, truth: Truth, seed: int, *, sites: tuple[int, ...] | None = None, emit: bool = True, keep: bool = True
    ) -> None:
        self.truth, self.seed = truth, seed
        chosen = range(len(truth.sites)) if sites is None else sites
        self.sites = [Site(truth, k, seed, emit=emit, keep=keep) for k in chosen]

    def step(self, until: datetime, *, controls: Controls | None = None) -> pa.Table:
        """Live on to an instant (inclusive) and return the clean events since the last step, in order of time.

        Parameters
        ----------
        until : an aware datetime.
        controls : the decisions in force; None is the company's own plan.

        Returns
        -------
        events in the stored schema, versions 0, `recorded_at` equal to `occurred_at`.
        """
        end = millis(until)
        parts = [self.step_site(k, until=end, controls=controls) for k in range(len(self.sites))]
        whole = pa.concat_tables([STORED.empty_table(), *parts])
        return whole.sort_by([("occurred_at", "ascending")]) if len(parts) > 1 else whole

    def step_site(self, k: int, *, until: int, controls: Controls | None = None) -> pa.Table:
        """Live on at one site to an instant in milliseconds since 1970 and return its events."""
        site = self.sites[k]
        site.advance(until, controls=controls or Controls())
        rows = site.drain(until)
        first, site.numbered = site.numbered, site.numbered + len(rows)
        agents = [a.agent_id for a in site.site.agents]
        return table(rows, code=site.site.code, agents=agents, lanes=site.lanes, first=first)

    def planned(self, k: int) -> tuple[Shift, ...]:
        """Return the shifts of one site that were planned since this was last asked: each day's when the day begins."""
        site = self.sites[k]
        found, site.planned = tuple(site.planned), []
        return found

    def ledger(self, k: int) -> Ledger:
        """Return the true records of one site."""
        return self.sites[k].ledger

    def copy(self) -> Self:
        """Return an independent world in the same state; the truth is shared."""
        return copy.deepcopy(self)
