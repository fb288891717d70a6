"""The way to the room of promises: what may be stated, and how honest what was stated is. The only file of this app that knows it."""

from __future__ import annotations

from troth.charts.template import swaps
from troth.promise import LearnedShare, Reliability, calibration, kept_rate, learned_share, reliability
from troth.stats import Interval

__all__ = [
    "Interval", "LearnedShare", "Reliability", "calibration", "kept_rate", "learned_share", "reliability", "swaps",
]  # fmt: skip
