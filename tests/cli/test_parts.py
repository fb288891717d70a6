"""`troth parts`: levels, sources and loads of files and of a lake; wrong input told whole with status 2."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from troth.cli.main import DONE, ISSUES, WRONG, main
from troth.demo.field import FieldWorld, field_service
from troth.demo.field.tables import reference
from troth.field.parts import (
    StockPrices,
    best_level,
    critical_ratio,
    judged_level,
    newsvendor_level,
    seldom_paths,
)
from troth.field.parts._highspy import Model
from troth.field.parts.read import read_stock
from troth.log.lake import Lake
from troth.log.reference import TABLES
from troth.log.references import import_reference

NOW = "2026-03-02T07:00+02:00"
USED = [0, 0, 1, 0, 0, 0, 2, 0, 0, 1] * 12
LEVELS: dict[str, Any] = {
    "short_cents": 9000, "hold_cents_day": 10, "order_cents": 500, "lead_days": 4,
    "parts": [
        {"part": "pump", "used": USED},
        {"part": "fan", "place": "van-asta", "used": USED[:40], "lead_days": 0, "over_cents": 300, "reorder_at": 0, "order_up_to": 9},
    ],
}  # fmt: skip
SOURCE: dict[str, Any] = {
    "at": NOW, "second_visit_cents": 9000,
    "places": [{"place": "depot", "kind": "depot"}, {"place": "van-asta", "kind": "van", "holder": "asta"},
               {"place": "van-jonas", "kind": "van", "holder": "jonas"}],
    "parts": [{"part": "pump", "cost_cents": 14900}, {"part": "fan", "lead": "48h"}],
    "stock": [{"place": "depot", "part": "pump", "quantity": 1}, {"place": "van-asta", "part": "fan", "quantity": 1},
              {"place": "van-jonas", "part": "pump", "quantity": 1}],
    "needs": [{"visit": "v1", "part": "pump", "by_at": "2026-03-02T12:00+02:00", "van": "van-asta"},
              {"visit": "v2", "part": "pump", "by_at": "2026-03-02T12:00+02:00", "van": "van-jonas"},
              {"visit": "v3", "part": "fan", "by_at": "2026-03-02T12:00+02:00", "van": "van-jonas"}],
    "handovers": [{"origin": "depot", "van": "van-asta", "takes": "40min", "cost_cents": 1800}],
    "offers": [{"part": "fan", "depot": "depot", "lead": "120h"}],
}  # fmt: skip
LOAD: dict[str, Any] = {
    "visits": [{"visit": "v1", "van": "van-asta", "chances": {"pump": 0.3, "fan": 0.1}}, {"visit": "v2", "van": "van-asta", "chances": {"pump": 0.3}}],
    "vans": [{"van": "van-asta", "limits": {"pieces": 2}}], "depot": {"pump": 5, "fan": 5},
}  # fmt: skip


class Desk:
    """Files, and what commands about them print."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys

    def run(self, words: str, data: Any = None, *, status: int = DONE) -> str:
        """Return what a command prints; `data` is what its file holds."""
        given = words.split()
        if data is not None:
            path = self.folder / "file.json"
            path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
            given.insert(1, str(path))
        found = main(["parts", *given])
        printed = self.capsys.readouterr()
        assert found == status, printed
        return printed.out

    def told(self, words: str, data: Any = None, *, status: int = DONE) -> Any:
        """Return what a command prints as JSON."""
        return json.loads(self.run(f"{words} --format json", data, status=status))

    def issues(self, words: str, data: Any = None) -> set[tuple[str, str]]:
        """Return code and place of what is wrong."""
        found = self.told(words, data, status=WRONG)["issues"]
        assert all(one["advice"].startswith("Maybe") and one["severity"] == "error" for one in found)
        return {(one["code"], one["where"]) for one in found}


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """Return an empty desk."""
    return Desk(tmp_path, capsys)


def test_levels_are_those_of_the_room(desk: Desk) -> None:
    """Each part with its own prices or those of the file; the newsvendor's level where a leftover has a price; levels as they are judged."""
    pump, fan = desk.told("levels --seed 3", LEVELS)["levels"]
    paths = seldom_paths(USED, days=60, seed=3, name=" pump")
    level = best_level(paths, prices=StockPrices(9000, 10, 500), lead_days=4)
    assert (pump["reorder_at"], pump["order_up_to"]) == (level.reorder_at, level.order_up_to)
    assert pump["cost_cents_day"] == pytest.approx(level.cost_cents_day) and pump["newsvendor"] is None
    paths = seldom_paths(USED[:40], days=60, seed=3, name="van-asta fan")
    ratio = critical_ratio(short_cents=9000, over_cents=300)
    assert fan["newsvendor"] == newsvendor_level(paths[:, :7].sum(axis=1), ratio=ratio)
    now = judged_level(paths, reorder_at=0, order_up_to=9, prices=StockPrices(9000, 10, 500))
    assert (
        fan["now_cost_cents_day"] == pytest.approx(now.cost_cents_day) and fan["cost_cents_day"] <= now.cost_cents_day
    )
    shown = desk.run("levels --seed 3", LEVELS)
    assert shown.splitlines()[0].split()[:2] == ["part", "place"] and "van-asta" in shown
    rows = list(csv.DictReader(io.StringIO(desk.run("levels --seed 3 --format csv", LEVELS))))
    assert [row["order_up_to"] for row in rows] == [str(pump["order_up_to"]), str(fan["order_up_to"])]


def test_parts_come_from_where_they_cost_least(desk: Desk) -> None:
    """Own van, depot with a trip, and what cannot be had in time with the time it could: status 1."""
    found = desk.told("source", SOURCE, status=ISSUES)
    ways = {(one["visit"], one["way"], one["place"]) for one in found["pieces"]}
    assert ways == {("v1", "pick_up", "depot"), ("v2", "own_van", "van-jonas"), ("v3", "missed", "")}
    assert found["cost_cents"] == 1800 + 9000 == found["bound_cents"] and len(found["trips"]) == 1
    assert {one["reason"] for one in found["pieces"]} == {"", "not_to_be_had"}
    assert "Optimal: costs 108.00" in desk.run("source", SOURCE, status=ISSUES)
    served = {**SOURCE, "needs": SOURCE["needs"][:2]}
    rows = list(csv.DictReader(io.StringIO(desk.run("source --format csv", served))))
    assert [row["way"] for row in rows] == ["pick_up", "own_van"]
    kept = {**served, "reserved": [{"visit": "v9", "part": "pump", "place": "depot", "quantity": 1, "at": NOW}]}
    assert desk.told("source", kept, status=ISSUES)["missed_cents"] == 9000


def test_vans_are_loaded_with_what_saves_most(desk: Desk) -> None:
    """A second pump is needed less often than a fan; how likely visits have all they need is told."""
    found = desk.told("load", LOAD)
    assert found["loads"] == [
        {"van": "van-asta", "part": "fan", "load": 1, "aboard": 1}, {"van": "van-asta", "part": "pump", "load": 1, "aboard": 1},
    ]  # fmt: skip
    assert found["visits"][0] == {"visit": "v1", "van": "van-asta", "complete": 1.0, "before": pytest.approx(0.63)}
    assert "for 96% of 2 visits" in desk.run("load", LOAD)
    assert desk.run("load --format csv", LOAD).startswith("van,part,load,aboard")


def test_a_search_stopped_before_anything_is_found_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """No need is told not to be worth it, nothing is saved, the bound is a number; advice and status 1."""
    monkeypatch.setattr(Model, "solve", lambda self, *, seconds: None)
    found = desk.told("source", SOURCE, status=ISSUES)
    assert [one["reason"] for one in found["pieces"]] == ["not_looked_at", "not_looked_at", "not_to_be_had"]
    assert (found["status"], found["bound_cents"]) == ("stopped", 0)
    assert "Stopped: costs 270.00" in (shown := desk.run("source", SOURCE, status=ISSUES)) and "--seconds" in shown
    shown = desk.run("load", LOAD, status=ISSUES)
    assert "saves 0.00, no load more than 56.00" in shown and "--seconds" in shown
    assert desk.told("load", LOAD, status=ISSUES)["saved_cents"] == 0


@pytest.mark.parametrize(
    ("words", "change", "issues"),
    [
        ("levels", {"parts": [{"part": "pump"}]}, {("missing-key", "parts[0].used")}),
        ("levels", {"parts": [{"part": "p", "usd": [1], "used": [1]}], "short": 3}, {("unknown-key", "parts[0].usd"), ("unknown-key", "short")}),
        ("levels", {"parts": [{"part": "p", "used": [1, -1]}, {"part": "q", "used": []}]},
         {("bad-demand", "parts[0] p, history"), ("bad-demand", "parts[1] q, history")}),
        ("levels", {"short_cents": -1}, {("bad-price", "parts[0] pump, short_cents"), ("bad-price", "parts[1] fan, short_cents")}),
        ("levels", {"lead_days": 900}, {("bad-lead", "parts[0] pump, lead_days")}),
        ("levels", {"parts": [{"part": "p", "used": [1], "reorder_at": 2}]}, {("missing-key", "parts[0] p, reorder_at, order_up_to")}),
        ("levels", {"parts": [{"part": "p", "used": [1e300]}]}, {("too-large", "file.json, parts[0], used[0]")}),
        ("source", {"at": None}, {("missing-key", "at")}),
        ("source", {"at": "2026-03-02T07:00"}, {("naive-time", "at")}),
        ("source", {"stock": [{"place": "depo", "part": "pump", "quantity": -1}]}, {("unknown-place", "stock[0]"), ("negative-quantity", "stock[0]")}),
        ("source", {"handovers": [{"origin": "depot", "van": "van-x", "takes": "soon", "cost_cents": 1}]}, {("bad-time", "handovers[0].takes")}),
        ("source", {"handovers": [{"origin": "depot", "van": "van-x", "takes": "5min", "cost_cents": 1}]}, {("unknown-place", "handovers[0]")}),
        ("source", {"places": [{"place": "depot", "kind": "shed"}]}, {("wrong-type", "places[0].kind")}),
        ("load", {"visits": [{"visit": "v1", "van": "van-asta"}], "depot": None}, {("missing-key", "visits[0].chances"), ("missing-key", "depot")}),
        ("load", {"visits": [{"visit": "v1", "van": "van-x", "chances": {"pump": 2}}]}, {("unknown-place", "v1"), ("bad-chance", "v1 pump")}),
        ("load", {"vans": 5}, {("wrong-type", "vans")}),
    ],
)  # fmt: skip
def test_wrong_files_are_told_whole(
    desk: Desk, words: str, change: dict[str, Any], issues: set[tuple[str, str]]
) -> None:
    """Every fault with code, place and advice; nothing is computed."""
    whole = {"levels": LEVELS, "source": SOURCE, "load": LOAD}[words]
    data = {key: value for key, value in {**whole, **change}.items() if value is not None}
    assert desk.issues(words, data) == issues


def test_what_is_no_file_is_refused(desk: Desk) -> None:
    """Cut off, a key there twice, not there, no instant, no lake."""
    assert {code for code, _ in desk.issues("levels", '{"parts": [')} == {"not-json"}
    assert desk.issues("load", '{"vans": [], "vans": [], "visits": []}') == {("key-twice", "file.json")}
    assert desk.issues("load", "[]") == {("wrong-type", "")}
    assert desk.issues("source --at noon", SOURCE) == {("bad-time", "--at")}
    assert {code for code, _ in desk.issues(f"levels --lake {desk.folder / 'none'}")} == {"no-lake"}
    assert main(["parts", "source"]) == WRONG


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the lake of a small company's field service after twelve days."""
    folder = tmp_path_factory.mktemp("parts")
    truth, until = field_service("f", start="2026-03-02", days=12, size=0.2), datetime(2026, 3, 13, 15, tzinfo=UTC)
    made = Lake(folder / "lake")
    made.events.append(FieldWorld(truth, seed=1).step(until), batch=("world", 0))
    for name in ("locations", "parts", "stock_levels", "sites", "assets"):
        path = folder / f"{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([TABLES[name].schema.names, *reference(truth, until=until)[name]])
        import_reference(made, path=path, stream=name)
    return folder / "lake"


def test_levels_of_a_lake_are_those_of_what_was_used(desk: Desk, lake: Path) -> None:
    """By day, with the lead times and costs of its parts; of one van only where that is asked for."""
    stock, _ = read_stock(Lake(lake))
    used = [one for one in stock.moves if not one.target]
    found = desk.told(f"levels --lake {lake} --short-cents 9000 --hold 30%")["levels"]
    assert {one["part"] for one in found} == {one.part for one in used}
    first, last = min(one.at for one in used).date(), max(one.at for one in used).date()
    assert {one["days"] for one in found} == {(last - first).days + 1}
    row, part = found[0], next(one for one in stock.parts if one.part == found[0]["part"])
    days = np.zeros((last - first).days + 1)
    for one in used:
        days[(one.at.date() - first).days] += one.quantity * (one.part == part.part)
    lead = -(-part.lead // timedelta(days=1))
    paths = seldom_paths(days, days=max(60, 2 * lead + 1), seed=0, name=f" {part.part}")
    level = best_level(paths, prices=StockPrices(9000, part.cost_cents * 0.3 / 365), lead_days=lead)
    assert (row["reorder_at"], row["order_up_to"]) == (level.reorder_at, level.order_up_to)
    van = used[0].origin
    mine = desk.told(f"levels --lake {lake} --place {van} --days 30")["levels"]
    assert {one["part"] for one in mine} == {one.part for one in used if one.origin == van}
    assert desk.issues(f"levels --lake {lake} --place nowhere") == {("unknown-place", "--place")}
    assert desk.issues(f"levels --lake {lake} --until 2020-01-01T00:00+00:00") == {("no-use", "lake")}


def test_a_lake_says_what_is_held_and_what_cases_need(desk: Desk, lake: Path) -> None:
    """Vans are loaded from its depot by chances learned from its past; needs are met from its stock; stock is not given twice."""
    at = datetime(2026, 3, 13, 15, tzinfo=UTC)
    stock, _ = read_stock(Lake(lake))
    now = stock.at(at)
    van = next(one for one in now.places if one.holder and one.place.startswith("van-"))
    case = {"service": "repair", "kind": "boiler"}
    load = {
        "visits": [{"visit": f"v{k}", "van": van.place, **case} for k in range(3)],
        "vans": [{"van": van.place, "limits": {"pieces": 400}}],
    }
    found = desk.told(f"load --lake {lake} --at {at.isoformat()}", load)
    assert set(found["aboard"][van.place]) >= {one.part for one in now.parts if now.available(van.place, part=one.part)}
    assert all(0 <= one["before"] <= one["complete"] <= 1 for one in found["visits"])
    assert desk.issues(f"load --lake {lake}", load) == {("missing-key", "at")}
    given = {**load, "depot": {"pump": 1}}
    assert desk.issues(f"load --lake {lake} --at {at.isoformat()}", given) == {("given-twice", "depot")}
    stranger = {**load, "vans": [{"van": "van-x", "limits": {}}]}
    assert ("unknown-place", "vans[0].van") in desk.issues(f"load --lake {lake} --at {at.isoformat()}", stranger)
    held = next(one.part for one in now.parts if now.available(van.place, part=one.part))
    needs = {"needs": [{"visit": "v1", "part": held, "by_at": (at + timedelta(hours=2)).isoformat(), "van": van.place}]}
    got = desk.told(f"source --lake {lake} --at {at.isoformat()}", needs)
    assert [(one["way"], one["place"]) for one in got["pieces"]] == [("own_van", van.place)]
    both = {**SOURCE, **needs}
    assert {code for code, _ in desk.issues(f"source --lake {lake}", both)} == {"given-twice"}
