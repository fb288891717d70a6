"""Futures lived again with one project won or lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from troth.capacity.projects.promising._draws import Draws, cut
from troth.capacity.projects.promising._guest import Asked
from troth.capacity.projects.promising._jobs import NEVER
from troth.capacity.projects.promising._run import blank, in_groups, live_group
from troth.capacity.projects.promising._state import Lived
from troth.capacity.projects.promising._world import Shapes, World
from troth.capacity.projects.promising.prepare import PreparedFutures


@dataclass(frozen=True, eq=False)
class Relived:
    """First and last days of jobs in futures that were lived again, (n, J), and of the question's own project, (n,)."""

    start: Any
    finish: Any
    own_start: Any
    own_finish: Any


def lived_with(
    prepared: PreparedFutures, question: Asked, *, start: float | None, futures: int, weeks: int, won: bool = True
) -> Relived:
    """Live the first futures again: with the question's project won, or lost if not `won`.

    Parameters
    ----------
    start : day index for which its start is promised; None leaves it at its usual turn.
    """
    world, draws, started = _joined(prepared, question, futures)
    number = question.number if question.number >= 0 else draws.won.shape[1] - 1
    draws.won[:, number] = question.won[:futures] if won else NEVER
    draws.told[:, number] = question.guest.told[:futures]
    promised = start is not None and prepared.beliefs.house.by_promise
    draws.order[:, number] = start if promised else question.guest.order[:futures]
    out = blank(futures, weeks=weeks, people=0, jobs=draws.won.shape[1], edges=0, skills=len(prepared.skills))
    people = len(prepared.portfolio.people)
    out = out._replace(
        free=np.zeros((futures, weeks, 0, people), np.uint8), room=np.zeros((futures, weeks, people), np.uint8),
        worked=np.zeros((futures, weeks, people), np.uint8),
    )  # fmt: skip
    _run(world, draws, out, started, futures, weeks)
    many = len(prepared.jobs)
    return Relived(out.start[:, :many], out.finish[:, :many], out.start[:, number], out.finish[:, number])


def _run(world: World, draws: Draws, out: Lived, started: Any, futures: int, weeks: int) -> None:
    none, edges = np.zeros(draws.won.shape[1], np.bool_), np.zeros(0)

    def one(part: tuple[int, int]) -> Any:
        return live_group(world, draws, out, edges, started, none, part, weeks)

    for _ in in_groups(one, futures=futures, chunk=(futures + 1) // 2):
        pass


def _joined(prepared: PreparedFutures, question: Asked, n: int) -> tuple[World, Draws, Any]:
    """Return world and the first draws, to be changed, with the question's project in them."""
    d, world, started = prepared.draws, prepared.world, prepared.started
    first = cut(d, futures=n)
    k, guest = question.number, question.guest
    if k >= 0:
        return world, first, started
    structures = len(world.shapes.task_at) - 1
    own = {
        "shape": structures,
        "size": 1,
        "won": NEVER,
        "wanted": guest.wanted,
        "told": 0,
        "slip": guest.slip[:n],
        "order": guest.order[:n],
    }
    more = {name: _beside(getattr(first, name), np.broadcast_to(value, n)) for name, value in own.items()}
    ratio = np.concatenate([first.ratio, guest.ratio[:n]], axis=1)
    at = np.append(d.task_at, d.task_at[-1] + guest.ratio.shape[1])
    world = world._replace(shapes=_appended(world.shapes, guest.shapes))
    return world, first._replace(**more, ratio=ratio, task_at=at), np.append(started, NEVER)


def _beside(table: Any, column: Any) -> Any:
    return np.concatenate([table, np.asarray(column)[:, None].astype(table.dtype)], axis=1)


def _appended(all_: Shapes, one: Shapes) -> Shapes:
    """Return structures with one more."""
    found = {name: np.concatenate([getattr(all_, name), getattr(one, name)]) for name in Shapes._fields}
    for name in ("task_at", "phase_at"):
        before = getattr(all_, name)
        found[name] = np.append(before, before[-1] + getattr(one, name)[1:])
    return Shapes(**found)
