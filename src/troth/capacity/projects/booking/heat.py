"""Hours of skills by week: what holders have, what is booked of them, and what nobody is named for yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from troth.capacity.projects.booking._loads import CountedBookings, days
from troth.capacity.projects.booking.laying import lay
from troth.capacity.projects.portfolio import Portfolio, weeks


@dataclass(frozen=True, slots=True)
class SkillWeeks:
    """Hours by skill and week. Who holds two skills is counted in both, with all their hours and all they are booked for.

    Parameters
    ----------
    skills, mondays : of rows and columns; the first week begins with the portfolio's day.
    there : (skills, weeks) hours of those who hold the skill, before any booking.
    hard, soft : (skills, weeks) hours they are booked for, whatever for; soft ones in full.
    unnamed : (skills, weeks) hours of bookings that ask for the skill and name nobody; in full.
    expected : (skills, weeks) hours of `soft` and `unnamed` times their probability.
    """

    skills: tuple[str, ...]
    mondays: tuple[date, ...]
    there: Any
    hard: Any
    soft: Any
    unnamed: Any
    expected: Any

    @property
    def left(self) -> Any:
        """Hours left beside hard bookings; negative where spreads lay more than there is."""
        return self.there - self.hard

    @property
    def left_if_all_come(self) -> Any:
        """Hours left if all that is soft comes and somebody must do what names nobody."""
        return self.there - self.hard - self.soft - self.unnamed


def skill_weeks(portfolio: Portfolio, *, until: date, skills: tuple[str, ...] = ()) -> SkillWeeks:
    """Return hours by skill and week, as the spreads of bookings lay them.

    Whether somebody can do what they are booked for is not for sums of weeks to say: `overbooked` does.

    Parameters
    ----------
    until : the day after the last; what comes later is left out.
    skills : which, in the order wanted; empty for all that somebody holds or a booking asks for.

    Examples
    --------
    >>> from troth.capacity.projects.portfolio import Consultant, ContractTerms, HeldSkill, ProjectBooking
    >>> ada = Consultant("ada", (ContractTerms(date(2026, 1, 1)),), (HeldSkill("sap"),))
    >>> booked = ProjectBooking("b", "p", date(2026, 6, 1), date(2026, 6, 13), 20, "ada")
    >>> some = skill_weeks(Portfolio(date(2026, 6, 1), (ada,), bookings=(booked,)), until=date(2026, 6, 15))
    >>> some.skills, some.there.tolist(), some.left.tolist()
    (('sap',), [[40.0, 40.0]], [[30.0, 30.0]])
    """
    held = {one.skill for who in portfolio.people if not who.placeholder for one in who.skills}
    names = skills or tuple(sorted(held | {one.skill for one in portfolio.bookings if one.skill}))
    mondays = weeks(portfolio.day, until=until)
    have = days(portfolio, until=until)
    many = have.hours.shape[1]
    column = np.array([(k + portfolio.day.weekday()) // 7 for k in range(many)], int)
    hard, soft = np.zeros_like(have.hours), np.zeros_like(have.hours)
    likely = np.zeros_like(have.hours)
    unnamed, expected = np.zeros((len(names), len(mondays))), np.zeros((len(names), len(mondays)))
    for one in lay(portfolio, counted=CountedBookings.ALL):
        hours = np.array(one.hours[:many])
        chance, row = one.booking.probability, have.row.get(one.booking.person_id)
        if row is not None:
            (hard if one.booking.hard else soft)[row, : len(hours)] += hours
            likely[row, : len(hours)] += 0.0 if one.booking.hard else chance * hours
        elif one.booking.skill in names:
            s = names.index(one.booking.skill)
            np.add.at(unnamed[s], column[: len(hours)], hours)
            np.add.at(expected[s], column[: len(hours)], chance * hours)
    holds = _holds(portfolio, have.names, names, many)
    out = {name: np.zeros((len(names), len(mondays))) for name in ("there", "hard", "soft", "likely")}
    for name, table in (("there", have.hours), ("hard", hard), ("soft", soft), ("likely", likely)):
        for s in range(len(names)):
            np.add.at(out[name][s], column, (holds[s] * table).sum(axis=0))
    return SkillWeeks(names, tuple(mondays), out["there"], out["hard"], out["soft"], unnamed, expected + out["likely"])


def _holds(portfolio: Portfolio, people: list[str], skills: tuple[str, ...], many: int) -> Any:
    """Return (skills, people, days) whether a skill is held."""
    out = np.zeros((len(skills), len(people), many), bool)
    row = {name: k for k, name in enumerate(people)}
    end = portfolio.day + timedelta(days=many)
    for who in portfolio.people:
        for one in who.skills:
            if one.skill in skills and who.person_id in row:
                a = (max(one.first or portfolio.day, portfolio.day) - portfolio.day).days
                b = (min(one.until or end, end) - portfolio.day).days
                out[skills.index(one.skill), row[who.person_id], a : max(a, b)] = True
    return out
