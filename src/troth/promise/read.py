"""Promises as the log tells them: the only file of this room that opens a lake."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from troth.core.time import to_utc
from troth.log.lake import Lake
from troth.log.timelines import TIMELINES
from troth.log.timelines.cache import refresh


@dataclass(frozen=True, slots=True)
class Settled:
    """Promises kept or broken in a period, one entry each; arrays of shape (n,), in order of time.

    Parameters
    ----------
    ids : `subject_id` of each.
    stated : the probability stated; NaN where none was.
    kept : whether the word was kept: it happened by the time it was due.
    inside : whether it happened within the whole interval promised, which is what a probability is stated of; the same
        as `kept` where no interval was promised, and of sources that do not say.
    days : number of the local day on which it was known, for intervals by day.
    """

    ids: tuple[str, ...]
    kinds: tuple[str, ...]
    stated: NDArray[np.float64]
    kept: NDArray[np.bool_]
    inside: NDArray[np.bool_]
    days: NDArray[np.int64]


def settled(
    lake: Lake, *, start: datetime, end: datetime, kind: str | None = None, time_zone: str = "UTC", **where: str
) -> Settled:
    """Return the promises that were settled in ``[start, end)``; waived ones are left out.

    Parameters
    ----------
    kind : only promises of this kind.
    where : only those with this queue, site, service, channel, team, agent_id or customer_id.

    Raises
    ------
    ValueError
        For another name in `where`.
    """
    unknown = sorted(set(where) - _DIMENSIONS)
    if unknown:
        raise ValueError(f"Promises have no {', '.join(unknown)}; Maybe one of {', '.join(sorted(_DIMENSIONS))}.")
    tests = ["outcome IN ('kept', 'broken')", "settled_at >= $start", "settled_at < $end"]
    values: dict[str, object] = {"start": to_utc(start), "end": to_utc(end)}
    for name, value in {"kind": kind, **where}.items():
        if value is not None:
            tests.append(f'"{name}" = ${name}')
            values[name] = value
    with lake.session() as con:
        rows = refresh(lake, con, TIMELINES["promises"])
        label = "max(json_extract_string(attributes, '$.label'))"
        told = lake.settled(where="activity = 'promise_kept'")
        text = f"""
            WITH early AS (SELECT subject_id FROM ({told}) GROUP BY subject_id HAVING {label} = 'early')
            SELECT subject_id, coalesce(kind, ''), probability, outcome = 'kept',
                   outcome = 'kept' AND subject_id NOT IN (FROM early), settled_at
            FROM ({rows}) WHERE {" AND ".join(tests)} ORDER BY settled_at, subject_id"""
        found = con.execute(text, values).fetchall()
    tz, epoch = ZoneInfo(time_zone), date(1970, 1, 1)
    return Settled(
        tuple(row[0] for row in found),
        tuple(row[1] for row in found),
        np.array([np.nan if row[2] is None else row[2] for row in found], dtype=np.float64),
        np.array([row[3] for row in found], dtype=np.bool_),
        np.array([row[4] for row in found], dtype=np.bool_),
        np.array([(row[5].astimezone(tz).date() - epoch).days for row in found], dtype=np.int64),
    )


_DIMENSIONS = frozenset({"queue", "site", "service", "channel", "team", "agent_id", "customer_id"})
