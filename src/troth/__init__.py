"""Troth: one log of what happened to customers, and every number, plan and promise computed from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from troth.demand.ask import forecast as forecast

#: What a notebook calls by the name of the whole, loaded when it is first asked for.
_LAZY = {"forecast": "troth.demand.ask"}


def __getattr__(name: str) -> Any:
    """Return one of the calls of a notebook; the rooms behind it are imported only now."""
    if name not in _LAZY:
        raise AttributeError(f"module 'troth' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_LAZY[name]), name)
