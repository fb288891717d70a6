"""The sentences of a report."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from troth.charts.numbers import day, number, plural
from troth.core.spans import zone
from troth.core.terms import Direction
from troth.core.time import Step
from troth.kpi.definition import Kpi
from troth.kpi.report.data import Frame, Line, Report
from troth.kpi.scorecard import Standing, changed
from troth.stats import SignalRule

#: Families of KPIs in the order in which a report shows them.
FAMILIES: Final = {
    "speed": "Speed",
    "sla": "Speed",
    "promise": "Promises",
    "outcome": "Outcome",
    "voice": "What customers say",
    "quality": "Quality",
    "worst": "The worst served",
    "customer": "Customers",
    "flow": "Flow",
    "load": "Load",
    "field": "Visits",
}

#: What each rule of a control chart means, short enough to stand beside a point.
RULES: Final = {
    SignalRule.BEYOND_3_SIGMA: "beyond the limits",
    SignalRule.TWO_OF_THREE: "2 of 3 near a limit",
    SignalRule.FOUR_OF_FIVE: "4 of 5 off centre",
    SignalRule.EIGHT_ON_ONE_SIDE: "8 on one side",
    SignalRule.NINE_ON_ONE_SIDE: "9 on one side",
    SignalRule.SIX_TREND: "6 in one direction",
    SignalRule.FOURTEEN_ALTERNATING: "14 up and down",
    SignalRule.FIFTEEN_WITHIN: "15 close to centre",
    SignalRule.EIGHT_OUTSIDE: "8 away from centre",
}

_STEPS: Final = {
    Step.QUARTER_HOUR: "15 minutes", Step.HALF_HOUR: "30 minutes", Step.HOUR: "hour", Step.DAY: "day", Step.WEEK: "week", Step.MONTH: "month",
}  # fmt: skip


def by_family(lines: Sequence[Line]) -> list[tuple[str, Line]]:
    """Return lines with the title of their family, family by family."""
    titles = list(dict.fromkeys(FAMILIES.values()))
    named = [(FAMILIES.get(line.kpi.id.split(".")[0], "Other"), line) for line in lines]
    return sorted(named, key=lambda one: titles.index(one[0]) if one[0] in titles else len(titles))


def step(every: Step) -> str:
    """Return the width of periods in words."""
    return _STEPS.get(every, str(every))


def period(frame: Frame) -> str:
    """Return the period in words, by its first and last day.

    A period that does not begin and end at midnight is said with its times.
    """
    tz = zone(frame.time_zone)
    first, end = frame.start.astimezone(tz), frame.end.astimezone(tz)
    if (first.hour, first.minute, end.hour, end.minute) != (0, 0, 0, 0):
        return f"{day(first)} {first:%H:%M} to {day(end)} {end:%H:%M}"
    last = end - timedelta(days=1)
    if first.date() == last.date():
        return day(first)
    if first.year == last.year:
        begin = f"{first.day}" if first.month == last.month else f"{first.day} {first:%B}"
        return f"{begin} to {day(last)}"
    return f"{day(first)} to {day(last)}"


def length(frame: Frame) -> str:
    """Return how long the period is, to compare with the one before."""
    days = round((frame.end - frame.start) / timedelta(days=1))
    return plural(days // 7, one="week") if days % 7 == 0 else plural(days, one="day")


def short(moment: datetime | str, *, time_zone: str) -> str:
    """Return an instant as people write it in a table."""
    at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    local = at.astimezone(zone(time_zone)) if at.tzinfo else at
    return f"{local:%Y-%m-%d %H:%M}"


def point(start: str) -> str:
    """Return the start of a period as a day in words, or with its time if it is shorter than a day.

    Examples
    --------
    >>> point("2026-05-18T00:00:00+03:00"), point("2026-05-18T09:30:00+03:00")
    ('18 May 2026', '18 May 2026 09:30')
    """
    at = datetime.fromisoformat(start)
    return f"{at.day} {at:%b %Y}" if (at.hour, at.minute) == (0, 0) else f"{at.day} {at:%b %Y %H:%M}"


def headline(report: Report) -> str:
    """Return the answer to "How are we doing?" in one or two sentences."""
    judged = [line for line in report.lines if line.scored.standing is not Standing.NONE]
    if not judged:
        better, worse = _moved(report.lines, 1), _moved(report.lines, -1)
        if not better and not worse:
            return _facts(report)
        return (
            f"No targets are set. {plural(len(better), one='figure')} clearly better, {len(worse)} worse than before."
        )
    met, watch, missed = (
        [line for line in judged if line.scored.standing is s] for s in (Standing.MET, Standing.WATCH, Standing.MISSED)
    )
    if not missed and not watch:
        return f"Well: all {len(judged)} targets are met."
    parts = [f"{len(met)} of {len(judged)} targets are met"]
    if missed:
        parts.append(f"{len(missed)} {'is' if len(missed) == 1 else 'are'} missed")
    if watch:
        parts.append(f"{len(watch)} {'needs' if len(watch) == 1 else 'need'} watching")
    return f"{', '.join(parts)}."


def _facts(report: Report) -> str:
    """Return the plainest facts there are: how much came, and how long it took."""
    lines = {line.kpi.name: line for line in report.lines}
    said = []
    for name, noun in (("flow.volume", "contacts"), ("flow.volume/cases", "cases opened")):
        if name in lines:
            said.append(f"{number(lines[name].figure.value, unit='count')} {noun}")
    for name, verb in (("speed.answer", "answered"), ("speed.resolution", "solved")):
        if name in lines:
            said.append(f"half {verb} within {number(lines[name].figure.p50, unit='s')}")
    return f"{', '.join(said) or 'Little to tell yet'}. No targets are set."


def _moved(lines: Sequence[Line], way: int) -> list[Line]:
    return [line for line in lines if changed(line.figure, direction=line.kpi.direction) == way]


def attention(report: Report, *, limit: int = 4) -> list[Line]:
    """Return what needs attention first: missed targets, then those to watch, the furthest off first; else what got worse."""
    order = {Standing.MISSED: 0, Standing.WATCH: 1}
    judged = [line for line in report.lines if line.scored.standing in order]
    judged.sort(key=lambda line: (order[line.scored.standing], -gap(line)))
    if judged:
        return judged[:limit]
    worse = _moved(report.lines, -1)
    if worse or any(line.scored.standing is Standing.MET for line in report.lines):
        return worse[:limit]
    main = ("flow.volume", "flow.volume/cases", "speed.resolution", "speed.answer", "flow.backlog", "outcome.reopened")
    return [line for name in main for line in report.lines if line.kpi.name == name][:limit]


def gap(line: Line) -> float:
    """Return how far a figure is from its target, as a share of the target; positive is on the bad side."""
    target, value = line.scored.target, line.figure.value
    if target is None or value is None or not target.value:
        return 0.0
    # A share is as far from its target as the failures are: 60 % of 80 % misses twice the allowed.
    far = (value - target.value) / abs(target.value)
    return -far if line.kpi.direction is Direction.HIGHER else far


def against(line: Line) -> str:
    """Return a figure's target in words, such as ``target 60 s or less``."""
    target = line.scored.target
    if target is None:
        return ""
    at_most = line.kpi.direction is Direction.LOWER or (
        line.kpi.direction is Direction.NEITHER and target.amber > target.value
    )
    return f"target {number(target.value, unit=line.kpi.unit)} or {'less' if at_most else 'more'}"


def before(line: Line) -> str:
    """Return how a figure compares with the period before, in words."""
    figure = line.figure
    if figure.previous is None:
        return ""
    was = number(figure.previous, unit=figure.unit)
    way = changed(figure, direction=line.kpi.direction)
    return {1: f"better than {was} before", -1: f"worse than {was} before"}.get(way, f"{was} before")


def better(kpi: Kpi) -> str:
    """Return which way a KPI is better, in words."""
    return {Direction.LOWER: "Lower is better", Direction.HIGHER: "Higher is better"}.get(
        kpi.direction, "Neither high nor low is better by itself"
    )
