"""Work that comes by itself, as time sheets show it: hours that are of no project and that nobody pays for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta

import numpy as np

from troth.capacity.projects.portfolio._lake_days import Doors
from troth.capacity.projects.portfolio.use import ReactiveLoad
from troth.capacity.projects.portfolio.work import TimeEntry

#: Weeks that are looked at, and the fewest open days that show anything.
_WEEKS, _FEWEST = 26, 20


def loads_of(
    entries: Sequence[tuple[TimeEntry, str]], *, projects: Collection[str], doors: Mapping[str, Doors], day: date
) -> tuple[ReactiveLoad, ...]:  # fmt: skip
    """Return what each team does of such work on each weekday, and how much days and weeks differ.

    Days and weeks are told apart by the analysis of variance of a random effect of the week (S. R. Searle, G. Casella and
    C. E. McCulloch, 1992, Variance Components, 3.6), of hours relative to the mean of the weekday.

    Parameters
    ----------
    entries : with the team of whoever worked.
    projects : of all ids that are of projects; hours of others that are not billable count.
    doors : opening hours by team.
    """
    total: dict[str, dict[date, float]] = defaultdict(lambda: defaultdict(float))
    since = day - timedelta(weeks=_WEEKS)
    for one, team in entries:
        if not one.billable and one.project_id not in projects and since <= one.day < day:
            total[team][one.day] += one.hours
    out = []
    for team, hours in sorted(total.items()):
        first = min(hours)
        days = [first + timedelta(days=k) for k in range((day - first).days)]
        open_ = [one for one in days if one.weekday() in doors[team].weekdays and one not in doors[team].closed]
        if len(open_) >= _FEWEST:
            out.append(_load(team, open_, np.array([hours.get(one, 0.0) for one in open_])))
    return tuple(out)


def _load(team: str, days: Sequence[date], hours: np.ndarray) -> ReactiveLoad:
    weekday = np.array([one.weekday() for one in days])
    mean = np.array([hours[weekday == k].mean() if (weekday == k).any() else 0.0 for k in range(7)])
    known = mean[weekday] > 0
    ratio = hours[known] / mean[weekday[known]]
    weeks = np.array([one.toordinal() - one.weekday() for one in days])[known]
    _, week = np.unique(weeks, return_inverse=True)
    many = np.bincount(week)
    of_week = np.bincount(week, ratio) / many
    within = float(((ratio - of_week[week]) ** 2).sum() / max(len(ratio) - len(many), 1))
    between = float(((of_week - ratio.mean()) ** 2 * many).sum() / max(len(many) - 1, 1))
    size = (len(ratio) - (many**2).sum() / len(ratio)) / max(len(many) - 1, 1)
    common = max(between - within, 0.0) / size if size > 0 else 0.0
    return ReactiveLoad(
        f"reactive {team}".strip(), tuple(round(float(one), 3) for one in mean), team, day_cv=round(within**0.5, 3), week_cv=round(common**0.5, 3)
    )  # fmt: skip
