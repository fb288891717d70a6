"""The way to the room of promises: how honest stated probabilities are. The only file of this app that knows it."""

from __future__ import annotations

from troth.charts.template import swaps
from troth.promise import Reliability, calibration, kept_rate, reliability
from troth.stats import Interval

__all__ = ["Interval", "Reliability", "calibration", "kept_rate", "reliability", "swaps"]
