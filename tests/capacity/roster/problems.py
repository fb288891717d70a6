"""Small rostering problems for tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import strategies as st

from troth.capacity.roster import (
    OFF,
    Activity,
    Before,
    Employee,
    KindNeed,
    RosterProblem,
    ShiftKind,
    SlotNeed,
    Terms,
    Wish,
)

MONDAY = date(2026, 6, 1)
EARLY = ShiftKind("early", (480,), (360,))
LATE = ShiftKind("late", (480,), (840,), not_before=frozenset({"early"}))
NIGHT = ShiftKind("night", (600,), (1320,), not_before=frozenset({"early", "late"}))


def week(*terms: Terms, days: int = 7, kinds: tuple[ShiftKind, ...] = (EARLY, LATE), wanted: int = 1) -> RosterProblem:
    """Return a problem of one person for each of the terms."""
    staff = tuple(Employee(name, one) for name, one in zip("abcdefgh", terms, strict=False))
    needs = tuple(KindNeed(d, kind.kind, wanted, 10.0, 1.0) for d in range(days) for kind in kinds)
    return RosterProblem(MONDAY, days, kinds, staff, kind_needs=needs)


def shop(people: int = 6, *, days: int = 7, floor: int = 1) -> RosterProblem:
    """Return a problem with activities: two tasks by quarters of an hour from 8 to 18, shifts of four to eight hours."""
    kind = ShiftKind("day", (240, 360, 480), tuple(range(480, 841, 60)))
    slots = days * 96
    open_ = [480 <= s % 96 * 15 < 1080 for s in range(slots)]
    need = tuple(floor if is_open else 0 for is_open in open_)
    both, one = frozenset({"till", "desk"}), frozenset({"till"})
    staff = tuple(
        Employee(f"p{k}", Terms(minutes=(960, 2400), longest_run=5, rest=660), skills=both if k % 2 else one)
        for k in range(people)
    )
    needs = tuple(
        SlotNeed(name, need, tuple(n * 2 for n in need), tuple(n * 2 for n in need), (3.0,) * slots, over=1.0)
        for name in ("till", "desk")
    )
    return RosterProblem(MONDAY, days, (kind,), staff, (Activity("till", 60), Activity("desk", 60)), slot_needs=needs)


@st.composite
def small(draw: st.DrawFn) -> RosterProblem:
    """Draw a problem that a plain model solves in no time: two or three people, a week or so, two or three kinds."""
    days = draw(st.integers(5, 9))
    kinds = draw(st.sampled_from([(EARLY, LATE), (EARLY, LATE, NIGHT)]))
    names = [kind.kind for kind in kinds]
    staff = []
    for name in "abc"[: draw(st.integers(2, 3))]:
        longest = draw(st.sampled_from([None, 3, 4, 5]))
        terms = Terms(
            minutes=(draw(st.sampled_from([None, 480, 960, 1440])), draw(st.sampled_from([None, 1920, 2400]))),
            week_minutes=draw(st.sampled_from([(None, None), (None, None), (None, 1920), (480, 2400)])),
            most_of_kind=tuple(
                (k, draw(st.integers(0, 3))) for k in names if draw(st.booleans()) and draw(st.booleans())
            ),
            most_days=draw(st.sampled_from([None, None, 5])),
            most_week_days=draw(st.sampled_from([None, None, 4])),
            longest_run=longest,
            shortest_run=draw(st.integers(1, 2)),
            shortest_off=draw(st.integers(1, 2)),
            most_weekends=draw(st.sampled_from([None, None, 0, 1])),
            rest=draw(st.sampled_from([0, 660])),
        )
        before = draw(
            st.sampled_from([
                None, None, Before(run=2, kind="late", ended=-120), Before(off=1), Before(run=1, kind="early", ended=-600)
            ])
        )  # fmt: skip
        wishes = tuple(
            Wish(
                draw(st.integers(0, days - 1)),
                draw(st.sampled_from([*names, OFF])),
                draw(st.booleans()),
                draw(st.integers(1, 9)),
            )
            for _ in range(draw(st.integers(0, 3)))
        )
        away = frozenset(draw(st.lists(st.integers(0, days - 1), max_size=2)))
        staff.append(Employee(name, terms, away=away, wishes=wishes, before=before))
    needs = tuple(
        KindNeed(d, kind, draw(st.integers(0, 2)), draw(st.integers(1, 20)), draw(st.integers(0, 5)))
        for d in range(days)
        for kind in names
    )
    return RosterProblem(MONDAY, days, kinds, tuple(staff), kind_needs=needs)


def with_terms(problem: RosterProblem, **changes: object) -> RosterProblem:
    """Return a problem with the terms of its first person changed."""
    first = problem.staff[0]
    return replace(problem, staff=(replace(first, terms=replace(first.terms, **changes)), *problem.staff[1:]))  # type: ignore[arg-type]
