"""What customer flow keeps of people and how long: names of appointments, notes of visits, who came by booking."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Final

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q, QuerySet

from troth.core.terms import BookingState
from troth.web.customers.actions import APPOINTMENTS, everyone
from troth.web.customers.models import Consent, Customer, Note
from troth.web.customers.privacy import erase
from troth.web.flow.appointments import cancel
from troth.web.flow.models import Appointment, Visit
from troth.web.people.retention import Kept, in_lots, keep

log = logging.getLogger(__name__)

_BLANK: Final = {"name": "", "email": "", "phone": "", "note": ""}
_NAMED: Final = ~Q(**_BLANK)
#: Erased in one go between two looks at the table.
_LOT: Final = 200


def register_retention() -> None:
    """Add the lines of customer flow to the table."""
    keep(
        Kept("appointments", 90, forget_appointments),
        Kept("visit_notes", 90, forget_notes),
        Kept("newcomers", 90, lambda before, now: _forget(before, now, by_booking=True)),
        Kept("customers", None, lambda before, now: _forget(before, now, by_booking=False)),
    )


def forget_appointments(before: datetime, now: datetime) -> int:
    """Take name, addresses and note off appointments that ended before an instant; a wish as old is given up."""
    wishes = Appointment.objects.filter(_old(before), state=BookingState.WAITLISTED)
    for pk in list(wishes.values_list("pk", flat=True)):
        with transaction.atomic():
            # One that got a place in this moment is a wish no more.
            if (wish := wishes.select_for_update().filter(pk=pk).first()) is not None:
                cancel(appointment=wish, now=now)
    rows = Appointment.objects.filter(_NAMED, _old(before))
    return in_lots(rows, lambda ids: Appointment.objects.filter(pk__in=ids).update(**_BLANK))


def forget_notes(before: datetime, now: datetime) -> int:  # noqa: ARG001  every line is told the time
    """Take the notes off visits that ended before an instant."""
    rows = Visit.objects.filter(~Q(note=""), closed_at__lt=before)
    return in_lots(rows, lambda ids: Visit.objects.filter(pk__in=ids).update(note=""))


def _old(before: datetime) -> Q:
    wish = Q(starts_at=None, booked_at__lt=before) & (Q(wanted_date=None) | Q(wanted_date__lt=before.date()))
    return Q(ends_at__lt=before) | wish


def _forget(before: datetime, now: datetime, *, by_booking: bool) -> int:
    """Erase the customers with whom nothing has happened since an instant; those merged into them go along."""
    done, last = 0, 0
    while found := list(_silent(before, by_booking=by_booking).filter(pk__gt=last).order_by("pk")[:_LOT]):
        last = found[-1].pk
        for one in found:
            done += _forgotten(one, before, now, by_booking=by_booking)
    return done


def _forgotten(one: Customer, before: datetime, now: datetime, *, by_booking: bool) -> bool:
    """Erase a customer unless something happened with them; one who cannot be erased holds up no other."""
    try:
        with transaction.atomic():
            # Held, so that nothing new can point at them between the look and the erasure.
            rows = Customer.objects.filter(pk__in=[row.pk for row in everyone(one)]).order_by("pk")
            if not _idle(list(rows.select_for_update()), before, by_booking=by_booking):
                return False
            erase(one, now=now, asked=False)
    except (OperationalError, InterfaceError):
        raise  # the database is away: all of it is tried again
    except Exception:
        log.exception("Customer %s could not be forgotten", one.pk)
        return False
    return True


def _silent(before: datetime, *, by_booking: bool) -> QuerySet[Customer]:
    return Customer.objects.filter(merged_into=None, by_booking=by_booking, created_at__lt=before)


def _idle(people: list[Customer], before: datetime, *, by_booking: bool) -> bool:
    """Tell whether nothing happened with some customers since an instant, and they agreed to nothing that still holds."""
    about = {"customer__in": people}
    if any(one.created_at >= before or (by_booking and not one.by_booking) for one in people):
        return False
    agreed = Consent.objects.filter(**about, withdrawn_at=None).exclude(purpose=APPOINTMENTS)
    since = (
        Appointment.objects.filter(**about).exclude(_old(before)),
        Visit.objects.filter(Q(closed_at=None) | Q(closed_at__gte=before), **about),
        Note.objects.filter(**about, at__gte=before),
        agreed,
    )
    return not any(rows.exists() for rows in since)
