"""Compile numeric functions on first use, and keep the machine code of the outer ones where it can be kept.

Modules that use this are imported where they are needed: loading Numba alone takes half a second.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
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

    function: Any  # a plain function, which mypy would take for a method here
    parts: frozenset[str]

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return kept code, or nothing where what an older version left cannot be read any more."""
        try:
            return super().load_overload(sig, target_context)  # type: ignore[no-untyped-call]
        except Exception:  # noqa: BLE001 -- what names a class that is gone fails in many ways
            self.flush()  # type: ignore[no-untyped-call]
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep code, unless there is no room for it."""
        with suppress(OSError):
            super().save_overload(sig, data)  # type: ignore[no-untyped-call]

    def _index_key(self, sig: Any, codegen: Any) -> Any:
        return (*super()._index_key(sig, codegen), self._told, repr(_fields(getattr(sig, "args", sig))))  # type: ignore[no-untyped-call]

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
            cache.function, cache.parts = (
                cast("FunctionType", function),
                frozenset(self._parts | {_options(self._options)}),
            )
            made._cache = cache  # noqa: SLF001 -- `cache=True` with a key of our own
        return cast("F", made)

    def note(self, of: Callable[..., Any] | str) -> None:
        """Add what no call shows, a layout or what makes an intrinsic, to what code kept from now on is found by."""
        self._parts.add(of if isinstance(of, str) else _told(cast("FunctionType", of)))


#: Keep a numeric function's machine code; a division by nought is an error in it, as in Python.
kernel: Final = Machine(error_model="python").kept


def _called(function: FunctionType) -> set[str]:
    """Return what a function and all compiled ones it calls are made of."""
    seen, open_ = dict[FunctionType, str](), [(function, "")]
    while open_:
        here, options = open_.pop()
        if here not in seen:
            seen[here] = _told(here) + options
            open_ += [(one.py_func, _options(one.targetoptions)) for _, one in _known(here) if hasattr(one, "py_func")]
    return set(seen.values())


def _told(function: FunctionType) -> str:
    """Return a function's code with what the names in it stand for."""
    words = [(name, _word(one)) for name, one in _known(function)]
    told = sorted(repr(one) for one in words if one[1] is not None)
    given = function.__code__.co_varnames[: function.__code__.co_argcount], function.__defaults__
    return repr((function.__module__, function.__qualname__, given, _plain(function.__code__), told))


def _options(options: Mapping[str, Any]) -> str:
    return repr(sorted(options.items()))


def _word(one: Any) -> Any:
    """Return what is compiled in where a name stands; nothing for what is told elsewhere."""
    if hasattr(one, "py_func"):
        return one.py_func.__module__, one.py_func.__qualname__
    if isinstance(one, np.ndarray):
        return repr(one.dtype), one.shape, one.tobytes()
    if isinstance(one, type):
        return one.__qualname__, getattr(one, "_fields", None)
    if isinstance(one, tuple):
        return tuple(_word(inner) for inner in one)
    return repr(one) if isinstance(one, int | float | complex | str | np.generic | np.dtype) else None


def _fields(kinds: Iterable[Any]) -> list[Any]:
    """Return the fields of named tuples among types of arguments, and of those in them."""
    found = list[Any]()
    for kind in kinds:
        inner = _fields(getattr(kind, "types", ()))
        if inner or hasattr(kind, "instance_class"):
            found.append((getattr(getattr(kind, "instance_class", None), "_fields", ()), inner))
    return found


def _known(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """Yield what names in a function's code stand for in its module, or in one it reads."""
    names, known = _names(function.__code__), function.__globals__
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
