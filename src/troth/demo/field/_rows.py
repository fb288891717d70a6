"""From the loop's rows to event tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from troth.demo.field.truth import FieldParams
from troth.log.schema import STORED

#: Time (ms), activity, subject kind, subject, case, customer, agent, actor, direction, channel, service, priority,
#: step, value, attributes.
Row = tuple[
    int, str, str | None, str | None, str | None, str | None, str | None, str | None, str | None, str | None,
    str | None, str | None, str | None, float | None, str | None,
]  # fmt: skip
_TEXTS: Final = (
    "activity", "subject_kind", "subject_id", "case_id", "customer_id", "agent_id", "actor", "direction", "channel",
    "service", "priority", "step",
)  # fmt: skip


def table(rows: Sequence[Row], *, truth: FieldParams, first: int) -> pa.Table:
    """Return rows in the stored schema, version 0, recorded when they occurred; `first` numbers the first one."""
    if not rows:
        return STORED.empty_table()
    columns: list[Any] = list(zip(*rows, strict=True))
    size = len(rows)
    at = pa.array(np.array(columns[0], np.int64) * 1000, pa.int64()).cast(STORED.field("occurred_at").type)
    data: dict[str, Any] = {name: pa.array(columns[k + 1], pa.string()) for k, name in enumerate(_TEXTS)}
    sensors = [kind == "sensor" for kind in columns[2]]
    data |= {
        "occurred_at": at,
        "recorded_at": at,
        "version": pa.array(np.zeros(size, np.int64)),
        "contact_id": pa.nulls(size, pa.string()),
        "team": pa.array([None if sensor else truth.team for sensor in sensors], pa.string()),
        "queue": pa.array([None if case is None else truth.queue for case in columns[4]], pa.string()),
        "site": pa.repeat(truth.site, size),
        "value": pa.array(columns[13], pa.float64()),
        "attributes": pa.array(columns[14], pa.string()),
        "origin": pa.repeat("exact", size),
        "source": pa.repeat("demo", size),
        "source_id": pa.array([f"e{truth.code}{k}" for k in range(first, first + size)], pa.string()),
    }
    return pa.table([data[name] for name in STORED.names], schema=STORED)
