"""Whatever the order, the files and the repetitions in which a source's records arrive, they end as the same rows."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.log.exports import EXPORTS, write
from troth.log.check import check
from troth.log.readers import Batch, ReadOptions, reader
from troth.log.reference import TABLES

SEEDS = range(2)


def settled(batches: Iterable[Batch]) -> dict[str, dict[str, Any]]:
    """Resolve versions as the lake does: the newest of each id, of equal versions the greater content."""
    best: dict[str, dict[str, Any]] = {}
    for batch in batches:
        good, bad = check(batch.drafts)
        assert bad.to_pylist() == []
        assert batch.rejects.to_pylist() == []
        for row in good.drop_columns(["_file", "_row"]).to_pylist():
            old = best.get(row["source_id"])
            if old is None or (row["version"], repr(row)) > (old["version"], repr(old)):
                best[row["source_id"]] = row
        for name, table in batch.reference.items():
            for row in table.to_pylist():
                key = f"{name}/{[row[column] for column in TABLES[name].key]}"
                old = best.get(key)
                if old is None or (row["version"], repr(row)) > (old["version"], repr(old)):
                    best[key] = row
    return best


def everything(source: str, paths: Iterable[Path], *, size: int = 1000) -> list[Batch]:
    """Read files one after another."""
    return [
        batch for path in paths for batch in reader(source).read(path, ReadOptions(time_zone="UTC", batch_rows=size))
    ]


@pytest.mark.parametrize("source", EXPORTS)
@pytest.mark.parametrize("seed", SEEDS)
def test_split_repeated_and_shuffled_records_are_the_same(tmp_path: Path, source: str, seed: int) -> None:
    """Records of all tables cut into other files, some of them twice, read in another order: equal rows."""
    whole = settled(everything(source, write(tmp_path / "whole", EXPORTS[source])))
    assert len(whole) > 5
    rng = random.Random(seed)
    (tmp_path / "split").mkdir()
    paths = []
    for name, records in EXPORTS[source].items():
        rows = [*records, *rng.choices(records, k=2)]
        rng.shuffle(rows)
        cut = rng.randint(1, len(rows) - 1)
        for number, piece in enumerate((rows[:cut], rows[cut:])):
            paths.append(tmp_path / "split" / f"{name}-{number}.json")
            form = rng.choice(["lines", "list", "joined"])
            texts = [json.dumps(record) for record in piece]
            joined = {"lines": "\n".join(texts), "list": f"[{','.join(texts)}]", "joined": "".join(texts)}
            paths[-1].write_text(joined[form])
    rng.shuffle(paths)
    assert settled(everything(source, [*paths, paths[0]], size=rng.choice([2, 1000]))) == whole


EVENT = """BEGIN:VEVENT\r
UID:{uid}\r
DTSTAMP:20260101T000000Z\r
SEQUENCE:{sequence}\r
SUMMARY:{title}\r
{lines}\r
END:VEVENT\r
"""
EVENTS = [
    EVENT.format(
        uid="1", sequence=0, title="Shift",
        lines="DTSTART:20260302T080000Z\r\nDTEND:20260302T160000Z\r\nRRULE:FREQ=DAILY;COUNT=5\r\nEXDATE:20260304T080000Z",
    ),
    EVENT.format(
        uid="1", sequence=0, title="Shift",
        lines="RECURRENCE-ID:20260303T080000Z\r\nDTSTART:20260303T100000Z\r\nDTEND:20260303T160000Z",
    ),
    EVENT.format(uid="2", sequence=0, title="Holiday", lines="DTSTART;VALUE=DATE:20260305\r\nDTEND;VALUE=DATE:20260307"),
    EVENT.format(
        uid="2", sequence=1, title="Holiday",
        lines="DTSTART;VALUE=DATE:20260305\r\nDTEND;VALUE=DATE:20260306\r\nSTATUS:CANCELLED",
    ),
]  # fmt: skip


def calendar(path: Path, events: Iterable[str]) -> Path:
    """Write a calendar of Ana's."""
    path.write_text(
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-WR-CALNAME:ana\r\n{''.join(events)}END:VCALENDAR\r\n", newline=""
    )
    return path


@pytest.mark.parametrize("seed", SEEDS)
def test_split_calendars_are_the_same(tmp_path: Path, seed: int) -> None:
    """A series and its exceptions in files of their own, an older copy late: equal rows, and withdrawn means withdrawn."""
    whole = settled(everything("icalendar", [calendar(tmp_path / "whole.ics", EVENTS)]))
    lasting = {key for key, row in whole.items() if row["ends_at"] > row["starts_at"]}
    assert len([key for key in lasting if key.startswith("schedules")]) == 4
    assert [key for key in lasting if key.startswith("leave")] == []
    rng = random.Random(seed)
    events = rng.sample([*EVENTS, EVENTS[0], EVENTS[2]], 6)
    paths = [calendar(tmp_path / f"{n}.ics", [event]) for n, event in enumerate(events)]
    assert settled(everything("icalendar", paths)) == whole
