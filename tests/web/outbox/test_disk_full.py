"""The lake's disk is full: nothing is lost, nothing comes twice, it is said honestly, and goes on when there is room."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.full_disk import SmallDisk, small_disk
from tests.web.outbox.days import NOW, day, write
from tests.web.outbox.test_exporter import once
from troth.log.lake import Lake
from troth.web.outbox import bridge, exporter
from troth.web.outbox.models import Batch, Fact

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk") as made:
        yield made


def _orphans(lake: Lake) -> set[str]:
    """Return the files of events that no commit speaks of."""
    files = lake.events.files()
    return {str(path) for path in lake.events.root.rglob("*.parquet")} - {*files["base"], *files["tail"]}


def _failure(lake: Lake) -> str:
    """Export; return what was said if it failed. Then there is still something to do."""
    try:
        exporter.export_once(lake, now=NOW)
    except OSError as error:
        waiting = Batch.objects.filter(done_at=None).exists()
        return str(error) if waiting else "nothing waits, yet it failed"
    return ""


def test_facts_wait_until_the_lake_has_room(disk: SmallDisk) -> None:
    """Room runs out at every place of the export: in the file of facts, and in the commit that names it."""
    lake = Lake(disk.root / "lake")
    write(day(1, customers=5))
    exporter.export_once(lake, now=NOW)
    said = []
    for step in range(30):
        write(day(100 + step, customers=10))
        disk.fill(left=step * 4096)
        said.append(_failure(lake))
        assert _orphans(lake) == set(), "what was half written takes no room"
    failed = [one for one in said if one]
    assert said[0] and len(failed) < 30
    assert all("No space left" in one for one in failed)
    assert any("copy data" in one for one in failed), "the commit itself ran out of room at least once"
    disk.free()
    exporter.export_once(lake, now=NOW)
    once(lake)
    assert not Batch.objects.filter(done_at=None).exists()


def test_a_compaction_without_room_leaves_the_lake_as_it_was(disk: SmallDisk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new base does not fit; the old files are all there, and with room it is done."""
    lake = Lake(disk.root / "lake")
    monkeypatch.setattr(bridge, "_FILES", 3)
    for number in range(4):
        write(day(number, customers=10))
        exporter.export_once(lake, now=NOW)
    disk.fill(left=4096)
    with pytest.raises(Exception, match="No space left"):
        bridge.tend(lake, now=NOW)
    once(lake)
    assert _orphans(lake) == set()
    disk.free()
    assert bridge.tend(lake, now=NOW)
    once(lake)
    assert not lake.events.files()["tail"]


def test_the_worker_says_so_and_goes_on(disk: SmallDisk, caplog: Any) -> None:
    """One line in the log that names the cause, no trace of the program; then the facts arrive by themselves."""
    lake = Lake(disk.root / "lake")
    write(day(1, customers=30))
    disk.fill()
    stop = threading.Event()
    worker = threading.Thread(target=exporter.run_forever, args=(stop,), kwargs={"lake": lake, "every_s": 0.05})
    worker.start()
    try:
        _until(lambda: "trying again" in caplog.text)
        write(day(2, customers=30))
        disk.free()
        _until(lambda: not Batch.objects.filter(done_at=None).exists() and lake.exists() and _all_there(lake))
    finally:
        stop.set()
        worker.join()
    once(lake)
    told = [record for record in caplog.records if record.name == exporter.__name__]
    assert told and all("No space left" in record.getMessage() and record.exc_info is None for record in told)
    assert "\n" not in told[0].getMessage() and "\x1b" not in told[0].getMessage()


def _all_there(lake: Lake) -> bool:
    return bool(lake.events.files()["tail"]) and not Fact.objects.filter(batch=None).exists()


def _until(done: Any) -> None:
    until = time.monotonic() + 20
    while not done():
        assert time.monotonic() < until
        time.sleep(0.05)
