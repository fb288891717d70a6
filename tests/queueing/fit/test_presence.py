"""Who was there and what they can do, from the services they gave."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.queueing.fit import bank
from troth.core.errors import InputError
from troth.queueing.fit import presence, skills


def test_a_long_gap_is_absence() -> None:
    """Half an hour and a second without a service: gone; half an hour: still there. Servers do not mix."""
    found = presence(["b", "a", "a", "a"], start_s=[50, 0, 1900, 4000], end_s=[60, 100, 2000, 4100], gap_s=1800)
    assert list(zip(found.server, found.start_s, found.end_s, found.services, strict=True)) == [
        ("a", 0, 2000, 2),
        ("a", 4000, 4100, 1),
        ("b", 50, 60, 1),
    ]


def test_services_at_once_reach_to_the_latest_end() -> None:
    """A long chat beside a short one keeps its agent there."""
    found = presence(["a", "a", "a"], start_s=[0, 10, 5000], end_s=[4000, 20, 5100], gap_s=1800)
    assert list(found.end_s) == [5100]


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 50_000), st.integers(0, 900)), max_size=40),
    st.integers(0, 5000),
)
def test_every_service_lies_in_one_stretch_and_stretches_are_apart(rows: list, gap: int) -> None:
    """All services are covered, none twice, and stretches of one server are further apart than the gap."""
    names, start = [row[0] for row in rows], np.array([row[1] for row in rows], float)
    end = start + np.array([row[2] for row in rows], float)
    found = presence(names, start_s=start, end_s=end, gap_s=gap)
    assert found.services.sum() == len(rows)
    for name, a, b in zip(names, start, end, strict=True):
        assert np.sum((found.server == name) & (found.start_s <= a) & (b <= found.end_s)) == 1
    for k in range(1, len(found.server)):
        if found.server[k] == found.server[k - 1]:
            assert found.start_s[k] - found.end_s[k - 1] > gap


def test_skills_are_what_is_done_more_than_now_and_then() -> None:
    """One loan in two hundred is an exception; nobody has no skills."""
    assert skills(["a"] * 200 + [""], services=["cash"] * 199 + ["loan"] + ["cash"]) == {"a": ("cash",)}
    assert skills(["a"] * 200, services=["cash"] * 199 + ["loan"], least=0.005) == {"a": ("cash", "loan")}


def test_servers_of_the_bank(samples: Path) -> None:
    """All calls with a server lie in stretches; a longer gap makes fewer; internet calls have servers of their own."""
    calls = bank.read(samples)
    served = (calls.outcome == "AGENT") & (calls.service_s < 14_400)
    start, end = calls.served_s[served], calls.served_s[served] + calls.service_s[served]
    by_gap = [presence(list(calls.server[served]), start_s=start, end_s=end, gap_s=60.0 * m) for m in (15, 30, 60)]
    sizes = [len(one.server) for one in by_gap]
    assert sizes[0] > sizes[1] > sizes[2] > 21 * 8 / 2
    assert {one.services.sum() for one in by_gap} == {np.sum(calls.server[served] != "")}
    can = skills(list(calls.server[served]), services=list(calls.kind[served]))
    assert sum(kinds == ("IN",) for kinds in can.values()) >= 3 and sum("PS" in kinds for kinds in can.values()) >= 8


def test_times_that_cannot_be_are_refused() -> None:
    """An end before its start, a missing time, arrays of other lengths."""
    for end in ([5.0, 1.0], [5.0, math.nan]):
        with pytest.raises(InputError, match="ends-before-start"):
            presence(["a", "a"], start_s=[0, 2], end_s=end)
    with pytest.raises(InputError, match="shapes-differ"):
        presence(["a"], start_s=[0, 2], end_s=[1, 3])
    assert len(presence([], start_s=[], end_s=[]).server) == 0
