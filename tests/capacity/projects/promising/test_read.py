"""The time so far from a lake, and beliefs learned from it that go with its portfolio: nothing is counted twice."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from tests.capacity.projects.portfolio.practice_lake import lake_of_world, lived
from troth.capacity.projects.portfolio import Portfolio
from troth.capacity.projects.portfolio.read import portfolio_of
from troth.capacity.projects.promising import Beliefs, PeopleBelief, SlipBelief
from troth.capacity.projects.promising.learn import learn
from troth.capacity.projects.promising.prepare import PreparedFutures, prepare
from troth.capacity.projects.promising.read import LakeBeliefs, beliefs_of, history_of, last_word
from troth.demo.practice import PracticeWorld
from troth.log.lake import Lake


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> tuple[PracticeWorld, Lake, Portfolio, LakeBeliefs]:
    """Return a practice of 24 in which two left and were replaced, its lake, portfolio and beliefs."""
    world, until = lived(weeks=26, people=24, seed=5)
    lake = lake_of_world(tmp_path_factory.mktemp("lake") / "lake", world, until=until)
    portfolio, _ = portfolio_of(lake)
    return world, lake, portfolio, beliefs_of(lake, portfolio=portfolio)


@pytest.fixture(scope="module")
def ready(house: tuple[PracticeWorld, Lake, Portfolio, LakeBeliefs]) -> PreparedFutures:
    """Return futures of the practice under what was learned of it."""
    found = house[3]
    return prepare(found.portfolio, beliefs=found.learned.beliefs, futures=40, weeks=26, seed=1)


def test_a_lake_gives_the_history_of_its_world(tmp_path: Path) -> None:
    """Deals, finished phases, hours and people of a lake are those of the world that left it behind."""
    world, until = lived(weeks=20)
    lake = lake_of_world(tmp_path / "lake", world, until=until)
    history, _ = history_of(lake)
    record = world.record()
    assert {one.deal_id: one.won for one in history.deals if one.closed} == {
        world.deal_id(number): won for number, _, _, won in record.deals
    }
    done = [one for one in history.phases if one.done]
    assert sum(one.logged for one in done) == pytest.approx(sum(task.logged for task in record.tasks), rel=1e-3)
    assert sum(one.estimated for one in done) == pytest.approx(sum(task.estimate for task in record.tasks), rel=1e-3)
    assert sum(one.hours for one in history.reactive) == pytest.approx(sum(record.support.values()), rel=1e-3)
    here = {h.who.agent_id for h in world.holders if h.came < world.day and h.goes > world.first}
    assert {one.person_id for one in history.staff} == here
    found = learn(history)
    assert found.rests_on["estimates"]["finished phases"] == len(done)
    assert found.beliefs.reactive.on_duty == 2


def test_reactive_work_is_there_once(
    house: tuple[PracticeWorld, Lake, Portfolio, LakeBeliefs], ready: PreparedFutures
) -> None:
    """What is learned takes the place of the portfolio's: as many hours a week come as the world had, by team, not twice as many."""
    world, _, portfolio, found = house
    teams = {one.team for one in found.learned.beliefs.reactive.loads}
    assert teams == {one.team for one in portfolio.reactive} == set(world.truth.teams)
    usual = float(np.mean(list(world.record().support.values())))
    coming = ready.draws.load.sum(axis=(1, 2)).mean() / ready.weeks
    assert ready.draws.load.shape[1] == len(teams)
    assert coming == pytest.approx(usual, rel=0.25)


def test_breaks_are_taken_off_contract_hours_once(
    house: tuple[PracticeWorld, Lake, Portfolio, LakeBeliefs], ready: PreparedFutures
) -> None:
    """A day of futures has the contract's hours less half an hour of lunch, which the world's shifts hold within them."""
    world, _, _, _ = house
    at = (ready.portfolio.day - ready.origin).days + 7
    for k, one in enumerate(ready.portfolio.people):
        holder = next(h for h in world.holders if h.who.agent_id == one.person_id)
        most = max(holder.who.hours)
        if most >= 6 and holder.goes > world.day:
            assert ready.world.hours[k, at:].max() == pytest.approx(most - 0.5, abs=0.05)


def test_leave_that_is_entered_is_the_only_leave(
    house: tuple[PracticeWorld, Lake, Portfolio, LakeBeliefs], ready: PreparedFutures
) -> None:
    """Nobody works on leave that is entered, it makes nobody absent more often, and none is drawn on top."""
    _, _, portfolio, found = house
    learned = found.learned.beliefs.people
    assert learned.leave == 0 and 0.01 < learned.absence < 0.05
    ahead = [
        (k, away) for k, one in enumerate(ready.portfolio.people) for away in one.leave if away.first > portfolio.day
    ]
    assert ahead
    for k, away in ahead:
        a, b = ((day - ready.origin).days for day in (away.first, away.until))
        assert not ready.world.hours[k, a:b].any()
    entered = {one.person_id: one.leave for one in portfolio.people}
    for one in found.history.attendance:
        spans = entered.get(one.person_id, ())
        assert not any(span.first <= day < span.until for span in spans for day in one.missed)


def test_a_place_that_somebody_took_is_not_filled_again(
    house: tuple[PracticeWorld, Lake, Portfolio, LakeBeliefs], ready: PreparedFutures
) -> None:
    """Of each position of the world one person works in the first weeks, though who left still has hours on open projects."""
    _, _, portfolio, found = house
    gone = {one.person_id for one in portfolio.people if (one.contracts[-1].until or date.max) <= portfolio.day}
    assert gone
    works = {one.person_id for k, one in enumerate(ready.portfolio.people) if ready.world.hours[k].any()}
    assert set(Counter(name.rstrip("abc") for name in works).values()) == {1}
    assert found.learned.beliefs.people.empty == frozenset()


def test_who_is_hired_already_takes_the_place(house: tuple[PracticeWorld, Lake, Portfolio, LakeBeliefs]) -> None:
    """On a day between leaving and coming, with the contract of who comes in the tables: nobody else is looked for."""
    _, lake, _, _ = house
    portfolio, _ = portfolio_of(lake, day=date(2026, 6, 24))
    found = beliefs_of(lake, portfolio=portfolio)
    here = {one.person_id for one in found.portfolio.people}
    assert {"p-11b", "p-23b"} <= here and not {"p-11", "p-23"} & here
    assert found.learned.beliefs.people.empty == frozenset()


def test_deals_are_known_or_to_come_but_not_both(
    house: tuple[PracticeWorld, Lake, Portfolio, LakeBeliefs], ready: PreparedFutures
) -> None:
    """Each open project and deal is there once, none that is over, and what is to come is won after the day at the earliest."""
    _, _, portfolio, found = house
    assert len(set(ready.jobs)) == len(ready.jobs)
    over = {one.deal_id for one in found.history.deals if one.closed is not None}
    assert over and not over & set(ready.jobs)
    assert {one.deal_id for one in portfolio.deals} <= set(ready.jobs)
    new = ready.draws.won[:, len(ready.jobs) :]
    assert new.min() > (portfolio.day - ready.origin).days


def test_a_client_who_has_had_a_say_is_not_late_once_more(
    house: tuple[PracticeWorld, Lake, Portfolio, LakeBeliefs], ready: PreparedFutures
) -> None:
    """A delay that is told moved the wanted day of the project; futures delay only clients of whom nothing was heard."""
    _, _, portfolio, found = house
    told = found.learned.beliefs.slips.told
    here = [k for k, name in enumerate(ready.jobs) if name in told]
    assert here and all(ready.lucks[k].slip.max() == 0 for k in here)
    assert any(ready.lucks[k].slip.max() > 0 for k, name in enumerate(ready.jobs) if name not in told)
    late = {one.project_id: one for one in found.history.clients if one.days > 0}
    moved = [one for one in portfolio.projects if one.project_id in late]
    assert moved
    for one in moved:
        client = late[one.project_id]
        assert one.earliest == client.wanted + timedelta(days=client.days)


def test_beliefs_that_do_not_fit_the_house_are_told(house: tuple[PracticeWorld, Lake, Portfolio, LakeBeliefs]) -> None:
    """A template that is gone and a team that nobody is in: told, and futures can be lived all the same."""
    _, lake, portfolio, _ = house
    name = next(iter(portfolio.templates))
    rest = {key: phases for key, phases in portfolio.templates.items() if key != name}
    people = tuple(replace(one, team="elsewhere") for one in portfolio.people)
    found = beliefs_of(lake, portfolio=replace(portfolio, templates=rest, people=people))
    assert Counter(one.code for one in found.issues) == {"unforeseen-deals": 1, "work-of-nobody": 2}
    assert set(found.learned.beliefs.coming.per_week) <= set(rest)
    assert prepare(found.portfolio, beliefs=found.learned.beliefs, futures=2, weeks=2).futures == 2


def test_given_beliefs_stay_as_they_are_but_for_what_the_lake_knows(
    house: tuple[PracticeWorld, Lake, Portfolio, LakeBeliefs],
) -> None:
    """Who has had a say is added, places are settled, everything else is what was given; nothing rests on the lake."""
    _, lake, portfolio, learned = house
    given = Beliefs(slips=SlipBelief(0.4, 5.0, told=frozenset({"x"})), people=PeopleBelief(attrition=0.2))
    found = beliefs_of(lake, portfolio=portfolio, given=given)
    mine = found.learned.beliefs
    assert mine.slips.told == learned.learned.beliefs.slips.told | {"x"}
    assert replace(mine, slips=given.slips, people=given.people) == given and mine.people.attrition == 0.2
    assert found.portfolio == learned.portfolio and not found.learned.rests_on


def test_the_last_word_of_a_deal_is_as_of_the_day(house: tuple[PracticeWorld, Lake, Portfolio, LakeBeliefs]) -> None:
    """What became of a deal, with its project if it was won; before it came up, the day it will; of none, nothing."""
    _, lake, portfolio, found = house
    # Of a deal won on the day it passed its last stages the log may have those after the win.
    quick = [one for one in found.history.deals if one.won and any(day == one.closed for day, _, _ in one.stages)]
    for won in (*quick[:3], next(one for one in found.history.deals if one.won and one.stages)):
        word = last_word(lake, deal=won.deal_id, day=portfolio.day)
        assert (
            word is not None
            and (word.day, word.step) == (won.closed, "won")
            and word.project
            and word.site == "practice-p"
        )
    before = last_word(lake, deal=won.deal_id, day=date(2020, 1, 1))
    assert before is not None and before.day >= date(2026, 3, 1)
    assert last_word(lake, deal="nothing", day=portfolio.day) is None
