"""What people can do, for how many hours, and when they are away."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models
from django.db.models import Q

from troth.core.terms import LeaveKind
from troth.web.common.choices import only, word
from troth.web.people.models.users import User


class Skill(models.Model):
    """Something a person can do and a service may need."""

    code = models.SlugField(max_length=40, unique=True)
    title = models.CharField(max_length=120)

    def __str__(self) -> str:
        return self.title


class Qualification(models.Model):
    """A skill a person has, at a level, until it expires."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="qualifications")
    skill = models.ForeignKey(Skill, on_delete=models.PROTECT, related_name="qualifications")
    level = models.PositiveSmallIntegerField(default=1)
    gained_on = models.DateField()
    expires_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "skill"], name="people_qualification_once"),
            models.CheckConstraint(condition=Q(level__gte=1, level__lte=5), name="people_qualification_level"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.skill} {self.level}"


class Contract(models.Model):
    """The hours a person is paid for, from a day until another."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="contracts")
    hours_per_week = models.DecimalField(max_digits=4, decimal_places=1)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "valid_from"], name="people_contract_once"),
            models.CheckConstraint(
                condition=Q(hours_per_week__gte=0, hours_per_week__lte=80), name="people_contract_hours"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.hours_per_week} h"


class LeaveQuerySet(models.QuerySet["Leave"]):
    """Leave by rights."""

    def visible_to(self, user: Any) -> LeaveQuerySet:
        """Return the leave of the people somebody sees."""
        return self.filter(user__in=User.objects.visible_to(user))


class Leave(models.Model):
    """A time a person is away; two of one person do not overlap."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="leave")
    span = DateTimeRangeField()
    kind = word(LeaveKind)

    objects = LeaveQuerySet.as_manager()

    class Meta:
        constraints = [only("kind", words=LeaveKind, name="people_leave_kind")]

    def __str__(self) -> str:
        return f"{self.user}: {self.span.lower:%Y-%m-%d}"
