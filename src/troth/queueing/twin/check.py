"""What is wrong or doubtful with a problem: all of it at once."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.spans import Span, zone
from troth.queueing.discipline import check as check_discipline
from troth.queueing.twin import _most as most
from troth.queueing.twin.problem import Counters, TwinAgent, TwinArrivals, TwinProblem, TwinQueue, TwinStream
from troth.queueing.twin.times import Times


def check(problem: TwinProblem) -> list[Issue]:
    """Return everything wrong or doubtful with a problem; with an error among it, it must not be run.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> [issue.code for issue in check(TwinProblem(noon, noon, (), (), ()))]
    ['end-before-start', 'no-queues', 'no-agents']
    """
    found = [*_whole(problem), *_names(problem)]
    if found and found[0].code == "naive-time":
        return found  # without zones nothing that follows can be told
    for k, queue in enumerate(problem.queues):
        found += _queue(queue, f"queues[{k}]")
    for k, stream in enumerate(problem.streams):
        found += _stream(stream, f"streams[{k}]", cells=_cells(problem))
    for k, agent in enumerate(problem.agents):
        found += _agent(agent, f"agents[{k}]", span=_span(problem) if problem.start < problem.end else None)
    for k, pool in enumerate(problem.counters):
        found += _open(pool, f"counters[{k}].open")
    found += [*_many(problem)]
    if not any(issue.severity is Severity.ERROR for issue in found):
        found += [*_endless(problem), *unserved(problem), *_overloaded(problem)]
    return found


def _cells(problem: TwinProblem) -> int:
    return -int((problem.start - problem.end) // problem.cell) if problem.cell.total_seconds() > 0 else 0


def _whole(problem: TwinProblem) -> Iterator[Issue]:
    for name, at in (("start", problem.start), ("end", problem.end)):
        if at.tzinfo is None:
            yield _error("naive-time", name, str(at), "Maybe add the time zone.")
            return
    if problem.end <= problem.start:
        yield _error("end-before-start", "start and end", f"{problem.start} {problem.end}", "Maybe they are swapped.")
    if problem.cell.total_seconds() <= 0:
        yield _error("out-of-range", "cell", str(problem.cell), "Maybe 30 minutes.")
    elif _cells(problem) > most.CELLS:
        advice = f"Maybe 30 minutes: {most.CELLS} cells from start to end are the most."
        yield _error("out-of-range", "cell", str(problem.cell), advice)
    try:
        zone(problem.time_zone)
    except InputError as error:
        yield from error.issues
    if not problem.queues:
        yield _error("no-queues", "queues", "", "Maybe one queue is enough.")
    if not problem.agents:
        yield _error("no-agents", "agents", "", "Maybe one agent: without any nobody is ever served.")


def _many(problem: TwinProblem) -> Iterator[Issue]:
    """More agents or customers than can be simulated."""
    if len(problem.agents) > most.AGENTS:
        advice = f"Maybe {most.AGENTS} or fewer: that is the most."
        yield _error("out-of-range", "agents", str(len(problem.agents)), advice)
    for k, one in enumerate(problem.policy.reserves):
        if not 0 <= one.agents <= most.AGENTS:
            advice = f"Maybe 1: 0 to {most.AGENTS} can be kept."
            yield _error("out-of-range", f"policy.reserves[{k}].agents", str(one.agents), advice)
    each = [_customers(stream.arrivals) for stream in problem.streams]
    if sum(each) > most.CUSTOMERS:
        k = int(np.argmax(each))
        advice = f"Maybe fewer or a shorter time: {most.CUSTOMERS} customers in all are the most."
        yield _error("out-of-range", f"streams[{k}].arrivals", f"{each[k]:.0f}", advice)


def _customers(given: TwinArrivals) -> float:
    """Return how many customers a course has at most, or on average where chance says; 0 where nothing can be told."""
    if given.per_cell is not None:
        found = float(np.sum(given.per_cell, dtype=np.float64))
    elif given.paths is not None:
        found = float(np.sum(given.paths, axis=-1, dtype=np.float64).max(initial=0))
    else:
        stamps = given.at if given.at is not None else given.booked
        found = 0.0 if stamps is None else float(np.size(stamps))
    return found if np.isfinite(found) else 0.0


def _open(pool: Counters, where: str) -> Iterator[Issue]:
    for n in [n for _, n in pool.open if not 0 <= n <= most.AGENTS][:1]:
        advice = "Maybe 0." if n < 0 else f"Maybe {most.AGENTS} or fewer: that is the most."
        yield _error("out-of-range", where, str(n), advice)


def _names(problem: TwinProblem) -> Iterator[Issue]:
    """Names that occur twice, and names of nothing."""
    queues, streams = {q.name for q in problem.queues}, {s.name for s in problem.streams}
    pools, agents = {c.name for c in problem.counters}, {a.name for a in problem.agents}
    for kind in ("queues", "streams", "agents", "counters"):
        counted = Counter(one.name for one in getattr(problem, kind))
        for name in (name for name, n in counted.items() if n > 1):
            yield _error("name-twice", kind, name, "Maybe give each a name of its own.")
    meant: list[tuple[str, str | None, set[str]]] = []
    for k, stream in enumerate(problem.streams):
        meant += [(f"streams[{k}]", name, queues) for name in (stream.queue, *stream.then)]
    for k, queue in enumerate(problem.queues):
        where = f"queues[{k}]"
        meant += [(f"{where}.onward", way.queue, queues) for way in queue.onward]
        meant += [(f"{where}.onward", way.stream, streams) for way in queue.onward]
        meant += [(f"{where}.callback", queue.callback.queue, queues)] if queue.callback else []
    for k, agent in enumerate(problem.agents):
        where = f"agents[{k}]"
        meant += [(f"{where}.queues", name, queues) for name, _ in agent.queues]
        meant += [(f"{where}.at_counter", name, {name for name, _ in agent.queues}) for name in agent.at_counter]
        meant += [(f"{where}.counters", agent.counters, pools)]
    meant += [("policy.reserves", one.queue, queues) for one in problem.policy.reserves]
    for k, one in enumerate(problem.present):
        where = f"present[{k}]"
        meant += [(where, one.queue, queues), (where, one.stream, streams), (where, one.agent, agents)]
    for where, name, known in meant:
        if name is not None and name not in known:
            nearest = difflib.get_close_matches(name, known, 1, 0.6)
            some = (
                f"Maybe {nearest[0]} is meant."
                if nearest
                else f"Maybe one of {', '.join(sorted(known)) or 'none there is'}."
            )
            yield _error("unknown-name", where, name, some)


def _queue(queue: TwinQueue, where: str) -> Iterator[Issue]:
    for issue in check_discipline(queue.discipline):
        yield Issue(issue.code, issue.severity, f"{where}.discipline.{issue.where}", issue.value, issue.advice)
    for name in ("handle", "wrap", "walk", "patience"):
        yield from _times(getattr(queue, name), f"{where}.{name}")
    offer, again = queue.callback, queue.redial
    lengths = {"missing": queue.missing_s, "target": queue.target_s, "callback.wait": offer.wait_s if offer else 0.0}
    for name, value in (*lengths.items(), ("redial.most", again.most if again else 0)):
        if not 0 <= value <= most.SECONDS:
            yield _error("out-of-range", f"{where}.{name}", str(value), f"Maybe 0: from there to {most.SECONDS}.")
    if not 0 <= queue.hands <= most.HANDS:
        advice = f"Maybe 0 for the whole agent; {most.HANDS} are the most."
        yield _error("out-of-range", f"{where}.hands", str(queue.hands), advice)
    chances = {"balking": queue.balking, "onward": tuple(way.share for way in queue.onward)}
    chances["redial"] = (queue.redial.share,) if queue.redial else ()
    chances["callback"] = (queue.callback.share,) if queue.callback else ()
    for name, values in chances.items():
        for value in values:
            if not 0 <= value <= 1:
                yield _error("not-a-share", f"{where}.{name}", str(value), "Maybe between 0 and 1.")
    if sum(chances["onward"]) > 1 + 1e-9:
        yield _error("shares-above-one", f"{where}.onward", f"{sum(chances['onward']):g}", "Maybe the rest goes home.")
    afters = [way.after for way in queue.onward] + [one.after for one in (queue.redial, queue.callback) if one]
    for after in afters:
        yield from _times(after, f"{where}: after")


def _times(times: Times | None, where: str, *, negative: bool = False) -> Iterator[Issue]:
    if times is None:
        return
    values = times.seconds
    if values.ndim != 1 or not len(values):
        yield _error("no-times", where, str(values.shape), "Maybe leave it out.")
    elif not np.isfinite(values).all():
        yield _error("not-a-number", where, "", "Maybe cut the distribution off: every quantile must be finite.")
    elif values.min() < 0 and not negative:
        yield _error("negative-time", where, f"{values.min():g}", "Maybe drop what cannot be.")
    elif np.abs(values).max() > most.SECONDS:
        advice = f"Maybe cut the distribution off: {most.SECONDS} seconds are the most."
        yield _error("out-of-range", where, f"{values[np.abs(values).argmax()]:g}", advice)
    elif (np.diff(values) < 0).any():
        yield _error("not-rising", where, "", "Maybe sort them: these are quantiles.")


def _stream(stream: TwinStream, where: str, *, cells: int) -> Iterator[Issue]:
    given = stream.arrivals
    yield from _times(stream.handle, f"{where}.handle")
    yield from _times(stream.patience, f"{where}.patience")
    yield from _times(given.lateness, f"{where}.arrivals.lateness", negative=True)
    ways = [given.per_cell is not None, given.paths is not None, given.at is not None or given.booked is not None]
    if sum(ways) != 1:
        yield _error("arrivals", f"{where}.arrivals", "", "Maybe exactly one of per_cell, paths and at (or booked).")
    if not 0 <= given.no_show <= 1:
        yield _error("not-a-share", f"{where}.arrivals.no_show", str(given.no_show), "Maybe between 0 and 1.")
    yield from _counts(given, f"{where}.arrivals", cells)


def _counts(given: TwinArrivals, where: str, cells: int) -> Iterator[Issue]:
    for name, axes in (("per_cell", 1), ("paths", 2), ("at", 1), ("booked", 1)):
        values = getattr(given, name)
        if values is None:
            continue
        if np.ndim(values) != axes:
            yield _error("wrong-shape", f"{where}.{name}", str(np.shape(values)), f"Maybe {axes} axes.")
        elif not np.isfinite(np.asarray(values, dtype=np.float64)).all() or (values.size and values.min() < 0):
            yield _error("bad-count", f"{where}.{name}", "", "Maybe fill the gaps: none may be missing or negative.")
        elif name == "paths" and (np.mod(values, 1) != 0).any():
            yield _error("not-whole", f"{where}.{name}", "", "Maybe round: a path counts customers.")
        elif name in {"per_cell", "paths"} and values.shape[-1] < cells:
            advice = f"Maybe {cells} cells: nobody comes after the last."
            yield Issue("few-cells", Severity.WARNING, f"{where}.{name}", str(values.shape[-1]), advice)
    if given.at is not None and given.booked is not None and np.shape(given.at) != np.shape(given.booked):
        yield _error("wrong-shape", f"{where}.booked", str(np.shape(given.booked)), "Maybe one booked time for each.")


def _agent(agent: TwinAgent, where: str, *, span: Span | None) -> Iterator[Issue]:
    if not 1 <= agent.hands <= most.HANDS:
        yield _error("out-of-range", f"{where}.hands", str(agent.hands), f"Maybe 1; {most.HANDS} are the most.")
    if not 0 < agent.pace <= most.TIMES:
        advice = f"Maybe 1 for the usual pace; {most.TIMES} is the most."
        yield _error("out-of-range", f"{where}.pace", str(agent.pace), advice)
    if agent.beside and (len(agent.beside) < agent.hands or not all(0 < v < np.inf for v in agent.beside)):
        yield _error("out-of-range", f"{where}.beside", str(agent.beside), f"Maybe {agent.hands} speeds above 0.")
    if (agent.counters is None) != (not agent.at_counter):
        yield _error(
            "counters", where, str(agent.counters), "Maybe name both the counters and the queues served there."
        )
    served = [name for name, _ in agent.queues]
    for name in dict.fromkeys(name for name in served if served.count(name) > 1):
        yield _error("name-twice", f"{where}.queues", name, "Maybe name each queue once.")
    if span is not None and agent.shifts and all(shift.clip(span) is None for shift in agent.shifts):
        yield Issue(
            "never-there", Severity.WARNING, f"{where}.shifts", agent.name, "Maybe another day: no shift is in it."
        )
    if not agent.queues:
        yield Issue("idle-agent", Severity.WARNING, where, agent.name, "Maybe give it a queue.")


def _endless(problem: TwinProblem) -> Iterator[Issue]:
    """Contacts that go on and on without an end."""
    names = [queue.name for queue in problem.queues]
    flow = np.zeros((len(names), len(names)))
    for k, queue in enumerate(problem.queues):
        for way in queue.onward:
            flow[k, names.index(way.queue)] += way.share
    if np.abs(np.linalg.eigvals(flow)).max(initial=0) > 1 - 1e-9:
        yield _error("endless", "onward", "", "Maybe lower a share: contacts would go round for ever.")


def unserved(problem: TwinProblem) -> Iterator[Issue]:
    """Yield the queues that nobody ever serves."""
    served = {name for agent in problem.agents if _ever_there(agent, problem) for name, _ in agent.queues}
    for k, queue in enumerate(problem.queues):
        if queue.name not in served:
            yield Issue("nobody-serves", Severity.WARNING, f"queues[{k}]", queue.name, "Maybe an agent lacks it.")


def _overloaded(problem: TwinProblem) -> Iterator[Issue]:
    """Tell of more work than time where nobody gives up."""
    if any(queue.patience is not None for queue in problem.queues):
        return
    work = sum(_work_s(problem.queues, stream) for stream in problem.streams)
    time_s = sum(
        inside.seconds * agent.hands
        for agent in problem.agents
        for shift in agent.shifts
        if (inside := shift.clip(_span(problem))) is not None
    )
    if work > time_s:
        advice = "Maybe more agents, or a patience: waits grow for as long as the simulation runs."
        yield Issue("overloaded", Severity.WARNING, "agents", f"{work / time_s if time_s else np.inf:.2f}", advice)


def _ever_there(agent: TwinAgent, problem: TwinProblem) -> bool:
    return any(shift.clip(_span(problem)) is not None for shift in agent.shifts)


def _span(problem: TwinProblem) -> Span:
    return Span(problem.start, problem.end)


def _work_s(queues: Sequence[TwinQueue], stream: TwinStream) -> float:
    by_name = {queue.name: queue for queue in queues}
    visited = [by_name[name] for name in (stream.queue, *stream.then)]
    each = sum((stream.handle or q.handle).mean_s + (q.wrap.mean_s if q.wrap else 0) for q in visited)
    given = stream.arrivals
    if given.per_cell is not None:
        return float(given.per_cell.sum()) * each
    if given.paths is not None:
        return float(given.paths.sum(axis=1).mean()) * each
    stamps = given.at if given.at is not None else given.booked
    return 0.0 if stamps is None else len(stamps) * each


def _error(code: str, where: str, value: str, advice: str) -> Issue:
    return Issue(code, Severity.ERROR, where, value, advice)
