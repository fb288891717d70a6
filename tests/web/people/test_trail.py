"""The audit trail: every change of a noun is in it with who made it, and it is read by those who may."""

from __future__ import annotations

import json

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.urls import reverse

from tests.web import cast
from troth.core.errors import InputError
from troth.core.terms import Role
from troth.web.people.models import Change, User
from troth.web.people.privacy import as_csv, as_json, erase, known_of
from troth.web.people.trail import noted, visible_changes
from troth.web.people.words import NOUNS


def _of(noun: str, row: object) -> list[Change]:
    return list(Change.objects.filter(noun=noun, noun_id=str(row)).order_by("pk"))


def test_a_change_by_a_page_names_who_made_it(company: cast.Company) -> None:
    """Who, what, before and after; a secret only that it changed."""
    data = {
        "first_name": "Robert",
        "last_name": "Clerk",
        "username": "bob",
        "email": "bob@bank.example",
        "language": "en",
    }
    cast.signed_in(company.ada).post(reverse("person", kwargs={"code": company.bob.code}), data)
    last = noted(_of("people_user", company.bob.pk))[-1]
    assert (last.actor, last.action, last.columns) == ("Ada Admin", "update", (("first_name", "Bob", "Robert"),))
    company.bob.set_password(cast.PASSWORD + "!")
    company.bob.save()
    assert _of("people_user", company.bob.pk)[-1].changes["password"] == ["***", "***"]


def test_changes_without_a_page_are_the_systems(company: cast.Company) -> None:
    """A command or the queryset of some code cannot pass by the trail either."""
    User.objects.filter(pk=company.bob.pk).update(phone="+37060000077")
    last = _of("people_user", company.bob.pk)[-1]
    assert (last.actor, last.changes) == ("system", {"phone": ["", "+37060000077"]})


def test_a_branchs_auditor_reads_the_branchs_rows(company: cast.Company) -> None:
    """Of people, roles and whatever lies in the branch; not of another, nor of what belongs to all."""
    local = cast.person("Lou Local", (Role.AUDITOR, company.vilnius))
    place = cast.branch(company)
    elsewhere = cast.branch(company, where=company.klaipeda)
    seen = {(one.noun, one.noun_id) for one in visible_changes(local)}
    assert ("people_user", str(company.bob.pk)) in seen and ("flow_line", str(place.line.pk)) in seen
    assert ("customers_customer", str(company.kate.pk)) in seen
    assert ("people_user", str(company.carol.pk)) not in seen and ("flow_line", str(elsewhere.line.pk)) not in seen
    assert not [noun for noun, _id in seen if noun in {"people_skill", "services_service"}]
    assert ("services_service", str(company.cash.pk)) in {(o.noun, o.noun_id) for o in visible_changes(company.otto)}


def test_the_page_filters_by_noun_row_and_person(company: cast.Company) -> None:
    """The filters stand in the address."""
    client = cast.signed_in(company.otto)
    asked = {"noun": "people_user", "id": str(company.bob.pk)}
    page = client.get(reverse("trail"), asked)
    assert {(line.noun, line.noun_id) for _word, _noun, line in page.context["lines"]} == {
        ("people_user", str(company.bob.pk))
    }
    assert "person " + str(company.bob.pk) in page.content.decode() and "people_user " not in page.content.decode()
    assert not client.get(reverse("trail"), asked | {"who": "p-nobody"}).context["lines"]


def test_all_that_is_known_of_a_person_is_handed_out(company: cast.Company) -> None:
    """By JSON and CSV, with the trail and without a secret."""
    known = known_of(company.bob)
    assert known["person"][0]["email"] == "bob@bank.example"
    assert known["qualifications"] and known["memberships"] and known["contracts"] and known["changes"]
    text = as_json(known).decode()
    assert json.loads(text) == known
    assert company.bob.password not in text + as_csv(known).decode() and "argon2" not in text
    own = cast.signed_in(company.bob).get(reverse("my_data", kwargs={"form": "csv"}))
    assert "bob@bank.example" in own.content.decode("utf-8-sig")


def test_an_erased_person_is_named_nowhere(company: cast.Company) -> None:
    """Row, links and trail; hours and the pseudonym of the events stay."""
    with pytest.raises(InputError):
        erase(company.ada, person=company.bob)
    User.objects.filter(pk=company.bob.pk).update(is_active=False, phone="+37060000077")
    company.bob.refresh_from_db()
    with pytest.raises(PermissionDenied):
        erase(company.tom, person=company.bob)
    code = company.bob.code
    erase(company.ada, person=company.bob)
    left = User.objects.get(code=code)
    assert str(left) == code and left.contracts.exists()
    trail = json.dumps([one.changes for one in _of("people_user", left.pk)])
    for name in ("Bob", "bob@bank", "+37060000077"):
        assert name not in trail + str(known_of(left)), name


@pytest.mark.usefixtures("company")
def test_every_table_under_the_trail_has_a_word() -> None:
    """No page calls a row by the name of its table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE '%\\_audit'")
        assert {table for (table,) in cursor.fetchall()} == set(NOUNS)
