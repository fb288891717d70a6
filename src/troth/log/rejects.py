"""The rejects of a lake, as they were kept."""

from __future__ import annotations

import pyarrow as pa

from troth.log.lake import Lake
from troth.log.schema import REJECTS
from troth.log.store import scan


def read_rejects(lake: Lake) -> pa.Table:
    """Return all rejects of a lake, in `schema.REJECTS`, by time of import, file and row."""
    files = lake.rejects.files()
    held = scan(files["base"] + files["tail"], REJECTS)
    with lake.session() as con:
        return con.sql(f'SELECT * FROM ({held}) ORDER BY imported_at, file, row, code, "column"').fetch_arrow_table()
