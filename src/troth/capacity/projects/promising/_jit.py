"""How the functions of the sampled futures are compiled: with nogil, and kept on disk.

They get their room for working from outside: nothing here allocates, so nothing is counted by reference, which halves the
time of compiling.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from troth.core.machine import Machine

_MACHINE: Final = Machine(_nrt=False)

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile a function into where it is called: tables are many, and handing them over costs more than most work."""
    return _MACHINE.compiled(function, no_cpython_wrapper=True, no_cfunc_wrapper=True, forceinline=True)


#: Compile a function with all that it calls and keep it on disk.
kept: Final = _MACHINE.kept
