"""Rows that higher rooms compute from events and tables, kept beside the timelines for as long as nothing they rest on changes.

What is kept is the newest answer only: rows computed under other rules, or by other code, replace it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from troth.core.errors import LostRaceError
from troth.log._hot import HOT
from troth.log._merge import KEY
from troth.log.lake import Lake
from troth.log.schema import STORED
from troth.log.store import Shelf, scan
from troth.log.timelines.cache import COMPRESSION, folder

if TYPE_CHECKING:
    import duckdb


@cache
def code(*paths: str) -> str:
    """Return a name for Python files as they are: rows that other code computed are not taken for ours.

    Parameters
    ----------
    paths : files, or folders of which all Python files count.
    """
    digest = hashlib.blake2b(digest_size=8)
    for given in map(Path, paths):
        for path in sorted(given.glob("*.py")) if given.is_dir() else [given]:
            digest.update(path.read_bytes())
    return digest.hexdigest()


def tables_as_they_are(lake: Lake, con: duckdb.DuckDBPyConnection, *, tables: Iterable[str]) -> str:
    """Return a name for the content of reference tables, which another row, order aside, changes.

    Parameters
    ----------
    lake, con : where they are, and a session of it.
    tables : names in `reference.TABLES`.
    """
    said = []
    for table in tables:
        if lake.knows(table):
            rows = lake.settled_reference(table)
            said.append((table, con.sql(f"SELECT count(*), sum(hash(t)::HUGEINT)::VARCHAR FROM ({rows}) t").fetchone()))
    return hashlib.blake2b(repr(said).encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class KeptRows:
    """Rows kept in a lake, and of what.

    Parameters
    ----------
    shelf : where they are.
    at : the newest commit.
    notes : what it said of the rows: of which event files they are, and what `keep` was given.
    paths : their files.
    """

    shelf: Shelf
    at: int
    notes: Mapping[str, Any]
    paths: list[str]

    def rows(self) -> str:
        """Return SQL for the rows."""
        return scan(self.paths, self.shelf.schema)

    def fresh(self, files: Mapping[str, list[str]]) -> list[str] | None:
        """Return the event files that came since; None if rows of events as they were tell nothing of them now.

        Parameters
        ----------
        files : of the events now, by tier.
        """
        base, tail = ({_name(path) for path in files[tier]} for tier in ("base", "tail"))
        if "tail" not in self.notes or set(json.loads(self.notes["base"])) != base:
            return None
        seen = set(json.loads(self.notes["tail"]))
        return [path for path in files["tail"] if _name(path) not in seen] if seen <= tail else None

    def keep(
        self, con: duckdb.DuckDBPyConnection, *, rows: str, files: Mapping[str, list[str]], notes: Mapping[str, str]
    ) -> None:
        """Keep rows in place of these; if somebody else did so first, theirs stay.

        Parameters
        ----------
        con : where `rows` is run.
        rows : SQL in the columns of the shelf.
        files : of the events they are of, by tier.
        notes : what else they rest on, under names of `cache.RESTS_ON`.
        """
        of = {tier: json.dumps(sorted(map(_name, files[tier]))) for tier in ("base", "tail")}
        with suppress(LostRaceError):
            self.shelf.put(con, [rows], tier="base", remove=self.paths, notes={**notes, **of}, at=self.at)


def kept(lake: Lake, *, table: str, schema: pa.Schema) -> KeptRows:
    """Return what is kept under a name.

    Parameters
    ----------
    lake : where.
    table : the name; no timeline has it.
    schema : its columns.
    """
    shelf = lake.shelf(folder(), table, schema, compression=COMPRESSION)
    while True:  # notes, files and number of one commit
        at = shelf.version()
        found = KeptRows(shelf, at, shelf.stamp(), shelf.files()["base"])
        if shelf.version() == at:
            return found


def named(lake: Lake, *, column: str, files: Mapping[str, list[str]], fresh: list[str]) -> str:
    """Return SQL for the values of a column that new events name, or that lose an event to them.

    Parameters
    ----------
    lake : whose hot events are new too.
    column : such as `case_id`.
    files : of all events in the lake, by tier.
    fresh : those of them that are new.
    """
    new = scan(fresh, STORED) if lake.hot is None else f"{scan(fresh, STORED)} UNION ALL {HOT}"
    known = scan([*files["base"], *(path for path in files["tail"] if path not in fresh)], STORED)
    return f"""
        SELECT DISTINCT {column} FROM (
            SELECT {column} FROM ({new})
            UNION ALL SELECT {column} FROM ({known}) SEMI JOIN ({new}) n USING ({KEY})
        ) WHERE {column} IS NOT NULL"""


def _name(path: str) -> str:
    return path.rsplit("/", 1)[1]
