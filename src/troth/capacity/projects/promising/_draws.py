"""What chance decides in each future: each thing's luck comes from a stream of its own, so that nothing else shifts it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

import numpy as np
from scipy.special import expit, ndtr, ndtri

from troth.capacity.projects.portfolio import Portfolio, ReactiveLoad
from troth.capacity.projects.promising._jobs import NEVER, Job, logit
from troth.capacity.projects.promising._ratios import ratios
from troth.capacity.projects.promising.beliefs import Beliefs
from troth.core.random import stream


class Draws(NamedTuple):
    """F futures of J jobs (K known, then places for those to come), P people, L loads, D days, T tasks."""

    shape: Any
    """(F, J) number of the structure of each job."""
    task_at: Any
    """(J + 1,) where the tasks of each job are."""
    size: Any
    """(F, J) hours relative to the structure's."""
    won: Any
    """(F, J) day of the win; -1 if sold before, NEVER if it is never won."""
    wanted: Any
    slip: Any
    """(F, J) days by which the client is late, and from when on that is known."""
    told: Any
    order: Any
    """(F, J) place in the line: smaller is served first."""
    ratio: Any
    """(F, T) true hours in all over estimated ones."""
    leave: Any
    back: Any
    load: Any
    """(F, L, D) hours of reactive work that come on a day."""
    key: Any


def cut(draws: Draws, *, futures: int) -> Draws:
    """Return a copy of the draws of the first futures."""
    return Draws(**{
        name: value if name == "task_at" else value[:futures].copy() for name, value in draws._asdict().items()
    })  # fmt: skip


@dataclass(frozen=True, slots=True)
class Luck:
    """What chance makes of one job: decided on a day, won with a chance given the market, and so on. Arrays of F.

    Parameters
    ----------
    chance : probability of the win given the market of the month it is decided in.
    wins : whether it is won.
    ratio : (F, tasks).
    """

    day: Any
    chance: Any
    wins: Any
    slip: Any
    ratio: Any


class Fate:
    """Draws of a seed for a portfolio under beliefs.

    Parameters
    ----------
    origin : the first Monday.
    weeks : to draw for.
    """

    def __init__(
        self, portfolio: Portfolio, beliefs: Beliefs, *, origin: date, futures: int, weeks: int, seed: int
    ) -> None:
        self.portfolio, self.beliefs, self.origin = portfolio, beliefs, origin
        self.futures, self.days, self.seed = futures, 7 * weeks, seed
        self.today = portfolio.day.weekday()
        days = [origin + timedelta(days=k) for k in range(self.days)]
        self.month = np.array([12 * (day.year - origin.year) + day.month - origin.month for day in days], np.int64)
        self.season = np.array([day.month - 1 for day in days], np.int64)
        self.market = self._markets(int(self.month[-1]) + 1)
        #: (F,) what the log ratios of all tasks of a future have in common.
        self.common = beliefs.common_sd * stream(seed, "estimates").standard_normal(futures)
        #: (F,) what the log odds of all deals have in common.
        self.odds = beliefs.wins.common_sd * stream(seed, "odds").standard_normal(futures)

    def _markets(self, many: int) -> Any:
        wins, draws = self.beliefs.wins, stream(self.seed, "market").standard_normal((many, self.futures))
        keep, found = wins.memory, np.empty((many, self.futures))
        found[0] = wins.mood + wins.mood_sd * draws[0]
        for k in range(1, many):
            found[k] = keep * found[k - 1] + (1 - keep * keep) ** 0.5 * draws[k]
        return found

    def luck(self, job: Job, *, needs: Sequence[Any]) -> Luck:
        """Return what chance makes of a job; `needs` are (task type, need, done) of its tasks."""
        draws = stream(self.seed, "job", job.job_id)
        u = draws.random((3, self.futures))
        normal = draws.standard_normal((2, self.futures))
        day = self._decided(job, u[0], normal[0])
        chance = self.chance(job.odds, day=day, noise=normal[1]) if job.odds is not None else np.ones(self.futures)
        slips = self.beliefs.slips
        ready = job.started is not None or job.job_id in slips.told or (job.odds is None and job.wanted < self.today)
        late = np.zeros(self.futures, np.int64)
        if not ready and slips.share > 0:
            part = u[2] / slips.share
            late = np.where(part < 1, 1 + np.floor(-slips.days * np.log1p(-np.minimum(part, 1 - 1e-9))), 0).astype(
                np.int64
            )
        shift = self.common + self.beliefs.estimators.get(job.estimator, 0.0)
        ratio = ratios(draws, needs=needs, beliefs=self.beliefs, shift=shift, futures=self.futures)
        return Luck(day, chance, u[1] < chance, late, ratio)

    def chance(self, odds: float, *, day: Any, noise: Any) -> Any:
        """Return the probability of a win given the market of the month of its day."""
        wins = self.beliefs.wins
        p = np.clip(expit(odds + self.odds + wins.sd * noise), 1e-9, 1 - 1e-9)
        month = self.month[np.minimum(day, self.days - 1)]
        common = self.market[month, np.arange(self.futures)]
        return ndtr((ndtri(p) + wins.market**0.5 * common) / (1 - wins.market) ** 0.5)

    def _decided(self, job: Job, u: Any, normal: Any) -> Any:
        """Return the day on which a job is won if it is."""
        if job.odds is None:
            return np.full(self.futures, -1, np.int64)
        how = self.beliefs.decisions
        if job.stage not in how.days and job.closes is not None:
            after = max(job.closes - self.today, 1) * np.exp(how.spread * normal)
        else:
            table = np.asarray(how.days.get(job.stage, how.otherwise), float)
            top = 1.0
            if how.lead is not None:
                limit = job.wanted - how.lead - self.today
                top = float(np.interp(limit, table, np.linspace(0, 1, len(table)))) if limit > table[0] else 0.0
            after = np.interp(u * top, np.linspace(0, 1, len(table)), table)
            if how.lead is not None:
                after = np.minimum(after, max(job.wanted - how.lead - self.today, 0))
        return self.today + np.maximum(np.floor(after), 0).astype(np.int64)

    # ---- people and reactive work ---------------------------------------------------------------------------------

    def people(self, leaves: Any) -> tuple[Any, Any]:
        """Return (F, P) days on which people leave and on which somebody new begins; NEVER if not."""
        how, names = self.beliefs.people, [one.person_id for one in self.portfolio.people]
        leave, back = (np.full((self.futures, len(names)), NEVER, np.int64) for _ in range(2))
        for k, name in enumerate(names):
            draws = stream(self.seed, "leaving", name)
            if how.attrition > 0:
                stays = draws.exponential(365.25 / how.attrition, self.futures)
                leave[:, k] = np.minimum(self.today + how.notice_days + stays, NEVER)
            leave[:, k] = np.minimum(leave[:, k], leaves[k])
            if how.refill:
                wait = 1 + draws.exponential(max(how.hiring_days, 1e-9), self.futures)
                back[:, k] = np.minimum(leave[:, k] + wait, NEVER)
        return leave, back

    def load(self, loads: Sequence[ReactiveLoad], *, open_: Any) -> Any:
        """Return (F, L, D) hours of reactive work of each day."""
        found = np.zeros((self.futures, len(loads), self.days), np.float32)
        for k, one in enumerate(loads):
            draws = stream(self.seed, "load", one.load_id)
            mean = np.asarray(one.hours)[np.arange(self.days) % 7] * np.asarray(one.months)[self.season] * open_
            mean[: self.today] = 0.0
            days = _gamma(draws, one.day_cv, (self.futures, self.days))
            week = _gamma(draws, one.week_cv, (self.futures, self.days // 7))
            found[:, k] = mean * days * np.repeat(week, 7, axis=1)
        return found

    # ---- deals nobody knows of yet --------------------------------------------------------------------------------

    def coming(self, names: Sequence[str]) -> list[tuple[int, Any, Any, Any]]:
        """Return the deals to come that are won, as places that a future may fill or not.

        Of each place: its template's place in `names`, and by future the day won (NEVER if not), the wanted day, the size.
        """
        how, found = self.beliefs.coming, list[tuple[int, Any, Any, Any]]()
        factor = np.exp(how.rate_sd * stream(self.seed, "rate").standard_normal(self.futures))
        for k, name in enumerate(names):
            rate = how.per_week.get(name, 0.0)
            if rate <= 0:
                continue
            draws = stream(self.seed, "coming", name)
            expected = np.cumsum(np.asarray(how.months)[self.season] * rate / 7 * (np.arange(self.days) >= self.today))
            clock = np.zeros(self.futures)
            found_here = list[tuple[int, Any, Any, Any]]()
            while True:
                u, noise = draws.random((4, self.futures)), draws.standard_normal(self.futures)
                clock = clock - np.log1p(-u[0])
                comes = np.searchsorted(expected, clock / factor)
                if not (comes < self.days).any():
                    break
                won = comes + 1 + np.floor(_quantile(how.decided, u[1])).astype(np.int64)
                wanted = won + np.floor(_quantile(how.wanted, u[2])).astype(np.int64)
                chance = self.chance(logit(how.won.get(name, how.won_otherwise)), day=won, noise=np.zeros(self.futures))
                is_won = (u[3] < chance) & (won < self.days)
                found_here.append((k, np.where(is_won, won, NEVER), wanted, np.exp(how.size_sd * noise)))
            found += _packed(found_here)
        return found


def _packed(rows: list[tuple[int, Any, Any, Any]]) -> list[tuple[int, Any, Any, Any]]:
    """Return the same deals in as few places as can be: those won in a future move to its first places."""
    if not rows:
        return []
    won, wanted, size = (np.stack([row[k] for row in rows]) for k in (1, 2, 3))
    first = np.argsort(won >= NEVER, axis=0, kind="stable")
    won, wanted, size = (np.take_along_axis(one, first, axis=0) for one in (won, wanted, size))
    many = int((won < NEVER).sum(axis=0).max())
    return [(rows[0][0], won[k], wanted[k], size[k]) for k in range(many)]


def _quantile(table: Sequence[float], u: Any) -> Any:
    return np.interp(u, np.linspace(0, 1, len(table)), np.asarray(table, float))


def _gamma(draws: np.random.Generator, cv: float, shape: tuple[int, int]) -> Any:
    """Return factors of mean one with a coefficient of variation."""
    return np.ones(shape, np.float32) if cv <= 0 else draws.standard_gamma(1 / cv**2, shape, np.float32) * cv**2
