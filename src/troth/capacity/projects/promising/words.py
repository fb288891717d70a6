"""Answers and beliefs in words: what a start waits for, what each part of the beliefs says and what it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import exp
from typing import Any, Final

from troth.capacity.projects.portfolio import Portfolio, minor_digits
from troth.capacity.projects.promising._world import loads_of
from troth.capacity.projects.promising.answer import DisplacedJob, EarlierPrice, StartAnswer
from troth.capacity.projects.promising.beliefs import Beliefs
from troth.capacity.projects.promising.learn import LearnedBeliefs
from troth.charts.numbers import plural
from troth.core.decision import Explanation

#: Of many kinds of tasks or stages so many are named.
_NAMED: Final = 5
#: Counts whose name is no plural.
_ONE: Final = {
    "finished phases": "finished phase", "unfinished phases": "unfinished phase", "days due": "day due", "person-years": "person-year",
    "hired": "hired",
}  # fmt: skip
TITLES: Final = {
    "estimates": "How estimates turn out", "wins": "What stated probabilities are worth", "decisions": "When deals are won",
    "coming": "Deals nobody knows of yet", "slips": "Clients who are late", "people": "Who is there",
    "reactive": "Work that comes by itself", "pace": "What an hour achieves", "house": "When the house promises",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class BeliefTold:
    """A part of the beliefs in words.

    Parameters
    ----------
    part : its name, as in `LearnedBeliefs.rests_on`.
    rests : what was counted; empty if there was nothing to learn from.
    believed : what is believed.
    """

    part: str
    rests: str
    believed: str


def beliefs_told(learned: LearnedBeliefs, *, portfolio: Portfolio) -> tuple[BeliefTold, ...]:
    """Return what is believed of the months to come, part by part.

    Examples
    --------
    >>> from datetime import date
    >>> told = beliefs_told(LearnedBeliefs(Beliefs(), {"slips": {"clients": 1}}), portfolio=Portfolio(date(2026, 6, 1)))
    >>> [(one.rests, one.believed) for one in told if one.part == "slips"]
    [('1 client', '0% of clients late')]
    """
    of = learned.beliefs
    says = {
        "estimates": _estimates(of), "wins": _wins(of), "decisions": _decisions(of), "coming": _coming(of), "slips": _slips(of),
        "people": _people(of), "reactive": _reactive(of, portfolio), "pace": _pace(of), "house": _house(of),
    }  # fmt: skip
    return tuple(BeliefTold(part, counted(learned.rests_on.get(part, {})), says[part]) for part in TITLES)


def counted(counts: Mapping[str, int]) -> str:
    """Return what was counted in words; nothing for what was not there.

    Examples
    --------
    >>> counted({"finished phases": 8, "unfinished phases": 1}), counted({"deals": 0})
    ('8 finished phases, 1 unfinished phase', '')
    """
    return ", ".join(
        plural(n, one=_ONE.get(what, what.removesuffix("s")), many=what) for what, n in counts.items() if n
    )


def waits_told(binds: Explanation) -> list[str]:
    """Return what a start waits for, what weighs most first; what is no tenth of a week is left out.

    Examples
    --------
    >>> parts = [("waits-for-client", 3.0), ("waits-for-decision", 0.02)]
    >>> given = [Explanation(code, {"weeks": weeks, "late_weeks": 0.0}) for code, weeks in parts]
    >>> waits_told(Explanation("start-binds", {}, tuple(given)))
    ['3 weeks for the day the client wants']
    """
    first, *rest = _together(binds.parts)
    return [_bind(one) for one in (first, *(one for one in rest if _waited(one) >= 0.05))]


def _waited(one: Explanation) -> float:
    """Return the weeks of a part; of what is not told in weeks enough to be told."""
    return float(one.parameters.get("weeks", 1.0) + one.parameters.get("late_weeks", 0.0))


def _together(parts: Sequence[Explanation]) -> list[Explanation]:
    """Return parts, those of several skills that a start waits for in the same weeks as one."""
    found = list[Explanation]()
    for one in parts:
        last = found[-1] if found else None
        mine, before = dict(one.parameters), dict(last.parameters) if last else {}
        skill, other = mine.pop("skill", None), before.pop("skill", None)
        if last is not None and last.code == one.code and skill and other and mine == before:
            found[-1] = replace(last, parameters={**before, "skill": f"{other} and {skill}"})
        else:
            found.append(one)
    return found


def _bind(one: Explanation) -> str:
    """Return a part of what a start waits for as a sentence; its code if there is no sentence of it."""
    with_ = dict(one.parameters)
    match one.code:
        case "waits-for-client":
            late = f", {_weeks(with_['late_weeks'])} more as clients are late" if with_["late_weeks"] >= 0.05 else ""
            return f"{_weeks(with_['weeks'])} for the day the client wants{late}"
        case "waits-for-decision":
            return f"{_weeks(with_['weeks'])} for the decision"
        case "waits-for-skill":
            return f"{_weeks(with_['weeks'])} for people with {with_['skill']}, in {with_['share']:.0%} of the futures"
        case "reactive-work":
            return f"work that comes by itself takes {with_['hours_a_week']:.0f} of {plural(round(with_['of_hours']), one='hour')} a week"
    return one.code


def _weeks(number: float) -> str:
    """Return weeks as people say them."""
    text = f"{number:.1f}".removesuffix(".0")
    return f"{text} week" if text == "1" else f"{text} weeks"


def _estimates(of: Beliefs) -> str:
    found = sorted(of.estimates.items(), key=lambda item: -abs(item[1].mean))
    kinds = [f"{name} {exp(one.mean) - 1:+.0%}" for name, one in found if name]
    rest = f"{plural(len(kinds) - _NAMED, one='other kind')}" if len(kinds) > _NAMED else ""
    most = (
        ", ".join([*kinds[:_NAMED], *([rest] if rest else [])])
        or f"hours as estimated {exp(of.estimate.mean) - 1:+.0%}"
    )
    return f"{most}; a task varies by {of.estimate.sd:.0%}, a project by {of.project_sd:.0%}"


def _wins(of: Beliefs) -> str:
    worth = 1 / (1 + exp(-of.wins.shift))
    market = f"; deals of a month hang together by {of.wins.market:.2f}" if of.wins.market >= 0.005 else ""
    return f"a stated 50% is worth {worth:.0%}{market}"


def _decisions(of: Beliefs) -> str:
    found = [(name, days[len(days) // 2]) for name, days in of.decisions.days.items()]
    if not found:
        middle = of.decisions.otherwise[len(of.decisions.otherwise) // 2]
        return f"won after {_days(middle)} in the median where no day is expected"
    found.sort(key=lambda item: -item[1])
    return (
        "won, if at all, after "
        + ", ".join(f"{_days(days)} from {name}" for name, days in found[:_NAMED])
        + " in the median"
    )


def _coming(of: Beliefs) -> str:
    rate = sum(of.coming.per_week.values())
    if rate <= 0:
        return "none"
    won = (
        sum(rate * of.coming.won.get(name, of.coming.won_otherwise) for name, rate in of.coming.per_week.items()) / rate
    )
    return f"{rate:.2g} a week, of which {won:.0%} are won"


def _slips(of: Beliefs) -> str:
    late = f", by {_days(of.slips.days)} on average" if of.slips.share > 0 else ""
    return f"{of.slips.share:.0%} of clients late{late}"


def _people(of: Beliefs) -> str:
    how = of.people
    goes = f"{how.attrition:.0%} leave in a year" if how.attrition > 0 else "nobody leaves unannounced"
    refill = f"; a place is filled after {_days(how.hiring_days)}" if how.refill else "; no place is filled again"
    return f"away unexpectedly on {how.absence:.1%} of days, {goes}{refill}"


def _reactive(of: Beliefs, portfolio: Portfolio) -> str:
    loads = loads_of(portfolio, beliefs=of)
    hours = sum(sum(one.hours) for one in loads)
    if hours <= 0:
        return "none"
    turn = f", by {of.reactive.on_duty} of a team in turn" if of.reactive.turn else ""
    kept = (
        f", for whom {of.reactive.kept:.0%} of the hours are kept free"
        if of.reactive.turn and of.reactive.kept > 0
        else ""
    )
    return f"{plural(round(hours), one='hour')} a week{turn}{kept}"


def _pace(of: Beliefs) -> str:
    lost = f", {60 * of.pace.day_lost:.0f} minutes of a day are breaks" if of.pace.day_lost > 0 else ""
    return f"{of.pace.worked:.0%} of what is free goes into projects{lost}"


def _house(of: Beliefs) -> str:
    return f"a start {_days(of.house.lag_days)} after the wanted one, or the win"


def _days(number: Any) -> str:
    return plural(round(float(number)), one="day")


def source_told(source: str, *, since: date | None, day: date) -> str:
    """Return where beliefs come from, in words.

    Examples
    --------
    >>> source_told("learned", since=date(2026, 3, 2), day=date(2026, 8, 29))
    'learned from the log, 2 Mar 2026 to 28 Aug 2026'
    """
    if source == "learned" and since is not None:
        last = day - timedelta(days=1)
        return f"learned from the log, {_day(since)} to {_day(last)}"
    return "neutral guesses, nothing learned" if source == "neutral" else f"as {source} says"


def surely(answer: StartAnswer, *, futures: int, weeks: int) -> str:
    """Return how likely the win is, on what the probabilities rest and how exact they are."""
    error = 0.5 / max(answer.futures, 1.0) ** 0.5
    win = "is sold" if answer.win >= 1 else f"is won, which is {answer.win:.0%} likely"
    text = (
        f"If {answer.deal_id} {win}; rests on {answer.futures:,.0f} of {futures:,} futures, good to about {error:.0%}."
    )
    if answer.win >= 1:
        text = text.removeprefix("If ").replace("; rests", "; this rests", 1)
    if None in answer.starts:
        text += f" Within {plural(weeks, one='week')} it starts in {answer.within:.0%} of them."
    return text + in_turn(answer)


def in_turn(answer: StartAnswer) -> str:
    """Return by when a project starts to which nothing is promised, if no day can be promised; else nothing."""
    begun = {share: day for share in (0.5, 0.8) if (day := answer.begun(share)) is not None}
    if any(answer.starts) or not begun:
        return ""
    said = " and ".join(f"by {_day(day)} in {share:.0%}" for share, day in begun.items())
    return f" A later promise is a later place in the line here, so none is that sure; left in its usual turn it starts {said} of the futures."


def moved_told(one: DisplacedJob, *, currency: str) -> str:
    """Return who would move, in words."""
    late = "" if one.start_days is None else f", then its start {_days(one.start_days)} later"
    if one.start_days is None and one.finish_days is not None:
        late = f", then its finish {_days(one.finish_days)} later"
    risk = f", {_amount(one.at_risk_cents, currency)} at risk" if one.at_risk_cents >= 0.5 else ""
    often = f"{one.probability:.0%}" if one.probability >= 0.005 else "less than 1%"
    return f"moves {one.job_id} with {often}{late}{risk}"


def bought_told(one: EarlierPrice, *, currency: str) -> str:
    """Return what would make a day possible, in words."""
    if one.hours_a_week <= 0:
        return f"kept with {one.probability:.0%} as it is: nothing is to be bought"
    cost = ", at a price nobody has said" if one.cents is None else ""
    if one.cents is not None and one.cents >= 0.5:
        cost = f", about {_amount(one.cents, currency)}"
    return (
        f"kept with {one.probability:.0%} if {plural(round(one.hours_a_week), one='hour')} a week of {', '.join(one.skills)} are bought "
        f"from {_day(one.first)} to {_day(one.until - timedelta(days=1))}{cost}"
    )


def _amount(cents: float, currency: str) -> str:
    """Return an amount with as many decimals as its currency has, and its name."""
    digits = minor_digits(currency)
    return f"{cents / 10**digits:,.{digits}f} {currency}"


def _day(moment: date) -> str:
    return f"{moment.day} {moment:%b %Y}"
