"""How busy: throughput, occupancy, utilisation. Three different things, three names."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from troth.core.terms import Direction, Unit
from troth.kpi.definition import Kpi, Params, Part
from troth.kpi.measures._common import THEIRS, THEIRS_SINCE, none, one
from troth.kpi.measures.speed import final_resolution
from troth.log.timelines import seconds

_BUSY: Final = ("on_contact", "wrap")
_ZERO: Final = timedelta(0)


def _length(s: Any, _: Params) -> Any:
    return seconds(s.started_at, s.ended_at)


def _paid(weight: Any, *, counts: bool = False) -> Part:
    """Paid time as the denominator."""
    return Part(
        "paid",
        at=lambda s, _: s.started_at,
        where=lambda s, _: (s.kind == "shift") & s.ended_at.notnull(),
        value=none,
        weight=weight,
        counts=counts,
    )


def _theirs(timeline: str, weight: Any) -> Part:
    """Paid time of those who serve the unit, as the denominator; `weight` is that of a whole shift."""
    return Part(
        timeline, at=lambda s, _: s.started_at, value=none, weight=lambda s, p: weight(s, p) * s.part, counts=False
    )


def _hours(s: Any, p: Params) -> Any:
    return _length(s, p) / 3600.0


def _renewed(first: Kpi, *, denominator: str, population: str, part: Part) -> Kpi:
    """Return a definition over the time of those who serve the unit, in place of one over all paid time."""
    return replace(
        first,
        denominator=denominator,
        population=f"{first.population}; {population} ({THEIRS})",
        parts=(first.parts[0], part),
        version=2,
        effective_from=THEIRS_SINCE,
        earlier=(first,),
    )


_PAID_HOURS = _paid(_hours)
_RESOLVING: Final = "shifts of people who ever resolved a case"
_SERVING: Final = "shifts of people who ever served a contact"

_THROUGHPUT_1 = Kpi(
    id="load.throughput",
    title="Throughput",
    question="How many cases were completed in a paid hour?",
    unit=Unit.PER_HOUR,
    direction=Direction.HIGHER,
    numerator="cases resolved for good",
    denominator="paid hours",
    population="cases resolved and not reopened within the window, merged ones aside",
    cohort="when the case was resolved; paid hours when the shift began",
    parts=(
        Part(
            "cases",
            at=final_resolution,
            where=lambda c, p: c.merged_into.isnull() & final_resolution(c, p).notnull(),
            value=one,
            weight=0.0,
        ),
        _PAID_HOURS,
    ),
    maturity=lambda p: p.reopen_window,
    source="Founding text: throughput",
)
_THROUGHPUT_CONTACTS_1 = replace(
    _THROUGHPUT_1,
    variant="contacts",
    title="Contact throughput",
    question="How many contacts were completed in a paid hour?",
    numerator="contacts served to the end",
    population="contacts served by a person",
    cohort="when the contact began; paid hours when the shift began",
    parts=(
        Part(
            "contacts",
            at=lambda c, _: c.started_at,
            where=lambda c, _: c.outcome.isin(["answered", "handled"]),
            value=one,
            weight=0.0,
        ),
        _PAID_HOURS,
    ),
    maturity=lambda _: _ZERO,
)
_THROUGHPUT_DAY_1 = replace(
    _THROUGHPUT_1,
    variant="person_day",
    title="Throughput per person-day",
    question="How many cases did a person complete in a day at work?",
    unit=Unit.COUNT,
    denominator="shifts",
    parts=(_THROUGHPUT_1.parts[0], _paid(1.0)),
)
_THROUGHPUT_MIX_1 = replace(
    _THROUGHPUT_1,
    variant="standard_time",
    title="Standard time completed per paid time",
    question="How much work, by standard times, was done in paid time?",
    unit=Unit.SHARE,
    numerator="standard seconds of the contacts served",
    denominator="paid seconds",
    population="contacts served by a person whose service has a standard time",
    cohort="when the contact began; paid time when the shift began",
    parts=(
        Part(
            "contacts_standard",
            at=lambda c, _: c.started_at,
            where=lambda c, _: c.outcome.isin(["answered", "handled"]) & c.standard_s.notnull(),
            value=lambda c, _: c.standard_s,
            weight=0.0,
        ),
        _paid(_length),
    ),
    maturity=lambda _: _ZERO,
)
_THROUGHPUT = _renewed(
    _THROUGHPUT_1,
    denominator="paid hours of people who resolve cases",
    population=_RESOLVING,
    part=_theirs("paid_resolving", _hours),
)
_THROUGHPUT_CONTACTS = _renewed(
    _THROUGHPUT_CONTACTS_1,
    denominator="paid hours of people who serve contacts",
    population=_SERVING,
    part=_theirs("paid_serving", _hours),
)
_THROUGHPUT_DAY = _renewed(
    _THROUGHPUT_DAY_1,
    denominator="shifts of people who resolve cases",
    population=_RESOLVING,
    part=_theirs("paid_resolving", lambda _s, _p: 1.0),
)
_THROUGHPUT_MIX = _renewed(
    _THROUGHPUT_MIX_1,
    denominator="paid seconds of people who serve contacts",
    population=_SERVING,
    part=_theirs("paid_serving", _length),
)

_OCCUPANCY = Kpi(
    id="load.occupancy",
    title="Occupancy",
    question="Of the time people were there for customers, how much were they busy with them?",
    unit=Unit.SHARE,
    direction=Direction.NEITHER,
    numerator="seconds on contacts and in work after them",
    denominator="seconds on contacts, in work after them, and available",
    population="states of people at work",
    cohort="when the state began",
    parts=(
        Part(
            "paid",
            at=lambda s, _: s.started_at,
            where=lambda s, _: (s.kind == "state") & s.state.isin([*_BUSY, "available"]) & s.ended_at.notnull(),
            value=lambda s, p: s.state.isin(_BUSY).ifelse(_length(s, p), 0.0),
            weight=_length,
        ),
    ),
    source="Amazon Connect, historical metrics: occupancy",
)
_UTILISATION = Kpi(
    id="load.utilisation",
    title="Utilisation",
    question="Of paid time, how much went to customers?",
    unit=Unit.SHARE,
    direction=Direction.NEITHER,
    numerator="seconds on contacts and in work after them",
    denominator="paid seconds",
    population="states and shifts of people at work",
    cohort="when the state or shift began",
    parts=(
        Part(
            "paid",
            at=lambda s, _: s.started_at,
            where=lambda s, _: (s.kind == "state") & s.state.isin(_BUSY) & s.ended_at.notnull(),
            value=_length,
            weight=0.0,
        ),
        _paid(_length),
    ),
    source="Founding text: customer time over paid time",
)

KPIS: Final = (
    _THROUGHPUT, _THROUGHPUT_CONTACTS, _THROUGHPUT_DAY, _THROUGHPUT_MIX, _OCCUPANCY, _UTILISATION,
)  # fmt: skip
