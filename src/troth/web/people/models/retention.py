"""How long what is kept, where an organisation decided otherwise than the table says, and what was removed when."""

from __future__ import annotations

from django.db import models


class KeptFor(models.Model):
    """The days a line of the table of retention says here; null for without end."""

    code = models.SlugField(max_length=40, unique=True)
    days = models.PositiveIntegerField(null=True, blank=True)


class Removal(models.Model):
    """One removal of what was kept long enough: of which line, what was older than when, and how many."""

    code = models.SlugField(max_length=40)
    at = models.DateTimeField()
    before = models.DateTimeField()
    n = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["code", "-at"], name="people_removal_of")]
