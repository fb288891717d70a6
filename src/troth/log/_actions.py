"""What a commit of a table says of the files it adds and removes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from deltalake.transaction import AddAction, RemoveAction

#: The partition column of every table.
TIER: Final = "tier"


class NewFile(NamedTuple):
    """A file of a table that no commit refers to yet: its path and how many rows it holds."""

    path: Path
    rows: int


def addition(file: NewFile, *, tier: str) -> AddAction:
    """Return the part of a commit that adds a file."""
    from deltalake.transaction import AddAction

    found = file.path.stat()
    return AddAction(
        path=f"{TIER}={tier}/{file.path.name}",
        size=found.st_size,
        partition_values={TIER: tier},
        modification_time=int(found.st_mtime * 1000),
        data_change=True,
        stats=f'{{"numRecords": {file.rows}}}',
    )


def removal(path: str, *, found: tuple[int, int], written: Sequence[NewFile]) -> RemoveAction:
    """Return the part of a commit that removes a file.

    Parameters
    ----------
    path : of the file.
    found : its size in bytes and when it was written, in ms.
    written : the files of the same commit.
    """
    from deltalake.transaction import RemoveAction

    tier, file = path.rsplit(f"/{TIER}=", 1)[1].split("/", 1)
    size, at = found
    # Removed when what replaces it was written, as near as can be told without a clock.
    gone = max([at, *(int(new.path.stat().st_mtime * 1000) for new in written)])
    return RemoveAction(f"{TIER}={tier}/{file}", True, gone, size, {TIER: tier})


def millis(at: Any) -> int:
    """Return an instant of a commit in ms since 1970, whether it comes as one or as a number."""
    return at if isinstance(at, int) else int(at.timestamp() * 1000)
