"""The cast stands, so that tests of the site can rely on it."""

from __future__ import annotations

from tests.web import cast
from troth.core.terms import Role
from troth.web.flow.models import LineService
from troth.web.people.models import Unit, User


def test_everybody_has_their_place(company: cast.Company) -> None:
    """Alice sees the whole bank, Bob his branch and its teams, Dan nothing."""
    assert set(Unit.objects.visible_to(company.alice)) == set(Unit.objects.all())
    assert set(Unit.objects.visible_to(company.bob)) == {company.vilnius, company.front}
    assert not Unit.objects.visible_to(company.dan).exists()
    assert set(User.objects.visible_to(company.tom)) == {company.tom, company.bob, company.beth}


def test_a_key_sees_its_unit_and_nobody_by_its_number(company: cast.Company) -> None:
    """A display sees its site; that its number is also somebody's number gives it nothing."""
    key, secret = cast.key(company.klaipeda, role=Role.DISPLAY)
    assert secret
    assert set(Unit.objects.visible_to(key)) == {company.klaipeda}
    assert set(User.objects.visible_to(key)) == {company.carol}


def test_a_branch_is_ready_for_customers(company: cast.Company) -> None:
    """Every service has a line, every counter serves both lines."""
    place = cast.branch(company)
    assert LineService.objects.filter(branch=place.branch).count() == 3
    assert [desk.lines.count() for desk in place.counters] == [2, 2, 2]
