"""How staff fares: published values, limits between the formulas, order, and what must be refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.core.errors import InputError
from troth.queueing.erlang import Traffic, erlang_a, erlang_b, erlang_c, performance, wait_quantile
from troth.queueing.erlang.performance import FORMULAS

HALF_HOUR = Traffic(100, handle_s=180)


@pytest.mark.parametrize(
    ("staff", "waiting", "level", "asa", "occupancy"),
    [(13, 0.2853, 0.7956, 17.1, 0.769), (14, 0.1741, 0.8884, 7.8, 0.714)],
)
def test_erlang_c_of_ten_erlangs(staff: int, waiting: float, level: float, asa: float, occupancy: float) -> None:
    """100 contacts in half an hour of 180 s each: 13 agents just miss 80 % in 20 s, 14 make it."""
    found = performance(staff, traffic=HALF_HOUR)
    assert float(found.waiting) == pytest.approx(waiting, abs=5e-5)
    assert float(found.service_level()) == pytest.approx(level, abs=5e-5)
    assert float(found.mean_answer_s) == pytest.approx(asa, abs=0.05)
    assert float(found.occupancy) == pytest.approx(occupancy, abs=5e-4)


@pytest.mark.parametrize(("staff", "abandoned", "wait"), [(11, 0.094, 11.3), (12, 0.062, 7.4), (13, 0.038, 4.6)])
def test_erlang_a_of_ten_erlangs(staff: int, abandoned: float, wait: float) -> None:
    """The same load with a mean patience of two minutes, by birth and death."""
    found = performance(staff, traffic=Traffic(100, handle_s=180, patience_s=120))
    assert float(found.abandoned) == pytest.approx(abandoned, abs=5e-4)
    assert float(found.mean_wait_s) == pytest.approx(wait, abs=0.05)


def test_patience_leads_from_erlang_b_to_erlang_c() -> None:
    """Hardly any patience is Erlang B, hardly any impatience Erlang C, as theirs are the two ends."""
    assert erlang_a(12, erlangs=10, patience=1e-9) == pytest.approx(erlang_b(12, erlangs=10), rel=1e-7)
    long = performance(12, traffic=Traffic(10, handle_s=1, interval_s=1, patience_s=1e7))
    assert long.waiting == pytest.approx(erlang_c(12, erlangs=10), rel=1e-5)


def test_patience_equal_to_handle_time_makes_a_poisson_number_present() -> None:
    """With r = 1 everybody leaves at the same rate, served or not: M/M/infinity (Palm)."""
    n, a = 9, 8.0
    poisson = [math.exp(-a) * a**k / math.factorial(k) for k in range(60)]
    found = performance(n, traffic=Traffic(a, handle_s=1, interval_s=1, patience_s=1))
    assert float(found.waiting) == pytest.approx(sum(poisson[n:]), rel=1e-12)
    assert float(found.mean_wait_s) == pytest.approx(sum((k - n) * poisson[k] for k in range(n, 60)) / a, rel=1e-12)


def test_one_server_is_m_m_1() -> None:
    """P(wait) is the load, and 90 % wait no longer than ln(10 rho) / (mu - lambda)."""
    one = Traffic(0.7, handle_s=1, interval_s=1, within_s=0)
    found = performance(1, traffic=one)
    assert float(found.waiting) == pytest.approx(0.7, rel=1e-12)
    assert float(found.mean_wait_s) == pytest.approx(0.7 / 0.3, rel=1e-12)
    assert float(wait_quantile(0.9, staff=1, traffic=one)) == pytest.approx(math.log(7) / 0.3, rel=1e-9)


@given(st.floats(0.05, 300), st.floats(0.02, 20), st.floats(0, 0.5), st.integers(1, 4))
def test_more_staff_serves_better(load: float, patience: float, within: float, at_once: int) -> None:
    """With staff every figure moves one way, whole or fractional staff alike."""
    more = np.linspace(0.3, 1.8, 13) * load / at_once + 0.1
    found = performance(
        more, traffic=Traffic(load, handle_s=1, interval_s=1, patience_s=patience, within_s=within, at_once=at_once)
    )
    for falls in (found.waiting, found.abandoned, found.mean_wait_s, found.mean_answer_s, -found.answered_in_time):
        assert np.all(np.diff(falls) <= 1e-9 * np.abs(falls[:-1]) + 1e-12)
    for formula in FORMULAS:
        assert np.all(np.diff(found.service_level(formula)) >= -1e-9)
    if at_once == 1:
        assert np.all(np.diff(found.occupancy) <= 1e-12)


@given(st.floats(0.05, 200), st.floats(0.02, 20), st.floats(0.5, 1.5), st.floats(0.01, 0.99))
def test_figures_of_one_interval_agree_with_each_other(load: float, patience: float, share: float, q: float) -> None:
    """Little's law in the line, and quantiles of the wait as the inverse of the level."""
    staff, one = share * load + 0.5, {"handle_s": 1, "interval_s": 1, "patience_s": patience}
    found = performance(staff, traffic=Traffic(load, **one))
    assert found.abandoned == pytest.approx(found.mean_wait_s / patience, rel=1e-9)
    assert found.mean_wait_s <= found.waiting * patience * (1 + 1e-12)
    wait = wait_quantile(q, staff=staff, traffic=Traffic(load, **one))
    then = performance(staff, traffic=Traffic(load, within_s=wait, **one))
    reached = float(then.answered_in_time + then.abandoned_in_time)
    assert reached == pytest.approx(q, abs=1e-9) if wait > 0 else reached >= q - 1e-12
    wait = wait_quantile(q, staff=staff, traffic=Traffic(load, **one), of="answered")
    then = performance(staff, traffic=Traffic(load, within_s=wait, **one))
    reached = float(then.answered_in_time / (1 - then.abandoned))
    assert reached == pytest.approx(q, abs=1e-9) if wait > 0 else reached >= q - 1e-12


def test_one_call_for_many_intervals_equals_many_calls() -> None:
    """Arrays are for speed only: to the last bit the same as one by one."""
    loads, staff = np.geomspace(0.14, 332, 40), np.ceil(np.geomspace(0.14, 332, 40) * 1.1 + 1)
    patience = np.where(np.arange(40) % 3 == 0, np.inf, np.where(np.arange(40) % 3 == 1, 0.0, 90.0))
    many = performance(staff, traffic=Traffic(loads * 10, handle_s=180, patience_s=patience))
    waits = wait_quantile(0.9, staff=staff, traffic=Traffic(loads * 10, handle_s=180, patience_s=patience))
    for i in range(40):
        traffic = Traffic(loads[i] * 10, handle_s=180, patience_s=patience[i])
        one = performance(staff[i], traffic=traffic)
        for name in ("waiting", "abandoned", "answered_in_time", "mean_wait_s", "mean_answer_s", "occupancy"):
            assert getattr(one, name) == getattr(many, name)[i]
        assert wait_quantile(0.9, staff=staff[i], traffic=traffic) == waits[i]


def test_shapes_broadcast() -> None:
    """A column of staff against a row of intervals is a table."""
    table = performance(np.arange(11, 15)[:, None], traffic=Traffic([90, 100], handle_s=180))
    assert table.waiting.shape == (4, 2)
    assert table.waiting[2, 1] == performance(13, traffic=HALF_HOUR).waiting


def test_more_load_than_staff_is_said_with_the_answer_of_erlang_a() -> None:
    """Erlang C has no steady state there: waits are infinite, and the issue says what patience would make of it."""
    found = performance([9, 10, 11], traffic=HALF_HOUR)
    assert list(np.isinf(found.mean_wait_s)) == [True, True, False]
    assert list(found.service_level()[:2]) == [0, 0]
    (told,) = found.issues
    assert (told.code, told.count, told.where) == ("overloaded", 2, "staff[0]")
    share = float(performance(9, traffic=Traffic(100, handle_s=180, patience_s=180)).abandoned)
    assert f"{share:.1%} would give up" in told.advice
    assert not performance(9, traffic=Traffic(100, handle_s=180, patience_s=60)).issues


def test_no_patience_is_a_loss_system_and_said_so() -> None:
    """Patience 0 is Erlang B: nobody waits, who finds no agent is lost."""
    found = performance(10, traffic=Traffic(100, handle_s=180, patience_s=0))
    assert found.abandoned == erlang_b(10, erlangs=10)
    assert (float(found.mean_wait_s), float(found.mean_answer_s)) == (0, 0)
    assert [one.code for one in found.issues] == ["patience-zero"]


def test_nobody_at_work_and_nobody_calling() -> None:
    """Without agents all give up; without contacts there are no figures, and nobody is busy."""
    none = performance(0, traffic=Traffic(100, handle_s=180, patience_s=120))
    assert (float(none.abandoned), float(none.mean_wait_s), float(none.service_level())) == (1, 120, 0)
    assert np.isnan(none.mean_answer_s)
    patient = Traffic(100, handle_s=180, patience_s=120)
    assert np.isnan(wait_quantile(0.5, staff=0, traffic=patient, of="answered"))
    quiet = performance(5, traffic=Traffic(0, handle_s=180))
    assert np.isnan(quiet.waiting) and np.isnan(quiet.service_level()) and quiet.occupancy == 0


def test_all_faults_are_told_at_once() -> None:
    """Negative counts, no numbers, impossible chats: each with its place, value and how often."""
    with pytest.raises(InputError) as told:
        Traffic([3, -1, math.nan, -2], handle_s=0, interval_s=math.inf, patience_s=-5, at_once=1.5, slowing=2)
    found = {(one.code, one.where): (one.value, one.count) for one in told.value.issues}
    assert found == {
        ("not-a-number", "contacts[2]"): ("nan", 1),
        ("negative-contacts", "contacts[1]"): ("-1", 2),
        ("handle-time-not-positive", "handle_s"): ("0", 1),
        ("interval-not-positive", "interval_s"): ("inf", 1),
        ("negative-patience", "patience_s"): ("-5", 1),
        ("at-once-not-whole", "at_once"): ("1.5", 1),
        ("slowing-out-of-range", "slowing"): ("2", 1),
    }
    assert all(one.advice.startswith("Maybe") for one in told.value.issues)


@pytest.mark.parametrize("staff", [-1, math.nan, math.inf])
def test_staff_must_be_a_number(staff: float) -> None:
    """Negative or unknown staff is refused."""
    with pytest.raises(InputError, match="staff-not-a-number"):
        performance(staff, traffic=HALF_HOUR)


def test_shapes_that_do_not_fit_are_told() -> None:
    """Three intervals and two sizes of staff are a mistake."""
    with pytest.raises(InputError, match="shapes-differ"):
        performance([1, 2], traffic=Traffic([1, 2, 3], handle_s=60))
    with pytest.raises(InputError, match="shapes-differ"):
        Traffic([1, 2, 3], handle_s=[60, 70])
    with pytest.raises(InputError, match="not-a-number"):
        Traffic("many", handle_s=60)
    with pytest.raises(InputError, match="not-a-share"):
        wait_quantile(1.0, staff=13, traffic=HALF_HOUR)


def _chats(n: int, *, load: float, at_once: int, slowing: float, patience: float) -> tuple[float, float, float]:
    """Return P(all places taken), the share that gives up and agents busy, by the balance of the states."""

    def served(i: int) -> float:
        each, extra = divmod(min(i, n * at_once), n)
        work = [k / (1 + slowing * (k - 1)) if k else 0.0 for k in (each, each + 1)]
        return (n - extra) * work[0] + extra * work[1]

    places = n * at_once
    p = [1.0]
    for i in range(1, places + 1 if patience == 0 else 3000):
        waiting = max(0, i - places)
        p.append(p[-1] * load / (served(i) + (waiting / patience if waiting and patience < np.inf else 0.0)))
    total = sum(p)
    gone = (
        p[places] / total
        if patience == 0
        else sum((i - places) * p[i] for i in range(places, len(p))) / patience / load / total
    )
    return sum(p[places:]) / total, gone, sum(min(i, n) * p[i] for i in range(len(p))) / total / n


@pytest.mark.parametrize("staff", [2, 3, 6])
@pytest.mark.parametrize("patience", [np.inf, 2.0, 0.0])
def test_chats_agree_with_birth_and_death(staff: int, patience: float) -> None:
    """Several at once, each further one slowing all: the balance of the states says the same."""
    found = performance(staff, traffic=_many(load=3.5, at_once=3, slowing=0.3, patience=patience))
    waiting, gone, busy = _chats(staff, load=3.5, at_once=3, slowing=0.3, patience=patience)
    assert float(found.waiting) == pytest.approx(waiting, rel=1e-10)
    assert float(found.abandoned) == pytest.approx(gone, rel=1e-9, abs=1e-15)
    assert float(found.occupancy) == pytest.approx(busy, rel=1e-10)


def test_chats_without_slowing_are_as_many_agents() -> None:
    """Three at once and none slower: as three agents each, for the customer."""
    three = performance([4, 5], traffic=_many(load=12, at_once=3, slowing=0.0, patience=1.0))
    single = performance([12, 15], traffic=_many(load=12, at_once=1, slowing=0.0, patience=1.0))
    assert three.waiting == pytest.approx(single.waiting, rel=1e-10)
    assert three.mean_answer_s == pytest.approx(single.mean_answer_s, rel=1e-10)
    assert np.all(three.occupancy > single.occupancy)


@given(st.floats(0.5, 4), st.integers(2, 4), st.floats(0, 1))
def test_fractional_chat_staff_lies_between_whole(load: float, at_once: int, slowing: float) -> None:
    """Between two whole sizes the figures lie between theirs."""
    found = performance([3, 3.4, 3.8, 4], traffic=_many(load=load, at_once=at_once, slowing=slowing, patience=1.0))
    assert np.all(np.diff(found.waiting) <= 1e-12)


def _many(*, load: float, at_once: int, slowing: float, patience: float) -> Traffic:
    return Traffic(load, handle_s=1, interval_s=1, patience_s=patience, within_s=0, at_once=at_once, slowing=slowing)
