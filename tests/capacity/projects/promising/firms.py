"""Small firms: drawn by Hypothesis, and one that is told in full."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import hypothesis.strategies as st

from troth.capacity.projects.portfolio import (
    Consultant,
    ContractTerms,
    Deal,
    HeldSkill,
    LeaveSpan,
    Portfolio,
    Project,
    ProjectBooking,
    ProjectPhase,
    ReactiveLoad,
    SkillNeed,
)
from troth.capacity.projects.promising import (
    Beliefs,
    ComingBelief,
    EstimateBelief,
    HouseRule,
    PaceBelief,
    PeopleBelief,
    ReactiveBelief,
    SlipBelief,
    WinBelief,
)

DAY = date(2026, 6, 1)
SKILLS = ("carving", "joining", "paint")


def day(offset: int) -> date:
    return DAY + timedelta(days=offset)


def person(
    name: str, *skills: str, level: float = 2.0, team: str = "", hours: float = 8.0, leave: Any = ()
) -> Consultant:
    contract = ContractTerms(date(2020, 1, 1), hours=(hours,) * 5 + (0.0, 0.0), cost_cents=5000)
    return Consultant(name, (contract,), tuple(HeldSkill(one, level) for one in skills), leave, team=team)


def phase(name: str, *needs: tuple[str, float], after: tuple[str, ...] = (), **more: Any) -> ProjectPhase:
    return ProjectPhase(name, tuple(SkillNeed(skill, hours) for skill, hours in needs), after, **more)


@st.composite
def rows_of(draw: Any, skill: str, today: date) -> list[HeldSkill]:
    """Return what somebody holds of a skill: mostly one level, sometimes others from or until some day, in any order."""
    rows = [HeldSkill(skill, draw(st.sampled_from((1.0, 2.0, 3.0))))]
    if draw(st.integers(0, 2)) == 0:
        turn = today + timedelta(days=draw(st.integers(-2, 30)))
        rows = [replace(rows[0], until=turn if draw(st.booleans()) else turn + timedelta(days=9))]
        rows.append(HeldSkill(skill, draw(st.sampled_from((1.0, 2.0, 3.0))), first=turn))
    return list(draw(st.permutations(rows)))


@st.composite
def needs(draw: Any) -> SkillNeed:
    hours = draw(st.floats(4, 120))
    logged = draw(st.sampled_from((0.0, 0.0, 0.4))) * hours
    left = draw(st.sampled_from((None, None, 10.0)))
    return SkillNeed(
        draw(st.sampled_from(SKILLS)), hours, draw(st.sampled_from((0.0, 0.0, 2.0))), logged, left,
        divisible=draw(st.integers(0, 3)) > 0,
    )  # fmt: skip


@st.composite
def phases(draw: Any) -> tuple[ProjectPhase, ...]:
    found = list[ProjectPhase]()
    for k in range(draw(st.integers(1, 3))):
        after = tuple(one.phase_id for one in found if draw(st.booleans()))
        early = day(draw(st.integers(0, 20))) if draw(st.integers(0, 4)) == 0 else None
        mine = tuple(draw(st.lists(needs(), min_size=0, max_size=2)))
        found.append(ProjectPhase(f"f{k}", mine, after, early, task_type=draw(st.sampled_from(("a", "b")))))
    return tuple(found)


@st.composite
def firms(draw: Any) -> tuple[Portfolio, Beliefs]:
    """Return a firm of a few people and jobs, as of any weekday, and beliefs of every kind."""
    today = day(draw(st.integers(0, 4)))
    people = []
    for k in range(draw(st.integers(1, 4))):
        skills = draw(st.lists(st.sampled_from(SKILLS), min_size=1, max_size=3, unique=True))
        held = tuple(row for one in skills for row in draw(rows_of(one, today)))
        hours = draw(st.sampled_from((8.0, 5.0)))
        # Most stay; some go, have gone, or work other hours from a day on.
        ends = today + timedelta(days=draw(st.sampled_from((30, -400, 0)))) if draw(st.integers(0, 4)) == 0 else None
        contracts = [
            ContractTerms(date(2020, 1, 1), ends, (hours,) * 4 + (draw(st.sampled_from((0.0, hours))), 0.0, 0.0))
        ]
        if draw(st.integers(0, 4)) == 0 and ends is None:
            other = ContractTerms(day(16), day(40), (0.0, 0.0, 4.0, 8.0, 8.0, 0.0, 0.0))
            contracts = [other, replace(contracts[0], until=day(16))]
        away = day(draw(st.integers(0, 30)))
        leave = (LeaveSpan(away, away + timedelta(days=draw(st.integers(1, 9)))),)
        people.append(
            Consultant(f"w{k}", tuple(contracts), held, leave, team=draw(st.sampled_from(("north", "south"))))
        )
    people.append(Consultant("somebody", skills=(HeldSkill("paint", 3.0),), team="south", placeholder=True))
    projects = tuple(
        Project(
            f"p{k}", draw(phases()), earliest=day(draw(st.integers(-10, 20))),
            promised_start=day(draw(st.integers(0, 30))) if draw(st.booleans()) else None,
            started=day(-5) if draw(st.integers(0, 3)) == 0 else None,
        )
        for k in range(draw(st.integers(0, 3)))
    )  # fmt: skip
    deals = tuple(
        Deal(
            f"d{k}", draw(phases()), draw(st.floats(0.1, 0.95)), day(draw(st.integers(5, 40))), stage="lead",
            closes=day(draw(st.integers(1, 20))) if draw(st.booleans()) else None,
        )
        for k in range(draw(st.integers(1, 2)))
    )  # fmt: skip
    loads = (
        ReactiveLoad("north", (draw(st.floats(0, 6)),) * 5 + (0.0, 0.0), team="north", day_cv=0.5, week_cv=0.2),
        ReactiveLoad("carve", (1.0,) * 5 + (0.0, 0.0), skill="carving"),
    )
    turn = {"north": tuple(one.person_id for one in people if one.team == "north")} if draw(st.booleans()) else {}
    turn = {team: names for team, names in turn.items() if names}
    names = [one.person_id for one in people]
    works = [one.project_id for one in projects] + [one.deal_id for one in deals]
    bookings = tuple(
        ProjectBooking(
            f"b{k}", draw(st.sampled_from(works)), (first := day(draw(st.integers(-3, 9)))),
            first + timedelta(days=draw(st.integers(1, 9))), draw(st.floats(4, 40)), draw(st.sampled_from(names)),
        )
        for k in range(draw(st.sampled_from((0, 0, 1, 3))))
    )  # fmt: skip
    portfolio = Portfolio(today, tuple(people), projects, deals, {"t": draw(phases())}, bookings, reactive=loads)
    empty = frozenset(("w0", "w1")) if draw(st.booleans()) else frozenset[str]()
    beliefs = Beliefs(
        estimate=EstimateBelief(0.1, 0.4, 0.2, 2.0), project_sd=0.2, wins=WinBelief(sd=0.2, market=0.3, memory=0.5),
        slips=SlipBelief(0.5, 8.0, known_before=draw(st.sampled_from((0.0, 3.0)))),
        reactive=ReactiveBelief(turn=turn, on_duty=draw(st.integers(1, 2)), kept=0.4, waits={"north": 3.0}),
        people=PeopleBelief(0.1, draw(st.sampled_from((1.0, 3.0))), 3.0, 14.0, 20.0, 0.8, empty=empty, leave=0.1, leave_known=20.0),
        coming=ComingBelief({"t": 0.4}, won_otherwise=0.6, decided=(2.0, 20.0), wanted=(0.0, 10.0)),
        pace=PaceBelief({1.0: 0.8, 2.0: 1.0, 3.0: 1.25}, {"w0": 1.1}, worked=0.95, day_lost=0.5),
        house=HouseRule(
            by_promise=draw(st.booleans()), task_hours=40.0, person_hours=draw(st.sampled_from((20.0, 32.0))),
            bookable=0.95, on=draw(st.booleans()), lag_days=3.0,
            keep_weeks=draw(st.integers(1, 2)),
        ),
    )  # fmt: skip
    return portfolio, beliefs


def workshop(*, carvers: int = 2, extra: int = 0, load: float = 4.0) -> tuple[Portfolio, Beliefs]:
    """Return a workshop that is busy: four projects under way or sold, five deals, everything uncertain."""
    people = [person(f"carver {k}", "carving", "joining", team="bench") for k in range(carvers + extra)]
    people += [person("joiner", "joining", team="bench"), person("painter", "paint", team="bench", hours=6.0)]
    plan = (phase("cut", ("carving", 60.0), task_type="cut"), phase("join", ("joining", 50.0), after=("cut",)))
    painted = (*plan, phase("paint", ("paint", 30.0), after=("join",)))
    projects = tuple(
        Project(
            f"p{k}",
            painted if k % 2 else plan,
            earliest=day(7 * k - 7),
            promised_start=day(7 * k + 4),
            price_cents=900_000,
        )
        for k in range(4)
    )
    deals = tuple(
        Deal(
            f"d{k}", painted if k % 2 else plan, (0.4, 0.7, 0.3, 0.8, 0.5)[k], day(21 + 7 * k), closes=day(10 + 6 * k),
            price_cents=800_000, seller="s",
        )
        for k in range(5)
    )  # fmt: skip
    reactive = (ReactiveLoad("help", (load,) * 5 + (0.0, 0.0), team="bench", day_cv=0.4, week_cv=0.3),)
    portfolio = Portfolio(DAY, tuple(people), projects, deals, {"usual": painted}, reactive=reactive)
    beliefs = Beliefs(
        estimate=EstimateBelief(0.05, 0.3, 0.08, 2.0), wins=WinBelief(market=0.25, memory=0.5), slips=SlipBelief(0.3, 7.0),
        people=PeopleBelief(0.04, 2.0, 0.15), coming=ComingBelief({"usual": 0.4}, decided=(7.0, 20.0, 40.0)),
        reactive=ReactiveBelief(turn={"bench": tuple(one.person_id for one in people)}, on_duty=2, kept=0.3),
    )  # fmt: skip
    return portfolio, beliefs
