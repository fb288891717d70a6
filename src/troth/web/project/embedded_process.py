"""Which processes belong to one database: a pid alone is never trusted, it may have been given to a stranger since.

A server started by Troth carries a name made from the path of its data: on the command line of the postmaster, and in
the title of each of its processes, where every user may read it (the folder a process works in is hidden from root
inside most containers). Linux only: it reads ``/proc``.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

#: How often a wait looks again.
LOOK_S = 0.05


@dataclass(frozen=True, slots=True)
class PidFile:
    """What ``postmaster.pid`` says: who claims to run, its socket's folder, and how far it is."""

    pid: int
    socket: Path
    word: str

    @classmethod
    def read(cls, cluster: Path) -> PidFile | None:
        """Return the file's content; nothing if it is missing or still half written."""
        try:
            lines = (cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
            return cls(int(lines[0]), Path(lines[4]), lines[7].strip())
        except (FileNotFoundError, IndexError, ValueError):
            return None


def server_name(cluster: Path) -> str:
    """Return the name a server on this data carries, in 20 letters.

    Examples
    --------
    >>> server_name(Path("/var/lib/troth/postgres/cluster"))
    'troth-c2e11c8003b168'
    """
    return f"troth-{hashlib.sha256(os.fsencode(cluster)).hexdigest()[:14]}"


def command(pid: int) -> list[str]:
    """Return the command line of a process, word by word; empty if there is no such process."""
    try:
        return os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes()).rstrip("\0").split("\0")
    except OSError:
        return []


def is_postmaster(pid: int, *, cluster: Path, uid: int) -> bool:
    """Tell whether the process is the postmaster of this data: program, folder, name and owner must all agree."""
    words = command(pid)
    return (
        Path(words[0] if words else "").name == "postgres"
        and ["-D", str(cluster)] in [words[at : at + 2] for at in range(len(words))]
        and f"cluster_name={server_name(cluster)}" in words
        and _owner(pid) == uid
    )


def members(cluster: Path, *, uid: int) -> list[int]:
    """Return every process of this data's server, the postmaster included, also those whose postmaster is gone."""
    title = f"postgres: {server_name(cluster)}:"
    found = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [
        pid
        for pid in found
        if (
            (" ".join(command(pid)).startswith(title) and _owner(pid) == uid)
            or is_postmaster(pid, cluster=cluster, uid=uid)
        )
    ]


def end_members(cluster: Path, *, uid: int, patience_s: float = 5.0) -> int:
    """End processes whose server is lost, and wait until they are gone; return how many there were.

    Without a postmaster they can finish nothing that recovery would not undo. First asked (SIGQUIT), then killed.
    """
    first = members(cluster, uid=uid)
    for number, limit_s in ((signal.SIGQUIT, patience_s), (signal.SIGKILL, 60.0)):
        for pid in members(cluster, uid=uid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        until = time.monotonic() + limit_s
        while members(cluster, uid=uid):
            if time.monotonic() > until:
                break
            time.sleep(LOOK_S)
        else:
            break
    return len(first)


def _owner(pid: int) -> int | None:
    try:
        return Path(f"/proc/{pid}").stat().st_uid
    except OSError:
        return None
