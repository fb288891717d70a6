"""One line of time across channels, and what is left of a customer who is erased: events of nobody."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from django.db import connection, transaction
from django.urls import reverse

from tests.web import cast
from troth.log.lake import Lake
from troth.log.schema import STORED
from troth.web.customers import actions, privacy
from troth.web.customers.bridge import earlier
from troth.web.customers.history import facts_of, history
from troth.web.customers.models import Customer, Note, Organisation
from troth.web.flow.models import Appointment, Visit
from troth.web.outbox.record import fact, record
from troth.web.people.models import Change, ErasureRequest

LETTER = cast.NOW - timedelta(days=40)


def visit(customer: Customer) -> None:
    """Write the facts of a visit with its promise."""
    columns: dict[str, Any] = {
        "customer_id": customer.pseudonym, "case_id": "v1", "contact_id": "t1", "site": "vilnius", "service": "cash",
        "channel": "walk_in",
    }  # fmt: skip
    steps = ("opened", "arrived", "queued", "called", "answered", "ended")
    with transaction.atomic():
        record(*(fact(step, at=cast.NOW + timedelta(minutes=n), **columns) for n, step in enumerate(steps)))
        record(
            fact(
                "promised", at=cast.NOW, value=0.8, subject_kind="promise", subject_id="p1", customer_id=customer.pseudonym,
                case_id="v1", attributes={"kind": "wait", "due_at": cast.NOW},
            )
        )  # fmt: skip


def _lake(path: Path, customer: Customer) -> None:
    rows = [
        {"occurred_at": LETTER + timedelta(hours=n), "version": 0, "activity": activity, "case_id": "INC7", "channel": "mail",
         "customer_id": customer.pseudonym, "origin": "exact", "source": "desk", "source_id": f"INC7/{n}"}
        for n, activity in enumerate(("opened", "message_received", "resolved"))
    ]  # fmt: skip
    table = pa.Table.from_pylist(rows, schema=STORED)
    Lake(path).events.append(table, batch=("desk", 0))


def test_everything_stands_on_one_line_of_time(company: cast.Company, lake: Path) -> None:
    """A visit, its promise, a note, consent, and letters of another system: the newest first."""
    visit(company.kate)
    _lake(lake, company.kate)
    Note.objects.create(customer=company.kate, author=company.bob, at=cast.NOW + timedelta(days=1), text="Likes tea")
    actions.give_consent(company.kate, purpose="notices", how="signed", now=cast.NOW - timedelta(days=1))
    past = earlier(lake, pseudonyms=[company.kate.pseudonym])
    found = history([company.kate], earlier=past)
    assert [(one.kind, one.channel) for one in found] == [
        ("note", ""), ("case", "walk_in"), ("promise", ""), ("consent", ""), ("case", "mail"),
    ]  # fmt: skip
    came = found[1]
    assert [step.activity for step in came.steps] == ["opened", "arrived", "queued", "called", "answered", "ended"]
    assert came.ends_at - came.starts_at == timedelta(minutes=5)
    assert [step.activity for step in found[4].steps] == ["opened", "message_received", "resolved"]


def test_what_is_here_and_in_the_lake_is_told_once(company: cast.Company) -> None:
    """A fact that went to the lake is the same event."""
    visit(company.kate)
    same = [
        {"occurred_at": one.occurred_at, "activity": one.activity, "source_id": str(one.source_id), **one.event}
        for one in facts_of([company.kate.pseudonym])
    ]
    assert history([company.kate], earlier=same) == history([company.kate])


def test_a_merged_customers_past_comes_along(company: cast.Company) -> None:
    """Events keep the old pseudonym; the line of time follows the merge and its undoing."""
    other = cast.customer("Kate K.", unit=company.vilnius)
    visit(other)
    actions.merge(company.tom, keep=company.kate, other=other)
    assert len(history(actions.everyone(company.kate))) == 2
    actions.part(other)
    assert history(actions.everyone(company.kate)) == []


def test_the_page_shows_the_history_in_the_readers_words(company: cast.Company, lake: Path, settings: Any) -> None:
    """Letters of other systems are read from the lake when they are asked for."""
    settings.LAKE = lake
    visit(company.kate)
    _lake(lake, company.kate)
    client = cast.signed_in(company.bob)
    address = reverse("customer", args=[company.kate.pseudonym])
    page = client.get(address).content.decode()
    assert "service began" in page and "Vilnius" in page and "wrote to us" not in page
    assert "wrote to us" in client.get(address, {"all": "1"}).content.decode()
    client.post(reverse("customer_note", args=[company.kate.pseudonym]), {"text": "Likes <b>tea</b>"})
    page = client.get(address).content.decode()
    assert "Likes &lt;b&gt;tea" in page and "Bob Clerk" in page


def test_the_history_is_read_by_its_index(company: cast.Company) -> None:
    """A table of millions of facts is not read through for one customer."""
    from troth.web.outbox.models import Fact

    Fact.objects.bulk_create(
        fact("arrived", at=cast.NOW, customer_id=f"c-{n % 500}", case_id=str(n)) for n in range(5000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE outbox_fact")
        cursor.execute(
            "EXPLAIN SELECT * FROM outbox_fact WHERE (event ->> 'customer_id') IN ('c-7', 'c-9') ORDER BY occurred_at DESC"
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "outbox_fact_customer" in plan


def test_all_that_is_known_of_a_customer_is_handed_out(company: cast.Company, lake: Path, settings: Any) -> None:
    """Rows of every app that point at the customer, and events from here and from the lake."""
    settings.LAKE = lake
    visit(company.kate)
    _lake(lake, company.kate)
    place = cast.branch(company)
    _appointment(company, place)
    answer = cast.signed_in(company.ada).get(reverse("customer_data", args=[company.kate.pseudonym, "json"]))
    known = json.loads(answer.content)
    assert known["customer"][0]["name"] == "Kate Kazlauskienė"
    assert known["flow_appointment"][0]["note"] == "Kate brings her son"
    assert {row["activity"] for row in known["events"]} >= {"answered", "promised", "message_received"}
    table = cast.signed_in(company.ada).get(reverse("customer_data", args=[company.kate.pseudonym, "csv"]))
    assert "Kate brings her son" in table.content.decode("utf-8-sig")


def _appointment(company: cast.Company, place: cast.Place) -> Appointment:
    Visit.objects.create(branch=place.branch, customer=company.kate, opened_at=cast.NOW, note="Kate was upset")
    return Appointment.objects.create(
        branch=place.branch, service=company.loans, customer=company.kate, name="Kate Kazlauskienė", booked_at=cast.NOW,
        email="kate@example.com", phone="+37060000001", note="Kate brings her son", starts_at=cast.NOW,
        ends_at=cast.NOW + timedelta(minutes=30),
    )  # fmt: skip


def test_an_erased_customer_is_named_nowhere(company: cast.Company) -> None:
    """Not in rows of any app, nor in the trail; what happened stays as nobody's, and the lake's cleaning is asked for."""
    other = cast.customer("Kate K.", unit=company.vilnius, email="kate@example.com")
    actions.merge(company.tom, keep=company.kate, other=other)
    visit(company.kate)
    booked = _appointment(company, cast.branch(company))
    Note.objects.create(customer=company.kate, author=company.bob, at=cast.NOW, text="Kate likes tea")
    Organisation.objects.filter(customers=company.kate).update(segment="vip")
    pseudonyms = privacy.erase(company.kate, now=cast.NOW)
    assert set(pseudonyms) == {company.kate.pseudonym, other.pseudonym}
    assert set(ErasureRequest.objects.values_list("pseudonym", flat=True)) == set(pseudonyms)
    booked.refresh_from_db()
    assert (booked.customer, booked.name, booked.email, booked.phone, booked.note) == (None, "", "", "", "")
    assert Visit.objects.get().note == ""
    assert len(facts_of([company.kate.pseudonym])) == 7
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(
                f'SELECT count(*) FROM "{table}" t WHERE t::text ~ %s', ["Kate|Kazlauskien|kate@|60000001|kazlauskiene"]
            )
            assert cursor.fetchone() == (0,), table
    assert Change.objects.filter(noun="customers_customer", action="delete").count() == 2


def test_erasing_asks_for_the_name(company: cast.Company) -> None:
    """It cannot be undone, so a click alone does nothing."""
    client = cast.signed_in(company.ada)
    address = reverse("customer_erase", args=[company.kate.pseudonym])
    client.post(address, {"sure": "Kate"})
    assert Customer.objects.filter(pk=company.kate.pk).exists()
    client.post(address, {"sure": "Kate Kazlauskienė"})
    assert not Customer.objects.filter(pk=company.kate.pk).exists()


@pytest.mark.parametrize("missing", [True, False])
def test_a_lake_that_knows_nothing_tells_nothing(company: cast.Company, lake: Path, missing: bool) -> None:
    """A site that never imported anything has an empty past; a quotation mark is no way into it."""
    if not missing:
        _lake(lake, company.kaz)
    assert earlier(lake, pseudonyms=[company.kate.pseudonym, "x') OR ('1'='1"]) == []
