"""The simulation against Ciw, another simulator, on a network that no formula covers."""

from __future__ import annotations

from math import log, sqrt

import ciw
import numpy as np
from scipy.special import stdtrit

from tests.queueing.twin.worlds import steady, waits_s
from troth.core.spans import Span
from troth.queueing.twin import (
    Onward,
    Times,
    Trace,
    TwinAgent,
    TwinArrivals,
    TwinProblem,
    TwinQueue,
    TwinStream,
    agents_alike,
    run,
)

#: Mean service in seconds and servers of three desks; customers an hour at the first two; who goes on from each.
_MEANS, _SERVERS, _HOURLY = (300.0, 240.0, 500.0), (4, 3, 3), (38.0, 20.0)
_ONWARD = ((0.0, 0.35, 0.2), (0.1, 0.0, 0.3), (0.0, 0.0, 0.0))
_SPREAD, _HOURS, _WARM_H = 0.8, 160, 15


def _twin() -> TwinProblem:
    base = steady(1, hourly=1, handle=Times.constant(1), hours=_HOURS)
    queues = tuple(
        TwinQueue(
            f"q{k}",
            Times.lognormal(mean, spread=_SPREAD),
            onward=tuple(Onward(f"q{to}", share) for to, share in enumerate(_ONWARD[k]) if share),
        )
        for k, mean in enumerate(_MEANS)
    )
    streams = tuple(
        TwinStream(f"s{k}", f"q{k}", TwinArrivals(per_cell=np.full(2 * _HOURS, rate / 2)))
        for k, rate in enumerate(_HOURLY)
    )
    agents: list[TwinAgent] = []
    for k, many in enumerate(_SERVERS):
        one = TwinAgent("", ((f"q{k}", 0),), (Span(base.start, base.end),))
        agents += agents_alike(one, names=[f"{k}.{n}" for n in range(many)])
    return TwinProblem(base.start, base.end, queues, streams, tuple(agents))


def _ciw(seed: int) -> list[float]:
    """Return mean waits at the three desks of one run of Ciw."""
    ciw.seed(seed)
    rates = [*(rate / 3600 for rate in _HOURLY), None]
    net = ciw.create_network(
        arrival_distributions=[None if rate is None else ciw.dists.Exponential(rate) for rate in rates],
        service_distributions=[ciw.dists.Lognormal(log(mean) - _SPREAD**2 / 2, _SPREAD) for mean in _MEANS],
        number_of_servers=list(_SERVERS),
        routing=[list(row) for row in _ONWARD],
    )
    simulation = ciw.Simulation(net)
    simulation.simulate_until_max_time(_HOURS * 3600)
    records = [r for r in simulation.get_all_records() if r.arrival_date > _WARM_H * 3600]
    return [float(np.mean([r.waiting_time for r in records if r.node == k])) for k in (1, 2, 3)]


def _ours(trace: Trace) -> list[float]:
    return [float(waits_s(trace, warm=_WARM_H / _HOURS, queue=k).mean()) for k in range(3)]


def test_a_network_with_transfers_waits_as_in_ciw() -> None:
    """Mean waits at three desks with lognormal services and transfers, to and fro, differ by no more than chance allows."""
    ours = np.array([_ours(trace) for trace in run(_twin(), replications=80, seed=1).traces])
    theirs = np.array([_ciw(seed) for seed in range(1, 9)])
    # Three comparisons, each with one in a thousand to fail by chance: Welch's t with the fewer degrees of freedom.
    for a, b in zip(ours.T, theirs.T, strict=True):
        error = sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))
        assert abs(a.mean() - b.mean()) < float(stdtrit(len(b) - 1, 0.9995)) * error, (a.mean(), b.mean())
        assert error < 0.2 * a.mean(), "or the comparison says nothing"
