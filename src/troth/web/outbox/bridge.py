"""The way to the log: the only file of this app that knows the lake."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

import pyarrow as pa
from django.conf import settings

from troth.log.check import NEEDS, check
from troth.log.lake import Lake
from troth.log.schema import DRAFTS, REJECTS, STORED
from troth.log.store import scan
from troth.log.upkeep import compact
from troth.web.outbox.models import Fact

__all__ = ["COLUMNS", "NEEDS", "SOURCE", "Lake", "checked", "events", "lake", "land", "last", "tend"]

#: The `source` of every fact that is born here.
SOURCE: Final = "troth"
#: Columns a fact may set; the others are its own.
COLUMNS: Final = frozenset(STORED.names) - {
    "occurred_at", "recorded_at", "version", "activity", "source", "source_id", "attributes",
}  # fmt: skip
#: So many small files in the tail are compacted even if they hold few rows.
_FILES: Final = 120


def lake() -> Lake:
    """Return the lake of this site."""
    return Lake(settings.LAKE)


def checked(facts: Iterable[Fact]) -> tuple[pa.Table, pa.Table]:
    """Return facts as good events, and the rejects, after the same strict check every import passes."""
    good, bad = check(pa.Table.from_pylist([_draft(fact) for fact in facts], schema=DRAFTS))
    return good, bad.cast(REJECTS)


def events(facts: Iterable[Fact]) -> pa.Table:
    """Return the good facts as the lake would store them, in `schema.STORED`."""
    good, _ = checked(facts)
    return good.select(STORED.names).cast(STORED)


def last(lake: Lake, stream: str) -> int:
    """Return the number of the last batch of a stream that is in the lake, or -1."""
    return lake.events.last(stream)


def land(lake: Lake, facts: list[Fact], *, batch: tuple[str, int], now: datetime) -> tuple[bool, int]:
    """Commit facts to the lake as one batch.

    Parameters
    ----------
    lake, facts : what goes where.
    batch : the stream's name and the number.
    now : kept with rejects.

    Returns
    -------
    Whether the facts are in the lake now, and how many were rejected. They are not if the lake holds something else
    under that number: then the database was restored from a backup, or copied.
    """
    good, bad = checked(facts)
    if len(bad):
        place = REJECTS.get_field_index("imported_at")
        stamp = pa.array([now.astimezone(UTC)] * len(bad), REJECTS.field(place).type)
        lake.rejects.append(bad.set_column(place, REJECTS.field(place), stamp), batch=batch)
    behind = last(lake, batch[0]) < batch[1]
    if lake.events.append(good, batch=batch):
        return True, len(facts) - len(good)
    # Nothing was written: the number is taken (or came with nothing good).
    return (behind if not len(good) else _holds(lake, good)), len(facts) - len(good)


def _holds(lake: Lake, good: pa.Table) -> bool:
    """Tell whether the lake has all of some events, in whatever batch they came."""
    files = lake.events.files()
    with lake.session() as con:
        con.register("sought", good.select(["source", "source_id", "version"]))
        held = scan(files["base"] + files["tail"], STORED)
        missing = con.sql(
            f"SELECT count(*) FROM sought ANTI JOIN ({held}) h ON sought.source = h.source"
            " AND sought.source_id = h.source_id AND sought.version <= h.version"
        ).fetchone()
    return missing == (0,)


def tend(lake: Lake, *, now: datetime) -> bool:
    """Compact the lake if its tail has become long, and sweep what is no longer needed; tell whether it was done."""
    if not (lake.due() or len(lake.events.files()["tail"]) >= _FILES):
        return False
    done = compact(lake)
    lake.vacuum(now=now)
    return done


def _draft(fact: Fact) -> dict[str, Any]:
    return {
        **fact.event,
        "occurred_at": fact.occurred_at.astimezone(UTC),
        "recorded_at": fact.recorded_at.astimezone(UTC),
        "version": fact.version,
        "activity": fact.activity,
        "source": SOURCE,
        "source_id": str(fact.source_id),
        "_file": "outbox",
        "_row": fact.pk,
    }
