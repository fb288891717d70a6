"""How the functions of the simulation are compiled, and how they reach their records.

Compiled functions get one record, the `World`, that holds addresses; a row of a table is the record at an address. So a
call hands over one pointer whatever the number of tables, nothing is counted by reference, and compiling stays quick.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

import numba
import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

from troth.core.machine import Machine

Function = TypeVar("Function", bound=Callable[..., Any])
#: Nothing here allocates, so nothing needs to be counted by reference.
_MACHINE: Final = Machine(_nrt=False)
#: What is only called by compiled functions needs no door to Python.
_INNER: Final[dict[str, Any]] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def compiled(function: Function) -> Function:
    """Compile a function where it is called."""
    return _MACHINE.compiled(function, **_INNER)


def inlined(function: Function) -> Function:
    """As `compiled`, for what every customer passes through: copied to where it is called."""
    return _MACHINE.compiled(function, **_INNER, forceinline=True)


#: Compile a function with all that it calls and keep it on disk.
kept: Final = _MACHINE.kept


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
    _MACHINE.note(f"{where} {place} {dtype!r}")

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


_MACHINE.note(rows)
