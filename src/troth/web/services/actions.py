"""What is done to the catalogue: a service saved whole, ended, offered at a site and no longer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from troth.web.people.models import Unit
from troth.web.services.models import BlueprintStep, Offer, Service


@dataclass(frozen=True, slots=True)
class Drawn:
    """A step of the blueprint as it is drawn: its place, its lane, its time, and what follows it."""

    number: int
    title: str
    front: bool
    standard_s: int
    next_service: Service | None
    crosses: bool


@dataclass(frozen=True, slots=True)
class Blueprint:
    """The steps of a service in two lanes, in front of the customer and behind."""

    steps: tuple[Drawn, ...]

    @property
    def front_s(self) -> int:
        """Time with the customer, in seconds."""
        return sum(step.standard_s for step in self.steps if step.front)

    @property
    def back_s(self) -> int:
        """Time behind, in seconds."""
        return sum(step.standard_s for step in self.steps if not step.front)


def blueprint(service: Service) -> Blueprint:
    """Return the steps of a service in their order; `crosses` marks where the lane changes."""
    found: list[Drawn] = []
    for step in service.steps.select_related("next_service").order_by("position"):
        crosses = bool(found) and found[-1].front != step.front
        found.append(Drawn(len(found) + 1, step.title, step.front, step.standard_s, step.next_service, crosses))
    return Blueprint(steps=tuple(found))


@transaction.atomic
def put_steps(service: Service, *, steps: Sequence[BlueprintStep]) -> None:
    """Make the steps of a service these, in this order; those not among them go.

    Parameters
    ----------
    service : which one; its row is locked, so that two who edit do so one after the other.
    steps : new ones and known ones; their positions are counted anew from one.
    """
    Service.objects.select_for_update().get(pk=service.pk)
    service.steps.exclude(pk__in=[step.pk for step in steps if step.pk]).delete()
    # Positions are unique at every moment, so those known first make room.
    known = list(service.steps.order_by("-position"))
    room = max([step.position for step in known], default=0) + len(steps) + 1
    for step in known:
        BlueprintStep.objects.filter(pk=step.pk).update(position=step.position + room)
    for position, step in enumerate(steps, 1):
        step.service, step.position = service, position
        step.save()


def end(service: Service, *, day: date | None) -> None:
    """End a service on a day, or let it go on; what was served under its name stays."""
    service.closed_on = day
    service.save(update_fields=["closed_on"])


def offer(service: Service, *, unit: Unit, walk_in: bool, by_appointment: bool) -> None:
    """Offer a service at a site, with or without an appointment; neither withdraws it."""
    if not (walk_in or by_appointment):
        Offer.objects.filter(service=service, unit=unit).delete()
        return
    Offer.objects.update_or_create(
        service=service, unit=unit, defaults={"walk_in": walk_in, "by_appointment": by_appointment}
    )
