"""The examples in docstrings run, and what they show is what comes out."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import troth

#: Modules of the site need its settings: `tests/web/test_docstrings.py` tries them.
MODULES = sorted(
    one.name
    for one in pkgutil.walk_packages(troth.__path__, "troth.", onerror=lambda _name: None)
    if not one.name.endswith("__main__") and not one.name.startswith("troth.web.")
)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_run(name: str) -> None:
    """A docstring's example is a promise to the reader."""
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0
