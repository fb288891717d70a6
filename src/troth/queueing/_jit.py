"""Compile a numeric function on first use, and keep the machine code where it can be kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """Return a function as machine code, made when it is first called with arguments of some types.

    Modules that use it are imported where they are needed: loading Numba alone takes half a second.
    """
    import numba

    how = {"error_model": "numpy", "nogil": True}
    try:
        made: F = numba.njit(cache=True, **how)(function)
    except RuntimeError:  # neither the package's folder nor the user's cache can be written: compile in each process
        made = numba.njit(**how)(function)
    return made
