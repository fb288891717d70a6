"""What logging does to the truth: a separate last layer over the clean events, which can be switched off.

Bots, transfers, reopens and no-shows belong to the world itself. Here are the faults of the record: ends that are
missing, rows delivered twice, rows corrected later, rows that come late and out of order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from troth.log.schema import INSTANT, STORED

#: Activities whose row can be missing; the measuring side must do without.
ENDS: Final = ("ended", "wrapped", "unfocused", "resumed", "shift_ended", "work_ended")
#: Activities whose first version can be wrong.
CORRECTED: Final = ("ended", "wrapped", "resolved", "survey_answered", "quality_reviewed", "assigned")


@dataclass(frozen=True, slots=True)
class Dirt:
    """How dirty the log is; shares of rows.

    Parameters
    ----------
    missing_ends : of the rows that end something, how many are missing.
    duplicates : rows delivered once more with the same content.
    corrections : rows (of some activities) whose version 0 is wrong and whose version 1, hours later, is right.
    late : rows recorded hours after they occurred.
    """

    missing_ends: float = 0.006
    duplicates: float = 0.01
    corrections: float = 0.006
    late: float = 0.01

    @classmethod
    def none(cls) -> Self:
        """Return no dirt at all: every row once, in order, recorded when it occurred."""
        return cls(0.0, 0.0, 0.0, 0.0)


def _shifted(column: pa.ChunkedArray, add_us: np.ndarray) -> pa.Array:
    return pa.array(column.cast(pa.int64()).to_numpy() + add_us, pa.int64()).cast(INSTANT)


def _put(table: pa.Table, name: str, column: pa.Array) -> pa.Table:
    return table.set_column(STORED.get_field_index(name), STORED.field(name), column)


class Soiler:
    """Makes one site's clean blocks dirty, in order; rows that come late wait in it for a later block."""

    def __init__(self, dirt: Dirt, *key: int) -> None:
        self.dirt = dirt
        self._rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence((*key, 9))))
        self._waiting = STORED.empty_table()
        self._due = np.empty(0, np.int64)

    def soil(self, clean: pa.Table, *, until_us: int, last: bool = False) -> pa.Table:
        """Return the rows delivered up to an instant, in order of delivery.

        Parameters
        ----------
        clean : the next block of clean events.
        until_us : end of the block, microseconds since 1970.
        last : deliver all that still waits, recorded at the end of the block.
        """
        if self.dirt == Dirt.none():
            return clean
        rows, due = self._spoil(clean)
        rows = pa.concat_tables([self._waiting, rows])
        due = np.concatenate([self._due, due])
        order = np.argsort(due, kind="stable")
        split = len(order) if last else int(np.searchsorted(due[order], until_us, side="right"))
        self._waiting, self._due = rows.take(order[split:]), due[order[split:]]
        out = rows.take(order[:split])
        if last:
            for name in ("recorded_at", "occurred_at"):
                least = np.minimum(out[name].cast(pa.int64()).to_numpy(), until_us)
                out = _put(out, name, pa.array(least, pa.int64()).cast(INSTANT))
        return out

    def _spoil(self, clean: pa.Table) -> tuple[pa.Table, np.ndarray]:
        rng, dirt = self._rng, self.dirt
        ends = pc.is_in(clean["activity"], pa.array(ENDS)).to_numpy()
        rows = clean.filter(pa.array(~(ends & (rng.random(clean.num_rows) < dirt.missing_ends))))
        size = rows.num_rows
        delay = (200_000 + 900_000 * rng.standard_exponential(size)).astype(np.int64)
        late = rng.random(size) < dirt.late
        delay[late] += (rng.lognormal(8.6, 0.9, int(late.sum())) * 1e6).astype(np.int64)
        rows = _put(rows, "recorded_at", _shifted(rows["occurred_at"], delay))
        due = rows["recorded_at"].cast(pa.int64()).to_numpy()
        fixable = pc.is_in(rows["activity"], pa.array(CORRECTED)).to_numpy()
        wrong = np.flatnonzero(fixable & (rng.random(size) < dirt.corrections))
        right, right_due = self._corrected(rows.take(wrong))
        rows = self._wronged(rows, wrong)
        again = np.flatnonzero(rng.random(size) < dirt.duplicates)
        again_due = due[again] + (rng.lognormal(5.5, 1.5, len(again)) * 1e6).astype(np.int64)
        return pa.concat_tables([rows, right, rows.take(again)]), np.concatenate([due, right_due, again_due])

    def _corrected(self, rows: pa.Table) -> tuple[pa.Table, np.ndarray]:
        delay = (self._rng.lognormal(9.0, 0.8, rows.num_rows) * 1e6).astype(np.int64)
        rows = _put(rows, "recorded_at", _shifted(rows["recorded_at"], delay))
        rows = _put(rows, "version", pa.array(np.ones(rows.num_rows, np.int64)))
        return rows, rows["recorded_at"].cast(pa.int64()).to_numpy()

    def _wronged(self, rows: pa.Table, wrong: np.ndarray) -> pa.Table:
        """Give the first version a wrong value, or a wrong time if it has no value."""
        value = rows["value"].to_numpy().copy()
        has = ~np.isnan(value[wrong])
        value[wrong[has]] = np.where(value[wrong[has]] > 1, 1.0, value[wrong[has]])
        add = np.zeros(rows.num_rows, np.int64)
        add[wrong[~has]] = (60 + 600 * self._rng.random(int((~has).sum()))).astype(np.int64) * 1_000_000
        rows = _put(rows, "value", pa.array(value, pa.float64(), from_pandas=True))
        return _put(rows, "occurred_at", _shifted(rows["occurred_at"], add))
