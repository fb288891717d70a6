"""Runs: every long computation, with its input, progress, issues and result."""

from __future__ import annotations

from typing import Any

from django.db import models

from troth.web.people.models import Unit, User


class RunQuerySet(models.QuerySet["Run"]):
    """Runs by rights."""

    def visible_to(self, user: Any) -> RunQuerySet:
        """Return the runs of the units a person sees."""
        return self.filter(unit__in=Unit.objects.visible_to(user))


class Run(models.Model):
    """One computation: what was asked, with which seed and versions, and what came of it."""

    kind = models.CharField(max_length=40)
    unit = models.ForeignKey(Unit, null=True, on_delete=models.PROTECT)
    asked_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    status = models.CharField(max_length=16, default="waiting")
    input = models.JSONField(default=dict)
    input_hash = models.CharField(max_length=64, db_index=True)
    seed = models.BigIntegerField(default=0)
    versions = models.JSONField(default=dict)
    progress = models.FloatField(default=0)
    stop_asked = models.BooleanField(default=False)
    issues = models.JSONField(default=list)
    result = models.JSONField(null=True)

    objects = RunQuerySet.as_manager()
