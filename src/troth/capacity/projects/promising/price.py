"""What an earlier date costs: hours of the skills it waits for, bought until it is kept as likely as is wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import numpy as np

from troth.capacity.projects.portfolio import Deal
from troth.capacity.projects.promising._guest import Asked, asked, placed
from troth.capacity.projects.promising._jobs import NEVER
from troth.capacity.projects.promising._place import Extra
from troth.capacity.projects.promising.answer import EarlierPrice
from troth.capacity.projects.promising.prepare import PreparedFutures

#: A sum of weights that should be a level may miss it by so much.
_TINY: Final = 1e-9
#: Hours a week that are tried, from few to many.
_TRIED: Final = (4.0, 8.0, 12.0, 16.0, 24.0, 32.0, 40.0, 60.0, 80.0, 120.0, 160.0)


def earlier(
    prepared: PreparedFutures,
    *,
    deal: str | Deal,
    by: date,
    level: float = 0.8,
    of: str = "start",
    cents: Mapping[str, int] | None = None,
) -> tuple[EarlierPrice, ...]:
    """Return what could be bought so that a start or finish by a day is kept with a probability, the cheapest first.

    Each skill of the project that keeps it waiting is tried alone, then all of them together, from the earliest possible week
    to that of the day; the hours are those of somebody at the level the work needs, who works as estimated.

    Parameters
    ----------
    of : ``"start"`` or ``"finish"``.
    cents : price of an hour by skill, hired or subcontracted; what its people cost on average for a skill not named. Where
        neither is known, neither is the price of the day: such answers come last.

    Returns
    -------
    empty if nothing helps (the client or the decision comes later); with no hours if the day is kept anyway.

    Raises
    ------
    InputError
        As `promise`.
    ValueError
        Of another `of`.
    """
    if of not in ("start", "finish"):
        raise ValueError(f"It is 'start' or 'finish', not {of!r}.")
    question, at = asked(prepared, deal), (by - prepared.origin).days
    search = _Search(question, at=at, of=of, cents=cents or {})
    before, out = search.chance((), 0.0)
    if before >= level - _TINY:
        return (search.told((), 0.0, out, before, before),)
    needed = sorted(set(question.guest.shapes.skill.tolist()))
    tried: list[tuple[int, ...]] = [(s,) for s in needed if out.blocked[:, s].any() or of == "finish"]
    if len(tried) > 1:
        tried.append(tuple(s for (s,) in tried))
    found = [one for skills in tried if (one := search.least(skills, level, before)) is not None]
    return tuple(sorted(found, key=lambda one: (one.cents is None, one.cents or 0.0, one.hours, one.skills)))


class _Search:
    """Hours that are enough."""

    def __init__(self, question: Asked, *, at: int, of: str, cents: Mapping[str, int]) -> None:
        prepared = question.prepared
        self.prepared, self.question, self.at, self.of, self.cents = prepared, question, at, of, cents
        start = at if of == "start" else None
        self.guest = question.in_line(start if prepared.beliefs.house.by_promise else None)
        today = prepared.portfolio.day.weekday()
        self.first = max(int(question.won.min()) + 6, today, min(question.job.wanted, at)) // 7

    def chance(self, skills: Sequence[int], hours: float) -> tuple[float, Any]:
        """Return the probability with hours a week of each of some skills, and how it was placed."""
        bought = np.zeros(len(self.prepared.skills))
        bought[list(skills)] = hours
        out = placed(
            self.prepared, self.guest, whole=self.of == "finish", extra=Extra(bought, self.first, self.at // 7 + 1)
        )
        found = np.where(out.start < NEVER, out.start - self.question.slip, NEVER) if self.of == "start" else out.finish
        return float(min(self.question.weight[found <= self.at].sum(), 1.0)), out

    def least(self, skills: tuple[int, ...], level: float, before: float) -> EarlierPrice | None:
        """Return the fewest hours of the tried ones that are enough; None if none are."""
        low, high = 0, len(_TRIED) - 1
        best = self.chance(skills, _TRIED[high])
        if best[0] < level - _TINY:
            return None
        while low < high:
            middle = (low + high) // 2
            tried = self.chance(skills, _TRIED[middle])
            if tried[0] >= level - _TINY:
                high, best = middle, tried
            else:
                low = middle + 1
        return self.told(skills, _TRIED[high], best[1], best[0], before)

    def told(self, skills: tuple[int, ...], hours: float, out: Any, after: float, before: float) -> EarlierPrice:
        """Return an answer; a start needs hours until it is begun, the work on them is counted till the day."""
        p = self.prepared
        used = (self.question.weight[:, None] * out.bought).sum(axis=0)
        costs = [self._cost(s, float(used[s])) for s in skills]
        cost = None if None in costs else sum(one for one in costs if one is not None)
        return EarlierPrice(
            p.day(self.at), self.of, tuple(p.skills[s] for s in skills), hours, p.day(7 * self.first),
            p.day(7 * (self.at // 7 + 1)), float(used.sum()), cost, after, before,
        )  # fmt: skip

    def _cost(self, s: int, hours: float) -> float | None:
        """Return what hours of a skill cost; None if nobody says so."""
        name = self.prepared.skills[s]
        if name in self.cents:
            return hours * self.cents[name]
        if hours <= 0:
            return 0.0
        day = self.prepared.portfolio.day
        costs = [
            terms.cost_cents for k, one in enumerate(self.prepared.portfolio.people)
            if self.prepared.world.pace[k, s] > 0 and (terms := one.terms_on(day)) is not None and terms.cost_cents
        ]  # fmt: skip
        return hours * float(np.mean(costs)) if costs else None
