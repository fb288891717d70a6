"""What `troth twin replan` computes: the plan of a day and how it would have fared."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from troth.cli.output import Row

if TYPE_CHECKING:
    from troth.queueing.read import RecordedContacts

_FLOORS = 12


def planned(
    seen: RecordedContacts, *, on: date, known: list[date], seconds: float, given: dict[str, Any]
) -> tuple[list[Row], dict[str, Any]]:
    """Return the stretches of presence as they were and as placed, and the figures of both."""
    from troth.core.decision import Issue, Severity, Stop
    from troth.core.errors import InputError
    from troth.core.spans import Span, zone
    from troth.queueing.read import day_number
    from troth.queueing.twin.arrivals import futures
    from troth.queueing.twin.day import UNNAMED, recorded_day
    from troth.queueing.twin.floors import learn_days
    from troth.queueing.twin.learn import Learning
    from troth.queueing.twin.moves import Placing, placed
    from troth.queueing.twin.replan import judged, replan

    how, seed, tz = (
        Learning(gap_s=given["gap"], idle_rests=given["idle_rests"]),
        given["seed"],
        zone(given["time_zone"]),
    )
    there = [day for day in known if (seen.day == day_number(day)).any()]
    like = [day for day in there if (day - on).days % 7 == 0]
    if not like:
        advice = "Maybe an earlier day: one of the same weekday is needed to know what to expect."
        raise InputError([Issue("no-like-day", Severity.ERROR, "--known-from", known[0].isoformat(), advice)])
    learned = learn_days(seen, days=there, time_zone=given["time_zone"], how=how, seed=seed)
    floors = learned.drawn(_FLOORS, seed=seed)
    day = recorded_day(seen, on=on, time_zone=given["time_zone"], how=how)
    spans = [span for name, mine in day.working.items() if name != UNNAMED for span in mine]
    expected = futures(
        seen, day=day, floor=learned.usual, seed=seed,
        like=[recorded_day(seen, on=one, time_zone=given["time_zone"], how=how) for one in like],
    )  # fmt: skip
    made = replan(
        day, floors=floors, arrivals=expected, how=how, seed=seed,
        open_span=Span(min(s.start for s in spans), max(s.end for s in spans)), stop=Stop(seconds=seconds),
    )  # fmt: skip
    each = max(1, given["replications"] // _FLOORS)
    before, after = (
        judged(day, placing=one, floors=floors, replications=each, seed=seed + 1)
        for one in (Placing({}, {}), made.placing)
    )
    moved = placed(day, placing=made.placing)
    rows: list[Row] = [
        {"server": name, "from": _clock(old.start, tz), "to": _clock(old.end, tz), "new_from": _clock(new.start, tz), "new_to": _clock(new.end, tz)}
        for name, mine in day.working.items() if name != UNNAMED
        for old, new in zip(mine, moved[name], strict=True)
    ]  # fmt: skip
    return rows, {
        "mean_wait_s": before.mean_wait_s, "new_mean_wait_s": after.mean_wait_s,
        "gave_up": before.share_gave_up, "new_gave_up": after.share_gave_up,
        "p95_s": float(before.p95_s.mean()), "new_p95_s": float(after.p95_s.mean()),
        "head_starts_s": dict(made.placing.more_s), "tried": made.tried, "status": str(made.status),
    }  # fmt: skip


def _clock(at: Any, tz: Any) -> str:
    return f"{at.astimezone(tz):%H:%M}"
