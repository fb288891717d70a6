"""The import loop: every row ends as an event or a reject, once, whatever the files look like and whenever it stops."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.log.lakes import START, Event, event, keys, on_disk, settled
from troth.core.decision import Stop
from troth.core.errors import InputError
from troth.kpi.query import Query, query
from troth.log import _landing
from troth.log import ingest as ingest_module
from troth.log import lake as lake_module
from troth.log.check import check
from troth.log.ingest import ImportReport, ingest
from troth.log.lake import Lake
from troth.log.readers import ReadOptions, reader
from troth.log.rejects import read_rejects
from troth.log.schema import STORED
from troth.log.selection import read_side

SMALL = ReadOptions(batch_rows=2)
NOW = datetime(2026, 7, 1, tzinfo=UTC)
KPIS = ("flow.volume", "speed.answer", "speed.handle", "flow.abandonment")


def csv(path: Path, events: Sequence[Event], *more: str) -> Path:
    """Write events in the canonical layout, and further lines as they are."""
    names = [n for n in STORED.names if n not in {"recorded_at", "attributes"}]
    cells = ([e[n].isoformat() if n == "occurred_at" else e[n] for n in names] for e in events)
    lines = [",".join("" if v is None else str(v) for v in row) for row in cells]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([",".join(names), *lines, *more]) + "\n", encoding="utf-8")
    return path


def load(root: Path, *paths: Path, options: ReadOptions = SMALL, **more: Any) -> ImportReport:
    return ingest(Lake(root), source="csv", paths=paths, options=options, now=NOW, **more)


def figures(root: Path) -> list[dict[str, Any]]:
    """Return a handful of figures by queue and day."""
    asked = Query(kpis=KPIS, by=("queue",), start=START.date(), end=START.date() + timedelta(days=1))
    return [f.as_dict() for f in query(Lake(root), asked)]


def test_a_report_adds_up(tmp_path: Path, lake: Path) -> None:
    """Every row is an event or a reject; cases and known events are counted."""
    events = [event(n, case_id=f"k{n // 2}") for n in range(6)]
    report = load(lake, csv(tmp_path / "a.csv", [*events, event(0, case_id="k0")], "2026-01-01,broken"))
    assert (report.files, report.rows, report.events, report.cases, report.rejects, report.duplicates) == (
        1,
        8,
        7,
        3,
        1,
        1,
    )
    assert [i.code for i in report.issues] == ["wrong-field-count"]
    again = load(lake, csv(tmp_path / "b.csv", [events[5], event(6)]))
    assert (again.events, again.duplicates) == (2, 1)


def test_the_same_file_again_changes_nothing(tmp_path: Path, lake: Path) -> None:
    """A second import of the same bytes, under another name too, writes no file and no second reject."""
    path = csv(tmp_path / "a.csv", [event(n) for n in range(9)], "x")
    first = load(lake, path)
    before, files = settled(Lake(lake)), on_disk(lake)
    other = tmp_path / "b.csv"
    other.write_bytes(path.read_bytes())
    second = load(lake, path, other)
    assert (second.events, second.duplicates, second.rejects) == (18, 18, 2)
    assert (first.events, first.duplicates) == (9, 0)
    assert settled(Lake(lake)) == before
    assert on_disk(lake) == files
    assert len(read_rejects(Lake(lake))) == 1


_EVENTS = st.lists(
    st.builds(
        lambda n, v, wait: event(n, version=v, occurred_at=START + timedelta(minutes=10 * (n // 4) + wait * (n % 4))),
        st.integers(0, 15),
        st.integers(0, 2),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=20,
)


@settings(max_examples=8)
@given(events=_EVENTS, data=st.data())
def test_the_same_events_in_any_order_and_any_pieces_are_settled_alike(
    events: list[Event], data: st.DataObject
) -> None:
    """Files split, shuffled, repeated and compacted in between settle to the same events."""
    with TemporaryDirectory() as folder:
        _any_way(Path(folder), events, data, ask=lambda: None)


@settings(max_examples=3)
@given(events=_EVENTS, data=st.data())
def test_the_same_events_in_any_order_and_any_pieces_give_the_same_figures(
    events: list[Event], data: st.DataObject
) -> None:
    """Figures asked for in between leave cached timelines behind, which keep up with whatever comes."""
    with TemporaryDirectory() as folder:
        root = Path(folder)
        _any_way(root, events, data, ask=lambda: figures(root / "other"))
        assert figures(root / "other") == figures(root / "plain")


def _any_way(root: Path, events: list[Event], data: st.DataObject, *, ask: Callable[[], object]) -> None:
    load(root / "plain", csv(root / "all.csv", events))
    shuffled = data.draw(st.permutations(events))
    cuts = [0, *sorted(data.draw(st.lists(st.integers(0, len(events)), max_size=3))), len(events)]
    pieces = [shuffled[a:b] for a, b in itertools.pairwise(cuts)]
    paths = [csv(root / f"{k}.csv", piece) for k, piece in enumerate(pieces)]
    for number, path in enumerate([*data.draw(st.permutations(paths)), data.draw(st.sampled_from(paths))]):
        load(root / "other", path, options=ReadOptions(batch_rows=data.draw(st.integers(1, 5))))
        if data.draw(st.booleans()):
            Lake(root / "other").compact()
        if number == 0:
            ask()
    assert settled(Lake(root / "other")) == settled(Lake(root / "plain"))


def test_equal_versions_with_different_content_are_told(tmp_path: Path, lake: Path) -> None:
    """A source that changes rows without a new version is named with an example, in one file or over several."""
    first = load(lake, csv(tmp_path / "a.csv", [event(1, queue="x"), event(2), event(2)]))
    assert first.issues == []
    second = load(
        lake, csv(tmp_path / "b.csv", [event(1, queue="y"), event(2), event(3), event(3, version=1, queue="z")])
    )
    (issue,) = second.issues
    assert (issue.code, issue.where, issue.value, issue.count) == ("equal-versions", "calls, e1", "version 0", 1)
    assert second.duplicates == 3


def test_a_batch_that_fails_stops_those_after_it(tmp_path: Path, lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A later batch must not land when an earlier one did not: its number would hide the gap for ever."""
    path = csv(tmp_path / "a.csv", [event(n) for n in range(30)])
    calls = itertools.count()

    def failing(drafts: Any) -> Any:
        if next(calls) == 2:
            raise OSError("disk full")
        return check(drafts)

    monkeypatch.setattr(_landing, "check", failing)
    with pytest.raises(OSError, match="disk full"):
        load(lake, path)
    landed = len(settled(Lake(lake)))
    assert 0 < landed < 30
    assert keys(settled(Lake(lake))) == keys(event(n) for n in range(landed))
    monkeypatch.setattr(_landing, "check", check)
    load(lake, path)
    assert len(settled(Lake(lake))) == 30


def test_a_file_that_breaks_in_the_middle_keeps_what_came_before(
    tmp_path: Path, lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a reader gave before it gave up is in the lake, and the file counts as failed."""
    path = csv(tmp_path / "a.csv", [event(n) for n in range(30)])

    def broken(name: str) -> Any:
        found = reader(name)

        def read(path: Path, options: ReadOptions) -> Iterator[Any]:
            yield from itertools.islice(found.read(path, options), 3)
            raise InputError([])

        return type(found)(found.name, found.sentence, read)

    monkeypatch.setattr(ingest_module, "reader", broken)
    report = load(lake, path)
    assert report.failed == 1
    assert 0 < report.events == len(settled(Lake(lake))) < 30


def test_an_import_can_be_stopped_and_goes_on(tmp_path: Path, lake: Path) -> None:
    """Asked to stop, it ends after whole batches; the next import completes it without a double."""
    path = csv(tmp_path / "a.csv", [event(n) for n in range(40)])
    asked = itertools.count()
    report = load(lake, path, stop=Stop(asked=lambda: next(asked) >= 3))
    assert report.stopped
    assert 0 < report.events < 40
    assert len(settled(Lake(lake))) == report.events
    report = load(lake, path)
    assert not report.stopped
    assert Lake(lake).count() == len(settled(Lake(lake))) == 40


def test_progress_names_the_file_and_ends_at_one(tmp_path: Path, lake: Path) -> None:
    """After every batch the share of all files done is told, and it never falls."""
    told: list[tuple[str, float]] = []
    paths = [csv(tmp_path / f"{k}.csv", [event(n) for n in range(20 * k, 20 * k + 20)]) for k in range(2)]
    load(lake, *paths, on_progress=lambda name, done, report: told.append((name, done)))
    assert {name for name, _ in told} == {"0.csv", "1.csv"}
    assert [done for _, done in told] == sorted(done for _, done in told)
    assert told[-1][1] == 1.0


def test_a_long_tail_is_compacted_and_leftovers_are_swept(
    tmp_path: Path, lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An import ends with a settled base where that pays, and without the spill folders of killed runs."""
    monkeypatch.setattr(lake_module, "_TAIL_ROWS", 10)
    (lake / ".spill-dead").mkdir(parents=True)
    (lake / ".spill-dead" / "lock").touch()
    load(lake, csv(tmp_path / "a.csv", [event(n) for n in range(40)]))
    assert Lake(lake).events.rows() == {"base": 40, "tail": 0}
    assert list(lake.glob(".spill-*")) == []


def test_rejects_are_kept_with_their_text_and_time(tmp_path: Path, lake: Path) -> None:
    """A rejected row can be looked at later, as it was."""
    load(lake, csv(tmp_path / "a.csv", [event(1)], "2026-01-01,broken"))
    (reject,) = read_rejects(Lake(lake)).to_pylist()
    assert (reject["file"], reject["row"], reject["raw"], reject["imported_at"]) == (
        "a.csv",
        3,
        "2026-01-01,broken",
        NOW,
    )
    assert reject["advice"].startswith("Maybe")


@pytest.mark.parametrize(
    ("source", "names", "codes"),
    [
        ("csv", ["none.csv"], ["no-such-file"]),
        ("cvs", ["none.csv"], ["no-such-file", "unknown-source"]),
        ("csv", ["."], ["no-files"]),
        ("troth", ["."], ["no-files"]),
    ],
)
def test_what_cannot_be_imported_is_said_at_once(
    tmp_path: Path, lake: Path, source: str, names: list[str], codes: list[str]
) -> None:
    """Wrong sources and paths are listed together, and no lake is made."""
    with pytest.raises(InputError) as caught:
        ingest(Lake(lake), source=source, paths=[tmp_path / n for n in names])
    assert [i.code for i in caught.value.issues] == codes
    assert not lake.exists()


def test_a_lake_without_side_tables_has_none(lake: Path) -> None:
    """A side table nobody brought is None, not an error."""
    assert read_side(Lake(lake), "ocel_objects") is None
