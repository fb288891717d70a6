"""Starts promised to the clients of the demo's practice, and its revenue foretold: what came of it in many simulated years.

A company lives for some weeks, from which beliefs are learned (again every time something is asked). Then every second Monday
a start is promised at 80 % to every deal that is in proposal or negotiation and to every project that was won without one,
once each; it lives on, and promises are judged by the world: kept, or broken (a client's own delay moves the day). Every
quarter the revenue of the next two quarters is foretold from the same futures. The same company lives the same year again
with a part of the beliefs left out (the beliefs of each Monday are those of the first course, less the part).

A case is one figure of one way over all years: `value` of ``kept`` is the share of promised starts that were kept, of those
promised for a day within the time of deals that were won within it; of ``revenue`` the share of quarters whose revenue lay in
P10 to P90. `reference` is what was stated, 0.8; `low` and `high` are a 95 % interval by bootstrap over company-years.
`feasible` is whether ours (nothing left out) lies in 0.75 to 0.85, within that interval.

With `--json` one line a case; `PATH` is a file in which years are kept as they are done: what is in it is not lived again.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.quality._common import line
from benchmarks.quality._projects_planner import Planner, sold, waiting
from benchmarks.quality._projects_revenue import priced, revenue
from troth.capacity.projects.promising import Beliefs, HouseRule, prepare, promise
from troth.capacity.projects.promising.learn import learn
from troth.core.errors import InputError
from troth.demo.practice import PracticeControls, PracticeWorld, StartPromise, practice

LEVEL: Final = 0.8
_START: Final = date(2026, 1, 5)
_STAGES: Final = ("proposal", "negotiation")
#: The practice plans every week anew on its Monday, and so does the house of the futures.
_HOUSE: Final = HouseRule(keep_weeks=0)


@dataclass(frozen=True, slots=True)
class Protocol:
    """How a company-year goes; weeks are counted from its start.

    Parameters
    ----------
    demand : deals that come up, relative to the demo's practice, which sells more than its people can do.
    learn : weeks before the first promise; `promise` : weeks in which promises are made, every `every`; `after`: weeks it lives on.
    ahead : weeks the futures reach.
    market : correlation of deals of a month in the world; None is that of the demo's practice.
    """

    people: int = 12
    demand: float = 0.8
    learn: int = 52
    promise: int = 39
    every: int = 2
    after: int = 26
    futures: int = 300
    ahead: int = 40
    without: tuple[str, ...] = ("reactive", "market")
    market: float | None = None


def run(options: argparse.Namespace, asked: Mapping[str, Any]) -> bool:
    """Live all company-years, two at a time, and say what came of it."""
    known = {name: asked[name] for name in Protocol.__dataclass_fields__ if name in asked}
    if "without" in known:
        known["without"] = tuple(known["without"])
    protocol = Protocol(**known)
    seeds = [asked.get("first_seed", 1) + k for k in range(int(asked["seeds"]))]
    kept = options.paths[0] if options.paths else None
    years = list(_years(seeds, protocol, kept, jobs=int(asked.get("jobs", 2))))
    good, part = True, "world" if protocol.market is None else "market"
    for what, seconds, value, more, fine in _figures(years, protocol):
        good &= fine
        if options.json:
            print(
                line(bench="projects", case=f"{part} {what}", seed=None, seconds=seconds, value=value, reference=LEVEL, feasible=fine, **more),
                flush=True,
            )  # fmt: skip
        else:
            print(f"{part} {what}: {value:.3f} of {LEVEL} {more}", flush=True)
    return good


def _years(seeds: Sequence[int], protocol: Protocol, kept: Path | None, *, jobs: int) -> Iterator[dict[str, Any]]:
    """Yield what came of each year, of those already kept first."""
    named, done = json.loads(json.dumps(asdict(protocol))), dict[int, dict[str, Any]]()
    if kept is not None and kept.exists():
        for text in kept.read_text("utf-8").splitlines():
            one = json.loads(text)
            if one["protocol"] == named and one["seed"] in seeds:
                done[one["seed"]] = one
    yield from done.values()
    left = [seed for seed in seeds if seed not in done]
    if jobs == 1:
        found: Iterator[dict[str, Any]] = map(partial(lived, protocol=protocol), left)
        yield from (_noted(one, kept) for one in found)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from (_noted(one, kept) for one in pool.map(partial(lived, protocol=protocol), left))


def _noted(one: dict[str, Any], kept: Path | None) -> dict[str, Any]:
    if kept is not None:
        with kept.open("a", encoding="utf-8") as file:
            file.write(json.dumps(one) + "\n")
    return one


# ---- one company-year ---------------------------------------------------------------------------------------------


def lived(seed: int, *, protocol: Protocol) -> dict[str, Any]:
    """Live a company-year in every way; return promises and quarters by way."""
    began = time.perf_counter()
    truth = practice(
        "p", start=_START.isoformat(), days=7 * (protocol.learn + protocol.promise + protocol.after), people=protocol.people, seed=seed
    )  # fmt: skip
    truth = replace(truth, deals_per_week=protocol.demand * truth.deals_per_week)
    truth = truth if protocol.market is None else replace(truth, market=protocol.market)
    world, planner = PracticeWorld(truth, seed), Planner(truth)
    for week in range(protocol.learn):
        planner.listen(world.step(_sunday(week)), world.known())
    # Every way begins in the same state.
    others = {part: (world.copy(), deepcopy(planner)) for part in protocol.without}
    ways = dict[str, Any]()
    main = _Course(world, planner, protocol, seed)
    ways["ours"] = main.run()
    for part, (other, beside) in others.items():
        other.emit = False
        again = _Course(other, beside, protocol, seed, beliefs=[one.without(part) for one in main.believed])
        ways[f"without {part}"] = again.run()
    return {"seed": seed, "protocol": asdict(protocol), "seconds": round(time.perf_counter() - began, 1), "ways": ways}


class _Course:
    """One way to live the weeks of promises: with beliefs learned, or with given ones."""

    def __init__(
        self,
        world: PracticeWorld,
        planner: Planner,
        protocol: Protocol,
        seed: int,
        beliefs: list[Beliefs] | None = None,
    ) -> None:
        self.world, self.planner, self.protocol, self.seed = world, planner, protocol, seed
        self.given, self.believed = beliefs, list[Beliefs]()
        self.fans = list[tuple[int, list[list[float]]]]()
        self.promises: dict[str, StartPromise] = {}
        self.stated: dict[str, float] = {}
        self.asked_on: dict[str, int] = {}
        self.late = 0

    def run(self) -> dict[str, Any]:
        """Live on, promise, foretell; return what came of it."""
        p = self.protocol
        for week in range(p.promise + p.after):
            if week < p.promise and week % p.every == 0:
                self._monday(week)
            log = self.world.step(_sunday(p.learn + week), controls=PracticeControls(promises=self.promises))
            self.planner.listen(log, self.world.known())
        return {"starts": list(self._starts()), "quarters": list(self._quarters()), "never": self.late}

    def _monday(self, week: int) -> None:
        if self.given is None:
            self.believed.append(learn(self.planner.history(), neutral=Beliefs(house=_HOUSE)).beliefs)
            beliefs = self.believed[-1]
        else:
            beliefs = self.given[week // self.protocol.every]
        asks = week % 13 == 0 and week + 26 <= self.protocol.promise + self.protocol.after
        portfolio = priced(self.planner.portfolio(hiring_days=beliefs.people.hiring_days), planner=self.planner)
        ready = prepare(
            portfolio, beliefs=beliefs, futures=self.protocol.futures, weeks=self.protocol.ahead, seed=1000 * self.seed + week,
            threads=1, money=asks,
        )  # fmt: skip
        now = self.planner.now
        assert now is not None
        for name, deal in [*sold(now, asked=self.promises), *waiting(portfolio, asked=self.promises, stages=_STAGES)]:
            self._promise(ready, name, deal)
        if asks:
            found = revenue(ready, planner=self.planner, bounds=(0, 91, 182))
            self.fans.append((portfolio.day.toordinal(), np.quantile(found, (0.1, 0.5, 0.9), axis=0).T.tolist()))

    def _promise(self, ready: Any, name: str, deal: str) -> None:
        try:
            answer = promise(ready, deal=name, levels=(LEVEL,))
        except InputError:
            return
        day = answer.start(LEVEL)
        if day is None:
            self.late += 1
            return
        self.stated[deal] = round(answer.probability(day), 3)
        self.asked_on[deal] = ready.portfolio.day.toordinal()
        self.promises[deal] = StartPromise(day.isoformat(), self.stated[deal])

    # ---- the judge: what the world wrote down ---------------------------------------------------------------------

    def _starts(self) -> Iterator[dict[str, Any]]:
        """Yield promises of ours for a day within the time, of deals that were won within it."""
        world, end = self.world, self.world.day
        for one in world.starts():
            name = world.deal_id(one.deal)
            if name not in self.promises:
                continue
            deal = world.deals[one.deal]
            if not deal.won or one.due >= end or one.outcome not in ("kept", "broken"):
                continue
            yield {
                "stated": self.stated[name],
                "kept": one.outcome == "kept",
                "due": one.due,
                "started": one.started,
                "asked": self.asked_on[name],
                "first": date.fromisoformat(self.promises[name].day).toordinal(),
                "won": self._won_on(deal),
            }

    def _won_on(self, deal: Any) -> int:
        return int(self.world.projects[deal.project].won)

    def _quarters(self) -> Iterator[dict[str, Any]]:
        """Yield what was foretold of each quarter (P10, P50, P90 in cents), and what it was."""
        earned = self.world.record().revenue
        for first, rows in self.fans:
            for k, (low, mid, high) in enumerate(rows):
                a, b = first + 91 * k, first + 91 * (k + 1)
                yield {
                    "ahead": k + 1,
                    "low": low,
                    "mid": mid,
                    "high": high,
                    "was": sum(v for week, v in earned.items() if a <= week < b),
                }


def _sunday(week: int) -> datetime:
    """Return an instant of the Sunday of a week, after which the next day to live is a Monday."""
    day = _START + timedelta(days=7 * week + 6)
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


# ---- figures ------------------------------------------------------------------------------------------------------


def _figures(
    years: Sequence[Mapping[str, Any]], protocol: Protocol
) -> Iterator[tuple[str, float, float, dict[str, Any], bool]]:
    """Yield (case, seconds, value, more, whether it is as it should be)."""
    seconds = float(np.mean([one["seconds"] for one in years]))
    for way in ("ours", *(f"without {part}" for part in protocol.without)):
        starts = [[float(s["kept"]) for s in one["ways"][way]["starts"]] for one in years]
        stated = [s["stated"] for one in years for s in one["ways"][way]["starts"]]
        rows = {"kept": starts}
        for ahead in (1, 2):
            rows[f"revenue of quarter {ahead}"] = [
                [float(q["low"] <= q["was"] <= q["high"]) for q in one["ways"][way]["quarters"] if q["ahead"] == ahead]
                for one in years
            ]
        for what, groups in rows.items():
            value, low, high = _share(groups)
            more: dict[str, Any] = {
                "n": sum(map(len, groups)),
                "years": len(years),
                "low": round(low, 4),
                "high": round(high, 4),
            }
            if what == "kept":
                more["stated"] = round(float(np.mean(stated)), 4) if stated else None
                more["never"] = sum(one["ways"][way]["never"] for one in years)
            else:
                more |= _wide(years, way, int(what[-1]))
            yield f"{what}, {way}", seconds, round(value, 4), more, way != "ours" or (low <= 0.85 and high >= 0.75)


def _wide(years: Sequence[Mapping[str, Any]], way: str, ahead: int) -> dict[str, Any]:
    """Return how wide the bands are, relative to what was foretold, and the share above and below them."""
    found = [q for one in years for q in one["ways"][way]["quarters"] if q["ahead"] == ahead]
    if not found:
        return {}
    return {
        "width": round(float(np.mean([(q["high"] - q["low"]) / max(q["mid"], 1.0) for q in found])), 3),
        "below": round(float(np.mean([q["was"] < q["low"] for q in found])), 3),
        "above": round(float(np.mean([q["was"] > q["high"] for q in found])), 3),
    }


def _share(groups: Sequence[Sequence[float]]) -> tuple[float, float, float]:
    """Return the mean over all and a 95 % interval by bootstrap over groups."""
    total, many = np.array([sum(one) for one in groups]), np.array([len(one) for one in groups])
    if not many.sum():
        return float("nan"), float("nan"), float("nan")
    draws = np.random.default_rng(1).integers(len(groups), size=(2000, len(groups)))
    means = total[draws].sum(axis=1) / np.maximum(many[draws].sum(axis=1), 1)
    return float(total.sum() / many.sum()), float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))
