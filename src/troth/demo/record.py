"""From the loop's short rows to event tables: integers inside, strings made column by column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from troth.core.terms import ACTIVITIES
from troth.log.schema import STORED

#: One row: time (ms), activity, contact, case, customer, lane, agent, step, value, attributes, subject, meta.
#: Numbers are -1 where there is none.
Row = tuple[int, int, int, int, int, int, int, int, float | None, str | None, int, int]

ACTIVITY: Final = {name: number for number, name in enumerate(ACTIVITIES)}

STEPS: Final = (
    "available on_contact wrap break meeting training new open pending solved closed "
    "satisfaction resolved total greeting accuracy process closing"
).split()
STEP: Final = {name: number for number, name in enumerate(STEPS)}

#: (actor, direction, subject kind, prefix of the subject's id) by the row's meta number.
METAS: Final[tuple[tuple[str | None, str | None, str | None, str], ...]] = (
    (None, "in", None, ""),
    ("human", "in", None, ""),
    ("human", "out", None, ""),
    ("human", "internal", None, ""),
    ("human", None, None, ""),
    ("bot", "in", None, ""),
    ("bot", "out", None, ""),
    ("system", None, None, ""),
    ("system", "out", None, ""),
    ("human", None, "shift", "w"),
    ("human", None, "counter", "k"),
    (None, "in", "booking", "b"),
    (None, "in", "survey", "s"),
    ("system", "out", "survey", "s"),
    ("human", "internal", "review", "r"),
    ("system", "out", "promise", "p"),
    ("bot", None, None, ""),
)
(CUSTOMER, HUMAN_IN, HUMAN_OUT, INTERNAL, WORK, BOT_IN, BOT_OUT, SYSTEM, SYSTEM_OUT) = range(9)
(SHIFT, COUNTER, BOOKING, ANSWER, ASKED, REVIEW, PROMISE, BOT) = range(9, 17)


@dataclass(slots=True)
class Lanes:
    """The few combinations of team, queue, site, channel, service and priority, numbered as they are met."""

    numbers: dict[tuple[str | None, ...], int] = field(default_factory=dict)
    rows: list[tuple[str | None, ...]] = field(default_factory=list)

    def number(self, *lane: str | None) -> int:
        """Return the number of (team, queue, site, channel, service, priority)."""
        found = self.numbers.get(lane)
        if found is None:
            found = self.numbers[lane] = len(self.rows)
            self.rows.append(lane)
        return found


def _ids(prefix: str, numbers: np.ndarray) -> pa.Array:
    text = pc.binary_join_element_wise(prefix, pa.array(numbers).cast(pa.string()), "")
    return pc.if_else(pa.array(numbers < 0), pa.scalar(None, pa.string()), text)


def _take(words: Sequence[str | None], numbers: np.ndarray) -> pa.Array:
    column = pa.array(words, pa.string())
    return column.take(pa.array(numbers, mask=numbers < 0))


def table(rows: Sequence[Row], *, code: str, agents: Sequence[str], lanes: Lanes, first: int) -> pa.Table:
    """Return rows as a table in the stored schema, with version 0 and `recorded_at` equal to `occurred_at`.

    Parameters
    ----------
    rows : in the order they are to be numbered.
    code : the site's letters, part of every id.
    first : number of the first row's `source_id`.
    """
    if not rows:
        return STORED.empty_table()
    columns: tuple[Any, ...] = tuple(zip(*rows, strict=True))
    whole = [np.array(columns[k], dtype=np.int64) for k in (0, 1, 2, 3, 4, 5, 6, 7, 10, 11)]
    at, act, contact, case, customer, lane, agent, step, subject, meta = whole
    instants = pa.array(at * 1000, STORED.field("occurred_at").type)
    size = len(rows)
    wheres = list(zip(*lanes.rows, strict=True)) or [()] * 6
    marks = list(zip(*METAS, strict=True))
    subjects = pc.binary_join_element_wise(
        _take([str(p) + code for p in marks[3]], meta), pa.array(subject).cast(pa.string()), ""
    )
    data = {
        "occurred_at": instants,
        "recorded_at": instants,
        "version": pa.array(np.zeros(size, np.int64)),
        "activity": _take(list(ACTIVITIES), act),
        "step": _take(STEPS, step),
        "subject_kind": _take(marks[2], meta),
        "subject_id": pc.if_else(pa.array(subject < 0), pa.scalar(None, pa.string()), subjects),
        "case_id": _ids("q" + code, case),
        "contact_id": _ids("c" + code, contact),
        "customer_id": _ids("u" + code, customer),
        "agent_id": _take(agents, agent),
        "actor": _take(marks[0], meta),
        "direction": _take(marks[1], meta),
        **{
            name: _take(wheres[k], lane)
            for k, name in enumerate(("team", "queue", "site", "channel", "service", "priority"))
        },
        "value": pa.array(columns[8], pa.float64()),
        "attributes": pa.array(columns[9], pa.string()),
        "origin": pa.repeat("exact", size),
        "source": pa.repeat("demo", size),
        "source_id": _ids("e" + code, np.arange(first, first + size)),
    }
    return pa.table([data[name] for name in STORED.names], schema=STORED)
