"""The simulation against closed forms, each within the simulation's own interval, which must be narrow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import factorial, sqrt

import numpy as np
import pytest
from scipy.special import stdtrit

from tests.queueing.twin.worlds import steady, waits_s
from troth.core.spans import to_micros
from troth.queueing import CustomerClass, Discipline
from troth.queueing.twin import Times, Trace, TwinArrivals, TwinProblem, TwinStream, run

#: So sure are the intervals: of all the comparisons here one in a hundred runs of this file would fail by chance.
_LEVEL = 0.999
_RUNS = 24


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Return where the mean of independent values lies."""
    half = float(stdtrit(len(values) - 1, 0.5 + _LEVEL / 2)) * float(np.std(values, ddof=1)) / sqrt(len(values))
    return float(np.mean(values)) - half, float(np.mean(values)) + half


def agrees(problem: TwinProblem, read: Callable[[Trace], float], *, truth: float, width: float) -> None:
    """Check that the interval of what is read off replications holds the truth, and is at most so wide in shares of it."""
    low, high = interval([read(trace) for trace in run(problem, replications=_RUNS, seed=1).traces])
    assert low <= truth <= high, (low, truth, high)
    assert high - low < width * truth


def erlang_c(servers: int, load: float) -> float:
    """Return the probability to wait: Erlang (1917), as in Gross et al. (2008), section 2.3."""
    top = load**servers / factorial(servers) * servers / (servers - load)
    return top / (sum(load**k / factorial(k) for k in range(servers)) + top)


def test_several_servers() -> None:
    """M/M/c: the chance to wait and the mean wait are Erlang's."""
    servers, load, mean = 8, 6.8, 300.0
    problem = steady(servers, hourly=load * 3600 / mean, handle=Times.exponential(mean))
    waits = erlang_c(servers, load)
    agrees(problem, lambda t: float((waits_s(t) > 0).mean()), truth=waits, width=0.15)
    agrees(problem, lambda t: float(waits_s(t).mean()), truth=waits * mean / (servers - load), width=0.25)


def test_impatient_customers() -> None:
    """M/M/c+M: the chance to give up is Palm's, from the balance of a birth and death process."""
    servers, load, mean, patience = 6, 6.6, 240.0, 180.0
    arrivals, ends, leaves = load / mean, 1 / mean, 1 / patience
    weights = [1.0]
    for k in range(1, 200):
        weights.append(weights[-1] * arrivals / (min(k, servers) * ends + max(k - servers, 0) * leaves))
    each = [max(k - servers, 0) * weight for k, weight in enumerate(weights)]
    gone = leaves * sum(each) / sum(weights) / arrivals
    problem = steady(
        servers, hourly=arrivals * 3600, handle=Times.exponential(mean), patience=Times.exponential(patience)
    )
    agrees(problem, lambda t: t.outcomes()["abandoned"] / len(t.contacts), truth=gone, width=0.08)


def test_lengths_of_any_kind() -> None:
    """M/G/1: the mean wait is Pollaczek's and Khinchine's, whatever the lengths of services."""
    for times in (Times.constant(240), Times.lognormal(240, spread=0.9), Times.gamma(240, shape=0.5)):
        rate = 0.7 / times.mean_s
        second = float((times.seconds**2).mean())
        truth = rate * second / (2 * (1 - 0.7))
        problem = steady(1, hourly=rate * 3600, handle=times, hours=1500)
        agrees(problem, lambda t: float(waits_s(t).mean()), truth=truth, width=0.3)


def test_a_class_that_goes_first() -> None:
    """M/M/1 with a class before another that is not interrupted: Cobham (1954), Operations Research 2, 70-76."""
    mean, loads = 200.0, (0.3, 0.45)
    rules = Discipline(classes=(CustomerClass("first", priorities=(0,)), CustomerClass("others", level=1)))
    base = steady(1, hourly=1, handle=Times.exponential(mean), hours=1500, discipline=rules)
    cells = len(base.streams[0].arrivals.per_cell if base.streams[0].arrivals.per_cell is not None else ())
    streams = tuple(
        TwinStream(f"s{k}", "q", TwinArrivals(per_cell=np.full(cells, load / mean * 1800)), priority=k)
        for k, load in enumerate(loads)
    )
    problem = TwinProblem(base.start, base.end, base.queues, streams, base.agents)
    left = sum(loads) * mean  # what is left of services: the load times the mean, for they have no memory
    truths = (left / (1 - loads[0]), left / ((1 - loads[0]) * (1 - sum(loads))))
    for stream, truth in enumerate(truths):
        agrees(problem, lambda t, s=stream: float(waits_s(t, stream=s).mean()), truth=truth, width=0.3)  # type: ignore[misc]


def test_patience_nought_is_a_queue_without_places() -> None:
    """With nobody willing to wait, as many are lost as Erlang's loss formula says."""
    servers, load, mean = 5, 4.0, 180.0
    loss = load**servers / factorial(servers) / sum(load**k / factorial(k) for k in range(servers + 1))
    problem = steady(servers, hourly=load * 3600 / mean, handle=Times.exponential(mean), patience=Times.constant(0))
    agrees(problem, lambda t: t.outcomes()["abandoned"] / len(t.contacts), truth=loss, width=0.06)
    assert waits_s(run(problem).traces[0]).max() <= 1e-6


def test_arrivals_are_a_poisson_process() -> None:
    """Counts of a cell have the mean and the variance of a Poisson process, and times within it are spread evenly."""
    problem = steady(1, hourly=40, handle=Times.constant(0.001), hours=2000)
    joined = (run(problem, seed=1).traces[0].contacts["joined"] - to_micros(problem.start)) / 1.8e9
    counts = np.bincount(joined.astype(int), minlength=4000)
    assert counts.mean() == pytest.approx(20, abs=4 * sqrt(20 / 4000))
    assert counts.var() == pytest.approx(20, rel=4 * sqrt(2 / 4000))
    assert (joined % 1).mean() == pytest.approx(0.5, abs=4 * sqrt(1 / 12 / len(joined)))


def test_a_queue_without_chance() -> None:
    """A deterministic queue: waits grow by what service exceeds the distance of arrivals."""
    from tests.queueing.twin.worlds import agent, come, lived, small, told
    from troth.queueing.twin import TwinQueue

    queue = TwinQueue("q", Times.constant(180))
    trace = lived(small(queue, streams=[TwinStream("s", "q", come(*range(0, 20, 2)))], agents=[agent("a", "q")]))
    assert [called for _, _, _, called, _ in told(trace)] == [3.0 * k for k in range(10)]
