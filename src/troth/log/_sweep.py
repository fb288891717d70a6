"""What killed runs and replaced files leave behind in a lake, and when it may go."""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from troth.log._actions import TIER
from troth.log.store import Shelf

if TYPE_CHECKING:
    from troth.log._bucket import Bucket

_SPILL: Final = ".spill-"
_LOCK: Final = "lock"


@contextmanager
def spill_folder(root: Path) -> Iterator[Path]:
    """Give a folder for what does not fit in memory; a lock in it tells others that its owner lives."""
    root.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=_SPILL, dir=root) as made, (Path(made) / _LOCK).open("w") as lock:
        # The system drops the lock with the process, however it ends.
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield Path(made)


def sweep(root: Path, *, now: datetime, keep: timedelta) -> int:
    """Delete the files no table needs and spill folders of processes that are gone; return how many were deleted.

    Parameters
    ----------
    root : folder of the lake.
    now : the present.
    keep : how long a file stays after it was written or replaced: longer than any read or write takes.
    """
    limit = (now - keep).timestamp()
    gone = 0
    gone += _sweep_timelines(root / "timelines", limit)
    tables = [log.parent for kind in root.glob("[!.]*") for log in kind.rglob("_delta_log")]
    for table in sorted(tables):
        gone += _sweep_table(table, limit)
    return gone + _sweep_spill(root, limit)


def sweep_bucket(bucket: Bucket, *, now: datetime, keep: timedelta) -> int:
    """Delete the files of a bucket that no table needs, copies of files that are gone, and spill folders here.

    Parameters
    ----------
    bucket : where the lake is.
    now, keep : as in `sweep`.
    """
    limit = (now - keep).timestamp()
    written = bucket.listed(bucket.home)
    tables = sorted({path.parent.parent for path in written if path.parent.name == "_delta_log"})
    # What earlier code derived: all but the folder of definitions that was written to last.
    used: dict[Path, float] = {}
    for path, at in written.items():
        if path.parent.parent in tables and path.is_relative_to(bucket.home / "timelines"):
            kind = path.parent.parent.parent
            used[kind] = max(at, used.get(kind, 0.0))
    doomed_kinds = [kind for kind, at in used.items() if at < limit and at < max(used.values())]
    doomed = {path for path in written for kind in doomed_kinds if path.is_relative_to(kind)}
    for table in tables:
        if not any(table.is_relative_to(kind) for kind in doomed_kinds):
            doomed |= _unneeded(bucket, table, written=written, limit=limit)
    bucket.drop(sorted(doomed))
    for copy in bucket.home.rglob(f"{TIER}=*/*.parquet"):
        with suppress(FileNotFoundError):
            if copy not in written and copy.stat().st_mtime < limit:
                copy.unlink()
    return len(doomed) + _sweep_spill(bucket.home, limit)


def _unneeded(bucket: Bucket, table: Path, *, written: Mapping[Path, float], limit: float) -> set[Path]:
    """Return the old files of a table that neither it nor a reader of what was replaced lately needs."""
    old = {p for p, at in written.items() if p.parent.parent == table and p.parent.name != "_delta_log" and at < limit}
    if not old:
        return set()
    log = {p: at for p, at in written.items() if p.parent == table / "_delta_log" and p.suffix == ".json"}
    young = (bucket.read(p).decode() for p, at in log.items() if at >= limit)
    needed = {str(table / path) for text in young for path in _removed(text)}
    current = Shelf(table, pa.schema([]), bucket=bucket).files()
    needed |= {*current["base"], *current["tail"]}
    return {path for path in old if str(path) not in needed}


def _sweep_spill(root: Path, limit: float) -> int:
    gone = 0
    for folder in root.glob(f"{_SPILL}*"):
        if _left(folder, limit):
            shutil.rmtree(folder, ignore_errors=True)
            gone += 1
    return gone


def _sweep_timelines(folder: Path, limit: float) -> int:
    """Delete what earlier code derived: all but the folder of definitions that was written to last."""
    used = {
        kind: max((c.stat().st_mtime for c in kind.glob("*/_delta_log/*.json")), default=0.0)
        for kind in folder.glob("*")
    }
    doomed = [kind for kind, at in used.items() if at < limit and at < max(used.values())]
    for kind in doomed:
        shutil.rmtree(kind, ignore_errors=True)
    return len(doomed)


def _sweep_table(folder: Path, limit: float) -> int:
    # A file written since the limit is safe by its age (a second name, too, makes a file young: it changes the
    # inode); one replaced since the limit is named in a young commit; what is current is asked for last.
    old = [p for p in folder.glob(f"{TIER}=*/*") if p.stat().st_ctime < limit]
    drafts = [p for p in folder.glob("_delta_log/*.tmp") if p.stat().st_ctime < limit]
    needed = {str(folder / path) for path in _replaced(folder, limit)}
    if old:
        current = Shelf(folder, pa.schema([])).files()
        needed |= {*current["base"], *current["tail"]}
    doomed = [p for p in old if str(p) not in needed] + drafts
    for path in doomed:
        path.unlink(missing_ok=True)
    return len(doomed)


def _replaced(folder: Path, limit: float) -> Iterator[str]:
    """Yield the files that commits since the limit removed."""
    for commit in folder.glob("_delta_log/*.json"):
        if commit.stat().st_mtime >= limit:
            yield from _removed(commit.read_text("utf-8"))


def _removed(commit: str) -> Iterable[str]:
    actions = map(json.loads, commit.splitlines())
    return [action["remove"]["path"] for action in actions if "remove" in action]


def _left(folder: Path, limit: float) -> bool:
    """Tell whether the owner of a spill folder is gone."""
    try:
        with (folder / _LOCK).open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        # Killed before it locked, or just about to.
        return folder.exists() and folder.stat().st_mtime < limit
    except OSError:
        return False
    return True
