"""Customers and their organisations: who they are, what they like, what they agreed to."""

from __future__ import annotations

import secrets
from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from troth.web.people.models import Unit, User
from troth.web.people.rights import SERVERS


def _pseudonym() -> str:
    return f"c-{secrets.token_hex(8)}"


class Organisation(models.Model):
    """A company or household customers belong to."""

    title = models.CharField(max_length=160)
    segment = models.CharField(max_length=40, blank=True)

    def __str__(self) -> str:
        return self.title


class CustomerQuerySet(models.QuerySet["Customer"]):
    """Customers by rights."""

    def visible_to(self, user: Any) -> CustomerQuerySet:
        """Return the customers of the units where a person serves; one without a unit is of the whole organisation.

        Whoever trains or plans somewhere sees that there is a unit, not whom it serves.
        """
        units = Unit.objects.where(user, *SERVERS)
        whole = units.filter(parent=None).exists()
        return self.filter(Q(unit__in=units) | (Q(unit=None) if whole else Q(pk__in=[])), merged_into=None)


class Customer(models.Model):
    """Somebody who is served. Events know only the pseudonym; erasing the row makes them nobody's."""

    pseudonym = models.CharField(max_length=24, unique=True, default=_pseudonym, editable=False)
    name = models.CharField(max_length=160, blank=True)
    email = models.EmailField(blank=True, db_index=True)
    phone = models.CharField(max_length=32, blank=True, db_index=True)
    language = models.CharField(max_length=8, blank=True)
    needs = models.CharField(max_length=200, blank=True, help_text="Such as a wheelchair, or large print.")
    prefers = models.CharField(max_length=200, blank=True, help_text="Channel, time of day, person.")
    organisation = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.SET_NULL, related_name="customers"
    )
    unit = models.ForeignKey(Unit, null=True, blank=True, on_delete=models.SET_NULL)
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="merged")
    created_at = models.DateTimeField()
    by_booking = models.BooleanField(
        default=False, help_text="Told us of themselves when they booked; nobody here has looked who it is."
    )
    email_verified_at = models.DateTimeField(null=True, blank=True, help_text="When a letter to it was first opened.")
    # Computed by the database, see `keys.py`: rows with one key may be one customer.
    name_key = models.GeneratedField(
        expression=models.Func("name", function="troth_name_key"), output_field=models.TextField(), db_persist=True
    )
    phone_key = models.GeneratedField(
        expression=models.Func("phone", function="troth_phone_key"), output_field=models.TextField(), db_persist=True
    )
    email_key = models.GeneratedField(expression=Lower("email"), output_field=models.TextField(), db_persist=True)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(merged_into=models.F("id")), name="customers_not_into_itself"),
        ]
        indexes = [
            models.Index(fields=["name_key"], name="customers_same_name"),
            models.Index(fields=["phone_key"], condition=~Q(phone_key=""), name="customers_same_phone"),
            models.Index(fields=["email_key"], condition=~Q(email_key=""), name="customers_same_email"),
        ]

    def __str__(self) -> str:
        return self.name or self.pseudonym


class Note(models.Model):
    """Something staff wrote about a customer."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="notes")
    author = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    at = models.DateTimeField()
    text = models.TextField()


class Consent(models.Model):
    """What a customer agreed to, and since when; withdrawn ones stay for the record."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=40)
    given_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    how = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "purpose"], condition=Q(withdrawn_at=None), name="customers_consent_once"
            ),
        ]
