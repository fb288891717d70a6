"""What nobody can do in a routing problem: no technician, no way, no instant at which a promise can be kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf, isfinite

from troth.core.decision import Issue, Severity
from troth.core.json_input import near
from troth.field.routing._compile import able
from troth.field.routing._judge import service_of
from troth.field.routing.problem import PromisedWindow, RoutingProblem, TimeWindow, VisitRequest

_DOUBT = Severity.WARNING
_ALWAYS = (TimeWindow(-inf, inf),)
#: When work of a visit may start in a shift: not before somebody is there, nor so late that they are not back in time.
_Span = tuple[float, float]


def reach(problem: RoutingProblem) -> Iterator[Issue]:
    """Yield what will go unserved or unkept whatever is planned; the problem must have no errors."""
    people = problem.technicians
    held = {part for one in people for part in one.parts} | {p for d in problem.depots for p in (d.parts or ())}
    tools = {tool for one in people for tool in one.tools} | {t for d in problem.depots for t in (d.tools or ())}
    all_parts, all_tools = any(d.parts is None for d in problem.depots), any(d.tools is None for d in problem.depots)
    skills = {skill for one in people for skill in one.skills}
    for i, visit in enumerate(problem.visits):
        where = f"visits[{visit.visit_id}]"
        for skill in visit.skills:
            if people and skill not in skills:
                advice = near(skill, known=skills, otherwise="Maybe nobody has it yet: it stays unserved.")
                yield Issue("no-such-skill", _DOUBT, where, skill, advice)
        for kind, needed, known, all_ in (
            ("tool", visit.tools, tools, all_tools),
            ("part", visit.parts, held, all_parts),
        ):
            for one in needed:
                if one not in known and not all_:
                    advice = "Maybe a depot has it that is not listed: it stays unserved."
                    yield Issue(f"no-such-{kind}", _DOUBT, where, one, near(one, known=known, otherwise=advice))
        fit = [j for j in range(len(people)) if not able(problem, i, j)]
        if not fit:
            advice = "Maybe skills, territory or exclusions leave nobody together: it stays unserved."
            yield Issue("nobody-may", _DOUBT, where, "", advice)
            continue
        yield from _times(problem, visit, fit, where)


def _times(problem: RoutingProblem, visit: VisitRequest, fit: Sequence[int], where: str) -> Iterator[Issue]:
    """Yield that there is no way to a visit or back, or no instant at which it can start as is wanted."""
    windows, wanted = visit.windows, visit.promised or TimeWindow(-inf, inf)
    spans = []
    for span in _spans(problem, visit, fit):
        start = _earliest([span], windows or _ALWAYS, since=wanted.start_s)
        if isfinite(start) and start <= wanted.end_s:
            return
        spans.append(span)
    if not spans:
        starts = {shift.start_place for j in fit for shift in problem.technicians[j].shifts}
        if not any(isfinite(problem.seconds[start, visit.place]) for start in starts):
            advice = "Maybe the place is on an island of the road map, or its coordinates are wrong."
            yield Issue("unreachable", _DOUBT, where, str(visit.place), advice)
        else:
            advice = "Maybe the road there is one-way, or the matrix lacks the pair: it stays unserved."
            yield Issue("no-way-back", _DOUBT, where, str(visit.place), advice)
        return
    soonest = min(start for start, _ in spans)
    if windows and _earliest(spans, windows) == inf:
        late = soonest > max(w.end_s for w in windows)
        advice = "Maybe the window is of a day on which nobody works."
        said = f"{soonest:.0f} s at the earliest" if late else "nobody is at work then"
        yield Issue("window-cannot-be-kept", _DOUBT, where, said, advice)
        windows = ()
    if visit.promised is not None:
        yield from _promise(spans, visit.promised, windows or _ALWAYS, where)


def _promise(
    spans: Sequence[_Span], promised: PromisedWindow, windows: Sequence[TimeWindow], where: str
) -> Iterator[Issue]:
    """Yield that no start lies in the promised window: as work never starts before it, it starts late or not at all."""
    earliest = _earliest(spans, windows, since=promised.start_s)
    if earliest <= promised.end_s:
        return
    if isfinite(earliest):
        said = f"{(earliest - promised.end_s) / 60:.0f} min late at best"
        advice = "Maybe tell the customer now and agree on another window."
    elif all(w.end_s < promised.start_s for w in windows):
        said = "after the visit's own windows"
        advice = "Maybe one of them is of another day: work never starts before the promise, so it stays unserved."
    else:
        said = "nobody is at work then"
        advice = "Maybe it is of a day on which nobody works: work never starts before it, so it stays unserved."
    yield Issue("promise-cannot-be-kept", _DOUBT, where, said, advice)


def _spans(problem: RoutingProblem, visit: VisitRequest, fit: Sequence[int]) -> Iterator[_Span]:
    """Yield when work may start, for each shift of those who may go in which a way leads there and back."""
    warp = problem.warp
    for j in fit:
        who = problem.technicians[j]
        work = service_of(visit, who)
        for shift in who.shifts:
            end = shift.end_place
            out = float(problem.seconds[shift.start_place, visit.place]) * who.travel_factor
            back = 0.0 if end is None else float(problem.seconds[visit.place, end]) * who.travel_factor
            if not (isfinite(out) and isfinite(back)):
                continue
            arrives = shift.start_s + out
            if warp is not None:
                arrives = min(arrives, float(warp.arrive_s(shift.start_s, drive_s=out)))
                back = 0.0  # by the hour the way home may be shorter than by the matrix
            # Work that fits no shift is no matter of windows: it is tried at the earliest instant.
            yield arrives, max(shift.end_s + shift.overtime_s - back - work, arrives)


def _earliest(spans: Sequence[_Span], windows: Sequence[TimeWindow], *, since: float = -inf) -> float:
    """Return the first instant since one that lies in a span and in a window; infinite if there is none."""
    starts = ((max(start, w.start_s, since), min(end, w.end_s)) for start, end in spans for w in windows)
    return min((start for start, end in starts if start <= end), default=inf)
