"""What customers were promised: one row a promise, whatever it is about."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.db.models import F, Q

from troth.web.customers.models import Customer
from troth.web.people.models import Unit


class PromiseQuerySet(models.QuerySet["Promise"]):
    """Promises by rights and state."""

    def visible_to(self, user: Any) -> PromiseQuerySet:
        """Return the promises made in the units a person sees."""
        return self.filter(unit__in=Unit.objects.visible_to(user))

    def running(self) -> PromiseQuerySet:
        """Return those neither kept nor broken nor waived."""
        return self.filter(settled_at=None)


class Promise(models.Model):
    """Something promised to somebody by a time, with the stated probability; facts in the log tell its history."""

    promise_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=24)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT)
    customer = models.ForeignKey(Customer, null=True, blank=True, on_delete=models.SET_NULL)
    subject = models.CharField(max_length=60, help_text="What it is about: contact:UUID, booking:TOKEN.")
    context = models.JSONField(default=dict, help_text="Columns its facts carry: queue, service, case and contact.")
    probability = models.FloatField()
    basis = models.CharField(max_length=16, blank=True, help_text="Whose kept share it is, where it was learned.")
    basis_n = models.PositiveIntegerField(default=0, help_text="How many promises that share is of.")
    made_at = models.DateTimeField()
    window_start = models.DateTimeField(null=True, help_text="Not before, where an interval was promised.")
    due_at = models.DateTimeField()
    first_due_at = models.DateTimeField()
    changes = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=16, default="promised")
    settled_at = models.DateTimeField(null=True)
    met_at = models.DateTimeField(null=True, help_text="When what was promised happened, in time or not.")
    inside = models.BooleanField(
        null=True, help_text="Whether it happened within the whole interval: what the stated probability is of."
    )
    cause = models.CharField(max_length=60, blank=True)

    objects = PromiseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(probability__gt=0, probability__lte=1), name="promises_probability"),
            models.CheckConstraint(
                condition=Q(window_start=None) | Q(window_start__lte=F("due_at")), name="promises_window"
            ),
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=Q(settled_at=None), name="promises_one_running"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(settled_at=None), name="promises_due"),
            models.Index(fields=["unit", "made_at"], name="promises_of_unit"),
            # Waits are by far the most and are never asked for so: they cost this index nothing.
            models.Index(fields=["due_at"], condition=Q(kind="appointment"), name="promises_appointments"),
        ]
