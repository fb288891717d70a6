"""A small sample of `benchmarks/quality/outbox.py`: a whole site is killed, restored and moved, and nothing is lost or double."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.quality import outbox
from tests.web import servers


@pytest.mark.slow
def test_a_site_that_is_killed_restored_and_moved_keeps_every_fact_once(place: Path) -> None:
    """A site that is killed restored and moved keeps every fact once."""
    folder = place / "life"
    folder.mkdir(mode=0o711)
    found = outbox.lived(1, folder=folder, programs=servers.PROGRAMS, form=place / "form", kills=3)
    assert found.wrong == []
    assert found.killed["move"] == found.killed["restore"] == 1
    assert found.facts == found.settled > 0


def test_a_fact_that_is_missing_double_or_changed_is_noticed(tmp_path: Path) -> None:
    """The judge itself is tried, on a site that is only an answer to its questions."""
    from datetime import UTC, datetime

    import pyarrow as pa

    from troth.log.check import check
    from troth.log.lake import Lake
    from troth.log.schema import DRAFTS

    at = datetime(2026, 3, 2, 9, tzinfo=UTC)

    class Told:
        """A database of three facts, of which one ticket was given out."""

        lake = tmp_path / "lake"
        doings = type("Doings", (), {"calls": 3, "failures": 0, "joined": [{"t1"}]})()

        def waiting(self) -> int:
            return 0

        def ids(self) -> set[str]:
            return {"a", "b", "c"}

        def rows(self, query: str) -> list[tuple[object, ...]]:
            if "flow_ticket" in query:
                return [("t1", "k1")]
            event = {"contact_id": "k1", "queue": "q", "origin": "exact"}
            return [(i, 0, at, at, "queued", event) for i in ("a", "b", "c")]

    drafts = [
        {"occurred_at": at, "recorded_at": at, "activity": "queued", "contact_id": "k2", "queue": "q", "origin": "exact",
         "source": "troth", "source_id": name} for name in ("a", "b", "x")
    ]  # fmt: skip
    good, _ = check(pa.Table.from_pylist(drafts, schema=DRAFTS))
    Lake(Told.lake).events.append(good, batch=("s", 1))
    found = outbox.Found()
    outbox._judge(Told(), found, gone=set())  # type: ignore[arg-type]
    assert found.wrong[:4] == [
        "1 facts are not in the lake",
        "1 rows of the lake were never facts",
        "2 facts have changed on the way",
        "1 of 1 tickets given out are lost",
    ]
