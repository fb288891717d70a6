"""Users, their keys for programs, and links that sign in once."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from troth.core.terms import Role
from troth.web.common.ready import Ready
from troth.web.people.models.units import Membership, Unit


def _code() -> str:
    """Return a pseudonym that says nothing about the person."""
    return f"p-{secrets.token_hex(5)}"


class UserQuerySet(models.QuerySet["User"]):
    """People by rights."""

    def visible_to(self, user: Any) -> UserQuerySet:
        """Return the people who belong to the units a person sees, and the person."""
        seen = self.of(Unit.objects.visible_to(user))
        return seen | self.filter(pk=user.pk) if isinstance(user, User) else seen

    def of(self, units: Any) -> UserQuerySet:
        """Return the people who belong to units: they have a role there, or had one there and have none anywhere."""
        telling = Membership.objects.telling(timezone.now().date())
        return self.filter(pk__in=telling.filter(unit__in=units).values("user"))


class UserManagerWithRights(UserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Makes users and finds them by rights."""


class User(AbstractUser):
    """Somebody who can sign in. `code` is the `agent_id` of the person's events."""

    code = models.CharField(max_length=24, unique=True, default=_code, editable=False)
    language = models.CharField(max_length=8, default="en")
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=32, blank=True)

    objects: ClassVar[UserManagerWithRights] = UserManagerWithRights()

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), condition=~Q(email=""), name="people_email_once"),
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    def has_role(self, *roles: Role, unit: Unit | None = None) -> bool:
        """Tell whether the person holds one of the roles today: anywhere, or in a unit or above it."""
        if unit is None:
            return Membership.objects.held_by(self).filter(role__in=[str(r) for r in roles]).exists()
        return Unit.objects.where(self, *roles).filter(pk=unit.pk).exists()


def digest(secret: str) -> str:
    """Return what is kept of a secret that has enough chance in it to need no salt."""
    return hashlib.sha256(secret.encode()).hexdigest()


class SignInLink(models.Model):
    """A link that signs a person in, once, until it expires."""

    user = models.ForeignKey(User, on_delete=models.CASCADE)
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    @classmethod
    def make(cls, user: User, *, now: datetime, lasts: timedelta = timedelta(hours=12)) -> str:
        """Return the secret of a new link; only its digest is kept."""
        secret = secrets.token_urlsafe(24)
        cls.objects.create(user=user, digest=digest(secret), expires_at=now + lasts)
        return secret

    @classmethod
    def waiting(cls, secret: str, *, now: datetime) -> SignInLink | None:
        """Return the link of a secret if it still signs somebody in; looking does not use it up."""
        found = cls.objects.select_related("user").filter(digest=digest(secret), used_at=None, expires_at__gt=now)
        return found.filter(user__is_active=True).first()

    @classmethod
    def use(cls, secret: str, *, now: datetime) -> User | None:
        """Return whom a link signs in, and use it up; None if it is unknown, used or too old."""
        found = cls.objects.filter(digest=digest(secret), used_at=None, expires_at__gt=now)
        if not found.update(used_at=now):
            return None
        user = cls.objects.select_related("user").get(digest=digest(secret)).user
        return user if user.is_active else None


class AccessKey(models.Model):
    """A key for a program, a kiosk or a display, that acts in one unit with one role."""

    title = models.CharField(max_length=80)
    unit = models.ForeignKey(Unit, on_delete=models.CASCADE)
    role = models.CharField(max_length=24, choices=[(str(r), str(r)) for r in Role])
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, editable=False)

    #: A key that was found is as good as a person who signed in.
    is_authenticated = is_active = True

    def __str__(self) -> str:
        return self.title

    @classmethod
    def make(cls, *, title: str, unit: Unit, role: Role) -> tuple[AccessKey, str]:
        """Return a new key and its secret; only the digest is kept."""
        secret = secrets.token_urlsafe(32)
        return cls.objects.create(title=title, unit=unit, role=str(role), digest=digest(secret)), secret

    @classmethod
    def find(cls, secret: str, *, now: datetime) -> AccessKey | None:
        """Return the key of a secret if it is in force."""
        return _KEY.first(digest=digest(secret), now=now)

    @classmethod
    def in_force(cls, *, now: datetime) -> models.QuerySet[AccessKey]:
        """Return the keys neither revoked nor expired."""
        found = cls.objects.select_related("unit").filter(revoked_at=None)
        return found.filter(Q(expires_at=None) | Q(expires_at__gt=now))


_KEY: Final = Ready(
    lambda digest, now: AccessKey.in_force(now=now).filter(digest=digest), digest=str, now=datetime
)  # fmt: skip
