"""A disk of a few megabytes that a test fills and makes room on again."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import missing


class SmallDisk:
    """A file system of its own.

    Parameters
    ----------
    root : where it lies.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._ballast = root / "ballast"

    def fill(self, *, left: int = 0) -> None:
        """Take all room but so many bytes."""
        self.free()
        with contextlib.suppress(OSError), self._ballast.open("wb", buffering=0) as file:
            while file.write(b"\0" * 4096):
                pass
        with self._ballast.open("r+b") as file:
            file.truncate(max(0, self._ballast.stat().st_size - left))

    def free(self) -> None:
        """Make room again."""
        self._ballast.unlink(missing_ok=True)


@contextlib.contextmanager
def small_disk(folder: Path, *, megabytes: int = 4) -> Iterator[SmallDisk]:
    """Give a small disk; only root may make one, so the test is skipped for others."""
    folder.mkdir()
    asked = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "troth-small-disk", str(folder)]
    try:
        made = subprocess.run(asked, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        made = False
    if not made:
        missing("a small disk can be mounted by root only")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True, capture_output=True)
