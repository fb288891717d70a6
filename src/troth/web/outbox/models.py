"""The outbox: every fact written with the rows it describes, waiting to be taken to the lake."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.fields.json import KeyTextTransform


class Stream(models.Model):
    """Under which name this database's batches go to the lake: one row. A restored database takes a new name."""

    incarnation = models.UUIDField(default=uuid.uuid4)
    begun_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="outbox_one_stream")]


class Batch(models.Model):
    """Facts that go to the lake in one commit, under a number that Delta remembers for the incarnation."""

    incarnation = models.UUIDField(default=uuid.uuid4)
    taken_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    rows = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["id"], condition=Q(done_at=None), name="outbox_batch_undone"),
            models.Index(fields=["incarnation", "id"], name="outbox_batch_of_stream"),
        ]


class Fact(models.Model):
    """One fact in the schema of the service event log. Never edited; a correction is another fact."""

    id = models.BigAutoField(primary_key=True)
    source_id = models.UUIDField(default=uuid.uuid4, editable=False)
    version = models.BigIntegerField(default=0)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    activity = models.CharField(max_length=32)
    event = models.JSONField()
    batch = models.ForeignKey(Batch, null=True, on_delete=models.PROTECT, related_name="facts")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source_id", "version"], name="outbox_fact_once")]
        indexes = [
            models.Index(fields=["id"], condition=Q(batch=None), name="outbox_fact_waiting"),
            models.Index(fields=["occurred_at"], name="outbox_fact_when"),
            models.Index(
                KeyTextTransform("subject_id", "event"),
                condition=Q(activity__startswith="promis"),
                name="outbox_fact_of_promise",
            ),
        ]
