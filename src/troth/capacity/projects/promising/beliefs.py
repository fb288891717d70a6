"""What is believed about what nobody knows yet: learned from the log, or a neutral guess.

All are plain numbers in stated units, so that they can be read, changed and left out one by one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from troth.capacity.projects.portfolio import ReactiveLoad
from troth.capacity.projects.promising.house import HouseRule


@dataclass(frozen=True, slots=True)
class EstimateBelief:
    """How the hours of a task type turn out: log(actual / estimated) is normal, and now and then a task is far longer.

    Parameters
    ----------
    mean, sd : of log(actual / estimated) of an ordinary task, without what its project and its estimator have in common.
    long_share : share of the tasks that take `long_factor` times as long again; 0 to 1.
    """

    mean: float = 0.0
    sd: float = 0.25
    long_share: float = 0.0
    long_factor: float = 2.0


@dataclass(frozen=True, slots=True)
class WinBelief:
    """What a seller's stated probability p is worth: log odds of a win = slope * logit(p) + shifts.

    Parameters
    ----------
    slope : 1 takes differences between deals at their word, less than 1 shrinks them.
    shift : added to the log odds of every deal.
    by_stage, by_seller : added on top, by the deal's stage and seller; 0 for one that is not named.
    sd : of the log odds of one deal around that, which is not seen; `common_sd` of what all deals of a future have in common:
        how unsure slope and shifts are.
    market : correlation (of the Gaussian copula) of the outcomes of deals decided in the same month, 0 to below 1.
    memory : correlation of the market of a month with that of the month before, 0 to below 1.
    mood : the market of the month of the portfolio's day as far as known, in standard deviations; `mood_sd` what is not
        known of it (1: nothing is known).
    """

    slope: float = 1.0
    shift: float = 0.0
    by_stage: Mapping[str, float] = field(default_factory=dict)
    by_seller: Mapping[str, float] = field(default_factory=dict)
    sd: float = 0.0
    common_sd: float = 0.0
    market: float = 0.0
    memory: float = 0.0
    mood: float = 0.0
    mood_sd: float = 1.0


@dataclass(frozen=True, slots=True)
class DecisionBelief:
    """How long a deal that is won still takes until it is.

    Parameters
    ----------
    days : by stage, equally likely numbers of calendar days from a day on which a deal is at the stage to its win
        (quantiles from low to high, at least two; what lies between is drawn evenly).
    spread : of a deal whose stage is not named and that has an expected day: standard deviation of log(days / expected).
    otherwise : days of a deal that has neither.
    lead : a win is at least so many days before the wanted start, where that leaves a day; None for no such rule.
    """

    days: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    spread: float = 0.4
    otherwise: tuple[float, ...] = (1.0, 7.0, 14.0, 21.0, 35.0, 60.0)
    lead: float | None = None


@dataclass(frozen=True, slots=True)
class SlipBelief:
    """Clients that are not ready on the day they wanted.

    Parameters
    ----------
    share : of clients that are not, 0 to 1.
    days : calendar days by which such a one is late on average (exponential, at least one).
    known_before : calendar days before the wanted day on which the planner hears of it; until then people are booked.
    told : projects that have had their say already: their `earliest` is when they are ready.
    """

    share: float = 0.0
    days: float = 7.0
    known_before: float = 0.0
    told: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ReactiveBelief:
    """Work that comes by itself.

    Parameters
    ----------
    loads : hours a weekday and how much they vary; empty takes those of the portfolio.
    turn : by team, its people in the order in which they answer; the first `on_duty` do in the week of the portfolio's
        day, and the turn moves on by `on_duty` people each week. A team that is not named shares the work among all.
    on_duty : people of a team who answer in a week.
    kept : share of the hours of those on duty that the planner keeps free of projects, 0 to 1.
    waits : hours that wait now, by load; what is not done in a week waits for the next.
    """

    loads: tuple[ReactiveLoad, ...] = ()
    turn: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    on_duty: int = 2
    kept: float = 0.0
    waits: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PeopleBelief:
    """Who is there.

    Parameters
    ----------
    absence : share of working days on which somebody is unexpectedly away, 0 to 1; `spell` days each on average.
    attrition : rate a year at which people give notice (0.12: 12 of 100 people in a year).
    notice_days : calendar days from notice to the last day.
    hiring_days : calendar days on average from then until somebody new begins (exponential); `newcomer` is that one's
        progress in an hour relative to who left.
    refill : whether somebody is hired for who leaves, also where the end of a contract ahead is known.
    empty : ids of people whose contract is over and whose place is still to be filled, if places are (`refill`); who is not
        named here has left for good.
    leave : share of the weeks further ahead than `leave_known` days that will be taken off but are not entered yet.
    """

    absence: float = 0.0
    spell: float = 1.0
    attrition: float = 0.0
    notice_days: float = 30.0
    hiring_days: float = 60.0
    newcomer: float = 1.0
    refill: bool = True
    empty: frozenset[str] = frozenset()
    leave: float = 0.0
    leave_known: float = 90.0


@dataclass(frozen=True, slots=True)
class ComingBelief:
    """Deals that nobody knows of yet.

    Parameters
    ----------
    per_week : deals of a template that come up in an average week, by template of the portfolio.
    rate_sd : standard deviation of the logarithm of the rate of all templates together: how unsure it is.
    size_sd : standard deviation of log(hours / the template's hours) of a deal.
    months : factor of each month, January first.
    won : share that is won in the end in an average market, by template; `won_otherwise` of others.
    decided : equally likely calendar days from when it comes up to its win (quantiles as in `DecisionBelief`).
    wanted : equally likely calendar days from its win to the wanted start.
    """

    per_week: Mapping[str, float] = field(default_factory=dict)
    rate_sd: float = 0.0
    size_sd: float = 0.35
    months: tuple[float, ...] = (1.0,) * 12
    won: Mapping[str, float] = field(default_factory=dict)
    won_otherwise: float = 0.3
    decided: tuple[float, ...] = (20.0, 40.0, 55.0, 70.0, 100.0)
    wanted: tuple[float, ...] = (7.0, 14.0, 28.0, 42.0, 90.0)


@dataclass(frozen=True, slots=True)
class PaceBelief:
    """What an hour achieves.

    Parameters
    ----------
    levels : progress of an hour by level of the skill held, in hours of the estimate's average person; between two
        levels it is read off the line, beyond the last it stays. Empty: 1 at every level.
    people : factor of a person on top, 1 for one that is not named.
    worked : share of the hours left after absence, reservations and reactive work that goes into projects.
    day_lost : hours of each attended day that nobody plans or works (breaks), on days of at least `long_day` hours.
    """

    levels: Mapping[float, float] = field(default_factory=dict)
    people: Mapping[str, float] = field(default_factory=dict)
    worked: float = 1.0
    day_lost: float = 0.0
    long_day: float = 6.0


#: Names of `Beliefs.without`.
PARTS: Final = ("estimates", "wins", "market", "slips", "reactive", "absence", "attrition", "coming", "pace")


@dataclass(frozen=True, slots=True)
class Beliefs:
    """All that is believed of the months to come.

    Parameters
    ----------
    estimates : by task type; `estimate` is for one that is not named.
    estimators : added to the mean of log(actual / estimated), by who estimated.
    project_sd : standard deviation of what the log ratios of all tasks of one project have in common.
    common_sd : standard deviation of what the log ratios of all tasks of a future have in common: how unsure the numbers of the
        estimates are.
    house : how the house gives people's hours to projects.

    Examples
    --------
    >>> learned = Beliefs(wins=WinBelief(market=0.2, memory=0.5), slips=SlipBelief(0.3, 9.0))
    >>> learned.without("market").wins.market, learned.without("slips").slips.share
    (0.0, 0.0)
    """

    estimates: Mapping[str, EstimateBelief] = field(default_factory=dict)
    estimate: EstimateBelief = EstimateBelief()
    estimators: Mapping[str, float] = field(default_factory=dict)
    project_sd: float = 0.1
    common_sd: float = 0.0
    wins: WinBelief = WinBelief()
    decisions: DecisionBelief = DecisionBelief()
    slips: SlipBelief = SlipBelief()
    reactive: ReactiveBelief = ReactiveBelief()
    people: PeopleBelief = PeopleBelief()
    coming: ComingBelief = ComingBelief()
    pace: PaceBelief = PaceBelief()
    house: HouseRule = field(default_factory=HouseRule)

    def without(self, part: str) -> Beliefs:
        """Return these beliefs with one part left out, to see what it is worth.

        Parameters
        ----------
        part : ``estimates`` (hours come as estimated), ``wins`` (sellers are believed), ``market`` (outcomes of deals are
            independent), ``slips``, ``reactive`` (no reactive work, nothing kept for it), ``absence``, ``attrition``,
            ``coming`` (no deals but the known ones), ``pace`` (every hour is an hour).

        Raises
        ------
        ValueError
            Of a part there is not.
        """
        match part:
            case "estimates":
                exact = EstimateBelief(sd=0.0)
                return replace(self, estimates={}, estimate=exact, estimators={}, project_sd=0.0, common_sd=0.0)
            case "wins":
                said = WinBelief(market=self.wins.market, memory=self.wins.memory)
                return replace(self, wins=replace(said, mood=self.wins.mood, mood_sd=self.wins.mood_sd))
            case "market":
                return replace(self, wins=replace(self.wins, market=0.0, memory=0.0, mood=0.0, mood_sd=1.0))
            case "slips":
                return replace(self, slips=SlipBelief())
            case "reactive":
                none = ReactiveLoad("none", (0.0,) * 7)
                return replace(self, reactive=ReactiveBelief(loads=(none,)))
            case "absence":
                return replace(self, people=replace(self.people, absence=0.0))
            case "attrition":
                return replace(self, people=replace(self.people, attrition=0.0, refill=False))
            case "coming":
                return replace(self, coming=ComingBelief())
            case "pace":
                return replace(self, pace=PaceBelief())
        raise ValueError(f"Maybe one of {', '.join(PARTS)} is meant, not {part!r}.")
