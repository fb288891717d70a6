"""The calls of the anonymous bank, as arrays."""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np

DAY_S = 86_400


@dataclass(frozen=True)
class Bank:
    """One row a call: kind, outcome, seconds in queue and in service, arrival and service in seconds from 1 August."""

    kind: np.ndarray
    outcome: np.ndarray
    wait_s: np.ndarray
    service_s: np.ndarray
    arrived_s: np.ndarray
    served_s: np.ndarray
    server: np.ndarray


def read(samples: Path) -> Bank:
    """Return all calls of 1-21 August."""
    with gzip.open(samples / "anonymous_bank" / "calls_august_1_21.csv.gz", "rt", newline="") as file:
        rows = list(csv.DictReader(file))
    day = np.array([int(row["date"][-2:]) - 1 for row in rows]) * DAY_S
    entered, served = (np.array([_seconds(row[name]) for row in rows]) for name in ("vru_entry", "ser_start"))
    served = np.where(served < entered - DAY_S // 2, served + DAY_S, served)
    return Bank(
        np.array([row["type"].strip() for row in rows]), np.array([row["outcome"] for row in rows]),
        np.array([float(row["q_time"]) for row in rows]), np.array([float(row["ser_time"]) for row in rows]),
        day + entered, day + served, np.array(["" if row["server"] == "NO_SERVER" else row["server"] for row in rows]),
    )  # fmt: skip


def _seconds(clock: str) -> int:
    hours, minutes, seconds = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds)
