"""One table of the lake: what is committed is there once and whole, what is not is not there at all."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from tests.log.lakes import event, filled, keys, on_disk, rows, settled
from troth.core.errors import LostRaceError, StoreError
from troth.log.lake import Lake
from troth.log.schema import STORED
from troth.log.store import Shelf, connect, quote, scan, sql_type


def test_a_batch_is_taken_once(lake: Path) -> None:
    """The same batch number of the same stream adds nothing the second time, and leaves no file behind."""
    held = filled(lake, [event(1)], [event(2)])
    assert held.events.append(rows([event(1)]), batch=("s", 0)) == []
    assert held.events.append(rows([event(2)]), batch=("s", 1)) == []
    assert keys(settled(held)) == ["e1", "e2"]
    assert len(on_disk(lake)) == 2


def test_streams_do_not_disturb_each_other(lake: Path) -> None:
    """Batch numbers count within their stream."""
    held = filled(lake, [event(1)])
    assert len(held.events.append(rows([event(2)]), batch=("other", 0))) == 1
    assert (held.events.last("s"), held.events.last("other"), held.events.last("none")) == (0, 0, -1)


def test_an_empty_batch_is_remembered(lake: Path) -> None:
    """A batch without rows writes no file but counts as done."""
    held = filled(lake, [])
    assert held.events.last("s") == 0
    assert held.events.files() == {"base": [], "tail": []}
    assert held.events.rows() == {"base": 0, "tail": 0}
    assert settled(held) == []


def test_a_batch_that_somebody_else_commits_first_is_not_doubled(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes second finds the batch done when it commits, and takes its file away again."""
    held = filled(lake, [event(0)])
    late = Shelf(held.events.root, STORED)
    asked = iter([0])  # what the late one is told before it writes; afterwards the table itself is asked
    monkeypatch.setattr(late, "last", lambda stream: next(asked))
    held.events.append(rows([event(1)]), batch=("s", 1))
    assert late.append(rows([event(1)]), batch=("s", 1)) == []
    assert keys(settled(held)) == ["e0", "e1"]
    assert on_disk(lake) == set(held.events.files()["tail"])


def test_removing_and_adding_is_one_commit(lake: Path) -> None:
    """Readers see the old files or the new one, never both."""
    held = filled(lake, [event(1)], [event(2)])
    before = held.events.files()["tail"]
    with held.session() as con:
        wrote = held.events.put(con, [scan(before, STORED)], tier="base", remove=before)
    assert wrote == 2
    assert held.events.version() == 3
    assert held.events.rows() == {"base": 2, "tail": 0}
    assert keys(settled(held)) == ["e1", "e2"]


def test_a_file_cannot_be_removed_twice(lake: Path) -> None:
    """Who replaces files that are gone loses the race: nothing changes and its files are deleted."""
    held = filled(lake, [event(1)])
    old = held.events.files()["tail"]
    with held.session() as con:
        held.events.put(con, [scan(old, STORED)], tier="base", remove=old)
        there = on_disk(lake)
        with pytest.raises(LostRaceError, match="no longer part"):
            held.events.put(con, [scan(old, STORED)], tier="base", remove=old)
    assert on_disk(lake) == there
    assert keys(settled(held)) == ["e1"]


def test_a_commit_can_insist_on_the_state_it_was_made_from(lake: Path) -> None:
    """With `at`, a commit in between is a lost race; without it, appends pass each other."""
    held = filled(lake, [event(1)])
    at = held.events.version()
    held.events.append(rows([event(2)]), batch=("s", 1))
    with held.session() as con:
        one = f"SELECT * FROM ({scan(held.events.files()['tail'], STORED)}) LIMIT 1"
        with pytest.raises(LostRaceError, match="somebody else"):
            held.events.put(con, [one], at=at)
        assert held.events.put(con, [one], at=held.events.version()) == 1


def test_the_first_commit_can_insist_too(lake: Path) -> None:
    """Version 0 is a table that nobody committed to, made or not."""
    held = Lake(lake)
    assert held.events.version() == 0
    with held.session() as con:
        assert held.events.put(con, ["SELECT 1 WHERE false"], notes={"a": "b"}, at=0) == 0
        with pytest.raises(LostRaceError):
            held.events.put(con, ["SELECT 1 WHERE false"], notes={"a": "c"}, at=0)
    assert held.events.stamp()["a"] == "b"


def test_notes_are_those_of_the_newest_commit(lake: Path) -> None:
    """A commit's notes replace those before."""
    held = filled(lake, [event(1)])
    with held.session() as con:
        held.events.put(con, [], notes={"seen": "[1]"})
        assert held.events.stamp()["seen"] == "[1]"
        held.events.append(rows([event(2)]), batch=("s", 1))
    assert "seen" not in held.events.stamp()


def test_a_promoted_file_keeps_its_bytes(lake: Path) -> None:
    """A file that moves to the base gets a second name, not a copy."""
    held = filled(lake, [event(1)])
    (old,) = held.events.files()["tail"]
    held.events.commit(held.events.promote({old: 1}), tier="base", remove=[old])
    (new,) = held.events.files()["base"]
    assert Path(old).samefile(new)
    assert held.events.rows() == {"base": 1, "tail": 0}
    assert keys(settled(held)) == ["e1"]


@pytest.mark.parametrize("folder", ["with space", "Kundenservice Zürich", "it's", "a+b&c"])
def test_a_lake_may_be_in_any_usual_folder(tmp_path: Path, folder: str) -> None:
    """Blanks, letters of any alphabet and quotation marks in a path are no trouble."""
    held = filled(tmp_path / folder, [event(1)], [event(2)])
    held.compact()
    assert keys(settled(held)) == ["e1", "e2"]


@pytest.mark.parametrize("folder", ["50%", "a#b", "what?"])
def test_a_folder_that_would_be_taken_for_something_else_is_refused(tmp_path: Path, folder: str) -> None:
    """Characters that mean something in a table's address are refused at once, not half-way through an import."""
    with pytest.raises(StoreError, match="cannot be in a folder"):
        Lake(tmp_path / folder)


def test_a_connection_keeps_to_its_memory_and_speaks_utc(tmp_path: Path) -> None:
    """Limits and zone are as asked for."""
    con = connect(memory="300MB", threads=1, spill=tmp_path / "it's")
    (memory, threads, where, zone) = (
        con.sql(
            "SELECT current_setting('memory_limit'), current_setting('threads'), current_setting('temp_directory'), current_setting('TimeZone')"
        ).fetchone()
        or ()
    )
    assert (str(memory)[:3], threads, where, zone) == ("286", 1, str(tmp_path / "it's"), "UTC")


def test_names_and_texts_are_quoted() -> None:
    """A quotation mark in a value ends nothing."""
    assert quote("it's") == "'it''s'"
    assert sql_type(pa.list_(pa.int64())) == "BIGINT[]"
    with pytest.raises(StoreError, match="no place"):
        sql_type(pa.binary())
