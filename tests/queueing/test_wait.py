"""Predictors of waits agree with what theory and arithmetic say."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from tests.queueing.lines import NOON
from troth.queueing import (
    CustomerClass,
    Discipline,
    Entered,
    HeadOfLine,
    LastEntered,
    QueueLength,
    QueueState,
    Server,
    ServerNow,
    Simulation,
    Waiting,
    skill,
)


def _ago(seconds: float, id_: int, **more: object) -> Waiting:
    return Waiting(id_, NOON - timedelta(seconds=seconds), **more)  # type: ignore[arg-type]


def _busy(seconds: float, *, doing: str = "cash", **more: object) -> ServerNow:
    return ServerNow(Server(**more), doing, NOON - timedelta(seconds=seconds))  # type: ignore[arg-type]


def _state(*, ahead: int = 3, servers: int = 2, lasted: np.ndarray | None = None, **more: object) -> QueueState:
    times = np.full(100, 120.0) if lasted is None else lasted
    given: dict = {
        "ticket": _ago(0, 99, service="cash"),
        "waiting": tuple(_ago(60 * (ahead - k), k + 1, service="cash") for k in range(ahead)),
        "servers": tuple(_busy(0) for _ in range(servers)),
        "lasted_s": {"cash": times},
    }
    return QueueState(NOON, **given | more)


def test_queue_length_counts_those_ahead_and_oneself() -> None:
    """(3 + 1) * 120 s over 2 servers is 240 s; a server on a pause or not yet here is no server."""
    assert QueueLength().point_s(_state()) == 240
    paused = ServerNow(Server(), "pause", NOON)
    planned = ServerNow(Server(), opens_at=NOON + timedelta(minutes=5))
    assert QueueLength().point_s(_state(servers=1)) == 480
    assert QueueLength().point_s(_with(_state(servers=1), paused, planned)) == 480


def _with(state: QueueState, *servers: ServerNow) -> QueueState:
    return replace(state, servers=(*state.servers, *servers))


def test_delay_history_speaks_for_itself() -> None:
    """LES is the wait of who was called last, of the same service first; HOL is how long the first in line has waited."""
    entered = (
        Entered("cash", NOON - timedelta(seconds=500), NOON - timedelta(seconds=200)),
        Entered("loans", NOON - timedelta(seconds=900), NOON - timedelta(seconds=100)),
    )
    assert LastEntered().point_s(_state(entered=entered)) == 300
    assert LastEntered().point_s(_state(entered=entered[1:])) == 800
    assert LastEntered().point_s(_state()) == QueueLength().point_s(_state())
    assert HeadOfLine().point_s(_state()) == 180
    assert HeadOfLine().point_s(_state(ahead=0, entered=entered)) == 300
    assert HeadOfLine().predict(_state()).at(0.5) == pytest.approx(180)


def test_simulation_of_fixed_services_is_arithmetic() -> None:
    """Services of exactly 120 s, two servers who just began, three ahead: calls at 120, 120, 240, and oneself at 240."""
    assert set(Simulation().waits_s(_state())) == {240.0}
    assert set(Simulation().waits_s(_state(ahead=0, servers=1))) == {120.0}


def test_simulation_of_memoryless_services_is_erlang() -> None:
    """Exponential services: the wait is a sum of n + 1 departures, whatever the servers have spent already."""
    times = np.random.Generator(np.random.PCG64(4)).exponential(100, 4000)
    state = _state(ahead=4, lasted=times, servers=2)
    for spent in (0, 150):
        told = _with(_state(ahead=4, lasted=times, servers=0), _busy(spent), _busy(spent))
        waits = Simulation(runs=20_000, seed=spent).waits_s(told)
        assert waits.mean() == pytest.approx(5 * times.mean() / 2, rel=0.05)
        assert waits.std() == pytest.approx(np.sqrt(5) * times.mean() / 2, rel=0.08)
    assert QueueLength().point_s(state) == pytest.approx(5 * times.mean() / 2)


def test_what_a_server_spent_shortens_the_rest() -> None:
    """Of services of 100 or 300 s, one that has lasted 200 has exactly 100 left."""
    state = _with(_state(ahead=0, servers=0, lasted=np.array([100.0, 300.0] * 50)), _busy(200))
    assert set(Simulation().waits_s(state)) == {100.0}


def test_only_servers_with_the_skill_count() -> None:
    """A ticket waits for a server that may take it; others' queues before it matter only there."""
    needs = _ago(0, 99, service="loans", skills=(skill(5),))
    state = _state(ahead=8, ticket=needs)
    lasted = {"cash": np.full(50, 120.0), "loans": np.full(50, 900.0)}
    able, other = _busy(0, doing="loans", skills=((5, 0),), services=("loans",)), _busy(0, services=("cash",))
    state = replace(state, servers=(able, other), lasted_s=lasted)
    assert QueueLength().point_s(state) == 900
    assert set(Simulation().waits_s(state)) == {900.0}
    assert np.isfinite(Simulation().waits_s(replace(state, servers=(other,)))).all(), "nobody here can: still an answer"


def test_newcomers_whom_the_discipline_prefers_lengthen_the_wait() -> None:
    """With a strict level above and many of it coming, the wait grows; first come, first served it does not."""
    joined = tuple(_ago(20 * k, 1000 + k, service="cash", priority=1) for k in range(1, 40))
    classes = (CustomerClass("vip", priorities=(1,), level=-1), CustomerClass("rest"))
    plain = Simulation(runs=400).waits_s(_state(joined=joined))
    passed = Simulation(runs=400).waits_s(_state(joined=joined, discipline=Discipline(classes)))
    assert set(plain) == {240.0}
    assert passed.mean() > 300


def test_those_ahead_may_give_up() -> None:
    """The more leave unserved, the shorter the wait."""
    calm = Simulation(runs=500).waits_s(_state(ahead=12)).mean()
    assert Simulation(runs=500).waits_s(_state(ahead=12, leaving=1 / 200)).mean() < 0.8 * calm


def test_a_planned_opening_helps_from_then_on() -> None:
    """A counter that opens in 30 s takes the first in line then."""
    opens = ServerNow(Server(), opens_at=NOON + timedelta(seconds=30))
    assert set(Simulation().waits_s(_with(_state(ahead=0, servers=1), opens))) == {30.0}


def test_the_same_seed_gives_the_same_band() -> None:
    """A prediction can be made again, and another ticket draws other futures."""
    times = np.random.Generator(np.random.PCG64(4)).exponential(100, 300)
    first, again = (Simulation(seed=3).predict(_state(lasted=times)) for _ in range(2))
    assert first == again
    assert first != Simulation(seed=3).predict(_state(lasted=times, ticket=_ago(0, 98, service="cash")))


def test_an_empty_history_still_gives_an_answer() -> None:
    """On the first morning nothing is known; every predictor says something finite and positive."""
    bare = QueueState(NOON, _ago(0, 1), servers=(_busy(10),))
    for predictor in (QueueLength(), LastEntered(), HeadOfLine(), Simulation()):
        band = predictor.predict(bare)
        assert 0 <= band.low <= band.at(0.5) <= band.high < 1e5
        assert QueueLength().predict(QueueState(NOON, _ago(0, 1))).high > 0
