"""Customers are found however they are written, merged and parted, and agree or no longer agree to something."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from tests.web import cast
from troth.core.errors import InputError
from troth.web.customers import actions
from troth.web.customers.keys import PLAIN, name_key, phone_key
from troth.web.customers.models import Consent, Customer

LETTERS = st.one_of(
    st.sampled_from("".join(PLAIN) + " -,.'0189"), st.characters(codec="utf-8", exclude_characters="\0")
)


@given(st.lists(st.text(LETTERS, max_size=40), min_size=1, max_size=20))
def test_the_database_and_python_agree_on_keys(shared_connection: None, texts: list[str]) -> None:
    """Whoever searches finds by the same key that the database computed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT troth_name_key(t), troth_phone_key(t) FROM unnest(%s::text[]) WITH ORDINALITY AS u(t, n) ORDER BY n",
            [texts],
        )
        assert cursor.fetchall() == [(name_key(text), phone_key(text)) for text in texts]


@pytest.fixture(scope="module")
def shared_connection(django_db_setup: None, django_db_blocker: object) -> object:
    """Let many examples ask one database; nothing is written."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        yield


@pytest.mark.parametrize(
    "text",
    ["Kate", "kazlauskiene", "KAZLAUSKIENĖ, Kate", "kate kaz", "860000001", "+370 600 00001", "600 00001", "c-"],
)
def test_a_customer_is_found_however_written(company: cast.Company, text: str) -> None:
    """Words in any order, without marks and capitals; the last digits of a phone; the number of events."""
    seen = Customer.objects.visible_to(company.bob)
    text = company.kate.pseudonym[:8] if text == "c-" else text
    assert company.kate in actions.search(seen, text=text)


def test_a_search_stays_within_what_one_sees(company: cast.Company) -> None:
    """Bob does not find a customer of Klaipėda, by whatever is known of them."""
    for text in ("Kaz Kazlauskas", "+37060000002", "kaz@example.com", company.kaz.pseudonym):
        page = cast.signed_in(company.bob).get(reverse("customers"), {"q": text})
        assert not page.context["page"].object_list, text
        assert cast.signed_in(company.alice).get(reverse("customers"), {"q": text}).context["page"].object_list


@pytest.mark.parametrize("text", ["%", "_", "\\", "' OR 1=1", "<b>", "+", "c-%"])
def test_odd_searches_find_nothing(company: cast.Company, text: str) -> None:
    """What means something to a database means nothing here."""
    assert not actions.search(Customer.objects.visible_to(company.alice), text=text).exists()


def test_duplicates_are_found_by_mail_phone_and_name(company: cast.Company) -> None:
    """The strongest reason first, and each pair once."""
    first = cast.customer("Jonas Jonaitis", unit=company.vilnius, email="jonas@example.com", phone="860011111")
    second = cast.customer("J. Jonaitis", unit=company.vilnius, email="JONAS@example.com", phone="+37060011111")
    third = cast.customer("kazlauskiene kate", unit=company.klaipeda)
    groups = actions.duplicates(Customer.objects.visible_to(company.alice).distinct())
    assert [(one.why, set(one.customers)) for one in groups] == [
        ("email", {first, second}), ("name", {company.kate, third}),
    ]  # fmt: skip
    assert [one.why for one in actions.duplicates(Customer.objects.visible_to(company.bob).distinct())] == ["email"]
    assert actions.alike(first, found=Customer.objects.visible_to(company.bob).distinct()) == [second]


def test_a_merge_can_be_undone(company: cast.Company) -> None:
    """The merged one is found no more and counts as the other; parted, both are as they were."""
    other = cast.customer("Kate K.", unit=company.vilnius, phone="+37060000099")
    more = cast.customer("K. Kazlauskienė", unit=company.vilnius)
    actions.merge(company.tom, keep=other, other=more)
    actions.merge(company.tom, keep=company.kate, other=other)
    assert set(actions.everyone(company.kate)) == {company.kate, other, more}
    assert set(Customer.objects.visible_to(company.bob)) == {company.kate}
    actions.part(other)
    assert set(actions.everyone(company.kate)) == {company.kate}
    assert set(actions.everyone(other)) == {other, more}


def test_what_cannot_be_merged_says_why(company: cast.Company) -> None:
    """Into itself, into one who was merged, with one somebody does not see."""
    other = cast.customer("Kate K.", unit=company.vilnius)
    with pytest.raises(InputError, match="merge-itself"):
        actions.merge(company.tom, keep=other, other=other)
    with pytest.raises(PermissionDenied):
        actions.merge(company.tom, keep=other, other=company.kaz)
    actions.merge(company.tom, keep=company.kate, other=other)
    for keep, gone in ((other, company.kate), (company.kate, other)):
        with pytest.raises(InputError, match="merged-already"):
            actions.merge(company.tom, keep=keep, other=gone)


def test_the_pages_merge_and_undo(company: cast.Company) -> None:
    """The message after a merge carries the way back."""
    other = cast.customer("Kate Kazlauskiene", unit=company.vilnius)
    client = cast.signed_in(company.tom)
    assert other.pseudonym in client.get(reverse("customer_duplicates")).content.decode()
    ids = [company.kate.pseudonym, other.pseudonym]
    page = client.post(reverse("customer_merge", args=ids), follow=True)
    undo = reverse("customer_part", args=ids)
    assert f'action="{undo}"' in page.content.decode()
    assert client.get(reverse("customer", args=[other.pseudonym])).status_code == 404
    assert client.post(undo).status_code == 302
    assert client.get(reverse("customer", args=[other.pseudonym])).status_code == 200


def test_another_units_customer_cannot_be_merged_in_by_the_address(company: cast.Company) -> None:
    """The second customer of the address is looked up among those one sees, too."""
    client = cast.signed_in(company.tom)
    for name in ("customer_merge", "customer_part"):
        address = reverse(name, args=[company.kate.pseudonym, company.kaz.pseudonym])
        assert client.post(address).status_code == 404, name
    company.kaz.refresh_from_db()
    assert company.kaz.merged_into is None


def test_consent_is_given_once_and_withdrawn_for_the_record(company: cast.Company) -> None:
    """Agreeing twice is agreeing once; withdrawn ones stay; a merged customer's consent counts."""
    now = cast.NOW
    for _twice in range(2):
        actions.give_consent(company.kate, purpose="notices", how="at the counter", now=now)
    other = cast.customer("Kate K.", unit=company.vilnius)
    actions.give_consent(other, purpose="surveys", how="", now=now)
    actions.merge(company.tom, keep=company.kate, other=other)
    assert actions.agreed(actions.everyone(company.kate), purpose="surveys")
    actions.withdraw_consent(company.kate, purpose="notices", now=now)
    assert not actions.agreed(actions.everyone(company.kate), purpose="notices")
    assert Consent.objects.filter(customer=company.kate).count() == 1
    with pytest.raises(InputError, match="unknown-purpose"):
        actions.give_consent(company.kate, purpose="everything", how="", now=now)


def test_a_second_row_for_one_customer_is_warned_of(company: cast.Company) -> None:
    """Whoever adds somebody sees who may be the same, and says that it is somebody else."""
    client = cast.signed_in(company.bob)
    data = {"name": "Kate Kazlauskiene", "phone": "", "email": "", "language": "lt", "unit": company.vilnius.pk}
    page = client.post(reverse("customer_new"), data)
    assert page.status_code == 200 and company.kate.pseudonym in page.content.decode()
    assert Customer.objects.count() == 2
    assert client.post(reverse("customer_new"), data | {"sure": "1"}).status_code == 302
    assert Customer.objects.filter(name="Kate Kazlauskiene", unit=company.vilnius).exists()
    assert client.post(reverse("customer_new"), data | {"name": "", "sure": "1"}).status_code == 200
    assert client.post(reverse("customer_new"), data | {"unit": "", "sure": "1"}).status_code == 200
    assert client.post(reverse("customer_new"), data | {"unit": company.klaipeda.pk, "sure": "1"}).status_code == 200
    assert Customer.objects.count() == 3


def test_a_customer_is_changed_with_the_household(company: cast.Company) -> None:
    """A new household is made, an empty one forgotten; a script in a name stays text."""
    client = cast.signed_in(company.bob)
    address = reverse("customer_edit", args=[company.kate.pseudonym])
    data = {"name": "<script>alert(1)</script>", "unit": company.vilnius.pk, "household": "Blue house"}
    client.post(address, data)
    company.kate.refresh_from_db()
    assert str(company.kate.organisation) == "Blue house"
    page = client.get(reverse("customer", args=[company.kate.pseudonym])).content.decode()
    assert "<script>alert" not in page and "&lt;script&gt;alert(1)" in page
    client.post(address, data | {"household": ""})
    company.kate.refresh_from_db()
    assert company.kate.organisation is None
