"""From the loop's short rows to the event table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from troth.log.schema import STORED


class Fact(NamedTuple):
    """One fact: instant in ms, activity, and what else it names."""

    at: int
    activity: str
    step: str | None = None
    subject_kind: str | None = None
    subject_id: str | None = None
    case_id: str | None = None
    contact_id: str | None = None
    customer_id: str | None = None
    agent_id: str | None = None
    actor: str | None = None
    direction: str | None = None
    team: str | None = None
    queue: str | None = None
    channel: str | None = None
    service: str | None = None
    priority: str | None = None
    value: float | None = None
    attributes: str | None = None


def facts_table(rows: Sequence[Fact], *, code: str, site: str, first: int) -> pa.Table:
    """Return facts as a table in the stored schema: version 0, `recorded_at` equal to `occurred_at`.

    Parameters
    ----------
    rows : in the order in which they are to be numbered.
    code : letters of the wing, part of every `source_id`.
    first : number of the first row.
    """
    if not rows:
        return STORED.empty_table()
    size = len(rows)
    columns = dict(zip(Fact._fields, zip(*rows, strict=True), strict=True))
    instants = pa.array(np.array(columns.pop("at"), np.int64) * 1000, STORED.field("occurred_at").type)
    numbers = pa.array(np.arange(first, first + size)).cast(pa.string())
    data = {name: pa.array(values, STORED.field(name).type) for name, values in columns.items()}
    data |= {
        "occurred_at": instants,
        "recorded_at": instants,
        "version": pa.array(np.zeros(size, np.int64)),
        "site": pa.repeat(site, size),
        "origin": pa.repeat("exact", size),
        "source": pa.repeat("demo", size),
        "source_id": pc.binary_join_element_wise(f"e{code}", numbers, ""),
    }
    return pa.table([data[name] for name in STORED.names], schema=STORED)
