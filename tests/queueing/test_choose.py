"""Each rule of a discipline does what its words say."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.queueing import lines
from tests.queueing.lines import NOON
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
    choose,
    overtaken,
    rank,
    skill,
)

ANY = Server()


def _ago(minutes: float, id_: int = 1, **more: object) -> Waiting:
    return replace(Waiting(id_, NOON - timedelta(minutes=minutes)), **more)  # type: ignore[arg-type]


def _at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def _pick(discipline: Discipline, *line: Waiting, minutes: float = 0, server: Server = ANY) -> tuple[int, str] | None:
    chosen = choose(discipline, waiting=line, server=server, now=_at(minutes))
    return (chosen.ticket.id, chosen.reason.code.removeprefix("discipline.")) if chosen else None


def test_without_rules_who_came_first_is_first() -> None:
    """First come, first served, and of two who joined at once the lower id."""
    assert _pick(Discipline(), _ago(3, 1), _ago(5, 2), _ago(5, 3)) == (2, "longest_wait")
    assert _pick(Discipline()) is None


def test_classes_with_different_ageing_cross_over() -> None:
    """A head start counts at first; faster ageing overtakes it after the minutes that the numbers say."""
    slow = CustomerClass("slow", priorities=(1,), head_start=10, ageing=1)
    fast = CustomerClass("fast", ageing=2)
    line = (_ago(0, 1, priority=1), _ago(0, 2))
    assert _pick(Discipline((slow, fast)), *line, minutes=9) == (1, "weighted_wait")
    assert _pick(Discipline((slow, fast)), *line, minutes=11) == (2, "weighted_wait")


def test_a_lower_level_goes_before_any_wait() -> None:
    """Levels are strict: the lower one first, however long others wait."""
    urgent = CustomerClass("urgent", labels=("child",), level=-1)
    found = _pick(Discipline((urgent, CustomerClass("rest"))), _ago(0, 1, labels=("child", "x")), _ago(600, 2))
    assert found == (1, "level")


def test_an_appointment_waits_for_its_time_and_then_goes_first() -> None:
    """Booked for 12:20 with 10 minutes margin and 15 of head start: not before 12:10, then as if here since 12:05."""
    rules = Appointments(early=timedelta(minutes=10), head_start=timedelta(minutes=15))
    booked = _ago(5, 1, booked_at=_at(20))
    line = (booked, _ago(-6, 2))
    assert _pick(Discipline(appointments=rules), *line, minutes=9) == (2, "longest_wait")
    assert _pick(Discipline(appointments=rules), *line, minutes=10) == (1, "appointment")
    assert _pick(Discipline(appointments=rules), booked, minutes=9) is None
    chosen = choose(Discipline(appointments=rules), waiting=line, server=ANY, now=_at(10))
    assert chosen is not None
    assert chosen.reason.parameters["booked_at"] == _at(20)


def test_late_ones_keep_shift_or_become_walk_ins() -> None:
    """Half an hour late: the booked time still counts, or the arrival less the head start, or the arrival."""
    late = _ago(0, 1, booked_at=_at(-30))
    others = (_ago(25, 2), _ago(5, 3))
    first = {}
    for way in Lateness:
        rules = Appointments(head_start=timedelta(minutes=10), late=way)
        discipline = Discipline((CustomerClass("booked", booked=True), CustomerClass("rest")), rules)
        first[way] = [t.id for t in rank(discipline, waiting=(late, *others), now=_at(1))]
    assert first == {Lateness.KEEP: [1, 2, 3], Lateness.SHIFT: [2, 1, 3], Lateness.WALK_IN: [2, 3, 1]}


def test_a_late_walk_in_is_no_longer_booked() -> None:
    """Who is treated as a walk-in has the class of walk-ins too."""
    first = CustomerClass("booked", booked=True, level=-1)
    discipline = Discipline((first, CustomerClass("rest")), Appointments(late=Lateness.WALK_IN))
    assert _pick(discipline, _ago(0, 1, booked_at=_at(-30)), _ago(5, 2)) == (2, "longest_wait")
    assert _pick(discipline, _ago(0, 1, booked_at=_at(-5)), _ago(5, 2)) == (1, "level")


def test_a_counter_calls_only_whom_it_can_serve() -> None:
    """Services, skills at their level, and reservations keep a ticket from the wrong counter."""
    line = (
        _ago(9, 1, service="loans"),
        _ago(8, 2, skills=(skill(4, level=2),)),
        _ago(7, 3, reserved_for="ana"),
        _ago(6, 4),
    )
    cash = Server(services=("", "cash"))
    assert _pick(Discipline(), *line, server=cash) == (4, "longest_wait")
    assert _pick(Discipline(), *line, server=replace(cash, skills=((4, 1),))) == (4, "longest_wait")
    assert _pick(Discipline(), *line, server=replace(cash, skills=((4, 3),))) == (2, "longest_wait")
    assert _pick(Discipline(), *line, server=replace(cash, names=("ana",))) == (3, "longest_wait")
    assert _pick(Discipline(), *line) == (1, "longest_wait")


def test_who_comes_back_stands_where_the_rule_says() -> None:
    """The old place, or the end with some minutes of credit, never before the old place."""
    line = (_ago(30, 1, returned_at=_at(-2)), _ago(10, 2), _ago(4, 3))
    order = {
        credit: [t.id for t in rank(Discipline(returning=back), waiting=line, now=NOON)]
        for credit, back in {
            "place": Returning(),
            "end": Returning(Comeback.END),
            "five": Returning(Comeback.END, timedelta(minutes=5)),
            "hour": Returning(Comeback.END, timedelta(hours=1)),
        }.items()
    }
    assert order == {"place": [1, 2, 3], "end": [2, 3, 1], "five": [2, 1, 3], "hour": [1, 2, 3]}


def test_somebody_away_is_not_called_before_they_are_back() -> None:
    """`not_before` keeps the place and skips the turn."""
    line = (_ago(9, 1, not_before=_at(3)), _ago(1, 2))
    assert _pick(Discipline(), *line, minutes=2) == (2, "longest_wait")
    assert _pick(Discipline(), *line, minutes=3) == (1, "longest_wait")


def test_caps_beat_weights_and_say_so() -> None:
    """Overtaken too often, too long behind first come, first served, or too long at all: then first, by place."""
    vip = CustomerClass("vip", priorities=(1,), level=-1)
    weights = Discipline((vip, CustomerClass("rest")))
    line = [_ago(20, 1, overtaken=2, overtaken_at=_at(-6)), _ago(1, 2, priority=1)]
    caps = {
        "level": Fairness(overtakes=3, behind=timedelta(minutes=7), wait=timedelta(minutes=21)),
        "overtaken": Fairness(overtakes=2),
        "behind": Fairness(behind=timedelta(minutes=6)),
        "aged": Fairness(wait=timedelta(minutes=20)),
    }
    found = {why: _pick(replace(weights, fairness=cap), *line) for why, cap in caps.items()}
    assert found == {"level": (2, "level"), "overtaken": (1, "overtaken"), "behind": (1, "behind"), "aged": (1, "aged")}


@given(lines.disciplines(), lines.lines(), st.integers(1, 3), st.lists(st.integers(0, 5), min_size=30, max_size=30))
def test_nobody_is_overtaken_more_often_than_the_cap(
    discipline: Discipline, line: list[Waiting], cap: int, gaps: list[int]
) -> None:
    """Serving a queue to its end, each ticket is passed at most as often as the cap, whatever the weights."""
    open_to_all = [
        replace(t, skills=(), reserved_for=None, not_before=None, overtaken=0, overtaken_at=None) for t in line
    ]
    discipline = replace(discipline, fairness=Fairness(overtakes=cap))
    waiting, now, times = open_to_all, NOON, dict.fromkeys((t.id for t in open_to_all), 0)
    for gap in gaps:
        now += timedelta(minutes=gap)
        chosen = choose(discipline, waiting=waiting, server=ANY, now=now)
        if chosen is None:
            continue
        passed = overtaken(discipline, ticket=chosen.ticket, waiting=waiting, server=ANY, now=now)
        for id_ in passed:
            times[id_] += 1
        waiting = [
            replace(t, overtaken=times[t.id], overtaken_at=t.overtaken_at or (now if t.id in passed else None))
            for t in waiting
            if t.id != chosen.ticket.id
        ]
    assert max(times.values(), default=0) <= cap


@given(lines.disciplines(), lines.lines())
def test_first_come_first_served_overtakes_nobody(discipline: Discipline, line: list[Waiting]) -> None:
    """With one class the order is that of places, whatever the rules of appointments and returns."""
    plain = Discipline(appointments=discipline.appointments, returning=discipline.returning)
    chosen = choose(plain, waiting=line, server=ANY, now=NOON)
    if chosen is not None:
        assert overtaken(plain, ticket=chosen.ticket, waiting=line, server=ANY, now=NOON) == ()
