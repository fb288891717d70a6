"""What arrives, how long it takes and how patient it is: the input of every Erlang formula."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Traffic:
    """Contacts of one or many intervals. Every field is a number or an array; arrays broadcast.

    Parameters
    ----------
    contacts : how many arrive in the interval, on average.
    handle_s : mean handle time of one contact when its agent has no other, in seconds.
    interval_s : length of the interval in seconds.
    patience_s : mean time until a waiting customer gives up, in seconds; infinite or None for endless patience
        (Erlang C), 0 for none (Erlang B: who cannot be served at once is lost).
    within_s : how soon an answer counts as in time, in seconds.
    at_once : how many contacts one agent serves at once, as in chat.
    slowing : by what share the handle time grows with each further contact at once, 0 to 1: with 0.3, three at
        once take 1.6 times as long each.

    Raises
    ------
    InputError
        With every fault found: what is no number, negative, beyond its limits, or of shapes that do not fit.

    Examples
    --------
    >>> Traffic(100, handle_s=180).erlangs
    array(10.)
    """

    contacts: ArrayLike
    handle_s: ArrayLike
    interval_s: ArrayLike = 1800.0
    patience_s: ArrayLike | None = None
    within_s: ArrayLike = 20.0
    at_once: ArrayLike = 1
    slowing: ArrayLike = 0.0

    def __post_init__(self) -> None:
        if self.patience_s is None:
            object.__setattr__(self, "patience_s", np.inf)
        found = check(self)
        if found:
            raise InputError(found)

    @cached_property
    def erlangs(self) -> Floats:
        """Load: contacts in service on average were there no end of agents."""
        return np.asarray(
            np.asarray(self.contacts, float) * np.asarray(self.handle_s, float) / np.asarray(self.interval_s, float)
        )

    def doubts(self) -> list[Issue]:
        """Return what may be computed but is probably not meant."""
        none = np.asarray(self.patience_s, float) == 0
        if not none.any():
            return []
        advice = "Maybe it is not known: leave it out. With 0 whoever cannot be served at once is lost (Erlang B)."
        return [
            issue(
                "patience-zero",
                where="patience_s",
                wrong=none,
                values=self.patience_s,
                advice=advice,
                severity=Severity.WARNING,
            )
        ]


#: What each field must be: the test, the code and the advice where it fails.
_RULES: dict[str, tuple[Callable[[Floats], Any], str, str]] = {
    "contacts": (lambda v: (v >= 0) & np.isfinite(v), "negative-contacts", "Maybe a correction was booked as a negative count: use 0."),
    "handle_s": (lambda v: (v > 0) & np.isfinite(v), "handle-time-not-positive", "Maybe the interval has no contacts: use the day's mean."),
    "interval_s": (lambda v: (v > 0) & np.isfinite(v), "interval-not-positive", "Maybe use 1800 for half an hour."),
    "patience_s": (lambda v: v >= 0, "negative-patience", "Maybe leave it out for customers who never give up."),
    "within_s": (lambda v: (v >= 0) & np.isfinite(v), "negative-answer-time", "Maybe use 20 for twenty seconds."),
    "at_once": (lambda v: (v >= 1) & (v == np.floor(v)) & (v <= 100), "at-once-not-whole", "Maybe 1 for calls, 2 or 3 for chats."),
    "slowing": (lambda v: (v >= 0) & (v <= 1), "slowing-out-of-range", "Maybe a share such as 0.3; above 1 two at once would be slower than one after the other."),
}  # fmt: skip


def check(traffic: Traffic) -> list[Issue]:
    """Return all that is wrong with it: first what is no number, then what is out of range, then shapes."""
    found: list[Issue] = []
    shapes = []
    for part in fields(traffic):
        given = getattr(traffic, part.name)
        try:
            values = np.asarray(given, dtype=np.float64)
        except (TypeError, ValueError):
            found.append(
                Issue("not-a-number", Severity.ERROR, part.name, str(given)[:80], "Maybe a column of text was given.")
            )
            continue
        shapes.append(values.shape)
        fits, code, advice = _RULES[part.name]
        for wrong, name, words in (
            (np.isnan(values), "not-a-number", "Maybe fill the hole, or leave the interval out."),
            (~fits(values) & ~np.isnan(values), code, advice),
        ):
            if wrong.any():
                found.append(issue(name, where=part.name, wrong=wrong, values=given, advice=words))
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        told = ", ".join(str(shape) for shape in dict.fromkeys(shapes))
        found.append(Issue("shapes-differ", Severity.ERROR, "traffic", told, "Maybe one array is of other intervals."))
    return found


def issue(
    code: str,
    *,
    where: str,
    wrong: NDArray[np.bool_],
    values: Any,
    advice: str,
    severity: Severity = Severity.ERROR,
) -> Issue:
    """Return one issue that names the first place and counts them all."""
    flat = np.broadcast_to(np.asarray(values, dtype=np.float64), wrong.shape).ravel()
    first = int(np.argmax(wrong.ravel()))
    place = f"{where}[{first}]" if wrong.ndim else where
    return Issue(code, severity, place, f"{flat[first]:g}", advice, int(wrong.sum()))


def spread(traffic: Traffic, *more: ArrayLike) -> tuple[tuple[int, ...], list[Floats]]:
    """Return the common shape, and flat arrays: load, handle times per patience, answer time in handle times, chats.

    `more` comes broadcast and flat after them.
    """
    handle = np.asarray(traffic.handle_s, float)
    with np.errstate(divide="ignore"):
        impatience = handle / np.asarray(traffic.patience_s, float)
    parts = np.broadcast_arrays(
        traffic.erlangs,
        impatience,
        np.asarray(traffic.within_s, float) / handle,
        np.asarray(traffic.at_once, float),
        np.asarray(traffic.slowing, float),
        handle,
        *(np.asarray(one, float) for one in more),
    )
    # A copy: what broadcasting gives of a single number looks writable to NumPy, which warns whoever asks.
    return parts[0].shape, [np.array(one).ravel() for one in parts]
