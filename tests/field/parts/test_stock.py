"""Stock is what its facts add up to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.field.parts.depot import HOUR, NOW, PARTS, PLACES, stock
from troth.core.errors import InputError
from troth.core.terms import ACTIVITIES
from troth.demo.field import FieldWorld, field_service
from troth.demo.field.tables import reference
from troth.field.parts import (
    Reservation,
    Stock,
    StockCount,
    StockedPart,
    StockMove,
    StockPlace,
    StockPlaceKind,
    stock_of,
)
from troth.log.reference import TABLES


def test_a_count_resets_and_moves_add_up() -> None:
    """What was computed before a count is forgotten; a move at its instant comes after it."""
    facts = replace(
        stock(StockCount("depot", "pump", 5, NOW), StockCount("depot", "pump", 4, NOW + 3 * HOUR)),
        moves=(
            StockMove("pump", 3, "depot", "van-a", NOW),
            StockMove("pump", 1, "van-a", "", NOW + HOUR, visit="v1"),
            StockMove("pump", 6, "supplier", "depot", NOW + 3 * HOUR),
        ),
    )
    after = [facts.at(NOW + k * HOUR).on_hand("depot", part="pump") for k in (-1, 0, 2, 3)]
    assert after == [0, 2, 2, 10]
    assert facts.at(NOW + HOUR).on_hand("van-a", part="pump") == 2
    assert facts.at(NOW + 3 * HOUR).on_hand("supplier", part="pump") == 0
    assert facts.at(NOW + 3 * HOUR).issues == ()


def test_stock_is_never_negative_without_saying_so() -> None:
    """A piece that was not there must have come unrecorded: 0 and a warning, and later deliveries count in full."""
    facts = replace(
        stock(StockCount("van-a", "pump", 1, NOW)),
        moves=(StockMove("pump", 2, "van-a", "", NOW + HOUR), StockMove("pump", 2, "depot", "van-a", NOW + 2 * HOUR)),
    )
    now = facts.at(NOW + 2 * HOUR)
    assert now.on_hand("van-a", part="pump") == 2
    assert [(one.code, one.where, one.value) for one in now.issues] == [
        ("negative-stock", "van-a pump", "-1"), ("negative-stock", "depot pump", "-2"),
    ]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(("depot", "van-a", "van-b", "supplier")), st.sampled_from(("depot", "van-a", "")),
                  st.integers(1, 4), st.integers(0, 9)),
        max_size=12,
    )
)  # fmt: skip
def test_pieces_are_conserved_where_nothing_is_said(moves: list[tuple[str, str, int, int]]) -> None:
    """On hand is never below 0; without a warning, what came less what was used is what is there."""
    facts = replace(
        stock(StockCount("depot", "pump", 6, NOW)),
        moves=tuple(StockMove("pump", n, a, b, NOW + k * HOUR) for a, b, n, k in moves if a != b),
    )
    now = facts.at(NOW + 10 * HOUR)
    assert all(n > 0 for n in now.pieces.values())
    if not now.issues:
        came = sum(one.quantity for one in facts.moves if one.origin == "supplier" and one.target)
        used = sum(one.quantity for one in facts.moves if not one.target and one.origin != "supplier")
        assert sum(now.pieces.values()) == 6 + came - used


def test_a_reservation_holds_until_its_visit_takes_it() -> None:
    """Reserved pieces are not available; the visit's own move or use ends the reservation, another visit's does not."""
    facts = replace(
        stock(StockCount("depot", "pump", 2, NOW)),
        reservations=(Reservation("v1", "pump", "depot", 1, NOW + HOUR),),
        moves=(
            StockMove("pump", 1, "depot", "van-b", NOW + 2 * HOUR, visit="v2"),
            StockMove("pump", 1, "depot", "van-a", NOW + 3 * HOUR, visit="v1"),
        ),
    )
    told = [(one.reserved("depot", part="pump"), one.available("depot", part="pump"))
            for one in (facts.at(NOW + k * HOUR) for k in range(4))]  # fmt: skip
    assert told == [(0, 2), (1, 1), (1, 0), (0, 0)]
    more = replace(facts, reservations=(*facts.reservations, Reservation("v3", "pump", "depot", 5, NOW)))
    assert [one.code for one in more.at(NOW + HOUR).issues] == ["over-reserved"]


def test_pieces_with_numbers_are_followed_one_by_one() -> None:
    """A number is in one place; one that comes from elsewhere, twice, or not at all is told."""
    arrive = [StockMove("board", 1, "supplier", "depot", NOW, serial=n) for n in ("s1", "s2")]
    facts = replace(
        stock(),
        moves=(
            *arrive,
            StockMove("board", 1, "depot", "van-a", NOW + HOUR, "s1"),
            StockMove("board", 1, "van-a", "bin", NOW + 2 * HOUR, "s1"),
            StockMove("board", 1, "depot", "van-b", NOW + 3 * HOUR),
            StockMove("board", 1, "van-b", "", NOW + 4 * HOUR, "s1"),
        ),
    )
    assert facts.at(NOW + HOUR).serials("van-a", part="board") == ("s1",)
    faulty = facts.at(NOW + 2 * HOUR)
    assert (faulty.on_hand("bin", part="board"), faulty.available("bin", part="board")) == (1, 0)
    assert [one.code for one in facts.at(NOW + 4 * HOUR).issues] == ["no-serial", "serial-elsewhere"]
    counted = replace(facts, counts=(StockCount("depot", "board", 2, NOW + 5 * HOUR, ("s2", "s1")),))
    assert counted.at(NOW + 5 * HOUR).serials("depot", part="board") == ("s1", "s2")
    assert "serial-used-up" in [
        one.code for one in replace(facts, moves=(*facts.moves, StockMove("board", 1, "van-b", "depot", NOW + 5 * HOUR, "s1")))
        .at(NOW + 5 * HOUR).issues
    ]  # fmt: skip
    kept = replace(counted, reservations=(Reservation("v1", "board", "depot", 1, NOW + 5 * HOUR, ("s1",)),))
    assert kept.at(NOW + 5 * HOUR).serials("depot", part="board") == ("s2",)


def test_all_that_is_wrong_is_told_at_once() -> None:
    """Unknown names, negative and broken quantities, times without offset, numbers twice."""
    bad = Stock(
        (*PLACES, StockPlace("depot", StockPlaceKind.DEPOT)),
        (*PARTS, StockedPart("pump")),
        counts=(
            StockCount("depto", "pump", -1, NOW),
            StockCount("depot", "pmup", float("nan"), NOW),  # type: ignore[arg-type]
            StockCount("depot", "board", 3, datetime(2026, 3, 2, 6), ("s1", "s1")),  # noqa: DTZ001
        ),
        moves=(StockMove("board", 2, "depot", "depot", NOW, "s1"), StockMove("pump", 0, "moon", "van-a", NOW)),
        reservations=(Reservation("v1", "pump", "moon", 1, NOW),),
    )
    with pytest.raises(InputError) as caught:
        bad.at(NOW)
    assert [one.code for one in caught.value.issues] == [
        "place-twice", "part-twice", "unknown-place", "negative-quantity", "unknown-part", "bad-quantity", "naive-time",
        "serial-twice", "serials-differ", "no-move", "serial-of-many", "unknown-place", "negative-quantity", "unknown-place",
    ]  # fmt: skip
    assert all(one.advice.startswith("Maybe ") for one in caught.value.issues)


def _tables(truth: Any, until: datetime) -> dict[str, list[dict[str, Any]]]:
    found = {}
    for name, rows in reference(truth, until=until).items():
        made = [dict(zip(TABLES[name].schema.names, row, strict=False)) for row in rows]
        found[name] = [{**row, "valid_from": date.fromisoformat(row["valid_from"])} for row in made]
    return found


def test_what_no_log_knows_is_left_to_the_caller() -> None:
    """There is no word for reservations and for numbers of pieces in a lake: stock has neither until somebody adds them."""
    assert "serial" not in TABLES["parts"].schema.names
    assert all("serial" not in ACTIVITIES[name].keys for name in ("part_moved", "part_used"))
    tables: dict[str, list[dict[str, Any]]] = {
        "locations": [{"location": "depot", "kind": "depot", "holder": "s", "site": "s"}],
        "parts": [{"part": "board"}],
        "stock_levels": [{"location": "depot", "part": "board", "quantity": 2.0, "valid_from": NOW.date()}],
    }
    found, issues = stock_of([], tables=tables)
    assert issues == []
    assert (found.reservations, [one.serial for one in found.parts]) == ((), [False])
    numbered = replace(
        found, parts=(StockedPart("board", serial=True),), reservations=(Reservation("v1", "board", "depot", 1, NOW),)
    )
    moved = replace(numbered, moves=(StockMove("board", 1, "depot", "supplier", NOW + HOUR),))
    assert numbered.at(NOW).available("depot", part="board") == 1
    assert [one.code for one in moved.at(NOW + HOUR).issues] == ["no-serial"]


def test_the_demo_companys_log_adds_up_to_what_its_vans_hold() -> None:
    """Counts of the reference tables and moves of the log give every van and the depot of the world itself."""
    truth = field_service("f", start="2026-03-02", days=40, size=0.5)
    world, until = FieldWorld(truth, seed=2, keep=False), datetime(2026, 4, 9, 12, tzinfo=UTC)
    events = world.step(until).to_pylist()
    found, issues = stock_of(events, tables=_tables(truth, until))
    assert issues == []
    now, known = found.at(until), world.known()
    vans = {one["technician"]: one["van"] for one in known["technicians"]}
    assert {
        who: {part: now.on_hand(now.van_of(who) or "", part=part) for part in van} for who, van in vans.items()
    } == vans
    assert {part: now.on_hand("depot-f", part=part) for part in known["depot"]} == known["depot"]
    broken = [{**events[0], "activity": "part_used", "attributes": '{"part": "pmup"}', "value": 0.5}]
    again, told = stock_of([*events, *broken], tables=_tables(truth, until))
    assert len(again.moves) == len(found.moves)
    assert {"unknown-part", "bad-quantity", "unknown-place"} <= {one.code for one in told}
    assert again.at(until + timedelta(days=1)).pieces == now.pieces
