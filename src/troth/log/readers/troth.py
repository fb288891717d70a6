"""Reads Troth's own folders, as `troth demo` and `troth export` write them: events in Parquet or CSV.

Reference tables in the folder `reference` are read by the import itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from troth.log.readers._streams import error, members
from troth.log.readers.base import Batch, Reader, ReadOptions
from troth.log.readers.csv import read_member
from troth.log.readers.parquet import read_parquet


def read(path: Path, options: ReadOptions) -> Iterator[Batch]:
    """Yield the batches of an events file, or of every events file of a folder; see `Reader`."""
    if path.is_dir():
        files = sorted(p for p in path.iterdir() if p.is_file() and p.name.startswith("events"))
        if not files:
            advice = "Maybe this is not a folder that `troth demo` or `troth export` wrote: it has no events file."
            raise error("no-file", str(path), advice)
        for file in files:
            yield from read(file, options)
        return
    plain = replace(options, mapping=None)
    if path.suffix == ".parquet":
        yield from read_parquet(path, mapped=None, options=plain, source="troth")
        return
    for member in members(path):
        yield from read_member(member, mapped=None, options=plain, source="troth")


READER = Reader("troth", "A folder written by `troth demo` or `troth export`.", read)
