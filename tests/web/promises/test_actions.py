"""Promises: made, changed, kept, broken and waived, each with its fact."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from troth.core.errors import InputError
from troth.web.customers.models import Customer
from troth.web.outbox.models import Fact
from troth.web.people.models import Unit
from troth.web.promises import actions
from troth.web.promises.models import Promise
from troth.web.promises.sweep import sweep

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MIN = timedelta(minutes=1)


def site(code: str = "riga") -> Unit:
    return Unit.objects.create(code=code, title=code.title(), kind="site", time_zone="Europe/Riga")


def promised(**changes: Any) -> Promise:
    given: dict[str, Any] = {
        "kind": "wait", "customer": None, "subject": "contact:1", "probability": 0.8, "window_start": NOW + 12 * MIN,
        "due_at": NOW + 18 * MIN, "now": NOW, "context": {"queue": "riga-main", "site": "riga", "contact_id": "1"},
    }  # fmt: skip
    return actions.make(**{**given, "unit": changes.pop("unit", None) or site(), **changes})


def told() -> list[tuple[str, datetime, dict[str, Any]]]:
    rows = Fact.objects.order_by("id").values_list("activity", "occurred_at", "event")
    return [(activity, at, json.loads(event.get("attributes", "{}"))) for activity, at, event in rows]


@pytest.mark.django_db
def test_a_promise_and_its_fact_carry_the_same_word() -> None:
    """A promise and its fact carry the same word."""
    customer = Customer.objects.create(created_at=NOW)
    made = promised(customer=customer)
    (fact,) = Fact.objects.all()
    assert fact.event["subject_kind"] == "promise" and fact.event["subject_id"] == str(made.promise_id)
    assert fact.event["customer_id"] == customer.pseudonym and fact.event["queue"] == "riga-main"
    assert fact.event["value"] == 0.8
    assert told()[0][2] == {
        "kind": "wait", "due_at": made.due_at.isoformat(), "window_start": (NOW + 12 * MIN).isoformat(),
    }  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("after", "state", "inside", "label"),
    [
        (5, "kept", False, "early"),
        (12, "kept", True, "inside"),
        (18, "kept", True, "inside"),
        (19, "broken", False, "late"),
    ],
)
def test_an_early_call_keeps_the_promise_but_is_outside_the_interval(
    after: int, state: str, inside: bool, label: str
) -> None:
    """An early call keeps the promise but is outside the interval."""
    promised()
    at = NOW + after * MIN
    found = actions.settle(subject="contact:1", kind="wait", at=at, now=at)
    assert found is not None and (found.state, found.inside, found.met_at) == (state, inside, at)
    activity, when, attributes = told()[-1]
    assert activity == f"promise_{state}" and attributes["label"] == label
    assert when == (NOW + 18 * MIN if state == "broken" else at)


@pytest.mark.django_db
def test_a_promise_is_broken_when_it_was_due_whoever_notices_first() -> None:
    """A promise is broken when it was due whoever notices first."""
    unit = site()
    promised(unit=unit)
    promised(unit=unit, subject="contact:2")
    late = NOW + 25 * MIN
    actions.settle(subject="contact:1", kind="wait", at=late, now=late)
    assert sweep(now=late) == 1 and sweep(now=late) == 0
    actions.settle(subject="contact:2", kind="wait", at=late + MIN, now=late + MIN)
    one, two = Promise.objects.order_by("subject")
    assert one.settled_at == two.settled_at == NOW + 18 * MIN
    assert one.met_at == late and two.met_at == late + MIN
    assert [a for a, *_ in told()].count("promise_broken") == 2


@pytest.mark.django_db
def test_a_change_is_counted_and_told_and_the_first_word_is_kept() -> None:
    """A change is counted and told and the first word is kept."""
    promised()
    new = NOW + 30 * MIN
    found = actions.change(
        subject="contact:1", kind="wait", window_start=None, due_at=new, now=NOW + MIN, cause="yielded"
    )
    assert found is not None and found.changes == 1 and found.first_due_at == NOW + 18 * MIN
    assert told()[-1] == (
        "promise_changed",
        NOW + MIN,
        {"kind": "wait", "due_at": new.isoformat(), "reason": "yielded"},
    )
    again = actions.change(subject="contact:1", kind="wait", window_start=None, due_at=new, now=NOW, cause="yielded")
    assert again is not None and again.changes == 1 and len(told()) == 2


@pytest.mark.django_db
def test_who_leaves_lets_the_promise_go_unless_it_was_broken_by_then() -> None:
    """Who leaves lets the promise go unless it was broken by then."""
    unit = site()
    promised(unit=unit)
    promised(unit=unit, subject="contact:2")
    first = actions.waive(subject="contact:1", kind="wait", now=NOW + MIN, cause="left")
    second = actions.waive(subject="contact:2", kind="wait", now=NOW + 20 * MIN, cause="left")
    assert first is not None and first.state == "waived" and first.inside is None
    assert second is not None and second.state == "broken" and second.settled_at == second.due_at


@pytest.mark.django_db
def test_all_that_is_wrong_is_said_at_once() -> None:
    """All that is wrong is said at once."""
    with pytest.raises(InputError) as caught:
        promised(probability=1.5, window_start=NOW + 20 * MIN)
    assert [issue.code for issue in caught.value.issues] == ["bad-probability", "window-after-due"]


@pytest.mark.django_db
def test_one_promise_of_a_kind_about_a_thing_runs_at_a_time() -> None:
    """One promise of a kind about a thing runs at a time."""
    unit = site()
    promised(unit=unit)
    with pytest.raises(InputError) as caught, transaction.atomic():
        promised(unit=unit)
    assert caught.value.issues[0].code == "promise-running"
    actions.settle(subject="contact:1", kind="wait", at=NOW, now=NOW)
    promised(unit=unit)
    assert Promise.objects.count() == 2


@pytest.mark.django_db
def test_nothing_happens_to_a_promise_nobody_made() -> None:
    """Nothing happens to a promise nobody made."""
    asked: dict[str, Any] = {"subject": "contact:9", "kind": "wait", "now": NOW}
    assert actions.settle(**asked, at=NOW) is None
    assert actions.waive(**asked, cause="left") is None
    assert actions.change(**asked, window_start=None, due_at=NOW, cause="x") is None
    assert not told()


@pytest.mark.django_db(transaction=True)
def test_settling_and_sweeping_at_once_end_each_promise_once() -> None:
    """Settling and sweeping at once end each promise once."""
    unit = site()
    for number in range(60):
        promised(unit=unit, subject=f"contact:{number}")
    late = NOW + 20 * MIN

    def settle(part: int) -> None:
        for number in range(part, 60, 2):
            actions.settle(subject=f"contact:{number}", kind="wait", at=late, now=late)
        connection.close()

    def clean() -> None:
        for _ in range(20):
            sweep(now=late)
        connection.close()

    threads = [threading.Thread(target=settle, args=(part,)) for part in (0, 1)] + [threading.Thread(target=clean)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [activity for activity, *_ in told()].count("promise_broken") == 60
    assert Promise.objects.filter(state="broken", met_at=late).count() == 60
