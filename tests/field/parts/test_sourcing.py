"""Parts come from where it is cheapest, in time, and no piece twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.field.parts.depot import HOUR, NOW, held, stock
from troth.core.decision import Status, Stop
from troth.core.errors import InputError
from troth.field.parts import (
    SOURCING_RULES,
    FaultyPiece,
    Handover,
    IncomingParts,
    MissReason,
    PartNeed,
    PartOffer,
    Reservation,
    SourceWay,
    SourcingPlan,
    SourcingProblem,
    StockCount,
    StockMove,
    returns,
    source,
    sourcing_breaches,
    supply_options,
)
from troth.field.parts._highspy import Model, Solved

WAYS = (
    Handover("depot", "van-a", HOUR / 2, 1500), Handover("depot", "van-b", HOUR / 2, 2500),
    Handover("van-a", "van-b", HOUR, 900), Handover("van-b", "van-a", HOUR, 900),
)  # fmt: skip


def _problem(seed: int) -> SourcingProblem:
    """Return a random problem of up to three visits, small enough to try all."""
    rng = np.random.default_rng(seed)
    needs, parts = [], ("pump", "fan")
    for k in range(int(rng.integers(1, 4))):
        van, by = (
            ("van-a", "van-b")[int(rng.integers(2))],
            NOW + timedelta(minutes=int(rng.choice([0, 40, 90, 60 * 50]))),
        )
        wanted = parts[: int(rng.integers(1, 3))] if rng.random() < 0.7 else ("fan",)
        needs += [PartNeed(f"v{k}", part, by, int(rng.integers(1, 3)) if part == "pump" else 1, van) for part in wanted]
    places = ("depot", "van-a", "van-b")
    pieces = {(place, part): int(rng.integers(0, 3)) for place in places for part in parts if rng.random() < 0.5}
    ways = tuple(one for one in WAYS if rng.random() < 0.8)
    offers = (
        (PartOffer("pump", "depot", timedelta(days=1), int(rng.integers(0, 900)), 700, int(rng.integers(1, 3))),)
        if rng.random() < 0.6 else ()
    )  # fmt: skip
    coming = (IncomingParts("depot", "fan", 1, NOW + HOUR),) if rng.random() < 0.4 else ()
    return SourcingProblem(
        tuple(needs), held(pieces), ways, offers, coming, int(rng.choice([1000, 2400, 8000])), {"v0": 3100}
    )


def _cheapest(problem: SourcingProblem) -> int:
    """Try everything: for each piece wanted every lot, or its visit missed. Knows nothing of how `source` works."""
    lots: list[tuple[str, str, int, timedelta, int, int]] = [
        (place, part, n, timedelta(0), 0, 0) for (place, part), n in problem.holdings.pieces.items()
    ]
    lots += [(one.place, one.part, one.quantity, one.due_at - NOW, 0, 0) for one in problem.incoming]
    lots += [(o.depot, o.part, o.limit or 99, o.lead, o.unit_cents, o.order_cents) for o in problem.offers]
    ways = {(one.origin, one.van): one for one in problem.handovers}
    units = [need for need in problem.needs for _ in range(need.quantity)]
    choices = []
    for need in units:
        mine = [-1]
        for j, lot in enumerate(lots):
            way = timedelta(0) if lot[0] == need.van else getattr(ways.get((lot[0], need.van)), "takes", None)
            if lot[1] == need.part and way is not None and NOW + lot[3] + way <= need.by_at:
                mine.append(j)
        choices.append(mine)
    best = 10**9
    for pick in product(*choices):
        if any(pick.count(j) > lots[j][2] for j in set(pick) - {-1}):
            continue
        missed = {need.visit for need, j in zip(units, pick, strict=True) if j < 0}
        used = [(need, j) for need, j in zip(units, pick, strict=True) if j >= 0 and need.visit not in missed]
        trips = {(lots[j][0], need.van, need.by_at.date()) for need, j in used if lots[j][0] != need.van}
        cost = sum(problem.missing_cents(visit) for visit in missed) + sum(lots[j][4] for _, j in used)
        cost += sum(ways[trip[:2]].cost_cents for trip in trips) + sum(lots[j][5] for j in {j for _, j in used})
        best = min(best, cost)
    return best


@pytest.mark.parametrize("seed", range(40))
def test_no_plan_is_cheaper(seed: int) -> None:
    """The cost is that of the best of all plans, and an independent judge finds nothing."""
    problem = _problem(seed)
    plan = source(problem)
    assert plan.status is Status.OPTIMAL
    assert plan.cost_cents == plan.bound_cents == _cheapest(problem)
    assert sourcing_breaches(problem, plan=plan) == []


@settings(max_examples=30, deadline=None)
@given(st.integers(100, 10_000), st.integers(2, 12), st.integers(0, 6))
def test_two_visits_never_get_the_same_piece(seed: int, visits: int, pieces: int) -> None:
    """However many visits want a numbered piece, each number goes to one of them, and what lacks is missed with its reason."""
    rng = np.random.default_rng(seed)
    numbers = tuple(f"s{k}" for k in range(pieces))
    holdings = stock(StockCount("depot", "board", pieces, NOW, numbers)).at(NOW)
    needs = tuple(
        PartNeed(f"v{k}", "board", NOW + HOUR, van=("van-a", "van-b")[int(rng.integers(2))]) for k in range(visits)
    )
    problem = SourcingProblem(needs, holdings, WAYS)
    plan = source(problem)
    given_out = [number for one in plan.pieces for number in one.serials]
    assert len(given_out) == len(set(given_out)) == min(visits, pieces)
    assert len(plan.missed) == visits - len(given_out)
    assert {one.reason for one in plan.missed} <= {MissReason.TAKEN if pieces else MissReason.NOT_TO_BE_HAD}
    assert sourcing_breaches(problem, plan=plan) == []
    kept = replace(stock(*[StockCount("depot", "board", pieces, NOW, numbers)]), reservations=plan.reservations()).at(
        NOW
    )
    assert kept.available("depot", part="board") == pieces - len(given_out)
    assert not set(kept.serials("depot", part="board")) & set(given_out)
    assert kept.issues == ()


def test_ways_are_chosen_by_price_and_time() -> None:
    """Own van first, one trip for all of a day, a transfer where it is cheaper, an order where there is time."""
    holdings = held({("van-a", "pump"): 1, ("van-b", "pump"): 1, ("depot", "pump"): 5, ("depot", "fan"): 1})
    soon, late = NOW + 2 * HOUR, NOW + timedelta(days=9)
    needs = (
        PartNeed("v1", "pump", soon, 1, "van-a"), PartNeed("v2", "pump", soon, 2, "van-b"),
        PartNeed("v3", "fan", soon, 1, "van-a"), PartNeed("v4", "pump", soon, 1, "van-a"),
        PartNeed("v5", "fan", late, 1, "van-b"), PartNeed("v6", "fan", soon, 1, "van-b"),
    )  # fmt: skip
    problem = SourcingProblem(needs, holdings, WAYS, (PartOffer("fan", "depot", timedelta(days=7)),))
    plan = source(problem)
    ways = {(one.visit, one.way) for one in plan.pieces}
    assert ("v3", SourceWay.PICK_UP) in ways
    assert ("v5", SourceWay.ORDER) in ways
    # Asta is at the depot for the fan anyway, so that hers go to Bronius: one transfer is cheaper than a trip of his.
    assert {("v2", SourceWay.OWN_VAN), ("v2", SourceWay.TRANSFER)} <= ways
    assert plan.cost_cents == 1500 + 900 + 2500 + 8000
    assert [(one.visit, one.reason, one.earliest_at) for one in plan.missed] == [
        ("v6", MissReason.TAKEN, NOW + timedelta(days=7) + HOUR / 2)
    ]
    assert sourcing_breaches(problem, plan=plan) == []
    dear = source(SourcingProblem((PartNeed("v", "fan", soon, 1, "van-b"),), holdings, WAYS, second_visit_cents=100))
    assert dear.missed[0].reason is MissReason.NOT_WORTH
    tight = SourcingProblem((PartNeed("v", "fan", NOW, 1, "van-b"),), holdings, WAYS)
    assert (source(tight).missed[0].reason, source(tight).missed[0].earliest_at) == (
        MissReason.TOO_LATE,
        NOW + HOUR / 2,
    )


@pytest.mark.parametrize("found", [False, True])
def test_a_search_that_was_stopped_does_not_say_that_a_part_is_not_worth_it(
    monkeypatch: pytest.MonkeyPatch, found: bool
) -> None:
    """What could be had in time was not looked at, whether nothing or nothing better was found; what nobody has stays so, with its fellows."""
    needs = (
        PartNeed("v1", "pump", NOW + HOUR, 1, "van-a"), PartNeed("v2", "fan", NOW + HOUR, 1, "van-a"),
        PartNeed("v3", "fan", NOW + HOUR, 1, "van-a"), PartNeed("v3", "pump", NOW + HOUR, 1, "van-a"),
    )  # fmt: skip
    problem = SourcingProblem(needs, held({("depot", "pump"): 5}), WAYS)
    size = 3 + 1 + 2  # visits, the trip, ways for pumps
    nothing = Solved(np.array([1.0] * 3 + [0.0] * (size - 3)), 24_000.0, float("-inf"), False)
    monkeypatch.setattr(Model, "solve", lambda self, *, seconds: nothing if found else None)
    plan = source(problem, stop=Stop(1))
    assert [(one.visit, one.part, one.reason) for one in plan.missed] == [
        ("v1", "pump", MissReason.NOT_LOOKED_AT), ("v2", "fan", MissReason.NOT_TO_BE_HAD),
        ("v3", "fan", MissReason.NOT_TO_BE_HAD), ("v3", "pump", MissReason.NOT_WORTH),
    ]  # fmt: skip
    assert (plan.status, plan.bound_cents) == (Status.FEASIBLE if found else Status.STOPPED, 0)
    assert sourcing_breaches(problem, plan=plan) == []


def _spoiled(plan: SourcingPlan) -> list[tuple[str, SourcingPlan]]:
    first = plan.pieces[0]
    return [
        ("sourcing.once", replace(plan, pieces=(replace(first, quantity=9), *plan.pieces[1:]))),
        ("sourcing.in-time", replace(plan, pieces=(replace(first, ready_at=NOW + 9 * HOUR), *plan.pieces[1:]))),
        ("sourcing.all-or-none", replace(plan, pieces=plan.pieces[1:])),
        ("sourcing.serial", replace(plan, pieces=(replace(first, serials=("nobody's",)), *plan.pieces[1:]))),
        ("sourcing.cost", replace(plan, trips=())),
    ]


def test_the_judge_finds_each_broken_rule() -> None:
    """Every rule can be broken, and is told by its id."""
    holdings = held({("depot", "pump"): 2})
    problem = SourcingProblem(tuple(PartNeed(v, "pump", NOW + HOUR, 1, "van-a") for v in ("v1", "v2")), holdings, WAYS)
    plan = source(problem)
    assert {rule for rule, _ in _spoiled(plan)} == set(SOURCING_RULES)
    for rule, bad in _spoiled(plan):
        assert rule in {one.code for one in sourcing_breaches(problem, plan=bad)}


def test_all_that_is_wrong_with_a_problem_is_told_at_once() -> None:
    """Unknown parts and places, visits on two vans, prices and times that are none."""
    bad = SourcingProblem(
        (PartNeed("v1", "pmup", NOW, 1, "van-a"), PartNeed("v1", "pump", NOW, -1, "depot"), PartNeed("v2", "fan", NOW)),
        held({}),
        (Handover("moon", "van-a", -HOUR, -5), Handover("depot", "van-a", HOUR, 1)),
        (PartOffer("pump", "van-a", HOUR, limit=-1),),
        (IncomingParts("depot", "pump", 1, NOW.replace(tzinfo=None)),),
        second_visits={"v1": float("nan")},  # type: ignore[dict-item]
    )
    with pytest.raises(InputError) as caught:
        source(bad)
    assert [one.code for one in caught.value.issues] == [
        "unknown-part", "wrong-place", "negative-quantity", "unknown-place", "visit-twice", "unknown-place", "bad-price",
        "negative-time", "wrong-place", "negative-quantity", "naive-time", "bad-price",
    ]  # fmt: skip


def test_options_count_what_is_free() -> None:
    """Vans and depots that hold enough, without what is reserved; one depot for all that lacks; when an order would come."""
    facts = replace(
        stock(
            StockCount("van-a", "pump", 1, NOW),
            StockCount("depot", "pump", 1, NOW),
            StockCount("depot-2", "fan", 1, NOW),
        ),
        reservations=(Reservation("other", "pump", "depot", 1, NOW),),
    )
    needs = [
        PartNeed("v1", "pump", NOW),
        PartNeed("v2", "pump", NOW),
        PartNeed("v2", "fan", NOW),
        PartNeed("v3", "board", NOW),
    ]
    first, second, third = supply_options(
        needs, holdings=facts.at(NOW), offers=[PartOffer("board", "depot", timedelta(days=6))]
    )
    assert first.aboard("asta")
    assert first.pick_ups("bronius") is None
    assert second.pick_ups("asta") == frozenset({"depot-2"})
    assert third.pick_ups("asta") is None
    assert third.parts[0].earliest_at == NOW + timedelta(days=6)
    assert second.as_dict()["parts"][1]["depots"] == {"depot-2": 1}
    with pytest.raises(InputError, match="unknown-part"):
        supply_options([PartNeed("v1", "moon", NOW)], holdings=facts.at(NOW))


def test_what_a_van_no_longer_needs_goes_back() -> None:
    """Reserved pieces stay, the level stays, faulty numbers go to the place of returns."""
    facts = replace(
        stock(StockCount("van-a", "pump", 4, NOW), StockCount("van-a", "board", 3, NOW, ("s1", "s2", "s3"))),
        reservations=(Reservation("v1", "pump", "van-a", 1, NOW),),
    )
    moves = returns(
        facts.at(NOW), depot="depot", keep={("van-a", "pump"): 1, ("van-a", "board"): 1}, at=NOW + HOUR,
        faulty=[FaultyPiece("board", "van-a", "s3", "v9")], returns_place="bin",
    )  # fmt: skip
    assert moves == (
        StockMove("board", 1, "van-a", "bin", NOW + HOUR, "s3", "v9"),
        StockMove("board", 1, "van-a", "depot", NOW + HOUR, "s2"),
        StockMove("pump", 2, "van-a", "depot", NOW + HOUR),
    )
    after = replace(facts, moves=moves).at(NOW + HOUR)
    assert (after.on_hand("van-a", part="pump"), after.available("van-a", part="pump"), after.issues) == (2, 1, ())
    with pytest.raises(InputError) as caught:
        returns(
            facts.at(NOW), depot="van-b", keep={("moon", "pump"): -1}, at=NOW,
            faulty=[FaultyPiece("board", "van-a", "s9"), FaultyPiece("board", "van-a", "s9")],
        )  # fmt: skip
    assert [one.code for one in caught.value.issues] == [
        "wrong-place", "unknown-place", "unknown-place", "negative-quantity", "not-there", "serial-twice", "not-there",
    ]  # fmt: skip
