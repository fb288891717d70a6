"""What staff see: the counter, the reception, the lead's page."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from tests.web import cast
from tests.web.flow.day import Day, fresh
from troth.core.terms import AgentState
from troth.web.flow import actions
from troth.web.flow.appointments import book, hold
from troth.web.flow.models import Appointment, CounterSession, SlotRule, Ticket

#: A page of staff with all it loads, uncompressed.
STAFF_BYTES = 300_000
SCRIPT = "<script>alert(1)</script>"


def _do(client: Client, what: str, **said: Any) -> str:
    answer = client.post("/counter/do", {"do": what, **said}, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def _at_counter(day: Day) -> tuple[Client, CounterSession]:
    client = cast.signed_in(day.company.bob)
    _do(client, "open", counter=day.place.counters[0].pk)
    return client, CounterSession.objects.get(clerk=day.company.bob, closed_at=None)


def test_a_clerk_opens_a_counter_calls_serves_and_finishes(clock: Day) -> None:
    """The way of one customer, by the buttons of the page."""
    mine = clock.join(customer=clock.company.kate, service=clock.company.loans)
    client, session = _at_counter(clock)
    page = _do(client, "next")
    assert mine.label in page and "Kate Kazlauskienė" in page and "Passport" in page
    clock.later()
    assert "In front of you" in _do(client, "answer", ticket=mine.pk)
    clock.later()
    page = _do(client, "finish", ticket=mine.pk)
    assert fresh(mine).state == "served"
    assert "Nobody is waiting" in page
    _do(client, "close")
    session.refresh_from_db()
    assert session.closed_at is not None


def test_finish_and_call_next_is_one_button(clock: Day) -> None:
    """With the one key the next customer is called when this one is done."""
    first, second = clock.join(), clock.join()
    client, _session = _at_counter(clock)
    _do(client, "next")
    clock.later()
    _do(client, "answer", ticket=first.pk)
    clock.later()
    _do(client, "finish", ticket=first.pk, then="next")
    assert (fresh(first).state, fresh(second).state) == ("served", "called")


def test_a_double_click_calls_one(clock: Day) -> None:
    """Two requests of one click call one customer and finish one."""
    first, second = clock.join(), clock.join()
    client, _session = _at_counter(clock)
    for _ in range(2):
        _do(client, "next")
    assert (fresh(first).state, fresh(second).state) == ("called", "waiting")
    clock.later()
    for _ in range(2):
        _do(client, "answer", ticket=first.pk)
    clock.later()
    for _ in range(2):
        _do(client, "finish", ticket=first.pk)
    assert (fresh(first).state, fresh(second).state) == ("served", "waiting")


def test_a_stale_tab_does_nothing_and_says_so(clock: Day) -> None:
    """A button of a page that is no longer true is about its own ticket, not about whoever is in front now."""
    first, second = clock.join(), clock.join()
    client, _session = _at_counter(clock)
    _do(client, "next")
    clock.later()
    _do(client, "answer", ticket=first.pk)
    clock.later()
    _do(client, "finish", ticket=first.pk, then="next")
    page = _do(client, "park", ticket=first.pk)
    assert "dealt with already" in page
    assert (fresh(first).state, fresh(second).state) == ("served", "called")


def test_a_ticket_of_another_branch_is_not_there(clock: Day) -> None:
    """An id in the form that is not of this branch is a page that is not there, and nothing changes."""
    other = cast.branch(clock.company, where=clock.company.klaipeda)
    theirs = actions.join(branch=other.branch, service=clock.company.cash, now=clock.later())
    client, _session = _at_counter(clock)
    for what in ("call", "answer", "finish", "park", "no_show"):
        assert client.post("/counter/do", {"do": what, "ticket": theirs.pk}).status_code == 404
    assert client.post("/counter/do", {"do": "open", "counter": other.counters[0].pk}).status_code == 404
    assert fresh(theirs).state == "waiting"


def test_setting_aside_can_be_undone(clock: Day) -> None:
    """The message that tells it has the way back."""
    mine = clock.join()
    client, _session = _at_counter(clock)
    _do(client, "next")
    clock.later()
    page = _do(client, "park", ticket=mine.pk)
    assert fresh(mine).state == "parked"
    undo = page.split('<form method="post" action="/counter/do?')[1].split('"')[0].replace("&amp;", "&")
    clock.later()
    client.post(f"/counter/do?{undo}")
    assert fresh(mine).state == "called"


def test_handing_on_keeps_number_and_note(clock: Day) -> None:
    """To another service with a note; a clerk who is not there is not there."""
    mine = clock.join()
    client, _session = _at_counter(clock)
    _do(client, "next")
    clock.later()
    said = {"ticket": mine.pk, "service": clock.company.loans.pk, "note": SCRIPT}
    assert client.post("/counter/do", {"do": "transfer", "to": "clerk:999999", **said}).status_code == 404
    assert fresh(mine).state == "called"
    _do(client, "transfer", **said)
    new = Ticket.objects.get(previous=mine)
    assert (new.label, new.service, fresh(mine).state) == (mine.label, clock.company.loans, "transferred")
    page = _do(client, "next")
    assert SCRIPT not in page and "&lt;script&gt;" in page


def test_a_break_calls_nobody_to_the_counter(clock: Day) -> None:
    """On a break the counter says so, and a call is refused with a sentence."""
    waiting = clock.join()
    client, session = _at_counter(clock)
    assert "On a break" in _do(client, "break")
    assert "End your break first." in _do(client, "next")
    assert fresh(waiting).state == "waiting"
    _do(client, "resume")
    session.refresh_from_db()
    assert session.state == AgentState.AVAILABLE


def test_without_a_counter_nothing_is_called(clock: Day) -> None:
    """The page of a clerk whose counter was closed elsewhere says so."""
    waiting = clock.join()
    client, session = _at_counter(clock)
    actions.close_counter(session=session, now=clock.later())
    assert "Your counter is closed" in _do(client, "next")
    assert fresh(waiting).state == "waiting"


def test_a_name_with_a_script_is_only_a_name(clock: Day) -> None:
    """On the counter, at the reception, on the lead's page and in the sheet."""
    kaz = cast.customer(SCRIPT, unit=clock.company.vilnius)
    mine = clock.join(customer=kaz, note=SCRIPT)
    lead = cast.signed_in(clock.company.tom)
    pages = [
        lead.get("/branches/vilnius/today"),
        lead.get("/branches/vilnius/reception?find=script"),
        lead.get(f"/branches/vilnius/tickets/{mine.pk}"),
    ]
    client, _session = _at_counter(clock)
    for text in [*(page.content.decode() for page in pages), _do(client, "next")]:
        assert SCRIPT not in text
        assert "&lt;script&gt;" in text


def test_the_reception_gives_one_number_a_form(clock: Day) -> None:
    """Sent twice, the form gives one number; the name makes a customer known."""
    client = cast.signed_in(clock.company.bob)
    page = client.get("/branches/vilnius/reception").content.decode()
    tap = page.split('name="tap" value="')[1].split('"')[0]
    said = {"tap": tap, "service": clock.company.cash.pk, "name": "Ona", "language": "lt", "note": "with a pram"}
    for _ in range(2):
        client.post("/branches/vilnius/reception", said)
    mine = Ticket.objects.get()
    assert (mine.entry, str(mine.visit.customer), mine.visit.language, mine.visit.note) == (
        "reception", "Ona", "lt", "with a pram",
    )  # fmt: skip
    page = client.post("/branches/vilnius/reception", {"service": "", "tap": "x"}, follow=True).content.decode()
    assert "Choose what they have come for." in page


def test_the_reception_finds_only_whom_it_may_see(clock: Day) -> None:
    """Kaz is a customer of Klaipėda: Bob neither finds him nor can name him by his number."""
    client = cast.signed_in(clock.company.bob)
    assert "Kate Kazlauskienė" in client.get("/branches/vilnius/reception?find=kate").content.decode()
    assert "Kaz Kazlauskas" not in client.get("/branches/vilnius/reception?find=kaz k").content.decode()
    said = {"service": clock.company.cash.pk, "customer": clock.company.kaz.pk}
    assert client.post("/branches/vilnius/reception", said).status_code == 404
    assert Ticket.objects.count() == 0


def _booking(day: Day) -> Appointment:
    opens = (day.now + timedelta(hours=3)).strftime("%H:00")
    closes = (day.now + timedelta(hours=4)).strftime("%H:00")
    rule = {"branch": day.place.branch, "service": day.company.loans, "weekday": day.now.weekday()}
    SlotRule.objects.create(opens=opens, closes=closes, **rule)
    starts = (day.now + timedelta(hours=1)).replace(minute=0)
    kept = hold(branch=day.place.branch, service=day.company.loans, starts_at=starts, now=day.now)
    return book(appointment=kept, now=day.now, name="Kate K", phone="+37060000001")


def test_whoever_has_an_appointment_is_checked_in_once(clock: Day) -> None:
    """At the reception, twice; the kiosk shows initials only."""
    booking = _booking(clock)
    client = cast.signed_in(clock.company.bob)
    assert "Kate K" in client.get("/branches/vilnius/appointments").content.decode()
    for _ in range(2):
        page = client.post("/branches/vilnius/reception", {"booking": booking.pk}, follow=True).content.decode()
    assert Ticket.objects.count() == 1
    booking.refresh_from_db()
    assert booking.state == "checked_in" and booking.ticket is not None
    assert booking.ticket.label in page
    other = cast.signed_in(clock.company.carol)
    assert other.post("/branches/vilnius/reception", {"booking": booking.pk}).status_code == 404


def test_the_kiosk_checks_in_by_time_and_initials(clock: Day) -> None:
    """No name is shown to those who stand by, and a second tap gives the same number."""
    booking = _booking(clock)
    client = cast.signed_in(clock.company.tom)
    page = client.get(f"/kiosk/{clock.place.branch.token}/en/appointment").content.decode()
    assert "K. K." in page and "Kate" not in page
    answers = [
        client.post(f"/kiosk/{clock.place.branch.token}/en/appointment", {"booking": booking.pk}) for _ in range(2)
    ]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert Ticket.objects.count() == 1


def test_the_lead_sees_who_is_next_and_why(clock: Day) -> None:
    """The answer first, the order of the line with its reason, the counters."""
    first, second = clock.join(), clock.join()
    Ticket.objects.filter(pk=first.pk).update(expects={"low_s": 10, "high_s": 60})
    clock.open()
    clock.later(11)
    page = cast.signed_in(clock.company.alice).get("/branches/vilnius/today").content.decode()
    assert "2 waiting" in page and "longest 13\u00a0min" in page and "1 past the promise" in page
    assert page.index(first.label) < page.index(second.label)
    assert "has waited longest" in page
    assert "Bob Clerk" in page


def test_the_lead_closes_a_counter_that_was_forgotten(clock: Day) -> None:
    """Not with a customer in front, and only where the lead leads."""
    session = clock.open()
    clock.join()
    clock.call(session)
    lead = cast.signed_in(clock.company.tom)
    said = {"session": session.pk}
    assert "Finish with the customer" in lead.post("/branches/vilnius/today/close", said, follow=True).content.decode()
    actions.put_back(session=session, ticket=Ticket.objects.get(), now=clock.later())
    assert cast.signed_in(clock.company.bob).post("/branches/vilnius/today/close", said).status_code == 403
    lead.post("/branches/vilnius/today/close", said)
    session.refresh_from_db()
    assert session.closed_at is not None


@pytest.mark.parametrize("day", ["", "yesterday", "2026-02-30", "9999-12-31", "0001-01-01", "2026-03-29", "2026-10-25"])
def test_the_appointments_of_any_day_can_be_looked_at(clock: Day, day: str) -> None:
    """Days that are none show today; so do the days on which the clocks change show theirs."""
    client = cast.signed_in(clock.company.alice)
    assert client.get(f"/branches/vilnius/appointments?day={day}").status_code == 200


@pytest.mark.parametrize("path", ["/counter", "/branches/vilnius/today", "/branches/vilnius/reception"])
def test_a_page_of_staff_is_small(clock: Day, path: str) -> None:
    """Page, styles, scripts and icons together stay under 300 kB, uncompressed, with a full house."""
    for _ in range(60):
        clock.join(customer=clock.company.kate)
    client, _session = _at_counter(clock)
    client.force_login(clock.company.alice, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(path).content
    parts = {part.split(b'"')[0].split(b"#")[0] for part in page.split(b'"/static/')[1:]}
    total = len(page) + sum(Path(str(finders.find(part.decode()))).stat().st_size for part in parts)
    assert total < STAFF_BYTES, f"{total} bytes"
