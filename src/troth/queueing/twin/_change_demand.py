"""Changes of what customers bring: how many come, how long they take, how patient they are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from troth.core.random import stream as chance
from troth.core.spans import Span, to_micros
from troth.queueing.twin import _most as most
from troth.queueing.twin._change_parts import Change, ChangeError, streams_of
from troth.queueing.twin.problem import TwinArrivals, TwinProblem, TwinQueue, TwinStream
from troth.queueing.twin.times import Times


def arrivals(problem: TwinProblem, change: Change) -> TwinProblem:
    """Return a problem with more or fewer customers.

    Rates are multiplied. Of those who come at known instants some stay away, or others come, too, in the same cells of
    time, as a stream of their own: those who came before then stay the same.
    """
    streams, _ = streams_of(problem, who=change.who)
    names, factor = {stream.name for stream in streams}, change.factor
    if not names:
        raise ChangeError("no-change", "Maybe another queue: nobody comes to this one by itself.")
    spans = change.spans or (Span(problem.start, problem.end),)
    made: list[TwinStream] = []
    for stream in problem.streams:
        made += _changed(stream, problem, spans, factor) if stream.name in names else [stream]
    return replace(problem, streams=tuple(made))


def _changed(stream: TwinStream, problem: TwinProblem, spans: tuple[Span, ...], factor: float) -> list[TwinStream]:
    given, rng = stream.arrivals, chance(0, "change", "arrivals", stream.name)
    if given.per_cell is not None:
        share = _share(problem, spans, len(given.per_cell))
        return [replace(stream, arrivals=replace(given, per_cell=given.per_cell * (1 + (factor - 1) * share)))]
    if given.paths is not None:
        share = _share(problem, spans, given.paths.shape[1])
        wanted = given.paths * (1 + (factor - 1) * share)
        paths = np.floor(wanted) + (rng.random(wanted.shape) < wanted % 1)
        return [replace(stream, arrivals=replace(given, paths=paths.astype(np.int64)))]
    stamps = given.booked if given.booked is not None else given.at
    if stamps is None:
        return [stream]
    inside = np.zeros(len(stamps), dtype=bool)
    for span in spans:
        inside |= (stamps >= to_micros(span.start)) & (stamps < to_micros(span.end))
    often = np.where(inside, factor, 1.0)
    copies = (np.floor(often) + (rng.random(len(stamps)) < often % 1)).astype(np.int64)
    if factor <= 1:
        return [replace(stream, arrivals=_some(given, np.flatnonzero(copies)))]
    if copies.sum() > most.CUSTOMERS:
        raise ChangeError("bad-amount", f"Maybe a smaller one: {most.CUSTOMERS} customers are the most.")
    more = _some(given, np.repeat(np.arange(len(stamps)), copies - 1))
    if more.at is not None and more.booked is None:
        width, start = int(problem.cell.total_seconds() * 1e6), to_micros(problem.start)
        cell = (more.at - start) // width * width + start
        more = replace(more, at=cell + rng.integers(0, width, len(cell)))
    return [stream, replace(stream, name=f"{stream.name}, more", arrivals=more)]


def _some(given: TwinArrivals, rows: NDArray[np.int64]) -> TwinArrivals:
    at, booked = (None if one is None else one[rows] for one in (given.at, given.booked))
    return replace(given, at=at, booked=booked)


def _share(problem: TwinProblem, spans: tuple[Span, ...], cells: int) -> NDArray[np.float64]:
    """Return how much of each cell lies within stretches of time."""
    width = problem.cell.total_seconds()
    edges = np.arange(cells + 1) * width
    found = np.zeros(cells)
    for span in spans:
        start, end = ((at - problem.start).total_seconds() for at in (span.start, span.end))
        # The last cell may reach beyond the end; whatever holds until then holds for all of it.
        end = edges[-1] if span.end >= problem.end else end
        found += np.clip(np.minimum(edges[1:], end) - np.maximum(edges[:-1], start), 0, None) / width
    return np.minimum(found, 1.0)


def handle(problem: TwinProblem, change: Change) -> TwinProblem:
    """Return a problem with other handle times."""
    return _scaled(problem, change, "handle")


def patience(problem: TwinProblem, change: Change) -> TwinProblem:
    """Return a problem with other patience."""
    return _scaled(problem, change, "patience")


def _scaled(problem: TwinProblem, change: Change, name: str) -> TwinProblem:
    """Return a problem with a distribution of queues and of the streams that come to them scaled.

    Where a service or stream is named, only its own customers change.
    """
    streams, queues = streams_of(problem, who=change.who)
    factor, meant = change.factor, {stream.name for stream in streams}
    whole = not change.who or change.who in queues or not streams
    usual = {queue.name: getattr(queue, name) for queue in problem.queues}

    def of_queue(queue: TwinQueue) -> TwinQueue:
        times: Times | None = getattr(queue, name)
        if not whole or times is None or queue.name not in queues:
            return queue
        more: dict[str, Any] = {name: times.scaled(factor)}
        return replace(queue, **more)

    def of_stream(stream: TwinStream) -> TwinStream:
        own: Times | None = getattr(stream, name)
        times = own if whole else own or usual[stream.queue]
        if times is None or stream.name not in meant:
            return stream
        more: dict[str, Any] = {name: times.scaled(factor)}
        return replace(stream, **more)

    made = replace(problem, queues=tuple(map(of_queue, problem.queues)), streams=tuple(map(of_stream, problem.streams)))
    if all(a is b for a, b in zip((*made.queues, *made.streams), (*problem.queues, *problem.streams), strict=True)):
        raise ChangeError("no-change", f"Maybe another queue: there is no {name} to change.")
    return made
