"""Beliefs learned from what happened: each part as far as the data goes, the rest neutral."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from troth.capacity.projects.promising import _learn_estimates, _learn_people, _learn_pipeline, _learn_wins
from troth.capacity.projects.promising.beliefs import Beliefs
from troth.capacity.projects.promising.history import ProjectHistory


@dataclass(frozen=True, slots=True)
class LearnedBeliefs:
    """Beliefs and what they rest on.

    Parameters
    ----------
    rests_on : by part, what was counted and how often; a part with nothing but zeros is as before.
    """

    beliefs: Beliefs
    rests_on: Mapping[str, Mapping[str, int]]


def learn(history: ProjectHistory, *, neutral: Beliefs | None = None) -> LearnedBeliefs:
    """Learn what is believed of the months to come from the time so far.

    Little data says little: every number is drawn towards `neutral`, by a normal or conjugate prior that counts as some rows
    (partial pooling: types of task, stages, sellers and templates towards what they have in common, that towards neutral).
    What is not over yet (unfinished phases, open deals, empty places) counts as lasting at least so long.

    Parameters
    ----------
    neutral : what is believed without data; None takes `Beliefs()`. What is not learned is taken from it: the house's rule but
        for `lag_days`, leave not entered yet, the pace of newcomers.

    Source
    ------
    Partial pooling: A. Gelman and J. Hill (2007), Data Analysis Using Regression and Multilevel Models, chapter 12. The rest
    is named where it is done.

    Examples
    --------
    >>> from datetime import date
    >>> from troth.capacity.projects.promising.history import PhaseOutcome, ProjectHistory
    >>> done = tuple(PhaseOutcome(f"p{k}", "build", 100.0, 130.0) for k in range(40))
    >>> found = learn(ProjectHistory(date(2026, 6, 1), date(2026, 1, 1), done))
    >>> round(found.beliefs.estimates["build"].mean, 2), found.rests_on["estimates"]["finished phases"]
    (0.26, 40)
    """
    before = neutral or Beliefs()
    # What was closed by the first day of the log was decided before it.
    seen = [one for one in history.deals if one.closed is None or one.closed > history.since]
    estimates = _learn_estimates.learned(history.phases, neutral=before)
    wins, (deals, months) = _learn_wins.learned(seen, day=history.day, neutral=before.wins)
    decisions, won = _learn_pipeline.decisions(seen, day=history.day, neutral=before.decisions)
    coming, new = _learn_pipeline.coming(seen, day=history.day, since=history.since, neutral=before.coming)
    slips, clients = _learn_pipeline.slips(history.clients, neutral=before.slips)
    people, staff = _learn_people.people(history, neutral=before.people)
    reactive, days = _learn_people.reactive(history, neutral=before.reactive)
    pace = _learn_people.pace(history, neutral=before.pace)
    house = replace(before.house, lag_days=_learn_pipeline.lag(history.lags, neutral=before.house.lag_days))
    beliefs = replace(
        before, estimates=estimates.estimates, estimate=estimates.estimate, estimators=estimates.estimators,
        project_sd=estimates.project_sd, common_sd=estimates.common_sd, wins=wins, decisions=decisions, slips=slips, reactive=reactive, people=people,
        coming=coming, pace=replace(pace, levels=estimates.levels, people=estimates.people), house=house,
    )  # fmt: skip
    return LearnedBeliefs(beliefs, {
        "estimates": {"finished phases": estimates.rows[0], "unfinished phases": estimates.rows[1]},
        "wins": {"deals": deals, "months": months}, "decisions": {"wins": won}, "coming": {"deals": new},
        "slips": {"clients": clients}, "people": staff, "reactive": {"days": days},
        "pace": {"weeks": len(history.weeks)}, "house": {"promises": len(history.lags)},
    })  # fmt: skip
