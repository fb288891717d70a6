"""What was promised, and how a promise goes from offered to kept, broken or waived."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from troth.core.decision import Issue, Severity


class PromiseState(StrEnum):
    """Where a promise stands."""

    OFFERED = "offered"
    PROMISED = "promised"
    CHANGED = "changed"
    KEPT = "kept"
    BROKEN = "broken"
    WAIVED = "waived"


#: States in which nothing more can happen.
SETTLED: Final = frozenset({PromiseState.KEPT, PromiseState.BROKEN, PromiseState.WAIVED})
#: States in which the word binds.
RUNNING: Final = frozenset({PromiseState.PROMISED, PromiseState.CHANGED})
#: Activities of the log that move a promise, and the state each leads to.
MOVES: Final = {
    "promised": PromiseState.PROMISED,
    "promise_changed": PromiseState.CHANGED,
    "promise_kept": PromiseState.KEPT,
    "promise_broken": PromiseState.BROKEN,
    "promise_waived": PromiseState.WAIVED,
}
_ALLOWED: Final = {
    PromiseState.OFFERED: {"promised", "promise_waived"},
    PromiseState.PROMISED: set(MOVES) - {"promised"},
    PromiseState.CHANGED: set(MOVES) - {"promised"},
}


@dataclass(frozen=True, slots=True)
class Offer:
    """What is promised: that something happens by a time or within an interval, with which probability.

    A ticket SLA, a wait, an appointment window and a project's start are all of this kind.

    Parameters
    ----------
    kind : such as ``"wait"``, ``"appointment"``, ``"sla"``.
    due_at : the end; what happens at this instant is still in time.
    window_start : the beginning of an interval; None if only the latest time is promised.
    probability : the stated probability, of the whole interval; above 0 and up to 1. None if none was stated.
    """

    kind: str
    due_at: datetime
    window_start: datetime | None = None
    probability: float | None = None

    def kept(self, happened_at: datetime) -> bool:
        """Tell whether something that happened then keeps the word: nobody is let down by being early."""
        return happened_at <= self.due_at

    def inside(self, happened_at: datetime) -> bool:
        """Tell whether it lies in the interval, which is what the probability was stated of."""
        return self.kept(happened_at) and (self.window_start is None or happened_at >= self.window_start)


def check(offer: Offer, *, at: datetime) -> list[Issue]:
    """Return everything wrong with an offer made at an instant."""
    found = [
        _error("naive-time", name, instant, "Maybe say the zone, such as +00:00.")
        for name, instant in (("due_at", offer.due_at), ("window_start", offer.window_start), ("at", at))
        if instant is not None and instant.tzinfo is None
    ]
    if found:
        return found
    if not offer.kind:
        found.append(_error("no-kind", "kind", "", "Maybe it is a wait."))
    if offer.window_start is not None and offer.window_start > offer.due_at:
        found.append(_error("window-after-due", "window_start", offer.window_start, "Maybe the two times are swapped."))
    if offer.due_at < at:
        found.append(_error("due-in-the-past", "due_at", offer.due_at, "Maybe it was made earlier than said."))
    if offer.probability is not None and not 0 < offer.probability <= 1:
        advice = "Maybe a share between 0 and 1 is meant."
        found.append(_error("bad-probability", "probability", offer.probability, advice))
    return found


def advance(
    state: PromiseState,
    *,
    activity: str,
    at: datetime,
    offer: Offer,
    new: Offer | None = None,
    since: datetime | None = None,
) -> tuple[PromiseState, list[Issue]]:
    """Return the state of a promise after an activity of the log, or the same state and why the move is illegal.

    Parameters
    ----------
    activity : one of `MOVES`.
    at : when it happened; of ``promise_kept`` the instant at which what was promised happened.
    offer : what is promised as it stands.
    new : what is promised from now on; of ``promise_changed`` always, of no other move.
    since : when the promise came into its state, if known; nothing happens before.

    Examples
    --------
    >>> from datetime import UTC
    >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> offer = Offer("wait", due_at=noon.replace(minute=25), probability=0.8)
    >>> state, issues = advance(PromiseState.OFFERED, activity="promised", at=noon, offer=offer)
    >>> state, issues = advance(state, activity="promise_kept", at=noon.replace(minute=20), offer=offer)
    >>> str(state), issues
    ('kept', [])
    """
    issues = _unfit(state, activity, at) or _illegal(activity, at, offer, new, since)
    return (state, issues) if issues else (MOVES[activity], [])


def due(state: PromiseState, *, offer: Offer, now: datetime, happened_at: datetime | None = None) -> str | None:
    """Return the activity that is due for a promise: kept, broken, or None while it is open.

    Parameters
    ----------
    happened_at : when what was promised happened; None if it has not.
    """
    if state not in RUNNING:
        return None
    if happened_at is not None:
        return "promise_kept" if offer.kept(happened_at) else "promise_broken"
    return "promise_broken" if now > offer.due_at else None


def _unfit(state: PromiseState, activity: str, at: datetime) -> list[Issue]:
    if activity not in MOVES:
        return [_error("unknown-move", "activity", activity, f"Maybe one of {', '.join(MOVES)}.")]
    if at.tzinfo is None:
        return [_error("naive-time", "at", at, "Maybe say the zone, such as +00:00.")]
    if activity in _ALLOWED.get(state, set()):
        return []
    code = "already-settled" if state in SETTLED else "illegal-move"
    advice = "Maybe it was not given yet." if state is PromiseState.OFFERED else "Maybe it was told twice."
    return [_error(code, "activity", f"{activity} after {state}", advice)]


def _illegal(activity: str, at: datetime, offer: Offer, new: Offer | None, since: datetime | None) -> list[Issue]:
    found = []
    if since is not None and at < since:
        found.append(_error("before-last", "at", at, "Maybe the events came in the wrong order."))
    if (activity == "promise_changed") != (new is not None):
        advice = "Maybe only a change brings a new offer, and always."
        found.append(_error("offer-and-change", "new", new or "", advice))
    elif activity == "promised" or new is not None:
        found += check(new or offer, at=at)
    if activity == "promise_kept" and not offer.kept(at):
        found.append(_error("too-late", "at", at, "Maybe it is broken."))
    return found


def _error(code: str, where: str, value: object, advice: str) -> Issue:
    return Issue(code, Severity.ERROR, where, str(value), advice)
