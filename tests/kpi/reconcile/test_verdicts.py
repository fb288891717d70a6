"""Another's verdict on an agreement beside our clocks: the change is found that was made, and only that one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.kpi.logs import Event, hours, put, put_reference
from troth.kpi.reconcile import Reconciled, reconcile
from troth.log.lake import Lake

#: Hours after the opening, what happened, and what else is told of it.
Line = tuple[float, str, dict[str, Any]]
START = datetime(2026, 3, 2, 8, tzinfo=UTC)


class Audited(Event):
    """An event of ServiceNow's audit log."""

    def draft(self) -> dict[str, Any]:
        """Return the event as its reader would hand it over."""
        return {**super().draft(), "source": "servicenow"}


def incident(name: str, day: float, *lines: Line, kept: bool, priority: str = "P3") -> list[Audited]:
    """Return an incident from what happened so many hours after its opening; the last line carries the verdict."""
    start = START + timedelta(days=day)
    said = {"foreign": {"made_sla": "true" if kept else "false"}}
    found = []
    for number, (after, activity, more) in enumerate(lines):
        verdict = {"attributes": said} if number == len(lines) - 1 else {}
        found.append(
            Audited(
                at=start + timedelta(hours=after), activity=activity, source_id=f"{name}/{number}", case_id=name,
                **{"priority": priority, **verdict, **more},
            )
        )  # fmt: skip
    return found


def agreed(folder: Path, events: Sequence[Audited], *targets: dict[str, Any], **reference: Any) -> Reconciled:
    """Return what comes of setting the verdicts beside an agreement."""
    lake = Lake(folder)
    put(lake, [Audited(**{one.name: getattr(event, one.name) for one in fields(event)}) for event in events])
    if targets:
        put_reference(lake, "sla_policies", [{"policy": "p", "position": 1}])
        common = {"policy": "p", "metric": "requester_wait", "retroactive_start": True, "retroactive_pause": True}
        put_reference(lake, "sla_targets", [{**common, **target} for target in targets])
    for name, rows in reference.items():
        put_reference(lake, name, rows)
    found = reconcile(lake, calendar="office" if reference else None)
    codes = {issue.code for issue in found.issues}
    assert codes == (set() if targets else {"no-agreement"})
    (one,) = found.figures
    return one


def closings() -> list[Audited]:
    """Return incidents all solved within 5 hours, kept if closed within 48; most are."""
    events = []
    for k in range(62):
        after = 30 + (k * 11) % 31
        lines: list[Line] = [(0.0, "opened", {}), (5.0, "resolved", {}), (float(after), "closed", {})]
        events += incident(f"i{k:02}", k, *lines, kept=after <= 48)
    return events


def test_a_clock_that_runs_on_to_the_closing_of_another_length(tmp_path: Path) -> None:
    """No single change gives their verdicts; two do, and the length learned from half of them holds for the others."""
    one = agreed(tmp_path / "lake", closings(), {"target_s": 86_400.0})
    assert one.count("equal") == 38
    assert one.causes == {"closing_stops+target_learned": 24}
    learned = one.learned["closing_stops",]
    assert 48 * 3600 < learned.target_s["P3"] < 49 * 3600
    assert (learned.cases, learned.agree) == (31, 31)
    single = {tally.codes: (tally.cases, tally.settles, tally.breaks) for tally in one.tallies if len(tally.codes) == 1}
    # It settles all that differ and breaks more: no cause.
    assert single["closing_stops",] == (0, 24, 38)


def test_without_an_agreement_a_length_is_learned(tmp_path: Path) -> None:
    """Ours is then what agrees most with theirs; that a clock runs on to the closing is still found."""
    one = agreed(tmp_path / "lake", closings())
    assert one.causes == {"closing_stops": 24}


def test_pauses_hours_and_priorities(tmp_path: Path) -> None:
    """A pause that counts, a night that does not, and the priority of the opening: each by itself."""
    events = [
        # Ten hours until solved, eight of them waiting for the customer.
        *incident("pause", 0, (0, "opened", {}), (1, "status_changed", {"step": "pending"}), (9, "status_changed", {"step": "open"}), (10, "resolved", {}), (10, "closed", {}), kept=False),
        # Opened at eight on a Monday and solved the next morning: 20 hours, of which 12 are open.
        *incident("night", 7, (8, "opened", {}), (26, "resolved", {}), (26, "closed", {}), kept=True, priority="P9"),
        # The newest row of an audit log tells of the opening, with the priority of then.
        *incident("raised", 14, (0, "opened", {"priority": "P1"}), (0.01, "status_changed", {"step": "new"}), (2, "status_changed", {"step": "open", "priority": "P1"}), (5, "resolved", {"priority": "P1"}), (5, "closed", {"priority": "P1"}), kept=True),
        *incident("same", 21, (0, "opened", {}), (1, "resolved", {}), (1, "closed", {}), kept=True),
    ]  # fmt: skip
    one = agreed(
        tmp_path / "lake",
        events,
        {"priority": "P1", "target_s": 3600.0},
        {"priority": "P3", "target_s": 8 * 3600.0},
        {"priority": "P9", "target_s": 13 * 3600.0},
        calendars=hours("office", ("08:00", "18:00")),
    )
    assert {case.name: case.said for case in one.cases} == {
        "night": "business_time", "pause": "pauses_count", "raised": "priority_at_opening", "same": "equal",
    }  # fmt: skip


@pytest.mark.parametrize("verdict", ["maybe", "-3"])
def test_a_verdict_that_is_none_is_told(tmp_path: Path, verdict: str) -> None:
    """It is left out, with advice; the others are compared."""
    lines: list[Line] = [(0.0, "opened", {}), (5.0, "resolved", {}), (6.0, "closed", {})]
    bad = incident("bad", 1, *lines[:2], (6.0, "closed", {"attributes": {"foreign": {"made_sla": verdict}}}), kept=True)
    lake = Lake(tmp_path / "lake")
    put(lake, [*incident("good", 0, *lines, kept=True), *bad])
    found = reconcile(lake)
    assert [case.name for case in found.figures[0].cases] == ["good"]
    (issue,) = (issue for issue in found.issues if issue.code == "bad-figure")
    assert (issue.value, issue.count) == (verdict, 1)
    assert issue.advice.startswith("Maybe ")
