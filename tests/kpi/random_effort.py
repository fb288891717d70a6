"""Random hours booked, calibrations, errors with causes, and actions; see `random_logs`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

#: The first whole days of the logs; see `random_logs.START`.
_MINUTES = 7000


def effort(scribe: Any, *, start: datetime) -> None:
    """Write what takes people's time beside customers."""
    for happening, most in ((_booking, 9), (_calibration, 4), (_error, 5), (_blamed, 3), (_action, 5)):
        for number in range(scribe.rng.randrange(most)):
            scribe.t = start + timedelta(minutes=scribe.rng.randrange(_MINUTES))
            happening(scribe, number)


def _booking(s: Any, number: int) -> None:
    s.say(
        "time_logged",
        subject_kind="project",
        subject_id=f"{s.site}-j{number % 2}",
        agent_id=s.name("a", 3),
        team=s.pick("t1", "t2", None),
        customer_id=s.pick(f"{s.site}-u1", None),
        value=s.pick(0.5, 2.0, 6.0),
        attributes=s.pick({"billable": True}, {"billable": "true"}, {"billable": False}, {}),
    )


def _calibration(s: Any, number: int) -> None:
    """Let some of three graders score blindly, by criteria or in total, perhaps twice; then perhaps agree."""
    about = {
        "subject_kind": "review",
        "subject_id": f"{s.site}-g{number}",
        "agent_id": s.name("a", 2),
        "queue": s.pick("q1", None),
    }
    for grader in (*s.rng.sample(("g0", "g1", "g2"), s.pick(1, 2, 3)), *s.pick(("g0",), (), (), ())):
        _sheet(s, about, {"reviewer_id": f"{s.site}-{grader}"})
        s.wait((0, 60, 3600))
    if s.chance(0.8):
        _sheet(s, about, {})


def _sheet(s: Any, about: dict[str, Any], by: dict[str, str]) -> None:
    for point in range(s.pick(0, 0, 1, 3)):
        extra = s.pick({}, {}, {"weight": 2.0}, {"weight": 0.0})
        mark = s.pick(4.0, 6.0, 9.0, None)
        note = {"scale": 10} | extra | by
        s.say("quality_calibrated", **about, step=f"p{point}", value=mark, attributes=note)
    if s.chance(0.6):
        note = s.pick({}, {"scale": 100}) | by
        s.say(
            "quality_calibrated", **about, step=s.pick("total", None), value=s.pick(60.0, 72.0, 78.0), attributes=note
        )


def _error(s: Any, number: int) -> None:
    """Write a review whose critical criteria fail, mostly, with a cause, mostly."""
    about = {"subject_kind": "review", "subject_id": f"{s.site}-e{number}", "agent_id": s.name("a", 2)}
    for step in s.rng.sample(("accuracy", "process", "total", None), s.pick(1, 2, 3)):
        cause = s.pick({"cause": "training"}, {"cause": "training"}, {"cause": "process"}, {})
        note = s.pick({"critical": True}, {"critical": True}, {"critical": True, "not_applicable": True}, {}) | cause
        s.say("quality_reviewed", **about, step=step, value=s.pick(0.0, 0.0, 3.0), attributes=note)


def _blamed(s: Any, number: int) -> None:
    about = {"subject_kind": "survey", "subject_id": f"{s.site}-b{number}", "agent_id": s.name("a", 2)}
    s.say("survey_sent", **about)
    cause = s.pick({"cause": "training"}, {"cause": "product"}, {})
    s.say("survey_answered", **about, step="satisfaction", value=s.pick(1.0, 2.0, 5.0), attributes=cause)


def _action(s: Any, number: int) -> None:
    kind, begins, ends = s.pick(("action", "action_agreed", "action_done"), ("trial", "trial_started", "trial_ended"))
    about = {"subject_kind": kind, "subject_id": f"{s.site}-{kind}{number}", "agent_id": s.name("a", 2)}
    note: dict[str, Any] = s.pick({"owner_id": s.name("a", 3)}, {})
    note = note if kind == "action" else {}
    if kind == "action" and s.chance(0.7):
        note["due_at"] = (s.t + timedelta(hours=s.pick(1, 5, 40))).isoformat()
    s.say(begins, **about, team=s.pick("t1", None), attributes=note)
    for _ in range(s.pick(0, 1, 1, 2)):
        s.wait((0, 3600, 5 * 3600, 40 * 3600))
        s.say(ends, **about, value=s.pick(0.1, 0.0, None))
