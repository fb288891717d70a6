"""What a reader is: a name, a sentence and a function from files to batches of event drafts.

To add a source, add one file here that ends in ``READER = Reader(...)``; nothing else needs editing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from troth.core.decision import Issue


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read: all that the command line can say.

    Parameters
    ----------
    mapping : a shipped mapping's name or a YAML file's path; None where the source needs none.
    time_zone : zone of times without one; None means UTC, with an issue.
    case_type : OCEL object type whose objects are the cases.
    batch_rows : about how many source rows a batch holds; fixed, so that a file always splits alike.
    """

    mapping: str | None = None
    time_zone: str | None = None
    case_type: str | None = None
    batch_rows: int = 250_000


@dataclass(frozen=True, slots=True)
class Batch:
    """A piece of one file, turned into drafts.

    Parameters
    ----------
    file : name of the file it came from.
    drafts : events in `schema.DRAFTS`; good as far as the reader can tell.
    rejects : rows that could not be turned, in `schema.REJECTS`.
    rows : how many source rows the batch covers, rejected ones included.
    issues : what is doubtful but was used.
    side : further tables to keep (foreign objects and relations), by name.
    done : share of the file that has been read, for progress.
    reference : rows of reference tables, by name, in their schemas.
    """

    file: str
    drafts: pa.Table
    rejects: pa.Table
    rows: int
    issues: tuple[Issue, ...] = ()
    side: Mapping[str, pa.Table] = field(default_factory=dict)
    done: float = 0.0
    reference: Mapping[str, pa.Table] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reader:
    """A source Troth can read.

    Parameters
    ----------
    name : the word on the command line.
    sentence : what it reads.
    read : yields batches of one file at a time; the same file and options give the same batches. It raises
        `InputError` only if nothing of the file can be used; whatever came before stays good.
    beside : the files in which a file's reader looks things up; None if each file speaks for itself.
    knows : tells what a file is to this source, "" if it is nothing of it; None if nobody can tell by looking.
    """

    name: str
    sentence: str
    read: Callable[[Path, ReadOptions], Iterator[Batch]]
    beside: Callable[[Path], list[Path]] | None = None
    knows: Callable[[Path], str] | None = None


def find(paths: Sequence[Path]) -> list[Path]:
    """Return the files among `paths`, folders opened one level, in name order."""
    files: list[Path] = []
    for path in paths:
        files.extend(sorted(p for p in path.iterdir() if p.is_file()) if path.is_dir() else [path])
    return files
