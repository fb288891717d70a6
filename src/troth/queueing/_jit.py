"""Compile numeric functions on first use, and keep the machine code of the outer ones where it can be kept.

Modules that use this are imported where they are needed: loading Numba alone takes half a second.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from types import CodeType
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numba.core.caching import FunctionCache

F = TypeVar("F", bound=Callable[..., Any])


class _Cache(FunctionCache):
    """Numba's cache, which alone would not notice that a function called from another file has changed."""

    told = ""

    def _index_key(self, sig: Any, codegen: Any) -> Any:
        return (*super()._index_key(sig, codegen), self.told)  # type: ignore[no-untyped-call]


class Machine:
    """Functions that are compiled alike, and what they are made of: code that is kept is found by all of it.

    Parameters
    ----------
    options : of `numba.njit`, for all of them.
    """

    def __init__(self, **options: Any) -> None:
        self._options: dict[str, Any] = {"error_model": "numpy", "nogil": True} | options
        self._parts = set[str]()

    def compiled(self, function: F, **options: Any) -> F:
        """Return a function as machine code, made when compiled code first calls it."""
        self.note(function)
        return cast("F", numba.njit(**self._options, **options)(function))

    def kept(self, function: F) -> F:
        """Return a function as machine code that is kept on disk, with all it calls, for the next process."""
        made: Any = numba.njit(**self._options)(function)
        # If neither the package's folder nor the user's can be written, each process compiles anew.
        with suppress(RuntimeError):
            cache = _Cache(function)  # type: ignore[no-untyped-call]
            # Sorted, for files can be read in any order.
            cache.told = hashlib.blake2b(repr(sorted(self._parts)).encode()).hexdigest()
            made._cache = cache  # noqa: SLF001 -- `cache=True` with a key of our own
        return cast("F", made)

    def note(self, of: Callable[..., Any] | np.dtype[Any]) -> None:
        """Add a function's code with the numbers it reads from its module, or a layout, to what kept code is found by."""
        if isinstance(of, np.dtype):
            self._parts.add(repr(of))
            return
        names, known = of.__code__.co_names, of.__globals__
        words = {k: known[k] for k in names if isinstance(known.get(k), int | float | np.generic | np.ndarray)}
        self._parts.add(repr((of.__qualname__, _told(of.__code__), [(k, words[k]) for k in sorted(words)])))


def _told(code: CodeType) -> tuple[Any, ...]:
    """Return what a function's code does, with that of the functions in it, as plain data."""
    constants = [_told(one) if isinstance(one, CodeType) else one for one in code.co_consts]
    return code.co_code, code.co_names, constants
