"""Organisation units and who has which role where."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.apps import apps
from django.db import models
from django.db.models import Q

from troth.core.terms import Role, UnitKind
from troth.web.common.choices import only, word


class UnitQuerySet(models.QuerySet["Unit"]):
    """Units by rights and by kind."""

    def visible_to(self, user: Any) -> UnitQuerySet:
        """Return the units in which a person has a role today, and all units below them."""
        return self.where(user, *Role)

    def where(self, user: Any, *roles: Role) -> UnitQuerySet:
        """Return the units in which, or above which, a person or a key holds one of the roles today."""
        if not getattr(user, "is_authenticated", False):
            return self.none()
        words = [str(role) for role in roles]
        if isinstance(user, apps.get_model("people.AccessKey")):
            return self.filter(_below([user.unit.path] if user.role in words else []))
        held = Membership.objects.held_by(user).filter(role__in=words)
        return self.filter(_below(held.values_list("unit__path", flat=True)))

    def below(self, unit: Unit) -> UnitQuerySet:
        """Return a unit and all units below it."""
        return self.filter(path__startswith=unit.path)

    def sites(self) -> UnitQuerySet:
        """Return units that are places."""
        return self.filter(kind=UnitKind.SITE)


def _below(paths: Any) -> Q:
    found = Q(pk__in=[])
    for path in set(paths):
        found |= Q(path__startswith=path)
    return found


class Unit(models.Model):
    """An organisation unit: the organisation, a region, a site with its place and time zone, or a team."""

    code = models.SlugField(max_length=40, unique=True)
    title = models.CharField(max_length=120)
    kind = word(UnitKind)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    path = models.CharField(max_length=200, editable=False, db_index=True)
    time_zone = models.CharField(max_length=60, blank=True)
    address = models.CharField(max_length=200, blank=True)
    languages = models.CharField(
        max_length=60, default="en", help_text="Codes with commas, the first is the usual one."
    )
    closed_on = models.DateField(null=True, blank=True)

    objects = UnitQuerySet.as_manager()

    class Meta:
        constraints = [
            only("kind", words=UnitKind, name="people_unit_kind"),
            models.CheckConstraint(condition=~Q(kind="site") | ~Q(time_zone=""), name="people_site_has_zone"),
        ]
        indexes = [models.Index(fields=["path"], name="people_unit_path", opclasses=["varchar_pattern_ops"])]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the path, by which everything below a unit is found, in step with the parent."""
        super().save(*args, **kwargs)
        path = f"{self.parent.path if self.parent else '/'}{self.pk}/"
        if path != self.path:
            old, self.path = self.path, path
            Unit.objects.filter(pk=self.pk).update(path=path)
            if old:
                for child in self.children.all():
                    child.save()

    @property
    def zone(self) -> ZoneInfo:
        """The time zone here: the unit's own, else that of the nearest unit above, else UTC."""
        unit: Unit | None = self
        while unit is not None:
            if unit.time_zone:
                return ZoneInfo(unit.time_zone)
            unit = unit.parent
        return ZoneInfo("UTC")

    @property
    def spoken(self) -> list[str]:
        """The codes of the languages spoken here, the usual one first."""
        return [code.strip() for code in self.languages.split(",") if code.strip()] or ["en"]


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Memberships in time."""

    def on(self, day: date) -> MembershipQuerySet:
        """Return those in force on a day."""
        return self.filter(Q(valid_from=None) | Q(valid_from__lte=day), Q(valid_to=None) | Q(valid_to__gt=day))

    def not_over(self, day: date) -> MembershipQuerySet:
        """Return those in force on a day or later."""
        return self.filter(Q(valid_to=None) | Q(valid_to__gt=day))

    def telling(self, day: date) -> MembershipQuerySet:
        """Return those that tell where people belong: not over; of somebody whose roles are all over, every one."""
        return self.filter(
            Q(valid_to=None) | Q(valid_to__gt=day) | ~Q(user__in=self.model.objects.not_over(day).values("user"))
        )

    def held_by(self, user: Any) -> MembershipQuerySet:
        """Return those a person has today; none for somebody who may not sign in."""
        from django.utils import timezone

        if not user.is_active:
            return self.none()
        return self.filter(user=user).on(timezone.now().date())


class Membership(models.Model):
    """A role of a person in a unit and everything below it, from a day until another."""

    user = models.ForeignKey("people.User", on_delete=models.CASCADE, related_name="memberships")
    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="memberships")
    role = word(Role)
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            only("role", words=Role, name="people_membership_role"),
            models.UniqueConstraint(
                fields=["user", "unit", "role", "valid_from"], name="people_membership_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_from=None) | Q(valid_to__gt=models.F("valid_from")),
                name="people_membership_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.role} {self.unit}"
