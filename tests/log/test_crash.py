"""A few of the kills of `benchmarks.quality.crash`: the real process, SIGKILL, and what is left."""

from __future__ import annotations

from pathlib import Path

from benchmarks.quality import crash
from troth.log.lake import Lake


def test_a_killed_import_leaves_whole_batches_and_is_completed_by_the_next(tmp_path: Path) -> None:
    """Five kills on one lake: after each the events are those of a whole number of batches, in the end all of them."""
    ground = crash.prepared(tmp_path, rows=1_000, cases=("import",))
    assert len(ground.states["import"]) > 15
    kills, mended = crash.killed(ground, "import", seeds=range(1, 6))
    assert [k for k in kills if not k.whole] == []
    assert mended
    assert {k.moment for k in kills} >= {"between commits"}
    # The verdict can be bad: half a batch matches no number of batches.
    lake = Lake(tmp_path / "import-plain")
    with lake.session() as con:
        half = f"SELECT * REPLACE (source_id || 'x' AS source_id) FROM ({lake.settled()}) LIMIT 3"
        lake.events.put(con, [half])
    assert crash.state(lake) not in ground.states["import"]
