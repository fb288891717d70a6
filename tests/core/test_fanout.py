"""One function over many items."""

from __future__ import annotations

import math

import pytest

from troth.core.decision import Stop
from troth.core.fanout import fanout


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_the_order_of_the_items(workers: int) -> None:
    """Whoever finishes first."""
    seen: list[tuple[int, int]] = []
    result = fanout(math.factorial, items=range(6), workers=workers, on_done=lambda done, of: seen.append((done, of)))
    assert result == [1, 1, 2, 6, 24, 120]
    assert seen == [(done, 6) for done in range(1, 7)]


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_comes_through(workers: int) -> None:
    """As it was raised."""
    with pytest.raises(ValueError, match=r"negative|not defined"):
        fanout(math.factorial, items=[3, -1, 2], workers=workers)


def test_nothing_gives_nothing() -> None:
    """No pool is started for no items."""
    assert fanout(abs, items=[], workers=4) == []


def test_stopping_gives_the_items_done_so_far() -> None:
    """The results are a beginning of the whole answer."""
    assert fanout(abs, items=[-1, -2, -3], workers=1, stop=Stop(steps=2)) == [1, 2]
    assert fanout(abs, items=range(9), workers=2, stop=Stop(asked=lambda: True)) == []
