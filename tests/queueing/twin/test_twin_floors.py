"""Floors as they differ from day to day."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np

from tests.queueing.twin.recordings import DAY, recorded_days
from troth.queueing.read import RecordedContacts
from troth.queueing.twin._levels import DayLevels
from troth.queueing.twin.able import daily_skills
from troth.queueing.twin.floors import learn_days
from troth.queueing.twin.learn import Learning

HOW = Learning(idle_rests=0)


def test_levels_part_days_from_chance() -> None:
    """Days that truly differ are told from days that differ by chance alone, in the common and in a kind's own part."""
    rng = np.random.default_rng(1)
    days, error = 300, 0.05
    true = rng.normal(0, 0.2, (days, 1)) + np.array([0.0, 0.0, 0.1]) * rng.normal(size=(days, 1))
    seen = DayLevels.seen(true + rng.normal(0, error, true.shape), variance=np.full(true.shape, error**2))
    drawn = np.array([seen.of(k, rng=rng) for k in range(days)])
    assert np.allclose(drawn.std(axis=0), true.std(axis=0), rtol=0.12)
    told = np.array([seen.of(k) for k in range(days)])
    assert np.abs(told - true).mean() < 0.9 * error * np.sqrt(2 / np.pi) * np.sqrt(2)
    chance = DayLevels.seen(rng.normal(0, error, (days, 2)), variance=np.full((days, 2), error**2))
    assert np.std([chance.of(k, rng=rng) for k in range(days)]) < error / 2


def test_a_day_without_a_measure_may_be_any() -> None:
    """Its level is drawn as of any day; with fewer than two days measured nothing differs."""
    values = np.array([[0.3], [-0.3], [np.nan]])
    seen = DayLevels.seen(values, variance=np.where(np.isnan(values), np.nan, 1e-4))
    draws = [seen.of(2, rng=np.random.default_rng(k))[0] for k in range(200)]
    assert abs(np.mean(draws)) < 0.1 and 0.3 < np.std(draws) < 0.55
    alone = DayLevels.seen(np.array([[0.3], [np.nan]]), variance=np.ones((2, 1)))
    assert alone.of(0, rng=np.random.default_rng(0))[0] == 0


def part_time(seen: RecordedContacts) -> RecordedContacts:
    """Return contacts of which server s0 served none of kind b on the first day."""
    first = seen.day == seen.day[0]
    return replace(seen, agent=np.where(first & (seen.queue == "b") & (seen.agent == "s0"), "s1", seen.agent))


def test_a_kind_a_server_left_out_for_a_day_is_no_skill_of_that_day() -> None:
    """Of one in three calls chance would have left some; the other days and servers keep it."""
    seen = part_time(recorded_days(3))
    served = seen.take(seen.known)
    told = daily_skills(served, able={"s0": ("a", "b"), "s1": ("a", "b"), "": ("a", "b")})
    first, *others = sorted(told["s0"])
    assert told["s0"][first] == ("a",) and all(told["s0"][day] == ("a", "b") for day in others)
    assert set(told["s1"].values()) == {("a", "b")} and "" not in told


def test_days_learned_from_come_back_in_the_floors_drawn() -> None:
    """A slow day is among the floors with about its pace, each belief is a share, and the same seed draws the same."""
    seen = recorded_days(4, calls=150)
    slow = replace(seen, handle_s=np.where(seen.day == seen.day[0], 1.6, 1.0) * seen.handle_s)
    days = [DAY + timedelta(days=k) for k in range(4)]
    found = learn_days(part_time(slow), days=[*days, DAY + timedelta(days=30)], how=HOW, seed=1)
    assert found.days == tuple(sorted({int(day) for day in seen.day}))
    assert np.allclose(found.belief.sum(axis=1), 1) and found.belief.shape == (4, 5)
    drawn = found.drawn(8, seed=3)
    means = np.array([floor.handle["a"].mean_s for floor in drawn])
    assert 1.2 < means[[0, 4]].mean() / means[[1, 2, 3, 5, 6, 7]].mean() < 1.8
    again = found.drawn(8, seed=3)
    assert [f.handle["a"].mean_s for f in again] == list(means) and drawn[0].skills == again[0].skills
    assert found.floor(0).skills["s0"] == ("a",) and found.floor(1).skills["s0"] == ("a", "b")
