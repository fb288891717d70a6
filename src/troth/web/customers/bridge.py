"""The way to the log: what the lake knows of a customer, from other systems and from long ago."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from troth.log.lake import Lake
from troth.log.store import quote


def earlier(lake_path: str | Path, *, pseudonyms: Iterable[str], most: int | None = 400) -> list[dict[str, Any]]:
    """Return the newest events of some pseudonyms as rows of `log.schema.STORED`, newest first.

    Parameters
    ----------
    lake_path : the lake; one that is not there knows nothing.
    pseudonyms : customer ids.
    most : how many at most; all without.
    """
    lake, who = Lake(lake_path), sorted(set(pseudonyms))
    if not who or not lake.exists():
        return []
    where = f"customer_id IN ({', '.join(quote(one) for one in who)})"
    with lake.session() as con:
        query = f"{lake.settled(where=where)} ORDER BY occurred_at DESC, source_id"
        rows: list[dict[str, Any]] = con.sql(query + (f" LIMIT {most}" if most else "")).fetch_arrow_table().to_pylist()
    return rows
