"""The demo's customers with a booking act on the real thing: on the rows, and through the public API."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from json import dumps
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.test import Client

from tests.web import cast
from tests.web.flow.day import Day, day
from tests.web.flow.test_slots import rule
from troth.cli import _demo_site
from troth.cli._hands import ApiHands, Notebook, PastHands, instant
from troth.core.terms import BookingState, Role
from troth.demo.drive import BranchDriver, Hands
from troth.demo.visitors import BranchDay, Visitor
from troth.web.flow.models import Appointment, Ticket
from troth.web.flow.repair import tidy
from troth.web.outbox.models import Fact
from troth.web.project.bridge import Seeded

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SEVEN = round((datetime(2026, 3, 26, 7, tzinfo=UTC) - _EPOCH).total_seconds() * 1000)
DAY_BEFORE = SEVEN - 20 * 3_600_000
HALF = 1_800_000


@pytest.fixture
def clock(company: cast.Company, monkeypatch: pytest.MonkeyPatch) -> Day:
    """Return the day with cash that can be booked on Thursday from nine to eleven, and pages that go by its clock."""
    made = day(company)
    rule(made)
    monkeypatch.setattr("django.utils.timezone.now", lambda: made.now)
    return made


@pytest.fixture(params=["rows", "api"])
def hands(clock: Day, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return hands of either kind."""
    if request.param == "rows":
        return PastHands(clock.place.branch, code="V")
    _, secret = cast.key(clock.company.vilnius, role=Role.ADMINISTRATOR)
    made: Any = ApiHands("http://127.0.0.1", key=secret, branch=clock.place.branch.token, code="V")
    made._client.close()
    made._client = Through(secret)
    monkeypatch.setattr("troth.cli._hands._PATIENCE_S", 0.0)
    return made


class Through:
    """Takes what the hands ask straight to the site, within the test's transaction."""

    def __init__(self, secret: str) -> None:
        self.headers = {"Authorization": f"Bearer {secret}"}

    def request(self, method: str, path: str, *, json: Any) -> httpx.Response:
        answer = Client().generic(
            method, f"/api/v1/{path}", dumps(json), content_type="application/json", headers=self.headers
        )
        return httpx.Response(answer.status_code, content=answer.content)


def visitor(number: int, **given: Any) -> Visitor:
    """Return somebody who comes for cash; with a time that was booked the day before, unless told otherwise."""
    slot = given.pop("slot", SEVEN)
    told = {
        "number": number, "at": (slot or SEVEN) - 300_000, "queue": "q", "service": "cash", "topic": "cash",
        "customer": number, "slot": slot, "said": DAY_BEFORE + number if slot else None, "comes": True, "bears_s": 9e9,
        "silent": False, "serve_s": 60.0, "wrap_s": 0.0, "walk_s": 5.0,
    }  # fmt: skip
    return Visitor(**{**told, **given})


def lived(clock: Day, hands: Hands, *people: Visitor, bookings: Any = None) -> None:
    """Let some visitors live their day, by the clock."""
    plan = BranchDay(people, (), SEVEN, SEVEN + 4 * HALF)
    driver = BranchDriver(plan, hands=hands, paces={}, bookings=bookings)
    while driver.next_at is not None and driver.next_at < SEVEN + 3 * HALF:
        clock.now = instant(driver.next_at)
        driver.advance(driver.next_at)


def test_customers_book_move_give_up_come_and_stay_away(clock: Day, hands: Hands) -> None:
    """Each leaves the rows and facts a real customer would."""
    known = cast.customer("Ona", unit=clock.company.vilnius, pseudonym="uV0")
    moves = visitor(1, slot=SEVEN + 2 * HALF, wished=SEVEN + HALF, moves_at=DAY_BEFORE + 60_000)
    gives_up = visitor(2, comes=False, cancels_at=DAY_BEFORE + 120_000)
    stays_away = visitor(3, comes=False, slot=SEVEN + HALF)
    lived(clock, hands, visitor(0), moves, gives_up, stays_away, visitor(4, slot=None))
    rows = list(Appointment.objects.order_by("booked_at"))
    assert [one.state for one in rows] == ["checked_in", "checked_in", "cancelled", "booked"]
    assert rows[0].customer == known
    assert all(one.customer is not None and one.customer.by_booking for one in rows[1:])
    assert rows[1].starts_at == instant(SEVEN + 2 * HALF)
    told = list(Fact.objects.values_list("activity", flat=True))
    counted = {one: told.count(one) for one in ("booked", "rescheduled", "cancelled", "checked_in", "arrived")}
    assert counted == {"booked": 4, "rescheduled": 1, "cancelled": 1, "checked_in": 2, "arrived": 1}
    assert sorted(Ticket.objects.values_list("entry", flat=True)) == ["appointment", "appointment", "kiosk"]
    tidy(now=instant(SEVEN + HALF) + timedelta(minutes=31))
    rows[3].refresh_from_db()
    assert rows[3].state == BookingState.NO_SHOW


def test_a_time_that_is_taken_or_no_time_is_refused_without_harm(clock: Day, hands: Hands) -> None:
    """The third who wants two places comes without; one cannot move to a time that is none."""
    odd = visitor(3, slot=SEVEN + 60_000, wished=SEVEN + HALF, moves_at=DAY_BEFORE + 60_000)
    lived(clock, hands, visitor(0), visitor(1), visitor(2), odd)
    assert Appointment.objects.filter(state="checked_in").count() == 3
    assert sorted(Ticket.objects.values_list("entry", flat=True)) == ["appointment"] * 3 + ["kiosk"]
    assert Appointment.objects.get(starts_at=instant(SEVEN + HALF)).sequence == 0


def test_a_driver_started_anew_reads_its_notebook(clock: Day, hands: Hands, tmp_path: Path) -> None:
    """What was booked before is checked in after; each day has a page of its own."""
    path = tmp_path / "bookings.json"
    kept = Notebook(path, day=date(2026, 3, 26))
    lived(clock, hands, visitor(0, comes=False), bookings=kept)
    anew = Notebook(path, day=date(2026, 3, 26))
    assert dict(anew) == dict(kept) and list(anew) == [0]
    assert not Notebook(path, day=date(2026, 3, 27))
    later = BranchDriver(
        BranchDay((visitor(0),), (), SEVEN, SEVEN + HALF), hands=hands, paces={}, since=SEVEN - HALF, bookings=anew
    )
    clock.now = instant(SEVEN - 300_000)
    later.advance(SEVEN)
    assert Appointment.objects.get().state == "checked_in"
    del anew[0]
    assert len(Notebook(path, day=date(2026, 3, 26))) == 0


def test_the_demo_has_a_past_with_bookings_for_the_days_ahead(
    clock: Day, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Wednesday morning Thursday's times are booked already, who did not come is written down, the rest is to come."""
    rule(clock, weekday=2)
    day_ms = 24 * 3_600_000
    plans = {
        date(2026, 3, 25): (visitor(0, slot=SEVEN - day_ms, said=SEVEN - 2 * day_ms), visitor(1, slot=SEVEN - day_ms, said=SEVEN - 2 * day_ms, comes=False)),
        date(2026, 3, 26): (visitor(0, said=SEVEN - day_ms), visitor(1, said=SEVEN - 1000)),
    }  # fmt: skip
    monkeypatch.setattr(
        "troth.cli._demo_site.branch_day",
        lambda _truth, *, site, seed, day: BranchDay(plans.get(day, ()), (), None, None),
    )
    now = instant(SEVEN - day_ms + 40 * 60_000)
    truth, seeded = _demo_site.company(now), Seeded(root=clock.company.bank, branch=clock.place.branch, personas=())
    _demo_site.play_past(truth, seeded, now=now, notebook=tmp_path / "bookings.json")
    told = [(one.starts_at, one.state) for one in Appointment.objects.order_by("starts_at", "state")]
    assert told == [
        (instant(SEVEN - day_ms), "checked_in"), (instant(SEVEN - day_ms), "no_show"), (instant(SEVEN), "booked"),
    ]  # fmt: skip
    assert list(Notebook(tmp_path / "bookings.json", day=date(2026, 3, 26))) == [0]
