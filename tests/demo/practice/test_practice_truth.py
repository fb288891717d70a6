"""What happens in the practice follows its stated truth: sellers, market, estimates, graders, money."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from math import log as ln
from statistics import fmean, pstdev

import pyarrow.compute as pc
import pytest

from troth.demo.practice import PracticeTruth, PracticeWorld, practice
from troth.demo.practice.people import holders
from troth.demo.practice.sales import logit, passing
from troth.demo.practice.truth import STAGES, TIME

START = datetime(2025, 6, 30, tzinfo=UTC)
TRUTH = practice("p", start="2025-06-30")
SEEDS = range(10)
#: The same market with hardly anybody to do the work, which makes a year cheap.
MARKET = replace(TRUTH, consultants=TRUTH.consultants[:2], support_per_day=0.1)


@lru_cache(maxsize=5)
def years(truth: PracticeTruth) -> tuple[PracticeWorld, ...]:
    """Return a year of each seed, without events."""
    found = []
    for seed in SEEDS:
        world = PracticeWorld(truth, seed, emit=False)
        world.step(START + timedelta(days=365))
        found.append(world)
    return tuple(found)


def _decided(world: PracticeWorld) -> list[tuple[float, bool]]:
    """Return (true probability, won) of the deals that came up early enough to be all decided."""
    taken = TRUTH.backlog + TRUTH.pipeline
    early = [d for d in world.deals.values() if d.number > taken and d.created < world.first + 180]
    assert sum(d.won is None for d in early) <= 2
    return [(d.won_share, bool(d.won)) for d in early if d.won is not None]


def test_as_many_deals_are_won_as_their_true_probabilities_say() -> None:
    """The stated market has mean zero: over years, wins and probabilities agree."""
    deals = [one for world in years(MARKET) for one in _decided(world)]
    expected, won = sum(p for p, _ in deals), sum(w for _, w in deals)
    # A common market doubles or triples the spread of a sum of independent deals.
    spread = sum(p * (1 - p) for p, _ in deals) ** 0.5
    assert len(deals) > 400
    assert abs(won - expected) < 2.5 * 2 * spread


def test_wins_go_together_in_a_common_market_and_not_without_one() -> None:
    """Between years the number of wins varies more than by independent chance, and without a market just as much."""

    def excess(truth: PracticeTruth) -> float:
        gaps, variance = list[float](), list[float]()
        for world in years(truth):
            deals = _decided(world)
            gaps.append(sum(w - p for p, w in deals))
            variance.append(sum(p * (1 - p) for p, _ in deals))
        return fmean(g * g for g in gaps) / fmean(variance)

    assert excess(replace(MARKET, market=0.6)) > 2.5
    assert 0.2 < excess(replace(MARKET, market=0.0)) < 2.5


def test_sellers_state_too_much_as_written_in_the_truth() -> None:
    """The log odds a seller states are above the true ones by the seller's own optimism, in every stage."""
    gaps: dict[int, list[float]] = defaultdict(list)
    for world in years(TRUTH):
        seller = {d.number: d.seller for d in world.deals.values()}
        for number, share, stated, _ in world.ledger.deals:
            for stage, said in enumerate(stated):
                gaps[seller[number]].append(logit(said) - logit(passing(share, stage=len(STAGES) - stage)))
    for k, (_, optimism) in enumerate(TRUTH.sellers):
        assert len(gaps[k]) > 200
        assert fmean(gaps[k]) == pytest.approx(optimism, abs=0.08)


def test_tasks_take_longer_than_estimated_as_stated_and_some_much_longer() -> None:
    """Logarithms of actual over estimate: bias of type and estimator, and a tail heavier than a normal one's."""
    by_type: dict[str, list[float]] = defaultdict(list)
    for world in years(TRUTH):
        for p in world.projects.values():
            for t in p.tasks:
                by_type[t.task_type].append(ln(t.ratio) - TRUTH.estimators[p.deal.estimator][1])
    for kind in TRUTH.tasks:
        found = by_type[kind.task_type]
        assert fmean(found) == pytest.approx(kind.bias + kind.long_share * ln(kind.long_factor), abs=0.08)
    migrations = by_type["migration"]
    spread = TRUTH.tasks[2].spread
    assert sum(x > TRUTH.tasks[2].bias + 2.5 * spread for x in migrations) > 0.01 * len(migrations)
    for world in years(TRUTH)[:3]:
        for done in world.ledger.tasks:
            assert done.estimate * done.ratio / 1.55 < done.logged < done.estimate * done.ratio / 0.55


def test_graders_differ_by_their_severity_in_reviews_and_in_calibrations() -> None:
    """Score less true quality is minus the severity; blind scores against the agreed one say the same."""
    reviews: dict[int, list[float]] = defaultdict(list)
    blind: dict[int, list[float]] = defaultdict(list)
    for world in years(TRUTH):
        for one in world.ledger.reviews:
            if not one.critical:
                reviews[one.grader].append(one.score - one.quality)
        for _, agreed, scores in world.ledger.calibrations:
            for k, score in enumerate(scores):
                blind[k].append(score - agreed)
    for k, grader in enumerate(TRUTH.graders):
        # Nobody gives more than ten of ten, which takes a little from those who are mild or unsteady.
        assert fmean(reviews[k]) == pytest.approx(-grader.severity, abs=1.3)
        assert fmean(blind[k]) == pytest.approx(-grader.severity, abs=1.3)
    assert pstdev(reviews[3]) > 1.5 * pstdev(reviews[0])


def test_the_trial_has_the_effect_that_the_truth_states() -> None:
    """Handling of support is shorter by the stated factor, for each team from its own day on and for none before."""
    trial = TRUTH.trial
    assert trial is not None
    times: dict[tuple[str, int], list[float]] = defaultdict(list)
    for world in years(TRUTH):
        marks = [datetime.fromisoformat(day).timestamp() * 1000 for day in trial.days]
        for _, team, _, begun, ended in world.ledger.asked:
            times[(team, sum(begun >= mark for mark in marks))].append(ended - begun)
    before, between, after = ([fmean(times[(team, k)]) for team in trial.teams] for k in range(3))
    assert between[0] / before[0] == pytest.approx(trial.effect, abs=0.06)
    assert between[1] / before[1] == pytest.approx(1.0, abs=0.06)
    assert after[1] / before[1] == pytest.approx(trial.effect, abs=0.06)


def test_money_is_hours_times_rates_and_budgets_by_phase() -> None:
    """Revenue is the charge of time and materials, plus the parts of budgets whose phase is done; cost the paid hours."""
    world = PracticeWorld(TRUTH, 2)
    log = world.step(START + timedelta(days=200, hours=-4))
    role = {h.who.agent_id: h.who for h in world.holders}
    paid_by_hour = {world.project_id(p.number): p for p in world.projects.values() if p.template.contract_kind == TIME}
    cents = 0.0
    rows = log.filter(pc.equal(log["activity"], "time_logged"))
    for project, agent, hours in zip(*(rows[c].to_pylist() for c in ("subject_id", "agent_id", "value")), strict=True):
        if project in paid_by_hour:
            client = paid_by_hour[project].client.customer_id
            cents += hours * TRUTH.charge(role[agent].role, client=client)
    assert cents > 0
    for p in world.projects.values():
        if p.template.contract_kind != TIME:
            names = [phase.phase for phase in p.template.phases]
            cents += sum(p.budget_cents * p.phase_shares[names.index(name)] for name in p.done_phases)
    assert sum(world.ledger.revenue.values()) == pytest.approx(cents, rel=1e-3)
    rate = [who.cost_cents for who in role.values()]
    paid, cost = sum(world.ledger.paid.values()), sum(world.ledger.cost.values())
    assert min(rate) < cost / paid < max(rate)
    mine = TRUTH.special_rates[0]
    assert TRUTH.charge(mine[0], client=mine[1]) == mine[2] != TRUTH.charge(mine[0], client="nobody")


def test_people_leave_and_are_replaced_at_the_stated_rate() -> None:
    """Over seeds about the stated part of positions changes hands in a year; who comes is known by name and skill."""
    day = date.fromisoformat(TRUTH.start).toordinal() + TRUTH.notice_days
    courses = [holders(TRUTH, seed=seed) for seed in range(100)]
    leavers = fmean(sum(day <= h.goes < day + 365 for h in course) for course in courses)
    # Positions that stand empty for a while have nobody to lose.
    assert leavers / len(TRUTH.consultants) == pytest.approx(TRUTH.leaving, rel=0.12)
    ids = [h.who.agent_id for h in years(TRUTH)[0].holders]
    assert len(set(ids)) == len(ids)


def test_the_truth_is_plain_data() -> None:
    """truth.json can hold it, hidden parameters included."""
    said = json.loads(json.dumps(TRUTH.as_dict()))
    assert said["sellers"][2][1] == 1.1
    assert [g["severity"] for g in said["graders"]] == [g.severity for g in TRUTH.graders]
    assert said["trial"]["effect"] == 0.82
