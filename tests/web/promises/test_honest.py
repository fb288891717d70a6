"""Which probability may be stated: from the same service here, from the site, from all; old words stay as they were."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.web.cast import Company
from tests.web.promises.test_pages import stands
from troth.web.people.models import Unit
from troth.web.promises import actions
from troth.web.promises.honest import BASES, honest, remember
from troth.web.promises.models import Promise

pytestmark = pytest.mark.django_db
MIN = timedelta(minutes=1)


def _past(
    unit: Unit, number: int, *, after: float, service: str = "cash", early: timedelta | None = None, days: int = 0
) -> None:
    """Let an appointment of some hours ago, and so many days, be called so many minutes after its time."""
    at = timezone.now() - timedelta(days=days, hours=3)
    subject = f"booking:{unit.pk}-{service}-{number}"
    actions.make(
        kind="appointment", unit=unit, customer=None, subject=subject, context={"service": service}, probability=0.8,
        window_start=None if early is None else at - early, due_at=at + 15 * MIN, now=at - timedelta(days=2),
    )  # fmt: skip
    actions.settle(subject=subject, kind="appointment", at=at + after * MIN, now=at + after * MIN)


def _stated(unit: Unit, service: str = "cash") -> tuple[float, str, int]:
    found = honest(kind="appointment", unit=unit, service=service, prior=0.8, now=timezone.now())
    return round(found.probability, 2), BASES[found.circle], found.n


def test_the_share_kept_here_is_stated_and_the_nearest_that_is_known_is_named(company: Company) -> None:
    """Nothing known: the usual share. Then this service's own, which another service and another site lean on."""
    assert _stated(company.vilnius) == (0.8, "usual", 0)
    for number in range(40):
        _past(company.vilnius, number, after=-5 if number % 10 else 20)
    assert _stated(company.vilnius) == (0.88, "service", 40)
    assert _stated(company.vilnius, "loans") == (0.88, "site", 40)
    assert _stated(company.klaipeda) == (0.88, "everywhere", 40)
    assert honest(kind="wait", unit=company.vilnius, service="cash", prior=0.8, now=timezone.now()).n == 0


def test_those_still_ahead_of_their_time_do_not_count_before_it(company: Company) -> None:
    """Who was called early and is not due yet would make the share look better than it is."""
    now = timezone.now()
    actions.make(
        kind="appointment", unit=company.vilnius, customer=None, subject="booking:x", context={"service": "cash"},
        probability=0.8, window_start=None, due_at=now + 15 * MIN, now=now,
    )  # fmt: skip
    actions.settle(subject="booking:x", kind="appointment", at=now, now=now)
    assert _stated(company.vilnius)[2] == 0


def test_each_is_judged_by_what_it_promised(company: Company) -> None:
    """An early call comes true of a latest time and misses an interval; what customers let go of is counted apart."""
    for number in range(4):
        _past(company.vilnius, number, after=-5)
    for number in range(4, 8):
        _past(company.vilnius, number, after=-5, early=timedelta(0))
    actions.make(
        kind="appointment", unit=company.vilnius, customer=None, subject="booking:y", context={}, probability=0.8,
        window_start=None, due_at=timezone.now() + MIN, now=timezone.now(),
    )  # fmt: skip
    actions.waive(subject="booking:y", kind="appointment", now=timezone.now(), cause="cancelled")
    (rate,) = stands([company.vilnius]).kinds
    assert (rate.n, rate.waived, rate.kept.estimate, rate.inside.estimate) == (8, 1, 1.0, 0.5)


def test_older_days_are_counted_once_a_day_and_say_the_same(company: Company) -> None:
    """With and without the count the same is stated; with it older promises are not read again until tomorrow."""
    number = 0
    for unit, service, kept_of_ten in (
        (company.vilnius, "cash", 9),
        (company.vilnius, "loans", 6),
        (company.klaipeda, "cash", 2),
    ):
        for days in (0, 1, 2, 3, 20, 60):
            for k in range(10):
                number += 1
                _past(unit, number, service=service, days=days, after=-5 if k < kept_of_ten else 20)
    now = timezone.now()

    def stated(unit: Unit, service: str) -> tuple[float, int, int]:
        found = honest(kind="appointment", unit=unit, service=service, prior=0.8, now=now)
        return found.probability, found.circle, found.n

    asked = [(unit, one) for unit in (company.vilnius, company.klaipeda) for one in ("cash", "loans", "cards")]
    asked.append((company.bank, "cash"))
    before = [stated(*one) for one in asked]
    assert len({round(one[0], 2) for one in before}) > 3
    assert remember(kind="appointment", now=now) is True
    assert remember(kind="appointment", now=now) is False
    after = [stated(*one) for one in asked]
    assert [one[1:] for one in after] == [one[1:] for one in before]
    # By whole days or by dates: an age differs by a day at most.
    assert [one[0] for one in after] == pytest.approx([one[0] for one in before], abs=0.005)
    Promise.objects.filter(due_at__lt=now - timedelta(days=3, hours=2)).delete()
    assert [stated(*one) for one in asked] == after
    now += timedelta(days=1)
    assert [stated(*one)[2] for one in asked] != [one[2] for one in after]
