"""What benchmarks share: their options, the sets of cases, and the line each case prints."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import platform
import tomllib
from pathlib import Path
from typing import Any

SETS = Path(__file__).with_name("sets.toml")
VERSIONS = ("troth", "duckdb", "deltalake", "pyarrow", "ibis-framework")


def parser(text: str | None) -> argparse.ArgumentParser:
    """Return a parser with the options every benchmark has."""
    made = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="data files instead of generated ones")
    made.add_argument("--set", choices=["quick", "issue", "full"], default="issue", help="which cases; see sets.toml")
    made.add_argument("--seeds", type=int, metavar="N", help="how many seeds: 1, 2, ...")
    made.add_argument("--json", action="store_true", help="one line a case")
    return made


def case_set(bench: str, name: str) -> dict[str, Any]:
    """Return what `sets.toml` says of a set of a benchmark."""
    found: dict[str, Any] = tomllib.loads(SETS.read_text("utf-8"))[bench][name]
    return found


def line(
    *,
    bench: str,
    case: str,
    seed: int | None,
    seconds: float,
    value: float | None,
    reference: float | None,
    feasible: bool,
    solver: str = "troth",
    **more: Any,
) -> str:
    """Return the JSON line of one case; `gap` is value / reference - 1."""
    gap = value / reference - 1 if value is not None and reference else None
    said = {
        "bench": bench,
        "case": case,
        "solver": solver,
        "seed": seed,
        "seconds": round(seconds, 3),
        "value": value,
        "reference": reference,
        "gap": None if gap is None else round(gap, 6),
        "feasible": feasible,
        "versions": versions(),
    }
    return json.dumps(said | more)


def versions() -> dict[str, str]:
    """Return the versions that matter for a figure."""
    return {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in VERSIONS}
