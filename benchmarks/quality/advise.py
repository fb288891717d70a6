"""The best next step from 200 copied states of the demo company, stepped on by the company itself.

    python -m benchmarks.quality.advise [--set quick|issue|full] [--seeds N] [--json] [FOLDER]

The demo company at three times its usual size is lived through: eight weeks to learn from, then ten weeks. Its log, its
tables and the schedules it published each morning are imported into a lake. States are taken at instants of the ten
weeks that the seed alone fixes (`_advise_world.states`): the calls of the centre and both branches in turn, an open day, a
quarter of an hour between half an hour after opening and an hour before closing.

From each state the lake is asked what `troth twin advise` asks (nothing of later than the instant), the floor is learned
from the eight weeks before that day, and the next hour is predicted and the advice computed. One further person, who is at
home that day, may be called in. Then copies of the company in that very state live the hour on: without and with the advice,
pair by pair with the same future customers. Copy 0 goes on as the company would have; in the others how long services take
and how patient those to come are is drawn anew, while who comes when stays, having been drawn already.

Told are, with intervals of a bootstrap by day:

- prediction: how often the hour of copy 0 lies within the 80 and 90 % interval for mean wait, served and share who left;
  the continuous ranked probability score (CRPS) beside that of the hour before (the same site's own last hour as it was, a
  point), and of the usual hour (as it was at this hour of the same weekday in the weeks learned from, a sample);
- effect: mean over states of the difference of mean wait and of the worst-off 5 % with and without the advice, over all
  states (doing nothing counts nought) and where something was advised; the share of these in which the mean wait over
  all copies fell; the predicted effect beside the real one. It is told apart by kind of step too.

With a FOLDER a run that was stopped goes on; one folder is for one set and seed. A line of ``--json`` is one figure: `value` ours, `reference` what it is held against (the nominal share, the naive score, nought).
The seed and this protocol stood before the first run of the set `issue`; development was on seeds from 901.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.quality._advise_world import (
    HOUR,
    JUDGED,
    LEARN,
    SCOPES,
    State,
    company,
    helpers,
    lake_of,
    lived,
    reseed,
    states,
    take,
)  # fmt: skip
from benchmarks.quality._common import case_set, line, parser
from troth.core.spans import local_date, zone
from troth.demo import UNTIL, Truth, World
from troth.log.lake import Lake
from troth.queueing.read import RecordedContacts, day_number, recorded
from troth.queueing.twin.advise import advise, figures_of
from troth.queueing.twin.now import floor_now, twin_now
from troth.queueing.twin.read import Moment, breaks_wait, moment
from troth.queueing.twin.steps import Allowed, NextStep, StepKind
from troth.stats import block_bootstrap

NAMES = ("came", "served", "mean_wait_s", "worst_s", "left", "within", "burden_s")
#: Each scope is lived through by so many processes, each for a part of the weeks.
PARTS = 2
#: Figures whose prediction is judged.
JUDGE = ("mean_wait_s", "served", "left")


@dataclass(frozen=True, slots=True)
class Found:
    """What became of a state.

    Parameters
    ----------
    number, scope, day : which; the day with its site.
    kind, cost_s : the advised step and what it costs.
    said : by figure the predicted effect of the advice.
    samples : by figure its predicted courses if nothing is done.
    nothing, advised : figures of each copy without and with the advice, shape (copies, figures).
    before, usual : figures of the hour before, and of this hour a week before, two weeks before, ...
    """

    number: int
    scope: int
    day: str
    kind: str
    cost_s: float
    said: dict[str, float]
    samples: dict[str, list[float]]
    nothing: list[list[float]]
    advised: list[list[float]]
    before: list[float]
    usual: list[list[float]]

    def real(self, figure: str, *, copy: int = 0) -> float:
        """Return a figure of a copy in which nothing was done."""
        return self.nothing[copy][NAMES.index(figure)]

    def effect(self, figure: str) -> float:
        """Return the mean difference of a figure with and without the advice."""
        k = NAMES.index(figure)
        return float(np.mean([b[k] - a[k] for a, b in zip(self.nothing, self.advised, strict=True)]))


def lived_through(truth: Truth, *, count: int, copies: int, replications: int, seed: int, folder: Path) -> list[Found]:
    """Return what became of every state; what a folder holds from a run before is not done again."""
    if not (folder / "ready").exists():
        lake_of(folder, truth=truth, seed=seed)
    job = partial(_part, truth=truth, count=count, copies=copies, replications=replications, seed=seed, folder=folder)
    parts = [(scope, part) for part in range(PARTS) for scope in range(len(SCOPES))]
    with ProcessPoolExecutor(len(parts), mp_context=get_context("spawn")) as pool:
        found = [one for some in pool.map(job, parts) for one in some]
    return sorted(found, key=lambda one: one.number)


def _part(
    which: tuple[int, int], *, truth: Truth, count: int, copies: int, replications: int, seed: int, folder: Path
) -> list[Found]:
    """Return what became of the states of one scope in one part of the weeks."""
    scope, part = which
    kept = folder / f"found-{scope}-{part}.jsonl"
    found = [Found(**json.loads(row)) for row in kept.read_text().splitlines()] if kept.exists() else []
    done = {one.number for one in found}
    mine = [one for one in states(truth, count=count, seed=seed) if one.scope == scope]
    mine = mine[part * len(mine) // PARTS : (part + 1) * len(mine) // PARTS]
    mine = [one for one in mine if one.number not in done]
    if not mine:
        return found
    lake = Lake(folder / "lake", memory="500MB")
    number, channel = SCOPES[scope]
    site, start, judged = truth.sites[number], UNTIL - LEARN - JUDGED, UNTIL - JUDGED
    seen = recorded(
        lake, start=start - timedelta(days=2), end=UNTIL, time_zone=site.time_zone, missed=True, site=site.site,
        channel=channel,
    )  # fmt: skip
    waited = float((seen.wait_s > 30)[seen.queued_s < judged.timestamp()].mean())
    put_off = breaks_wait(lake, site=site.site, start=start, end=judged, waited=waited)
    asked = _Asked(lake, truth, seen, put_off, replications, copies, seed)
    world = World(truth, seed, sites=(number,), keep=False)
    for state in mine:
        world.step(state.at)
        found.append(asked.of(state, world))
        with kept.open("a") as file:
            file.write(json.dumps(asdict(found[-1])) + "\n")
    return found


@dataclass(frozen=True, slots=True)
class _Asked:
    lake: Lake
    truth: Truth
    seen: RecordedContacts
    put_off: bool
    replications: int
    copies: int
    seed: int

    def of(self, state: State, world: World) -> Found:
        """Advise from the log, then live the copies on."""
        number, channel = SCOPES[state.scope]
        site = self.truth.sites[number]
        now = moment(self.lake, site=site.site, at=state.at, channel=channel)
        on = local_date(state.at, tz=zone(site.time_zone))
        day = day_number(on)
        known = self.seen.take((self.seen.day < day) & (self.seen.day >= day - LEARN.days))
        twin = twin_now(now, seen=known, floor=floor_now(known), put_off=self.put_off, seed=self.seed)
        allowed = Allowed(helpers=helpers(self.truth, scope=state.scope, moment=now, on=on))
        made = advise(twin, allowed=allowed, replications=self.replications, seed=self.seed)
        queues = [queue for queues in twin.lines.values() for queue in queues]
        nothing, advised = [], []
        for copy in range(self.copies):
            nothing.append(self._lived(world, NextStep(), copy, now, queues))
            same = made.best.kind is StepKind.NOTHING
            advised.append(nothing[-1] if same else self._lived(world, made.best, copy, now, queues))
        chosen = made.chosen
        said = {name: (getattr(chosen, name).mean if chosen else 0.0) for name in ("wait_s", "worst_s", "left")}
        weeks = [_hour(known, (state.at - timedelta(days=7 * k)).timestamp()) for k in range(1, 9)]
        return Found(
            state.number, state.scope, f"{site.site} {on}", str(made.best.kind), made.best.cost_s, said,
            {name: np.round(getattr(made.nothing, name), 4).tolist() for name in JUDGE}, nothing, advised,
            _hour(self.seen, state.at.timestamp() - 3600), weeks,
        )  # fmt: skip

    def _lived(self, world: World, step: NextStep, copy: int, now: Moment, queues: list[str]) -> list[float]:
        """Return the figures of the hour that a copy of the world lives with a step taken."""
        other = world.copy()
        reseed(other, seed=self.seed, copy=copy)
        until = now.at + HOUR
        return list(lived(now, events=other.step(until, controls=take(other, step)), queues=queues, until=until))


def _hour(seen: RecordedContacts, start: float) -> list[float]:
    """Return the figures of an hour from recorded contacts, as known at its end: who waits at its start, and who comes in it."""
    end = start + 3600
    over = np.where(np.isfinite(seen.wait_s), seen.queued_s + seen.wait_s, seen.queued_s + 3 * 3600)
    rows = (seen.queued_s < end) & (over > start)
    waits = np.minimum(over[rows], end) - seen.queued_s[rows]
    answered, left = ((mark & (over <= end))[rows] for mark in (seen.answered, seen.gave_up))
    return list(figures_of(waits, answered=answered, left=left))


# Figures ---------------------------------------------------------------------------------------------------------------


def crps(sample: np.ndarray, truth: float) -> float:
    """Return the score of a sample as a forecast; of a single value it is the absolute error (Gneiting and Raftery 2007)."""
    values = np.sort(sample)
    n = len(values)
    apart = (2 * np.arange(1, n + 1) - n - 1) @ values / n**2
    return float(np.abs(values - truth).mean() - apart)


def predicted(found: list[Found]) -> list[dict[str, Any]]:
    """Return the figures of the prediction."""
    made = []
    for name in JUDGE:
        k = NAMES.index(name)
        real = np.array([one.real(name) for one in found])
        samples = [np.array(one.samples[name]) for one in found]
        for level in (0.8, 0.9):
            limits = np.array([np.quantile(s, [(1 - level) / 2, (1 + level) / 2]) for s in samples])
            inside = ((real >= limits[:, 0]) & (real <= limits[:, 1])).astype(float)
            made.append(_told(f"{name}: within {level:.0%}", inside, found, level))
        ours = np.array([crps(s, r) for s, r in zip(samples, real, strict=True)])
        last = np.array([abs(one.before[k] - r) for one, r in zip(found, real, strict=True)])
        usual = np.array([crps(np.array(one.usual)[:, k], r) for one, r in zip(found, real, strict=True)])
        made.append(_told(f"{name}: CRPS, beside the hour before", ours, found, float(last.mean()), less=last))
        made.append(
            _told(f"{name}: CRPS, beside this hour of other weeks", ours, found, float(usual.mean()), less=usual)
        )
        bias = np.array([s.mean() for s in samples]) - real
        made.append(_told(f"{name}: predicted less real", bias, found, 0.0))
    return made


def effects(found: list[Found]) -> list[dict[str, Any]]:
    """Return the figures of the effect of the advice."""
    advised = [one for one in found if one.kind != StepKind.NOTHING]
    groups = {"all": found, "advised": advised}
    groups |= {kind: [one for one in advised if one.kind == kind] for kind in sorted({one.kind for one in advised})}
    made = []
    for group, mine in groups.items():
        if not mine:
            continue
        for name, effect in (("mean_wait_s", "wait_s"), ("worst_s", "worst_s"), ("left", "left")):
            real = np.array([one.effect(name) for one in mine])
            said = float(np.mean([one.said[effect] for one in mine]))
            made.append(_told(f"{group}: {name} with less without", real, mine, said))
        fell = np.array([float(one.effect("mean_wait_s") < 0) for one in mine])
        if group != "all":
            made.append(_told(f"{group}: helped", fell, mine, None))
        base = np.array([np.mean([one.real("mean_wait_s", copy=c) for c in range(len(one.nothing))]) for one in mine])
        made.append(_told(f"{group}: mean_wait_s without", base, mine, None))
        made.append(_told(f"{group}: paid hours", np.array([one.cost_s / 3600 for one in mine]), mine, None))
    if len(advised) > 2:
        came, said_s = zip(*((one.effect("mean_wait_s"), one.said["wait_s"]) for one in advised), strict=True)
        tied = float(np.corrcoef(said_s, came)[0, 1])
        made.append({"case": "advised: correlation of predicted and real", "value": tied, "n": len(came)})
    return made


def _told(
    case: str,
    values: np.ndarray,
    found: list[Found],
    reference: float | None,
    *,
    less: np.ndarray | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Return a mean with its interval by days; with `less` also that of the difference from it."""
    said: dict[str, Any] = {
        "case": case,
        "value": float(values.mean()),
        "reference": reference,
        "n": len(values),
    } | more
    said["low"], said["high"] = _interval(values, found)
    if less is not None:
        said["gain"] = float((less - values).mean())
        said["gain_low"], said["gain_high"] = _interval(less - values, found)
    return said


def _interval(values: np.ndarray, found: list[Found]) -> tuple[float, float]:
    days = np.array([one.day for one in found])
    blocks = [values[days == day] for day in np.unique(days)]
    made = block_bootstrap(blocks, statistic=lambda one: float(one.mean()), rng=np.random.default_rng(7), repeats=2000)
    return (float("nan"), float("nan")) if made is None else (made.low, made.high)


def main(arguments: list[str] | None = None) -> int:
    """Run the set and print its figures."""
    asked = parser(__doc__).parse_args(arguments)
    cases = case_set("advise", asked.set)
    for seed in range(1, (asked.seeds or cases["seeds"]) + 1):
        began = time.perf_counter()
        with _folder(asked.paths) as folder:
            found = lived_through(
                company(), count=cases["states"], copies=cases["copies"], replications=cases["replications"], seed=seed,
                folder=folder,
            )  # fmt: skip
        for one in [*predicted(found), *effects(found)]:
            _print(one, seed=seed, seconds=time.perf_counter() - began, as_json=asked.json)
    return 0


@contextmanager
def _folder(paths: list[Path]) -> Iterator[Path]:
    """Give the folder that was named, in which a run may go on, or one that is gone afterwards."""
    if paths:
        paths[0].mkdir(parents=True, exist_ok=True)
        yield paths[0]
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def _print(one: dict[str, Any], *, seed: int, seconds: float, as_json: bool) -> None:
    if as_json:
        reference, low = one.get("reference"), one.get("low")
        holds = reference is None or low is None or bool(low <= reference <= one["high"])
        more = {name: one[name] for name in one if name not in {"case", "value", "reference"}}
        print(
            line(
                bench="advise",
                case=one["case"],
                seed=seed,
                seconds=seconds,
                value=one["value"],
                reference=reference,
                feasible=holds,
                **more,
            )
        )
        return
    text = f"{one['case']:52} {one['value']:9.3f}"
    if "low" in one:
        text += f" ({one['low']:.3f} to {one['high']:.3f})"
    if one.get("reference") is not None:
        text += f" against {one['reference']:.3f}"
    text += "".join(f" {name} {one[name]:.3f}" for name in ("gain", "gain_low", "gain_high") if name in one)
    print(f"{text} n {one['n']}")


if __name__ == "__main__":
    sys.exit(main())
