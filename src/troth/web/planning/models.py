"""The capacity ledger as rows: who and what has hours to give, and what claims them.

That an hour has one use is kept by the database itself: where one use fits at a time, firm claims exclude each other
(`planning_claim_apart`); where several fit, as in a room of ten seats, a trigger counts them (`planning_claim_room`).
"""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Coalesce

from troth.web.common.choices import only, word
from troth.web.people.models import Unit, WorkCalendar
from troth.web.planning.bridge import ClaimKind, ResourceKind


class LedgerResourceQuerySet(models.QuerySet["LedgerResource"]):
    """Resources by rights."""

    def visible_to(self, user: Any) -> LedgerResourceQuerySet:
        """Return the resources of the units a person sees."""
        return self.filter(unit__in=Unit.objects.visible_to(user))


class LedgerResource(models.Model):
    """A person, vehicle, piece of equipment or room with hours to give; the capacity of one with claims is not changed."""

    code = models.TextField(unique=True, help_text="The resource's id in every ledger; of a person the code.")
    kind = word(ResourceKind, default=str(ResourceKind.PERSON))
    capacity = models.PositiveIntegerField(default=1, help_text="How many uses it can have at once.")
    calendar = models.ForeignKey(WorkCalendar, null=True, blank=True, on_delete=models.PROTECT)
    unit = models.ForeignKey(Unit, null=True, blank=True, on_delete=models.PROTECT)

    objects = LedgerResourceQuerySet.as_manager()

    class Meta:
        constraints = [only("kind", words=ResourceKind, name="planning_resource_kind")]

    def __str__(self) -> str:
        return self.code


def _only(number: Any) -> Func:
    """Return a number as the range of itself: those exclude each other without an extension of the server."""
    return Func(number, number, Value("[]"), function="int8range")


class LedgerClaim(models.Model):
    """A use of a resource over a half-open span; never changed, but released and booked anew. See `claims.book`."""

    claim_id = models.TextField(unique=True)
    resource = models.ForeignKey(LedgerResource, on_delete=models.PROTECT, related_name="claims")
    kind = word(ClaimKind)
    span = DateTimeRangeField()
    probability = models.FloatField(default=1.0, help_text="1 is firm, less is tentative and excludes nothing.")
    units = models.PositiveIntegerField(default=1)
    holder = models.TextField(blank=True, help_text="The id of a roster, a visit, a project.")
    inside = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="within",
        help_text="The claim whose hours it uses, as a visit uses those of a shift.",
    )  # fmt: skip
    shared = models.BooleanField(
        default=False, editable=False, help_text="Several fit beside each other there; the database sets it."
    )
    booked_at = models.DateTimeField()

    class Meta:
        constraints = [
            only("kind", words=ClaimKind, name="planning_claim_kind"),
            models.CheckConstraint(condition=Q(probability__gt=0, probability__lte=1), name="planning_claim_share"),
            models.CheckConstraint(condition=Q(units__gte=1), name="planning_claim_units"),
            # Else two that touch would overlap, or one would have no end.
            models.CheckConstraint(
                condition=Q(
                    span__isempty=False, span__lower_inf=False, span__upper_inf=False,
                    span__lower_inc=True, span__upper_inc=False,
                ),
                name="planning_claim_half_open",
            ),
            ExclusionConstraint(
                name="planning_claim_apart",
                expressions=[
                    (_only(F("resource_id")), "&&"),
                    (_only(Coalesce("inside_id", Value(0))), "&&"),
                    ("span", "&&"),
                ],
                condition=Q(probability__gte=1, shared=False),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.kind} {self.claim_id}"
