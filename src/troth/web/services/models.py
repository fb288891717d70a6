"""The catalogue of services: what people come for, how it goes, what it needs, and where it is offered."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from troth.web.people.models import Skill, Unit, WorkCalendar


class Service(models.Model):
    """Something customers ask for."""

    code = models.SlugField(max_length=40, unique=True)
    title = models.CharField(max_length=120)
    about = models.TextField(blank=True)
    standard_s = models.PositiveIntegerField(default=300, help_text="Usual time with the customer, in seconds.")
    priority = models.PositiveSmallIntegerField(default=3, help_text="1 is served first, 5 last, other things equal.")
    skills = models.ManyToManyField(Skill, blank=True, related_name="services")
    calendar = models.ForeignKey(WorkCalendar, null=True, blank=True, on_delete=models.PROTECT)
    closed_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(priority__gte=1, priority__lte=5), name="services_priority")]

    def __str__(self) -> str:
        return self.title

    def titled(self, language: str) -> str:
        """Return the title in a language, else the usual one."""
        found = {name.language: name.title for name in self.names.all()}
        return found.get(language) or self.title


class ServiceName(models.Model):
    """The title of a service in a language, as customers read it."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="names")
    language = models.CharField(max_length=8)
    title = models.CharField(max_length=120)
    about = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["service", "language"], name="services_name_once")]


class BlueprintStep(models.Model):
    """One step of a service, seen by the customer (front stage) or not (back stage)."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=120)
    front = models.BooleanField(default=True)
    standard_s = models.PositiveIntegerField(default=0)
    next_service = models.ForeignKey(
        Service, null=True, blank=True, on_delete=models.SET_NULL, related_name="+",
        help_text="The customer then waits for this service: a visit of several steps.",
    )  # fmt: skip

    class Meta:
        constraints = [models.UniqueConstraint(fields=["service", "position"], name="services_step_once")]


class BringItem(models.Model):
    """What a customer must bring."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="bring")
    title = models.CharField(max_length=160)
    needed = models.BooleanField(default=True)


class OfferQuerySet(models.QuerySet["Offer"]):
    """Offers by rights."""

    def visible_to(self, user: Any) -> OfferQuerySet:
        """Return what the units a person sees offer."""
        return self.filter(unit__in=Unit.objects.visible_to(user))


class Offer(models.Model):
    """A service at a site."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="offers")
    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="offers")
    walk_in = models.BooleanField(default=True)
    by_appointment = models.BooleanField(default=False)

    objects = OfferQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["service", "unit"], name="services_offer_once")]
