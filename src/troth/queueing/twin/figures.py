"""Figures of a day, measured alike where it happened and where it was simulated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from troth.core.spans import to_micros
from troth.queueing.read import Floats, Marks, Names
from troth.queueing.twin import _layout as layout
from troth.queueing.twin.day import IDLE, UNNAMED, RecordedDay
from troth.queueing.twin.learn import USUAL, Learning
from troth.queueing.twin.problem import TwinProblem
from troth.queueing.twin.trace import Trace

#: The parts of a day by local hour.
PARTS: Final = (("before 12", 0, 12), ("12 to 17", 12, 17), ("from 17", 17, 24))
#: A kind or part of the day has figures of its own with at least so many contacts.
ENOUGH: Final = 30


@dataclass(frozen=True, slots=True, eq=False)
class LivedContacts:
    """Contacts as far as figures need them, recorded or simulated; arrays of shape (n,).

    `waits` are NaN for who neither was answered nor gave up, `handle_s` for who was not served to the end.
    """

    queue: Names
    hour: Floats
    wait_s: Floats
    answered: Marks
    gave_up: Marks
    handle_s: Floats
    named: Marks


def recorded_figures(day: RecordedDay, *, how: Learning = USUAL) -> dict[str, float]:
    """Return the figures of a day as it was."""
    c = day.contacts
    handle = np.where(c.handle_s <= how.longest_s, c.handle_s, np.nan)
    lived = LivedContacts(c.queue, c.hour, c.wait_s, c.answered, c.gave_up, handle, c.agent != "")
    return figures(lived, present_s=day.present_s, given=lived)


def twin_figures(trace: Trace, *, problem: TwinProblem, present_s: float) -> dict[str, float]:
    """Return the figures of one course of a day."""
    return figures(lived_contacts(trace, problem=problem), present_s=present_s)


def lived_contacts(trace: Trace, *, problem: TwinProblem) -> LivedContacts:
    """Return the contacts of a trace."""
    idle = np.array([stream.service == IDLE for stream in problem.streams])
    c = trace.contacts[~idle[trace.contacts["stream"]]]
    served, gave_up = c["answered"] < layout.NEVER, c["outcome"] == layout.ABANDONED
    until = np.where(served, c["answered"], np.where(gave_up, c["left"], c["joined"]))
    wait = np.where(served | gave_up, (until - c["joined"]) / 1e6, np.nan)
    over = served & (c["ended"] < layout.NEVER)
    handle = np.where(over, (c["ended"] - np.where(over, c["answered"], 0)) / 1e6, np.nan)
    names = np.array([stream.service for stream in problem.streams])
    known = np.array([agent.name != UNNAMED for agent in problem.agents])
    hour = (c["joined"] - to_micros(problem.start)) / 3.6e9
    return LivedContacts(names[c["stream"]], hour, wait, served, gave_up, handle, known[np.maximum(c["agent"], 0)])


def figures(lived: LivedContacts, *, present_s: float, given: LivedContacts | None = None) -> dict[str, float]:
    """Return the figures of a day; the list in docs/background/replan.md says which.

    Parameters
    ----------
    present_s : time of presence of known servers.
    given : contacts that say which kinds and parts of the day have figures of their own; all of them if left out.
    """
    wait, served, gone = lived.wait_s, lived.answered, lived.gave_up
    over = wait[served | gone]
    found = {
        "volume": float(len(wait)), "answered": float(served.sum()), "share gave up": float(gone.mean()),
        "share answered at once": float((served & (wait <= 0)).mean()),
        "mean wait of answered": _mean(wait[served]), "mean wait of gave up": _mean(wait[gone]), "mean wait of all": _mean(over),
        "P50 wait": _quantile(over, 0.5), "P90 wait": _quantile(over, 0.9), "P95 wait": _quantile(over, 0.95),
        "longest wait": _quantile(over, 1.0),
        "in 20 s": float((served & (wait <= 20)).mean()), "in 60 s": float((served & (wait <= 60)).mean()),
        "mean handle": _mean(lived.handle_s[served]),
        "occupancy": float(np.nansum(lived.handle_s[served & lived.named])) / present_s,
        "mean waiting": float(np.nansum(over)) / max(float(np.ptp(lived.hour)) * 3600, 1.0),
    }  # fmt: skip
    for queue in np.unique(lived.queue):
        mine = lived.queue == queue
        if given is None or mine.sum() >= ENOUGH:
            found[f"share gave up, {queue}"] = float(gone[mine].mean())
            found[f"mean wait of answered, {queue}"] = _mean(wait[mine & served])
            found[f"mean handle, {queue}"] = _mean(lived.handle_s[mine & served])
    for name, first, last in PARTS:
        mine = (lived.hour >= first) & (lived.hour < last)
        if given is None or mine.sum() >= ENOUGH:
            found[f"mean wait of answered, {name}"] = _mean(wait[mine & served])
    return found


def _mean(values: Floats) -> float:
    known: NDArray[Any] = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def _quantile(values: Floats, q: float) -> float:
    return float(np.quantile(values, q)) if len(values) else float("nan")
