"""A problem is written as plain data and read back as it was; all that is wrong with a file is said at once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.queueing.twin.worlds import rich
from troth.core.errors import InputError
from troth.core.spans import Span
from troth.core.terms import AgentState
from troth.queueing import Appointments, CustomerClass, Discipline, Fairness, Waiting
from troth.queueing.twin import (
    CallbackOffer,
    Counters,
    Onward,
    Picking,
    Policy,
    Present,
    Redial,
    Reserve,
    Routing,
    Times,
    TwinAgent,
    TwinArrivals,
    TwinProblem,
    TwinQueue,
    TwinStream,
    problem_from_json,
    problem_to_json,
    run,
)
from troth.queueing.twin.tables import contacts

#: The smallest file that can be run.
SMALL: dict[str, Any] = {
    "start": "2026-03-02 08:00",
    "end": "16:00",
    "queues": [{"name": "phone", "handle": {"exponential": "4min"}, "patience": "2min"}],
    "streams": [{"queue": "phone", "arrivals": {"per_hour": 40}}],
    "agents": [{"name": "front", "count": 3, "queues": ["phone"], "shifts": "08:00-16:00"}],
}


def same(one: Any, other: Any) -> bool:
    """Tell whether two records hold the same, arrays and all."""
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other)
    if is_dataclass(one):
        return type(one) is type(other) and all(same(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    if isinstance(one, tuple):
        return isinstance(other, tuple) and len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


# Any problem ---------------------------------------------------------------------------------------------------------

_QUEUES = ("phone", "chat", "desk of all kinds")
_length = st.one_of(st.integers(0, 7200).map(float), st.floats(0, 1e5, allow_nan=False))
_share = st.floats(0, 0.3)
_name = st.sampled_from(_QUEUES)
_word = st.text(min_size=1, max_size=6)
_times = st.one_of(
    _length.map(Times.constant),
    st.integers(1, 5000).map(Times.exponential),
    st.tuples(st.integers(1, 5000), st.sampled_from([0.3, 0.8, 1.25])).map(lambda p: Times.lognormal(p[0], spread=p[1])),
    st.floats(0.5, 5).map(lambda shape: Times.gamma(300, shape=shape)),
    st.lists(_length, min_size=1, max_size=5).map(Times.seen),
)  # fmt: skip
_maybe_times = st.none() | _times
_start = st.timedeltas(timedelta(0), timedelta(days=364)).map(lambda gone: datetime(2026, 1, 1, tzinfo=UTC) + gone)
_discipline = st.sampled_from([
    Discipline(),
    Discipline((CustomerClass("vip", priorities=(1,), head_start=2.5, ageing=2), CustomerClass("all")), fairness=Fairness(3)),
    Discipline(appointments=Appointments(early=None, head_start=timedelta(minutes=3))),
])  # fmt: skip


@st.composite
def _spans(draw: Any, start: datetime) -> tuple[Span, ...]:
    found = []
    for _ in range(draw(st.integers(0, 3))):
        begins = start + draw(st.timedeltas(timedelta(hours=-20), timedelta(hours=60)))
        if draw(st.booleans()):
            begins = begins.replace(second=0, microsecond=0)
        found.append(Span(begins, begins + timedelta(minutes=draw(st.integers(0, 2000)))))
    return tuple(found)


@st.composite
def _queue(draw: Any, name: str, start: datetime) -> TwinQueue:
    return TwinQueue(
        name, draw(_times), draw(_maybe_times), draw(_maybe_times), draw(_maybe_times), draw(_discipline), draw(st.integers(0, 2)),
        draw(st.booleans()), draw(st.booleans()), draw(st.booleans()), draw(_length), draw(_length),
        tuple(draw(st.lists(_share, max_size=3))),
        draw(st.none() | st.builds(Redial, _share, _times, st.integers(0, 5))),
        draw(st.none() | st.builds(CallbackOffer, _name, _length, _share, _maybe_times)),
        draw(st.lists(st.builds(Onward, _name, _share, st.none() | st.just("s0"), _maybe_times), max_size=2).map(tuple)),
        draw(st.none() | _spans(start)), draw(st.booleans()), draw(st.none() | _word), draw(st.none() | _word), draw(st.none() | _word),
    )  # fmt: skip


def _micros(start: datetime) -> Any:
    begins = int(start.timestamp()) * 1_000_000
    return st.lists(st.integers(begins - 10**10, begins + 10**12), max_size=4).map(
        lambda v: np.array(v, dtype=np.int64)
    )


def _arrivals(start: datetime) -> Any:
    rates = st.lists(st.floats(0, 1e4), max_size=5).map(lambda v: TwinArrivals(per_cell=np.array(v)))
    paths = st.lists(st.lists(st.integers(0, 99), min_size=2, max_size=2), min_size=1, max_size=3)
    stamps = st.builds(lambda at: TwinArrivals(at=at), _micros(start))
    booked = st.builds(
        lambda at, late, share: TwinArrivals(booked=at, lateness=late, no_show=share),
        _micros(start), st.just(Times(np.array([-90.5, 0.0, 300.0]))), _share,
    )  # fmt: skip
    return st.one_of(rates, paths.map(lambda v: TwinArrivals(paths=np.array(v, dtype=np.int64))), stamps, booked)


@st.composite
def _agents(draw: Any, start: datetime) -> tuple[TwinAgent, ...]:
    found: list[TwinAgent] = []
    for k in range(draw(st.integers(1, 3))):
        served = draw(st.lists(_name, min_size=1, max_size=3, unique=True))
        breaks = tuple((span, draw(st.sampled_from(list(AgentState)))) for span in draw(_spans(start)))
        hands = draw(st.integers(1, 3))
        counters = draw(st.booleans())
        one = TwinAgent(
            "", tuple((name, draw(st.integers(0, 2))) for name in served), draw(_spans(start)), breaks, hands,
            tuple(1 / (1 + n) for n in range(hands)) if draw(st.booleans()) else (), draw(st.floats(0.5, 2)),
            tuple(draw(st.lists(_word, max_size=2))), ((3, 2),) if draw(st.booleans()) else (),
            tuple(draw(st.lists(_word, max_size=2))), "hall" if counters else None, tuple(served[:1]) if counters else (),
            draw(st.none() | _word), draw(st.none() | _word),
        )  # fmt: skip
        names = (
            [f"team {k} {n + 1}" for n in range(draw(st.integers(1, 3)))] if draw(st.booleans()) else [f"a{k}", f"b{k}"]
        )
        found += [TwinAgent(**{f.name: getattr(one, f.name) for f in fields(one)} | {"name": name}) for name in names]
    return tuple(found)


@st.composite
def problems(draw: Any) -> TwinProblem:
    """Return any problem that can be run, whether or not it makes sense."""
    start = draw(_start)
    streams = tuple(
        TwinStream(
            f"s{k}", draw(_name), draw(_arrivals(start)), tuple(draw(st.lists(_name, max_size=2))), draw(_maybe_times),
            draw(_maybe_times), draw(st.just("") | _word), draw(st.integers(-2, 2)), tuple(draw(st.lists(_word, max_size=2))),
            tuple(draw(st.lists(st.integers(0, 99), max_size=2))), draw(st.none() | _word),
        )
        for k in range(draw(st.integers(1, 3)))
    )  # fmt: skip
    agents = draw(_agents(start))
    ticket = Waiting(4, start - timedelta(minutes=5), "x", 1, ("a",), booked_at=start, skills=(31,), overtaken=1)
    present = (
        Present("chat", "s0", ticket),
        Present("phone", "s0", Waiting(0, start), agents[0].name, start - timedelta(minutes=2)),
    )
    policy = Policy(draw(st.sampled_from(list(Routing))), draw(st.sampled_from(list(Picking))), (Reserve("chat", 1),))
    return TwinProblem(
        start, start + draw(st.timedeltas(timedelta(minutes=1), timedelta(days=3))),
        tuple(draw(_queue(name, start)) for name in _QUEUES), streams, agents,
        (Counters("hall", ((start, 2), (start + timedelta(hours=1), 0)), draw(st.none() | _word)),),
        draw(st.sampled_from([policy, Policy()])), draw(st.sampled_from([present, ()])), timedelta(minutes=draw(st.integers(1, 90))),
        draw(st.sampled_from(["UTC", "Europe/Vilnius", "America/St_Johns"])),
    )  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(problems())
def test_every_problem_is_read_back_as_it_was(problem: TwinProblem) -> None:
    """Whatever a problem says, its file says, to the last microsecond and digit."""
    made, _ = problem_from_json(json.dumps(problem_to_json(problem)))
    assert same(made, problem)


def test_what_is_read_back_runs_alike() -> None:
    """A day with everything in it gives the same contacts after it was written and read."""
    made, doubts = problem_from_json(json.dumps(problem_to_json(rich())))
    one, other = (contacts(run(p, seed=3).traces[0], problem=p) for p in (rich(), made))
    assert not doubts
    assert one.equals(other)


def test_what_is_written_by_hand_is_short() -> None:
    """Alike agents are one row; a stream goes by its queue's name; defaults are not there; rates are by the hour."""
    made, doubts = problem_from_json(SMALL)
    assert not doubts
    assert [agent.name for agent in made.agents] == ["front 1", "front 2", "front 3"]
    assert made.streams[0].name == "phone"
    assert made.streams[0].arrivals.per_cell is not None
    assert made.streams[0].arrivals.per_cell.tolist() == [20.0] * 16
    assert problem_to_json(made)["agents"] == [
        {"name": "front", "count": 3, "queues": ["phone"], "shifts": ["08:00-16:00"]}
    ]


def _with(**more: Any) -> dict[str, Any]:
    return SMALL | more


def _agent(**more: Any) -> dict[str, Any]:
    return _with(agents=[{"name": "ana", "queues": "phone", "shifts": "08:00-16:00"} | more])


def test_hours_are_by_the_clock_of_the_file() -> None:
    """Hours hold on each day, on weekdays or on a date; across a clock change they are those of the wall."""
    data = _agent(shifts=["sun 20:00-28:00", "2026-03-30 09:00-12:00", "2026-03-29T09:00Z/2026-03-29 13:00"])
    made, _ = problem_from_json(data | {"start": "2026-03-28", "end": "2026-03-31", "time_zone": "Europe/Vilnius"})
    tz = ZoneInfo("Europe/Vilnius")

    def at(day: int, hour: int) -> datetime:
        return datetime(2026, 3, day, hour, tzinfo=tz).astimezone(UTC)

    assert made.agents[0].shifts == (
        Span(at(29, 20), at(30, 4)),
        Span(at(30, 9), at(30, 12)),
        Span(at(29, 12), at(29, 13)),
    )
    data = _with(streams=[{"queue": "phone", "arrivals": {"per_hour": {"08:00-08:45": 40, "15:00-16:00": 8}}}])
    rates = problem_from_json(data)[0].streams[0].arrivals.per_cell
    assert rates is not None
    assert rates[[0, 1, 2, 14, 15]].tolist() == [20, 10, 0, 4, 4]


# What is wrong -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "code", "where", "advice"),
    [
        (_with(queus=[]), "unknown-key", "queus", "queues"),
        (_with(format=2), "unknown-format", "format", "1"),
        (_with(time_zone="Mars/Base"), "unknown-zone", "time_zone", "Europe"),
        (_with(start="today"), "bad-time", "start", "2026"),
        (_with(end="07:00"), "end-before-start", "end", "swapped"),
        ({"start": "2026-03-02", "end": "24:00"}, "missing-key", "agents", "default"),
        (_with(cell="half an hour"), "bad-time", "cell", "5min"),
        (_with(queues={}), "wrong-type", "queues", "brackets"),
        (_with(queues=[{"name": "phone"}]), "missing-key", "queues[0].handle", "default"),
        (_with(queues=[{"name": "phone", "handle": {"lognorml": 3}}]), "times", "queues[0].handle", "lognormal"),
        (_with(queues=[{"name": "phone", "handle": {"gamma": 3}}]), "missing-key", "queues[0].handle.shape", "default"),
        (_with(queues=[{"name": "phone", "handle": {"seen": [-1]}}]), "negative-time", "queues[0].handle.seen[0]", "minus"),
        (_with(queues=[{"name": "phone", "handle": {"quantiles": [2, 1]}}]), "not-rising", "queues[0].handle", "sort"),
        (_with(queues=[{"name": "phone", "handle": float("nan")}]), "not-a-number", "queues[0].handle", "out"),
        (_with(queues=[{"name": "phone", "handle": "5m"}]), "bad-time", "queues[0].handle", "5min"),
        (_with(queues=[{"name": "phone", "handle": 1, "discipline": {"classes": []}}]), "no-classes", "queues[0].discipline.classes", "out"),
        (_with(streams=[{"queue": "fone", "arrivals": {"per_hour": 1}}]), "unknown-name", "streams[0]", "phone"),
        (_with(streams=[{"queue": "phone", "arrivals": {"per_hour": -1}}]), "bad-count", "streams[0].arrivals.per_cell", "negative"),
        (_with(streams=[{"queue": "phone", "arrivals": {"paths": [[1], [1, 2]]}}]), "wrong-shape", "streams[0].arrivals.paths", "each"),
        (_agent(shifts="16:00-08:00"), "span-reversed", "agents[0].shifts", "08:00-16:00"),
        (_agent(shifts="2026-03-02 16:00/09:00"), "span-reversed", "agents[0].shifts", "swapped"),
        (_agent(shifts="morning"), "bad-hours", "agents[0].shifts", "09:00-17:00"),
        (_agent(count=0), "out-of-range", "agents[0].count", "1"),
        (_agent(breaks=[{"at": "12:00-12:30", "state": "brake"}]), "unknown-word", "agents[0].breaks[0].state", "break"),
        (_agent(queues={"phone": "first"}), "wrong-type", "agents[0].queues.phone", "whole"),
        (_agent(skills=[[1]]), "wrong-type", "agents[0].skills[0]", "two"),
        (_with(policy={"routing": "specialized"}), "unknown-word", "policy.routing", "specialised"),
        (_with(counters=[{"name": "hall", "open": [["08:00", -1]]}]), "out-of-range", "counters[0].open", "0"),
        (_with(present=[{"queue": "phone", "stream": "phone"}]), "missing-key", "present[0].joined_at", "default"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place(data: Mapping[str, Any], code: str, where: str, advice: str) -> None:
    """Each mistake is an issue with code, path, and an advice that says what is meant."""
    with pytest.raises(InputError) as raised:
        problem_from_json(data)
    found = {(issue.code, issue.where): issue.advice for issue in raised.value.issues}
    assert (code, where) in found
    assert advice in found[code, where]
    assert all(text.startswith("Maybe") for text in found.values())


def test_all_that_is_wrong_is_said_at_once() -> None:
    """Mistakes of reading, of `check` and a queue that nobody serves come together; what follows from one does not."""
    data = _with(
        queues=[SMALL["queues"][0] | {"wrapp": 3}, {"name": "mail", "handle": "5min"}, {"name": "chat"}],
        streams=[{"queue": "chatt", "arrivals": {"per_hour": 4}}, *SMALL["streams"]],
        agents=[{"name": "front", "count": 3, "queues": ["phone"], "shifts": "08:00-16:00", "hands": 0}],
    )
    with pytest.raises(InputError) as raised:
        problem_from_json(data)
    assert [(issue.code, issue.where) for issue in raised.value.issues] == [
        ("unknown-key", "queues[0].wrapp"),
        ("missing-key", "queues[2].handle"),
        ("unknown-name", "streams[0]"),
        ("out-of-range", "agents[0].hands"),
        ("nobody-serves", "queues[1]"),
        ("nobody-serves", "queues[2]"),
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [("{", "not-json"), ("[]", "wrong-type"), ('{"start": 1, "start": 2}', "key-twice"), ("[" * 99_999, "not-json")],
)
def test_what_is_no_file_of_a_problem(text: str, code: str) -> None:
    """Text that is no JSON, no object, or says a thing twice is told."""
    with pytest.raises(InputError) as raised:
        problem_from_json(text)
    assert code in {issue.code for issue in raised.value.issues}


def test_doubts_do_not_stop() -> None:
    """A shift on another day, and a queue that nobody serves, are warnings with the place in the file."""
    away = {"name": ["x", "y"], "queues": "phone", "shifts": "2026-03-09 08:00-16:00"}
    made, doubts = problem_from_json(
        _with(agents=[*SMALL["agents"], away], queues=[*SMALL["queues"], {"name": "mail", "handle": 9}])
    )
    assert [agent.name for agent in made.agents[3:]] == ["x", "y"]
    assert {(doubt.code, doubt.where) for doubt in doubts} == {
        ("never-there", "agents[1].shifts"),
        ("nobody-serves", "queues[1]"),
    }


_STREAM, _FRONT = SMALL["streams"][0], SMALL["agents"][0]


@pytest.mark.parametrize(
    ("more", "where", "advice"),
    [
        ({"cell": 1e-6}, "cell", "200000 cells"),
        ({"cell": 1e300}, "cell", "10000000000"),
        ({"end": "9026-03-02 16:00"}, "end", "3660 days"),
        ({"agents": [_FRONT | {"count": 10**20}]}, "agents[0].count", "10000 or fewer"),
        ({"agents": [_FRONT, _FRONT | {"name": "back", "count": 9_998}]}, "agents[1].count", "9997 or fewer"),
        ({"agents": [_FRONT | {"hands": 10**20}]}, "agents[0].hands", "2000000000"),
        ({"agents": [_FRONT | {"pace": 10**400}]}, "agents[0].pace", "10000000000"),
        ({"streams": [_STREAM | {"arrivals": {"per_hour": 1e9}}]}, "streams[0].arrivals", "5000000 customers"),
        ({"streams": [_STREAM | {"arrivals": {"at": [1e300]}}]}, "streams[0].arrivals.at[0]", "10000000000"),
        ({"streams": [_STREAM | {"priority": -(10**20)}]}, "streams[0].priority", "-2000000000 is the least"),
        ({"queues": [SMALL["queues"][0] | {"handle": "9999999999999h"}]}, "queues[0].handle", "10000000000"),
        ({"policy": {"reserves": [{"queue": "phone", "agents": 10**20}]}}, "policy.reserves[0].agents", "2000000000"),
        (
            {"present": [{"queue": "phone", "stream": "phone", "joined_at": "08:00", "id": 10**20}]},
            "present[0].id",
            "9223372036854775807",
        ),
    ],
)
def test_numbers_beyond_the_most_are_refused(more: dict[str, Any], where: str, advice: str) -> None:
    """What no machine could hold, or the loop not count, is one issue with its place, and nothing is made of it."""
    with pytest.raises(InputError) as raised:
        problem_from_json(json.dumps(SMALL | more))
    (issue,) = raised.value.issues
    assert (issue.code, issue.where) == ("out-of-range", where)
    assert issue.advice.startswith("Maybe")
    assert advice in issue.advice


def test_a_number_of_thousands_of_digits_is_refused() -> None:
    """Python does not read such a number; that is told as an issue, too."""
    with pytest.raises(InputError, match=r"not-json.*too many digits"):
        problem_from_json(f'{{"cell": {"9" * 5000}}}')
