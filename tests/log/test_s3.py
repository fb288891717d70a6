"""A lake in a bucket: the same as one in a folder, exactly once for several writers, cheap to read again."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.log.buckets import SECRET, Server
from tests.log.lakes import append_all, compact_often, event, filled, keys, on_disk, rows, settled
from troth.core.errors import BucketError, LostRaceError
from troth.kpi.query import Query, query
from troth.log.lake import Lake
from troth.log.store import Shelf, scan
from troth.log.timelines import TIMELINES
from troth.log.timelines.cache import refresh
from troth.log.upkeep import compact

FEW = Query(kpis=("speed.answer", "flow.volume", "speed.handle"), by=("queue",))


@pytest.fixture
def others(far: str) -> Iterator[Callable[..., Any]]:
    """Give a function that starts a function in one of two other processes, which know the bucket."""
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        yield pool.submit


def held(server: Server, far: str) -> set[str]:
    """Return the data files in a lake's part of the bucket, below the lake."""
    prefix = far.removeprefix("s3://lakes/") + "/"
    return {k.removeprefix(prefix) for k in server.objects("lakes") if k.startswith(prefix) and "_delta_log" not in k}


def below(lake: Lake, paths: list[str]) -> set[str]:
    return {Path(path).relative_to(lake.home).as_posix() for path in paths}


def test_a_batch_is_taken_once_and_every_commit_is_conditional(far: str, server: Server) -> None:
    """A commit is a file that must not be there yet; a batch that is in is not put in again, nor is its file kept."""
    lake = filled(Path(far), [event(1)], [event(2)])  # a path has lost one slash of the address
    assert lake.address == far
    assert lake.events.append(rows([event(1)]), batch=("s", 0)) == []
    assert keys(settled(lake)) == ["e1", "e2"]
    assert len(held(server, far)) == 2
    commits = [when for method, path, when in server.requests() if method == "PUT" and path.endswith(".json")]
    assert commits == ["*"] * 3  # the table, and two batches


def test_figures_are_those_of_a_folder(far: str, lake: Path) -> None:
    """Versions settle, compaction and news go the same way: figures equal those of the same events in a folder."""
    found = []
    for root in (lake, far):
        one = filled(root, [event(n) for n in range(40)], [event(n, version=1, queue="cards") for n in range(0, 40, 3)])
        before = query(one, FEW)
        assert compact(one)
        one.events.append(rows([event(n) for n in range(40, 60)]), batch=("s", 2))
        found.append((before, query(one, FEW), settled(one), one.count()))
    assert found[0] == found[1]


def test_two_writers_of_different_streams_lose_nothing(far: str, others: Callable[..., Any]) -> None:
    """Every batch of both is there once, though each commit may find the other's in its way."""
    jobs = [others(append_all, far, f"s{k}", 1000 * k, 12) for k in range(2)]
    for job in jobs:
        job.result()
    lake = Lake(far)
    assert lake.events.rows()["tail"] == 48
    assert keys(settled(lake)) == keys(event(1000 * k + n) for k in range(2) for n in range(24))


def test_two_writers_of_one_stream_double_nothing(far: str, server: Server, others: Callable[..., Any]) -> None:
    """The same batches from two processes are taken once each, and no object is left over."""
    jobs = [others(append_all, far, "s", 0, 12) for _ in range(2)]
    for job in jobs:
        job.result()
    lake = Lake(far)
    assert lake.events.rows()["tail"] == 24
    assert keys(settled(lake)) == keys(event(n) for n in range(24))
    assert held(server, far) == below(lake, lake.events.files()["tail"])


def test_a_compaction_loses_nothing_of_what_is_appended_meanwhile(far: str, others: Callable[..., Any]) -> None:
    """One process compacts all the time while another appends: every event is there once in the end."""
    append_all(far, "before", 5000, 3)
    writer, tidy = others(append_all, far, "s", 0, 10), others(compact_often, far, 6)
    writer.result()
    assert tidy.result() > 0
    lake = Lake(far)
    lake.compact()
    assert keys(settled(lake)) == keys(event(n) for n in [*range(20), *range(5000, 5006)])
    assert lake.events.rows() == {"base": 26, "tail": 0}


def test_who_replaces_files_that_are_gone_changes_nothing(far: str, server: Server) -> None:
    """The second of two replacements is refused, and its file is taken out of the bucket again."""
    lake = filled(far, [event(1)])
    old = lake.events.files()["tail"]
    with lake.session() as con:
        lake.events.put(con, [scan(old, lake.events.schema)], tier="base", remove=old)
        there = held(server, far)
        with pytest.raises(LostRaceError, match="no longer part"):
            lake.events.put(con, [scan(old, lake.events.schema)], tier="base", remove=old)
    assert held(server, far) == there


def test_timelines_lie_in_the_bucket_and_need_no_events(
    far: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another machine reads the timelines as they are: the events are not even copied to it."""
    lake, timeline = filled(far, [event(n) for n in range(16)]), TIMELINES["contacts"]
    with lake.session() as con:
        expected = con.sql(f"SELECT * FROM ({refresh(lake, con, timeline)}) ORDER BY contact_id").fetchall()
    monkeypatch.setenv("TROTH_CACHE", str(tmp_path / "elsewhere"))
    other = Lake(far)
    assert other.home != lake.home
    with other.session() as con:
        assert con.sql(f"SELECT * FROM ({refresh(other, con, timeline)}) ORDER BY contact_id").fetchall() == expected
    assert {Path(p).relative_to(other.home).parts[0] for p in on_disk(other.home)} == {"timelines"}


def test_a_file_is_copied_once(far: str, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking again reads the log of commits, not the data."""
    filled(far, [event(1)], [event(2)])
    monkeypatch.setenv("TROTH_CACHE", str(tmp_path / "elsewhere"))
    asked = []
    for _ in range(2):
        server.requests()
        assert keys(settled(Lake(far))) == ["e1", "e2"]
        asked.append({path for method, path, _ in server.requests() if method == "GET" and path.endswith("00.parquet")})
    assert (len(asked[0]), asked[1]) == (2, set())


def test_copies_used_longest_ago_make_room(far: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the room given, copies that nobody used for an hour go, the oldest first; those in use stay."""
    lake = filled(far, *([event(n)] for n in range(4)))
    files = lake.events.files()["tail"]
    size = Path(files[0]).stat().st_size
    now = Path(files[0]).stat().st_mtime
    for age, file in zip((9000, 8000, 7000, 10), files, strict=True):
        os.utime(file, (now - age, now - age))
    part = lake.home / "events" / ".half.part"
    part.touch()
    os.utime(part, (now - 9000, now - 9000))
    monkeypatch.setenv("TROTH_CACHE_GIB", str(2.5 * size / 2**30))
    bucket = Lake(far).bucket
    assert bucket is not None
    bucket.trim()
    assert [Path(file).exists() for file in files] == [False, False, True, True]
    assert not part.exists()
    bucket.room = 0
    bucket.trim()
    assert [Path(file).exists() for file in files] == [False, False, False, True]
    assert len(settled(Lake(far))) == 4  # what went is copied again


def test_a_copy_that_is_cut_is_not_used(
    far: str, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An object of another size than the commit says is an issue, and no half stays here."""
    lake = filled(far, [event(1)])
    (path,) = below(lake, lake.events.files()["tail"])
    server.ask("replace", "lakes", f"{far.removeprefix('s3://lakes/')}/{path}", b"PAR1")
    monkeypatch.setenv("TROTH_CACHE", str(tmp_path / "elsewhere"))
    with pytest.raises(BucketError, match="damaged-file") as told:
        settled(Lake(far))
    assert told.value.issue.value == "4 bytes"
    assert [p for p in (tmp_path / "elsewhere").rglob("*") if p.suffix in {".parquet", ".part"}] == []


def test_sweeping_keeps_what_is_needed(far: str, server: Server) -> None:
    """What no commit names goes after a day, what was replaced as well, and so do timelines of earlier code."""
    lake = filled(far, [event(n) for n in range(8)])
    with lake.session() as con:
        refresh(lake, con, TIMELINES["contacts"])
    lost = lake.events.root / "tier=tail" / "lost-00000.parquet"
    lost.write_bytes(b"half")
    assert lake.bucket is not None
    lake.bucket.send([lost])
    old = lake.shelf("timelines/earlier", "contacts", lake.events.schema)
    with lake.session() as con:
        old.put(con, [f"SELECT * FROM ({lake.settled()})"], tier="base")
        time.sleep(1.1)  # a bucket tells times by the second
        refresh(lake, con, TIMELINES["cases"])  # of the code as it is, and newer
    lake.compact()
    replaced = held(server, far)
    assert len(lake.events.stored()) == 3  # the base, what it replaced, and what no commit names
    now = datetime.now(UTC)
    assert lake.vacuum(now=now) == 0
    assert held(server, far) == replaced
    assert lake.vacuum(now=now + timedelta(hours=30), keep=timedelta(hours=24)) > 2
    there = held(server, far)
    current = below(lake, [p for files in lake.events.files().values() for p in files])
    assert {k for k in there if k.startswith("events")} == current
    assert {k.split("/")[1] for k in there if k.startswith("timelines")} != {"earlier"}
    assert not any("earlier" in k for k in there)
    assert len(settled(lake)) == 8
    assert not lost.exists()


def test_a_spill_folder_is_here_and_keys_are_nowhere(far: str, server: Server) -> None:
    """Work is done beside the copies; no file, here or there, has the secret in it."""
    lake = filled(far, [event(n) for n in range(8)])
    query(lake, FEW)
    lake.vacuum(now=datetime.now(UTC))
    assert not [p for p in lake.home.iterdir() if p.name.startswith(".spill")]
    assert lake.home.stat().st_mode & 0o077 == 0
    here = [p.read_bytes() for p in lake.home.rglob("*") if p.is_file()]
    assert here
    assert not [1 for content in [*here, *server.objects("lakes").values()] if SECRET.encode() in content]
    assert SECRET not in repr(lake.bucket)


def test_a_shelf_tells_what_there_is(far: str) -> None:
    """Names of tables by kind, versions and notes are those of a folder."""
    lake = Lake(far)
    assert (lake.exists(), lake.tables("side"), lake.events.version(), lake.count()) == (False, [], 0, 0)
    lake.shelf("side", "ocel_objects", lake.events.schema).append(rows([event(1)]), batch=("s", 0))
    lake.reference("sites")
    assert lake.tables("side") == ["ocel_objects"]
    with lake.session() as con:
        lake.events.put(con, [], notes={"seen": "[1]"})
    assert (lake.events.version(), lake.events.stamp()["seen"]) == (1, "[1]")
    assert isinstance(lake.events, Shelf)
