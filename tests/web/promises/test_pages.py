"""The page of promises says how our word stands, only of one's own units, and opens each promise."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from tests.web import cast
from tests.web.cast import Company
from troth.web.people.models import Unit
from troth.web.promises import actions, standing
from troth.web.promises.models import Promise
from troth.web.promises.sweep import sweep

pytestmark = pytest.mark.django_db
MIN = timedelta(minutes=1)


def promised(unit: Unit, number: int, *, came: int | None, ago: timedelta = timedelta(hours=3)) -> Promise:
    """Make a wait of 10 to 20 minutes, and end it after some minutes."""
    at = timezone.now() - ago
    subject = f"contact:{unit.pk}-{number}"
    made = actions.make(
        kind="wait", unit=unit, customer=None, subject=subject, context={"site": unit.code}, probability=0.8,
        window_start=at + 10 * MIN, due_at=at + 20 * MIN, now=at,
    )  # fmt: skip
    if came is not None:
        actions.settle(subject=subject, kind="wait", at=at + came * MIN, now=at + came * MIN)
    return made


@pytest.fixture
def kept(company: Company) -> Company:
    """Ten of Vilnius: two early, six inside, two late; one of Klaipėda, late."""
    for number, came in enumerate([5, 8, 10, 12, 14, 16, 18, 20, 25, 30]):
        promised(company.vilnius, number, came=came)
    promised(company.klaipeda, 0, came=40)
    return company


def stands(units: list[Unit], **more: Any) -> standing.OurWord:
    now = timezone.now()
    return standing.standing(units, since=now - timedelta(days=1), now=now, zone=ZoneInfo("UTC"), **more)


def test_kept_is_not_late_and_honest_is_within_the_interval(kept: Company) -> None:
    """Kept is not late and honest is within the interval."""
    whole = stands([kept.vilnius]).whole
    assert whole is not None
    assert (whole.n, whole.kept.estimate, whole.inside.estimate) == (10, 0.8, 0.6)
    assert whole.stated == pytest.approx(0.8)
    (point,) = stands([kept.vilnius]).curve
    assert point.kept.estimate == 0.6 and point.n == 10
    assert stands([kept.vilnius], kind="appointment").whole is None


def test_promises_with_little_time_left_are_at_risk_with_what_can_be_done(
    kept: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promises with little time left are at risk with what can be done."""
    soon = promised(kept.vilnius, 20, came=None, ago=16 * MIN)
    promised(kept.vilnius, 21, came=None, ago=3 * MIN)
    monkeypatch.setitem(standing.ACTIONS, "wait", lambda promise: ("Call now", f"/counter?{promise.subject}"))
    found = stands([kept.vilnius])
    assert [(one.promise.pk, one.action) for one in found.risks] == [
        (soon.pk, ("Call now", f"/counter?{soon.subject}"))
    ]
    assert found.running == 2
    page = cast.signed_in(kept.tom).get("/promises").content.decode()
    assert "Call now" in page
    assert "Call now" not in cast.signed_in(kept.otto).get("/promises").content.decode(), "an auditor has no counter"


def test_a_promise_tells_its_history(kept: Company) -> None:
    """A promise tells its history."""
    one = promised(kept.vilnius, 30, came=None, ago=50 * MIN)
    now = timezone.now()
    actions.change(
        subject=one.subject,
        kind="wait",
        window_start=None,
        due_at=one.due_at + 10 * MIN,
        now=one.made_at + MIN,
        cause="yielded",
    )
    sweep(now=now)
    one.refresh_from_db()
    steps = standing.history(one)
    assert [step.activity for step in steps] == ["promised", "promise_changed", "promise_broken"]
    assert steps[1].reason == "yielded" and steps[1].due_at == one.due_at
    page = cast.signed_in(kept.tom).get(f"/promises/{one.promise_id}").content.decode()
    assert "Broken" in page and "yielded" in page


def test_a_promise_whose_facts_have_left_still_says_how_it_ended(kept: Company) -> None:
    """A promise whose facts have left still says how it ended."""
    from troth.web.outbox.models import Fact

    Fact.objects.all().delete()
    one = Promise.objects.filter(state="broken").order_by("pk")[0]
    assert [step.activity for step in standing.history(one)] == ["promised", "promise_broken"]


def test_nobody_sees_the_promises_of_another_site(kept: Company) -> None:
    """Nobody sees the promises of another site."""
    tom = cast.signed_in(kept.tom)
    page = tom.get("/promises?days=7&kind=wait")
    assert page.status_code == 200 and "Klaip" not in page.content.decode()
    theirs = Promise.objects.get(unit=kept.klaipeda)
    assert tom.get(f"/promises/{theirs.promise_id}").status_code == 404
    assert cast.signed_in(kept.alice).get(f"/promises/{theirs.promise_id}").status_code == 200
    assert cast.signed_in(kept.bob).get("/promises").status_code == 403


def test_a_page_without_promises_says_so(company: Company) -> None:
    """A page without promises says so."""
    page = cast.signed_in(company.alice).get("/promises?days=nonsense&kind=nonsense").content.decode()
    assert "No promise yet" in page
