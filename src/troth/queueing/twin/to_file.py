"""A problem as plain data for JSON: short where it can be, and read back as it was."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import MISSING, fields, replace
from enum import StrEnum
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from troth.core.lengths import length_text
from troth.core.spans import Span, to_micros, zone
from troth.core.terms import AgentState
from troth.queueing.choose import LEVELS
from troth.queueing.discipline import Discipline
from troth.queueing.record import to_json as discipline_json
from troth.queueing.twin._clock import WallClock
from troth.queueing.twin.from_file import FORMAT
from troth.queueing.twin.problem import (
    Counters,
    Policy,
    Present,
    TwinAgent,
    TwinArrivals,
    TwinProblem,
    TwinQueue,
    TwinStream,
)
from troth.queueing.twin.times import STEPS, Times, levels

Plain = dict[str, Any]


def problem_to_json(problem: TwinProblem) -> Plain:
    """Return a problem as plain data that `problem_from_json` reads back as it was; what is as usual is left out.

    Examples
    --------
    >>> from troth.queueing.twin.from_file import problem_from_json
    >>> made, _ = problem_from_json({
    ...     "start": "2026-03-02 08:00", "end": "16:00", "queues": [{"name": "phone", "handle": {"exponential": 240}}],
    ...     "agents": [{"name": "front", "count": 3, "queues": "phone", "shifts": "08:00-16:00"}],
    ... })
    >>> problem_to_json(made)["agents"]
    [{'name': 'front', 'count': 3, 'queues': ['phone'], 'shifts': ['08:00-16:00']}]
    """
    return _Writing(problem).whole()


def problem_text(problem: TwinProblem) -> str:
    """Return a problem as the text of a JSON file, with one queue, stream or agent a line."""
    made, lines = problem_to_json(problem), []
    for key, value in made.items():
        rows = [json.dumps(row, ensure_ascii=False) for row in value] if isinstance(value, list) else []
        inside = "[\n    " + ",\n    ".join(rows) + "\n  ]" if rows else json.dumps(value, ensure_ascii=False)
        lines.append(f"  {json.dumps(key)}: {inside}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


class _Writing:
    """A problem on its way to plain data."""

    def __init__(self, problem: TwinProblem) -> None:
        self.problem = problem
        self.clock = WallClock(Span(problem.start, problem.end), zone(problem.time_zone))

    def whole(self) -> Plain:
        problem, clock = self.problem, self.clock
        made: Plain = {
            "format": FORMAT,
            # The clock's first day is that of the start, so the start itself is written with its date.
            "start": self._start(),
            "end": clock.instant_text(problem.end),
            "time_zone": problem.time_zone,
            "cell": length_text(problem.cell.total_seconds()),
            "queues": [self._queue(one) for one in problem.queues],
            "streams": [self._stream(one) for one in problem.streams],
            "agents": [row for _, alike in groupby(problem.agents, key=_Alike) for row in self._alike(list(alike))],
            "counters": [self._counters(one) for one in problem.counters],
            "policy": self._policy(problem.policy),
            "present": [self._present(one) for one in problem.present],
        }
        usual: Plain = {"time_zone": "UTC", "cell": "30min", "streams": [], "counters": [], "policy": {}, "present": []}
        return {key: value for key, value in made.items() if key not in usual or value != usual[key]}

    def _start(self) -> str:
        text = self.clock.instant_text(self.problem.start)
        return text if "-" in text else f"{self.clock.first} {text}"

    def _queue(self, queue: TwinQueue) -> Plain:
        return self._row(queue, discipline=_discipline, open=self._spans)

    def _stream(self, stream: TwinStream) -> Plain:
        row = self._row(stream, arrivals=self._arrivals, skills=lambda given: [divmod(one, LEVELS) for one in given])
        if stream.name == stream.queue:
            del row["name"]
        return row

    def _arrivals(self, given: TwinArrivals) -> Plain:
        row, rates = self._row(given, at=self._after, booked=self._after), given.per_cell
        if rates is None or not len(rates) or (rates != rates[0]).any():
            return row
        width = self.problem.cell.total_seconds()
        hourly, cells = float(rates[0]) * 3600 / width, -(-self.clock.span.seconds // width)
        if len(rates) != cells or hourly * width / 3600 != rates[0]:
            return row
        return {"per_hour": _number(hourly)} | {key: value for key, value in row.items() if key != "per_cell"}

    def _after(self, micros: NDArray[np.int64]) -> list[Any]:
        begins = to_micros(self.problem.start)
        return [_number((int(at) - begins) / 1e6) for at in micros]

    def _alike(self, agents: Sequence[TwinAgent]) -> Iterator[Plain]:
        """Yield agents who are alike but for their names as one row."""
        names = [agent.name for agent in agents]
        row = self._row(agents[0], queues=_served, shifts=self._spans, breaks=self._breaks)
        base = names[0].removesuffix(" 1")
        if len(names) == 1:
            yield row
        elif names == [f"{base} {k + 1}" for k in range(len(names))]:
            yield {"name": base, "count": len(names)} | {key: value for key, value in row.items() if key != "name"}
        else:
            yield row | {"name": names}

    def _breaks(self, breaks: Sequence[tuple[Span, AgentState]]) -> list[Any]:
        texts = [(self.clock.span_text(span), state) for span, state in breaks]
        return [text if state is AgentState.BREAK else {"at": text, "state": str(state)} for text, state in texts]

    def _spans(self, spans: Sequence[Span]) -> list[str]:
        return [self.clock.span_text(span) for span in spans]

    def _counters(self, counters: Counters) -> Plain:
        return self._row(counters, open=lambda given: [[self.clock.instant_text(at), n] for at, n in given])

    def _policy(self, policy: Policy) -> Plain:
        return self._row(policy, reserves=lambda given: [self._row(one) for one in given])

    def _present(self, one: Present) -> Plain:
        ticket = self._row(one.ticket, skills=lambda given: [divmod(number, LEVELS) for number in given])
        row = {name: value for name, value in self._row(one).items() if name != "ticket"}
        return row | ticket

    def _row(self, record: Any, **special: Callable[[Any], Any]) -> Plain:
        """Return the fields of a record that are not as usual."""
        row: Plain = {}
        for part in fields(record):
            value = getattr(record, part.name)
            usual = part.default if part.default_factory is MISSING else part.default_factory()
            if value is None or (not isinstance(value, np.ndarray | Times) and value == usual):
                continue
            is_length = part.name.endswith("_s")
            row[part.name.removesuffix("_s")] = (
                length_text(value) if is_length else special.get(part.name, self._value)(value)
            )
        return row

    def _value(self, value: Any) -> Any:
        if isinstance(value, Times):
            return times_json(value)
        if isinstance(value, StrEnum):
            return str(value)
        if isinstance(value, np.ndarray):
            return [self._value(row) for row in value] if value.ndim > 1 else [_number(one) for one in value.tolist()]
        if isinstance(value, tuple):
            return [self._value(one) for one in value]
        if isinstance(value, float):
            return _number(value)
        if hasattr(value, "astimezone"):
            return self.clock.instant_text(value)
        return self._row(value) if hasattr(value, "__dataclass_fields__") else value


class _Alike:
    """An agent without its name, equal where all else is."""

    def __init__(self, agent: TwinAgent) -> None:
        self.rest = replace(agent, name="")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Alike) and self.rest == other.rest

    def __hash__(self) -> int:
        return hash(self.rest)


def times_json(times: Times) -> Any:
    """Return a distribution as plain data: one length, an exponential or lognormal one by its mean, else its quantiles.

    Examples
    --------
    >>> times_json(Times.constant(90)), times_json(Times.exponential(240)), times_json(Times.seen([5, 3]))
    ('90s', {'exponential': '4min'}, {'quantiles': [3, 5]})
    """
    values = times.seconds
    if len(values) == 1:
        return length_text(float(values[0]))
    if len(values) == STEPS and values[0] > 0:
        mean = float(f"{-values[-1] / np.log1p(-levels(STEPS)[-1]):.12g}")
        if np.array_equal(Times.exponential(mean).seconds, values):
            return {"exponential": length_text(mean)}
        if (found := _lognormal(times)) is not None:
            return found
    return {"quantiles": _numbers(values)}


def _lognormal(times: Times) -> Plain | None:
    from scipy.special import ndtri

    logs = np.log(times.seconds)
    place = ndtri(levels(STEPS))
    spread = float(f"{(logs[-1] - logs[0]) / (place[-1] - place[0]):.9g}")
    mean = float(f"{np.exp(logs[-1] - spread * place[-1] + spread**2 / 2):.9g}")
    if not spread > 0:
        return None
    alike = np.array_equal(Times.lognormal(mean, spread=spread).seconds, times.seconds)
    return {"lognormal": length_text(mean), "spread": spread} if alike else None


def _discipline(discipline: Discipline) -> Plain:
    return {name: value for name, value in discipline_json(discipline).items() if name != "format"}


def _served(queues: Sequence[tuple[str, int]]) -> Any:
    return [name for name, _ in queues] if not any(rank for _, rank in queues) else dict(queues)


def _numbers(values: NDArray[np.float64]) -> list[float | int]:
    return [_number(value) for value in values.tolist()]


def _number(value: float) -> float | int:
    return int(value) if float(value).is_integer() and abs(value) < 1e15 else value
