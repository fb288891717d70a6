"""Promises of a site itself: do its own promises come true as often as its page of promises says they were stated?

    python -m benchmarks.quality.word [--set quick|issue|full] [--seeds N] [--json]

The demo's busy branch is lived through on a real database, by the actions that pages and API call, with the worker's
tasks once a simulated minute: customers join, book, move, cancel, stay away; clerks call, serve and pause. Every wait
and appointment promised on the way is a row of the site, settled by the site. What its page of promises then says is
printed, as the page reckons it: stated probability, share that came true as promised (a wait within its interval, an
appointment not later than its latest time), share not late, how many came due and how many were let go.

The predictors learn from nothing but these days; the first `learning` days are told of apart. A line of ``--json``
is one kind of promise after them: `value` is the share that came true, `reference` the stated one, `feasible`
whether they differ by at most 0.05.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.quality._common import case_set, line, parser
from benchmarks.quality._live_site import Site


def lived(folder: Path, *, days: int, learning: int, seed: int) -> Any:
    """Live the days on a fresh site in a folder; return what its page says."""
    site = Site(folder)
    try:
        site.begin()
        command = [sys.executable, "-m", "benchmarks.quality._word_program", str(days), str(learning), str(seed)]
        environment = {**os.environ, **site.environment, "TROTH_CONNECTIONS": "", "TROTH_DEMO": "1"}
        done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE)
        return json.loads(done.stdout)
    finally:
        site.close()


def main(arguments: list[str] | None = None) -> int:
    """Live the days of each seed and print what the page says."""
    asked = parser(__doc__).parse_args(arguments)
    cases = case_set("word", asked.set)
    for seed in range(1, (asked.seeds or cases["seeds"]) + 1):
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            found = lived(Path(folder), days=cases["days"], learning=cases["learning"], seed=seed)
        for part in ("all", "later"):
            for kind, one in found[part].items():
                _tell(part, kind, one, seed=seed, seconds=time.perf_counter() - began, as_json=asked.json)
    return 0


def _tell(part: str, kind: str, one: dict[str, Any], *, seed: int, seconds: float, as_json: bool) -> None:
    if as_json and part == "later":
        near = abs(one["inside"] - one["stated"]) <= 0.05
        more = {name: one[name] for name in ("n", "kept", "low", "high", "waived")}
        print(
            line(bench="word", case=kind, seed=seed, seconds=seconds, value=one["inside"], reference=one["stated"],
                 feasible=near, **more)
        )  # fmt: skip
    elif not as_json:
        print(
            f"seed {seed} {part:5} {kind:11} {one['n']:5} due, {one['waived']:4} let go; stated {one['stated']:.3f}, "
            f"came true {one['inside']:.3f} ({one['low']:.3f} to {one['high']:.3f}), not late {one['kept']:.3f}"
        )


if __name__ == "__main__":
    sys.exit(main())
