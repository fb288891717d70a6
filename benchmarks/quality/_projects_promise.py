"""Capable to promise on a large made portfolio: how long futures take to prepare, and a question to be answered.

`value` and `seconds` are the time of a step (of questions the median, with the fastest and slowest beside it); there is no
reference. `feasible` is whether every question got a date with 50 %, `dated` how many did: the made portfolio asks for more of some
skills than their people have, so that some deals cannot begin in the time. Machine code is compiled before the clock runs.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from benchmarks.quality._common import line
from troth.capacity.projects.portfolio import (
    Consultant,
    ContractTerms,
    Deal,
    HeldSkill,
    LeaveSpan,
    OperationalReservation,
    Portfolio,
    Project,
    ProjectPhase,
    ReactiveLoad,
    SkillNeed,
)
from troth.capacity.projects.promising import (
    Beliefs,
    ComingBelief,
    EstimateBelief,
    PaceBelief,
    PeopleBelief,
    ReactiveBelief,
    SlipBelief,
    WinBelief,
    displaced,
    earlier,
    prepare,
    promise,
)
from troth.core.random import stream

_DAY = date(2026, 6, 1)
_SKILLS, _TEAMS, _TEMPLATES = 40, 10, 12


@dataclass(frozen=True, slots=True)
class PromiseCase:
    """Size of a case."""

    people: int = 500
    projects: int = 150
    deals: int = 100
    futures: int = 2000
    weeks: int = 78
    questions: int = 12


def made(case: PromiseCase, *, seed: int) -> tuple[Portfolio, Beliefs]:
    """Return a portfolio whose projects, deals and deals to come ask for about what there is, and beliefs of all kinds."""
    draws = stream(seed, "promise case")
    # Each team has a field of skills next to each other; everybody holds three of them.
    people = tuple(_person(draws, k) for k in range(case.people))
    hours = 0.42 * case.people * 34 * case.weeks / (case.projects + 0.4 * case.deals)
    templates = {f"t{k}": _phases(draws, hours, k % _TEAMS) for k in range(_TEMPLATES)}
    names = sorted(templates)

    def work() -> tuple[str, tuple[ProjectPhase, ...]]:
        name = names[int(draws.integers(_TEMPLATES))]
        factor = float(np.exp(0.4 * draws.standard_normal()))
        return name, tuple(_scaled(phase, factor) for phase in templates[name])

    projects = []
    for k in range(case.projects):
        name, phases = work()
        begins = _DAY + timedelta(days=int(draws.integers(-30, 90)))
        projects.append(
            Project(f"p{k}", phases, template=name, earliest=begins, promised_start=begins + timedelta(days=11))
        )
    deals = []
    for k in range(case.deals):
        name, phases = work()
        wanted = _DAY + timedelta(days=int(draws.integers(20, 200)))
        deals.append(
            Deal(
                f"d{k}", phases, float(draws.uniform(0.1, 0.9)), wanted, template=name, price_cents=5_000_000,
                closes=wanted - timedelta(days=14),
            )
        )  # fmt: skip
    loads = tuple(
        ReactiveLoad(
            f"l{k}", (0.18 * 8 * case.people / _TEAMS,) * 5 + (0.0, 0.0), team=f"team {k}", day_cv=0.3, week_cv=0.2
        )
        for k in range(_TEAMS)
    )
    meeting = OperationalReservation("meeting", (1.0, 0, 0, 0, 0, 0, 0))
    portfolio = Portfolio(
        _DAY, people, tuple(projects), tuple(deals), templates, reservations=(meeting,), reactive=loads
    )
    beliefs = Beliefs(
        estimate=EstimateBelief(0.05, 0.3, 0.06, 2.0), wins=WinBelief(slope=0.9, market=0.15, memory=0.6),
        slips=SlipBelief(0.3, 9.0), reactive=ReactiveBelief(), people=PeopleBelief(0.03, 2.0, 0.12),
        coming=ComingBelief(dict.fromkeys(names, 0.3 * case.people / 500)),
        pace=PaceBelief({1: 0.8, 2: 1.0, 3: 1.2}, day_lost=0.5),
    )  # fmt: skip
    return portfolio, beliefs


def run(options: argparse.Namespace, asked: Mapping[str, Any]) -> bool:
    """Time preparing, then each question (median, with fastest and slowest), at each seed; tell whether every answer has dates."""
    case, good = PromiseCase(**{name: asked[name] for name in PromiseCase.__dataclass_fields__ if name in asked}), True
    _one(
        PromiseCase(people=20, projects=4, deals=4, futures=20, weeks=8, questions=1), seed=0
    )  # compiles before the clock runs
    for seed in range(1, asked["seeds"] + 1):
        for what, seconds, more in _one(case, seed=seed):
            good &= more["answered"]
            name = f"promise {what} {case.people}x{case.projects}x{case.deals} {case.futures} futures"
            if options.json:
                print(
                    line(
                        bench="projects",
                        case=name,
                        seed=seed,
                        seconds=seconds,
                        value=seconds,
                        reference=None,
                        feasible=more["answered"],
                        **more,
                    ),
                    flush=True,
                )
            else:
                print(f"{name}, seed {seed}: {seconds:.3f} s {more}", flush=True)
    return good


def _one(case: PromiseCase, *, seed: int) -> list[tuple[str, float, dict[str, Any]]]:
    portfolio, beliefs = made(case, seed=seed)
    began = time.perf_counter()
    ready = prepare(portfolio, beliefs=beliefs, futures=case.futures, weeks=case.weeks, seed=seed)
    whole = time.perf_counter() - began
    asked = portfolio.deals[:: max(len(portfolio.deals) // case.questions, 1)][: case.questions]
    times: dict[str, list[float]] = {"answer": [], "displaced": [], "earlier": []}
    dated = 0
    for deal in asked:
        answer = _timed(times["answer"], lambda deal=deal: promise(ready, deal=deal.deal_id))
        dated += answer.start(0.5) is not None
        day = answer.start(0.8) or ready.day(7 * ready.weeks - 3)
        _timed(times["displaced"], lambda deal=deal, day=day: displaced(ready, deal=deal.deal_id, start=day))
        _timed(
            times["earlier"], lambda deal=deal, day=day: earlier(ready, deal=deal.deal_id, by=day - timedelta(days=14))
        )
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    found: list[tuple[str, float, dict[str, Any]]] = [
        ("prepare", whole, {"memory_gib": round(memory, 2), "dated": dated, "answered": dated == len(asked)})
    ]
    for what, of in times.items():
        found.append(
            (
                what,
                statistics.median(of),
                {
                    "fastest": round(min(of), 3),
                    "slowest": round(max(of), 3),
                    "n": len(of),
                    "dated": dated,
                    "answered": dated == len(asked),
                },
            )
        )
    return found


def _timed(into: list[float], call: Any) -> Any:
    began = time.perf_counter()
    found = call()
    into.append(time.perf_counter() - began)
    return found


def _person(draws: np.random.Generator, k: int) -> Consultant:
    team, field = k % _TEAMS, _SKILLS // _TEAMS
    skills = (field * team + draws.permutation(field + 2)[:3]) % _SKILLS
    held = tuple(HeldSkill(f"s{s:02d}", float(draws.integers(1, 4))) for s in skills)
    leave = []
    for at in range(0, 540, 75):
        first = _DAY + timedelta(days=at + int(draws.integers(60)))
        leave.append(LeaveSpan(first, first + timedelta(days=int(draws.integers(3, 12)))))
    hours = (8.0,) * 5 if k % 4 else (8.0,) * 4 + (0.0,)
    contract = ContractTerms(date(2020, 1, 1), hours=(*hours, 0.0, 0.0), cost_cents=5000)
    return Consultant(f"c{k}", (contract,), held, tuple(leave), team=f"team {team}")


def _phases(draws: np.random.Generator, hours: float, team: int) -> tuple[ProjectPhase, ...]:
    field, found = _SKILLS // _TEAMS, list[ProjectPhase]()
    for k, share in enumerate((0.15, 0.45, 0.2, 0.2)):
        skills = (field * team + draws.permutation(field)[: 1 + k % 2]) % _SKILLS
        needs = tuple(SkillNeed(f"s{s:02d}", hours * share / len(skills), level=1.0) for s in skills)
        found.append(ProjectPhase(f"f{k}", needs, (f"f{k - 1}",) if k else (), task_type=f"kind {k}"))
    return tuple(found)


def _scaled(phase: ProjectPhase, factor: float) -> ProjectPhase:
    needs = tuple(SkillNeed(one.skill, one.hours * factor, one.level) for one in phase.needs)
    return ProjectPhase(phase.phase_id, needs, phase.after, task_type=phase.task_type)
