"""How the functions of the simulation are compiled, and how they reach their records.

Compiled functions get one record, the `World`, that holds addresses; a row of a table is the record at an address. So a
call hands over one pointer whatever the number of tables, nothing is counted by reference, and compiling stays quick.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from types import CodeType
from typing import Any, Final, TypeVar, cast

import numba
import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

Function = TypeVar("Function", bound=Callable[..., Any])
#: Nothing here allocates, so nothing needs to be counted by reference.
_OPTIONS: Final[dict[str, Any]] = {"nogil": True, "error_model": "numpy", "_nrt": False}
#: What is only called by compiled functions needs no door to Python.
_INNER: Final[dict[str, Any]] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
#: The code of everything compiled so far.
_CODE = hashlib.blake2b(digest_size=7)


def compiled(function: Function) -> Function:
    """Compile a function where it is called."""
    _note(function)
    return cast("Function", numba.njit(**_OPTIONS, **_INNER)(function))


def inlined(function: Function) -> Function:
    """As `compiled`, for what every customer passes through: copied to where it is called."""
    _note(function)
    return cast("Function", numba.njit(**_OPTIONS, **_INNER, forceinline=True)(function))


def kept(function: Function) -> Function:
    """Compile a function with all that it calls and keep it on disk.

    What is kept is found again by the function's own code and the variables it closes over, not by the code of what it
    calls: it must close over `digest`.
    """
    return cast("Function", numba.njit(**_OPTIONS, cache=True)(function))


def digest() -> int:
    """Return a number that changes whenever the code of a compiled function or the layout of a table does."""
    return int.from_bytes(_CODE.digest(), "little")


def _note(function: Callable[..., Any]) -> None:
    """Add a function's code, and the numbers it reads from its module, to what `digest` tells of."""
    _note_code(function.__code__)
    known = function.__globals__
    words = {k: known[k] for k in function.__code__.co_names if isinstance(known.get(k), int | float | np.generic)}
    _CODE.update(repr(sorted(words.items())).encode())


def _note_code(code: CodeType) -> None:
    _CODE.update(code.co_code)
    _CODE.update(repr(code.co_names).encode())
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            _note_code(constant)
        else:
            _CODE.update(repr(constant).encode())


def rows(dtype: np.dtype[Any], *, of: np.dtype[Any], where: str) -> Callable[[Any, Any], Any]:
    """Return a compiled function to a row of a table from the record that holds the table's address, and a number.

    Parameters
    ----------
    dtype : of the rows.
    of : of the record.
    where : its field with the address.
    """
    kind, size = numba.from_dtype(dtype), dtype.itemsize
    holder = numba.from_dtype(of)
    place = of.fields[where][1] if of.fields else 0
    _CODE.update(repr(dtype).encode())

    @intrinsic
    def row(_context: Any, _world: Any, _number: Any) -> Any:
        def build(context: Any, builder: Any, _signature: Any, given: Any) -> Any:
            word = ir.IntType(64)
            home = builder.inttoptr(builder.add(builder.ptrtoint(given[0], word), word(place)), word.as_pointer())
            base = builder.load(home)
            # Tables stay where they are: their addresses need not be read again after every write.
            base.set_metadata("invariant.load", builder.module.add_metadata([]))
            return builder.inttoptr(builder.add(base, builder.mul(given[1], word(size))), context.get_value_type(kind))

        return kind(holder, types.int64), build

    return cast("Callable[[Any, Any], Any]", row)


_note(rows)
