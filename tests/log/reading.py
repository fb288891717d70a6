"""What tests of readers share: a file with given content, and all that a reader makes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from troth.core.decision import Issue
from troth.core.errors import InputError
from troth.log.readers import ReadOptions, reader

HEADER = "occurred_at,activity,case_id,agent_id,source_id"
ROWS = [f"2024-01-{d:02d}T10:00:00Z,opened,c{d},,e{d}" for d in range(1, 10)]


def file(tmp_path: Path, content: str | bytes, name: str = "events.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def load(
    path: Path, source: str = "csv", **options: Any
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[Issue], int]:
    """Return drafts, rejects, issues and the number of rows."""
    batches = list(reader(source).read(path, ReadOptions(**options)))
    drafts = pa.concat_tables([b.drafts for b in batches]).to_pylist()
    rejects = pa.concat_tables([b.rejects for b in batches]).to_pylist()
    return drafts, rejects, [i for b in batches for i in b.issues], sum(b.rows for b in batches)


def codes(rejects: list[dict[str, Any]]) -> list[tuple[int, str]]:
    return [(r["row"], r["code"]) for r in rejects]


def table(*rows: str) -> str:
    return "\n".join([HEADER, *rows]) + "\n"


def failing(path: Path, **options: Any) -> list[Issue]:
    with pytest.raises(InputError) as caught:
        load(path, **options)
    return list(caught.value.issues)
