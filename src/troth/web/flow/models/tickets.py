"""Tickets and visits. A ticket is one wait and one service: a contact of the event log; a visit is the case."""

from __future__ import annotations

import secrets
import uuid
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from troth.core.terms import Entry, TicketState
from troth.web.common.choices import only, word
from troth.web.customers.models import Customer
from troth.web.flow.models.branches import Branch, CounterSession, Line
from troth.web.people.models import Unit, User
from troth.web.services.models import Service

#: States in which a ticket is still somebody's business.
OPEN = (TicketState.WAITING, TicketState.CALLED, TicketState.SERVING, TicketState.PARKED)


def _token() -> str:
    """Return the secret part of a customer's own link."""
    return secrets.token_urlsafe(12)


class Numbering(models.Model):
    """The last number given out for a letter at a branch on a local day; the row is the lock."""

    branch = models.ForeignKey(Branch, on_delete=models.CASCADE)
    prefix = models.CharField(max_length=3)
    day = models.DateField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["branch", "prefix", "day"], name="flow_numbering_once")]


class Visit(models.Model):
    """One coming of a customer, with all its waits: a case of the event log."""

    case_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    branch = models.ForeignKey(Branch, on_delete=models.PROTECT)
    customer = models.ForeignKey(Customer, null=True, blank=True, on_delete=models.SET_NULL)
    language = models.CharField(max_length=8, default="en")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True)
    to_come = ArrayField(
        models.BigIntegerField(), default=list, blank=True, help_text="Ids of services asked for on the way, in order."
    )


class TicketQuerySet(models.QuerySet["Ticket"]):
    """Tickets by rights and state."""

    def visible_to(self, user: Any) -> TicketQuerySet:
        """Return the tickets of the units a person sees."""
        return self.filter(branch__unit__in=Unit.objects.visible_to(user))

    def open(self) -> TicketQuerySet:
        """Return those not at an end."""
        return self.filter(state__in=[str(s) for s in OPEN])

    def waiting(self) -> TicketQuerySet:
        """Return those in line."""
        return self.filter(state=TicketState.WAITING)


class Ticket(models.Model):
    """A place in a line. What decides on its turn stands in columns, so that the database itself can choose."""

    contact_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    token = models.CharField(max_length=24, unique=True, default=_token, editable=False)
    branch = models.ForeignKey(Branch, on_delete=models.PROTECT, related_name="tickets")
    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="tickets")
    service = models.ForeignKey(Service, on_delete=models.PROTECT)
    service_code = models.CharField(max_length=40, db_column="service", editable=False)
    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="tickets")
    previous = models.OneToOneField("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="following")
    prefix = models.CharField(max_length=3)
    number = models.PositiveIntegerField()
    day = models.DateField(help_text="Local day of the number.")
    entry = word(Entry)
    state = word(TicketState, default=str(TicketState.WAITING))

    # What a discipline looks at, under the names `troth.queueing.sql` knows.
    joined_at = models.DateTimeField(help_text="Since when it waits in this line.")
    booked_at = models.DateTimeField(null=True, help_text="The appointment's time.")
    returned_at = models.DateTimeField(null=True, help_text="When it last came back to the line.")
    not_before = models.DateTimeField(null=True, help_text="May not be called before.")
    priority = models.PositiveSmallIntegerField(default=3)
    labels = ArrayField(models.TextField(), default=list, blank=True)
    skills = ArrayField(models.PositiveIntegerField(), default=list, help_text="Skills it needs, with their levels.")
    reserved_for = models.CharField(max_length=60, null=True, help_text="Only this clerk or counter may call it.")
    overtaken = models.PositiveIntegerField(default=0, help_text="How many later ones went first.")
    overtaken_at = models.DateTimeField(null=True)
    yielded = models.PositiveSmallIntegerField(default=0, help_text="How often the customer let others go first.")

    session = models.ForeignKey(CounterSession, null=True, on_delete=models.PROTECT, related_name="tickets")
    wanted_clerk = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL)
    called_at = models.DateTimeField(null=True)
    calls = models.PositiveSmallIntegerField(default=0)
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(help_text="Of the newest fact about it: its next one is later.")
    noticed_at = models.DateTimeField(null=True, help_text="When the customer was told that the turn is near.")
    inexact = models.BooleanField(default=False, help_text="The end was forgotten and is a guess.")
    reason = models.JSONField(default=dict, blank=True, help_text="Why it was chosen, as code and parameters.")
    expects = models.JSONField(
        default=dict, blank=True, help_text="The wait stated at joining: low_s, mid_s, high_s, probability, predictor."
    )

    objects = TicketQuerySet.as_manager()

    class Meta:
        constraints = [
            only("entry", words=Entry, name="flow_ticket_entry"),
            only("state", words=TicketState, name="flow_ticket_state"),
            models.UniqueConstraint(
                fields=["branch", "day", "prefix", "number"], condition=Q(previous=None), name="flow_ticket_number_once"
            ),
            # Whoever serves has exactly one in front of them.
            models.UniqueConstraint(
                fields=["session"], condition=Q(state__in=["called", "serving"]), name="flow_ticket_one_at_a_counter"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["called", "serving"]) | Q(session__isnull=False), name="flow_ticket_has_counter"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["served", "left", "no_show", "transferred", "expired"])
                | Q(ended_at__isnull=False),
                name="flow_ticket_has_end",
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None) | Q(answered_at__gte=F("joined_at")), name="flow_ticket_order"
            ),
        ]
        indexes = [
            models.Index(fields=["line", "joined_at"], condition=Q(state="waiting"), name="flow_ticket_in_line"),
            models.Index(fields=["branch", "day"], name="flow_ticket_of_day"),
            models.Index(fields=["branch", "-joined_at"], name="flow_ticket_newest"),
            models.Index(
                fields=["branch"],
                condition=Q(state__in=["waiting", "called", "serving", "parked"]),
                name="flow_ticket_open",
            ),
            models.Index(
                fields=["branch", "-called_at"], condition=Q(called_at__isnull=False), name="flow_ticket_called"
            ),
        ]

    @property
    def label(self) -> str:
        """The number as people read it, such as A042."""
        return f"{self.prefix}{self.number:03d}"

    def __str__(self) -> str:
        return self.label
