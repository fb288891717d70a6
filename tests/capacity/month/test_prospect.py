"""A month is lived through by the people of a roster, and measured as reality is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from troth.capacity.month import CrewMember, ProspectParams, ProspectProblem, SiteFacts, check, crew_of, solve
from troth.capacity.month.crew import joined
from troth.capacity.month.solve import on_duty
from troth.capacity.roster import Activity, Duty, Employee, RosterProblem, ShiftKind, Terms
from troth.capacity.staffing import StaffedQueue, StaffingProblem
from troth.core.decision import Status, Stop
from troth.core.errors import InputError
from troth.core.spans import Span
from troth.queueing import Traffic, performance
from troth.queueing.twin import Routing

START = datetime(2026, 3, 2, tzinfo=UTC)
PARAMS = ProspectParams(futures=24, lots=4, workers=1, least=6)


def _needs(*, days: int = 2, each: float = 20.0) -> StaffingProblem:
    """Calls from 8 to 16 on each day, and mail from 8 to 12."""
    hour = (np.arange(48 * days) % 48) / 2
    calls = np.where((hour >= 8) & (hour < 16), each, 0.0)
    mail = np.where((hour >= 8) & (hour < 12), 3.0, 0.0)
    rng = np.random.default_rng(3)
    queues = (
        StaffedQueue("calls", rng.poisson(calls, (24, len(calls))).astype(float), 180.0, patience_s=300.0),
        StaffedQueue(
            "mail", rng.poisson(mail, (24, len(mail))).astype(float), 240.0, within_s=4 * 3600.0, deferred=True
        ),
    )
    return StaffingProblem(START, queues, ())


def _crew(n: int, *, days: int = 2, breaks: bool = False) -> tuple[CrewMember, ...]:
    spans = [Span(START + timedelta(days=d, hours=8), START + timedelta(days=d, hours=16)) for d in range(days)]
    pauses = tuple(Span(span.start + timedelta(hours=4), span.start + timedelta(hours=4.5)) for span in spans)
    return tuple(
        CrewMember(f"p{k}", "voice", frozenset({"calls", "mail"}), tuple(spans), pauses if breaks else ())
        for k in range(n)
    )


def test_figures_are_those_of_theory() -> None:
    """With steady arrivals and nothing else to do, wait and level of the whole are what Erlang's formulas say, within the range."""
    needs = replace(_needs(days=6), queues=_needs(days=6).queues[:1])
    crew = tuple(replace(one, queues=frozenset({"calls"})) for one in _crew(4, days=6))
    seen = solve(ProspectProblem(needs, crew), params=PARAMS)
    level = seen.of("sla.service_level")
    theory = performance(4.0, traffic=Traffic(20.0, handle_s=180.0, patience_s=300.0, within_s=20.0, interval_s=1800.0))
    low, high = level.band()
    assert low - 0.02 <= float(theory.answered_in_time) <= high + 0.02
    assert abs(seen.of("sla.service_level", member="calls").median - level.median) < 1e-9
    assert level.daily.shape == (24, 6) and np.allclose(np.nanmean(level.daily, axis=1), level.whole, atol=0.03)
    occupancy = seen.of("load.occupancy").median
    assert 0.45 < occupancy < 0.55  # 20 calls of 3 minutes in half an hour, four people


def test_more_people_and_fewer_absences_are_better() -> None:
    """One more person waits less; absence and meetings cost; mail is done between calls."""
    whole = solve(ProspectProblem(_needs(), _crew(4)), params=PARAMS)
    more = solve(ProspectProblem(_needs(), _crew(5)), params=PARAMS)
    fewer = solve(ProspectProblem(_needs(), _crew(5), absent=0.3, aside=0.1), params=PARAMS)
    wait = [one.of("speed.answer", member="calls").median for one in (more, whole, fewer)]
    assert wait[0] < wait[1] < wait[2] and wait[0] < wait[2]
    assert more.of("done_in_time", member="mail").median > 0.95
    assert np.nanstd(fewer.of("speed.answer").whole) > np.nanstd(more.of("speed.answer").whole)


def test_the_same_seed_gives_the_same_whatever_the_threads() -> None:
    """Futures belong to their number."""
    one, two = (
        solve(ProspectProblem(_needs(), _crew(4), absent=0.1), seed=5, params=replace(PARAMS, workers=n))
        for n in (1, 2)
    )
    for a, b in zip(one.figures, two.figures, strict=True):
        assert np.array_equal(a.whole, b.whole, equal_nan=True)


def test_breaks_take_people_away_and_begin_late() -> None:
    """Breaks cost service, and people there do not count while on them."""
    with_, without = ProspectProblem(_needs(), _crew(4, breaks=True)), ProspectProblem(_needs(), _crew(4))
    assert on_duty(without).sum() - on_duty(with_).sum() == pytest.approx(4 * 2 * 1)
    level = [solve(one, params=PARAMS).of("sla.service_level").median for one in (with_, without)]
    assert level[0] < level[1]


def test_what_was_lived_through_before_a_stop_is_kept() -> None:
    """Asked to stop at once, one lot of futures is left."""
    seen = solve(ProspectProblem(_needs(), _crew(4)), stop=Stop(asked=lambda: True), params=PARAMS)
    assert seen.status is Status.STOPPED and seen.futures == 6


def test_everything_wrong_is_told() -> None:
    """Unknown queues, nobody at work, shares that are none."""
    problem = ProspectProblem(_needs(), (CrewMember("x", "", frozenset({"fax"}), ()),), absent=1.0, aside=-1.0)
    codes = [one.code for one in check(problem)]
    assert codes.count("bad-shrinkage") == 2 and "unknown-queue" in codes and codes.count("nobody-serves") == 2
    with pytest.raises(InputError):
        solve(problem)


def test_a_roster_becomes_people_at_work() -> None:
    """Stretches of one line of work are one shift with its breaks; skills decide what is served, lines of work stay apart."""
    groups = {"local": ("calls",), "both": ("calls", "en"), "desk": ("mail",)}
    assert joined(groups)["local"] == {"calls", "en"} and joined(groups)["desk"] == {"mail"}
    stretches = (("local", 0, 120), ("", 120, 150), ("both", 150, 240), ("desk", 240, 300))
    problem = RosterProblem(
        date(2026, 3, 2), 1, (ShiftKind("day", (300,), (480,)),), (Employee("ana", Terms()),),
        tuple(Activity(name) for name in groups), time_zone="Europe/Vilnius",
    )  # fmt: skip
    facts = SiteFacts(
        "s", "Europe/Vilnius", ("calls", "en"), ("mail",), {}, Routing.LONGEST_FREE,
        {"ana": frozenset({"calls", "en", "mail"})}, {"ana": "voice"}, {"ana": 1.2},
    )  # fmt: skip
    crew = crew_of(problem, duties=(Duty("ana", 0, "day", 480, 300, stretches),), groups=groups, facts=facts)
    lines = {one.queues: one for one in crew}
    assert set(lines) == {frozenset({"calls", "en"}), frozenset({"mail"})}
    voice = lines[frozenset({"calls", "en"})]
    assert [span.seconds / 60 for span in voice.shifts] == [240] and [span.seconds / 60 for span in voice.breaks] == [
        30
    ]
    assert voice.shifts[0].start == datetime(2026, 3, 2, 6, tzinfo=UTC) and voice.pace == 1.2
