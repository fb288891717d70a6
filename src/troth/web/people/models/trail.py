"""The audit trail of nouns, and requests to erase a person's data."""

from __future__ import annotations

from django.db import models


class Change(models.Model):
    """One change of one noun, written by the database. Nobody edits it."""

    at = models.DateTimeField()
    actor = models.CharField(max_length=80)
    action = models.CharField(max_length=8)
    noun = models.CharField(max_length=63)
    noun_id = models.CharField(max_length=64)
    changes = models.JSONField()

    class Meta:
        indexes = [models.Index(fields=["noun", "noun_id", "at"], name="people_change_of")]


class ErasureRequest(models.Model):
    """A customer's wish to be forgotten: rows go at once, the lake's old files when they are next cleaned."""

    pseudonym = models.CharField(max_length=40)
    asked_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
