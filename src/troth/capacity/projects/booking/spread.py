"""How the hours of a booking lie over its days; to the hundredth of an hour, and none lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor

from troth.capacity.projects.portfolio import HoursSpread


@dataclass(frozen=True, slots=True)
class SpreadHours:
    """Hours laid over days.

    Parameters
    ----------
    hours : of each day. With `unplaced` they make up what was asked, to the hundredth of an hour.
    unplaced : what no day has room for.
    over : of each day, what is laid beyond what is free; only an even spread does that.
    """

    hours: tuple[float, ...]
    unplaced: float = 0.0
    over: tuple[float, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether all of it lies in free hours."""
        return not self.unplaced and not any(self.over)


def spread(hours: float, *, free: Sequence[float], kind: HoursSpread, working: Sequence[float] = ()) -> SpreadHours:
    """Return hours laid over days.

    Even: the same on each working day, whether it is free or not; what is beyond the free hours of a day is told. Smart: on each day that
    has room the same, or all its room if that is less, so that full days are passed over. Front: each day filled before the next.

    Parameters
    ----------
    hours : what is to be laid, at least 0; rounded to the hundredth.
    free : hours of each day that can still be had; parts below a hundredth are left.
    working : hours of each day that are worked at all, by which an even spread knows its days; empty for `free`.

    Notes
    -----
    Even and front load are those of ServiceNow's resource management (product documentation, Resource allocation, 2025). Its smart even
    load skips days that are over-allocated and goes on after the last; here such a day gives the room it has, and the others share the rest evenly.

    Examples
    --------
    >>> week = [6, 6, 6, 6, 0]
    >>> spread(20, free=week, kind=HoursSpread.EVEN).hours
    (5.0, 5.0, 5.0, 5.0, 0.0)
    >>> spread(20, free=week, kind=HoursSpread.FRONT).hours
    (6.0, 6.0, 6.0, 2.0, 0.0)
    >>> spread(20, free=[6, 0, 2, 6, 6], kind=HoursSpread.SMART).hours
    (6.0, 0.0, 2.0, 6.0, 6.0)
    """
    asked = cents(hours)
    room = [floor(one * 100 + 1e-6) for one in free]
    if kind is HoursSpread.EVEN:
        worked = [one > 0 for one in (working or free)]
        return _told(_even(asked, worked), asked, room)
    laid = _front(asked, room) if kind is HoursSpread.FRONT else _level(asked, room)
    return _told(laid, asked, room)


def cents(hours: float) -> int:
    """Return hours in whole hundredths."""
    return round(hours * 100)


def proportional(total: int, *, weights: Sequence[float]) -> list[int]:
    """Return whole units shared in proportion, none lost: the largest remainders get the last ones, of equals the first.

    Examples
    --------
    >>> proportional(100, weights=[1, 1, 1])
    [34, 33, 33]
    """
    whole = sum(weights)
    if whole <= 0:
        return [0] * len(weights)
    exact = [total * one / whole for one in weights]
    out = [floor(one + 1e-9) for one in exact]
    order = sorted(range(len(weights)), key=lambda k: (out[k] - exact[k], k))
    for k in order[: total - sum(out)]:
        out[k] += 1
    return out


def _even(asked: int, worked: Sequence[bool]) -> list[int]:
    """Return the same for each worked day; odd hundredths lie among the days, not at one end."""
    many, out, seen = sum(worked), [], 0
    for one in worked:
        out.append(((seen + one) * asked // many - seen * asked // many) if many else 0)
        seen += one
    return out


def _front(asked: int, room: Sequence[int]) -> list[int]:
    out = []
    for one in room:
        out.append(min(max(one, 0), asked))
        asked -= out[-1]
    return out


def _level(asked: int, room: Sequence[int]) -> list[int]:
    """Return each day its room up to one level, as high as the hours reach; odd hundredths go to the first days with more room."""
    left, level = asked, 0
    open_ = sorted(one for one in room if one > 0)
    for k, one in enumerate(open_):
        many = len(open_) - k
        step = min(one - level, left // many)
        level += step
        left -= step * many
        if level < one:
            break
    out = [min(max(one, 0), level) for one in room]
    for k, one in enumerate(room):
        if left > 0 and one > out[k] == level:
            out[k] += 1
            left -= 1
    return out


def _told(laid: Sequence[int], asked: int, room: Sequence[int]) -> SpreadHours:
    over = [max(a - max(b, 0), 0) for a, b in zip(laid, room, strict=True)]
    return SpreadHours(
        tuple(one / 100 for one in laid),
        (asked - sum(laid)) / 100,
        tuple(one / 100 for one in over) if any(over) else (),
    )
