"""Memory does not grow with the log: what is worked on a part at a time gives what it gives at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import rmtree

import pytest

from tests.kpi.logs import Event, hours, lake_of
from troth.kpi import query as asking
from troth.kpi.query import Query, query
from troth.kpi.sla import read
from troth.kpi.sla.read import rules, sla_clocks
from troth.log.lake import Lake

NOW = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture
def worked(lake: Path) -> Lake:
    """Return a lake of forty cases under an agreement that some keep and some break, some of them still open."""
    events = []
    for n in range(40):
        opened = datetime(2026, 3, 2, 9, tzinfo=UTC) + timedelta(hours=3 * n)
        team, queue = f"t{n % 3}", f"q{n % 2}"
        events.append(Event(opened, "opened", f"{n}a", case_id=f"c{n}", team=team, queue=queue))
        if n % 5:
            done = opened + timedelta(minutes=17 * n)
            events.append(
                Event(done, "resolved", f"{n}b", case_id=f"c{n}", agent_id=f"a{n % 4}", team=team, queue=queue)
            )
    tables = {
        "calendars": hours("office", ("09:00", "17:00")),
        "sla_policies": [{"policy": "p", "position": 1}],
        "sla_targets": [{"policy": "p", "metric": "resolution", "target_s": 7200.0, "calendar": "office"}],
    }
    return lake_of(lake, events, **tables)


def test_clocks_in_parts_are_those_at_once(worked: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cases are shared out whole; parts without a case do no harm, and a second look finds nothing of the first."""
    found = []
    for batch in (10**6, 7, 1):
        monkeypatch.setattr(read, "_BATCH", batch)
        with worked.session() as con:
            found += [sla_clocks(worked, con, rules=rules(worked), now=NOW).to_pylist() for _ in range(2)]
    assert len(found[0]) == 40
    assert {row["state"] for row in found[0]} == {"met", "breached"}
    assert all(one == found[0] for one in found)


def test_figures_in_pieces_are_those_at_once(worked: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures on business time and of agreements do not depend on how many rows are measured at a time."""
    asked = Query(kpis=("speed.same_day", "speed.resolution", "sla.met"), by=("queue",), calendar="office")
    whole = query(worked, asked)
    rmtree(worked.root / "timelines")  # what is kept would be read instead
    monkeypatch.setattr(read, "_BATCH", 7)
    monkeypatch.setattr(asking, "_PIECE", 3)
    assert query(worked, asked) == whole
    assert any(figure.n > 3 for figure in whole if figure.id == "speed.same_day")
