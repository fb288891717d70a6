"""Readers: one self-contained file a source. `reader(name)` finds one, `names()` lists them."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

from troth.log.readers.base import Batch as Batch
from troth.log.readers.base import Reader as Reader
from troth.log.readers.base import ReadOptions as ReadOptions
from troth.log.readers.base import find as find


def names() -> list[str]:
    """Return the names of all sources: each module here that does not begin with an underscore, `base` aside.

    A module `a_b` is the source `a-b`.
    """
    return sorted(
        m.name.replace("_", "-")
        for m in pkgutil.iter_modules(__path__)
        if not m.name.startswith("_") and m.name != "base"
    )


def reader(name: str) -> Reader:
    """Return the reader of a source; `KeyError` if there is none."""
    if name not in names():
        raise KeyError(name)
    found = importlib.import_module(f"{__name__}.{name.replace('-', '_')}").READER
    assert isinstance(found, Reader)
    return found


def guess(path: Path) -> str:
    """Return a mapping proposed for a table, as YAML text with its doubts marked, or a comment naming the source.

    Raises
    ------
    InputError : it is neither a table nor anything a source knows.
    """
    from troth.core.errors import InputError
    from troth.log.readers._guess import guess as propose

    said = ""
    for name in names():
        knows = reader(name).knows
        if knows is not None and (what := knows(path)):
            said += f"# Maybe no mapping is needed ({what}): troth import {name} {path.name}\n"
    try:
        return said + propose(path)
    except InputError:
        if not said:
            raise
        return said
