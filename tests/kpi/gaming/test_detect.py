"""Who stands out, judged on counts with a known truth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.kpi.gaming import Counted, Threshold, found


def _crowd(rng: np.random.Generator, *, people: int, trials: int, share: float, rho: float) -> list[Counted]:
    """Return people whose own shares scatter around a common one (beta), in two places with other shares."""
    tallies = []
    for k in range(people):
        for place, factor in (("a", 1.0), ("b", 2.0)):
            mean = share * factor
            own = rng.beta(mean * (1 / rho - 1), (1 - mean) * (1 / rho - 1)) if rho else mean
            tallies.append(Counted(f"p{k:02d}", place, int(rng.binomial(trials, own)), trials))
    return tallies


@pytest.mark.parametrize(("rho", "most"), [(0.0, 0.03), (0.005, 0.06), (0.02, 0.12)])
def test_where_nobody_games_hardly_anybody_stands_out(rho: float, most: float) -> None:
    """Of two hundred crowds few name anybody, more where people differ by twice as much among themselves as by chance."""
    rng = np.random.default_rng(5)
    named = [
        any(one.suspicious for one in found(_crowd(rng, people=12, trials=150, share=0.1, rho=rho))) for _ in range(200)
    ]
    assert np.mean(named) < most


def test_one_who_does_it_thrice_as_often_is_found_alone() -> None:
    """The one is found nearly always, and nobody is accused in his stead."""
    rng, right, wrong = np.random.default_rng(6), 0, 0
    for _ in range(100):
        crowd = _crowd(rng, people=8, trials=150, share=0.1, rho=0.005)
        crowd[0] = Counted("p00", "a", int(rng.binomial(150, 0.3)), 150)
        crowd[1] = Counted("p00", "b", int(rng.binomial(150, 0.6)), 150)
        names = {one.agent for one in found(crowd) if one.suspicious}
        right += "p00" in names
        wrong += bool(names - {"p00"})
    assert right >= 98
    assert wrong <= 4


def test_one_far_out_does_not_hide_in_a_small_team() -> None:
    """Who is far out is taken out of what the others are compared with, and of how much people differ."""
    crowd = [
        Counted("a", "x", 167, 171),
        Counted("b", "x", 22, 36),
        Counted("c", "x", 19, 39),
        Counted("d", "x", 18, 37),
    ]
    assert [one.agent for one in found(crowd) if one.suspicious] == ["a"]


def test_who_works_where_it_is_usual_does_not_stand_out() -> None:
    """Places are compared with themselves: a high share is no wonder where all have it."""
    crowd = [Counted(name, place, 60 if place == "hard" else 5, 100) for name in "abcd" for place in ("hard", "easy")]
    crowd += [Counted("e", "hard", 240, 400)]
    assert not any(one.suspicious for one in found(crowd))


def test_a_habit_that_gains_nothing_is_allowed_for() -> None:
    """Who sends few surveys at all does not choose; who leaves out only the bad cases does."""
    usual = [Counted(name, "x", 20, 60, 100, 300) for name in "abcdef"]
    lazy = Counted("lazy", "x", 50, 60, 250, 300)
    picky = Counted("picky", "x", 57, 60, 100, 300)
    assert [one.agent for one in found([*usual, lazy, picky]) if one.suspicious] == ["picky"]


def test_where_all_do_it_always_nobody_stands_out() -> None:
    """Nobody is asked at all: who has few cases chooses as little as who has many."""
    crowd = [
        Counted(name, "x", n, n, 50 * n, 50 * n) for name, n in zip("abcdef", (22, 25, 200, 300, 400, 500), strict=True)
    ]
    crowd += [Counted("few", "x", 22, 22, 3, 3)]
    assert not any(one.suspicious for one in found(crowd))


def test_too_few_chances_or_people_give_no_judgement() -> None:
    """Two people are nobody to compare with, and three chances prove nothing."""
    assert found([Counted("a", "x", 30, 30), Counted("b", "x", 0, 30)]) == []
    assert found([Counted(name, "x", 3, 3) for name in "abcd"]) == []
    assert found([]) == []
    assert not any(one.suspicious for one in found([Counted(name, "x", 0, 50) for name in "abcd"]))


@given(
    st.lists(
        st.tuples(st.sampled_from("abcde"), st.sampled_from("xy"), st.integers(0, 80), st.integers(0, 80)),
        min_size=1,
        max_size=20,
    ),
    st.randoms(),
)
def test_the_order_and_cut_of_tallies_does_not_matter(rows: list[tuple[str, str, int, int]], shuffled: object) -> None:
    """Counts of one person and place add up, in whatever order they come."""
    tallies = [Counted(agent, place, min(hits, trials), trials) for agent, place, hits, trials in rows]
    other = list(tallies)
    shuffled.shuffle(other)  # type: ignore[attr-defined]
    merged: dict[tuple[str, str], Counted] = {}
    for one in other:
        before = merged.get((one.agent, one.stratum), Counted(one.agent, one.stratum, 0, 0))
        merged[one.agent, one.stratum] = Counted(
            one.agent, one.stratum, before.hits + one.hits, before.trials + one.trials
        )
    first, second = found(tallies, limits=Threshold(trials=5)), found(list(merged.values()), limits=Threshold(trials=5))
    assert [(one.agent, one.hits, one.suspicious) for one in first] == [
        (one.agent, one.hits, one.suspicious) for one in second
    ]


def test_where_nobody_else_is_nothing_is_compared() -> None:
    """Whoever is alone in a place does much of it there, and stands out by nothing: no colleague had those chances."""
    crowd = [Counted(f"a{n}", "desk", 5, 100) for n in range(6)]
    alone = [*crowd, Counted("a0", "attic", 90, 100)]
    (first, *_), before = found(alone), found(crowd)
    assert not first.suspicious
    assert {one.agent: (one.hits, one.trials) for one in found(alone)} == dict.fromkeys(
        (f"a{n}" for n in range(6)), (5, 100)
    )
    assert found(alone) == before
    pair = [*crowd, Counted("a0", "attic", 90, 100), Counted("a1", "attic", 10, 100)]
    named = [one.agent for one in found(pair) if one.suspicious]
    assert named == ["a0"], "once the one is taken out of the comparison, nobody is left to compare the other with"
