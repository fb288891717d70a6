"""A log file that a process appends to, read along line by line, and cut when it has grown long."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

#: A file longer than this is put aside; so many are kept.
LONGEST = 10_000_000
KEPT = 3


class LogFile:
    """The log of one process; the process writes, the tree reads along and turns the pages."""

    def __init__(self, path: Path, *, longest: int = LONGEST) -> None:
        self.path = path
        self._longest = longest
        path.touch(mode=0o600)
        self._read = path.stat().st_size
        self._half = b""

    def add(self, line: str) -> None:
        """Write a line with the time in front."""
        stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
        with self.path.open("a", encoding="utf-8") as file:
            file.write(f"{stamp}Z {line}\n")

    def news(self) -> list[str]:
        """Return the whole lines written since the last call."""
        size = self.path.stat().st_size
        if size < self._read:  # somebody else cut it
            self._read = 0
        if size == self._read:
            return []
        with self.path.open("rb") as file:
            file.seek(self._read)
            data = self._half + file.read(size - self._read)
        self._read = size
        *lines, self._half = data.split(b"\n")
        if size > self._longest:
            self._turn()
        return [line.decode("utf-8", errors="replace") for line in lines]

    def tail(self, lines: int = 10) -> str:
        """Return the last lines as one text."""
        with self.path.open("rb") as file:
            file.seek(max(0, self.path.stat().st_size - 20_000))
            return "\n".join(file.read().decode("utf-8", errors="replace").splitlines()[-lines:])

    def _turn(self) -> None:
        """Put the content aside and begin anew: writers append, so they go on at the new beginning.

        What is written between the copy and the cut is lost; that is the price of a file the process keeps open.
        """
        for number in range(KEPT - 1, 0, -1):
            older = self.path.with_suffix(f".{number}.log")
            if older.exists():
                older.replace(self.path.with_suffix(f".{number + 1}.log"))
        shutil.copy2(self.path, self.path.with_suffix(".1.log"))
        with self.path.open("r+b") as file:
            file.truncate(0)
        self._read = 0
