"""What a lake needs now and then: compaction that keeps its timelines, and sweeping."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from troth.core.errors import LostRaceError
from troth.log.lake import Lake

#: With a tail longer than this share of the base, timelines are not brought up to date first: they would be built
#: anew, and that is cheaper after the compaction.
_WORTH: Final = 0.2


def compact(lake: Lake, *, on_progress: Callable[[float], None] | None = None) -> bool:
    """Compact the events such that the cached timelines stay valid; tell whether it was done.

    The timelines are brought up to date, the events compacted, and the timelines told that the new base is what they
    have seen. A kill in between costs time only: a timeline that does not know the base is built anew.

    Parameters
    ----------
    lake : which one.
    on_progress : told the share done.

    Returns
    -------
    bool
        False if there was nothing to do, or somebody else compacted first.
    """
    files, rows = lake.events.files(), lake.events.rows()
    if not files["tail"]:
        return False
    keep = rows["tail"] <= _WORTH * rows["base"] and bool(lake.tables("timelines"))
    try:
        if not keep:
            lake.compact(files=files, on_progress=on_progress)
            return True
        # Timelines need ibis, which an import without them is spared.
        from troth.log.timelines.cache import refresh_cached, restamp

        with lake.session() as con:
            refresh_cached(lake, con)
            base = lake.compact(files=files, on_progress=on_progress)
            restamp(lake, con, before=files, base=base)
    except LostRaceError:
        return False
    return True
