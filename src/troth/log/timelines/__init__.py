"""Timelines: rows derived from events, kept in the lake and brought up to date by key.

`TIMELINES` names them, `refresh` brings some up to date, `rows` gives the SQL that reads one.
"""

from __future__ import annotations

from typing import Final

from troth.log.timelines import cases, contacts, effort, paid, spells, visits, voice
from troth.log.timelines._base import Timeline as Timeline
from troth.log.timelines._base import micros as micros
from troth.log.timelines._base import seconds as seconds
from troth.log.timelines._prune import columns_read as columns_read
from troth.log.timelines._prune import pruned as pruned

#: Every timeline by name.
TIMELINES: Final[dict[str, Timeline]] = {
    t.name: t
    for t in (
        contacts.TIMELINE,
        cases.TIMELINE,
        spells.ASSIGNMENTS,
        spells.OPENINGS,
        spells.STATUSES,
        voice.RATINGS,
        voice.REVIEWS,
        voice.CRITICAL_ERRORS,
        voice.CALIBRATIONS,
        voice.PROMISES,
        paid.PAID,
        paid.COUNTERS,
        visits.VISITS,
        effort.LOGGED,
        effort.ACTIONS,
    )
}
