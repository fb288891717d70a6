"""Where commands write: places that cannot be written are refused before anything is computed, and files are written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryFile

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError


def refuse_unwritable(given: Mapping[str, Path | None]) -> None:
    """Refuse files and folders that cannot be written, before anything is computed for them.

    Parameters
    ----------
    given : by option, what is to be written; None for nothing.

    Raises
    ------
    InputError
        With every one that cannot be written.
    """
    issues = []
    for option, path in given.items():
        try:
            if path is not None:
                _try(path)
        except OSError as error:
            issues.append(_unwritable(option, path, error))
    if issues:
        raise InputError(issues)


def _try(path: Path) -> None:
    """Write where a file or folder is to be, and leave nothing behind.

    Permissions alone do not tell: of a read-only disk they say that all is well.
    """
    if path.is_file():
        with path.open("ab"):
            return
    near = path if path.is_dir() else next(one for one in path.absolute().parents if one.exists())
    if near == path or not path.exists():  # a device such as /dev/stdout is there, and not tried
        with TemporaryFile(dir=near):
            return


def write(path: Path, text: str, *, option: str = "--html") -> None:
    """Write a file, and its folder if there is none.

    Raises
    ------
    InputError
        If that cannot be.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError([_unwritable(option, path, error)]) from error


def _unwritable(option: str, path: Path | None, error: OSError) -> Issue:
    advice = "Maybe another place: this one is no folder, is not yours to write in, or is full."
    return Issue("cannot-write", Severity.ERROR, option, f"{path}: {error.strerror or error}", advice)
