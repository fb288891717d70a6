"""What all changes of a problem need: whom they are about, by how much, in which hours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from troth.core.json_input import near
from troth.core.spans import Span, merge
from troth.queueing.twin import _most as most
from troth.queueing.twin._clock import WallClock
from troth.queueing.twin.day import IDLE
from troth.queueing.twin.problem import TwinProblem, TwinStream

_FACTOR: Final = re.compile(r"(?P<sign>[+-])\s*(?P<share>\d+(?:\.\d+)?)\s*%|x\s*(?P<times>\d+(?:\.\d+)?)")


class ChangeError(ValueError):
    """A change that cannot be made: a code and an advice."""

    def __init__(self, code: str, advice: str) -> None:
        super().__init__(f"{code}: {advice}")
        self.code, self.advice = code, advice


@dataclass(frozen=True, slots=True)
class Change:
    """A change as it was read.

    Parameters
    ----------
    who : whom it is about; empty for all.
    value : what is to be, as written.
    spans : the hours in which it holds; None for always.
    clock : of the problem.
    """

    who: str
    value: str
    spans: tuple[Span, ...] | None
    clock: WallClock

    @property
    def factor(self) -> float:
        """The factor that ``+10%``, ``-10%`` or ``x1.5`` means."""
        found = _FACTOR.fullmatch(self.value)
        if found is None:
            raise ChangeError("bad-amount", "Maybe +10%, -10% or x1.5.")
        if found["times"] is not None:
            factor = float(found["times"])
        else:
            factor = 1 + (1 if found["sign"] == "+" else -1) * float(found["share"]) / 100
        if factor < 0:
            raise ChangeError("bad-amount", "Maybe -100% or less: nobody is fewer than none.")
        if factor > most.TIMES:
            raise ChangeError("bad-amount", f"Maybe x{most.TIMES} or less: that is the most.")
        return factor

    @property
    def count(self) -> int:
        """The whole number that ``+1`` or ``-2`` means."""
        found = re.fullmatch(r"(?P<sign>[+-])\s*(?P<number>\d+)", self.value)
        n = 0 if found is None else whole(found["number"])
        if found is None or not n:
            raise ChangeError("bad-amount", "Maybe +1 or -1.")
        return n if found["sign"] == "+" else -n


def whole(digits: str) -> int:
    """Return how many agents or counters digits mean.

    Raises
    ------
    ChangeError
        If they are more than there may be.
    """
    short = digits.lstrip("0") or "0"
    # Python refuses to read a number of thousands of digits, so their count comes first.
    if len(short) > len(str(most.AGENTS)) or int(short) > most.AGENTS:
        raise ChangeError("bad-amount", f"Maybe {most.AGENTS} or fewer: that is the most.")
    return int(short)


def matching(names: Iterable[str], *, who: str) -> list[str]:
    """Return the names meant, in their order; a ``*`` stands for anything.

    Raises
    ------
    ChangeError
        If there is none.
    """
    known = list(dict.fromkeys(names))
    found = [name for name in known if name == who] or [name for name in known if fnmatchcase(name, who)]
    if not found:
        raise ChangeError("unknown-name", near(who, known=known))
    return found


def streams_of(problem: TwinProblem, *, who: str) -> tuple[list[TwinStream], set[str]]:
    """Return the customers meant by a queue, a service or a stream, and the queues they come to; all if nobody is named."""
    real = [stream for stream in problem.streams if stream.service != IDLE]
    queues = [queue.name for queue in problem.queues if queue.name != IDLE]
    if not who:
        return real, set(queues)
    names = [*queues, *(stream.service for stream in real if stream.service), *(stream.name for stream in real)]
    meant = set(matching(names, who=who))
    if meant & set(queues):
        return [stream for stream in real if stream.queue in meant], meant & set(queues)
    found = [stream for stream in real if stream.service in meant or stream.name in meant]
    return found, {stream.queue for stream in found}


def without(spans: Sequence[Span], *, cut: Sequence[Span]) -> tuple[Span, ...]:
    """Return what is left of stretches of time when others are cut out.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> at = [datetime(2026, 3, 2, hour, tzinfo=UTC) for hour in range(24)]
    >>> [(one.start.hour, one.end.hour) for one in without([Span(at[8], at[16])], cut=[Span(at[10], at[12])])]
    [(8, 10), (12, 16)]
    """
    left = merge(spans)
    for gone in cut:
        parts = []
        for span in left:
            if span.clip(gone) is None:
                parts.append(span)
                continue
            parts += [Span(span.start, gone.start)] if span.start < gone.start else []
            parts += [Span(gone.end, span.end)] if gone.end < span.end else []
        left = parts
    return tuple(left)
