"""A restore brings nobody back whom the replaced database had shut out, and no session."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest
from django.contrib.sessions.models import Session
from django.db import connection, transaction

from tests.web import cast
from tests.web.cast import NOW, Company
from troth.core.terms import Role
from troth.web.people.actions import revoke_key
from troth.web.people.models import AccessKey, SignInLink, User
from troth.web.project.backup_access import shut_out

pytestmark = pytest.mark.django_db(transaction=True)


def _raw() -> psycopg.Connection[object]:
    connection.ensure_connection()
    raw = connection.connection
    assert isinstance(raw, psycopg.Connection)
    return raw


@pytest.mark.parametrize("revoke_keys", [False, True])
def test_what_was_shut_out_since_the_backup_stays_out(company: Company, revoke_keys: bool) -> None:
    """A key revoked and a clerk shut out stay so; other keys stay in force unless all are revoked; nobody is signed in."""
    old, _ = AccessKey.make(title="Stolen", unit=company.vilnius, role=Role.KIOSK)
    good, _ = AccessKey.make(title="Kiosk", unit=company.vilnius, role=Role.KIOSK)
    link = SignInLink.make(company.tom, now=NOW)
    cast.signed_in(company.alice)
    assert Session.objects.exists()
    revoke_key(old, now=NOW)
    User.objects.filter(pk=company.bob.pk).update(is_active=False)
    with transaction.atomic(), shut_out(_raw(), revoke_keys=revoke_keys):
        # What a load does: the rows are again as they were when the backup was made.
        AccessKey.objects.update(revoked_at=None)
        User.objects.update(is_active=True)
    assert AccessKey.objects.get(pk=old.pk).revoked_at == NOW
    assert (AccessKey.objects.get(pk=good.pk).revoked_at is not None) == revoke_keys
    assert set(User.objects.filter(is_active=False)) == {company.bob}
    assert not Session.objects.exists()
    assert SignInLink.waiting(link, now=NOW + timedelta(minutes=1)) is None
