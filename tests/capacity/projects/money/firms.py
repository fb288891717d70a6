"""A small firm and random ones, for tests of money."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from troth.capacity.projects.money import WorkHours
from troth.capacity.projects.portfolio import (
    ChargeRate,
    Consultant,
    ContractKind,
    ContractTerms,
    Deal,
    ExchangeRate,
    Portfolio,
    Project,
    ProjectPhase,
    SkillNeed,
    TimeEntry,
)

#: A Wednesday; its week begins on the first of June.
DAY = date(2026, 6, 3)
MONDAY = date(2026, 6, 1)


def week(k: int) -> date:
    """Return the Monday of the week k weeks on."""
    return MONDAY + timedelta(days=7 * k)


def person(name: str, *, cost: int = 5_000, role: str = "dev", **more: Any) -> Consultant:
    """Return somebody who works 40 hours a week."""
    return Consultant(name, (ContractTerms(date(2025, 1, 1), cost_cents=cost),), role=role, **more)


def phase(name: str, hours: float, **more: Any) -> ProjectPhase:
    """Return a phase that needs hours of one skill."""
    return ProjectPhase(name, (SkillNeed("python", hours),), **more)


def firm(**more: Any) -> Portfolio:
    """Return a firm of two with a project by the hour, at 100 an hour."""
    known: dict[str, Any] = {
        "people": (person("ada"), person("bob", cost=4_000)),
        "projects": (Project("apollo", (phase("build", 100),), "acme"),),
        "rates": (ChargeRate(10_000),),
    }
    return Portfolio(DAY, **known | more)


def logged(day: date, hours: float, **more: Any) -> TimeEntry:
    """Return hours of Ada on Apollo."""
    return replace(TimeEntry("apollo", "ada", day, hours, "build"), **more)


_HOURS = st.integers(0, 400).map(lambda n: n / 10)
_CENTS = st.integers(1, 20_000)


@st.composite
def firms(draw: st.DrawFn) -> tuple[Portfolio, list[WorkHours]]:
    """Return a portfolio of all three kinds of contract in two currencies, and hours planned; every rate is there."""
    people = tuple(person(name, cost=draw(_CENTS)) for name in ("ada", "bob"))
    projects = tuple(
        Project(
            name, tuple(phase(f"p{k}", draw(_HOURS)) for k in range(draw(st.integers(1, 3)))), customer_id=f"c{place % 2}",
            kind=kind, probability=draw(st.sampled_from([1.0, 0.3, 0.71])), price_cents=draw(st.integers(0, 1_000_000)),
            earliest=date(2026, 5, draw(st.integers(1, 31))), deadline=date(2026, 7, draw(st.integers(1, 31))),
            currency=draw(st.sampled_from(["", "USD"])),
        )
        for place, (name, kind) in enumerate(zip("tfr", ContractKind, strict=True))
    )  # fmt: skip
    deal = Deal("d", (phase("p0", 40),), draw(st.sampled_from([0.0, 0.25, 1.0])), week(2), "c0", price_cents=77_777)
    deal = replace(deal, kind=draw(st.sampled_from(list(ContractKind))))
    entries = tuple(
        TimeEntry(
            draw(st.sampled_from("tfr")),
            draw(st.sampled_from(["ada", "bob"])),
            date(2026, 5, 4 + k),
            draw(_HOURS),
            "p0",
        )
        for k in range(draw(st.integers(0, 5)))
    )
    hours = [
        WorkHours(
            draw(st.sampled_from("tfrd")), week(draw(st.integers(0, 4))), draw(_HOURS), draw(st.sampled_from(["ada", "bob"])),
            "p0", billable=draw(st.booleans()), probability=draw(st.sampled_from([1.0, 0.4])),
        )
        for _ in range(draw(st.integers(0, 8)))
    ]  # fmt: skip
    rates = (ChargeRate(draw(_CENTS)), ChargeRate(draw(_CENTS), "USD", customer_id="c1", first=date(2026, 6, 10)))
    portfolio = Portfolio(
        DAY,
        people,
        projects,
        (deal,),
        logged=entries,
        rates=rates,
        exchange=(ExchangeRate("USD", draw(st.floats(0.2, 3.0))),),
    )
    return portfolio, hours
