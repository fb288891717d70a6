"""ServiceNow's task SLAs beside our clocks, from small exports written from published definitions; none was at hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.kpi.logs import hours, put_reference
from troth.kpi.reconcile import Reconciliation, reconcile
from troth.kpi.reconcile.page import reconcile_page
from troth.log.ingest import ingest
from troth.log.lake import Lake
from troth.log.readers import ReadOptions

HEAD = "number,state,sys_mod_count,opened_at,sys_updated_on,hold_reason,assignment_group,resolved_at,closed_at"
SLAS = "task,sla,stage,start_time,end_time,planned_end_time,has_breached,duration,business_duration"
DAY = "2026-03-02"
#: Opened at 08:00; held from 10:00 to 11:00 where a reason is given; solved at 12:00, or at 20:00.
CASES = {"INC1": ("", "12:00"), "INC2": ("Awaiting Caller", "12:00"), "INC3": ("", "20:00")}


def audit(name: str, hold: str, end: str) -> list[str]:
    """Return the rows of an incident's audit log."""
    steps = [("New", "08:00"), *([("On Hold", "10:00"), ("In Progress", "11:00")] if hold else []), ("Resolved", end)]
    return [
        f"{name},{state},{n},{DAY} 08:00:00,{DAY} {at}:00,{hold if state == 'On Hold' else ''},Desk,{DAY} {end}:00,"
        for n, (state, at) in enumerate(steps)
    ]


def sla(name: str, end: str, actual: float, business: float, *, kept: bool, of: str = "resolution") -> str:
    """Return a row of `task_sla` whose durations are hours."""
    verdict = "false" if kept else "true"
    return f"{name},{of},Completed,{DAY} 08:00:00,{DAY} {end}:00,{DAY} 13:00:00,{verdict},{actual * 3600},{business * 3600}"


def compared(folder: Path, rows: list[str], *, policies: bool = True, **asked: Any) -> Reconciliation:
    """Return what comes of setting rows of `task_sla` beside a policy of their name: five hours, of opening hours."""
    (folder / "export").mkdir()
    incidents = [row for name, (hold, end) in CASES.items() for row in audit(name, hold, end)]
    (folder / "export" / "incident.csv").write_text("\n".join([HEAD, *incidents]) + "\n")
    (folder / "export" / "task_sla.csv").write_text("\n".join([SLAS, *rows]) + "\n")
    lake = Lake(folder / "lake")
    report = ingest(lake, source="servicenow", paths=[folder / "export"], options=ReadOptions(time_zone="UTC"))
    assert (report.rejects, report.failed) == (0, 0)
    put_reference(lake, "calendars", hours("office", ("08:00", "18:00")))
    if policies:
        put_reference(
            lake, "sla_policies", [{"policy": "other", "position": 1}, {"policy": "resolution", "position": 2}]
        )
        target = {
            "metric": "requester_wait",
            "calendar": "office",
            "retroactive_start": True,
            "retroactive_pause": True,
        }
        put_reference(
            lake, "sla_targets",
            [{**target, "policy": "other", "target_s": 60.0}, {**target, "policy": "resolution", "target_s": 5 * 3600.0}],
        )  # fmt: skip
    return reconcile(lake, **asked)


def said(found: Reconciliation) -> dict[str, dict[str, str]]:
    """Return what is said of each case, by figure."""
    return {one.figure.name: {case.name: case.said for case in one.cases} for one in found.figures}


RIGHT = [sla("INC1", "12:00", 4, 4, kept=True), sla("INC2", "12:00", 3, 3, kept=True), sla("INC3", "20:00", 12, 10, kept=False)]  # fmt: skip


def test_figures_stand_beside_the_clock_of_the_policy_of_the_same_name(tmp_path: Path) -> None:
    """All three figures are equal by our clock, although another policy comes first for every case."""
    found = compared(tmp_path, RIGHT)
    assert found.issues == ()
    alike = dict.fromkeys(CASES, "equal")
    names = ("task_sla_actual_elapsed", "task_sla_business_elapsed", "task_sla_made_sla")
    assert said(found) == {f"{name}: resolution": alike for name in names}
    ours = {one.figure.name: [round(case.ours or 0.0, 1) for case in one.cases] for one in found.figures}
    assert ours["task_sla_business_elapsed: resolution"] == [4 * 3600.0, 3 * 3600.0, 10 * 3600.0]
    assert ours["task_sla_actual_elapsed: resolution"] == [4 * 3600.0, 3 * 3600.0, 12 * 3600.0]
    assert ours["task_sla_made_sla: resolution"] == [1.0, 1.0, 0.0]
    assert "task sla business elapsed: resolution" in reconcile_page(found)


def test_a_difference_has_its_cause(tmp_path: Path) -> None:
    """Theirs counts what waited for the caller, or the night: that is said; a number out of nowhere is not explained."""
    rows = [RIGHT[0], sla("INC2", "12:00", 4, 4, kept=True), sla("INC3", "20:00", 12.5, 12, kept=False)]
    found = said(compared(tmp_path, rows, figures=["task_sla_actual_elapsed", "task_sla_business_elapsed"]))
    assert found == {
        "task_sla_actual_elapsed: resolution": {"INC1": "equal", "INC2": "pauses_count", "INC3": "unexplained"},
        "task_sla_business_elapsed: resolution": {"INC1": "equal", "INC2": "pauses_count", "INC3": "calendar_time"},
    }


def test_without_a_policy_of_the_name_that_is_told(tmp_path: Path) -> None:
    """Ours is then the time until solved; the advice names the policy that is lacking. Each agreement is by itself."""
    found = compared(tmp_path, [*RIGHT, sla("INC1", "09:00", 1, 1, kept=True, of="Response")], calendar="office")
    told = {issue.where.split(" ")[1]: issue for issue in found.issues if issue.code == "no-agreement"}
    assert sorted(told) == ["task_sla_actual_elapsed:", "task_sla_business_elapsed:", "task_sla_made_sla:"]
    assert all("called Response" in issue.advice for issue in told.values())
    assert said(found)["task_sla_business_elapsed: resolution"] == dict.fromkeys(CASES, "equal")
    assert said(found)["task_sla_business_elapsed: Response"] == {"INC1": "unexplained"}


def test_a_clock_that_was_not_completed_is_told_and_not_compared(tmp_path: Path) -> None:
    """Running clocks, and those whose stage is in another language, are counted and left out."""
    rows = [RIGHT[0], RIGHT[1].replace("Completed", "In progress"), RIGHT[2].replace("Completed", "Abgeschlossen")]
    found = compared(tmp_path, rows)
    assert {case for cases in said(found).values() for case in cases} == {"INC1"}
    assert {(issue.code, issue.count) for issue in found.issues} == {("no-counterpart", 2)}
    assert all("another language" in issue.advice for issue in found.issues)


def test_a_clock_of_something_else_than_the_whole_case(tmp_path: Path) -> None:
    """A policy with a metric of its own is taken as it is: how a whole case ends is no cause there."""
    rows = [
        sla("INC1", "12:00", 4, 4, kept=True, of="taken"),
        sla("INC2", "10:00", 2, 2, kept=True, of="taken"),
        sla("INC3", "20:00", 10, 10, kept=False, of="taken"),
    ]
    compared(tmp_path, rows, policies=False)
    lake = Lake(tmp_path / "lake")
    put_reference(lake, "sla_policies", [{"policy": "taken", "position": 1}])
    put_reference(lake, "sla_targets", [{"policy": "taken", "metric": "own", "target_s": 5 * 3600.0}])
    hooks = (("start", {"activity": "opened"}), ("stop", {"activity": "status_changed", "step": "pending|solved"}))
    put_reference(
        lake, "sla_conditions", [{"policy": "taken", "metric": "own", "hook": h, "number": 1, **more} for h, more in hooks]
    )  # fmt: skip
    found = reconcile(lake, calendar="office")
    assert found.issues == ()
    assert said(found)["task_sla_actual_elapsed: taken"] == {
        "INC1": "equal", "INC2": "equal", "INC3": "business_time",
    }  # fmt: skip
    assert said(found)["task_sla_made_sla: taken"] == dict.fromkeys(CASES, "equal")
    causes = {code for one in found.figures for tally in one.tallies for code in tally.codes}
    assert causes.isdisjoint({"pauses_count", "every_hold_pauses", "closing_stops"})
