"""Clocks kept in the lake are those of a fresh computation, whatever came since, and are not computed again for nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kpi.logs import Event, lake_of, put, put_reference, story
from tests.kpi.sla.worlds import DAYS, ROWS, USES, ZONE, cases, tables
from troth.kpi.sla import kept
from troth.kpi.sla.kept import kept_clocks
from troth.kpi.sla.read import clock_parts, rules, sla_clocks
from troth.log.check import check
from troth.log.lake import Lake
from troth.log.schema import DRAFTS, STORED
from troth.log.upkeep import compact

HOUR = timedelta(hours=1)
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
Row = dict[str, Any]


def _both(lake: Lake) -> tuple[list[Row], list[Row]]:
    """Return the kept and the freshly computed clocks of a lake."""
    with lake.session() as con:
        now = (lake.extent(con) or (AT, AT))[1]
        order = "ORDER BY case_id, metric, number"
        mine = con.sql(f"SELECT * FROM ({kept_clocks(lake, con, now=now, time_zone=ZONE)}) {order}").fetch_arrow_table()
        fresh = sla_clocks(lake, con, rules=rules(lake, time_zone=ZONE), now=now)
    return mine.to_pylist(), fresh.to_pylist()


def _hot(events: list[Event]) -> pa.Table:
    good, bad = check(pa.Table.from_pylist([{**e.draft(), "source": "desk"} for e in events], schema=DRAFTS))
    assert not len(bad)
    return good.select(STORED.names)


@settings(max_examples=3)
@given(cases(), tables(), st.integers(0, 2**32))
def test_kept_clocks_are_those_of_a_fresh_computation(
    events: list[Event], given: dict[str, list[Row]], seed: int
) -> None:
    """News, corrections that name another case, compactions, other rules and hot events, in any order and several times."""
    rng = Random(seed)
    mixed = rng.sample(events, len(events))
    cut = sorted(rng.randrange(len(mixed) + 1) for _ in range(3))
    parts = [mixed[a:b] for a, b in zip([0, *cut[:2]], cut, strict=True)]
    with TemporaryDirectory() as folder:
        other = {"calendars": ROWS, "calendar_days": DAYS, "calendar_use": USES}
        lake = lake_of(Path(folder), parts[0], **other, **given)

        def corrected() -> None:
            old = rng.sample(events, min(2, len(events)))
            put(lake, [replace(e, version=1, case_id=rng.choice(("c0", "c9")), at=e.at + HOUR) for e in old])

        def other_rules() -> None:
            rows = [{**row, "target_s": 90 * row["target_s"], "version": 1} for row in given["sla_targets"]]
            put_reference(lake, "sla_targets", rows)

        steps: list[Callable[[], Any]] = [
            lambda: put(lake, parts[1]), lambda: put(lake, parts[2]), corrected, other_rules, lambda: compact(lake), lake.compact,
        ]  # fmt: skip
        for step in [lambda: None, *rng.sample(steps, 4)]:
            step()
            mine, fresh = _both(lake)
            assert mine == fresh
        hot = Lake(lake.root, hot=_hot(mixed[cut[2] :]))
        mine, fresh = _both(hot)
        assert mine == fresh


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[set[str]]:
    """Return the cases whose clocks are computed, by computation."""
    found: list[set[str]] = []

    def parts(*given: Any, **more: Any) -> Iterator[pa.Table]:
        made = list(clock_parts(*given, **more))
        found.append({case for one in made for case in one["case_id"].to_pylist()})
        return iter(made)

    monkeypatch.setattr(kept, "clock_parts", parts)
    return found


def _case(name: str, hour: int, *, solved: bool = True) -> list[Event]:
    lines = [("opened", 0), *([("resolved", 1)] if solved else [])]
    said = [((AT + (hour + more) * HOUR).isoformat(), what) for what, more in lines]
    return story(*said, case_id=name)


def test_only_what_may_have_changed_is_computed_again(lake: Path, looked: list[set[str]]) -> None:
    """Nothing on an unchanged lake or after a compaction; then cases with news and those that run; all under other rules."""
    policy = {"sla_policies": [{"policy": "p", "position": 1}]}
    target = {"policy": "p", "metric": "resolution", "target_s": 7200.0}
    events = [event for n in range(12) for event in _case(f"a{n}", n % 3)]
    made = lake_of(lake, [*events, *_case("c", 3, solved=False)], **policy, sla_targets=[target])
    compact(made)

    def asked() -> list[Row]:
        mine, fresh = _both(Lake(lake))
        assert mine == fresh
        return mine

    assert {row["state"] for row in asked()} == {"met", "running"}
    asked()
    known = {f"a{n}" for n in range(12)} | {"c"}
    assert looked == [known]
    put(made, _case("d", 6))
    assert next(row for row in asked() if row["case_id"] == "c")["state"] == "breached"
    asked()
    assert compact(made)
    asked()
    assert looked[1:] == [{"c", "d"}]
    put_reference(made, "sla_targets", [{**target, "target_s": 60.0, "version": 1}])
    assert {row["state"] for row in asked()} == {"breached"}
    asked()
    assert looked[2:] == [known | {"d"}]
    put(made, [replace(events[0], case_id="z", version=1)])
    assert {row["case_id"] for row in asked()} == known - {"a0"} | {"d", "z"}
    assert looked[3:] == [{"c", "z"}]
    hot = Lake(lake, hot=_hot(_case("e", 9, solved=False)))
    for _ in range(2):
        mine, fresh = _both(hot)
        assert mine == fresh
    assert looked[4:] == [{"c", "e", "z"}] * 2
    asked()
    assert looked[6:] == []


def test_rows_of_other_code_are_not_taken_for_ours(
    lake: Path, looked: list[set[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What other code computed is computed anew."""
    target = {"policy": "p", "metric": "resolution", "target_s": 7200.0}
    lake_of(lake, _case("a", 0), sla_policies=[{"policy": "p", "position": 1}], sla_targets=[target])
    _both(Lake(lake))
    monkeypatch.setattr(kept, "code", lambda *_: "another")
    _both(Lake(lake))
    assert looked == [{"a"}, {"a"}]
