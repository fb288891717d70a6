"""The API: what programs can do with which key."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest
from django.db import OperationalError
from django.test import Client
from psycopg import errors

from tests.web import cast
from tests.web.cast import Company, Place
from troth.core.terms import Role
from troth.web.flow.models import Ticket
from troth.web.outbox.models import Fact
from troth.web.people.models import Change, Qualification


class Program:
    """A program with a key, as it sees the API."""

    def __init__(self, secret: str = "") -> None:
        self.client = Client(headers={"Authorization": f"Bearer {secret}"} if secret else {})

    def post(self, path: str, **body: Any) -> tuple[int, Any]:
        """Return status and answer of a call."""
        answer = self.client.post(f"/api/v1/{path}", json.dumps(body), content_type="application/json")
        return answer.status_code, json.loads(answer.content) if answer.content else None

    def get(self, path: str) -> tuple[int, Any]:
        """Return status and answer of a look."""
        answer = self.client.get(f"/api/v1/{path}")
        return answer.status_code, json.loads(answer.content) if answer.content else None


@pytest.fixture
def place(company: Company) -> Place:
    return cast.branch(company)


@pytest.fixture
def admin(company: Company, place: Place) -> Program:
    return Program(cast.key(company.vilnius, role=Role.ADMINISTRATOR)[1])


def codes(answer: Any) -> list[str]:
    return [issue["code"] for issue in answer["issues"]]


def test_a_day_at_a_counter_goes_through_the_api(company: Company, place: Place, admin: Program) -> None:
    """A customer joins, is called, answered and served; each step is a fact."""
    here = place.branch.token
    status, ticket = admin.post(f"branches/{here}/tickets", service="cash", customer=company.kate.pseudonym)
    assert (status, ticket["state"], ticket["label"]) == (201, "waiting", "A001")
    assert admin.get(f"branches/{here}")[1]["waiting"] == 1
    bob = company.bob.code
    assert admin.post(f"branches/{here}/clerks", clerk=bob)[0] == 201
    desk = f"branches/{here}/clerks/{bob}"
    status, called = admin.post(f"{desk}/call-next")
    assert (status, called["token"], called["state"]) == (200, ticket["token"], "called")
    assert called["reason"]["code"]
    for deed, state in (("answer", "serving"), ("finish", "served")):
        status, now = admin.post(f"{desk}/{deed}/{ticket['token']}")
        assert (status, now["state"]) == (200, state)
    assert admin.post(f"{desk}/call-next")[0] == 204
    assert admin.get(desk)[1]["ticket"] is None
    assert admin.post(f"{desk}/close")[1]["closed_at"]
    told = list(
        Fact.objects.filter(event__contact_id=str(Ticket.objects.get().contact_id)).values_list("activity", flat=True)
    )
    assert [a for a in told if a in {"arrived", "queued", "called", "answered", "ended"}] == [
        "arrived", "queued", "called", "answered", "ended",
    ]  # fmt: skip


@pytest.mark.parametrize("secret", ["", "made-up"])
def test_nobody_gets_in_without_a_key(place: Place, secret: str) -> None:
    """A call without a key in force is answered with advice and nothing else."""
    status, answer = Program(secret).post(f"branches/{place.branch.token}/tickets", service="cash")
    assert (status, codes(answer)) == (401, ["no-key"])
    assert not Ticket.objects.exists()


def test_a_session_is_no_key(company: Company, place: Place) -> None:
    """A page cannot be tricked into a call in the name of whoever looks at it."""
    answer = cast.signed_in(company.ada).get(f"/api/v1/branches/{place.branch.token}")
    assert answer.status_code == 401


def test_a_key_does_only_what_its_role_may(company: Company, place: Place) -> None:
    """A kiosk lets customers in and cannot call them; a display only looks."""
    here = place.branch.token
    kiosk = Program(cast.key(company.vilnius, role=Role.KIOSK)[1])
    display = Program(cast.key(company.vilnius, role=Role.DISPLAY)[1])
    assert kiosk.post(f"branches/{here}/tickets", service="cash")[0] == 201
    status, answer = kiosk.post(f"branches/{here}/clerks", clerk=company.bob.code)
    assert (status, codes(answer)) == (403, ["not-allowed"])
    assert display.get(f"branches/{here}")[0] == 200
    assert display.post(f"branches/{here}/tickets", service="cash")[0] == 403


def test_another_branch_does_not_exist_for_a_key(company: Company, place: Place, admin: Program) -> None:
    """Branches, tickets, customers and people of another unit are not found, whatever is known of them."""
    other = cast.branch(company, where=company.klaipeda)
    stranger = Program(cast.key(company.klaipeda, role=Role.ADMINISTRATOR)[1])
    _, ticket = admin.post(f"branches/{place.branch.token}/tickets", service="cash")
    assert stranger.get(f"branches/{place.branch.token}")[0] == 404
    assert stranger.get(f"tickets/{ticket['token']}")[0] == 404
    assert stranger.post(f"tickets/{ticket['token']}/leave")[0] == 404
    there = other.branch.token
    assert stranger.post(f"branches/{there}/tickets", service="cash", customer=company.kate.pseudonym)[0] == 404
    assert stranger.post(f"branches/{there}/clerks", clerk=company.bob.code)[0] == 404
    assert stranger.post(f"branches/{there}/clerks", clerk=company.carol.code)[0] == 201
    status, _ = stranger.post(f"branches/{there}/clerks/{company.carol.code}/call/{ticket['token']}")
    assert status == 404
    assert Ticket.objects.get(token=ticket["token"]).state == "waiting"


def test_every_wrong_field_is_named(place: Place, admin: Program) -> None:
    """Wrong input lists all its problems, each with its place."""
    status, answer = admin.post(f"branches/{place.branch.token}/tickets", entry="door", priority="high")
    assert status == 422
    assert {issue["where"].rsplit(".", 1)[-1] for issue in answer["issues"]} == {"service", "entry", "priority"}
    assert all(issue["advice"].startswith("Maybe") for issue in answer["issues"])


def test_text_that_is_no_json_is_answered_kindly(place: Place, admin: Program) -> None:
    """A broken body is a wrong request, not a failure."""
    path = f"/api/v1/branches/{place.branch.token}/tickets"
    answer = admin.client.post(path, "{", content_type="application/json")
    assert answer.status_code == 400
    assert codes(json.loads(answer.content)) == ["bad-request"]


def test_what_the_state_does_not_allow_is_a_conflict(company: Company, place: Place, admin: Program) -> None:
    """A ticket that has left cannot be finished: 409 with the reason."""
    here = place.branch.token
    _, ticket = admin.post(f"branches/{here}/tickets", service="cash")
    admin.post(f"branches/{here}/clerks", clerk=company.bob.code)
    assert admin.post(f"tickets/{ticket['token']}/leave")[1]["state"] == "left"
    status, answer = admin.post(f"branches/{here}/clerks/{company.bob.code}/finish/{ticket['token']}")
    assert status == 409
    assert answer["issues"][0]["advice"].startswith("Maybe")


def test_a_booked_customer_checks_in(company: Company, place: Place, admin: Program) -> None:
    """A time is found, booked and moved; whoever checks in has a ticket; a cancelled time cannot be used."""
    from datetime import timedelta

    from django.utils import timezone

    from troth.web.flow.models import SlotRule

    for weekday in range(7):
        SlotRule.objects.create(
            branch=place.branch, service=company.cards, weekday=weekday, opens="08:00", closes="18:00", capacity=1
        )
    company.hours.spans.create(weekday=5, opens="08:00", closes="18:00")
    company.hours.spans.create(weekday=6, opens="08:00", closes="18:00")
    here = place.branch.token
    day = (timezone.now() + timedelta(days=1)).date()
    status, free = admin.get(f"branches/{here}/slots?service=cards&day={day}")
    assert status == 200
    assert len(free) > 4
    status, booked = admin.post(
        f"branches/{here}/appointments", service="cards", starts_at=free[0]["starts_at"], name="Kate"
    )
    assert (status, booked["state"]) == (201, "booked")
    assert admin.post(f"branches/{here}/appointments", service="cards", starts_at=free[0]["starts_at"])[0] == 409
    assert (
        admin.post(f"appointments/{booked['token']}/move", starts_at=free[2]["starts_at"])[1]["starts_at"]
        == free[2]["starts_at"]
    )
    assert admin.post(f"appointments/{booked['token']}/cancel")[1]["state"] == "cancelled"
    assert admin.post(f"appointments/{booked['token']}/check-in")[0] == 409


def test_the_audit_trail_names_the_key(company: Company, place: Place) -> None:
    """What a program changes among the nouns is put down to its key."""
    key, secret = cast.key(company.vilnius, role=Role.ADMINISTRATOR)
    before = Change.objects.count()
    Program(secret).post(f"branches/{place.branch.token}/clerks", clerk=company.bob.code)
    Qualification.objects.filter(user=company.bob).update(level=4)
    later = Change.objects.order_by("pk")[before:]
    assert {one.actor for one in later} <= {f"key:{key.pk}", "system"}
    assert [one.actor for one in later if one.noun == "people_qualification"] == ["system"]


@pytest.mark.parametrize(
    ("cause", "trace"),
    [(errors.AdminShutdown("terminating"), False), (psycopg.OperationalError("server closed"), False),
     (errors.DiskFull("no space"), True), (errors.QueryCanceled("too long"), True)],
    ids=["restarts", "closed", "disk", "statement"],
)  # fmt: skip
def test_what_a_database_cannot_do_is_not_taken_for_its_absence(
    place: Place, admin: Program, monkeypatch: pytest.MonkeyPatch, caplog: Any, cause: Exception, trace: bool
) -> None:
    """Both are answered with 503; the log of one that is there but fails has all of it, for somebody has to look."""

    def fails(*_: Any, **__: Any) -> None:
        raise OperationalError(str(cause)) from cause

    monkeypatch.setattr("troth.web.flow.appointments.free_slots", fails)
    status, answer = admin.get(f"branches/{place.branch.token}/slots?service=cash&day=2026-01-05")
    assert (status, codes(answer)) == (503, ["database-away"])
    record = next(one for one in caplog.records if one.name == "troth.web.api.door")
    assert (record.exc_info is not None, record.levelname) == (trace, "ERROR" if trace else "WARNING")
