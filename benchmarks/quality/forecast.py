"""Forecasts of arrivals against peers: error, pinball loss and coverage, one day and one week ahead.

    python -m benchmarks.quality.forecast [--set quick|issue|full] [--json] [--scratch DIR]
    python -m benchmarks.quality.forecast PATH --time COL [--value COL] [--every 30min] [--horizon 1d,1w] [--origins N]
    python -m benchmarks.quality.forecast --many 10000 [--json]

Without PATH the sets are those of the public logs in TROTH_SAMPLES and 200 queues of demo companies:

* ``bank_calls``: a large bank's calls by half hour, every working day after twelve weeks is an origin;
* ``emergency``: emergency calls by hour and kind (three series), every third day after twelve weeks;
* ``demo``: arrivals by hour in queues of demo companies of four sizes, four days five days apart after fifteen weeks;
* ``anonymous_bank``: calls by type and hour, the last week of three, one day and one week ahead where there is truth.

The protocol, fixed before the judged days were looked at:

1. From each origin all models get the history before it and the opening calendar of the days ahead. Peers get closed days
   put back in as usual days of their weekday, so that their seasons stay in step, and their answers are 0 where closed.
2. Judged are open places: WAPE of the point, MASE (against the value a week before), pinball loss of point and 80 % limits
   (mean over 0.1, 0.5, 0.9), and the share of truths within the 80 % band.
3. The pooled gain is 1 - ours / peer, averaged over the sets but the last and both horizons; its interval is a paired
   bootstrap of blocks: weeks of origins, companies of the demo.
4. While ours was built, only origins before the middle of each set were looked at. Figures are of all origins; those from
   the middle on are given apart.

Answers are kept in DIR by set, model and origin: an interrupted run goes on where it was. A line of ``--json`` is one model
on one set and horizon: `value` its WAPE, `reference` that of the best single peer there, `feasible` whether 75 to 85 % of
truths lay within its band. ``--many`` forecasts so many daily series of two years once, on all cores, and tells the time only.
"""

from __future__ import annotations

import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality import _forecast_sets as sets
from benchmarks.quality._common import case_set, line, parser
from benchmarks.quality._forecast_many import timed
from benchmarks.quality._forecast_ours import troth
from benchmarks.quality._forecast_peers import ENSEMBLES, PEERS, THINNED
from benchmarks.quality._forecast_score import Sums, best, figures, gain, sums
from benchmarks.quality._forecast_sets import Task

Floats = NDArray[np.float64]
OURS = "troth"
#: Peers that ran on every origin; the others' figures are of fewer.
FULL = tuple(name for name in PEERS if name not in THINNED)
#: Not pooled: too short for most peers.
APART = "anonymous_bank"
#: Series with at most so many arrivals an open hour are small.
SMALL = 5.0


def tasks(args: Namespace) -> Iterator[Task]:
    """Yield the sets asked for."""
    if args.paths:
        for path in args.paths:
            yield sets.from_file(
                path, time=args.time, value=args.value, every=args.every, origins=args.origins, horizon=args.horizon
            )
        return
    how = case_set("forecast", args.set)
    folder = sets.samples()
    yield sets.bank(folder, every=how["bank_every"])
    yield sets.emergency(folder, every=how["emergency_every"])
    yield sets.demo(args.scratch, series=how["demo_series"], origins=how["demo_origins"])
    yield sets.anonymous(folder)


def answers(
    task: Task, model: str, say: Callable[[Task, int, int], Floats], scratch: Path, *, run: bool
) -> tuple[dict[int, Floats], float]:
    """Return a model's answers by origin and the seconds they took, made where they are not kept yet."""
    found: dict[int, Floats] = {}
    seconds = 0.0
    for origin in task.origins[:: THINNED.get(model, 1)]:
        path = scratch / task.name / model.replace(" ", "_") / f"{origin:04d}.npz"
        if not path.exists():
            if not run:
                continue
            began = time.perf_counter()
            said = say(task, origin, max(h for h in task.horizons.values() if origin + h <= task.length))
            path.parent.mkdir(parents=True, exist_ok=True)
            kept = path.with_suffix(".part.npz")
            np.savez_compressed(kept, answer=said.astype(np.float32), seconds=time.perf_counter() - began)
            kept.rename(path)
        data = np.load(path)
        found[origin] = data["answer"].astype(np.float64)
        seconds += float(data["seconds"])
    return found, seconds


def judged(task: Task, scratch: Path, *, run: bool) -> tuple[dict[str, dict[int, Floats]], dict[str, float]]:
    """Return the answers of all models and ensembles, and the seconds of each."""
    found, seconds = {}, {}
    for model, say in {OURS: troth, **PEERS}.items():
        found[model], seconds[model] = answers(task, model, say, scratch, run=run)
    for name, members in ENSEMBLES.items():
        shared = set.intersection(*(set(found[one]) for one in members))
        found[name] = {
            origin: np.mean([np.maximum(found[one][origin], 0) for one in members], axis=0) for origin in sorted(shared)
        }
        seconds[name] = sum(seconds[one] for one in members)
    return found, seconds


def paired(found: Mapping[str, dict[int, Floats]], task: Task, *, since: int = 0) -> dict[str, Sums]:
    """Return the sums of every model; of those that ran everywhere, over the origins they share."""
    shared = sorted(o for o in set.intersection(*(set(found[m]) for m in (OURS, *FULL))) if o >= since)
    out = {}
    for model, mine in found.items():
        origins = [o for o in shared if o in mine]
        if origins:
            out[model] = sums(task, {origin: mine[origin] for origin in origins})
    return out


def rows(task: Task, scored: Mapping[str, Sums], seconds: Mapping[str, float]) -> Iterator[dict[str, Any]]:
    """Yield a row for each model and horizon."""
    for place, horizon in enumerate(task.horizons):
        singles = [figures(scored[m], place)["wape"] for m in FULL]
        for model, one in scored.items():
            told = figures(one, place)
            if np.isfinite(told["wape"]):
                yield {
                    "bench": "forecast", "case": f"{task.name}/{horizon}", "solver": model, "seed": 1, "seconds": seconds[model], "value": told["wape"],
                    "reference": min(singles), "feasible": 0.75 <= told["coverage"] <= 0.85, "origins": int(np.isfinite(one.values[:, 0, place, 0]).sum()),
                    "series": one.values.shape[1], **told,
                }  # fmt: skip


def table(found: Sequence[Mapping[str, Any]]) -> str:
    """Return rows as a Markdown table."""
    head = [
        "| set, horizon | model | origins | WAPE % | MASE | pinball | 80 % band holds | s |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    body = [
        f"| {r['case']} | {r['solver']} | {r['origins']} | {100 * r['wape']:.2f} | {r['mase']:.3f} | {r['pinball']:.3f} "
        f"| {r['coverage']:.3f} | {r['seconds']:.0f} |"
        for r in found
    ]
    return "\n".join(head + body)


def pooled(scored: Mapping[str, Mapping[str, Sums]]) -> list[str]:
    """Return the sentences on the pooled gain: over the best single peer and the best ensemble, by error and by pinball."""
    by_model = {m: {s: one[m] for s, one in scored.items()} for m in (OURS, *FULL, *ENSEMBLES)}
    out = []
    for part, figure in (("error", "wape"), ("pinball", "pinball")):
        for kind, names in (("single peer", FULL), ("ensemble", tuple(ENSEMBLES))):
            rival = best({m: by_model[m] for m in names}, figure)
            value, low, high, _ = gain(by_model[OURS], by_model[rival], part=part)
            out.append(
                f"{figure}: gain over the best {kind} ({rival}) {100 * value:.1f} % ({100 * low:.1f} to {100 * high:.1f})"
            )
        for name in scored:
            rival = best({m: {name: by_model[m][name]} for m in FULL}, figure)
            value, low, high, _ = gain({name: by_model[OURS][name]}, {name: by_model[rival][name]}, part=part)
            out.append(f"  on {name} over {rival}: {100 * value:.1f} % ({100 * low:.1f} to {100 * high:.1f})")
    held, cells = (sum(float(np.nansum(one[OURS].values[..., k])) for one in scored.values()) for k in (3, 4))
    each = [
        np.mean([figures(one[OURS], h)["coverage"] for h in range(one[OURS].values.shape[2])])
        for one in scored.values()
    ]
    out.append(f"80 % bands hold {held / cells:.3f} of all places, {np.mean(each):.3f} as the mean of sets")
    return out


def small(scored: Mapping[str, Mapping[str, Sums]], all_tasks: Mapping[str, Task]) -> str:
    """Return the sentence on series of at most five arrivals an open hour, against the mean of the same weekday."""
    ours, theirs, number = {}, {}, 0
    for name, one in scored.items():
        if not one:
            continue
        task = all_tasks[name]
        hourly = task.values.shape[2] / 24
        open_ = task.open & np.isfinite(task.values)
        mean = np.where(open_, task.values, 0).sum((1, 2)) / np.maximum(open_.sum((1, 2)), 1) * hourly
        kept = mean <= SMALL
        number += int(kept.sum())
        if kept.any():
            ours[name], theirs[name] = one[OURS].take(kept), one["weekday mean"].take(kept)
    if not number:
        return "no series of at most five arrivals an hour"
    parts = []
    for part in ("error", "pinball"):
        value, low, high, _ = gain(ours, theirs, part=part)
        parts.append(f"{part} {100 * value:.1f} % ({100 * low:.1f} to {100 * high:.1f})")
    return f"{number} series of at most five arrivals an hour, gain over the weekday mean: {', '.join(parts)}"


def main(argv: list[str] | None = None) -> int:
    """Run the protocol; exit status 1 if a set's band holds less than 75 or more than 85 %, or the pooled error is no lower."""
    make = parser(__doc__)
    make.add_argument("--time", default="time", metavar="COL", help="column of instants, for PATH")
    make.add_argument("--value", metavar="COL", help="column of numbers; without it each row counts one")
    make.add_argument("--every", default="30min", help="width of a place, for PATH")
    make.add_argument("--horizon", default="1d,1w", help="days or weeks ahead, for PATH")
    make.add_argument("--origins", type=int, metavar="N", help="at most so many, for PATH")
    make.add_argument(
        "--scratch", type=Path, default=Path(tempfile.gettempdir()) / "troth-forecast", help="where answers are kept"
    )
    make.add_argument("--kept", action="store_true", help="judge the answers there are, make none")
    make.add_argument("--many", type=int, metavar="N", help="instead: the time of N daily series of two years")
    args = make.parse_args(argv)
    if args.many:
        told = list(timed(args.many))
        print("\n".join(line(**row) if args.json else str(row) for row in told))
        return int(not all(row["feasible"] for row in told))
    found: list[dict[str, Any]] = []
    all_tasks = {task.name: task for task in tasks(args)}
    whole: dict[str, dict[str, Sums]] = {}
    later: dict[str, dict[str, Sums]] = {}
    for name, task in all_tasks.items():
        said, seconds = judged(task, args.scratch, run=not args.kept)
        whole[name], later[name] = paired(said, task), paired(said, task, since=task.middle)
        if not whole[name]:
            print(f"{name}: no origin yet that all have answered", file=sys.stderr)
            continue
        new = list(rows(task, whole[name], seconds))
        found += new
        print("\n".join(line(**row) for row in new) if args.json else table(new), flush=True)
    main_sets = [name for name in all_tasks if whole[name] and (name != APART or len(all_tasks) == 1)]
    text = []
    for title, scored in (("all origins", whole), ("origins from the middle on, not looked at before", later)):
        some = {name: scored[name] for name in main_sets if scored[name]}
        text += [f"{title}:", *pooled(some), small(scored, all_tasks)] if some else []
    print("\n".join(text), file=sys.stderr if args.json else sys.stdout)
    ours = [row for row in found if row["solver"] == OURS and APART not in row["case"]]
    return int(not all(row["feasible"] and row["value"] <= row["reference"] for row in ours))


if __name__ == "__main__":
    sys.exit(main())
