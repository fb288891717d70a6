"""Where the database's socket lies: a socket's path holds at most 107 letters, a data folder's path any number."""

from __future__ import annotations

import os
import re
import secrets
import tempfile
from pathlib import Path

from troth.web.project._postgres import Account

#: The longest folder that leaves room for ``/.s.PGSQL.5432`` and its lock below the system's 107 bytes.
LONGEST = 88

_PLAIN = re.compile(r"[\w./-]+", re.ASCII)


def socket_folder(data: Path, *, record: Path, user: Account) -> Path:
    """Return the folder of the socket, made if it is missing, owned by `user`, closed to others.

    Inside the data folder where its path is short and plain. Otherwise in a place for short-lived files, under a name that
    nobody can guess and occupy; `record` keeps it, so that it stays the same from start to start.
    """
    near = data / "socket"
    if fits(near):
        user.own(near)
        return near
    if record.exists():
        kept = Path(record.read_text(encoding="utf-8"))
        if kept.parent.is_dir():
            user.own(kept)
        if user.owns(kept):
            return kept
    far = _base() / f"troth-{secrets.token_hex(8)}"
    user.own(far)
    record.write_text(str(far), encoding="utf-8")
    return far


def fits(folder: Path) -> bool:
    """Tell whether a socket can lie in `folder`: short enough, and no letters that settings would have to quote."""
    return len(os.fsencode(folder)) <= LONGEST and bool(_PLAIN.fullmatch(str(folder)))


def _base() -> Path:
    """Return a folder for short-lived files that the server's user can reach.

    Not ``XDG_RUNTIME_DIR``: it is removed when its user logs out, under the feet of a server that goes on.
    """
    named = [Path("/run")] if os.geteuid() == 0 else []
    for folder in [*named, Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")]:  # noqa: S108  # in a closed folder of its own
        if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK) and len(str(folder)) < LONGEST // 2:
            return folder
    return Path(tempfile.gettempdir())
