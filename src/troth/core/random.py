"""Independent streams of random numbers, each found by its name: no global state, no order of use."""

from __future__ import annotations

import copy
import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy.random import Generator


def stream(seed: int, *names: str | int) -> Generator:
    """Return the stream of random numbers of a seed and names.

    The same seed and names give the same numbers whatever else is drawn; other names give independent numbers,
    so a new use of chance does not shift those that exist.

    Parameters
    ----------
    seed : any integer.
    names : what the numbers are for, such as ``"arrivals", queue, day``. ``1`` and ``"1"`` are different names.

    Source
    ------
    NumPy ``SeedSequence`` (O'Neill 2015, "Developing a seed_seq alternative") with the SHA-256 of the names.

    Examples
    --------
    >>> bool(stream(7, "arrivals").random() == stream(7, "arrivals").random())
    True
    """
    from numpy.random import PCG64, Generator, SeedSequence  # NumPy is not needed to start the command line

    key = hashlib.sha256(repr((int(seed), names)).encode()).digest()
    words = [int.from_bytes(key[place : place + 4], "little") for place in range(0, len(key), 4)]
    return Generator(PCG64(SeedSequence(words)))


def copied(generator: Generator) -> Generator:
    """Return a second generator that will give the numbers the first one will; neither moves the other."""
    return copy.deepcopy(generator)
