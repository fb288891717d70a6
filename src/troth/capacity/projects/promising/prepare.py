"""Futures lived beforehand, so that a question about a start is answered at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any, Final

import numpy as np

from troth.capacity.projects.portfolio import Portfolio
from troth.capacity.projects.promising._draws import Draws, Fate, Luck
from troth.capacity.projects.promising._jobs import NEVER, Job, jobs_of
from troth.capacity.projects.promising._ratios import needs_of, ratios
from troth.capacity.projects.promising._run import blank, in_groups, joined, live_group
from troth.capacity.projects.promising._sheets import sheets_for
from troth.capacity.projects.promising._state import Lived, Sheets
from troth.capacity.projects.promising._world import World, leaves_on, loads_of, origin_of, skills_in, world_of
from troth.capacity.projects.promising.beliefs import Beliefs
from troth.capacity.projects.promising.check import check
from troth.core.decision import Stop
from troth.core.errors import InputError
from troth.core.random import stream

#: Bytes that free hours of people, weeks and places in the line may take; between so many places there are.
_BYTES: Final = 1_200_000_000
_FEWEST, _MOST = 4, 40


@dataclass(frozen=True, eq=False)
class PreparedFutures:
    """Sampled futures of a portfolio, and what they leave free.

    Parameters
    ----------
    portfolio, beliefs : what they are of.
    futures : how many there are; fewer than asked if it was stopped.
    weeks : how far they reach, from the Monday `origin` on.
    seed : the same seed gives the same futures.
    skills : names, in the order of arrays with an axis of skills.
    jobs : ids of the projects, then of the deals, in the order of arrays with an axis of jobs.
    seconds : it took, of which `compiling` machine code.
    """

    portfolio: Portfolio
    beliefs: Beliefs
    futures: int
    weeks: int
    seed: int
    origin: date
    skills: tuple[str, ...]
    jobs: tuple[str, ...]
    seconds: float
    world: World
    draws: Draws
    lived: Lived
    edges: Any
    fate: Fate
    specs: tuple[Job, ...]
    lucks: tuple[Luck, ...]
    started: Any
    kinds: tuple[tuple[str, str], ...] = ()
    """Of each kind of hour in the time sheets, whose prices hold, and the role charged if the work names one."""

    def day(self, index: int) -> date:
        """Return the day of an index."""
        return self.origin + timedelta(days=int(index))

    @cached_property
    def bookable(self) -> Any:
        """(W,) halves of hours that could be booked in all futures together."""
        return self.lived.room[: self.futures].sum(axis=2, dtype=np.int64).sum(axis=0)

    def free(self) -> Any:
        """Return (F, W, S) hours of a skill that nobody is booked for; people of several skills count for each."""
        last = 0.5 * self.lived.free[: self.futures, :, -1, :].astype(np.float32)
        return last @ (self.world.pace > 0).astype(np.float32)

    def starts(self, job_id: str) -> list[date | None]:
        """Return the day on which a project starts in each future; None if it is not won or not begun in the time."""
        return self._days(self.lived.start, job_id)

    def finishes(self, job_id: str) -> list[date | None]:
        """Return the day on which a project is finished in each future, or None."""
        return self._days(self.lived.finish, job_id)

    def hours(self, job_id: str) -> Any:
        """Return (F, W) hours worked on a project in each week of each future; none if it is not won.

        Raises
        ------
        ValueError
            If no time sheets were kept (``prepare(..., money=True)``), or of an unknown project.
        """
        return self.sheets().hours[: self.futures, self.jobs.index(job_id)].sum(axis=2, dtype=np.float64)

    def ends(self, job_id: str, *, phase_id: str) -> list[date | None]:
        """Return the day on which a phase ends in each future; None if it was done before, or does not end in the time.

        A phase of which nothing is left to do ends on the first day of its project, or the portfolio's day.

        Raises
        ------
        ValueError
            As `hours`, or of an unknown phase.
        """
        number = self.jobs.index(job_id)
        names = [one.phase_id for one in self.specs[number].phases]
        place = names.index(phase_id)
        if self.specs[number].phases[place].done:
            return [None] * self.futures
        return [None if k >= NEVER else self.day(k) for k in self.phase_ends(number)[:, place].tolist()]

    def phase_ends(self, number: int) -> Any:
        """Return (F, G) day indices on which the phases of a job end, by its place among jobs; NEVER."""
        ended = self.sheets().ended[: self.futures, number].astype(np.int64)
        begun = np.maximum(self.lived.start[: self.futures, number], self.portfolio.day.weekday())
        return np.where(ended < 0, begun[:, None], ended)

    def sheets(self) -> Sheets:
        """Return the time sheets of the futures.

        Raises
        ------
        ValueError
            If none were kept.
        """
        if not self.lived.sheets.hours.shape[0]:
            raise ValueError("No time sheets were kept. Maybe prepare the futures with money=True.")
        return self.lived.sheets

    def _days(self, found: Any, job_id: str) -> list[date | None]:
        column = found[: self.futures, self.jobs.index(job_id)]
        return [None if k >= NEVER else self.day(k) for k in column.tolist()]


def prepare(
    portfolio: Portfolio,
    *,
    beliefs: Beliefs | None = None,
    futures: int = 2000,
    weeks: int = 78,
    seed: int = 0,
    threads: int = 2,
    stop: Stop | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    money: bool = False,
) -> PreparedFutures:
    """Live sampled futures of a portfolio: deals won and lost, estimates that err, clients that are late, people who are ill
    or leave, reactive work, deals nobody knows of yet; and the house that plans all of it every Monday.

    Parameters
    ----------
    beliefs : of what is not known; None takes neutral ones.
    futures : how many; more take longer and give probabilities a smaller error (about 0.5 / sqrt(futures)).
    weeks : how far to look ahead, from the week of the portfolio's day.
    threads : that live futures side by side; the result does not depend on it.
    stop : asked between groups of futures; those lived until then are kept.
    on_progress : told how many futures are lived, and of how many.
    money : keep time sheets, from which `money_futures` tells revenue and cost: 4 bytes for each future, project or deal,
        week, and price of an hour.

    Raises
    ------
    InputError
        With all that is wrong with the portfolio for this purpose (see `check`).

    Examples
    --------
    >>> from datetime import date
    >>> from troth.capacity.projects.portfolio import *
    >>> ada = Consultant("ada", (ContractTerms(date(2026, 1, 1)),), (HeldSkill("welding"),))
    >>> frame = Project("frame", (ProjectPhase("all", (SkillNeed("welding", 60),)),), earliest=date(2026, 6, 1))
    >>> ready = prepare(Portfolio(date(2026, 6, 1), (ada,), (frame,)), futures=20, weeks=8, seed=1)
    >>> min(ready.starts("frame")).isoformat(), ready.futures
    ('2026-06-01', 20)
    """
    beliefs = beliefs or Beliefs()
    bad = [one for one in check(portfolio, beliefs=beliefs, futures=futures, weeks=weeks) if one.severity == "error"]
    if bad:
        raise InputError(bad)
    began = time.perf_counter()
    made = _Made(portfolio, beliefs, futures=futures, weeks=weeks, seed=seed)
    sheets, kinds = made.sheets() if money else (None, ())
    lived, many = _lived(made, sheets, threads, stop or Stop(), on_progress, began)
    seconds = time.perf_counter() - began
    return PreparedFutures(
        portfolio, beliefs, many, weeks, seed, made.origin, tuple(made.skills), tuple(one.job_id for one in made.jobs),
        seconds, made.world, made.draws, lived, made.edges, made.fate, tuple(made.jobs), tuple(made.lucks), made.started, kinds,
    )  # fmt: skip


class _Made:
    """World and draws of a portfolio."""

    def __init__(self, portfolio: Portfolio, beliefs: Beliefs, *, futures: int, weeks: int, seed: int) -> None:
        self.portfolio, self.beliefs = portfolio, beliefs
        self.futures, self.weeks, self.seed = futures, weeks, seed
        self.origin = origin_of(portfolio)
        self.jobs = jobs_of(portfolio, beliefs=beliefs, origin=self.origin)
        self.skills = skills_in(portfolio, jobs=self.jobs)
        self.world = world_of(portfolio, beliefs=beliefs, jobs=self.jobs, skills=self.skills, weeks=weeks)
        self.fate = Fate(portfolio, beliefs, origin=self.origin, futures=futures, weeks=weeks, seed=seed)
        self.lucks = [self.fate.luck(one, needs=needs_of(one.phases)) for one in self.jobs]
        self.draws = self._draws()
        known = [one.started for one in self.jobs]
        extra = self.draws.won.shape[1] - len(known)
        self.started = np.array([NEVER if k is None else k for k in known] + [NEVER] * extra, np.int64)
        self.deals = np.array([one.started is None for one in self.jobs] + [False] * extra)
        self.edges = edges_of(futures, weeks=weeks, people=len(portfolio.people), by_day=beliefs.house.by_promise)

    def _draws(self) -> Draws:
        names = sorted(self.portfolio.templates)
        coming = self.fate.coming(names)
        shape, many = (self.futures, len(self.jobs) + len(coming)), len(self.jobs)
        structure, size = np.zeros(shape, np.int64), np.ones(shape)
        won, wanted, slip, told = (np.zeros(shape, np.int64) for _ in range(4))
        order, at, rows = np.zeros(shape), [0], list[Any]()
        for k, (one, luck) in enumerate(zip(self.jobs, self.lucks, strict=True)):
            structure[:, k], wanted[:, k] = k, one.wanted
            won[:, k] = np.where(luck.wins, luck.day, NEVER) if one.odds is not None else -1
            slip[:, k] = luck.slip
            rows.append(luck.ratio)
            at.append(at[-1] + luck.ratio.shape[1])
            order[:, k] = self.place(one, k, won[:, k])
        usual = float(np.mean(list(self.beliefs.estimators.values()))) if self.beliefs.estimators else 0.0
        shift = self.fate.common + usual
        for k, (name, days, wish, factor) in enumerate(coming):
            j = many + k
            structure[:, j], size[:, j], won[:, j], wanted[:, j] = many + name, factor, days, wish
            draws = stream(self.seed, "coming project", names[name], k)
            needs = needs_of(self.portfolio.templates[names[name]])
            rows.append(ratios(draws, needs=needs, beliefs=self.beliefs, shift=shift, futures=self.futures))
            at.append(at[-1] + rows[-1].shape[1])
            order[:, j] = self._order(wish, days, None)
            late = self.beliefs.slips
            luck_u = draws.random(self.futures)
            slip[:, j] = np.where(luck_u < late.share, 1 + np.floor(draws.exponential(late.days, self.futures)), 0)
        told = np.maximum(wanted - int(self.beliefs.slips.known_before), np.where(won < NEVER, won + 1, 0))
        leave, back = self.fate.people(leaves_on(self.portfolio, beliefs=self.beliefs))
        load = self.fate.load(loads_of(self.portfolio, beliefs=self.beliefs), open_=self.world.open_)
        key = stream(self.seed, "days").integers(1 << 62, size=self.futures).astype(np.uint64)
        ratio = np.concatenate([*rows, np.zeros((self.futures, 0))], axis=1)
        return Draws(
            structure, np.array(at, np.int64), size, won, wanted, slip, told, order, ratio, leave, back, load, key
        )

    def sheets(self) -> tuple[Sheets, tuple[tuple[str, str], ...]]:
        """Return room for time sheets, and their kinds of hour."""
        places = self.draws.won.shape[1]
        return sheets_for(self.portfolio, jobs=self.jobs, places=places, futures=self.futures, weeks=self.weeks)

    def place(self, one: Job, number: int, won: Any) -> Any:
        """Return the place of a job in the line."""
        if one.odds is None and not self.beliefs.house.by_promise:
            return np.full(self.futures, number - 1e6)
        day = one.promised if one.promised is not None else one.started
        return self._order(np.full(self.futures, one.wanted), won, day)

    def _order(self, wanted: Any, won: Any, promised: int | None) -> Any:
        house = self.beliefs.house
        if not house.by_promise:
            return won.astype(float)
        if promised is not None:
            return np.full(self.futures, float(promised))
        return np.maximum(wanted, np.where(won < NEVER, won, 0)) + house.lag_days


def edges_of(futures: int, *, weeks: int, people: int, by_day: bool) -> Any:
    """Return places in the line at which free hours are written down.

    They are the days after Fridays, first of every week, then rarer as memory allows; the last is the end of the line.
    """
    many = int(min(max(_BYTES / max(futures * weeks * people, 1), _FEWEST), _MOST, weeks + 2))
    if not by_day:
        many = min(many, 12)
    steps, week = list[int](), 0
    ratio = max((weeks / max(many - 1, 1)) - 1, 0.0)
    for k in range(many - 1):
        steps.append(week)
        week += max(1, round(2 * ratio * k / max(many - 2, 1) + 1e-9))
    return np.array(sorted({7.0 * k + 5 for k in steps} | {1e18}))


def _lived(
    made: _Made,
    sheets: Sheets | None,
    threads: int,
    stop: Stop,
    on_progress: Callable[[int, int], None] | None,
    began: float,
) -> tuple[Lived, int]:
    """Live all futures, a group after the other on each thread."""
    futures, weeks, people = made.futures, made.weeks, len(made.portfolio.people)
    shared = blank(
        futures,
        weeks=weeks,
        people=people,
        jobs=made.draws.won.shape[1],
        edges=len(made.edges),
        skills=len(made.skills),
        sheets=sheets,
    )
    owns, done = list[Any](), 0

    def one(group: tuple[int, int]) -> Any:
        if stop.reached(seconds=time.perf_counter() - began, steps=group[0]):
            return None
        return live_group(made.world, made.draws, shared, made.edges, made.started, made.deals, group, weeks)

    for done, own in in_groups(one, futures=futures, threads=threads):
        owns.append(own)
        if on_progress is not None:
            on_progress(done, futures)
    own, own_at = joined(owns, jobs=made.draws.won.shape[1])
    return shared._replace(own=own, own_at=own_at), done


def without(prepared: PreparedFutures, *, part: str, **more: Any) -> PreparedFutures:
    """Return the futures of the same portfolio and seed with a part of the beliefs left out (see `Beliefs.without`)."""
    return prepare(
        prepared.portfolio, beliefs=prepared.beliefs.without(part), futures=prepared.futures, weeks=prepared.weeks,
        seed=prepared.seed, **more,
    )  # fmt: skip
