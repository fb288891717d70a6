"""Contacts as the log tells them, as arrays to fit to: the only file of this room that opens a lake for that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from troth.core.time import to_utc
from troth.log.lake import Lake
from troth.log.timelines import TIMELINES
from troth.log.timelines.cache import refresh
from troth.queueing.fit.lengths import Floats


@dataclass(frozen=True, slots=True, eq=False)
class SeenContacts:
    """Contacts that joined a queue in a period, in order of joining; arrays of shape (n,), times in seconds from its start.

    Parameters
    ----------
    queue, service, agent : names; the agent is empty where nobody answered.
    queued_s : when it joined the queue.
    wait_s : until it was answered or gave up; NaN where it did neither.
    answered, gave_up : how the wait ended.
    answered_s, ended_s : when service began, and ended with its wrap-up; NaN where not.
    handle_s : service and the work after it; NaN where not known.
    """

    queue: NDArray[np.str_]
    service: NDArray[np.str_]
    agent: NDArray[np.str_]
    queued_s: Floats
    wait_s: Floats
    answered: NDArray[np.bool_]
    gave_up: NDArray[np.bool_]
    answered_s: Floats
    ended_s: Floats
    handle_s: Floats


def seen_contacts(lake: Lake, *, start: datetime, end: datetime, **where: str) -> SeenContacts:
    """Return the contacts that joined a queue in ``[start, end)``.

    Parameters
    ----------
    where : only those with this queue, site, service, channel, team or agent_id.

    Raises
    ------
    ValueError
        For another name in `where`.
    """
    unknown = sorted(set(where) - _DIMENSIONS)
    if unknown:
        raise ValueError(
            f"Contacts are not asked for by {', '.join(unknown)}; Maybe one of {', '.join(sorted(_DIMENSIONS))}."
        )
    tests = ["queued_at >= $start", "queued_at < $end", *(f'"{name}" = ${name}' for name in where)]
    since = "epoch_us({0}) - epoch_us($start)"
    with lake.session() as con:
        rows = refresh(lake, con, TIMELINES["contacts"])
        text = f"""
            SELECT coalesce(queue, ''), coalesce(service, ''), coalesce(agent_id, ''), ({since.format("queued_at")}) / 1e6,
                   CASE WHEN outcome IN ('answered', 'abandoned') THEN wait_s END, outcome = 'answered', outcome = 'abandoned',
                   CASE WHEN outcome = 'answered' THEN ({since.format("answered_at")}) / 1e6 END,
                   CASE WHEN outcome = 'answered' THEN ({since.format("answered_at")}) / 1e6 + service_s + coalesce(wrap_s, 0) END,
                   CASE WHEN outcome = 'answered' THEN service_s + coalesce(wrap_s, 0) END
            FROM ({rows}) WHERE {" AND ".join(tests)} ORDER BY queued_at, contact_id"""
        found = con.execute(text, {"start": to_utc(start), "end": to_utc(end), **where}).fetchall()
    columns = list(zip(*found, strict=True)) or [()] * 10
    queue, service, agent = (np.array(column, dtype=np.str_) for column in columns[:3])
    numbers = [np.array([np.nan if v is None else v for v in column], dtype=np.float64) for column in columns[3:]]
    queued, wait, answered, gave_up, begun, ended, handle = numbers
    return SeenContacts(queue, service, agent, queued, wait, answered == 1, gave_up == 1, begun, ended, handle)


_DIMENSIONS: Final = frozenset({"queue", "site", "service", "channel", "team", "agent_id"})
