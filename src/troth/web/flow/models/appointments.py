"""Appointments: rules that make slots, the count of places taken in each, and what is booked."""

from __future__ import annotations

import secrets
import uuid
from typing import Any

from django.db import models
from django.db.models import F, Q

from troth.core.terms import BookingState
from troth.web.common.choices import only, word
from troth.web.customers.models import Customer
from troth.web.flow.models.branches import Branch
from troth.web.flow.models.tickets import Ticket
from troth.web.people.models import Unit
from troth.web.services.models import Service


def _token() -> str:
    """Return the secret part of a customer's own link."""
    return secrets.token_urlsafe(16)


class SlotRule(models.Model):
    """On a weekday from a time to another, slots of equal length with room for so many."""

    branch = models.ForeignKey(Branch, on_delete=models.CASCADE, related_name="slot_rules")
    service = models.ForeignKey(Service, on_delete=models.CASCADE)
    weekday = models.PositiveSmallIntegerField()
    opens = models.CharField(max_length=5)
    closes = models.CharField(max_length=5)
    slot_s = models.PositiveIntegerField(default=1800)
    buffer_s = models.PositiveIntegerField(default=0, help_text="Kept free after each slot.")
    capacity = models.PositiveSmallIntegerField(default=1)
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(weekday__lte=6, closes__gt=F("opens")), name="flow_slot_order"),
            models.CheckConstraint(condition=Q(slot_s__gte=60, capacity__gte=1), name="flow_slot_size"),
        ]


class SlotUse(models.Model):
    """How many places of a slot are taken; the row is the lock, and the database refuses one too many."""

    branch = models.ForeignKey(Branch, on_delete=models.CASCADE)
    service = models.ForeignKey(Service, on_delete=models.CASCADE)
    starts_at = models.DateTimeField()
    taken = models.PositiveSmallIntegerField(default=0)
    capacity = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["branch", "service", "starts_at"], name="flow_slot_use_once"),
            models.CheckConstraint(condition=Q(taken__lte=F("capacity")), name="flow_slot_not_over"),
        ]


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    """Appointments by rights."""

    def visible_to(self, user: Any) -> AppointmentQuerySet:
        """Return those of the units a person sees."""
        return self.filter(branch__unit__in=Unit.objects.visible_to(user))


class Appointment(models.Model):
    """A time reserved for a customer, or a wish for one (waitlisted, without a time)."""

    token = models.CharField(max_length=32, unique=True, default=_token, editable=False)
    booking_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False, help_text="Its name in the log.")
    branch = models.ForeignKey(Branch, on_delete=models.PROTECT, related_name="appointments")
    service = models.ForeignKey(Service, on_delete=models.PROTECT)
    customer = models.ForeignKey(
        Customer, null=True, blank=True, on_delete=models.SET_NULL, related_name="appointments"
    )
    name = models.CharField(max_length=160, blank=True)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=32, blank=True)
    language = models.CharField(max_length=8, default="en")
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    wanted_date = models.DateField(null=True, blank=True, help_text="For the waitlist.")
    state = word(BookingState, default=str(BookingState.BOOKED))
    booked_at = models.DateTimeField()
    held_until = models.DateTimeField(null=True, help_text="A slot being filled in is kept so long.")
    sequence = models.PositiveSmallIntegerField(default=0, help_text="Of the calendar entry: goes up with each change.")
    ticket = models.OneToOneField(Ticket, null=True, blank=True, on_delete=models.SET_NULL, related_name="appointment")
    note = models.TextField(blank=True)

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        constraints = [
            only("state", words=BookingState, name="flow_appointment_state"),
            models.CheckConstraint(
                condition=Q(state__in=["waitlisted", "cancelled"])
                | Q(starts_at__isnull=False, ends_at__gt=F("starts_at")),
                name="flow_appointment_has_time",
            ),
        ]
        indexes = [models.Index(fields=["branch", "starts_at"], name="flow_appointment_when")]


class Letter(models.Model):
    """A letter about an appointment that the worker still has to send; written with the act it tells of."""

    booking = models.ForeignKey(Appointment, on_delete=models.CASCADE, related_name="letters")
    kind = models.CharField(max_length=16)
    host = models.CharField(max_length=255, help_text="Scheme and host of its links.")
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="To be sent from then on; later after each failure.")
    tries = models.PositiveSmallIntegerField(default=0)
