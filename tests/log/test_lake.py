"""The lake settles versions the same way whatever came when, and loses nothing while it tidies up."""

from __future__ import annotations

import hashlib
import itertools
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from tests.log.lakes import START, Event, event, filled, keys, on_disk, rows, settled
from troth.core.errors import LostRaceError
from troth.log import _merge
from troth.log import lake as lake_module
from troth.log.lake import Lake, with_id
from troth.log.schema import REJECTS, STORED, event_id
from troth.log.store import Shelf


def test_the_newest_version_of_a_key_counts(lake: Path) -> None:
    """Of several versions the highest is settled, wherever it stands."""
    held = filled(lake, [event(1, version=1, queue="old"), event(2)], [event(1, version=2, queue="new")])
    assert [e["queue"] for e in settled(held) if e["source_id"] == "e1"] == ["new"]
    assert held.count() == 2


def test_an_older_copy_that_comes_late_is_ignored(lake: Path) -> None:
    """What a slow delivery brings after a newer version changes nothing."""
    held = filled(lake, [event(1, version=7, queue="new")], [event(1, version=3, queue="old")])
    held.compact()
    held.events.append(rows([event(1, version=6, queue="older")]), batch=("s", 2))
    assert [e["queue"] for e in settled(held)] == ["new"]


def test_of_equal_versions_the_greater_content_hash_counts(lake: Path) -> None:
    """The choice depends on the content alone: md5 of all columns as text, null told apart from empty."""
    a, b = event(1, queue="a"), event(1, queue="b")

    def content(e: Event) -> str:
        texts = [
            chr(30) if v is None else f"{v:%Y-%m-%d %H:%M:%S}+00" if isinstance(v, datetime) else str(v)
            for v in e.values()
        ]
        return hashlib.md5(chr(31).join(texts).encode()).hexdigest()

    expected = max(a, b, key=content)
    assert settled(filled(lake / "1", [a], [b])) == [expected]
    assert settled(filled(lake / "2", [b], [a])) == [expected]
    assert settled(filled(lake / "3", [b, a])) == [expected]


def test_the_same_id_of_two_sources_is_two_events(lake: Path) -> None:
    """A key is source and id together."""
    held = filled(lake, [event(1), event(1, source="chats")])
    assert held.count() == 2
    with held.session() as con:
        ids = con.sql(f"SELECT event_id FROM ({with_id(held.settled())}) ORDER BY 1").fetchall()
    assert [i for (i,) in ids] == sorted([event_id("calls", "e1"), event_id("chats", "e1")])


def test_a_filter_sees_settled_rows_only(lake: Path) -> None:
    """A filter that the newest version fails must not bring an older one back."""
    held = filled(lake, [event(1, version=0, queue="cards")], [event(1, version=1, queue="loans")])
    with held.session() as con:
        assert con.sql(held.settled(where="queue = 'cards'")).fetchall() == []


_VERSIONS = st.lists(
    st.builds(
        lambda n, v, q: event(n, version=v, queue=q),
        st.integers(0, 5),
        st.integers(0, 3),
        st.sampled_from(["a", "b", None]),
    ),
    max_size=25,
)


@settings(max_examples=15)
@given(events=_VERSIONS, data=st.data())
def test_order_pieces_repeats_and_compactions_do_not_matter(events: list[Event], data: st.DataObject) -> None:
    """However versions arrive, the settled events are the same, and each is a newest version of its key."""
    with TemporaryDirectory() as folder:
        plain = settled(filled(Path(folder) / "plain", events))
        newest: dict[str, int] = {}
        for e in events:
            newest[e["source_id"]] = max(newest.get(e["source_id"], 0), e["version"])
        assert {e["source_id"]: e["version"] for e in plain} == newest
        assert all(e in events for e in plain)
        held = Lake(Path(folder) / "other")
        shuffled = data.draw(
            st.permutations(events + data.draw(st.lists(st.sampled_from(events), max_size=5)) if events else [])
        )
        cuts = sorted(data.draw(st.lists(st.integers(0, len(shuffled)), max_size=3)))
        for number, (low, high) in enumerate(zip([0, *cuts], [*cuts, len(shuffled)], strict=True)):
            held.events.append(rows(shuffled[low:high]), batch=("s", number))
            if data.draw(st.booleans()):
                held.compact()
            assert held.count() == len({e["source_id"] for e in shuffled[:high]})
        assert settled(held) == plain


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make files count as large and spans as long from a few rows on."""
    monkeypatch.setattr(_merge, "_SMALL_ROWS", 4)
    monkeypatch.setattr(_merge, "_SPAN_ROWS", 16)


def test_compaction_leaves_the_events_as_they_are(lake: Path, small: None) -> None:
    """Files with beaten rows are written anew, the others change their tier only, and the events stay equal."""
    held = filled(
        lake, [event(n) for n in range(40)], [event(n) for n in range(40, 80)], [event(3, version=1, queue="x")]
    )
    before, first = settled(held), set(held.events.files()["tail"])
    base = held.compact()
    assert held.events.files() == {"base": base, "tail": []}
    assert settled(held) == before
    assert held.count() == 80
    bytes_kept = [p for p in base if any(Path(p).samefile(old) for old in first)]
    assert len(bytes_kept) == 1
    assert len(base) > 2
    held.events.append(rows([event(n) for n in range(80, 120)]), batch=("s", 3))
    again = held.compact()
    assert set(base) < set(again)
    assert held.count() == 120


def test_files_that_scatter_over_time_are_sorted(lake: Path, small: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """When many files hold the same stretch of time, all are merged into spans that follow each other."""
    held = filled(lake, *[[event(n) for n in range(k, 80, 8)] for k in range(8)])
    before = settled(held)
    held.compact()
    base = held.events.files()["base"]
    with held.session() as con:
        spans = sorted(
            con.sql(f"SELECT min(occurred_at), max(occurred_at) FROM read_parquet('{path}')").fetchone() or ()
            for path in base
        )
    assert len(base) > 2
    assert all(a[1] < b[0] for a, b in itertools.pairwise(spans))
    assert settled(held) == before


def test_rows_appended_during_a_compaction_survive(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What others append while the base is written stays in the tail."""
    held = filled(lake, [event(1)], [event(2)])
    write = held.events.write

    def slow(*args: Any, **more: Any) -> Any:
        Lake(lake).events.append(rows([event(3), event(1, version=5, queue="late")]), batch=("t", 0))
        return write(*args, **more)

    monkeypatch.setattr(held.events, "write", slow)
    held.compact()
    assert held.events.rows() == {"base": 2, "tail": 2}
    assert [(e["source_id"], e["queue"]) for e in settled(held)] == [("e1", "late"), ("e2", "loans"), ("e3", "loans")]


def test_of_two_compactions_one_is_refused(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second to commit changes nothing and leaves no file behind."""
    held = filled(lake, [event(1)], [event(1, version=1)])
    write = held.events.write

    def slow(*args: Any, **more: Any) -> Any:
        Lake(lake).compact()
        return write(*args, **more)

    monkeypatch.setattr(held.events, "write", slow)
    with pytest.raises(LostRaceError):
        held.compact()
    assert [e["version"] for e in settled(held)] == [1]
    assert on_disk(lake) - set(held.events.files()["base"]) == {p for p in on_disk(lake) if "tier=tail" in p}


def test_compaction_is_due_by_the_length_of_the_tail(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tail is compacted when it is longer than the least worth it and than a tenth of the base."""
    monkeypatch.setattr(lake_module, "_TAIL_ROWS", 3)
    held = Lake(lake)
    assert not held.due()
    held.events.append(rows([event(n) for n in range(4)]), batch=("s", 0))
    assert held.due()
    held.events.append(rows([event(n) for n in range(4, 100)]), batch=("s", 1))
    held.compact()
    assert not held.due()
    held.events.append(rows([event(n) for n in range(100, 110)]), batch=("s", 2))
    assert not held.due()
    held.events.append(rows([event(110)]), batch=("s", 3))
    assert held.due()


def test_progress_of_a_compaction_goes_from_zero_towards_one(lake: Path, small: None) -> None:
    """The share done is told before each span."""
    held = filled(lake, *[[event(n) for n in range(k, 160, 8)] for k in range(8)])
    told: list[float] = []
    held.compact(on_progress=told.append)
    assert told[0] == 0
    assert len(told) > 3
    assert told == sorted(told)
    assert told[-1] < 1


def _reject(row: int, at: datetime) -> dict[str, Any]:
    return {
        "file": "f.csv",
        "row": row,
        "code": "bad-time",
        "column": "t",
        "value": f"v{row}",
        "advice": "Maybe.",
        "raw": f"raw {row}",
        "imported_at": at,
    }


def test_the_text_of_old_rejects_can_be_purged(lake: Path) -> None:
    """A purge drops raw text and value of rejects from before an instant; the rest of them stays."""
    held = Lake(lake)
    table = pa.Table.from_pylist([_reject(1, START), _reject(2, START + timedelta(days=2))], schema=REJECTS)
    held.rejects.append(table, batch=("s", 0))
    assert held.purge(before=START + timedelta(days=1)) == 1
    assert held.purge(before=START + timedelta(days=1)) == 0
    files = held.rejects.files()
    found = parquet.read_table(files["base"][0], partitioning=None).sort_by("row").to_pylist()
    assert [(r["row"], r["raw"], r["value"], r["code"]) for r in found] == [
        (1, None, None, "bad-time"),
        (2, "raw 2", "v2", "bad-time"),
    ]
    later = datetime.now(UTC) + timedelta(days=2)
    held.vacuum(now=later)
    assert len(on_disk(lake)) == 1


def test_a_vacuum_takes_only_what_nobody_needs(lake: Path) -> None:
    """Replaced files and orphans go after the time to keep; current and young ones stay."""
    held = filled(lake, [event(1)], [event(1, version=1), event(2)])
    held.compact()
    orphan = held.events.root / "tier=tail" / "0123456789ab-00000.parquet"
    orphan.write_bytes(b"half a file")
    now = datetime.now(UTC)
    assert held.vacuum(now=now) == 0
    assert held.vacuum(now=now + timedelta(hours=20), keep=timedelta(days=1)) == 0
    assert held.vacuum(now=now + timedelta(hours=25), keep=timedelta(days=1)) == 3
    assert on_disk(lake) == set(held.events.files()["base"])
    assert keys(settled(held)) == ["e1", "e2"]


def test_a_file_that_was_just_replaced_stays_though_it_is_old(lake: Path) -> None:
    """A query that began before a compaction still reads the old files: their age does not matter, that of the commit does."""
    held = filled(lake, [event(1)], [event(1, version=1)])
    replaced = held.events.files()["tail"]
    held.compact()
    commits = sorted((held.events.root / "_delta_log").glob("*.json"))
    later = datetime.now(UTC) + timedelta(days=3)
    os.utime(commits[-1], times=(later.timestamp(), later.timestamp()))
    assert held.vacuum(now=later) == 0
    assert all(Path(p).exists() for p in replaced)
    assert held.vacuum(now=later + timedelta(days=2)) == 2


def test_a_promoted_file_survives_the_vacuum_of_its_old_name(lake: Path, small: None) -> None:
    """Deleting the name in the tail leaves the bytes to the name in the base."""
    held = filled(lake, [event(n) for n in range(8)])
    held.compact()
    assert held.vacuum(now=datetime.now(UTC) + timedelta(days=2)) == 1
    assert held.count() == 8
    assert len(settled(held)) == 8


def test_timelines_of_earlier_code_go(lake: Path) -> None:
    """Of the folders of timelines the one written to last stays, and others while they are young."""
    held = filled(lake, [event(1)])
    old, new = (Shelf(lake / "timelines" / name / "contacts", STORED) for name in ("old", "new"))
    for shelf in (old, new):
        shelf.append(rows([event(1)]), batch=("s", 0))
    now = datetime.now(UTC)
    for commit in (old.root).rglob("*.json"):
        os.utime(commit, times=(now.timestamp() - 9, now.timestamp() - 9))
    assert held.vacuum(now=now) == 0
    held.vacuum(now=now + timedelta(days=2))
    assert (old.root.exists(), new.root.exists()) == (False, True)


def test_spill_folders_go_when_their_owner_is_gone(lake: Path) -> None:
    """The folder of a process that lives is locked and stays, whatever its age; one without a lock goes with time."""
    held = filled(lake, [event(1)])
    dead = lake / ".spill-dead"
    dead.mkdir()
    (dead / "lock").touch()
    (dead / "duckdb_temp").touch()
    unlocked = lake / ".spill-young"
    unlocked.mkdir()
    now = datetime.now(UTC)
    with held.session():
        assert held.vacuum(now=now) == 1
        assert not dead.exists()
        assert held.vacuum(now=now + timedelta(days=9)) == 1
        assert len(list(lake.glob(".spill-*"))) == 1
    assert list(lake.glob(".spill-*")) == []


def test_nothing_is_there_before_the_first_import(lake: Path) -> None:
    """An empty lake can be asked anything."""
    held = Lake(lake)
    assert not held.exists()
    assert (held.count(), held.compact(), held.purge(before=START)) == (0, [], 0)
    assert settled(held) == []


@settings(max_examples=15, deadline=None)
@given(
    pieces=st.lists(
        st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.integers(-400, 400)), max_size=12), max_size=4
    ),
    compacted=st.integers(0, 4),
)
def test_the_extent_is_that_of_the_settled_events(pieces: list[list[tuple[int, int, int]]], compacted: int) -> None:
    """A version that was beaten does not stretch the log, wherever it stands and whether or not it was tidied away."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(lake_module, "_TRIES", 3)
        held = Lake(Path(folder) / "lake")
        for number, piece in enumerate(pieces):
            made = [event(n, version=v, occurred_at=START + timedelta(minutes=m)) for n, v, m in piece]
            held.events.append(rows(made), batch=("s", number))
            if number == compacted:
                held.compact()
        instants = [e["occurred_at"] for e in settled(held)]
        with held.session() as con:
            assert held.extent(con) == ((min(instants), max(instants)) if instants else None)


def test_the_extent_is_exact_where_many_share_an_instant(lake: Path) -> None:
    """More rows moved away from the first instant than are looked at; one that stayed there still counts."""
    n = lake_module._SOME + 10
    later = START + timedelta(hours=1)
    held = filled(
        lake,
        [*(event(k, occurred_at=START) for k in range(n)), event(n, occurred_at=START)],
        [event(k, version=2, occurred_at=later) for k in range(n)],
    )
    with held.session() as con:
        assert held.extent(con) == (START, later)


@pytest.mark.parametrize("queues", ["ab", "ba"])
def test_the_extent_is_exact_where_versions_are_equal(lake: Path, queues: str) -> None:
    """Of two contents with one version the one that is settled says how far the log goes."""
    one, other = (event(1, queue=q, occurred_at=START + timedelta(hours=k)) for k, q in enumerate(queues))
    held = filled(lake, [one, event(2, occurred_at=START + timedelta(minutes=9))], [other])
    instants = [e["occurred_at"] for e in settled(held)]
    with held.session() as con:
        assert held.extent(con) == (min(instants), max(instants))
