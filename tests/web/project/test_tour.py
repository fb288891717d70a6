"""The tour of the demo: five steps, each a page somebody may open."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from tests.web import cast
from tests.web.cast import Company
from troth.web.project.tour import STEPS


@pytest.fixture
def demo(settings: Any) -> None:
    settings.DEMO = True


def test_there_is_a_tour_only_in_the_demo(company: Company) -> None:
    """Who works with real customers is not shown around."""
    alice = cast.signed_in(company.alice)
    assert alice.get(reverse("tour")).status_code == 404
    assert alice.get(reverse("tour_step", kwargs={"number": 1})).status_code == 404
    assert "tour" not in alice.get(reverse("first")).headers["Location"]


@pytest.mark.usefixtures("demo")
def test_the_first_page_of_the_demo_is_the_tour_once(company: Company) -> None:
    """Whoever comes in first sees the tour; afterwards the first page is where the work is."""
    alice = cast.signed_in(company.alice)
    assert alice.get(reverse("first")).headers["Location"] == reverse("tour")
    assert alice.get(reverse("tour")).status_code == 200
    assert alice.get(reverse("first")).headers["Location"] != reverse("tour")


@pytest.mark.usefixtures("demo")
def test_every_step_leads_to_a_page_that_opens(company: Company) -> None:
    """A lead can go the whole way, but for the counter, which takes a clerk; steps taken are remembered."""
    cast.branch(company)
    alice, bob = cast.signed_in(company.alice), cast.signed_in(company.bob)
    for number, (name, _, _) in enumerate(STEPS, 1):
        who = bob if name == "counter" else alice
        answer = who.get(reverse("tour_step", kwargs={"number": number}), follow=True)
        assert answer.status_code == 200, name
    page = alice.get(reverse("tour"))
    assert [step.done for step in page.context["steps"]] == [name != "counter" for name, _, _ in STEPS]
    assert page.context["left"] == 1


@pytest.mark.usefixtures("demo")
def test_no_step_beyond_the_last(company: Company) -> None:
    """A made-up number is no page."""
    assert cast.signed_in(company.alice).get(reverse("tour_step", kwargs={"number": 9})).status_code == 404


@pytest.mark.usefixtures("demo")
def test_a_line_above_every_page_says_where_one_is_and_what_comes_next(company: Company) -> None:
    """On the pages of customers too, until one is back at the list; steps of others are passed over."""
    token = cast.branch(company).branch.token
    alice = cast.signed_in(company.alice)
    first = alice.get(reverse("tour_step", kwargs={"number": 1}), follow=True)
    assert first.context["touring"].step.number == 1
    kiosk = alice.get(reverse("kiosk", kwargs={"token": token}))
    assert reverse("tour_step", kwargs={"number": 2}) in kiosk.content.decode()
    last = alice.get(reverse("tour_step", kwargs={"number": len(STEPS)}), follow=True)
    assert last.context["touring"].following is None
    alice.get(reverse("tour"))
    assert "touring" not in alice.get(reverse("kiosk", kwargs={"token": token})).content.decode()


@pytest.mark.usefixtures("demo")
def test_the_line_speaks_the_language_of_whoever_takes_the_tour(company: Company) -> None:
    """A kiosk greets in the language of its branch all the same."""
    branch = cast.branch(company).branch
    company.alice.language = "en"
    company.alice.save()
    alice = cast.signed_in(company.alice)
    alice.get(reverse("tour_step", kwargs={"number": 2}))
    page = alice.get(reverse("kiosk", kwargs={"token": branch.token})).content.decode()
    assert '<html lang="lt"' in page and '<aside class="touring unprinted" lang="en"' in page
    assert "Take a ticket" in page and "Pasiimkite numerį" not in page
