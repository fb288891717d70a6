"""Whether what was agreed to become better is done, and whether anybody looked what it brought."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from troth.core.terms import Direction, Unit
from troth.kpi.definition import Kpi, Params, Part
from troth.kpi.measures._common import share
from troth.log.timelines import seconds


def _closed(a: Any, p: Params) -> Any:
    return seconds(a.opened_at, a.closed_at) <= p.action_window.total_seconds()


def _opened(value: Any) -> tuple[Part, ...]:
    return (Part("actions", at=lambda a, _: a.opened_at, value=value),)


_IDEAS_DONE = Kpi(
    id="improve.ideas_done",
    title="Ideas done and measured",
    question="Which share of what was agreed or tried was finished, with an effect that was measured?",
    unit=Unit.SHARE,
    direction=Direction.HIGHER,
    numerator="actions and trials closed within 90 days with a measured effect, whatever it was",
    denominator="actions agreed and trials begun",
    population="all actions and trials whose opening is known; the agent is the owner",
    cohort="when it was agreed or begun",
    parts=_opened(lambda a, p: share(_closed(a, p) & a.effect.notnull())),
    maturity=lambda p: p.action_window,
    source="Founding text: continuous improvement and innovation",
    aliases=("IDEAS",),
)
_DONE = replace(
    _IDEAS_DONE,
    variant="done",
    title="Ideas done",
    question="Which share of what was agreed or tried was finished, measured or not?",
    numerator="actions and trials closed within 90 days",
    parts=_opened(lambda a, p: share(_closed(a, p))),
    aliases=(),
)
_ON_TIME = replace(
    _IDEAS_DONE,
    variant="on_time",
    title="Ideas done on time",
    question="Which share of actions was done by the date that was agreed?",
    numerator="actions closed by the date they were due",
    denominator="actions with a date that has come",
    population="actions with a date; those never closed count as not done",
    cohort="when it was due",
    parts=(
        Part(
            "actions",
            at=lambda a, _: a.due_at,
            where=lambda a, _: a.opened_at.notnull(),
            value=lambda a, _: share(a.closed_at <= a.due_at),
        ),
    ),
    maturity=lambda _: timedelta(0),
    source="Troth",
    aliases=(),
)

KPIS: Final = (_IDEAS_DONE, _DONE, _ON_TIME)
