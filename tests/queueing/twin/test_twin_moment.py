"""What is known at an instant: from the log up to then and the tables, and nothing from later."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from tests.kpi.logs import Event, lake_of, put_reference, story
from troth.core.errors import InputError
from troth.core.spans import Span
from troth.queueing.read import RecordedContacts
from troth.queueing.twin.expected import local_hour, usual_day
from troth.queueing.twin.read import breaks_wait, moment

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def _contact(name: str, *steps: tuple[str, str], agent: str = "ann", priority: str = "P2") -> list[Event]:
    who = {"called", "answered", "ended", "wrapped", "transferred"}
    lines = [(f"2026-03-02T{at}", what, {"agent_id": agent} if what in who else {}) for at, what in steps]
    return story(*lines, contact_id=name, queue="cash", site="shop", channel="walk_in", priority=priority)


def _staff(agent: str, *steps: tuple[str, str, str]) -> list[Event]:
    lines = [(f"2026-03-02T{at}", what, {"step": step} if step else {}) for at, what, step in steps]
    return story(*lines, agent_id=agent, site="shop", subject_kind="shift", subject_id=f"w{agent}")


def _day() -> list[Event]:
    return [
        *_staff("ann", ("08:00", "shift_started", ""), ("09:00", "state_changed", "break"),
                ("09:15", "state_changed", "available"), ("09:58", "state_changed", "on_contact"), ("16:00", "shift_ended", "")),
        *_staff("bob", ("08:00", "shift_started", ""), ("09:59:30", "state_changed", "wrap"), ("10:30", "shift_ended", "")),
        *_staff("cat", ("07:00", "shift_started", ""), ("09:30", "shift_ended", "")),
        *_contact("c1", ("09:50", "queued"), ("09:58", "called"), ("09:58:10", "answered"), ("10:05", "ended")),
        *_contact("c2", ("09:40", "queued"), ("09:45", "answered"), ("09:59:30", "ended"), ("10:01", "wrapped"), agent="bob"),
        *_contact("c3", ("09:55", "queued"), ("10:02", "abandoned"), priority="high"),
        *_contact("c4", ("09:20", "queued"), ("09:30", "abandoned")),
        *_contact("c5", ("09:10", "queued"), ("09:15", "answered"), ("09:20", "ended"), ("09:21", "wrapped")),
        *_contact("c6", ("10:00:01", "queued")),
    ]  # fmt: skip


def test_an_instant_is_known_from_what_was_logged_until_then(lake: Path) -> None:
    """Open contacts with who serves them since when, wrap-up included; who is at work, what they do, how often they were off."""
    made = lake_of(lake, _day())
    rows = [("shift", 8, 16), ("break", 9, 9.25), ("break", 12, 12.5)]
    start = datetime(2026, 3, 2, tzinfo=UTC)
    put_reference(made, "schedules", [
        {"agent_id": "ann", "site": "shop", "state": state, "starts_at": start + timedelta(hours=a),
         "ends_at": start + timedelta(hours=b), "valid_from": date(2026, 3, 2)} for state, a, b in rows
    ])  # fmt: skip
    put_reference(made, "queues", [{"queue": "cash", "discipline": "priority", "valid_from": date(2026, 1, 1)}])
    put_reference(made, "skills", [{"agent_id": "ann", "skill": "cash", "valid_from": date(2026, 1, 1)}])
    found = moment(made, site="shop", at=AT)
    assert [(one.contact_id, one.agent_id, one.priority) for one in found.contacts] == [
        ("c2", "bob", 2), ("c1", "ann", 2), ("c3", None, 0)
    ]  # fmt: skip
    assert found.contacts[1].since == AT - timedelta(seconds=110)
    assert [(one.agent_id, one.state, one.away) for one in found.agents] == [
        ("ann", "on_contact", 1),
        ("bob", "wrap", 0),
    ]
    assert [(one.state, one.span.seconds) for one in found.plan] == [("shift", 28_800), ("break", 900), ("break", 1800)]
    assert found.plan[0].span == Span(AT - timedelta(hours=2), AT + timedelta(hours=6))
    assert len(found.joined) == 5 and found.ranked == ("cash",) and found.skills == {"ann": ("cash",)}
    assert moment(made, site="shop", at=AT, channel="phone").contacts == ()
    until = lake_of(lake.parent / "until", [one for one in _day() if one.at <= AT])
    assert moment(until, site="shop", at=AT).contacts == found.contacts


def test_a_day_published_again_is_planned_as_it_was_published_last(lake: Path) -> None:
    """Ann's shift was moved to ten and Bob's to another site: what was published of their day before is no plan."""
    made = lake_of(lake, _day())
    start, day = datetime(2026, 3, 2, tzinfo=UTC), date(2026, 3, 2)
    rows = [
        ("ann", "shop", "shift", 8, 16, 1), ("ann", "shop", "break", 12, 12.5, 1), ("bob", "shop", "shift", 8, 16, 1),
        ("ann", "shop", "shift", 10, 18, 2), ("bob", "mall", "shift", 8, 16, 2), ("cat", "shop", "shift", 7, 11, 1),
    ]  # fmt: skip
    put_reference(made, "schedules", [
        {"agent_id": agent, "site": site, "state": state, "starts_at": start + timedelta(hours=a),
         "ends_at": start + timedelta(hours=b), "valid_from": day, "version": version}
        for agent, site, state, a, b, version in rows
    ])  # fmt: skip
    found = [(one.agent_id, one.state, one.span.start.hour) for one in moment(made, site="shop", at=AT).plan]
    assert found == [("ann", "shift", 10), ("cat", "shift", 7)]


def test_without_shifts_those_are_there_who_served_lately(lake: Path) -> None:
    """Who took or ended a contact within half an hour is at work; a log with shifts is believed instead."""
    bare = lake_of(lake, [one for one in _day() if one.contact_id is not None])
    assert [one.agent_id for one in moment(bare, site="shop", at=AT).agents] == ["ann", "bob"]
    assert [one.agent_id for one in moment(bare, site="shop", at=AT - timedelta(minutes=13)).agents] == ["ann", "bob"]
    assert [one.agent_id for one in moment(bare, site="shop", at=AT - timedelta(minutes=20)).agents] == ["ann"]


def test_bad_instants_are_told_all_at_once(lake: Path) -> None:
    """No zone; before the log at a site nobody knows; after the log; when nobody is at work."""
    made = lake_of(lake, [*_day(), *_contact("c9", ("22:00", "queued"), ("22:01", "abandoned"))])
    early = datetime(2026, 1, 1, tzinfo=UTC)
    for site, at, codes in (
        ("shop", AT.replace(tzinfo=None), ["naive-time"]),
        ("mall", early, ["unknown-site", "before-the-log"]),
        ("shop", AT + timedelta(days=2), ["after-the-log"]),
        ("shop", AT.replace(hour=22), ["nobody-on-shift"]),
    ):
        with pytest.raises(InputError) as caught:
            moment(made, site=site, at=at)
        assert [one.code for one in caught.value.issues] == codes
        assert all(one.advice.startswith("Maybe") for one in caught.value.issues)


def test_breaks_that_begin_when_nobody_waits_are_put_off(lake: Path) -> None:
    """Sixty breaks, none begun while somebody waits, where a third of customers wait: put off; begun at any time: not."""
    events: list[Event] = []
    for k in range(60):
        base = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(hours=k)
        wait = [
            ((base + timedelta(minutes=m)).isoformat(), what)
            for m, what in ((0, "queued"), (20, "answered"), (25, "ended"))
        ]
        events += story(*wait, contact_id=f"c{k}", queue="cash", site="calm")
        events += story(*wait, contact_id=f"d{k}", queue="cash", site="busy")
        for site, minute in (("calm", 30), ("busy", 10)):
            at = (base + timedelta(minutes=minute)).isoformat()
            events += story(
                (at, "state_changed"),
                agent_id=f"{site}-ann",
                site=site,
                step="break",
                subject_kind="shift",
                subject_id=f"{site}{k}",
            )
    made = lake_of(lake, events)
    span = {"start": datetime(2026, 3, 1, tzinfo=UTC), "end": datetime(2026, 3, 9, tzinfo=UTC)}
    assert breaks_wait(made, site="calm", **span, waited=0.33)
    assert not breaks_wait(made, site="busy", **span, waited=0.33)
    assert not breaks_wait(
        made, site="calm", start=span["start"], end=datetime(2026, 3, 3, tzinfo=UTC), waited=0.33
    )  # too few


def _came(days: list[date], per_hour: dict[int, int]) -> RecordedContacts:
    day, hour = [], []
    for one in days:
        for h, n in per_hour.items():
            day += [one.toordinal() - date(1970, 1, 1).toordinal()] * n
            hour += [h + (k + 0.5) / n for k in range(n)]
    n = len(day)
    words, none = np.full(n, "cash"), np.full(n, np.nan)
    return RecordedContacts(
        words, words, words, np.zeros(n, np.int64), np.array(day), np.array(hour), none, none,
        np.zeros(n, bool), np.zeros(n, bool), none,
    )  # fmt: skip


def test_the_usual_day_is_that_of_like_days() -> None:
    """Working days share a course, Saturdays have their own; a level starts at one and moves with who came."""
    mondays = [date(2026, 3, 2) + timedelta(days=7 * k) for k in range(3)]
    saturdays = [day + timedelta(days=5) for day in mondays]
    work, weekend = _came(mondays, {9: 6, 10: 12}), _came(saturdays, {9: 2})
    seen = RecordedContacts(
        *(np.concatenate([getattr(work, n), getattr(weekend, n)]) for n in RecordedContacts.__slots__)
    )
    usual = usual_day(seen, on=date(2026, 3, 23))
    assert usual is not None and usual.days == 3
    assert usual.between(("cash", 0), hours=np.array([9.0, 9.5, 10.25, 24.0])).tolist() == [3, 6, 9]
    saturday = usual_day(seen, on=date(2026, 3, 28))
    assert saturday is not None and saturday.per_part["cash", 0].sum() == 2
    assert usual_day(seen, on=date(2026, 3, 29)) is None and usual_day(seen, on=date(2026, 3, 2)) is None
    shape, rate = usual.level(came=0, expected=0.0)
    assert shape == rate
    shape, rate = usual.level(came=30, expected=10.0)
    assert 1 < shape / rate < 3
    assert local_hour(datetime(2026, 3, 2, 9, 30, 36, tzinfo=UTC)) == pytest.approx(9.51)
