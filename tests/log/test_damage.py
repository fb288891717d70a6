"""Damaged records of any declared source end as events or rejects, one by one; nothing is lost and nothing raises."""

from __future__ import annotations

import json
import random
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.log.exports import EXPORTS
from tests.log.test_field_orders import PLAN
from troth.core.errors import InputError
from troth.log.check import check
from troth.log.readers import Batch, ReadOptions, reader

JUNK: list[Any] = [
    None, True, 0, -1, 1e300, 12345678901234567890, "", "  ", "2026-13-45T99:00:00Z", "0000-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z", "99999999999999", "1772442000", "2026-03-29T03:30:00", "2026-10-25 03:30:00", [], {}, [1, [2]],
    {"a": {"b": 1}}, "NaN", "Infinity", "\u0000a", "ü🎉", "'; DROP", "\\", '"', [None], [{}], -5.5,
]  # fmt: skip
FIELDS = ["*", "", "a.b", "a b", "ü", "a'b", "[0]", "a\\b", "$", 'a"b', "keys", "row", "j", "kind"]


def damaged(value: Any, rng: random.Random) -> Any:
    """Return a value with some parts of it replaced, left out or added."""
    if isinstance(value, dict):
        found = {
            k: damaged(v, rng) if rng.random() < 0.9 else rng.choice(JUNK)
            for k, v in value.items()
            if rng.random() < 0.97
        }
        return found | ({rng.choice(FIELDS): rng.choice(JUNK)} if rng.random() < 0.2 else {})
    if isinstance(value, list):
        return [damaged(one, rng) for one in value]
    return value if rng.random() < 0.9 else rng.choice(JUNK)


@pytest.mark.parametrize("source", [*EXPORTS, "vroom"])
@pytest.mark.parametrize("zone", [None, "Europe/Vilnius"])
def test_damaged_records_end_as_events_or_rejects(tmp_path: Path, source: str, zone: str | None) -> None:
    """Wrong types, absurd times and numbers, names of fields that are code elsewhere: rows are counted, events pass the check."""
    rng = random.Random(f"{source}{zone}")
    tables = EXPORTS.get(source, {"plan-2026-03-02": [PLAN]})
    for name, records in tables.items():
        many = [damaged(record, rng) for record in records for _ in range(3)]
        path = tmp_path / f"{name}.json"
        path.write_text("".join(json.dumps(record) + "\n" for record in many))
        batches: list[Batch] = []
        with suppress(InputError):  # a plan of which nothing is left
            batches.extend(reader(source).read(path, ReadOptions(time_zone=zone, batch_rows=7)))
        assert source == "vroom" or sum(batch.rows for batch in batches) == len(many)
        for batch in batches:
            good, bad = check(batch.drafts)
            assert set(bad["code"].to_pylist()) <= {"time-out-of-range", "missing-agent-id"}
            assert all(reject["advice"].startswith("Maybe") for reject in batch.rejects.to_pylist())
