"""Branches, their lines (queues) and counters, and who has which counter."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from troth.core.terms import AgentState
from troth.web.people.models import Unit, User, WorkCalendar
from troth.web.services.models import Service


class BranchQuerySet(models.QuerySet["Branch"]):
    """Branches by rights."""

    def visible_to(self, user: Any) -> BranchQuerySet:
        """Return the branches of the units a person sees."""
        return self.filter(unit__in=Unit.objects.visible_to(user))


class Branch(models.Model):
    """A site that receives customers. `token` is the part of public links that names it."""

    unit = models.OneToOneField(Unit, on_delete=models.PROTECT, related_name="branch")
    token = models.SlugField(max_length=24, unique=True)
    calendar = models.ForeignKey(WorkCalendar, null=True, blank=True, on_delete=models.PROTECT)
    languages = ArrayField(models.CharField(max_length=8), default=list, blank=True)
    kiosk_wide = models.BooleanField(default=True, help_text="Large print and controls low enough for wheelchairs.")
    join_by_link = models.BooleanField(default=True)
    notice_ahead = models.PositiveSmallIntegerField(default=2, help_text="Tell a customer when so many are ahead.")
    no_show_s = models.PositiveIntegerField(
        default=120, help_text="So long after the call a customer may be marked absent."
    )
    forgotten_s = models.PositiveIntegerField(default=5400, help_text="Service longer than this has lost its end.")

    objects = BranchQuerySet.as_manager()

    def __str__(self) -> str:
        return self.unit.title

    def today(self, now: datetime) -> date:
        """Return the local day of an instant."""
        return now.astimezone(self.unit.zone).date()


class Line(models.Model):
    """One line for many counters: the queue of the event log. Its discipline is a declarative record."""

    branch = models.ForeignKey(Branch, on_delete=models.CASCADE, related_name="lines")
    code = models.SlugField(max_length=40, unique=True, help_text="The `queue` of events.")
    title = models.CharField(max_length=120)
    discipline = models.JSONField(default=dict, blank=True)
    promise_probability = models.FloatField(default=0.8)
    closed_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(promise_probability__gt=0.5, promise_probability__lt=1), name="flow_line_probability"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class LineService(models.Model):
    """Which line of a branch a service waits in, and the letter its tickets begin with."""

    line = models.ForeignKey(Line, on_delete=models.CASCADE, related_name="services")
    branch = models.ForeignKey(Branch, on_delete=models.CASCADE, related_name="line_services")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="lines")
    prefix = models.CharField(max_length=3)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["branch", "service"], name="flow_line_service_once")]


class Counter(models.Model):
    """A place where people are served."""

    branch = models.ForeignKey(Branch, on_delete=models.CASCADE, related_name="counters")
    code = models.SlugField(max_length=40)
    title = models.CharField(max_length=60)
    lines = models.ManyToManyField(Line, related_name="counters")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["branch", "code"], name="flow_counter_once")]

    def __str__(self) -> str:
        return self.title


class CounterSession(models.Model):
    """The time a person has a counter. A counter has one person at a time, and a person one counter."""

    counter = models.ForeignKey(Counter, on_delete=models.PROTECT, related_name="sessions")
    clerk = models.ForeignKey(User, on_delete=models.PROTECT, related_name="counter_sessions")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=24, default=str(AgentState.AVAILABLE))
    state_since = models.DateTimeField()
    skills = ArrayField(
        models.PositiveIntegerField(), default=list, help_text="The clerk's skills at opening, with levels."
    )
    made_up = models.BooleanField(default=False, help_text="Kept by the demo's driver until a person takes it.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["counter"], condition=Q(closed_at=None), name="flow_session_of_counter"),
            models.UniqueConstraint(fields=["clerk"], condition=Q(closed_at=None), name="flow_session_of_clerk"),
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(closed_at__gte=models.F("opened_at")), name="flow_session_order"
            ),
            models.CheckConstraint(condition=Q(state__in=[str(s) for s in AgentState]), name="flow_session_state"),
        ]
