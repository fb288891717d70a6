"""Calendars with history: which hours count, from when until when, and the days that differ."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class WorkCalendar(models.Model):
    """Opening or working hours in a time zone."""

    code = models.SlugField(max_length=40, unique=True)
    title = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=60)

    def __str__(self) -> str:
        return self.title


class CalendarSpan(models.Model):
    """A span of a weekday (0 is Monday) that counts; several a day are fine. `closes` may be 24:00."""

    calendar = models.ForeignKey(WorkCalendar, on_delete=models.CASCADE, related_name="spans")
    weekday = models.PositiveSmallIntegerField()
    opens = models.CharField(max_length=5)
    closes = models.CharField(max_length=5)
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(weekday__lte=6), name="people_span_weekday"),
            models.CheckConstraint(condition=Q(closes__gt=F("opens")), name="people_span_order"),
            models.CheckConstraint(
                condition=Q(
                    opens__regex=r"^([01]\d|2[0-3]):[0-5]\d$", closes__regex=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$"
                ),
                name="people_span_times",
            ),
        ]


class CalendarDay(models.Model):
    """A day that differs: closed without times, else open as said; several rows give several spans."""

    calendar = models.ForeignKey(WorkCalendar, on_delete=models.CASCADE, related_name="days")
    day = models.DateField()
    opens = models.CharField(max_length=5, blank=True)
    closes = models.CharField(max_length=5, blank=True)
    title = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["calendar", "day", "opens"], name="people_day_once"),
            models.CheckConstraint(
                condition=Q(opens="", closes="") | Q(closes__gt=F("opens"), opens__gt=""), name="people_day_order"
            ),
        ]
