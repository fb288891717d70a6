"""The catalogue: a service is saved whole, its blueprint is drawn in two lanes, sites say what they offer."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from tests.web import cast
from troth.web.people.models import Skill
from troth.web.services.actions import blueprint, offer, put_steps
from troth.web.services.models import BlueprintStep, Offer, Service


def test_steps_stand_in_their_lanes(company: cast.Company) -> None:
    """Time in front of the customer and behind add up separately, and a change of lane is marked."""
    plan = blueprint(company.loans)
    assert [step.title for step in plan.steps] == ["Explain the loan", "Check the credit history", "Sign"]
    assert [step.crosses for step in plan.steps] == [False, True, True]
    assert (plan.front_s, plan.back_s) == (1200, 300)


def test_steps_change_places_without_standing_in_each_others_way(company: cast.Company) -> None:
    """Positions are unique at every moment, also while two steps swap."""
    first, second, third = company.loans.steps.order_by("position")
    put_steps(company.loans, steps=[third, BlueprintStep(title="Greet"), first])
    assert [(s.position, s.title) for s in company.loans.steps.order_by("position")] == [
        (1, "Sign"), (2, "Greet"), (3, "Explain the loan"),
    ]  # fmt: skip
    assert not BlueprintStep.objects.filter(pk=second.pk).exists()


def test_the_page_draws_the_blueprint(company: cast.Company) -> None:
    """Both lanes have their steps, in the reader's language the name is the customers'."""
    client = cast.signed_in(company.beth)
    page = client.get(reverse("service", kwargs={"code": "loans"})).content.decode()
    assert "Paskolos" in page
    front, back = page.split('class="backstage"')
    assert "Check the credit history" in back and "Check the credit history" not in front
    assert "Passport or identity card" in page


def _all_of(service: Service, **changes: Any) -> dict[str, Any]:
    steps = list(service.steps.order_by("position"))
    data: dict[str, Any] = {
        "title": service.title, "code": service.code, "about": "", "standard_s": "25", "priority": "2",
        "names-TOTAL_FORMS": 0, "names-INITIAL_FORMS": 0, "bring-TOTAL_FORMS": 0, "bring-INITIAL_FORMS": 0,
        "steps-TOTAL_FORMS": len(steps) + 1, "steps-INITIAL_FORMS": len(steps),
    }  # fmt: skip
    for number, step in enumerate(steps):
        data |= {
            f"steps-{number}-id": step.pk, f"steps-{number}-title": step.title, f"steps-{number}-order": step.position,
            f"steps-{number}-front": "front" if step.front else "back", f"steps-{number}-standard_s": "5",
        }  # fmt: skip
    last = len(steps)
    data |= {f"steps-{last}-title": "", f"steps-{last}-front": "front", f"steps-{last}-standard_s": "0"}
    return data | changes


def test_a_service_is_changed_on_one_page(company: cast.Company) -> None:
    """Minutes become seconds, a new step goes where its place says, one that is ticked goes."""
    data = _all_of(
        company.loans, standard_s="12.5", **{
            "steps-3-title": "Greet", "steps-3-order": "0.5", "steps-3-standard_s": "1.5", "steps-1-DELETE": "on",
        },
    )  # fmt: skip
    answer = cast.signed_in(company.ada).post(reverse("service_edit", kwargs={"code": "loans"}), data)
    assert answer.status_code == 302
    company.loans.refresh_from_db()
    assert company.loans.standard_s == 750
    found = list(company.loans.steps.order_by("position").values_list("title", "standard_s"))
    assert found == [("Greet", 90), ("Explain the loan", 300), ("Sign", 300)]


def test_what_is_wrong_is_said_beside_the_field_and_nothing_is_kept(company: cast.Company) -> None:
    """One bad field keeps the whole page from being saved."""
    data = _all_of(company.loans, priority="9", title="Other")
    answer = cast.signed_in(company.ada).post(reverse("service_edit", kwargs={"code": "loans"}), data)
    assert answer.status_code == 200
    assert "Maybe a number from 1 to 5." in answer.content.decode()
    company.loans.refresh_from_db()
    assert company.loans.title == "Loans"


def test_a_site_offers_and_withdraws(company: cast.Company) -> None:
    """Neither walking in nor an appointment means it is not offered there."""
    Offer.objects.all().delete()
    offer(company.cash, unit=company.vilnius, walk_in=True, by_appointment=False)
    offer(company.cash, unit=company.vilnius, walk_in=True, by_appointment=True)
    assert Offer.objects.get().by_appointment
    offer(company.cash, unit=company.vilnius, walk_in=False, by_appointment=False)
    assert not Offer.objects.exists()


def test_the_lead_of_all_says_what_a_site_offers(company: cast.Company) -> None:
    """Alice posts what Klaipėda offers; a clerk may not."""
    address = reverse("service_offer", kwargs={"code": "cash", "unit": "klaipeda"})
    assert cast.signed_in(company.carol).post(address, {}).status_code == 403
    assert cast.signed_in(company.alice).post(address, {"walk_in": "on"}).status_code == 302
    assert Offer.objects.get(service=company.cash, unit=company.klaipeda).by_appointment is False


def test_an_ended_service_is_listed_apart(company: cast.Company) -> None:
    """It is not lost: what was served under its name keeps it."""
    client = cast.signed_in(company.ada)
    client.post(reverse("service_end", kwargs={"code": "cash"}))
    assert "Cash" not in client.get(reverse("services")).content.decode()
    assert "Cash" in client.get(reverse("services"), {"ended": "1"}).content.decode()


def test_skills_of_one_title_are_told_apart(company: cast.Company) -> None:
    """Two branches may each have a skill of that title; their codes differ."""
    for code, title in (("cash-a", "Cash"), ("cash-b", "Cash"), ("loans", "Loans")):
        Skill.objects.create(code=code, title=title)
    form = cast.signed_in(company.ada).get(reverse("service_new")).context["form"]
    names = [str(name) for _, name in form.fields["skills"].choices]
    assert {"Cash (cash-a)", "Cash (cash-b)", "Loans"} <= set(names)
