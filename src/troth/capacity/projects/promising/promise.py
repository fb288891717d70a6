"""Capable to promise: the question "when can we start?" answered from the prepared futures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

import numpy as np

from troth.capacity.projects.portfolio import Deal
from troth.capacity.projects.promising._guest import Asked, asked, placed
from troth.capacity.projects.promising._jobs import NEVER
from troth.capacity.projects.promising._place import Placed
from troth.capacity.projects.promising.answer import StartAnswer
from troth.capacity.projects.promising.prepare import PreparedFutures
from troth.core.decision import Explanation

#: A sum of weights that should be a level may miss it by so much.
_TINY: Final = 1e-9
#: Weeks after the first possible one that are tried first.
_STEPS: Final = (0, 1, 2, 4, 7, 11, 16, 24, 36, 52)


def promise(
    prepared: PreparedFutures, *, deal: str | Deal, levels: Sequence[float] = (0.5, 0.8, 0.9), weeks: int | None = None
) -> StartAnswer:
    """Return when a deal's project can start and when it is finished, with probabilities.

    Parameters
    ----------
    deal : id of a deal, or of a project that is not begun, that was in the portfolio; or a deal that was not.
    levels : probabilities for which the first days are looked for.
    weeks : how many weeks from the first possible one are looked at; None goes on until almost sure.

    Raises
    ------
    InputError
        ``no-futures``, ``unknown-job``, ``never-won``, ``already-started``, ``already-finished``, ``nothing-to-do``, ``unknown-skill`` and
        what else is wrong with the deal.

    Source
    ------
    The idea of promising from capacity that is not yet taken: M. O. Ball, C.-Y. Chen and Z.-Y. Zhao (2004), Available to
    promise, in Handbook of Quantitative Supply Chain Analysis, 447-483; that probabilities are to be calibrated, then
    sharp: T. Gneiting, F. Balabdaoui and A. E. Raftery (2007), J. R. Statist. Soc. B 69, 243-268.
    """
    question = asked(prepared, deal)
    prepared = question.prepared
    table = _Starts(question)
    days, chances = table.curve(levels, weeks)
    starts = [
        next((day for day, chance in zip(days, chances, strict=True) if chance >= level - _TINY), None)
        for level in levels
    ]
    main = starts[min(range(len(levels)), key=lambda k: abs(levels[k] - 0.8))] if levels else None
    out = placed(prepared, table.guest(None if main is None else (main - prepared.origin).days), whole=True)
    order, mass = _sorted(out.finish, question.weight)
    finishes = [_first(prepared, order, mass, level) for level in levels]
    last = np.flatnonzero(np.append(np.diff(order) > 0, True) & (order < NEVER))
    weight = question.weight
    since = (prepared.portfolio.day - prepared.origin).days
    samples = np.stack(
        [_since(out.start - question.slip, since, out.start), _since(out.finish, since, out.finish), weight]
    )
    return StartAnswer(
        question.job.job_id, prepared.portfolio.day, float(question.chance.mean()), tuple(levels), tuple(starts),
        tuple(finishes), tuple(days), tuple(chances), tuple(prepared.day(k) for k in order[last]), tuple(mass[last].tolist()),
        float(weight[out.start < NEVER].sum()), float(1 / (weight**2).sum()), _explained(prepared, question, out), samples,
    )  # fmt: skip


class _Starts:
    """Starts of a question by the day they are promised for."""

    def __init__(self, question: Asked) -> None:
        self.prepared, self.question = question.prepared, question
        prepared = self.prepared
        self.by_promise = prepared.beliefs.house.by_promise
        self.used = question.guest.won < NEVER
        # Hours booked hard are taken before the line begins, and its own are given back only behind it.
        self.sooner = not (prepared.world.fix_job == question.number).any()
        self.found: dict[int, tuple[Any, Placed]] = {}

    def guest(self, day: int | None) -> Any:
        """Return the guest with a promised day."""
        return self.question.in_line(day if self.by_promise else None)

    def kept(self, day: int) -> Any:
        """Return (F,) days of the start, less the client's own delay, if it is promised for a day."""
        at = day if self.by_promise else 0
        if at not in self.found:
            guest = self.guest(day)
            self.found[at] = (places := self._places(guest)), self._placed(guest, at, places)
        found = self.found[at][1].start
        return np.where(found < NEVER, found - self.question.slip, NEVER)

    def _places(self, guest: Any) -> Any:
        """Return (F,) a number of the places at which its hours are read, before and after a client's delay is told."""
        edges = self.prepared.edges
        before, after = (np.searchsorted(edges, guest.order + late, side="right") for late in (0, guest.slip))
        return np.minimum(before, len(edges) - 1) * len(edges) + np.minimum(after, len(edges) - 1)

    def _placed(self, guest: Any, at: int, places: Any) -> Placed:
        """Place a guest where that was not done before for a day with the same places.

        A later day leaves nobody more room, so weeks in which nobody could be booked for an earlier one are passed over.
        """
        low = max((day for day in self.found if day < at), default=None)
        high = min((day for day in self.found if day > at), default=None)
        which, first = self.used.copy(), None
        known = [self.found[day] for day in (low, high) if day is not None]
        for same, _ in known:
            which &= places != same
        if low is not None and self.sooner:
            first = self.found[low][1].since
        out = placed(self.prepared, guest, whole=False, which=np.flatnonzero(which), first=first)
        for same, one in known:
            rows = places == same
            out.start[rows], out.since[rows] = one.start[rows], one.since[rows]
        return out

    def curve(self, levels: Sequence[float], weeks: int | None) -> tuple[list[date], list[float]]:
        """Return working days and the probability that a start promised for them is kept.

        Weeks are tried in growing steps, then between those around a level; days between tried weeks count as promised for
        the later place in the line.
        """
        p, tried = self.prepared, dict[int, Any]()
        first = max(self.question.job.wanted, (p.portfolio.day - p.origin).days, int(self.question.won.min()))
        until = p.weeks if weeks is None else min(p.weeks, first // 7 + weeks)
        if first // 7 >= until:
            return [], []
        coarse = sorted({min(first // 7 + step, until - 1) for step in (*_STEPS, until)})
        for week in coarse:
            tried[week] = self.kept(7 * week + 4)
            if self._chance(tried[week], week) > 0.995:
                break
        for level in levels:
            known = sorted(tried)
            high = next((week for week in known if self._chance(tried[week], week) >= level - _TINY), None)
            low = max((week for week in known if high is not None and week < high), default=None)
            while high is not None and low is not None and high - low > 1:
                middle = (low + high) // 2
                tried[middle] = self.kept(7 * middle + 4)
                low, high = (low, middle) if self._chance(tried[middle], middle) >= level - _TINY else (middle, high)
        days, chances, at = list[date](), list[float](), first
        for week in sorted(tried):
            for day in range(at, 7 * week + 7):
                if p.world.open_[day]:
                    days.append(p.day(day))
                    chances.append(float(min(1.0, self.question.weight[tried[week] <= day].sum())))
            at = 7 * week + 7
        return days, chances

    def _chance(self, found: Any, week: int) -> float:
        return float(self.question.weight[found <= 7 * week + 6].sum())


def _explained(prepared: PreparedFutures, question: Asked, out: Placed) -> Explanation:
    """Return what a start waits for: the client, the decision, people of a skill; and what takes their hours."""
    weight, parts = question.weight, list[tuple[float, Explanation]]()
    since = prepared.portfolio.day.weekday()
    client = max(question.job.wanted - since, 0) / 7
    late = float((weight * question.slip).sum()) / 7
    parts.append((client + late, Explanation("waits-for-client", {"weeks": client, "late_weeks": late})))
    decision = float((weight * np.maximum(question.won - max(question.job.wanted, since), 0)).sum()) / 7
    if decision > 0:
        parts.append((decision, Explanation("waits-for-decision", {"weeks": decision})))
    for s, name in enumerate(prepared.skills):
        weeks = float((weight * out.blocked[:, s]).sum())
        if weeks > 0:
            share = float(weight[out.blocked[:, s] > 0].sum())
            parts.append((weeks, Explanation("waits-for-skill", {"skill": name, "weeks": weeks, "share": share})))
    parts.sort(key=lambda part: -part[0])
    begun = out.start[out.start < NEVER]
    until = int(np.median(begun)) // 7 + 1 if len(begun) else prepared.weeks
    helped = float(prepared.lived.helped[: prepared.futures, :until].mean())
    room = float(prepared.bookable[:until].sum()) / (2 * prepared.futures * until)
    load = Explanation("reactive-work", {"hours_a_week": helped, "of_hours": room})
    return Explanation("start-binds", {"first": parts[0][1].code}, (*(one for _, one in parts), load))


def _sorted(days: Any, weight: Any) -> tuple[Any, Any]:
    """Return days in order and the weight up to each."""
    order = np.argsort(days, kind="stable")
    return days[order], np.minimum(np.cumsum(weight[order]), 1.0)


def _first(prepared: PreparedFutures, days: Any, mass: Any, level: float) -> date | None:
    at = int(np.searchsorted(mass, level - 1e-12))
    return None if at >= len(days) or days[at] >= NEVER else prepared.origin + timedelta(days=int(days[at]))


def _since(days: Any, since: int, real: Any) -> Any:
    return np.where(real < NEVER, days - since, np.inf)
