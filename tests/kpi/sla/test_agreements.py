"""Published examples and asks about agreements, each through the real way: events and tables into a lake, clocks out."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.kpi.logs import Event, hours, lake_of, put, put_reference, special, story
from troth.kpi.definition import Figure
from troth.kpi.explain import explain
from troth.kpi.history.read import Under
from troth.kpi.query import Query, query
from troth.kpi.sla import ask, read
from troth.kpi.sla.read import rules, sla_clocks
from troth.log.lake import Lake
from troth.log.reference import TABLES

ANA = {"agent_id": "ana"}
HOUR = 3600.0
Row = dict[str, Any]


def policy(*targets: Row, **more: list[Row]) -> dict[str, list[Row]]:
    """Return tables of one policy for all cases."""
    return {
        "sla_policies": [{"policy": "p", "position": 1}],
        "sla_targets": [{"policy": "p", **target} for target in targets],
        **more,
    }


def clocks(lake: Lake, *, at: str = "2026-04-01", as_of: date | None = None) -> list[Row]:
    """Return all clocks of a lake, looked at from an instant."""
    now = datetime.fromisoformat(at).replace(tzinfo=UTC)
    with lake.session() as con:
        found: list[Row] = sla_clocks(lake, con, rules=rules(lake), now=now, as_of=as_of).to_pylist()
    return found


def figure(lake: Lake, name: str, **asked: Any) -> Figure:
    """Return one variant of sla.met over the whole log."""
    return next(f for f in query(lake, Query(kpis=("sla.met",), **asked)) if f.variant == name)


def _changed(lake: Path, **target: Any) -> Row:
    """Return the P1 clock of a case that was P3 for three hours, the second of them on hold."""
    events = story(
        ("2026-03-02 09:00", "opened", {"priority": "P3"}),
        ("2026-03-02 10:00", "status_changed", {"step": "pending"}),
        ("2026-03-02 11:00", "status_changed", {"step": "open"}),
        ("2026-03-02 12:00", "status_changed", {"step": "open", "priority": "P1"}),
        ("2026-03-02 13:00", "resolved", ANA),
        case_id="c",
    )
    targets = [
        {"metric": "agent_work", "priority": "P3", "target_s": 8 * HOUR},
        {"metric": "agent_work", "priority": "P1", "target_s": 4 * HOUR, **target},
    ]
    first, second = clocks(lake_of(lake, events, **policy(*targets)))
    assert (first["target_s"], first["state"], first["ended_by"]) == (8 * HOUR, "cancelled", "replaced")
    return second


def test_a_retroactive_start_counts_from_the_opening_and_carries_earlier_pauses(lake: Path) -> None:
    """ServiceNow: changed from P3 to P1 after 3 h, the P1 clock starts at the opening; the hour on hold stays out."""
    p1 = _changed(lake, retroactive_start=True, retroactive_pause=True)
    assert p1["started_at"] == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert (p1["counted_s"], p1["paused_s"]) == (3 * HOUR, 1 * HOUR)
    assert p1["due_at"] == datetime(2026, 3, 2, 14, tzinfo=UTC)


def test_without_retroactive_pause_the_time_on_hold_counts(lake: Path) -> None:
    """What was on hold before the change counts as if it had not been."""
    p1 = _changed(lake, retroactive_start=True)
    assert (p1["counted_s"], p1["due_at"]) == (4 * HOUR, datetime(2026, 3, 2, 13, tzinfo=UTC))
    assert p1["state"] == "met", "stopped just when its target was used up"


@pytest.mark.parametrize(
    ("early", "states"), [(True, ["cancelled", "breached"]), (False, ["breached", "cancelled", "breached"])]
)
def test_a_target_that_comes_back_is_one_promise(lake: Path, early: bool, states: list[str]) -> None:
    """P2 of two hours, broken, then P3, then P2 again: what counts from the opening each time is broken once."""
    events = story(
        ("2026-03-02 09:00", "opened", {"priority": "P2"}),
        ("2026-03-02 12:00", "status_changed", {"step": "open", "priority": "P3"}),
        ("2026-03-02 13:00", "status_changed", {"step": "open", "priority": "P2"}),
        ("2026-03-02 16:00", "resolved", ANA),
        case_id="c",
    )
    targets = [
        {"metric": "agent_work", "priority": name, "target_s": hours * HOUR, "retroactive_start": early}
        for name, hours in (("P2", 2), ("P3", 30))
    ]
    found = clocks(lake_of(lake, events, **policy(*targets)))
    assert sorted(one["state"] for one in found) == sorted(states)
    last = max(found, key=lambda one: one["ended_at"])
    assert (last["counted_s"], last["due_at"]) == (
        (7 * HOUR, datetime(2026, 3, 2, 11, tzinfo=UTC)) if early else (3 * HOUR, datetime(2026, 3, 2, 15, tzinfo=UTC))
    )
    assert figure(Lake(lake), "").n == states.count("breached")


def test_without_retroactive_start_the_clock_starts_with_the_change(lake: Path) -> None:
    """A target that comes to hold later and is not retroactive counts from then on."""
    p1 = _changed(lake)
    assert (p1["started_at"], p1["counted_s"]) == (datetime(2026, 3, 2, 12, tzinfo=UTC), 1 * HOUR)


@pytest.mark.parametrize(("at", "state", "kept"), [("10:00", "cancelled", 1.0), ("13:00", "breached", 0.5)])
def test_a_promise_broken_by_then_stays_broken_when_another_target_takes_over(
    lake: Path, at: str, state: str, kept: float
) -> None:
    """P2 with an hour put to P3 after four has broken its promise, as with a reset; put to P3 just in time it has not."""
    events = story(
        ("2026-03-02 09:00", "opened", {"priority": "P2", "team": "early"}),
        ("2026-03-02 10:00", "status_changed", {"step": "open", "team": "late"}),
        (f"2026-03-02 {at}", "status_changed", {"step": "open", "priority": "P3"}),
        ("2026-03-02 14:00", "resolved", ANA), case_id="c",
    )  # fmt: skip
    targets = [{"metric": "resolution", "priority": p, "target_s": h * HOUR} for p, h in (("P2", 1), ("P3", 8))]
    found = lake_of(lake, events, **policy(*targets))
    first, second = clocks(found)
    assert (first["state"], first["ended_by"], second["state"]) == (state, "replaced", "met")
    decided = datetime(2026, 3, 2, 10, tzinfo=UTC) if state == "breached" else None
    assert first["decided_at"] == decided
    assert [figure(found, name).value for name in ("", "resolution", "cases")] == [kept, kept, float(kept == 1)]
    assert figure(found, "stopped").value == 1.0, "it was not stopped"
    if decided is not None:
        assert first["team"] == "late", "who had it when it broke, the handover at that very instant included"


def test_a_promise_broken_by_then_stays_broken_when_no_target_holds_any_longer(lake: Path) -> None:
    """Neither does it help to move an overdue case where no agreement holds."""
    events = story(
        ("2026-03-02 09:00", "opened", {"priority": "P2"}),
        ("2026-03-02 13:00", "status_changed", {"step": "open", "priority": "P9"}), case_id="c",
    )  # fmt: skip
    target = {"metric": "resolution", "priority": "P2", "target_s": HOUR}
    (clock,) = clocks(lake_of(lake, events, **policy(target)))
    assert (clock["state"], clock["ended_at"].hour, clock["decided_at"].hour) == ("breached", 13, 10)


@pytest.mark.parametrize("last", ["P1", "P2"])
def test_of_events_at_one_instant_the_last_says_what_holds(lake: Path, last: str) -> None:
    """Two priorities at one instant: the one that comes last in the log holds, and the other has no clock at all."""
    events = story(
        ("2026-03-02 09:00", "opened", {"priority": "P3"}),
        ("2026-03-02 10:00", "status_changed", {"step": "open", "priority": last, "version": 2}),
        ("2026-03-02 10:00", "status_changed", {"step": "open", "priority": "P1" if last == "P2" else "P2", "version": 1}),
        ("2026-03-02 10:30", "resolved", ANA), case_id="c",
    )  # fmt: skip
    targets = [
        {"metric": "resolution", "priority": p, "target_s": h * HOUR} for p, h in (("P1", 1), ("P2", 2), ("P3", 8))
    ]
    found = clocks(lake_of(lake, events, **policy(*targets)))
    assert [(c["priority"], c["target_s"] / HOUR, c["state"]) for c in found] == [
        ("P3", 8, "cancelled"),
        (last, 1 if last == "P1" else 2, "met"),
    ]


def test_99_951_percent_is_no_breach(lake: Path) -> None:
    """ServiceNow rounds it to 100 % and says breached unless a property is changed; only the variant by whole percents does."""
    start = datetime(2026, 3, 2, 9, tzinfo=UTC)
    events = [
        Event(start, "opened", "1", case_id="c"),
        Event(start + timedelta(seconds=99_951), "resolved", "2", case_id="c", agent_id="ana"),
    ]
    found = lake_of(lake, events, **policy({"metric": "resolution", "target_s": 100_000.0}))
    (clock,) = clocks(found)
    assert (clock["share"], clock["state"]) == (0.99951, "met")
    assert [figure(found, v).value for v in ("", "stopped", "cases", "resolution")] == [1.0] * 4
    assert figure(found, "whole_percent").value == 0.0


def test_friday_half_past_four_and_one_hour_is_due_on_monday(lake: Path) -> None:
    """Chatwoot pull request 13392: Monday to Friday 9-17, an hour from Friday 16:30 breaks on Monday 9:30, not Friday 17:30."""
    events = story(("2026-03-06 16:30", "opened"), case_id="c")
    target = {"metric": "first_reply", "target_s": HOUR, "calendar": "office"}
    found = lake_of(lake, events, calendars=hours("office", ("09:00", "17:00")), **policy(target))
    now = datetime(2026, 3, 6, 17, 10, tzinfo=UTC)
    with found.session() as con:
        table = sla_clocks(found, con, rules=rules(found), now=now)
    (row,) = ask.forecast(table, now=now)
    assert (row["due_at"], row["left_s"]) == (datetime(2026, 3, 9, 9, 30, tzinfo=UTC), HOUR / 2)
    assert not ask.forecast(table, now=now, within=timedelta(days=2))
    (late,) = clocks(found, at="2026-03-09 09:31")
    assert (late["state"], late["ended_at"], late["decided_at"]) == ("breached", None, row["due_at"])


def test_a_second_group_has_time_of_its_own(lake: Path) -> None:
    """GLPI issue 1911: a clock from the case's creation leaves the second group none; this one runs from its assignment."""
    events = story(
        ("2026-03-02 09:00", "opened"),
        ("2026-03-02 09:00", "assigned", {"team": "first"}),
        ("2026-03-02 12:00", "assigned", {"team": "first", "agent_id": "ana"}),
        ("2026-03-02 13:00", "assigned", {"team": "second"}),
        ("2026-03-02 14:30", "resolved", ANA),
        case_id="c",
    )
    found = lake_of(lake, events, **policy({"metric": "assignment", "target_s": 2 * HOUR}))
    told = [(c["team"], c["number"], c["counted_s"], c["state"]) for c in clocks(found)]
    assert told == [("first", 1, 4 * HOUR, "breached"), ("second", 2, 1.5 * HOUR, "met")]
    by_team = {f.by["team"]: f.value for f in query(found, Query(kpis=("sla.met/assignment",), by=("team",)))}
    assert by_team == {"first": 0.0, "second": 1.0}


def test_a_pause_survives_a_change_of_priority(lake: Path) -> None:
    """GLPI issues 6902 and 15605: accumulated pause must not be lost when the priority changes between two of one target."""
    events = story(
        ("2026-03-02 09:00", "opened", {"priority": "P3"}),
        ("2026-03-02 10:00", "status_changed", {"step": "pending"}),
        ("2026-03-02 11:00", "status_changed", {"step": "pending", "priority": "P4"}),
        ("2026-03-02 12:00", "status_changed", {"step": "open"}),
        ("2026-03-02 13:00", "resolved", ANA),
        case_id="c",
    )
    (clock,) = clocks(lake_of(lake, events, **policy({"metric": "agent_work", "target_s": 3 * HOUR})))
    assert (clock["counted_s"], clock["paused_s"], clock["state"]) == (2 * HOUR, 2 * HOUR, "met")


def test_a_case_answered_last_by_us_does_not_wait_for_the_next_reply(lake: Path) -> None:
    """Zammad issue 3140: it escalates although the agent answered last; here the clock ran from letter to answer only."""
    events = story(
        ("2026-03-02 09:00", "opened"), ("2026-03-02 09:00", "message_received", {"direction": "in"}),
        ("2026-03-02 10:00", "message_sent", ANA), ("2026-03-02 11:00", "message_received", {"direction": "in"}),
        ("2026-03-02 11:30", "message_received", {"direction": "in"}), ("2026-03-02 11:40", "message_sent", {**ANA, "direction": "internal"}),
        ("2026-03-02 11:50", "message_sent", {"actor": "bot"}), ("2026-03-02 12:00", "message_sent", ANA), case_id="c",
    )  # fmt: skip
    (clock,) = clocks(lake_of(lake, events, **policy({"metric": "next_reply", "target_s": HOUR})))
    assert (clock["started_at"].hour, clock["ended_at"].hour, clock["state"]) == (11, 12, "met")


def test_a_reopened_case_goes_on_without_the_time_it_was_solved(lake: Path) -> None:
    """GLPI issue 23359: time in status solved is neither work nor pending after a reopening."""
    events = story(
        ("2026-03-02 09:00", "opened"), ("2026-03-02 10:00", "resolved", ANA), ("2026-03-02 15:00", "reopened"),
        ("2026-03-02 16:30", "resolved", ANA), case_id="c",
    )  # fmt: skip
    (clock,) = clocks(lake_of(lake, events, **policy({"metric": "resolution", "target_s": 2 * HOUR})))
    assert (clock["counted_s"], clock["state"], clock["due_at"].hour) == (2.5 * HOUR, "breached", 16)


def test_two_edits_of_one_holiday_count_once(lake: Path) -> None:
    """dbt_zendesk keeps the last of several edits of a day: so does this clock, and the check tells of the double row."""
    days = [
        *special("office", "2026-03-03", version=1),
        *special("office", "2026-03-03", ("10:00", "12:00"), version=2),
    ]
    events = story(("2026-03-02 16:00", "opened"), case_id="c")
    tables = policy({"metric": "first_reply", "target_s": 2.5 * HOUR, "calendar": "office"})
    found = lake_of(lake, events, calendars=hours("office", ("09:00", "17:00")), calendar_days=days, **tables)
    (clock,) = clocks(found)
    assert clock["due_at"] == datetime(2026, 3, 3, 11, 30, tzinfo=UTC)


def _versions(lake: Path) -> Lake:
    events = [
        *story(("2026-03-02 09:00", "opened"), ("2026-03-02 12:00", "message_sent", ANA), case_id="old"),
        *story(("2026-03-30 09:00", "opened"), ("2026-03-30 12:00", "message_sent", ANA), case_id="new"),
        *story(("2026-04-02 09:00", "opened"), case_id="open"),
    ]
    first = {"metric": "first_reply", "target_s": 4 * HOUR}
    return lake_of(lake, events, **policy(first, {**first, "target_s": 2 * HOUR, "valid_from": date(2026, 3, 30)}))


def test_the_policy_of_the_day_a_case_was_opened_holds(lake: Path) -> None:
    """A policy changed after a case was closed changes nothing about it; judged by another day's policy it may, and that is listed."""
    found = _versions(lake)
    at = "2026-04-02 09:00"
    assert {c["case_id"]: c["state"] for c in clocks(found, at=at)} == {
        "old": "met",
        "new": "breached",
        "open": "running",
    }
    assert {c["case_id"]: c["state"] for c in clocks(found, at=at, as_of=date(2026, 4, 1))}["old"] == "breached"
    now = datetime(2026, 4, 2, 9, tzinfo=UTC)
    with found.session() as con:
        (row,) = ask.rerun(found, con, rules=rules(found), now=now, as_of=date(2026, 4, 1))
        told = {one.code: one for one in ask.audit(found, con, rules=rules(found), now=now)}
    assert (row["case_id"], row["state_before"], row["state_after"], row["cause"]) == (
        "old",
        "met",
        "breached",
        "target",
    )
    assert told["changed-since"].count == 1


def test_running_again_gives_the_same_and_news_change_what_they_touch(lake: Path) -> None:
    """Clocks are not stored: asked twice they are equal, and a late event or a mended target repairs them by itself."""
    found = _versions(lake)
    once = clocks(found)
    assert clocks(found) == once
    put(found, story(("2026-03-30 10:00", "message_sent", {**ANA, "source_id": "late"}), case_id="new"))
    mended = {c["case_id"]: c["state"] for c in clocks(found)}
    assert mended == {"old": "met", "new": "met"}
    put_reference(found, "sla_targets", [{"policy": "p", "metric": "first_reply", "target_s": HOUR, "version": 1}])
    assert {c["case_id"]: c["state"] for c in clocks(found)} == {"old": "breached", "new": "met"}


def test_a_large_lake_is_worked_through_in_parts(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cases taken a few at once have the clocks they have all together."""
    found = _versions(lake)
    once = clocks(found)
    monkeypatch.setattr(read, "_BATCH", 2)
    assert clocks(found) == once


def test_every_clock_opens_to_its_segments(lake: Path) -> None:
    """Counted and paused stretches in order, calendar and version, what each event did; what counts adds up to the number."""
    events = story(
        ("2026-03-02 15:00", "opened"), ("2026-03-02 16:00", "status_changed", {"step": "pending"}),
        ("2026-03-03 10:00", "status_changed", {"step": "open"}), ("2026-03-03 12:00", "resolved", ANA), case_id="c",
    )  # fmt: skip
    target = {"metric": "agent_work", "target_s": 2 * HOUR, "calendar": "office"}
    found = lake_of(lake, events, calendars=hours("office", ("09:00", "17:00")), **policy(target))
    told = explain(found, kpi="sla.met", case="c")
    (row,) = told.rows
    assert [(s.counted, s.what, s.seconds / HOUR) for s in row.segments] == [
        (True, "open", 1),
        (False, "paused", 18),
        (True, "open", 2),
    ]
    assert row.counted_s == row.facts["counted_s"] == 3 * HOUR
    assert (row.facts["state"], row.value) == ("breached", 0.0)
    assert [rule.name for rule in row.calendars] == ["office"]
    assert len(row.hours) == 2
    assert [e.uses[-1] for e in told.events] == [
        "the start of the agent work clock", "a pause of the agent work clock begins", "a pause of the agent work clock ends",
        "the stop of the agent work clock",
    ]  # fmt: skip


def test_figures_by_policy_team_and_person(lake: Path) -> None:
    """The first policy that fits holds, whole; a figure is split by policy, and by who had the case when it was decided."""
    events = [
        *story(("2026-03-02 09:00", "opened", {"priority": "high", "customer_id": "u1"}), ("2026-03-02 09:30", "assigned", {"team": "desk", "agent_id": "bo"}), ("2026-03-02 10:00", "message_sent", ANA), case_id="a"),
        *story(("2026-03-02 09:00", "opened", {"priority": "high", "customer_id": "u2"}), ("2026-03-02 12:00", "message_sent", ANA), case_id="b"),
    ]  # fmt: skip
    tables: dict[str, list[Row]] = {
        "sla_policies": [{"policy": "gold", "position": 1}, {"policy": "rest", "position": 2}],
        "sla_filters": [{"policy": "gold", "field": "segment", "value": "gold"}],
        "sla_targets": [{"policy": p, "metric": "first_reply", "target_s": 2 * HOUR} for p in ("gold", "rest")],
        "customers": [{"customer_id": "u1", "segment": "gold"}],
    }
    found = lake_of(lake, events, **tables)
    split = {f.by["policy"]: f.value for f in query(found, Query(kpis=("sla.met/",), by=("policy",)))}
    assert split == {"gold": 1.0, "rest": 0.0}
    assert {f.by["agent"]: f.n for f in query(found, Query(kpis=("sla.met/",), by=("agent",)))} == {"bo": 1, None: 1}, (
        "nobody had it"
    )
    assert figure(found, "", where={"policy": ["gold"]}).n == 1
    with found.session() as con:
        told = ask.audit(found, con, rules=rules(found), now=datetime(2026, 3, 3, tzinfo=UTC))
    assert [(one.code, one.count) for one in told] == [("two-policies", 1), ("fits-two", 1)]


def test_customers_that_are_given_are_asked_where_none_were_imported(lake: Path) -> None:
    """A lake read under other tables takes its segments from them."""
    events = story(("2026-03-02 09:00", "opened", {"customer_id": "u1"}), case_id="c")
    gold = {"sla_filters": [{"policy": "p", "field": "segment", "value": "gold"}]}
    found = lake_of(lake, events, **policy({"metric": "first_reply", "target_s": HOUR}, **gold))
    assert clocks(found) == []
    row = {"customer_id": "u1", "segment": "gold", "version": 0}
    given = pa.Table.from_pylist([row], schema=TABLES["customers"].schema)
    assert [c["state"] for c in clocks(Under(found, {"customers": given}))] == ["breached"]


@pytest.mark.parametrize("kpis", [("worst.wait/",), ("quality.agents_passing/",), ("voice.response/",)])
def test_what_knows_no_policy_has_none_of_it(lake: Path, kpis: tuple[str, ...]) -> None:
    """Figures of other rows, asked for by policy, are nobody's, and a filter on a policy leaves none."""
    found = lake_of(
        lake,
        story(("2026-03-02 09:00", "queued"), ("2026-03-02 09:01", "answered", ANA), contact_id="k", customer_id="u"),
    )
    assert all(f.n == 0 for f in query(found, Query(kpis=kpis, where={"policy": ["gold"]})))
    assert {f.by["policy"] for f in query(found, Query(kpis=kpis, by=("policy",)))} <= {None}
