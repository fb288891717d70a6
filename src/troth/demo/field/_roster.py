"""Who works when, and which windows customers are offered: the company's own plan, known to everybody."""

from __future__ import annotations

from datetime import date

from troth.demo.clock import LocalDay, wall
from troth.demo.field.truth import FieldParams, Technician


def on_duty(truth: FieldParams, *, day: LocalDay) -> tuple[tuple[int, int, int], ...]:
    """Return (number of the technician, starts, ends) of a day as planned: on Saturdays a fifth of them in turn."""
    if not day.spans:
        return ()
    here = [k for k, one in enumerate(truth.technicians) if not away(one, day=day.day)]
    if day.day.weekday() >= 5:
        fifth = max(1, len(truth.technicians) // 5)
        week = day.day.toordinal() // 7
        turn = {(week * fifth + k) % len(truth.technicians) for k in range(fifth)}
        return tuple((k, day.opens, day.closes) for k in here if k in turn)
    zone = truth.time_zone
    spans = {
        early: tuple(wall(day.day, clock=clock, time_zone=zone) for clock in clocks)
        for early, clocks in ((True, ("07:30", "16:00")), (False, ("09:00", "17:30")))
    }
    return tuple((k, *_pair(spans[truth.technicians[k].early])) for k in here)


def _pair(span: tuple[int, ...]) -> tuple[int, int]:
    return span[0], span[1]


def away(technician: Technician, *, day: date) -> bool:
    """Tell whether a technician has planned leave on a day."""
    iso = day.isoformat()
    return any(a <= iso < b for a, b in technician.leave)


def windows(truth: FieldParams, *, day: LocalDay) -> tuple[tuple[int, int], ...]:
    """Return the windows of a day that customers are offered."""
    if not day.spans:
        return ()
    clocks = (("09:00", "13:00"),) if day.day.weekday() >= 5 else (("08:00", "12:00"), ("12:00", "16:00"))
    zone = truth.time_zone
    return tuple((wall(day.day, clock=a, time_zone=zone), wall(day.day, clock=b, time_zone=zone)) for a, b in clocks)
