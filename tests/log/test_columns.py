"""Timelines have the columns that were asked for, the same ones as if all had been derived."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.log.lakes import event, filled, rows
from troth.log.lake import Lake
from troth.log.timelines import TIMELINES, columns_read, pruned
from troth.log.timelines.cache import refresh
from troth.log.upkeep import compact

BASE = [event(n) for n in range(40)]
SOME = ("queue", "wait_s", "outcome")


def asked(lake: Lake, columns: tuple[str, ...] | None) -> list[dict[str, Any]]:
    """Return the contacts with these columns, in order."""
    with lake.session() as con:
        sql = refresh(lake, con, TIMELINES["contacts"], columns=columns)
        found: list[dict[str, Any]] = (
            con.sql(f"SELECT * FROM ({sql}) ORDER BY contact_id").fetch_arrow_table().to_pylist()
        )
    return found


def narrow(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows with the key and the asked columns alone."""
    return [{k: v for k, v in row.items() if k in ("contact_id", *SOME)} for row in found]


def test_the_first_question_derives_its_columns_and_a_wider_one_all(tmp_path: Path) -> None:
    """Asked for three columns a lake derives those and the key; asked for one more it derives every column."""
    lake, whole = (filled(tmp_path / name, BASE) for name in ("some", "all"))
    everything = asked(whole, None)
    assert asked(lake, SOME) == narrow(everything)
    assert list(asked(lake, ())[0]) == list(asked(lake, SOME)[0]), "who asks for less is given what is there"
    assert asked(lake, ("site",)) == everything


@pytest.mark.parametrize("compacted", [False, True])
def test_news_and_compaction_keep_to_the_columns(tmp_path: Path, compacted: bool) -> None:
    """A timeline with few columns is brought up to date, and told of a new base, with those."""
    news = [event(2, version=1, queue="x"), event(5, version=1, contact_id="c0"), event(40)]
    lake = filled(tmp_path / "some", BASE)
    lake.compact()
    asked(lake, SOME)
    lake.events.append(rows(news), batch=("t", 0))
    if compacted:
        assert compact(lake)
    found = asked(lake, SOME)
    assert set(found[0]) == {"contact_id", *SOME}
    assert found == narrow(asked(filled(tmp_path / "all", BASE, news), None))


@pytest.mark.parametrize("name", sorted(TIMELINES))
def test_a_pruned_expression_has_the_same_columns(name: str) -> None:
    """Nothing that is asked for is lost, and nothing is read that the timeline does not take."""
    from troth.log.timelines._base import chosen, events_table

    timeline = TIMELINES[name]
    expression = timeline.derive(chosen(timeline, events_table()))
    assert pruned(expression).schema() == expression.schema()
    read = columns_read(expression)["events"]
    assert timeline.key in read
    assert not {"recorded_at", "source"} & read


def test_a_column_nobody_takes_is_gone_on_both_sides_of_a_join_and_a_union() -> None:
    """What is only carried along is not in the SQL; what a join or filter needs stays."""
    import ibis

    left = ibis.table({"k": "int64", "a": "int64", "spare_left": "string"}, name="left")
    right = ibis.table({"k": "int64", "b": "int64", "spare_right": "string"}, name="right")
    both = left.union(left.filter(left.a > 1)).join(right, "k").filter(lambda t: t.b > 2)
    text = ibis.to_sql(pruned(both.group_by("k").aggregate(rows=both.count())), dialect="duckdb")
    assert "spare" not in text
    assert columns_read(both.select("k")) == {"left": {"k", "a"}, "right": {"k", "b"}}
