"""Several processes on one lake: whatever their order, nothing is lost and nothing is doubled."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.log.lakes import append_all, compact_often, event, filled, import_csv, keys, on_disk, rows, settled
from troth.log.lake import Lake
from troth.log.store import Shelf
from troth.log.timelines import TIMELINES
from troth.log.timelines.cache import refresh


@pytest.fixture(scope="module")
def others() -> Iterator[Callable[..., Any]]:
    """Give a function that starts a function in one of three other processes, which are started once."""
    with ProcessPoolExecutor(3, multiprocessing.get_context("spawn")) as pool:
        yield pool.submit


def test_two_writers_of_different_streams_do_not_lose_a_batch(lake: Path, others: Callable[..., Any]) -> None:
    """Every batch of both is there once, though each commit may find the other's in its way."""
    jobs = [others(append_all, str(lake), f"s{k}", 1000 * k, 12) for k in range(2)]
    for job in jobs:
        job.result()
    held = Lake(lake)
    assert keys(settled(held)) == keys(event(1000 * k + n) for k in range(2) for n in range(24))
    assert held.events.rows()["tail"] == 48


def test_two_writers_of_one_stream_do_not_double_a_batch(lake: Path, others: Callable[..., Any]) -> None:
    """The same batches from two processes are taken once each, and no file is left over."""
    jobs = [others(append_all, str(lake), "s", 0, 12) for _ in range(3)]
    for job in jobs:
        job.result()
    held = Lake(lake)
    assert held.events.rows()["tail"] == 24
    assert keys(settled(held)) == keys(event(n) for n in range(24))
    assert on_disk(lake) == set(held.events.files()["tail"])


def test_compactions_do_not_lose_what_is_appended_meanwhile(lake: Path, others: Callable[..., Any]) -> None:
    """Two processes compact all the time while a third appends: every event is there once in the end."""
    append_all(str(lake), "before", 5000, 3)
    writer = others(append_all, str(lake), "s", 0, 15)
    tidy = [others(compact_often, str(lake), 10) for _ in range(2)]
    writer.result()
    assert sum(job.result() for job in tidy) > 0
    held = Lake(lake)
    assert keys(settled(held)) == keys(event(n) for n in [*range(30), *range(5000, 5006)])
    held.compact()
    assert held.events.rows() == {"base": 36, "tail": 0}


def test_one_file_imported_by_two_processes_lands_once(tmp_path: Path, lake: Path, others: Callable[..., Any]) -> None:
    """The import is exactly once even if it is started twice at the same time."""
    path = tmp_path / "a.csv"
    lines = [f"2026-01-05T10:{n % 60:02d}:00Z,opened,k{n},calls,e{n}" for n in range(120)]
    path.write_text("\n".join(["occurred_at,activity,case_id,source,source_id", *lines]) + "\n")
    jobs = [others(import_csv, str(lake), str(path)) for _ in range(2)]
    assert [job.result() for job in jobs] == [120, 120]
    assert Lake(lake).events.rows()["tail"] == 120


@pytest.mark.parametrize("cached", [False, True])
def test_two_refreshes_at_once_do_not_double_a_timeline(
    lake: Path, monkeypatch: pytest.MonkeyPatch, cached: bool
) -> None:
    """A timeline brought up to date by somebody else in the middle of ours holds every row once."""
    held, timeline = filled(lake, [event(n) for n in range(16)]), TIMELINES["contacts"]
    with held.session() as con:
        if cached:
            refresh(held, con, timeline)
        held.events.append(rows([event(n) for n in range(16, 24)]), batch=("s", 1))
        put, inside = Shelf.put, [False]

        def late(self: Shelf, *args: Any, **more: Any) -> int:
            if self.root.name == "contacts" and not inside[0]:
                inside[0] = True
                with Lake(lake).session() as other:
                    refresh(Lake(lake), other, timeline)
            return put(self, *args, **more)

        monkeypatch.setattr(Shelf, "put", late)
        found = con.sql(f"SELECT contact_id FROM ({refresh(held, con, timeline)}) ORDER BY 1").fetchall()
    assert inside == [True]
    assert [c for (c,) in found] == [f"c{n}" for n in range(6)]
