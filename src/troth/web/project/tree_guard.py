"""What outlives a killed process tree just long enough to leave no orphan behind.

This file is also run as a program of its own, without the rest of Troth: it must import nothing but small parts of
the standard library.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable

_PR_SET_PDEATHSIG = 1


def tie(parent: int) -> Callable[[], None]:
    """Return what a new process does first: ask the system for SIGTERM at its parent's death (Linux, prctl(2))."""
    import ctypes

    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def tied() -> None:
        prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
        if os.getppid() != parent:  # died in between
            os.kill(os.getpid(), signal.SIGTERM)

    return tied


class Guard:
    """A small process that kills the groups it was told of, if the tree dies and they do not end by themselves.

    It learns of the death by a pipe that only the tree holds open.
    """

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603  # this file
            [sys.executable, "-I", "-S", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )

    def watch(self, pid: int, *, patience_s: float) -> None:
        """Remember a group, and how long it may take to stop."""
        self._write(f"{pid} {patience_s}\n")

    def forget(self, pid: int) -> None:
        """Forget a group that has ended: its number may be given to a stranger."""
        self._write(f"{pid} gone\n")

    def dismiss(self) -> None:
        """Send the guard home, once nothing is left to be watched."""
        self._write("home\n")
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def _write(self, line: str) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line.encode())
            self._process.stdin.flush()
        except BrokenPipeError:
            return  # somebody killed the guard: the system's own word to each process remains


def stand_watch(lines: Iterable[str]) -> dict[int, float]:
    """Read what is told until the tree dies or says "home"; return the groups still to be seen off, with patience."""
    groups: dict[int, float] = {}
    for line in lines:
        if line == "home\n":
            return {}
        pid, word = line.split()
        groups.pop(int(pid), None)
        if word != "gone":
            groups[int(pid)] = float(word)
    return groups


def see_off(groups: dict[int, float]) -> None:
    """Wait until the groups have ended, and kill each whose patience is over."""
    died = time.monotonic()
    while groups:
        for pid, patience_s in list(groups.items()):
            late = time.monotonic() - died > patience_s
            try:
                os.killpg(pid, signal.SIGKILL if late else 0)
            except (ProcessLookupError, PermissionError):
                late = True
            if late:
                del groups[pid]
        time.sleep(0.1)


if __name__ == "__main__":
    for _number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(_number, signal.SIG_IGN)
    see_off(stand_watch(sys.stdin))
