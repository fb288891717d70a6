"""Every figure agrees with high-precision arithmetic to nine digits and more, from a hundredth of an erlang to 100,000."""

from __future__ import annotations

import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.queueing.erlang.precise import odds, states
from troth.queueing.erlang import Traffic, erlang_b, erlang_c, performance, wait_quantile


def _close(found: object, true: mp.mpf, *, digits: float = 1e-9) -> bool:
    """Compare relatively; below what a float can hold, nothing is asked."""
    value = float(found)  # type: ignore[arg-type]
    return abs(true) < 1e-290 or bool(abs(value / true - 1) < digits)


loads = st.floats(-2, 5).map(lambda e: 10.0**e)
#: Distance from the load in square roots of it: where staffing happens, and far from it.
offsets = st.floats(-6, 10)


@settings(max_examples=12)
@given(loads, offsets, st.floats(-3, 2).map(lambda e: 10.0**e))
@example(1e5, 0.0, 1.0)
@example(1e5, -6.0, 0.03)
@example(1e5, 3.0, 100.0)
@example(0.01, 0.0, 0.001)
def test_erlang_a_agrees_with_sums_over_states(a: float, offset: float, r: float) -> None:
    """P(wait), abandonment, the mean wait and occupancy of M/M/n+M are right at every load and patience."""
    n = max(1, math.floor(a + offset * math.sqrt(a)))
    true = states(n, a, r)
    found = performance(n, traffic=Traffic(a, handle_s=1, interval_s=1, patience_s=1 / r))
    assert _close(found.waiting, true.waiting)
    assert _close(found.abandoned, true.abandoned)
    assert _close(found.mean_wait_s, true.wait)
    assert _close(found.occupancy, a * (1 - true.abandoned) / n)


@settings(max_examples=60)
@given(loads, st.floats(0.001, 8))
@example(1e5, 0.001)
def test_erlang_c_agrees_with_sums_over_states(a: float, offset: float) -> None:
    """P(wait) and ASA of M/M/n are right, also where the load nearly takes up all staff."""
    n = math.floor(a + offset * math.sqrt(a)) + 1
    true = states(n, a, 0)
    found = performance(n, traffic=Traffic(a, handle_s=1, interval_s=1))
    assert _close(found.waiting, true.waiting)
    assert _close(found.mean_answer_s, true.wait)


@settings(max_examples=60)
@given(st.floats(-2, 3.5).map(lambda e: 10.0**e), st.floats(-3, 3), st.floats(0, 1))
def test_fractional_servers_are_the_analytic_continuation(a: float, offset: float, part: float) -> None:
    """Between whole numbers B is the incomplete gamma function of Jagers and van Doorn."""
    n = max(0.0, math.floor(a + offset * math.sqrt(a))) + part
    if n < 1e-3:
        return
    true = odds(n, a)
    assert _close(erlang_b(n, erlangs=a), 1 / (1 + true))
    if n > a * (1 + 1e-6):
        assert _close(erlang_c(n, erlangs=a), 1 / (1 + (1 - mp.mpf(a) / mp.mpf(n)) * true))


def test_b_at_a_hundred_thousand_erlangs() -> None:
    """As many servers as erlangs: B is near sqrt(2 / (pi n)), and right to nine digits."""
    assert _close(erlang_b(100_000, erlangs=1e5), states(100_000, 1e5, 1e25).abandoned)


@pytest.mark.parametrize("r", [0.2, 1.5, 20.0])
@pytest.mark.parametrize("n", [8, 11, 14])
def test_shares_in_time_agree_with_the_waits_of_each_state(n: int, r: float) -> None:
    """Answered and given up within t follow from the states met: a first-come line behind n busy servers."""
    a, t = 10.0, 0.15
    found = performance(n, traffic=Traffic(a, handle_s=1, interval_s=1, patience_s=1 / r, within_s=t))
    answered, gone = _in_time(n, a, r, t)
    assert float(found.answered_in_time) == pytest.approx(answered, rel=1e-9)
    assert float(found.abandoned_in_time) == pytest.approx(gone, rel=1e-7)
    later = wait_quantile(answered + gone, staff=n, traffic=Traffic(a, handle_s=1, interval_s=1, patience_s=1 / r))
    assert float(later) == pytest.approx(t, rel=1e-9)


def _in_time(n: int, a: float, r: float, t: float) -> tuple[float, float]:
    """Return the shares answered and gone within t: a phase for each place in the line, solved by its exponential."""
    from scipy.linalg import expm

    places = 400
    up = np.array([a / (n + j * r) for j in range(1, places)])
    queue = np.concatenate([[1.0], np.cumprod(up)])
    below, term = 0.0, 1.0
    for i in range(n, 0, -1):
        term *= i / a
        below += term
    total = below + queue.sum()
    # From place j (j ahead): forward at n + j r, gone at r; forward from place 0 is the answer.
    move = np.zeros((places + 2, places + 2))
    for j in range(places):
        forward = n + j * r
        move[j, j - 1 if j else places] += forward
        move[j, places + 1] += r
        move[j, j] = -(forward + r)
    met = np.zeros(places + 2)
    met[:places] = queue / total
    after = met @ expm(move * t)
    return below / total + after[places], after[places + 1]
