"""The examples in the site's docstrings run, and what they show is what comes out."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import troth.web

MODULES = sorted(one.name for one in pkgutil.walk_packages(troth.web.__path__, "troth.web."))


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_run(name: str) -> None:
    """A docstring's example is a promise to the reader."""
    importlib.import_module("troth.web.project.urls")  # apps share what their addresses are made of
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0
