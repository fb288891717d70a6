"""Random disciplines, tickets and servers for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from troth.queueing import (
    Appointments,
    Comeback,
    CustomerClass,
    Discipline,
    Fairness,
    Lateness,
    Returning,
    Server,
    Waiting,
    skill,
)

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SERVICES, LABELS, NAMES = ("cash", "loans", "cards"), ("elderly", "child", "vip"), ("counter 1", "ana")


def _some(values: tuple) -> st.SearchStrategy[tuple]:
    return st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple)


# Whole minutes make ties and crossings likely, microseconds make roundings visible.
durations = st.one_of(
    st.integers(0, 40).map(lambda m: timedelta(minutes=m)),
    st.integers(0, 3 * 10**9).map(lambda u: timedelta(microseconds=u)),
)
_late_or_early = st.one_of(durations, durations.map(lambda d: -d))
instants = _late_or_early.map(lambda d: NOON + d)
thousandths = st.integers(0, 30_000).map(lambda k: k / 1000)


@st.composite
def disciplines(draw: st.DrawFn) -> Discipline:
    """Return a discipline that `check` finds no error in."""
    count = draw(st.integers(0, 3))
    classes = []
    for k in range(count):
        kind = draw(st.sampled_from(["services", "priorities", "labels", "booked"]))
        classes.append(
            CustomerClass(
                f"class {k}",
                services=draw(_some(SERVICES)) or ("cash",) if kind == "services" else (),
                priorities=draw(_some((0, 1, 2))) or (1,) if kind == "priorities" else (),
                labels=draw(_some(LABELS)) or ("vip",) if kind == "labels" else (),
                booked=draw(st.booleans()) if kind == "booked" else draw(st.sampled_from([None, None, True])),
                level=draw(st.integers(-1, 1)),
                head_start=draw(st.one_of(thousandths, thousandths.map(lambda x: -x))),
                ageing=draw(st.sampled_from([0.0, 0.5, 1.0, 1.001, 3.0])),
            )
        )
    classes.append(
        CustomerClass("others", level=draw(st.integers(-1, 1)), ageing=draw(st.sampled_from([0.0, 1.0, 2.0])))
    )
    return Discipline(
        classes=tuple(classes),
        appointments=Appointments(
            early=draw(st.one_of(st.none(), durations)),
            head_start=draw(durations),
            grace=draw(durations),
            late=draw(st.sampled_from(Lateness)),
        ),
        returning=Returning(draw(st.sampled_from(Comeback)), draw(durations)),
        fairness=draw(
            st.builds(
                Fairness,
                overtakes=st.one_of(st.none(), st.integers(0, 3)),
                behind=st.one_of(st.none(), durations),
                wait=st.one_of(st.none(), durations),
            )
        ),
    )


@st.composite
def tickets(draw: st.DrawFn) -> Waiting:
    """Return a waiting ticket; its id is given by `lines`."""
    maybe = st.one_of(st.none(), instants)
    return Waiting(
        id=0,
        joined_at=NOON - draw(durations),
        service=draw(st.sampled_from(SERVICES)),
        priority=draw(st.integers(0, 2)),
        labels=draw(_some(LABELS)),
        booked_at=draw(maybe),
        returned_at=draw(maybe),
        not_before=draw(st.one_of(st.none(), st.none(), instants)),
        skills=tuple(skill(n, level=draw(st.integers(0, 2))) for n in draw(_some((1, 2)))),
        reserved_for=draw(st.sampled_from([None, None, None, "counter 1", "counter 2"])),
        overtaken=draw(st.integers(0, 3)),
        overtaken_at=draw(maybe),
    )


@st.composite
def lines(draw: st.DrawFn, longest: int = 12) -> list[Waiting]:
    """Return a queue of tickets with ids 1, 2, ... in no order of time."""
    from dataclasses import replace

    found = draw(st.lists(tickets(), max_size=longest))
    return [replace(ticket, id=k) for k, ticket in enumerate(found, 1)]


servers = st.builds(
    Server,
    names=_some(NAMES),
    services=_some(SERVICES),
    skills=st.lists(st.tuples(st.sampled_from([1, 2]), st.integers(0, 2)), max_size=2).map(tuple),
)
