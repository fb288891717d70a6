"""Other products' figures beside ours, from small exports written from published definitions; no product's own was at hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from tests.kpi.logs import Event, hours, put, put_reference
from tests.kpi.logs import story as story_of
from tests.kpi.test_oracles_contacts import call
from tests.log.exports import CHATWOOT, CONNECT, ZAMMAD, ZENDESK, Record, change, clock, comment, ticket, write
from troth.core.decision import Issue
from troth.core.errors import InputError
from troth.kpi.reconcile import Reconciled, reconcile
from troth.log.ingest import ingest
from troth.log.lake import Lake

AGENTS: list[Record] = ZENDESK["users"]


def metrics(case: int, **minutes: Any) -> Record:
    """Return a ticket's metrics: pairs are minutes of all time and of opening hours, plain numbers are counts."""
    said = {
        f"{name}_in_minutes" if isinstance(v, tuple) else name: dict(zip(("calendar", "business"), v, strict=True)) if isinstance(v, tuple) else v
        for name, v in minutes.items()
    }  # fmt: skip
    return {
        "id": 1000 + case,
        "ticket_id": case,
        "created_at": clock("09:00"),
        "updated_at": clock("20:00"),
        "replies": minutes.get("replies", 1),
        **said,
    }


class Named(Event):
    """An event of Zendesk's."""

    def draft(self) -> dict[str, Any]:
        """Return the event as its reader would hand it over."""
        return {**super().draft(), "source": "zendesk"}


def imported(folder: Path, source: str, tables: Mapping[str, Sequence[Record]], **reference: Any) -> Lake:
    """Return a lake with an export, and tables of reference."""
    lake = Lake(folder / "lake")
    ingest(lake, source=source, paths=write(folder / "export", {k: list(v) for k, v in tables.items()}))
    for name, rows in reference.items():
        put_reference(lake, name, rows)
    return lake


def by_case(found: Sequence[Reconciled], figure: str) -> dict[str, str]:
    """Return what is said of each case of one figure."""
    (one,) = (one for one in found if one.figure.name == figure)
    return {case.name: case.said for case in one.cases}


def codes(issues: Sequence[Issue]) -> set[str]:
    return {issue.code for issue in issues}


OFFICE: dict[str, Any] = {
    "calendars": hours("office", ("09:30", "17:00")),
    "calendar_use": [{"dimension": "team", "member": "5", "calendar": "office"}],
}


def story(case: int) -> dict[str, list[Record]]:
    """Return a ticket replied to by a bot at 9:12 and a person at 9:40, then pending, solved twice, taken up between."""
    first = 10 * case
    return {
        "tickets": [ticket(case, status="solved")],
        "comments": [
            comment(first, case, "09:00", 100),
            {**comment(first + 1, case, "09:12", 8), "via": {"channel": "chat_bot"}},
            comment(first + 2, case, "09:40", 7),
        ],
        "history": [
            change(case, "status", "09:00", "new", 100),
            change(case, "group_id", "09:05", 5),
            change(case, "status", "09:40", "pending"),
            change(case, "status", "10:40", "open", 100),
            change(case, "status", "11:00", "solved"),
            change(case, "status", "12:00", "open", 100),
            change(case, "status", "12:10", "hold"),
            change(case, "status", "12:40", "solved"),
        ],
    }


def desk(folder: Path, said: Sequence[Record], *, without: Sequence[str] = ()) -> Lake:
    """Return a lake with one such ticket for each record of metrics, without some of the tables."""
    tables: dict[str, list[Record]] = {"users": AGENTS, "metrics": list(said)}
    for record in said:
        for name, rows in story(record["ticket_id"]).items():
            tables[name] = [*tables.get(name, []), *rows]
    return imported(folder, "zendesk", {k: v for k, v in tables.items() if k not in without}, **OFFICE)


LENGTHS = [
    ("reply_time_calendar", 40, "equal"),
    ("reply_time_calendar", 12, "bot_reply"),
    ("reply_time_calendar", 35, "from_assignment"),
    ("reply_time_calendar", 7, "from_assignment+bot_reply"),  # from the assignment at 9:05 to what the bot said
    ("reply_time_calendar", 33, "unexplained"),
    ("reply_time_business", 10, "equal"),  # open from half past nine
    ("reply_time_business", 40, "calendar_time"),
    ("reply_time_business", 0, "bot_reply"),
    ("first_resolution_time_calendar", 120, "equal"),
    ("first_resolution_time_calendar", 220, "last_resolution"),
    ("first_resolution_time_calendar", 60, "pending_left_out"),
    ("full_resolution_time_calendar", 220, "equal"),
    ("full_resolution_time_calendar", 120, "first_resolution"),
    ("full_resolution_time_calendar", 40, "from_reopening"),
    ("full_resolution_time_calendar", 100, "worked_on_only"),
    ("full_resolution_time_business", 190, "equal"),
    ("requester_wait_time_calendar", 160, "equal"),  # without the hour in pending
    ("requester_wait_time_calendar", 100, "worked_on_only"),  # as published: new, open and on hold alone
    ("requester_wait_time_business", 130, "business_time"),
    ("requester_wait_time_business", 70, "business_time+worked_on_only"),
    ("agent_wait_time_calendar", 60, "equal"),
    ("agent_wait_time_business", 60, "equal"),
    ("on_hold_time_calendar", 30, "equal"),
    ("on_hold_time_calendar", 0, "first_resolution"),
]


def test_each_change_gives_the_figure_it_is_said_to_give(tmp_path: Path) -> None:
    """Every length of the ticket was worked out by hand; the change that gives it is found, or that none does."""
    said = []
    for case, (figure, minutes, _) in enumerate(LENGTHS, start=1):
        name, _, clock_of = figure.rpartition("_")
        said.append(metrics(case, **{name: (minutes, None) if clock_of == "calendar" else (None, minutes)}))
    found = reconcile(desk(tmp_path, said), vendors=("zendesk",))
    got = {
        case.name: case.said
        for one in found.figures
        for case in one.cases
        if one.figure.name == LENGTHS[int(case.name) - 1][0]
    }
    assert got == {str(case): cause for case, (_, _, cause) in enumerate(LENGTHS, start=1)}


def test_counts(tmp_path: Path) -> None:
    """Reopenings, replies and teams; a bot's reply counted is found where it settles more than it breaks."""
    found = reconcile(desk(tmp_path, [metrics(1, reopens=1, replies=2, group_stations=1)])).figures
    assert by_case(found, "reopens") == {"1": "equal"}
    assert by_case(found, "replies") == {"1": "bots_counted"}
    assert by_case(found, "group_stations") == {"1": "equal"}


def test_rounding_is_told_apart(tmp_path: Path) -> None:
    """A minute cut off, to the nearest, and up: the same figure, and by how it was rounded."""
    seconds = [
        comment(k, k, "09:10", 7) | {"created_at": f"2026-03-02T09:10:{s:02}Z"} for k, s in ((1, 20), (2, 50), (3, 20))
    ]
    tables = {
        "users": AGENTS, "tickets": [ticket(k) for k in (1, 2, 3)], "comments": seconds,
        "metrics": [metrics(1, reply_time=(10, None)), metrics(2, reply_time=(11, None)), metrics(3, reply_time=(11, None))],
    }  # fmt: skip
    (one,) = reconcile(imported(tmp_path, "zendesk", tables), figures=("reply_time_calendar",)).figures
    assert [(str(case.fit), case.said) for case in one.cases] == [
        ("down", "rounding"), ("nearest", "rounding"), ("up", "rounding"),
    ]  # fmt: skip
    assert one.causes == {}


def test_a_merged_ticket_counts_for_them_alone(tmp_path: Path) -> None:
    """Ours leaves it aside: the difference is that, not the time."""
    tables = {
        "users": AGENTS, "tickets": [ticket(1, merged_ticket_ids=[2]), ticket(2, tags=["closed_by_merge"])],
        "comments": [comment(1, 1, "09:10", 7), comment(2, 2, "09:20", 7)],
        "metrics": [metrics(1, reply_time=(10, None)), metrics(2, reply_time=(20, None))],
    }  # fmt: skip
    found = reconcile(imported(tmp_path, "zendesk", tables), figures=("reply_time_calendar",)).figures
    assert by_case(found, "reply_time_calendar") == {"1": "equal", "2": "merged_counted"}


def test_other_products(tmp_path: Path) -> None:
    """Chatwoot's events, Zammad's business minutes, and the records of Amazon Connect: each beside ours."""
    found = reconcile(imported(tmp_path / "a", "chatwoot", CHATWOOT))
    # The first reply at 1000 s; ours counts from the bot's hand-over at 100 s.
    assert by_case(found.figures, "first_response_calendar") == {"1": "from_opening"}
    assert by_case(found.figures, "conversation_resolved_calendar") == {"1": "unexplained"}
    assert {"no-counterpart", "no-calendar"} <= codes(found.issues)
    found = reconcile(imported(tmp_path / "b", "zammad", ZAMMAD))
    assert by_case(found.figures, "first_response_business") == {"1": "equal"}
    assert by_case(found.figures, "close_business") == {"1": "equal"}
    calls = [*CONNECT["contacts"], call("d", wait=25, talk=None), call("e", wait=12, talk=90)]
    found = reconcile(imported(tmp_path / "c", "amazon-connect", {"contacts": calls}))
    waits = by_case(found.figures, "QueueDuration")
    assert (waits["d"], waits["e"]) == ("left_unanswered", "equal")
    assert by_case(found.figures, "AgentInteractionDuration")["e"] == "equal"


def test_half_an_export(tmp_path: Path) -> None:
    """Without comments, statuses or tickets: what ours lacks is told, nothing is made up, and no agreement is claimed."""
    said = [metrics(1, reply_time=(40, None), requester_wait_time=(160, None), full_resolution_time=(220, None))]
    found = reconcile(desk(tmp_path / "a", said, without=["comments"]), figures=("reply_time_calendar",))
    (case,) = found.figures[0].cases
    # The reply is made of their own figure: it agrees with itself, and that is said.
    assert (case.said, case.coarse) == ("equal", True)
    assert "own-figure" in codes(found.issues)
    found = reconcile(desk(tmp_path / "b", said, without=["history"]))
    assert by_case(found.figures, "full_resolution_time_calendar") == {"1": "missing-event"}
    assert by_case(found.figures, "requester_wait_time_calendar") == {"1": "missing-event"}
    assert "missing-event" in codes(found.issues)
    found = reconcile(desk(tmp_path / "c", said, without=["history", "comments", "tickets", "users"]))
    assert "figure-without-events" in codes(found.issues)
    assert all(issue.advice.startswith("Maybe ") for issue in found.issues)


def test_a_metric_event_without_its_ticket(tmp_path: Path) -> None:
    """Its running sums are no figure of a ticket: told, not compared; with nothing else there is nothing to compare."""
    lake = imported(tmp_path, "zendesk", {"metric_events": ZENDESK["metric_events"]})
    with pytest.raises(InputError) as caught:
        reconcile(lake)
    assert codes(caught.value.issues) == {"no-vendor-figures", "no-counterpart"}


def test_figures_nobody_knows_stop_nothing(tmp_path: Path) -> None:
    """A figure of another name, a number that is none, a hostile name: each is told and left out."""
    figures = {"reply_time_calendar": 600, "brand_new": 5, "reopens": "many", "x\"' || 1": 3}
    events = [
        *story_of(("2026-03-02 09:00", "opened"), ("2026-03-02 09:10", "message_sent", {"agent_id": "a"}), case_id="1"),
        *story_of(("2026-03-02 10:00", "stepped", {"step": "figures", "attributes": {"figures": figures}}), case_id="1", contact_id="k"),
    ]  # fmt: skip
    lake = Lake(tmp_path / "lake")
    put(lake, [Named(**{one.name: getattr(event, one.name) for one in fields(event)}) for event in events])
    found = reconcile(lake)
    assert by_case(found.figures, "reply_time_calendar") == {"1": "equal"}
    told = {(issue.code, issue.value) for issue in found.issues}
    assert {("unknown-figure", "brand_new"), ("bad-figure", "many")} <= told
    assert any(code == "unknown-figure" and "||" in value for code, value in told)


def test_wrong_questions_are_told_at_once(tmp_path: Path) -> None:
    """Unknown products, figures and calendars; and a product of which there is nothing."""
    lake = desk(tmp_path, [metrics(1, reply_time=(40, None))])
    with pytest.raises(InputError) as caught:
        reconcile(lake, vendors=("zendisk",), figures=("reply",), calendar="never")
    assert [issue.code for issue in caught.value.issues] == ["unknown-vendor", "unknown-figure", "unknown-calendar"]
    with pytest.raises(InputError) as caught:
        reconcile(lake, vendors=("zammad",))
    assert codes(caught.value.issues) == {"no-vendor-figures"}
    assert "zendesk reply_time_calendar" in str(caught.value.issues[0].advice)


def test_seconds_to_close(tmp_path: Path) -> None:
    """ServiceNow's own seconds end at the resolution, as published, ours at the closing; words are no seconds."""
    head = "number,state,sys_mod_count,sys_updated_on,opened_at,resolved_at,closed_at,calendar_stc,business_stc\n"
    rows = [
        "I1,Closed,3,2026-03-07 10:00:00,2026-03-02 08:00:00,2026-03-02 10:00:00,2026-03-07 10:00:00,7200,3600\n",
        'I2,Closed,3,2026-03-02 12:00:00,2026-03-02 08:00:00,2026-03-02 12:00:00,2026-03-02 12:00:00,"14,400",2 Hours\n',
    ]
    (tmp_path / "incidents.csv").write_text(head + "".join(rows))
    lake = Lake(tmp_path / "lake")
    ingest(lake, source="servicenow", paths=[tmp_path / "incidents.csv"])
    put_reference(lake, "calendars", hours("office", ("09:00", "17:00")))
    found = reconcile(lake, calendar="office")
    assert by_case(found.figures, "calendar_stc") == {"I1": "first_resolution", "I2": "equal"}
    assert by_case(found.figures, "business_stc") == {"I1": "first_resolution"}
    assert [(one.code, one.value) for one in found.issues] == [("bad-figure", "2 Hours")]
