"""What was learned of the waits of a line, by which the next ones are foreseen."""

from __future__ import annotations

from django.db import models

from troth.web.flow.models.branches import Line
from troth.web.flow.models.tickets import Ticket


class WaitMemory(models.Model):
    """The state of a line's predictors. `learned` goes up with each change, so that readers notice."""

    line = models.OneToOneField(Line, on_delete=models.CASCADE, related_name="wait_memory")
    learned = models.PositiveIntegerField(default=0)
    data = models.JSONField(default=dict)


class WaitForecast(models.Model):
    """What every predictor said of a ticket, until its wait has ended and was learned from."""

    ticket = models.OneToOneField(Ticket, on_delete=models.CASCADE, related_name="forecast")
    line = models.ForeignKey(Line, on_delete=models.CASCADE, related_name="+")
    data = models.JSONField()
