"""A small sound portfolio with one of everything, for tests."""

from __future__ import annotations

from datetime import date

from troth.capacity.projects.portfolio import (
    ChargeRate,
    ClaimedHours,
    Consultant,
    ContractKind,
    ContractTerms,
    Deal,
    ExchangeRate,
    HeldSkill,
    HoursSpread,
    LeaveSpan,
    OperationalReservation,
    Portfolio,
    Project,
    ProjectBooking,
    ProjectPhase,
    ReactiveLoad,
    RequestState,
    SkillNeed,
    TimeEntry,
)

#: A Monday.
DAY = date(2026, 6, 1)
BUILD = ProjectPhase(
    "build",
    (SkillNeed("data", 120.0, 2, logged=30.0, left=100.0, role="senior"), SkillNeed("law", 10.0, divisible=False)),
    earliest=date(2026, 5, 18), deadline=date(2026, 8, 28), task_type="build", milestone="ready", share=0.6,
)  # fmt: skip
TEST = ProjectPhase("test", (SkillNeed("data", 40.0, 1),), ("build",), share=0.4)
STUDY = ProjectPhase("study", (SkillNeed("law", 20.0),))


def house() -> Portfolio:
    """Return a portfolio that nothing is wrong with."""
    ada = Consultant(
        "ada", (ContractTerms(date(2024, 1, 1), date(2027, 1, 1), country="LT", cost_cents=5000),
                ContractTerms(date(2027, 1, 1), hours=(8.0, 8.0, 8.0, 0.0, 0.0, 0.0, 0.0), country="LT", cost_cents=5200)),
        (HeldSkill("data", 3), HeldSkill("law", 1, date(2025, 1, 1), date(2027, 6, 1))),
        (LeaveSpan(date(2026, 7, 6), date(2026, 7, 20), "holiday"),), "senior", "north", "Vilnius", 0.8, 1400.0,
    )  # fmt: skip
    ben = Consultant("ben", (ContractTerms(date(2025, 3, 1), cost_cents=4000, currency="USD"),), (HeldSkill("data", 2),),
                     role="junior", team="south")  # fmt: skip
    new = Consultant("somebody", skills=(HeldSkill("data", 1),), role="junior", placeholder=True)
    roll = Project(
        "p1", (BUILD, TEST), "c1", "roll-out", ContractKind.FIXED, started=date(2026, 5, 18), earliest=date(2026, 5, 18),
        deadline=date(2026, 9, 30), promised_start=date(2026, 5, 29), promised_finish=date(2026, 9, 30), price_cents=2_000_000,
        budget_cents=2_200_000, estimator="eve", location="Vilnius", weight=2.0, members=("ada",),
    )  # fmt: skip
    deal = Deal(
        "d1", (STUDY,), 0.35, date(2026, 9, 1), "c2", "review", stage="proposal",
        closes=date(2026, 7, 1), promised_start=date(2026, 9, 15), price_cents=500_000, currency="USD", seller="sam",
        estimator="eve",
    )  # fmt: skip
    bookings = (
        ProjectBooking("b1", "p1", DAY, date(2026, 6, 8), 24.0, "ada", phase_id="build", skill="data", level=2),
        ProjectBooking("b2", "d1", date(2026, 9, 1), date(2026, 9, 8), 10.0, role="senior", probability=0.35,
                       spread=HoursSpread.SMART, state=RequestState.REQUESTED),
        ProjectBooking("b3", "p1", date(2026, 5, 18), date(2026, 5, 25), 8.0, "ada", state=RequestState.COMPLETED),
    )  # fmt: skip
    return Portfolio(
        DAY, (ada, ben, new), (roll,), (deal,), {"roll-out": (BUILD, TEST), "review": (STUDY,)}, bookings,
        (OperationalReservation("r1", (1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0), team="north", until=date(2027, 1, 1)),),
        (ReactiveLoad("support", (4.0, 3.0, 3.0, 3.0, 2.0, 0.0, 0.0), "south", "data", (1.2, *(1.0,) * 11), 0.3, 0.1),),
        (ClaimedHours("ben", date(2026, 6, 2), 4.0, "visit"),),
        (TimeEntry("p1", "ada", date(2026, 5, 20), 6.5, "build", "build"), TimeEntry("p1", "ben", date(2026, 5, 21), 1.0, billable=False)),
        (ChargeRate(9000, role="junior"), ChargeRate(12_000, "USD", "p1", "c1", "ada", "senior", date(2026, 1, 1), date(2028, 1, 1))),
        (ExchangeRate("USD", 0.9), ExchangeRate("USD", 0.92, date(2026, 7, 1))), {"LT": frozenset({date(2026, 6, 24), date(2026, 7, 6)})},
        "EUR",
    )  # fmt: skip
