"""The files the guides show work when put where the guides say."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

CALLS = """\
2026-03-02T09:00:00+00:00;C1;RING;
2026-03-02T09:00:30+00:00;C1;TALK;ana
2026-03-02T09:04:00+00:00;C1;DONE;ana
2026-03-02T09:01:00+00:00;C2;RING;
what is this
2026-03-02T09:08:00+00:00;C2;TALK;ana
2026-03-02T09:09:00+00:00;C2;DONE;ana
2026-03-02T09:30:00+00:00;C3;RING;
2026-03-02T09:31:00+00:00;C3;WINK;
2026-03-02T09:40:00+00:00;C3;GONE;
"""


def _file_of(guide: str) -> tuple[str, str]:
    """Return the name and text of the file a guide shows."""
    page = (ROOT / "docs" / "guides" / guide).read_text(encoding="utf-8")
    name = re.search(r"`src/troth/[\w/]+/(\w+)\.py`", page)
    block = re.search(r"```python\n(.*?)```", page, flags=re.DOTALL)
    assert name is not None
    assert block is not None
    return name[1], block[1]


@pytest.fixture
def guides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Put the files of both guides into their rooms for one test."""
    from troth.kpi import measures
    from troth.kpi.catalogue import catalogue
    from troth.log import readers

    for package, guide in ((measures, "add-a-kpi.md"), (readers, "add-a-reader.md")):
        folder = tmp_path / package.__name__
        folder.mkdir()
        name, text = _file_of(guide)
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
        monkeypatch.delitem(sys.modules, f"{package.__name__}.{name}", raising=False)
    catalogue.cache_clear()
    yield tmp_path
    catalogue.cache_clear()
    for package, guide in ((measures, "add-a-kpi.md"), (readers, "add-a-reader.md")):
        sys.modules.pop(f"{package.__name__}.{_file_of(guide)[0]}", None)


def test_one_file_adds_a_source_and_one_file_adds_a_kpi(guides: Path) -> None:
    """The guides' reader takes in calls, and their KPI counts them: one of two answered waited long."""
    from troth.kpi.query import Query, query
    from troth.log.ingest import ingest
    from troth.log.lake import Lake

    calls = guides / "calls.acme"
    calls.write_text(CALLS, encoding="utf-8")
    lake = Lake(guides / "lake")
    report = ingest(lake, source="acme", paths=[calls])
    assert (report.rows, report.events, report.rejects) == (10, 8, 2)
    (figure,) = query(lake, Query(kpis=("speed.long_waits",)))
    assert (figure.value, figure.n, str(figure.unit)) == (0.5, 2, "share")
