"""The ServiceNow reader: published figures, idempotence under splitting, bad input."""

from __future__ import annotations

import gzip
import json
import random
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from troth.core.errors import InputError
from troth.log import schema
from troth.log.readers import Batch, ReadOptions, reader

HEAD = "number,incident_state,reopen_count,sys_mod_count,made_sla,caller_id,opened_by,opened_at,sys_updated_at,contact_type,category,subcategory,priority,assignment_group,assigned_to,closed_code,resolved_by,resolved_at,closed_at"
ROWS = (
    "INC1,New,0,0,true,C 1,O 1,1/3/2016 09:00,1/3/2016 09:05,Phone,Cat 1,Sub 1,3 - Moderate,Group 1,?,code 5,R 1,2/3/2016 10:00,7/3/2016 11:00",
    "INC1,Active,0,1,true,C 1,O 1,1/3/2016 09:00,1/3/2016 09:05,Phone,Cat 1,Sub 1,3 - Moderate,Group 1,A 1,code 5,R 1,2/3/2016 10:00,7/3/2016 11:00",
    "INC1,Resolved,0,2,true,C 1,O 1,1/3/2016 09:00,1/3/2016 12:00,Phone,Cat 1,Sub 1,3 - Moderate,Group 1,A 1,code 5,R 1,2/3/2016 10:00,7/3/2016 11:00",
    "INC1,Active,1,3,true,C 1,O 1,1/3/2016 09:00,2/3/2016 09:00,Phone,Cat 1,Sub 1,3 - Moderate,Group 2,A 2,code 5,R 1,2/3/2016 10:00,7/3/2016 11:00",
    "INC1,Resolved,1,4,true,C 1,O 1,1/3/2016 09:00,2/3/2016 10:00,Phone,Cat 1,Sub 1,3 - Moderate,Group 2,A 2,code 5,R 1,2/3/2016 10:00,7/3/2016 11:00",
    "INC1,Closed,1,5,false,C 1,O 1,1/3/2016 09:00,7/3/2016 11:00,Phone,Cat 2,Sub 1,3 - Moderate,Group 2,A 2,code 5,R 1,2/3/2016 10:00,7/3/2016 11:00",
    "INC2,-100,0,0,true,C 2,O 1,1/3/2016 09:00,1/3/2016 09:05,Email,Cat 1,?,?,?,?,?,?,?,?",
)


def write(path: Path, *rows: str, head: str = HEAD) -> Path:
    """Write an export."""
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def take(path: Path, **options: Any) -> list[Batch]:
    """Read an export."""
    return list(reader("servicenow").read(path, ReadOptions(**options)))


def events(*batches: Batch) -> dict[str, dict[str, Any]]:
    """Resolve versions as the lake does: the newest of each source id, whatever the order."""
    best: dict[str, dict[str, Any]] = {}
    for batch in batches:
        assert batch.drafts.schema == schema.DRAFTS
        assert batch.rejects.schema == schema.REJECTS
        for row in batch.drafts.drop_columns(["_file", "_row"]).to_pylist():
            old = best.get(row["source_id"])
            if old is None or (row["version"], repr(row)) > (old["version"], repr(old)):
                best[row["source_id"]] = row
    return best


def codes(batches: list[Batch]) -> list[tuple[int, str]]:
    """Return row and code of each reject."""
    return [(r["row"], r["code"]) for b in batches for r in b.rejects.to_pylist()]


def test_a_row_gives_its_status_and_its_assignment(tmp_path: Path) -> None:
    """Each audit row becomes one event of status and one of assignment, ordered within a minute by its count."""
    found = events(*take(write(tmp_path / "a.csv", *ROWS), time_zone="UTC"))
    status = found["INC1/1/2016-03-01T09:05:00/Active:status"]
    assert status["occurred_at"] == datetime(2016, 3, 1, 9, 5, 0, 1, tzinfo=UTC)
    assert (status["activity"], status["step"], status["version"], status["origin"]) == (
        "status_changed",
        "open",
        1,
        "exact",
    )
    assert (status["team"], status["agent_id"], status["customer_id"], status["channel"]) == (
        "Group 1",
        "A 1",
        "C 1",
        "phone",
    )
    assert json.loads(status["attributes"]) == {"topic": "Sub 1", "foreign": {"state": "Active", "made_sla": "true"}}
    assert found["INC1/0/2016-03-01T09:05:00/New:assigned"]["agent_id"] is None
    assert found["INC2/0/2016-03-01T09:05:00/-100:assigned"]["activity"] == "unassigned"


def test_an_incident_has_one_beginning_and_one_end(tmp_path: Path) -> None:
    """The summary columns give opened, resolved, closed once, and reopened once a reopening, at its first sighting."""
    found = events(*take(write(tmp_path / "a.csv", *ROWS), time_zone="Europe/Lisbon"))
    opened, closed = found["INC1/opened"], found["INC1/closed"]
    assert opened["occurred_at"] == datetime(2016, 3, 1, 9, tzinfo=UTC)
    assert opened["agent_id"] == "O 1"
    assert closed["occurred_at"] - opened["occurred_at"] == timedelta(days=6, hours=2, milliseconds=10)
    assert json.loads(closed["attributes"])["foreign"]["made_sla"] == "false"
    assert found["INC1/reopened/1"]["occurred_at"] == datetime(2016, 3, 2, 9, 0, 0, 3, tzinfo=UTC)
    ordered = sorted((e for e in found.values() if e["case_id"] == "INC1"), key=lambda e: e["occurred_at"])
    assert [e["activity"] for e in ordered][-2:] != ["closed", "resolved"]
    assert ordered[-1]["activity"] == "closed"
    assert "INC2/closed" not in found
    assert "INC2/resolved" not in found


def test_an_unknown_state_is_kept_as_a_foreign_step(tmp_path: Path) -> None:
    """A state outside the list loses no row and changes no status."""
    batches = take(write(tmp_path / "a.csv", *ROWS), time_zone="UTC")
    event = events(*batches)["INC2/0/2016-03-01T09:05:00/-100:status"]
    assert (event["activity"], event["step"]) == ("stepped", "-100")
    assert [i.code for i in batches[0].issues] == ["unknown-state"]


@pytest.mark.parametrize("state", ["In Bearbeitung", "Geschlossen"])
def test_a_state_in_another_language_is_told(tmp_path: Path, state: str) -> None:
    """It stays as a foreign step, in its own words; the issue names row and value and says what to export."""
    (batch,) = take(write(tmp_path / "a.csv", ROWS[0], ROWS[1].replace("Active", state)), time_zone="UTC")
    event = events(batch)[f"INC1/1/2016-03-01T09:05:00/{state}:status"]
    assert (event["activity"], event["step"]) == ("stepped", state)
    assert json.loads(event["attributes"])["foreign"]["state"] == state
    (issue,) = batch.issues
    assert (issue.code, issue.where, issue.value) == ("unknown-state", "a.csv row 3", state)
    assert issue.advice.startswith("Maybe the state is in another language")


@pytest.mark.parametrize("seed", range(5))
def test_any_split_in_any_order_gives_the_same_events(tmp_path: Path, seed: int) -> None:
    """Rows of one incident in several files, repeated and shuffled, end as the same events."""
    rng = random.Random(seed)
    whole = events(*take(write(tmp_path / "whole.csv", *ROWS)))
    rows = [*ROWS, *rng.choices(ROWS, k=4)]
    rng.shuffle(rows)
    cuts = sorted(rng.sample(range(1, len(rows)), 3))
    batches: list[Batch] = []
    for i, (start, end) in enumerate(zip([0, *cuts], [*cuts, len(rows)], strict=True)):
        batches += take(write(tmp_path / f"{i}.csv", *rows[start:end]), batch_rows=rng.choice([3, 100]))
    assert events(*batches) == whole


def test_batches_have_the_asked_number_of_rows(tmp_path: Path) -> None:
    """A file splits alike each time, and rows keep their numbers in the file, the header being row 1."""
    path = write(tmp_path / "a.csv", *ROWS[:3], "broken", *ROWS[3:])
    batches = take(path, batch_rows=2)
    assert [b.rows for b in batches] == [3, 2, 2, 1]
    assert batches[-1].done == 1.0
    numbers = [set(b.drafts["_row"].to_pylist()) for b in batches]
    assert numbers == [{2, 3}, {4, 6}, {7, 8}, {9}]
    assert codes(batches) == [(5, "wrong-field-count")]


@pytest.mark.parametrize(
    ("old", "new", "code", "column"),
    [
        ("INC1,", "?,", "missing-value", "number"),
        ("1/3/2016 12:00", "31/2/2016 12:00", "bad-time", "sys_updated_at"),
        ("1/3/2016 12:00", "3/31/2016 12:00", "date-order", "sys_updated_at"),
        ("1/3/2016 12:00", "?", "missing-time", "sys_updated_at"),
        ("1/3/2016 09:00", "yesterday", "bad-time", "opened_at"),
        ("7/3/2016 11:00", "1/2/2016 11:00", "end-before-start", "closed_at"),
        ("Resolved,0,2", "Resolved,0,two", "bad-number", "sys_mod_count"),
        ("Resolved,0,2", "Resolved,-1,2", "bad-number", "reopen_count"),
    ],
)
def test_a_bad_row_is_rejected_with_the_reason(tmp_path: Path, old: str, new: str, code: str, column: str) -> None:
    """A row that cannot be used is told with row, column, value and advice; the other rows land."""
    batches = take(write(tmp_path / "a.csv", *ROWS[:2], ROWS[2].replace(old, new, 1), *ROWS[3:]))
    (reject,) = [r for b in batches for r in b.rejects.to_pylist()]
    assert (reject["row"], reject["code"], reject["column"]) == (4, code, column)
    assert reject["advice"].startswith("Maybe")
    assert "Resolved" in reject["raw"]
    assert len({s for s in events(*batches) if s.endswith(":status")}) == 6


def test_an_incident_list_is_marked_approximate(tmp_path: Path) -> None:
    """Without the audit columns only end states are known, so every event says aggregate."""
    head = "Number,Opened,Caller,Priority,State,On hold reason,Category,Assignment group,Assigned to,Updated,Resolved,Closed"
    rows = [
        "INC7,2024-03-01 09:00:00,Someone,2 - High,On Hold,Awaiting Caller,Network,Desk,Ann,2024-03-02 10:00:00,,",
        "INC8,2024-03-01 09:00:00,Someone,2 - High,In Progress,,Network,Desk,Ann,2024-03-01T10:00:00+01:00,2024-03-01 12:00:00,",
    ]
    batches = take(write(tmp_path / "list.csv", *rows, head=head), time_zone="UTC")
    found = events(*batches)
    assert {e["origin"] for e in found.values()} == {"aggregate"}
    assert "end-states-only" in [i.code for i in batches[0].issues]
    assert found["INC7//2024-03-02T10:00:00/On Hold:status"]["step"] == "pending"
    assert found["INC8//2024-03-01T09:00:00/In Progress:status"]["occurred_at"] == datetime(2024, 3, 1, 9, tzinfo=UTC)
    assert found["INC8/resolved"]["agent_id"] == "Ann"


def test_times_without_a_zone_are_taken_as_utc_and_told(tmp_path: Path) -> None:
    """Without --time-zone the origin of every event says that the zone was assumed."""
    (batch,) = take(write(tmp_path / "a.csv", *ROWS[:1]))
    assert {i.code for i in batch.issues} == {"assumed-utc"}
    assert set(batch.drafts["origin"].to_pylist()) == {"assumed_zone"}


def test_summer_time_counts(tmp_path: Path) -> None:
    """A local time in summer is an hour earlier in UTC where there is summer time."""
    row = ROWS[0].replace("1/3/2016 09:05", "1/7/2016 09:05")
    found = events(*take(write(tmp_path / "a.csv", row), time_zone="Europe/Lisbon"))
    assert found["INC1/0/2016-07-01T09:05:00/New:status"]["occurred_at"].hour == 8


def test_a_time_that_happens_twice_is_the_first(tmp_path: Path) -> None:
    """When clocks go back, the earlier of the two instants is meant, and the event says that its zone was assumed."""
    row = ROWS[0].replace("1/3/2016 09:05", "30/10/2016 01:30")
    found = events(*take(write(tmp_path / "a.csv", row), time_zone="Europe/Lisbon"))
    status = found["INC1/0/2016-10-30T01:30:00/New:status"]
    assert status["occurred_at"] == datetime(2016, 10, 30, 0, 30, tzinfo=UTC)
    assert status["origin"] == "assumed_zone"


def test_free_text_is_left_out(tmp_path: Path) -> None:
    """Descriptions and comments never reach the log; other columns do."""
    path = write(tmp_path / "a.csv", ROWS[0] + ",secret,Here", head=HEAD + ",short_description,location")
    (batch,) = take(path)
    texts = [a for a in batch.drafts["attributes"].to_pylist() if a]
    assert not any("secret" in a for a in texts)
    assert any('"location":"Here"' in a for a in texts)


def test_packed_files_read_as_they_are(tmp_path: Path) -> None:
    """Packed with gzip or zip, a file gives the same events as plain."""
    plain = write(tmp_path / "a.csv", *ROWS)
    (tmp_path / "a.gz").write_bytes(gzip.compress(plain.read_bytes()))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(plain, "inner.csv")
    whole = events(*take(plain))
    assert events(*take(tmp_path / "a.gz")) == whole == events(*take(tmp_path / "a.zip"))


def test_a_cut_gzip_keeps_the_whole_rows_before_the_cut(tmp_path: Path) -> None:
    """What came before the break is used, the piece of a row is not, and the break is told."""
    rng = random.Random(1)
    rows = [ROWS[0].replace("INC1", f"INC{i:06d}").replace("Cat 1", f"Cat {rng.random()}") for i in range(2000)]
    packed = gzip.compress(write(tmp_path / "a.csv", *rows).read_bytes())
    (tmp_path / "cut.csv.gz").write_bytes(packed[: len(packed) // 2])
    batches = take(tmp_path / "cut.csv.gz")
    assert [i.code for b in batches for i in b.issues if i.severity == "error"] == ["truncated-file"]
    found = [s for s in events(*batches) if s.endswith(":status")]
    assert 0 < len(found) < 2000
    assert not codes(batches)


def test_a_line_without_end_is_left_out(tmp_path: Path) -> None:
    """A line of many megabytes is rejected, and the rows after it are used."""
    path = write(tmp_path / "a.csv", *ROWS[:2], "x" * 9_000_000, *ROWS[2:])
    batches = take(path)
    assert ("row-too-long") in [c for _, c in codes(batches)]
    assert len([s for s in events(*batches) if s.endswith(":status")]) == len(ROWS)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty-file"),
        (b"\n\n", "empty-file"),
        (b"a,b\n1,2\n", "other-format"),
        (b"PK\x03\x04cut", "truncated-file"),
        (b"SQLite format 3\x00" + bytes(100), "other-format"),
        (b"<log/>", "other-format"),
        ("number,opened_at\n".encode("utf-16"), "other-encoding"),
    ],
)
def test_another_format_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    """Nothing of such a file can be used, and the error says why."""
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        take(path)
    assert [i.code for i in caught.value.issues] == [code]
    assert caught.value.issues[0].advice.startswith("Maybe")


def test_an_unknown_zone_is_refused(tmp_path: Path) -> None:
    """A zone nobody knows is wrong use."""
    with pytest.raises(InputError, match="unknown-time-zone"):
        take(write(tmp_path / "a.csv", *ROWS), time_zone="Europe/Nowhere'")


def test_windows_text_is_read(tmp_path: Path) -> None:
    """An export in Windows-1252 keeps its letters."""
    path = tmp_path / "a.csv"
    path.write_bytes((HEAD + "\r\n" + ROWS[0].replace("Cat 1", "Zürich") + "\r\n").encode("cp1252"))
    assert events(*take(path))["INC1/opened"]["service"] == "Zürich"


def test_the_published_figures_come_out(samples: Path) -> None:
    """States, SLA share and spans of the published audit log (Amaral, Fantinato & Peres 2018) are reproduced."""
    batches = take(samples / "servicenow_incidents" / "incident_event_log.zip", time_zone="UTC")
    assert sum(b.rows for b in batches) == 141_712
    assert not codes(batches)
    drafts = pa.concat_tables([b.drafts for b in batches])
    import duckdb

    with duckdb.connect() as db:
        db.register("d", drafts)
        db.execute(
            "CREATE TABLE e AS SELECT * FROM d QUALIFY row_number() OVER (PARTITION BY source_id ORDER BY version DESC) = 1"
        )
        states = dict(
            db.execute(
                "SELECT attributes->'foreign'->>'state', count(*) FROM e WHERE source_id LIKE '%:status' GROUP BY 1"
            ).fetchall()
        )
        made = db.execute(
            "SELECT avg((attributes->'foreign'->>'made_sla' = 'true')::INT) FROM e WHERE activity = 'closed'"
        ).fetchone()
        span = db.execute(
            "SELECT avg(d), median(d), count(*) FROM (SELECT (epoch(max(occurred_at) FILTER (activity = 'closed')) "
            "- epoch(max(occurred_at) FILTER (activity = 'opened'))) / 86400 AS d FROM e GROUP BY case_id)"
        ).fetchone()
        reopened = db.execute("SELECT count(*) FROM e WHERE activity = 'reopened'").fetchone()
    assert [states[s] for s in ("Active", "New", "Resolved", "Closed", "Awaiting User Info")] == [
        38716,
        36407,
        25751,
        24985,
        14642,
    ]
    assert sum(states.values()) == 141_712
    assert made is not None
    assert round(made[0], 3) == 0.634
    assert span is not None
    assert (round(span[0], 2), round(span[1], 2), span[2]) == (13.14, 6.08, 24_918)
    assert reopened == (331,)
