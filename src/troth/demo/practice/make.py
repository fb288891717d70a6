"""A practice of any size: who works there, for whom, on what."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from troth.demo.draws import Draws
from troth.demo.practice.truth import (
    FIXED,
    RETAINER,
    TIME,
    ClientTruth,
    ConsultantTruth,
    GraderTruth,
    PhaseTruth,
    TaskTruth,
    TemplateTruth,
    TrialTruth,
)
from troth.demo.practice.wing import PracticeTruth

_FIRST: Final = (
    "Agnė Bruno Dora Emil Filip Greta Hana Igor Julija Klara Leon Mantas Nora Oskar Paula Rokas Sofija Vera".split()
)
_LAST: Final = (
    "Balsys Cvitan Dauksa Erceg Grigas Ilves Jurić Kalniņš Lasota Mikulić Nagy Orlova Perić Rimkus Stankus".split()
)

_TEMPLATES: Final = (
    TemplateTruth("roll-out", 0.34, FIXED, 0.34, (
        PhaseTruth("discover", "analysis", (("analysis", 85.0),), (), "scope agreed"),
        PhaseTruth("build", "build", (("engineering", 320.0), ("data", 110.0)), ("discover",), "ready to test"),
        PhaseTruth("test", "test", (("engineering", 85.0),), ("build",), "accepted"),
        PhaseTruth("train", "roll-out", (("change", 85.0),), ("build",), "people trained"),
    )),
    TemplateTruth("platform", 0.2, TIME, 0.28, (
        PhaseTruth("discover", "analysis", (("analysis", 140.0),), (), "scope agreed"),
        PhaseTruth("design", "analysis", (("engineering", 110.0), ("data", 85.0)), ("discover",), "design agreed"),
        PhaseTruth("build", "build", (("engineering", 530.0),), ("design",), "ready to test"),
        PhaseTruth("migrate", "migration", (("data", 250.0),), ("design",), "data moved"),
        PhaseTruth("test", "test", (("engineering", 85.0), ("data", 55.0)), ("build", "migrate"), "accepted"),
        PhaseTruth("launch", "roll-out", (("change", 110.0),), ("test",), "live"),
    )),
    TemplateTruth("review", 0.26, TIME, 0.42, (
        PhaseTruth("study", "analysis", (("analysis", 110.0), ("data", 85.0)), (), "findings"),
        PhaseTruth("report", "analysis", (("analysis", 55.0),), ("study",), "report"),
    )),
    TemplateTruth("care", 0.2, RETAINER, 0.5, (
        PhaseTruth("month 1", "care", (("engineering", 50.0), ("change", 15.0)), (), "month 1"),
        PhaseTruth("month 2", "care", (("engineering", 50.0), ("change", 15.0)), ("month 1",), "month 2"),
        PhaseTruth("month 3", "care", (("engineering", 50.0), ("change", 15.0)), ("month 2",), "month 3"),
    )),
)  # fmt: skip
_TASKS: Final = (
    TaskTruth("analysis", 0.0, 0.2),
    TaskTruth("build", 0.12, 0.3, 0.1),
    TaskTruth("migration", 0.22, 0.4, 0.12),
    TaskTruth("test", 0.1, 0.35),
    TaskTruth("roll-out", 0.03, 0.25),
    TaskTruth("care", 0.0, 0.1, 0.0),
)
_RATES: Final = (("consultant", 9500), ("senior consultant", 12500), ("principal", 16500))
_COSTS: Final = {"consultant": 4200, "senior consultant": 5400, "principal": 7000}
#: Skills of positions, taken in turn: first what they do best.
_PROFILES: Final = (
    (("engineering", 3), ("data", 1)), (("analysis", 2), ("change", 2)), (("engineering", 2), ("change", 1)),
    (("data", 3), ("engineering", 2)), (("analysis", 3), ("data", 2)), (("engineering", 2), ("data", 2)),
    (("change", 3), ("analysis", 2)), (("engineering", 2), ("analysis", 1)),
)  # fmt: skip
_WEEKS: Final = (
    (8.0,) * 5, (8.0,) * 5, (8.0,) * 5, (8.0, 8.0, 8.0, 8.0, 0.0), (8.0,) * 5, (8.0,) * 5, (5.0,) * 5, (8.0,) * 5,
)  # fmt: skip


def practice(
    code: str,
    *,
    start: str,
    days: int = 365,
    people: int = 24,
    seed: int = 7,
    time_zone: str = "Europe/Vilnius",
    holidays: tuple[tuple[str, str], ...] = (),
) -> PracticeTruth:
    """Return the truth of a consulting practice.

    Parameters
    ----------
    code : letters of its own, part of every id.
    start : its first local day, ISO date; `days`: how many days leave and the trial are planned for.
    people : positions; deals, clients and support grow with them.
    seed : of the people's hidden abilities, which are part of the truth.
    holidays : (ISO date, title) of the days it is closed.

    Examples
    --------
    >>> truth = practice("p", start="2026-01-05", people=8)
    >>> len(truth.consultants), truth.teams
    (8, ('north p', 'south p'))
    """
    draws, first = Draws(seed, 7100), date.fromisoformat(start)
    teams = (f"north {code}", f"south {code}")
    size = people / 24
    consultants = tuple(_consultant(code, k, teams[k % 2], first, days, draws) for k in range(people))
    clients = tuple(
        ClientTruth(f"u{code}{k}", teams[k % 2], round(0.5 * draws.normal(), 2), round(draws.lognormal(1.0, 0.8), 2))
        for k in range(max(6, round(18 * size)))
    )
    trial = None
    if days >= 120:
        marks = [(first + timedelta(days=int(days * share))).isoformat() for share in (0.45, 0.7, 0.85)]
        trial = TrialTruth(
            f"t{code}1", "Answer templates for frequent questions", teams, (marks[0], marks[1]), marks[2], 0.82
        )
    return PracticeTruth(
        code=code,
        site=f"practice-{code}",
        title="Consulting practice",
        time_zone=time_zone,
        queue=f"support-{code}",
        teams=teams,
        consultants=consultants,
        clients=clients,
        templates=_TEMPLATES,
        tasks=_TASKS,
        sellers=((f"{code}-s1", 0.25), (f"{code}-s2", 0.6), (f"{code}-s3", 1.1)),
        estimators=((f"{code}-e1", -0.05), (f"{code}-e2", 0.08), (f"{code}-e3", 0.3)),
        graders=(
            GraderTruth(f"{code}-q1", "Quality specialist", 0.0, 0.05),
            GraderTruth(f"{code}-q2", "Quality specialist", 6.0, 0.06),
            GraderTruth(f"{code}-q3", "Quality specialist", -5.0, 0.06),
            GraderTruth(f"{code}-q4", "Quality specialist", 1.5, 0.12),
        ),
        rates=_RATES,
        special_rates=(
            ("consultant", clients[0].customer_id, 8800),
            ("senior consultant", clients[0].customer_id, 11500),
        ),
        holidays=holidays,
        trial=trial,
        start=start,
        deals_per_week=round(2.4 * size, 3),
        backlog=round(12 * size),
        pipeline=round(16 * size),
        support_per_day=round(16.0 * size, 3),
        critical_share=0.06,
    )


def _consultant(code: str, k: int, team: str, first: date, days: int, draws: Draws) -> ConsultantTruth:
    role = "principal" if k % 8 == 4 else "senior consultant" if k % 8 in (0, 3, 6) else "consultant"
    name = f"{_FIRST[int(draws.random() * len(_FIRST))]} {_LAST[int(draws.random() * len(_LAST))]}"
    leave = []
    for at in range(0, days, 75):
        if days - at >= 30:
            a = first + timedelta(days=at + 5 + int(draws.random() * min(55, days - at - 20)))
            leave.append((a.isoformat(), (a + timedelta(days=(3, 7, 14)[int(draws.random() * 3)])).isoformat()))
    return ConsultantTruth(
        f"{code}-{k + 1:02d}",
        name,
        team,
        role,
        _WEEKS[k % len(_WEEKS)],
        _PROFILES[k % len(_PROFILES)],
        _COSTS[role],
        pace=round(min(1.25, max(0.8, 1.0 + 0.09 * draws.normal())), 3),
        quality=round(min(0.93, max(0.7, 0.83 + 0.05 * draws.normal())), 3),
        leave=tuple(leave),
    )
