"""Compile numeric functions on first use, and keep the machine code of the outer ones where it can be kept.

Modules that use this are imported where they are needed: loading Numba alone takes half a second.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cached_property
from types import CodeType, FunctionType, ModuleType
from typing import Any, Final, TypeVar, cast

import numba
import numpy as np
from numba.core.caching import FunctionCache

F = TypeVar("F", bound=Callable[..., Any])


class _Cache(FunctionCache):
    """Numba's cache, which alone would not notice that a function called from another file has changed.

    An upgrade leaves machine code beside files it does not touch, so without this it would run an older version's.
    """

    function: FunctionType
    parts: frozenset[str]

    def _index_key(self, sig: Any, codegen: Any) -> Any:
        return (*super()._index_key(sig, codegen), self._told)  # type: ignore[no-untyped-call]

    @cached_property
    def _told(self) -> str:
        # Sorted, for files can be read in any order.
        return hashlib.blake2b(repr(sorted(self.parts | _called(self.function))).encode()).hexdigest()


class Machine:
    """Functions that are compiled alike; code that is kept is found by what it and all it calls are made of.

    Parameters
    ----------
    options : of `numba.njit`, for all of them.
    """

    def __init__(self, **options: Any) -> None:
        self._options: dict[str, Any] = {"error_model": "numpy", "nogil": True} | options
        self._parts = set[str]()

    def compiled(self, function: F, **options: Any) -> F:
        """Return a function as machine code, made when compiled code first calls it."""
        return cast("F", numba.njit(**self._options, **options)(function))

    def kept(self, function: F) -> F:
        """Return a function as machine code that is kept on disk, with all it calls, for the next process."""
        made: Any = numba.njit(**self._options)(function)
        # If neither the package's folder nor the user's can be written, each process compiles anew.
        with suppress(RuntimeError):
            cache = _Cache(function)  # type: ignore[no-untyped-call]
            cache.function, cache.parts = cast("FunctionType", function), frozenset(self._parts)
            made._cache = cache  # noqa: SLF001 -- `cache=True` with a key of our own
        return cast("F", made)

    def note(self, of: Callable[..., Any] | np.dtype[Any]) -> None:
        """Add what no call shows, a layout or what makes an intrinsic, to what code kept from now on is found by."""
        self._parts.add(repr(of) if isinstance(of, np.dtype) else _told(cast("FunctionType", of)))


#: Keep a numeric function's machine code; a division by nought is an error in it, as in Python.
kernel: Final = Machine(error_model="python").kept


def _called(function: FunctionType) -> set[str]:
    """Return what a function and all compiled ones it calls are made of."""
    seen, open_ = dict[FunctionType, str](), [function]
    while open_:
        here = open_.pop()
        if here not in seen:
            seen[here] = _told(here)
            open_.extend(one.py_func for _, one in _known(here) if hasattr(one, "py_func"))
    return set(seen.values())


def _told(function: FunctionType) -> str:
    """Return a function's code with the numbers it reads from modules and the fields of tuples it knows."""
    words = [(name, _word(one)) for name, one in _known(function)]
    told = sorted(repr(one) for one in words if one[1] is not None)
    return repr((function.__module__, function.__qualname__, _plain(function.__code__), told))


def _word(one: Any) -> Any:
    """Return what is compiled in where a name stands; nothing for functions and modules."""
    if isinstance(one, np.ndarray):
        return one.dtype.str, one.shape, one.tobytes()
    if isinstance(one, type):
        return getattr(one, "_fields", None)
    return one if isinstance(one, int | float | tuple | np.generic) else None


def _known(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """Yield what names in a function's code and in its annotations stand for in its module, or in one it reads."""
    said = " ".join(str(one) for one in function.__annotations__.values())
    names, known = _names(function.__code__) | set(re.findall(r"\w+", said)), function.__globals__
    for name in names:
        one = known.get(name)
        if isinstance(one, ModuleType) and one.__name__.startswith(function.__module__.split(".", 1)[0] + "."):
            yield from ((f"{name}.{inner}", vars(one)[inner]) for inner in names if inner in vars(one))
        elif name in known:
            yield name, one


def _names(code: CodeType) -> set[str]:
    return set(code.co_names).union(*(_names(one) for one in code.co_consts if isinstance(one, CodeType)))


def _plain(code: CodeType) -> tuple[Any, ...]:
    """Return what a function's code does, with that of the functions in it, as plain data."""
    constants = [_plain(one) if isinstance(one, CodeType) else one for one in code.co_consts]
    return code.co_code, code.co_names, constants
