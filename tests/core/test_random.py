"""Named streams of random numbers."""

from __future__ import annotations

import numpy as np

from troth.core.random import copied, stream


def test_a_name_gives_the_same_numbers_whatever_else_is_drawn() -> None:
    """Streams do not disturb each other."""
    first = stream(1, "arrivals", 3).random(5)
    stream(1, "service").random(1000)
    assert (stream(1, "arrivals", 3).random(5) == first).all()


def test_other_seeds_names_and_orders_give_other_numbers() -> None:
    """A number is not its text, and one name is not two."""
    keys: list[tuple[str | int, ...]] = [(), ("a",), ("a", "b"), ("b", "a"), ("ab",), ("a", 1), ("a", "1")]
    draws = {stream(seed, *names).random() for seed in (1, 2, -1) for names in keys}
    assert len(draws) == 3 * len(keys)


def test_the_numbers_are_pinned() -> None:
    """The demo company and published figures depend on them."""
    assert stream(7, "pin").integers(0, 1000, 5).tolist() == PINNED


def test_streams_of_neighbouring_names_are_uncorrelated() -> None:
    """A thousand streams behave like independent draws."""
    draws = np.array([stream(0, "x", number).standard_normal(200) for number in range(200)])
    off = np.corrcoef(draws)[np.triu_indices(200, 1)]
    assert abs(off.mean()) < 0.005
    assert abs(off.std() * np.sqrt(200) - 1) < 0.05


def test_a_copy_goes_on_alone() -> None:
    """State can be copied: both give the same, and neither moves the other."""
    one = stream(1, "copy")
    one.random(3)
    other = copied(one)
    expected = one.random(4)
    assert (other.random(4) == expected).all()


PINNED = [945, 42, 166, 691, 858]
