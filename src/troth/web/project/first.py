"""The first unit and the first administrator of an installation."""

from __future__ import annotations

from django.db import transaction

from troth.core.terms import Role, UnitKind
from troth.web.people.models import Membership, Unit, User


@transaction.atomic
def first_administrator(*, title: str, username: str, time_zone: str) -> User:
    """Return the administrator of the whole organisation; both are made if they are missing."""
    root = Unit.objects.filter(parent=None).order_by("pk").first()
    if root is None:
        root = Unit.objects.create(
            code="organisation", title=title, kind=str(UnitKind.ORGANISATION), time_zone=time_zone
        )
    user: User | None = User.objects.filter(username=username).first()
    if user is None:
        user = User(username=username)
        user.set_unusable_password()
        user.save()
    Membership.objects.get_or_create(user=user, unit=root, role=str(Role.ADMINISTRATOR))
    return user
