"""Better and better rosters by taking a few people's lines out and giving each anew the best line left."""

from __future__ import annotations

from math import exp, inf
from typing import NamedTuple

import numpy as np

from troth.capacity.roster._arrays import Automata, Stacked
from troth.capacity.roster._dp import Rules, Tables, best_line, size_of
from troth.capacity.roster._tasks import slot_price, stretches, write_stretches
from troth.core.machine import kernel


class Board(NamedTuple):
    """A roster under change.

    Parameters
    ----------
    lines : (P, D) option of each day, -1 free.
    acts : (P, S) activity of each slot, -1 none.
    by_kind, by_slot : (D, K) and (S, A) people there.
    gain : (S, A) price of one more person.
    """

    lines: np.ndarray
    acts: np.ndarray
    by_kind: np.ndarray
    by_slot: np.ndarray
    gain: np.ndarray


class Scratch(NamedTuple):
    """Room for the kernels."""

    price: np.ndarray
    grouped: np.ndarray
    picked: np.ndarray
    off: np.ndarray
    tables: Tables
    groups: np.ndarray
    line: np.ndarray
    summed: np.ndarray
    values: np.ndarray
    upto: np.ndarray
    since: np.ndarray
    came: np.ndarray
    doing: np.ndarray
    row: np.ndarray


@kernel
def _largest(automata: Automata) -> int:
    most = 0
    for p in range(automata.numbers.shape[0]):
        most = max(most, size_of(automata.numbers[p], automata.follows.shape[1]))
    return most


@kernel
def empty_board(arrays: Stacked) -> Board:
    """Return a roster in which nobody works."""
    people, days, _ = arrays.cost.shape
    slots, kinds = arrays.floor.shape
    board = Board(
        np.full((people, days), -1, np.int64),
        np.full((people, slots if kinds else 0), -1, np.int16),
        np.zeros((days, arrays.cover.shape[1]), np.int64),
        np.zeros((slots, kinds), np.int64),
        np.zeros((slots, kinds)),
    )
    for s in range(slots):
        for a in range(kinds):
            _regain(arrays, board, s, a)
    return board


@kernel
def fill(arrays: Stacked, board: Board) -> None:
    """Count who is where from lines and activities."""
    board.by_kind[:] = 0
    board.by_slot[:] = 0
    for p in range(board.lines.shape[0]):
        count(arrays, board, p, 1)
    for s in range(board.gain.shape[0]):
        for a in range(board.gain.shape[1]):
            _regain(arrays, board, s, a)


@kernel
def _slot(arrays: Stacked, n: int, s: int, a: int) -> float:
    return slot_price(
        n, arrays.floor[s, a], arrays.wanted[s, a], arrays.most[s, a], arrays.under[s, a], arrays.over[a],
        arrays.square[a], arrays.hard[s, a],
    )  # fmt: skip


@kernel
def _regain(arrays: Stacked, board: Board, s: int, a: int) -> None:
    n = board.by_slot[s, a]
    board.gain[s, a] = _slot(arrays, n + 1, s, a) - _slot(arrays, n, s, a)


@kernel
def room(arrays: Stacked) -> Scratch:
    """Return scratch for one thread."""
    _, days, options = arrays.cost.shape
    slots, kinds = arrays.floor.shape
    size = max(_largest(arrays.fine), _largest(arrays.coarse))
    groups = max(arrays.fine.units.shape[1], arrays.coarse.units.shape[1])
    longest = arrays.length.max() if kinds else 0
    rests = arrays.pauses.shape[1]
    tables = Tables(
        np.empty((2, size)), np.empty((2, 2, size), np.int64), np.empty((days, size), np.int32),
        np.empty((days, size), np.int16),
    )  # fmt: skip
    return Scratch(
        np.empty((days, options)), np.empty((days, groups)), np.empty((days, groups), np.int64), np.empty(days), tables,
        np.empty(days, np.int64), np.empty(days, np.int64),
        np.zeros((slots + 1, kinds)), np.empty((2, longest + 1)), np.empty((longest + 1, rests + 1)),
        np.empty((longest + 1, rests + 1), np.int64), np.empty((longest + 1, rests + 1, kinds), np.int64),
        np.empty((longest + 1, rests + 1, kinds)), np.empty(slots if kinds else 0, np.int16),
    )  # fmt: skip


@kernel
def rules_of(automata: Automata, p: int) -> Rules:
    """Return a person's rules."""
    return Rules(
        automata.before_class[p], automata.follows[p], automata.units[p], automata.extra[p], automata.numbers[p],
        automata.fields[p], automata.steps[p], automata.field_weekly[p],
    )  # fmt: skip


@kernel
def count(arrays: Stacked, board: Board, p: int, by: int) -> None:
    """Add a person's line to the counts, or take it away."""
    for d in range(board.lines.shape[1]):
        o = board.lines[p, d]
        if o < 0:
            continue
        board.by_kind[d, arrays.kind[o]] += by
        if board.acts.shape[1]:
            first = d * _per_day(arrays, board) + arrays.first[o]
            for s in range(first, first + arrays.length[o]):
                a = board.acts[p, s]
                if a >= 0:
                    board.by_slot[s, a] += by
                    _regain(arrays, board, s, a)


@kernel
def _per_day(arrays: Stacked, board: Board) -> int:
    return int(board.acts.shape[1] // (arrays.cost.shape[1] + 2))  # two days of slots follow the horizon


@kernel
def own(arrays: Stacked, board: Board, p: int) -> float:
    """Return what a person's line costs by itself."""
    return own_price(arrays, p, board.lines[p])


@kernel
def own_price(arrays: Stacked, p: int, line: np.ndarray) -> float:
    """Return what a line costs a person by itself, the number of weekends included."""
    value, worked, saturday = 0.0, 0, False
    for d in range(len(line)):
        o = line[d]
        value += arrays.off[p, d] if o < 0 else arrays.cost[p, d, o]
        if arrays.weekend[d] == 1:
            saturday = o >= 0
            worked += 1 if saturday else 0
        elif arrays.weekend[d] == 2:
            worked += 1 if o >= 0 and not saturday else 0
            saturday = False
    return float(value + arrays.tail[p, min(worked, arrays.tail.shape[1] - 1)])


@kernel
def covered(arrays: Stacked, board: Board) -> float:
    """Return what the cover costs, floors included."""
    value = 0.0
    for d in range(board.by_kind.shape[0]):
        for k in range(board.by_kind.shape[1]):
            value += arrays.cover[d, k, board.by_kind[d, k]]
    for s in range(board.by_slot.shape[0]):
        for a in range(board.by_slot.shape[1]):
            value += _slot(arrays, board.by_slot[s, a], s, a)
    return value


@kernel
def value_of(arrays: Stacked, board: Board) -> float:
    """Return what the whole roster costs."""
    value = covered(arrays, board)
    for p in range(board.lines.shape[0]):
        value += own(arrays, board, p)
    return value


@kernel
def _price(
    arrays: Stacked, board: Board, p: int, noise: float, within: int, rng: np.random.Generator, scratch: Scratch
) -> None:
    """Price every option and free day of a person beside what others cover.

    `within`: only the days now worked may be worked, and they must.
    """
    days, options = arrays.cost.shape[1], arrays.cost.shape[2]
    tasks = board.acts.shape[1] > 0
    if tasks:
        per_day = _per_day(arrays, board)
        for s in range(board.gain.shape[0]):
            for a in range(board.gain.shape[1]):
                scratch.summed[s + 1, a] = scratch.summed[s, a] + board.gain[s, a]
    for d in range(days):
        scratch.off[d] = inf if within and board.lines[p, d] >= 0 else arrays.off[p, d]
        at, k_at = -1, -1
        for o in range(options):
            price = arrays.cost[p, d, o]
            if price == inf or (within and board.lines[p, d] < 0):
                scratch.price[d, o] = inf
                continue
            k = arrays.kind[o]
            n = board.by_kind[d, k]
            price += arrays.cover[d, k, n + 1] - arrays.cover[d, k, n]
            if tasks:
                if arrays.first[o] != at or k != k_at:  # options of one kind and start stand together
                    at, k_at = arrays.first[o], k
                    longest = 0
                    for i in range(o, options):
                        if arrays.first[i] != at or arrays.kind[i] != k:
                            break
                        longest = max(longest, arrays.length[i])
                    stretches(
                        d * per_day + at, longest, board.gain, scratch.summed, arrays.able[p], arrays.shortest,
                        arrays.pauses[k, : arrays.rests[k]], scratch.values, scratch.upto, scratch.since, scratch.came,
                        scratch.doing,
                    )  # fmt: skip
                price += scratch.values[1 if arrays.paused[o] else 0, arrays.length[o]]
            if noise > 0.0 and price < inf:
                price += noise * rng.random()
            scratch.price[d, o] = price


@kernel
def _line(arrays: Stacked, automata: Automata, p: int, scratch: Scratch) -> float:
    """Write the best line at the prices in scratch; return its price, infinite if there is none."""
    days, options = scratch.price.shape
    groups = automata.units.shape[1]
    for d in range(days):
        for g in range(groups):
            scratch.grouped[d, g] = inf
        for o in range(options):
            g = automata.group[p, o]
            if g >= 0 and scratch.price[d, o] < scratch.grouped[d, g]:
                scratch.grouped[d, g] = scratch.price[d, o]
                scratch.picked[d, g] = o
    found = best_line(
        scratch.grouped, scratch.off, rules_of(automata, p), arrays.weekend, arrays.monday, arrays.tail[p],
        scratch.tables, scratch.groups,
    )  # fmt: skip
    if found < inf:
        for d in range(days):
            g = scratch.groups[d]
            scratch.line[d] = scratch.picked[d, g] if g >= 0 else -1
    return found


@kernel
def insert(
    arrays: Stacked, board: Board, p: int, noise: float, within: int, rng: np.random.Generator, scratch: Scratch
) -> bool:
    """Give a person, whose line is not counted, the best line beside the others' and count it; tell whether there is one.

    If there is none the board is as it was.
    """
    _price(arrays, board, p, noise, within, rng, scratch)
    found = inf
    if not within:
        found = _line(arrays, arrays.coarse, p, scratch)
    if found == inf:
        found = _line(arrays, arrays.fine, p, scratch)
    if found == inf:
        return False
    board.lines[p] = scratch.line
    if board.acts.shape[1]:
        per_day = _per_day(arrays, board)
        board.acts[p] = -1
        for d in range(len(scratch.line)):
            o = scratch.line[d]
            if o < 0:
                continue
            k = arrays.kind[o]
            first, length = d * per_day + arrays.first[o], arrays.length[o]
            pauses = arrays.pauses[k, : arrays.rests[k]]
            stretches(
                first, length, board.gain, scratch.summed, arrays.able[p], arrays.shortest, pauses, scratch.values,
                scratch.upto, scratch.since, scratch.came, scratch.doing,
            )  # fmt: skip
            rests = arrays.rests[k] if arrays.paused[o] else 0
            write_stretches(length, rests, pauses, scratch.since, scratch.came, scratch.doing, scratch.row)
            for s in range(length):
                board.acts[p, first + s] = scratch.row[s]
    count(arrays, board, p, 1)
    return True


@kernel
def start(arrays: Stacked, rng: np.random.Generator, board: Board, who: np.ndarray, scratch: Scratch) -> int:
    """Give these people, who have none, a line each, one after the other; return how many get none."""
    lost = 0
    for p in rng.permutation(who):
        if not insert(arrays, board, p, 0.0, 0, rng, scratch):
            lost += 1
    return lost


@kernel
def improve(
    arrays: Stacked,
    rng: np.random.Generator,
    moves: int,
    heat: float,
    board: Board,
    best_lines: np.ndarray,
    best_acts: np.ndarray,
    least: float,
    movable: np.ndarray,
    scratch: Scratch,
) -> tuple[float, float]:
    """Try moves on a board; keep the best lines and activities seen.

    Parameters
    ----------
    heat : a worse roster is kept with probability exp(-worse / heat).
    least : price of the best.
    movable : people whose lines may change.

    Returns
    -------
    the price of the board, and of the best.
    """
    days = board.lines.shape[1]
    order = movable.copy()
    old_lines = np.empty((4, days), np.int64)
    old_acts = np.empty((4, board.acts.shape[1]), np.int16)
    value = value_of(arrays, board)
    tasks = board.acts.shape[1] > 0
    for _ in range(moves):
        dice = rng.random()
        many = min(len(movable), 1 if dice < 0.15 else 2 if dice < 0.55 else 3 if dice < 0.85 else 4)
        for k in range(many):
            other = rng.integers(k, len(order))
            order[k], order[other] = order[other], order[k]
        chosen = order[:many].copy()
        within = 1 if tasks and rng.random() < 0.4 else 0
        before = covered(arrays, board)
        for k in range(many):
            p = chosen[k]
            old_lines[k] = board.lines[p]
            old_acts[k] = board.acts[p]
            before += own(arrays, board, p)
            count(arrays, board, p, -1)
        noise = 0.0 if rng.random() < 0.3 else heat * rng.random()
        done = 0
        after = 0.0
        for k in range(many):
            if not insert(arrays, board, chosen[k], noise if k < many - 1 else 0.0, within, rng, scratch):
                break
            after += own(arrays, board, chosen[k])
            done = k + 1
        worse = after + covered(arrays, board) - before if done == many else inf
        if worse <= 0.0 or (heat > 0.0 and worse < inf and rng.random() < exp(-worse / heat)):
            value += worse
            if value < least - 1e-9:
                least = value
                best_lines[:] = board.lines
                best_acts[:] = board.acts
            continue
        for k in range(many):
            p = chosen[k]
            if k < done:
                count(arrays, board, p, -1)
            board.lines[p] = old_lines[k]
            board.acts[p] = old_acts[k]
            count(arrays, board, p, 1)
    return value, least
