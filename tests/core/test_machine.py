"""Machine code that is kept is found only by all it is made of."""

from __future__ import annotations

import importlib
import math
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

_INNER = "from troth.core.machine import kernel\nSTEP = 1\n@kernel\ndef more(x):\n    return x + STEP\n"
_OUTER = """
from {keep_from} import {keep}
{imports}
from shop import inner
@{keep_with}
def twice(x):
    return 2 * {call}(x)
"""
_KERNEL = {"keep_from": "troth.core.machine", "keep": "kernel", "keep_with": "kernel"}
_NUMBA = {"keep_from": "numba", "keep": "njit", "keep_with": "njit(cache=True)"}
_NAMED = {"imports": "from shop.inner import more", "call": "more"}
_IN_MODULE = {"imports": "", "call": "inner.more"}


def _answers() -> tuple[int, int]:
    """Return what the package computes when it is loaded anew, and how often it had to compile the outer function."""
    for name in [one for one in sys.modules if one.split(".")[0] == "shop"]:
        del sys.modules[name]
    twice = importlib.import_module("shop.outer").twice
    return twice(10), sum(twice.stats.cache_misses.values())


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a folder for a package `shop`."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # files here change within a second and keep their length
    yield tmp_path / "shop"
    for name in [one for one in sys.modules if one.split(".")[0] == "shop"]:
        del sys.modules[name]


def _shop(package: Path, **words: str) -> Path:
    package.mkdir()
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "inner.py").write_text(_INNER, encoding="utf-8")
    (package / "outer.py").write_text(_OUTER.format(**words), encoding="utf-8")
    return package / "inner.py"


@pytest.mark.parametrize("called", [_NAMED, _IN_MODULE], ids=["by name", "in its module"])
@pytest.mark.parametrize(
    ("old", "new", "then"), [("x + STEP", "x - STEP", 18), ("STEP = 1", "STEP = 5", 30)], ids=["code", "number"]
)
def test_a_change_in_another_file_is_noticed(
    package: Path, called: dict[str, str], old: str, new: str, then: int
) -> None:
    """An upgrade that touches only what a kept function calls does not run the older version's machine code."""
    inner = _shop(package, **_KERNEL, **called)
    assert _answers() == (22, 1)
    assert _answers() == (22, 0), "kept for the next process"
    inner.write_text(_INNER.replace(old, new), encoding="utf-8")
    assert _answers() == (then, 1)


def test_numba_alone_would_not_notice(package: Path) -> None:
    """If this fails Numba has learned it, and `Machine` needs no key of its own."""
    inner = _shop(package, **_NUMBA, **_NAMED)
    assert _answers() == (22, 1)
    inner.write_text(_INNER.replace("x + STEP", "x - STEP"), encoding="utf-8")
    assert _answers() == (22, 0)


_PAIR = "from typing import NamedTuple\nclass Pair(NamedTuple):\n    a: int\n    b: int\n"
_HELD = """
from typing import NamedTuple
from troth.core.machine import kernel
from shop.inner import Pair
class Box(NamedTuple):
    pair: Pair
@kernel
def first(box):
    return box.pair.a
def twice(x):
    return first(Box(Pair(x, 0)))
twice.stats = first.stats
"""


def _pairs(package: Path) -> Path:
    path = _shop(package, **_KERNEL, **_NAMED)
    path.write_text(_PAIR, encoding="utf-8")
    (package / "outer.py").write_text(_HELD, encoding="utf-8")
    assert _answers() == (10, 1)
    return path


def test_fields_of_tuples_belong_to_what_is_kept(package: Path) -> None:
    """Fields that change places are read from other places, also those of a tuple in a tuple."""
    path = _pairs(package)
    path.write_text(_PAIR.replace("    a: int\n    b: int\n", "    b: int\n    a: int\n"), encoding="utf-8")
    assert _answers() == (0, 1)


def test_what_names_a_class_that_is_gone_is_compiled_anew(package: Path) -> None:
    """Kept code of an older version that cannot be read any more is no error."""
    path = _pairs(package)
    path.write_text(_PAIR.replace("Pair", "Twin"), encoding="utf-8")
    (package / "outer.py").write_text(_HELD.replace("Pair", "Twin"), encoding="utf-8")
    assert _answers() == (10, 1)
    assert _answers() == (10, 0)


def test_options_belong_to_what_is_kept(package: Path) -> None:
    """Code of a machine that divides otherwise is other code."""
    outer = (
        "from shop.inner import machine\n@machine.kept\ndef twice(x):\n    return (20.0 - 2.0 * x) / (10.0 - x) + x\n"
    )
    path = _shop(package, **_KERNEL, **_NAMED)
    (package / "outer.py").write_text(outer, encoding="utf-8")
    line = "from troth.core.machine import Machine\nmachine = Machine(error_model={!r})\n"
    path.write_text(line.format("python"), encoding="utf-8")
    with pytest.raises(ZeroDivisionError):
        _answers()
    path.write_text(line.format("numpy"), encoding="utf-8")
    value, misses = _answers()
    assert math.isnan(value), "nought by nought is no number"
    assert misses == 1
