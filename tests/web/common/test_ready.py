"""Queries worked out once give what Django's own give."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Count
from django.db.models.functions import Upper
from django.test.utils import CaptureQueriesContext

from tests.web.cast import NOW, Company, key
from troth.core.terms import Role
from troth.web.common.ready import Ready, remembered
from troth.web.people.models import AccessKey, Membership, User


def test_models_come_with_those_they_belong_to_and_with_what_was_added(company: Company) -> None:
    """The same person, unit and added value as the query set itself gives, asked again for others, and nothing to load."""
    asked = Ready(
        lambda name, role: Membership.objects.select_related("user", "unit").annotate(loud=Upper("unit__code"))
        .filter(user__username=name, role=role), name=str, role=str,
    )  # fmt: skip
    for name in ("bob", "carol"):
        found = asked.first(name=name, role=str(Role.CLERK))
        same = Membership.objects.select_related("user", "unit").get(user__username=name)
        assert found is not None
        with CaptureQueriesContext(connection) as captured:
            assert (found, found.user, found.unit) == (same, same.user, same.unit)
            assert found.user.date_joined == same.user.date_joined
            assert found.loud == same.unit.code.upper()  # type: ignore[attr-defined]
        assert not captured.captured_queries
    assert asked.first(name="dan", role=str(Role.CLERK)) is None


def test_values_left_open_may_be_instants_and_rows_are_plain(company: Company) -> None:
    """A key that has run out at an instant is not found after it; rows have the fields in their order."""
    kept, _ = key(company.vilnius, role=Role.KIOSK)
    AccessKey.objects.filter(pk=kept.pk).update(expires_at=NOW)
    asked = Ready(lambda pk, now: AccessKey.in_force(now=now).filter(pk=pk), pk=int, now=type(NOW))
    assert asked.first(pk=kept.pk, now=NOW - timedelta(seconds=1)) == kept
    assert asked.first(pk=kept.pk, now=NOW) is None
    counts = Ready[Any](
        lambda role: Membership.objects.filter(role=role).values_list("role").annotate(n=Count("pk")), role=str
    )
    assert [tuple(row) for row in counts.rows(role="clerk")] == [("clerk", 3)]


def test_a_changed_row_is_seen_and_saved_as_any_other(company: Company) -> None:
    """Nothing of the rows is remembered, and what was read can be changed and saved."""
    asked = Ready(lambda pk: User.objects.select_for_update(of=("self",)).filter(pk=pk), pk=int)
    with transaction.atomic():
        found = asked.first(pk=company.dan.pk)
        assert found is not None
        found.phone = "+37060000009"
        found.save(update_fields=["phone"])
        again = asked.first(pk=company.dan.pk)
    assert again is not None and again.phone == "+37060000009"


def test_a_value_the_query_changes_or_leaves_out_is_refused(company: Company) -> None:
    """A pattern made of the value would be asked for with the value itself: it is refused when the query is worked out."""
    for build in (lambda name: User.objects.filter(username__startswith=name), lambda name: User.objects.all()):
        with pytest.raises(ValueError, match="does not take"):
            Ready[User](build, name=str).first(name="bob")


def test_statements_asked_often_are_remembered_within_actions_only(company: Company) -> None:
    """With a threshold, PostgreSQL knows the statements of a query worked out once and of an action; nothing is left after it."""
    own: Any = connection.connection
    before = own.prepare_threshold, own.cursor_factory
    own.prepare_threshold = 0
    asked = Ready(lambda pk: User.objects.filter(pk=pk), pk=int)
    try:
        asked.first(pk=company.dan.pk)
        with remembered():
            Membership.objects.filter(role="nobody").exists()
        Membership.objects.filter(role="somebody").count()
        with connection.cursor() as cursor:
            cursor.execute("SELECT statement FROM pg_prepared_statements")
            known = " ".join(row[0] for row in cursor.fetchall())
    finally:
        own.prepare_threshold = before[0]
    assert "people_user" in known
    assert "people_membership" in known
    assert "COUNT" not in known
    assert own.cursor_factory is before[1]
