"""Books that balance, the same seed, the same customers under other plans."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from tests.queueing.twin.worlds import SEVEN, at, lived, rich, steady
from troth.core.decision import Stop
from troth.core.spans import to_micros
from troth.queueing.twin import Times, Trace, run
from troth.queueing.twin._layout import NEVER
from troth.queueing.twin.trace import balance

_FIELDS = ("joined", "called", "ended", "left", "agent", "outcome", "queue", "number", "leg")


def _same(a: Trace, b: Trace) -> bool:
    return all(np.array_equal(a.contacts[name], b.contacts[name]) for name in _FIELDS)


def test_books_balance_with_everything_in_it() -> None:
    """Conservation and Little's law hold to the microsecond on every course; a run that broke them would raise."""
    result = run(rich(), replications=20, seed=3)
    totals = {name: sum(trace.outcomes()[name] for trace in result.traces) for name in result.traces[0].outcomes()}
    assert min(totals.values()) > 0, "each way of ending is tried"
    assert sum(len(trace.marks) for trace in result.traces) > 100, "and being interrupted"


def test_the_machine_code_of_a_run_is_found_whatever_was_read_first() -> None:
    """A process that reads the audit before the loop, or the other way round, finds what the other has compiled."""
    program = (
        "import sys, importlib as i; sys.argv[1:] = [i.import_module(f'troth.queueing.twin.{n}') for n in sys.argv[1:]]\n"
        "print(sys.modules['troth.queueing.twin._kernel'].run._cache._told)"
    )
    told = {
        subprocess.run([sys.executable, "-c", program, *names], capture_output=True, text=True, check=True).stdout
        for names in (("_books", "_kernel"), ("_kernel",))
    }
    assert len(told) == 1


@pytest.mark.parametrize("field", ["called", "left"])
def test_broken_books_are_noticed(field: str) -> None:
    """A contact whose times are off by a second, or that is lost, contradicts the rest."""
    problem = replace(rich(), end=at(300))
    trace = lived(problem, seed=1)
    balance(trace, problem=problem)
    contacts = trace.contacts.copy()
    waited = contacts[field] - contacts["joined"] > 10_000_000
    where = np.flatnonzero((contacts["outcome"] == (2 if field == "left" else 1)) & waited)
    contacts[field][where[-1]] -= 1_000_000
    broken = Trace(0, contacts, trace.spells, trace.marks, trace.queues, trace.events)
    with pytest.raises(ArithmeticError, match="waits"):
        balance(broken, problem=problem)
    contacts = trace.contacts.copy()
    contacts["state"][where[0]] = 2
    with pytest.raises(ArithmeticError, match="neither left nor wait"):
        balance(Trace(0, contacts, trace.spells, trace.marks, trace.queues, trace.events), problem=problem)


def test_agents_who_were_busy_for_nobody_are_noticed() -> None:
    """Busy time of agents that no contact took is a contradiction."""
    problem = steady(3, hourly=30, handle=Times.exponential(200), hours=20)
    trace = lived(problem)
    spells = trace.spells.copy()
    busy = np.flatnonzero(spells["state"] == 2)
    spells["ended"][busy[0]] += 5_000_000
    with pytest.raises(ArithmeticError, match="busy"):
        balance(Trace(0, trace.contacts, spells, trace.marks, trace.queues, trace.events), problem=problem)


def test_a_seed_and_a_number_give_one_course() -> None:
    """The same problem, seed and replication live the same, in whatever company; another seed or number does not."""
    problem = rich()
    three = run(problem, replications=3, seed=5).traces
    assert _same(three[2], run(problem, first=2, seed=5).traces[0])
    assert not _same(three[0], three[1])
    assert not _same(three[0], lived(problem, seed=6))


def test_processes_give_the_same() -> None:
    """Replications in several processes are those of one."""
    problem = replace(rich(), end=at(200))
    here, there = (run(problem, replications=2, seed=5, workers=workers).traces for workers in (1, 2))
    assert all(_same(a, b) for a, b in zip(here, there, strict=True))


def test_a_run_is_stopped_between_replications() -> None:
    """What was done when asked to stop is kept."""
    assert run(rich(), replications=5, stop=Stop(steps=2)).replications == 2


def test_customers_are_the_same_under_other_plans() -> None:
    """The n-th customer comes at the same instant, needs as long and waits as long at most, whatever the staff or rules."""
    base = steady(6, hourly=60, handle=Times.lognormal(300, spread=0.7), patience=Times.exponential(240), hours=50)
    fewer = replace(base, agents=base.agents[:3])
    a, b = (np.sort(lived(problem, seed=2).contacts, order="number") for problem in (base, fewer))
    assert np.array_equal(a["joined"], b["joined"])
    assert np.array_equal(a["leaves"], b["leaves"])
    both = (a["ended"] < NEVER) & (b["ended"] < NEVER)
    assert both.sum() > 500
    assert np.array_equal((a["ended"] - a["called"])[both], (b["ended"] - b["called"])[both])
    assert not np.array_equal(a["called"], b["called"])


def test_customers_stay_the_same_beside_a_new_stream() -> None:
    """Draws belong to the name of a stream: another one before it changes nothing of them."""
    base = steady(4, hourly=40, handle=Times.exponential(200), hours=20)
    other = replace(base.streams[0], name="others")
    more = replace(base, streams=(other, base.streams[0]))
    a, b = lived(base, seed=2).contacts, lived(more, seed=2).contacts
    assert np.array_equal(a["joined"], b["joined"][b["stream"] == 1])


def test_a_longer_run_begins_as_a_shorter_one() -> None:
    """Nothing that happens depends on when the simulation ends."""
    base = steady(4, hourly=40, handle=Times.exponential(200), hours=20)
    short = lived(replace(base, end=SEVEN + timedelta(hours=10)), seed=4).contacts
    long = lived(base, seed=4).contacts[: len(short)]
    over = short["ended"] < to_micros(SEVEN + timedelta(hours=10))
    assert np.array_equal(short["joined"], long["joined"])
    assert np.array_equal(short["ended"][over], long["ended"][over])


def test_room_is_made_where_more_come_than_expected() -> None:
    """Callers who try again many times need more rows than foreseen; the run is repeated with more room."""
    from troth.queueing.twin import Redial

    base = steady(1, hourly=30, handle=Times.exponential(600), patience=Times.constant(5), hours=30)
    again = replace(base.queues[0], redial=Redial(1.0, Times.constant(60), most=9))
    trace = lived(replace(base, queues=(again,)), seed=1)
    assert len(trace.contacts) > 5 * len(lived(base, seed=1).contacts)
