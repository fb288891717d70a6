"""Beliefs learned from made histories whose truth is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from scipy.special import expit, logit, ndtri

from troth.capacity.projects.promising.beliefs import Beliefs, EstimateBelief, PeopleBelief, SlipBelief
from troth.capacity.projects.promising.history import (
    Attendance,
    ClientReady,
    DealPast,
    Employment,
    PersonWeek,
    PhaseOutcome,
    ProjectHistory,
    PromiseLag,
    ReactiveDay,
)
from troth.capacity.projects.promising.learn import learn

DAY, SINCE = date(2026, 6, 1), date(2025, 6, 2)
NOTHING = ProjectHistory(DAY, SINCE)


def _phases(draws: np.random.Generator, projects: int) -> list[tuple[PhaseOutcome, float]]:
    """Return phases with their log ratios: two types, two estimators, levels 1 to 3, now and then far longer."""
    found = []
    speed = {1.0: 0.8, 2.0: 1.0, 3.0: 1.2}
    for p in range(projects):
        common, estimator = 0.15 * draws.standard_normal(), ("careful", "hopeful")[p % 2]
        for kind, mean, sd, long in (("plan", 0.0, 0.15, 0.0), ("build", 0.2, 0.3, 0.1)):
            for _ in range(2):
                level = float(draws.integers(1, 4))
                ratio = mean + common + (0.3 if estimator == "hopeful" else 0.0) + sd * draws.standard_normal()
                ratio += np.log(2.2) * (draws.random() < long) - np.log(speed[level])
                one = PhaseOutcome(
                    f"p{p}", kind, 100.0, 100.0 * float(np.exp(ratio)), True, estimator, levels={level: 1.0}
                )
                found.append((one, ratio))
    return found


def test_no_data_leaves_everything_as_it_was() -> None:
    """What is learned from nothing is what was believed before, whatever that was."""
    assert learn(NOTHING).beliefs == Beliefs()
    before = Beliefs(slips=SlipBelief(0.2, 5.0), people=PeopleBelief(0.03, 2.0, 0.1), estimate=EstimateBelief(0.1, 0.3))
    assert learn(NOTHING, neutral=before).beliefs == before


def test_estimates_are_recovered() -> None:
    """Means, spreads, the estimators' difference, the project's share and the pace of levels come out of many phases."""
    rows = [one for one, _ in _phases(np.random.default_rng(1), 250)]
    found = learn(replace(NOTHING, phases=tuple(rows))).beliefs
    plan, build = found.estimates["plan"], found.estimates["build"]
    assert found.estimators["hopeful"] - found.estimators["careful"] == pytest.approx(0.3, abs=0.07)
    assert build.mean - plan.mean == pytest.approx(0.2, abs=0.06)
    assert plan.sd == pytest.approx(0.15, abs=0.03)
    assert build.sd == pytest.approx(0.3, abs=0.06)
    assert found.project_sd == pytest.approx(0.15, abs=0.04)
    assert build.long_share == pytest.approx(0.1, abs=0.05)
    assert plan.long_share < 0.04
    assert found.pace.levels[3.0] / found.pace.levels[1.0] == pytest.approx(1.5, abs=0.12)
    # Together they foretell a phase of level two by a hopeful estimator.
    told = build.mean + found.estimators["hopeful"] - np.log(found.pace.levels[2.0])
    assert told == pytest.approx(0.5, abs=0.08)


def test_unfinished_phases_are_not_taken_as_short() -> None:
    """Phases that are cut off while they run count as longer: leaving them out would make estimates look too good."""
    draws, rows = np.random.default_rng(2), list[PhaseOutcome]()
    for k in range(300):
        ratio, cut = float(np.exp(0.3 + 0.3 * draws.standard_normal())), float(draws.uniform(0.7, 2.0))
        rows.append(PhaseOutcome(f"p{k}", "build", 100.0, 100.0 * min(ratio, cut), ratio <= cut))
    whole = learn(replace(NOTHING, phases=tuple(rows))).beliefs
    without = learn(replace(NOTHING, phases=tuple(one for one in rows if one.done))).beliefs
    assert _middle(whole.estimates["build"]) == pytest.approx(0.3, abs=0.06)
    assert _middle(without.estimates["build"]) < _middle(whole.estimates["build"]) - 0.05


def _middle(one: EstimateBelief) -> float:
    """Return the mean of log(actual / estimated), long tasks included: how it is split between them is little known."""
    return one.mean + one.long_share * float(np.log(one.long_factor))


def test_few_phases_say_little() -> None:
    """One phase moves its type less than ten like it do, and a type without any has what all have in common."""
    one = PhaseOutcome("p", "build", 100.0, 200.0)
    few = learn(replace(NOTHING, phases=(one,))).beliefs
    many = learn(replace(NOTHING, phases=tuple(replace(one, project_id=f"p{k}") for k in range(10)))).beliefs
    assert 0 < few.estimates["build"].mean < many.estimates["build"].mean < np.log(2.0)
    assert few.estimate.mean > 0


def _deals(draws: np.random.Generator, months: int, each: int, rho: float, bias: float) -> tuple[DealPast, ...]:
    """Return deals decided in months of a market, stated too high by the second seller."""
    found, market = list[DealPast](), 0.0
    for m in range(months):
        market = 0.5 * market + 0.75**0.5 * draws.standard_normal() if m else draws.standard_normal()
        for k in range(each):
            odds = draws.normal(-0.5, 0.7)
            won = rho**0.5 * market + (1 - rho) ** 0.5 * draws.standard_normal() < ndtri(expit(odds))
            seller, said = ("a", odds) if k % 2 else ("b", odds + bias)
            closed = DAY - timedelta(days=30 * (months - m) + 20)
            opened = closed - timedelta(days=40)
            found.append(
                DealPast(
                    f"d{m}-{k}", ((opened, "lead", float(expit(said))),), closed, bool(won), seller=seller, template="t"
                )
            )
    return tuple(found)


def test_sellers_are_calibrated() -> None:
    """A seller who states log odds too high by one is believed by about one less than who does not."""
    found = learn(replace(NOTHING, deals=_deals(np.random.default_rng(3), 60, 60, 0.0, 1.0))).beliefs.wins
    p = {
        name: found.slope * logit(0.5) + found.shift + found.by_stage["lead"] + found.by_seller[name]
        for name in ("a", "b")
    }
    assert p["a"] == pytest.approx(0.0, abs=0.3)
    assert p["b"] == pytest.approx(-1.0, abs=0.3)


def test_deals_of_a_month_hang_together() -> None:
    """The correlation of a market that is there is found, with its memory; where there is none hardly any is."""
    there = learn(replace(NOTHING, deals=_deals(np.random.default_rng(4), 60, 20, 0.3, 0.0))).beliefs.wins
    none = learn(replace(NOTHING, deals=_deals(np.random.default_rng(5), 60, 20, 0.0, 0.0))).beliefs.wins
    assert 0.18 < there.market < 0.42
    assert 0.2 < there.memory < 0.8
    assert none.market < 0.04


def test_young_deals_do_not_count() -> None:
    """Deals that are lost at once and won late say nothing while they are young: then only the losses are known."""
    draws, deals = np.random.default_rng(6), list[DealPast]()
    for k in range(600):
        opened, won = DAY - timedelta(days=int(draws.integers(1, 365))), draws.random() < 0.5
        closed = opened + timedelta(days=60 if won else 5)
        over = closed < DAY
        deals.append(
            DealPast(
                f"d{k}",
                ((opened, "lead", 0.5),),
                closed if over else None,
                bool(won and over),
                seller="a",
                template="t",
            )
        )
    wins = learn(replace(NOTHING, deals=tuple(deals))).beliefs.wins
    odds = wins.shift + wins.by_stage["lead"] + wins.by_seller["a"]
    assert odds == pytest.approx(0.0, abs=0.25)


def test_time_to_a_win_is_not_cut_short() -> None:
    """Days to the win are those of a deal at a stage, with deals that are not decided yet counted as lasting longer."""
    draws, deals = np.random.default_rng(7), list[DealPast]()
    for k in range(400):
        opened = DAY - timedelta(days=int(draws.integers(1, 150)))
        closed = opened + timedelta(days=1 + int(draws.exponential(50.0)))
        over = closed < DAY
        deals.append(DealPast(f"d{k}", ((opened, "proposal", 0.5),), closed if over else None, over, seller="a"))
    table = learn(replace(NOTHING, deals=tuple(deals))).beliefs.decisions.days["proposal"]
    middle = float(np.interp(0.5, np.linspace(0, 1, len(table)), table))
    # The exponential has no memory: from any day on the median is 50 ln 2.
    assert middle == pytest.approx(34.7, abs=7.0)
    naive = float(np.median([(one.closed - one.stages[0][0]).days for one in deals if one.closed]))
    assert naive < middle


def test_coming_deals_have_their_rate_and_size() -> None:
    """Deals that came up since the log began give a rate by template; those of its first day do not."""
    draws = np.random.default_rng(8)
    deals = [DealPast(f"o{k}", ((SINCE, "lead", 0.3),), template="t") for k in range(30)]
    for k in range(150):
        first = SINCE + timedelta(days=1 + int(draws.integers(362)))
        size = float(np.exp(0.4 * draws.standard_normal()))
        deals.append(
            DealPast(f"d{k}", ((first, "lead", 0.3),), template="t" if k % 3 else "u", hours=100 * size, usual=100.0)
        )
    found = learn(replace(NOTHING, deals=tuple(deals))).beliefs.coming
    assert sum(found.per_week.values()) == pytest.approx(150 / 52, rel=0.05)
    assert found.per_week["t"] / found.per_week["u"] == pytest.approx(2.0, abs=0.15)
    assert found.size_sd == pytest.approx(0.4, abs=0.06)


def test_clients_and_the_house() -> None:
    """The share of late clients, their days, and the house's own lag are means drawn a little to neutral."""
    clients = tuple(ClientReady(f"p{k}", SINCE, 10 if k % 4 == 0 else 0) for k in range(80))
    lags = tuple(PromiseLag(f"d{k}", 11) for k in range(40))
    found = learn(replace(NOTHING, clients=clients, lags=lags)).beliefs
    assert found.slips.share == pytest.approx(0.25, abs=0.02)
    assert found.slips.days == pytest.approx(9.5, abs=0.5)
    assert found.slips.told == {f"p{k}" for k in range(80)}
    assert found.house.lag_days == pytest.approx(10.0, abs=0.1)


def test_absence_attrition_and_hiring() -> None:
    """Days missed, notice given and empty places become rates; a place that is still empty counts as lasting."""
    days = tuple(SINCE + timedelta(days=k) for k in range(300))
    ill = frozenset(day for k, day in enumerate(days) if k % 30 < 2)
    attendance = tuple(Attendance(f"c{k}", days, ill) for k in range(20))
    staff = [Employment(f"c{k}", "x", date(2020, 1, 1)) for k in range(18)]
    for k in range(3):
        ends = SINCE + timedelta(days=90 + 60 * k)
        staff.append(Employment(f"l{k}", "x", date(2020, 1, 1), ends, ends - timedelta(days=30)))
        if k < 2:
            staff.append(Employment(f"n{k}", "x", ends + timedelta(days=40)))
    found = learn(replace(NOTHING, attendance=attendance, staff=tuple(staff))).beliefs.people
    assert found.absence == pytest.approx(2 / 30, abs=0.003)
    assert found.spell == pytest.approx(2.0, abs=0.1)
    assert found.attrition == pytest.approx(3 / 21, abs=0.03)
    assert found.notice_days == pytest.approx(30.0)
    empty = (DAY - (SINCE + timedelta(days=210))).days
    assert found.hiring_days == pytest.approx((40 + 40 + empty + 60) / 3, abs=1.0)


def test_reactive_work_varies_by_day_and_week() -> None:
    """Hours by weekday, the season, and both variations come out of a long record."""
    draws, rows = np.random.default_rng(9), list[ReactiveDay]()
    usual = (12.0, 10.0, 10.0, 9.0, 6.0)
    for week in range(150):
        common = draws.gamma(1 / 0.2**2, 0.2**2)
        for k in range(5):
            day = SINCE + timedelta(days=7 * week + k)
            season = 1.3 if day.month <= 6 else 0.7
            rows.append(ReactiveDay("x", day, usual[k] * season * common * draws.gamma(1 / 0.3**2, 0.3**2)))
    load = learn(replace(NOTHING, reactive=tuple(rows))).beliefs.reactive.loads[0]
    # A day's and a week's variation multiply within a week.
    assert load.day_cv == pytest.approx(0.31, abs=0.04)
    assert load.week_cv == pytest.approx(0.2, abs=0.05)
    assert load.hours[0] / load.hours[4] == pytest.approx(2.0, abs=0.25)
    assert load.months[2] / load.months[9] == pytest.approx(1.3 / 0.7, abs=0.25)
    assert load.hours[5] == 0.0


def test_turns_and_what_is_kept_free() -> None:
    """Where two of six answer each week, the next turn begins with who answered longest ago, and their hours are kept in part."""
    weeks, staff = list[PersonWeek](), tuple(Employment(f"c{k}", "x", date(2020, 1, 1)) for k in range(6))
    for week in range(40):
        duty = {2 * week % 6, (2 * week + 1) % 6}
        for k in range(6):
            booked, helped = (16.0, 15.0) if k in duty else (35.0, 0.0)
            monday = SINCE + timedelta(days=7 * week)
            weeks.append(PersonWeek(f"c{k}", "x", monday, 36.0, booked, booked, helped, 36.0))
    rows = tuple(ReactiveDay("x", SINCE + timedelta(days=k), 6.0) for k in range(280) if k % 7 < 5)
    history = replace(NOTHING, staff=staff, weeks=tuple(weeks), reactive=rows)
    found = learn(history).beliefs.reactive
    assert found.on_duty == 2
    assert found.turn["x"] == ("c2", "c3", "c4", "c5", "c0", "c1")
    assert found.kept == pytest.approx(1 - 16 / 35, abs=0.02)


def test_a_turn_nobody_takes_is_not_seen() -> None:
    """Where all of a team help every week there is no turn, and nothing is kept free."""
    staff = tuple(Employment(f"c{k}", "x", date(2020, 1, 1)) for k in range(4))
    weeks = tuple(
        PersonWeek(f"c{k}", "x", SINCE + timedelta(days=7 * week), 36.0, 30.0, 30.0, 5.0, 36.0)
        for week in range(20)
        for k in range(4)
    )
    rows = tuple(ReactiveDay("x", SINCE + timedelta(days=k), 6.0) for k in range(140) if k % 7 < 5)
    found = learn(replace(NOTHING, staff=staff, weeks=weeks, reactive=rows)).beliefs.reactive
    assert not found.turn
    assert found.kept == 0.0


def test_a_long_task_is_found_in_phases_of_several() -> None:
    """Of phases of two alike tasks, of which one in ten takes three times as long, that is learned: not longer phases."""
    draws, rows = np.random.default_rng(11), list[PhaseOutcome]()
    for k in range(600):
        tasks = 50.0 * np.exp(0.15 * draws.standard_normal(2)) * np.where(draws.random(2) < 0.1, 3.0, 1.0)
        rows.append(PhaseOutcome(f"p{k}", "build", 100.0, float(tasks.sum()), parts=2.0))
    found = learn(replace(NOTHING, phases=tuple(rows))).beliefs.estimates["build"]
    assert found.long_share == pytest.approx(0.1, abs=0.03)
    assert found.long_factor == pytest.approx(3.0, abs=0.4)


def test_levels_lie_on_a_line_where_little_is_known() -> None:
    """From few phases the pace still grows with the level, at the level nobody of whom was seen finishing anything too slow."""
    rows = [one for one, _ in _phases(np.random.default_rng(6), 12)]
    pace = learn(replace(NOTHING, phases=tuple(rows))).beliefs.pace.levels
    assert pace[1.0] < pace[2.0] < pace[3.0]


def test_what_estimates_rest_on_is_unsure_together() -> None:
    """The error that all work has in common is smaller the more phases there were, and of the size it truly has."""
    few, many = (
        [
            learn(
                replace(NOTHING, phases=tuple(one for one, _ in _phases(np.random.default_rng(seed), projects)))
            ).beliefs
            for seed in range(20, 40)
        ]
        for projects in (12, 48)
    )
    said = [float(np.mean([one.common_sd for one in some])) for some in (few, many)]
    assert said[1] < 0.7 * said[0]
    # Of a phase of an average kind, estimator and level.
    told = [
        float(np.mean([_middle(one) for one in of.estimates.values()]) + np.mean(list(of.estimators.values())))
        - float(np.mean([np.log(of.pace.levels[level]) for level in (1.0, 2.0, 3.0)]))
        for of in few
    ]
    assert 0.5 < said[0] / np.std(told) < 2.0, (said, np.std(told))


def test_work_that_comes_by_itself_is_as_it_was_lately() -> None:
    """After two months in which there was half as much, less is foretold than on average, but more than half."""
    days = [DAY - timedelta(days=k) for k in range(1, 350) if (DAY - timedelta(days=k)).weekday() < 5]
    rows = tuple(ReactiveDay("north", one, 4.0 if (DAY - one).days <= 60 else 8.0) for one in days)
    load = learn(replace(NOTHING, reactive=rows)).beliefs.reactive.loads[0]
    # Of a June, whose factor is of the year before.
    told = load.hours[0] * load.months[5]
    assert 4.0 < told < 7.0, told


def test_who_waited_for_others_did_not_work_less_an_hour() -> None:
    """Some weeks in which people who are fully booked had nothing to do leave the share of an hour that is worked as it is."""
    weeks = tuple(
        PersonWeek(f"w{k % 5}", "north", DAY - timedelta(days=7 * (1 + k // 5)), 36.0, 36.0, 10.0 if k % 4 == 0 else 32.4, 0.0, 36.0)
        for k in range(200)
    )  # fmt: skip
    assert learn(replace(NOTHING, weeks=weeks)).beliefs.pace.worked == pytest.approx(0.9, abs=0.01)


def test_few_deals_leave_what_is_won_and_what_comes_unsure() -> None:
    """With four times the deals the errors common to all deals, and of how many come up, are about half as large."""
    few, many = (
        learn(replace(NOTHING, deals=_deals(np.random.default_rng(5), months, 8, 0.0, 0.5))).beliefs
        for months in (5, 20)
    )
    assert 0.4 < many.wins.common_sd / few.wins.common_sd < 0.7
    dated = _deals(np.random.default_rng(5), 11, 8, 0.0, 0.5)
    come = [learn(replace(NOTHING, deals=dated[:k])) for k in (20, 80)]
    counted = [one.rests_on["coming"]["deals"] for one in come]
    assert counted[0] < counted[1]
    assert [one.beliefs.coming.rate_sd for one in come] == pytest.approx([(4 + n) ** -0.5 for n in counted])


def test_what_was_won_before_the_log_began_says_nothing_of_what_will_be() -> None:
    """Deals closed on the log's first day, and those that stood well then, make neither odds nor coming deals look better."""
    deals = _deals(np.random.default_rng(8), 11, 10, 0.0, 0.0)
    sold = tuple(
        DealPast(f"s{k}", ((SINCE, "lead", 0.3),), SINCE, won=True, seller="a", template="t") for k in range(30)
    )
    late = SINCE + timedelta(days=10)
    stood = tuple(
        DealPast(f"t{k}", ((SINCE, "deal", 0.9),), late, won=True, seller="a", template="t") for k in range(30)
    )
    plain, more = (learn(replace(NOTHING, deals=some)).beliefs for some in (deals, (*deals, *sold)))
    assert more.wins == plain.wins and more.decisions == plain.decisions
    both = learn(replace(NOTHING, deals=(*deals, *sold, *stood))).beliefs
    assert more.coming.won == plain.coming.won == both.coming.won
