"""Compile numeric functions on first use, and keep the machine code of the outer ones where it can be kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, TypeVar, cast

import numba
import numpy as np
from numba.core.caching import FunctionCache

F = TypeVar("F", bound=Callable[..., object])

_OPTIONS: Final[dict[str, Any]] = {"error_model": "numpy", "nogil": True}
#: The code of everything compiled so far.
_CODE = hashlib.blake2b()


class _Cache(FunctionCache):
    """Numba's cache, which alone would not notice that a function called from another file has changed."""

    def _index_key(self, sig: Any, codegen: Any) -> Any:
        return (*super()._index_key(sig, codegen), _CODE.hexdigest())  # type: ignore[no-untyped-call]


def compiled(function: F) -> F:
    """Return a function as machine code, made when compiled code first calls it.

    Modules that use this are imported where they are needed: loading Numba alone takes half a second.
    """
    _note(function)
    made: F = numba.njit(**_OPTIONS)(function)
    return made


def kept(function: F) -> F:
    """Return a function as machine code that is kept on disk, with all it calls, for the next process."""
    made: Any = numba.njit(**_OPTIONS)(function)
    # If neither the package's folder nor the user's can be written, each process compiles anew.
    with suppress(RuntimeError):
        made._cache = _Cache(function)  # type: ignore[no-untyped-call]  # noqa: SLF001 -- `cache=True` with a key of our own
    return cast("F", made)


def _note(function: Callable[..., object]) -> None:
    code, known = function.__code__, function.__globals__
    constants = {name: known.get(name) for name in code.co_names}
    values = {name: value for name, value in constants.items() if isinstance(value, int | float | np.ndarray)}
    _CODE.update(code.co_code + repr((code.co_consts, code.co_names, sorted(values.items()))).encode())
