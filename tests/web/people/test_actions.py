"""Who may do what to whom: nobody rises above their own rights, and nobody locks the organisation out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from tests.web import cast
from troth.core.errors import InputError
from troth.core.terms import Role
from troth.web.people import actions
from troth.web.people.models import Membership, SignInLink, Unit, User


def _codes(error: pytest.ExceptionInfo[InputError]) -> list[str]:
    return [issue.code for issue in error.value.issues]


def test_an_administrator_of_a_branch_cannot_become_one_of_all(company: cast.Company) -> None:
    """A role is given only in units the actor administers."""
    local = cast.person("Lara Local", (Role.ADMINISTRATOR, company.vilnius))
    actions.grant(local, person=company.bob, unit=company.front, role=Role.TEAM_LEAD)
    for unit in (company.bank, company.klaipeda):
        with pytest.raises(PermissionDenied):
            actions.grant(local, person=local, unit=unit, role=Role.ADMINISTRATOR)


def test_nobody_takes_over_somebody_with_more_rights(company: cast.Company) -> None:
    """Ada also works in Vilnius: its administrator sees her, and can neither make a link for her nor change her mail."""
    local = cast.person("Lara Local", (Role.ADMINISTRATOR, company.vilnius))
    Membership.objects.create(user=company.ada, unit=company.vilnius, role=str(Role.CLERK))
    assert User.objects.visible_to(local).filter(pk=company.ada.pk).exists()
    client = cast.signed_in(local)
    for name in ("person_link", "person_active", "person_erase"):
        assert client.post(reverse(name, kwargs={"code": company.ada.code})).status_code == 403, name
    changed = {"first_name": "Ada", "username": "ada", "email": "lara@example.com", "language": "en"}
    assert client.post(reverse("person", kwargs={"code": company.ada.code}), changed).status_code == 403
    assert client.get(reverse("person_data", kwargs={"code": company.ada.code, "form": "json"})).status_code == 403
    assert not SignInLink.objects.exists()


def test_the_last_administrator_of_all_stays(company: cast.Company) -> None:
    """Somebody must be able to give roles; with a second one the first may go."""
    held = company.ada.memberships.get()
    today = timezone.now().date()
    with pytest.raises(InputError) as error:
        actions.end_role(company.ada, membership=held, today=today)
    assert _codes(error) == ["last-administrator"]
    cast.person("Zoe Second", (Role.ADMINISTRATOR, company.bank))
    actions.end_role(company.ada, membership=held, today=today)
    assert not Unit.objects.where(company.ada, Role.ADMINISTRATOR).exists()


def test_an_ended_role_stays_for_the_record(company: cast.Company) -> None:
    """Also one that began today: who had which rights when is known later."""
    today = timezone.now().date()
    made = actions.grant(company.ada, person=company.bob, unit=company.front, role=Role.TRAINER, valid_from=today)
    ended = actions.end_role(company.ada, membership=made, today=today)
    ended.refresh_from_db()
    assert ended.valid_from is not None and ended.valid_to == today > ended.valid_from
    assert not company.bob.has_role(Role.TRAINER)


def test_a_role_is_held_once(company: cast.Company) -> None:
    """The same role in the same unit twice says nothing more."""
    with pytest.raises(InputError) as error:
        actions.grant(company.ada, person=company.bob, unit=company.vilnius, role=Role.CLERK)
    assert _codes(error) == ["role-held"]


def test_nobody_stops_themselves_from_signing_in(company: cast.Company) -> None:
    """They would find out only when it is too late."""
    with pytest.raises(InputError) as error:
        actions.set_active(company.ada, person=company.ada, active=False)
    assert _codes(error) == ["yourself"]


def test_a_key_cannot_administer(company: cast.Company) -> None:
    """What has no name must not give roles."""
    with pytest.raises(InputError) as error:
        actions.make_key(company.ada, title="x", unit=company.bank, role=Role.ADMINISTRATOR)
    assert _codes(error) == ["no-key-role"]
    with pytest.raises(PermissionDenied):
        actions.make_key(company.tom, title="x", unit=company.vilnius, role=Role.KIOSK)


def test_a_new_person_gets_a_role_and_a_link(company: cast.Company) -> None:
    """The page shows the link once; the person can sign in by it and belongs where the form says."""
    data = {
        "first_name": "Nina", "last_name": "New", "username": "nina", "email": "nina@bank.example", "language": "en",
        "role": "clerk", "unit": company.klaipeda.pk, "valid_from": "",
    }  # fmt: skip
    page = cast.signed_in(company.ada).post(reverse("person_new"), data).content.decode()
    nina = User.objects.get(username="nina")
    assert nina.has_role(Role.CLERK, unit=company.klaipeda) and not nina.has_usable_password()
    secret = page.split(reverse("enter", args=["x"])[:-1], 1)[1].split('"', 1)[0]
    assert SignInLink.use(secret, now=timezone.now()) == nina


def test_an_address_belongs_to_one_person(company: cast.Company) -> None:
    """Capitals make no other address."""
    data = {"first_name": "B", "username": "bb", "email": "BOB@bank.example", "language": "en", "role": "clerk"}
    page = cast.signed_in(company.ada).post(reverse("person_new"), data | {"unit": company.front.pk})
    assert "Somebody else has this address" in page.content.decode()
    assert not User.objects.filter(username="bb").exists()


def test_skills_contracts_and_leave_are_changed_on_the_page(company: cast.Company) -> None:
    """What is posted is there; what overlaps is refused and said."""
    client, code = cast.signed_in(company.tom), company.bob.code
    skill = {"skill": company.advice.pk, "level": 4, "gained_on": "2025-01-01", "expires_on": "2027-01-01"}
    client.post(reverse("person_skills", kwargs={"code": code}), skill)
    assert company.bob.qualifications.get().level == 4
    away = {"first": "2026-07-06", "last": "2026-07-10", "kind": "holiday"}
    client.post(reverse("person_leave", kwargs={"code": code}), away)
    leave = company.bob.leave.get()
    assert leave.span.upper - leave.span.lower == timedelta(days=5)
    page = client.post(reverse("person_leave", kwargs={"code": code}), away | {"kind": "illness"}, follow=True)
    assert "the person is away then already" in page.content.decode()
    contract = {"hours_per_week": "30", "valid_from": "2026-01-01"}
    assert client.post(reverse("person_contracts", kwargs={"code": code}), contract).status_code == 403
    lead = cast.signed_in(company.alice)
    lead.post(reverse("person_contracts", kwargs={"code": code}), contract)
    lead.post(reverse("person_contracts", kwargs={"code": code}), contract | {"hours_per_week": "32"})
    assert [float(one.hours_per_week) for one in company.bob.contracts.order_by("valid_from")] == [40, 32]


def test_why_somebody_is_away_is_for_those_who_plan(company: cast.Company) -> None:
    """Illness is a matter of health: an auditor sees that Bob is away, not why."""
    away = {"first": "2026-07-06", "last": "2026-07-10", "kind": "illness"}
    address = reverse("person", kwargs={"code": company.bob.code})
    lead = cast.signed_in(company.tom)
    lead.post(reverse("person_leave", kwargs={"code": company.bob.code}), away)
    assert '<span class="soft">illness</span>' in lead.get(address).content.decode()
    assert '<span class="soft">illness</span>' not in cast.signed_in(company.otto).get(address).content.decode()


def test_a_unit_is_made_and_moved_within_ones_own(company: cast.Company) -> None:
    """A branch's administrator adds a team below, and cannot move anything out or make a new top."""
    local = cast.signed_in(cast.person("Lara Local", (Role.ADMINISTRATOR, company.vilnius)))
    team = {"title": "Loans team", "code": "loans-team", "kind": "team", "languages": "lt"}
    for parent in ("", company.bank.pk, company.klaipeda.pk):
        assert local.post(reverse("unit_new"), team | {"parent": parent}).status_code == 200
        assert not Unit.objects.filter(code="loans-team").exists()
    assert local.post(reverse("unit_new"), team | {"parent": company.vilnius.pk}).status_code == 302
    made = Unit.objects.get(code="loans-team")
    assert made.path.startswith(company.vilnius.path)
    moved = {"title": "Vilnius", "kind": "site", "time_zone": "Europe/Vilnius", "languages": "lt", "parent": made.pk}
    local.post(reverse("unit", kwargs={"code": "vilnius"}), moved)
    company.vilnius.refresh_from_db()
    assert company.vilnius.parent == company.bank
    page = local.post(reverse("unit", kwargs={"code": "vilnius"}), moved | {"time_zone": ""}).content.decode()
    assert "a site has its own days" in page


def test_people_are_found_by_name_unit_role_and_skill(company: cast.Company) -> None:
    """The filters stand in the address and narrow each other."""
    client = cast.signed_in(company.alice)

    def found(**asked: str) -> set[str]:
        page = client.get(reverse("people"), asked)
        return {line.login for line in page.context["lines"]}

    assert found(q="clerk") == {"bob", "beth", "carol"}
    assert found(q="clerk", unit="vilnius") == {"bob", "beth"}
    assert found(role="team_lead") == {"tom"}
    assert found(skill="advice") == {"bob"}
    assert found(q="nobody") == set()
