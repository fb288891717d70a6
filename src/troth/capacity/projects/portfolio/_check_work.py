"""What is wrong with projects and deals: phases that wait for each other, probabilities, days, skills that nobody has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from graphlib import CycleError, TopologicalSorter

from troth.capacity.projects.portfolio._tell import (
    error,
    info,
    near,
    numbers,
    twice,
    warning,
    window,
    written_otherwise,
)
from troth.capacity.projects.portfolio.people import Consultant
from troth.capacity.projects.portfolio.portfolio import Portfolio
from troth.capacity.projects.portfolio.work import ContractKind, Deal, Project, ProjectPhase, SkillNeed
from troth.core.decision import Issue

_FAR = date.max


def work(portfolio: Portfolio) -> Iterator[Issue]:
    """Yield what is wrong with projects, deals and templates by themselves."""
    yield from twice(portfolio.projects, where="projects", name="project_id", alike=("customer_id",))
    yield from twice(portfolio.deals, where="deals", name="deal_id", alike=("customer_id",))
    yield from _priceless(portfolio)
    known = {one.project_id for one in portfolio.projects}
    for name in sorted({one.deal_id for one in portfolio.deals} & known - {""}):
        advice = "Maybe it is won and the deal is to be left out, or one of them is to be renamed."
        yield error("twice", where=f"deals[{name}]", value="a project and a deal", advice=advice)
    for name, phases in portfolio.templates.items():
        yield from _phases(phases, where=f"templates[{name}]")
    for one in portfolio.projects:
        yield from _project(one, portfolio)
    for deal in portfolio.deals:
        where = f"deals[{deal.deal_id}]"
        yield from numbers(deal, where=where)
        yield from _phases(deal.phases, where=where, begins=deal.wanted)
        yield from _template(portfolio, deal.template, where)
        if deal.phases and deal.kind is not ContractKind.RETAINER and not _hours(deal.phases):
            advice = "Maybe estimate it: without hours it needs nobody, and no start can be promised."
            yield warning("no-hours", where=f"{where}.phases", value="", advice=advice)
        if deal.probability == 0:
            advice = "Maybe it is lost: leave it out. Else it has some chance: it is counted nowhere now."
            yield info("never-won", where=f"{where}.probability", value=deal.probability, advice=advice)
        if deal.wanted < portfolio.day:
            advice = "Maybe ask when they want to begin now: that day is over."
            yield info("wanted-in-the-past", where=f"{where}.wanted", value=deal.wanted, advice=advice)
        if deal.closes is not None and deal.closes < portfolio.day:
            advice = "Maybe it is decided, or the seller expects it later now."
            yield info("decision-overdue", where=f"{where}.closes", value=deal.closes, advice=advice)


def _project(one: Project, portfolio: Portfolio) -> Iterator[Issue]:
    where = f"projects[{one.project_id}]"
    yield from numbers(one, where=where)
    yield from window(one.earliest, one.deadline, where=where)
    yield from _phases(one.phases, where=where, begins=one.earliest)
    yield from _template(portfolio, one.template, where)
    for phase in one.phases:
        if one.deadline is not None and phase.earliest is not None and not phase.deadline:
            yield from window(phase.earliest, one.deadline, where=f"{where}.phases[{phase.phase_id}]")
    if one.started is not None and one.started >= portfolio.day:
        advice = "Maybe `earliest` is meant: `started` is a day on which somebody worked on it."
        yield warning("started-ahead", where=f"{where}.started", value=one.started, advice=advice)
    if one.deadline is not None and one.deadline < portfolio.day and any(not phase.done for phase in one.phases):
        advice = "Maybe agree on a new one: it cannot be kept any more."
        yield info("deadline-over", where=f"{where}.deadline", value=one.deadline, advice=advice)
    known = {who.person_id for who in portfolio.people}
    for name in one.members:
        if name not in known:
            advice = written_otherwise(name, known=known, otherwise="Maybe they left: leave them out.")
            yield warning("unknown-person", where=f"{where}.members", value=name, advice=advice)


def _template(portfolio: Portfolio, name: str, where: str) -> Iterator[Issue]:
    if name and portfolio.templates and name not in portfolio.templates:
        yield warning("unknown-template", where=where, value=name, advice=near(name, known=portfolio.templates))


def _priceless(portfolio: Portfolio) -> Iterator[Issue]:
    """Yield fixed prices that are not told, once: hours do not hang on them, and who asks for money is told of each."""
    works: list[tuple[str, Project | Deal]] = [(f"projects[{one.project_id}]", one) for one in portfolio.projects]
    works += [(f"deals[{one.deal_id}]", one) for one in portfolio.deals]
    lacking = [
        where
        for where, one in works
        if one.kind is ContractKind.FIXED and one.price_cents is None and not all(phase.done for phase in one.phases)
    ]
    if lacking:
        advice = "Maybe add price_cents, or it is paid by time and materials: what it earns is not known until then."
        yield info("no-price", where=f"{lacking[0]}.price_cents", value="", advice=advice, count=len(lacking))


def _hours(phases: Sequence[ProjectPhase]) -> float:
    return sum(need.hours for phase in phases for need in phase.needs)


def _phases(phases: Sequence[ProjectPhase], *, where: str, begins: date | None = None) -> Iterator[Issue]:
    if not phases:
        advice = "Maybe take those of a template: without phases it needs nobody."
        yield warning("no-phases", where=where, value="", advice=advice)
    yield from twice(phases, where=f"{where}.phases", name="phase_id")
    known = {one.phase_id for one in phases}
    for one in phases:
        place = f"{where}.phases[{one.phase_id}]"
        yield from numbers(one, where=place)
        yield from window(one.earliest, one.deadline, where=place)
        for k, need in enumerate(one.needs):
            yield from numbers(need, where=f"{place}.needs[{k}]")
            if not need.skill:
                yield error(
                    "no-skill", where=f"{place}.needs[{k}]", value="", advice="Maybe name it, if only as general."
                )
        for name in one.after:
            if name not in known:
                advice = near(name, known=known - {one.phase_id})
                yield error("unknown-phase", where=f"{place}.after", value=name, advice=advice)
    yield from _cycles(phases, where)
    yield from _too_soon(phases, where, begins)
    shares = sum(one.share or 0.0 for one in phases)
    if shares > 1.0005:
        advice = "Maybe percentages, or a milestone was split without lowering the others."
        yield warning("shares-over-one", where=f"{where}.phases", value=f"{shares:.3g}", advice=advice)


def _too_soon(phases: Sequence[ProjectPhase], where: str, begins: date | None) -> Iterator[Issue]:
    """Yield phases that must end before what they are part of, or a phase that comes first, may begin."""
    first: dict[str, tuple[date, str]] = {
        one.phase_id: max((begins or date.min, where), (one.earliest or date.min, one.phase_id)) for one in phases
    }
    moved = True
    while moved:  # days only grow towards the latest of all, so circles come to rest as well
        moved = False
        for one in phases:
            then = max([first[one.phase_id], *(first[name] for name in one.after if name in first)])
            moved |= then != first[one.phase_id]
            first[one.phase_id] = then
    for one in phases:
        day, because = first[one.phase_id]
        own = one.earliest is not None and one.deadline is not None and one.deadline < one.earliest
        if one.deadline is not None and one.deadline < day and not one.done and not own:
            advice = f"Maybe a later deadline, or {because} begins sooner: it cannot begin before {day}."
            shown = f"from {day}, by {one.deadline}"
            yield error("deadline-before-start", where=f"{where}.phases[{one.phase_id}]", value=shown, advice=advice)


def _cycles(phases: Sequence[ProjectPhase], where: str) -> Iterator[Issue]:
    """Yield circles of phases that wait for each other, none sharing a phase with another."""
    known = {one.phase_id for one in phases}
    left = {one.phase_id: {name for name in one.after if name in known} for one in phases}
    while left:
        try:
            TopologicalSorter({name: after & set(left) for name, after in left.items()}).prepare()
        except CycleError as found:
            circle: list[str] = found.args[1]
            advice = f"Maybe {circle[1]} need not wait for {circle[0]}: in a circle nothing can begin."
            yield error(
                "cyclic-phases", where=f"{where}.phases[{circle[0]}]", value=" before ".join(circle), advice=advice
            )
            for name in circle[1:]:
                left.pop(name, None)
        else:
            return


def unheld(portfolio: Portfolio) -> Iterator[Issue]:
    """Yield skills that nobody has at the level from when they are needed on, each once with how often it is."""
    wanted: dict[tuple[str, float], list[tuple[str, date]]] = {}
    for where, phases, begins in _all(portfolio):
        for phase in phases:
            for need in phase.needs:
                if need.skill and not phase.done and need.remaining > 0:
                    first = max(portfolio.day, begins or portfolio.day, phase.earliest or portfolio.day)
                    place = f"{where}.phases[{phase.phase_id}]"
                    wanted.setdefault((need.skill, need.level), []).append((place, first))
    for (skill, level), places in wanted.items():
        last = _held_until(portfolio, skill, level)
        lacking = [(place, day) for place, day in places if day >= last]
        if lacking:
            yield _lacking(portfolio, SkillNeed(skill, 0.0, level), lacking)


def _all(portfolio: Portfolio) -> Iterator[tuple[str, Sequence[ProjectPhase], date | None]]:
    for one in portfolio.projects:
        yield f"projects[{one.project_id}]", one.phases, one.earliest
    for deal in portfolio.deals:
        yield f"deals[{deal.deal_id}]", deal.phases, deal.wanted


def _lacking(portfolio: Portfolio, need: SkillNeed, places: Sequence[tuple[str, date]]) -> Issue:
    place, day = places[0]
    best = max(
        ((ahead, who.person_id) for who in portfolio.people if (ahead := _best(who, need.skill, day)) > 0), default=None
    )
    if best is not None and best[0] < need.level:
        advice = f"Maybe train {best[1]}, who has level {best[0]:g}, or lower the level."
    elif best is not None:
        advice = f"Maybe renew it for {best[1]}, whose runs out, or hire or subcontract."
    else:
        known = {held.skill for who in portfolio.people for held in who.skills}
        otherwise = "Maybe hire, train or subcontract: nobody has it from then on."
        advice = otherwise if need.skill in known else near(need.skill, known=known, otherwise=otherwise)
    shown = f"{need.skill} at level {need.level:g} from {day}" if need.level else f"{need.skill} from {day}"
    return warning("skill-nobody-holds", where=place, value=shown, advice=advice, count=len(places))


def _best(who: Consultant, skill: str, day: date) -> float:
    """Return the highest level somebody has of a skill on any day from one on."""
    levels = [one.level for one in who.skills if one.skill == skill and (one.until is None or one.until > day)]
    return 0.0 if who.placeholder else max(levels, default=0.0)


def _held_until(portfolio: Portfolio, skill: str, level: float) -> date:
    """Return the day from which on nobody employed has a skill at a level any more."""
    ends = [
        min(one.until or _FAR, terms.until or _FAR)
        for who in portfolio.people
        if not who.placeholder
        for one in who.skills
        if one.skill == skill and one.level >= level and one.level > 0
        for terms in who.contracts
        if max(one.first or terms.first, terms.first) < min(one.until or _FAR, terms.until or _FAR)
    ]
    return max(ends, default=date.min)
