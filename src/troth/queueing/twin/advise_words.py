"""An advice in words."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from troth.charts.numbers import number
from troth.core.spans import Span, zone
from troth.queueing.twin.advise import Advice, JudgedStep
from troth.queueing.twin.steps import NextStep, StepKind


def step_words(step: NextStep, *, time_zone: str = "UTC") -> str:
    """Return a step as one says it.

    Examples
    --------
    >>> step_words(NextStep())
    'Do nothing'
    """
    tz = zone(time_zone)
    span = _span(step.span, tz) if step.span is not None else ""
    return {
        StepKind.NOTHING: "Do nothing",
        StepKind.CALL_IN: f"Call {step.agent} in from {span}",
        StepKind.MOVE_BREAK: f"Let {step.agent} take the break planned for {_at(step.was, tz)} at {_at(step.span, tz)}",
        StepKind.EXTEND: f"Keep {step.agent} from {span}, after the end of the shift",
        StepKind.TURN: f"Let {step.agent} serve {step.queue} only, from {span}",
        StepKind.ORDER: f"Let all of {step.queue} stand with those who have priority, from {span}",
    }[step.kind]


def answer(made: Advice) -> str:
    """Return the advice in one sentence, with what it brings and costs."""
    chosen = made.chosen
    if chosen is None:
        tried = made.tried - 1
        if not tried:
            return "Do nothing: there is no step that might be taken"
        return f"Do nothing: of {tried:,} steps none is surely worth what it costs"
    wait, worst = (
        f"{number(float(getattr(made.nothing, name).mean()), unit='s')} to {number(float(getattr(chosen.figures, name).mean()), unit='s')}"
        for name in ("mean_wait_s", "worst_s")
    )
    said = step_words(chosen.step, time_zone=made.now.moment.time_zone)
    return f"{said}: mean wait {wait}, worst-off 5 % {worst}, {cost_words(chosen.step)}"


def cost_words(step: NextStep) -> str:
    """Return what a step costs.

    Examples
    --------
    >>> cost_words(NextStep(cost_s=2400, cost_of="back office"))
    'costs 0.7 h of back office'
    """
    return f"costs {step.cost_s / 3600:.1f} h of {step.cost_of}" if step.cost_s else "costs no paid time"


def why(made: Advice, *, one: JudgedStep) -> str:
    """Return why a step is advised, or is not."""
    if one.step == made.best:
        return "advised"
    if one.net_h.low <= 0:
        return "gain not surely above its cost"
    if one.wait_s.high >= 0 or one.wait_s.mean > -made.worth.least_s:
        return "mean wait hardly shorter"
    if one.worst_s.low > 0:
        return "worst-off wait longer"
    if one.left.low > 0:
        return "more leave"
    return "also worth it" if made.chosen is not None else "not as good in the choice"


def _span(span: Span, tz: ZoneInfo) -> str:
    return f"{span.start.astimezone(tz):%H:%M} to {span.end.astimezone(tz):%H:%M}"


def _at(span: Span | None, tz: ZoneInfo) -> str:
    return "" if span is None else f"{(span.start + timedelta(seconds=30)).astimezone(tz):%H:%M}"
