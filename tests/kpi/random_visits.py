"""Random visits for `random_logs`: a case at a customer's place, with windows promised, moved, kept, broken and given up."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.kpi.random_logs import Scribe


def visited(scribe: Scribe, number: int) -> None:
    """Write one case that takes some visits."""
    from tests.kpi.random_logs import START

    s = scribe
    s.t = START + timedelta(minutes=30 * s.rng.randrange(150))
    case: dict[str, Any] = {
        "case_id": f"{s.site}-f{number}",
        "customer_id": s.pick(f"{s.site}-u1", None),
        "service": s.pick("s1", "s2", None),
        "queue": s.pick("q1", "q2", None),
    }
    asset = s.pick({"asset": f"{s.site}-x1"}, {"asset": f"{s.site}-x2"}, {})
    s.say("opened", **case, actor=s.pick("system", "human", None), attributes=asset)
    for attempt in range(s.pick(1, 1, 2, 3)):
        s.wait()
        _visit(s, case, f"{s.site}-v{number}-{attempt}")
    if s.chance(0.5):
        s.say("resolved", **case, agent_id=s.name("a", 3))


def _visit(s: Scribe, case: dict[str, Any], visit: str) -> None:
    v = {**case, "subject_kind": s.pick("visit", "visit", "visit", "visit", "booking"), "subject_id": visit}
    who = {"agent_id": s.name("a", 3), "team": s.pick("t1", None)}
    promise = {**case, "subject_kind": "promise", "subject_id": f"{visit}-p", "actor": "system"}
    s.say("booked", **v)
    named = {"visit": visit} if s.chance(0.9) else {}
    if s.chance(0.8):
        s.say("promised", **promise, value=0.9, attributes={**named, **_window(s)})
    for _ in range(s.pick(0, 0, 1, 2)):
        s.wait()
        reason = s.pick({"reason": "customer"}, {"reason": "illness"}, {})
        s.say("rescheduled", **v)
        s.say("promise_changed", **promise, attributes={**named, **reason, **_window(s)})
    if s.chance(0.12):
        s.say("cancelled", **v)
        s.say("promise_waived", **promise, attributes=named)
        if s.chance(0.7):
            return
    s.wait()
    if s.chance(0.85):
        s.say("travel_started", **v, **who)
        s.wait()
    if s.chance(0.3):
        s.say("promise_broken", **promise, attributes=named)
    if s.chance(0.15):
        return
    s.say("arrived_on_site", **v, **who)
    if s.chance(0.1):
        s.say("no_show", **v, **who)
        return
    s.wait((0, 60, 600))
    s.say("work_started", **v, **who)
    for _ in range(s.pick(1, 1, 1, 2)):
        s.wait()
        reason = s.pick(
            {"reason": "fixed"}, {"reason": "fixed"}, {"reason": "part"}, {"reason": "skill"}, {"reason": "access"},
            {"reason": "diagnosis"}, {},
        )  # fmt: skip
        s.say("work_ended", **v, **who, attributes=reason)


def _window(s: Scribe) -> dict[str, str]:
    """Return a window some hours around now; now and then without a beginning, or only a time by which it is due."""
    starts = s.t + timedelta(hours=s.pick(-1, 0, 2, 9))
    ends = (starts + timedelta(hours=s.pick(1, 4))).isoformat()
    both = {"window_start": starts.isoformat(), "window_end": ends}
    found: dict[str, str] = s.pick(both, both, {"window_end": ends}, {"due_at": ends})
    return found
