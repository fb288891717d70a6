"""What if: small changes of a problem, each a line of text such as ``staff:phone=+1@10:00-12:00``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.json_input import near
from troth.core.spans import Span, zone
from troth.queueing.twin import _change_demand as demand
from troth.queueing.twin import _change_supply as supply
from troth.queueing.twin._change_parts import Change, ChangeError
from troth.queueing.twin._clock import ReversedError, WallClock
from troth.queueing.twin.problem import TwinProblem

_LINE: Final = re.compile(r"(?P<what>[^:=@]*)(?::(?P<who>[^=]*))?=(?P<value>.*)")


@dataclass(frozen=True, slots=True)
class ChangeRule:
    """One kind of change.

    Parameters
    ----------
    form, means : how it is written, and what it does.
    do : does it.
    named, timed : whether it must name whom it is about; whether it may hold for some hours only.
    """

    form: str
    means: str
    do: Callable[[TwinProblem, Change], TwinProblem]
    named: bool = True
    timed: bool = False


#: Every kind of change by its name. Names may end in ``*``, which stands for anything.
RULES: Final[Mapping[str, ChangeRule]] = {
    "staff": ChangeRule("staff:QUEUE=+1@10:00-12:00", "more or fewer agents like those who serve a queue; without a queue any, without hours for their whole shift", supply.staff, named=False, timed=True),
    "skills": ChangeRule("skills:AGENT=+QUEUE", "an agent serves a queue, too, after its own; with - no longer", supply.skills),
    "hours": ChangeRule("hours:NAME=09:00-17:00", "shifts of an agent, or opening hours of a queue; +30min moves them", supply.hours),
    "counters": ChangeRule("counters:NAME=+1@10:00-12:00", "more or fewer open counters", supply.counters, timed=True),
    "policy": ChangeRule("policy=specialised", "longest_free, specialised; longest_wait, service_level", supply.policy, named=False),
    "reserve": ChangeRule("reserve:QUEUE=1", "so many free agents are kept for a queue", supply.reserve),
    "arrivals": ChangeRule("arrivals:QUEUE=+10%@10:00-12:00", "more or fewer customers, also x1.5; without a queue of all", demand.arrivals, named=False, timed=True),
    "handle": ChangeRule("handle:QUEUE=-10%", "longer or shorter handle times", demand.handle, named=False),
    "patience": ChangeRule("patience:QUEUE=+20%", "customers wait longer or shorter before they give up", demand.patience, named=False),
}  # fmt: skip


def changed(problem: TwinProblem, *, changes: Sequence[str]) -> TwinProblem:
    """Return a problem with changes, each made to what the ones before it left.

    Parameters
    ----------
    changes : ``WHAT:WHOM=VALUE@HOURS``, see `RULES`; times are by the problem's clock.

    Raises
    ------
    InputError
        With every change that cannot be made.

    Examples
    --------
    >>> from troth.queueing.twin import problem_from_json
    >>> made, _ = problem_from_json({
    ...     "start": "2026-03-02 08:00", "end": "16:00", "queues": [{"name": "phone", "handle": "4min", "patience": "2min"}],
    ...     "agents": [{"name": "Ana", "queues": "phone", "shifts": "08:00-16:00"}],
    ... })
    >>> [agent.name for agent in changed(made, changes=["staff:phone=+1@10:00-12:00"]).agents]
    ['Ana', 'Ana + 1']
    """
    issues: list[Issue] = []
    for k, text in enumerate(changes):
        try:
            problem = _one(problem, text)
        except ChangeError as error:
            issues.append(Issue(error.code, Severity.ERROR, f"changes[{k}]", text, error.advice))
    if issues:
        raise InputError(issues)
    return problem


def _one(problem: TwinProblem, text: str) -> TwinProblem:
    found = _LINE.fullmatch(text.strip())
    if found is None:
        raise ChangeError("bad-change", "Maybe WHAT:WHOM=VALUE, such as staff:phone=+1@10:00-12:00.")
    what, who = found["what"].strip(), (found["who"] or "").strip()
    if what not in RULES:
        raise ChangeError("unknown-change", near(what, known=RULES))
    rule = RULES[what]
    if rule.named and not who:
        raise ChangeError("bad-change", f"Maybe {rule.form}: whom is it about?")
    value, at, hours = found["value"].partition("@")
    if at and not rule.timed:
        raise ChangeError("takes-no-hours", f"Maybe leave {at}{hours} out.")
    if not value.strip():
        raise ChangeError("bad-change", f"Maybe {rule.form}.")
    clock = WallClock(Span(problem.start, problem.end), zone(problem.time_zone))
    return rule.do(problem, Change(who, value.strip(), _hours(clock, hours) if at else None, clock))


def _hours(clock: WallClock, text: str) -> tuple[Span, ...]:
    try:
        found = tuple(clock.spans(text))
    except ReversedError as error:
        raise ChangeError("span-reversed", str(error)) from None
    except (ValueError, OverflowError):
        raise ChangeError("bad-hours", "Maybe hours such as 10:00-12:00 or mon-fri 10:00-12:00.") from None
    if all(span.clip(clock.span) is None for span in found):
        raise ChangeError("bad-hours", "Maybe other hours: these are not within the time that is simulated.")
    return found
