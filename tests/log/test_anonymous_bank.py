"""The published logs that mappings ship for give their published figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from troth.log.check import check
from troth.log.readers import ReadOptions, reader


def imported(path: Path, mapping: str) -> tuple[pa.Table, int]:
    """Return the checked events and the number of rejects."""
    batches = list(reader("csv").read(path, ReadOptions(mapping=mapping)))
    good, rejects = check(pa.concat_tables([b.drafts for b in batches]))
    return good, len(rejects) + sum(len(b.rejects) for b in batches)


@pytest.fixture(scope="module")
def bank(samples: Path) -> pa.Table:
    """Return the events of the bank's call log."""
    events, rejects = imported(samples / "anonymous_bank" / "calls_august_1_21.csv.gz", "anonymous-bank")
    assert rejects == 0
    return events


def ask(events: pa.Table, query: str) -> list[Any]:
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    con.register("events", events)
    found: list[Any] = con.sql(query).fetchall()
    return found


def test_every_call_is_one_contact(bank: pa.Table) -> None:
    """30,138 calls arrive, 21,035 are answered, 8,864 hang up, 239 are phantoms that neither wait nor leave."""
    counted = dict(ask(bank, "SELECT activity, count(DISTINCT contact_id) FROM events GROUP BY 1"))
    assert counted["arrived"] == 30_138
    assert counted["answered"] == 21_035
    assert counted["abandoned"] == 8_864
    assert ask(bank, "SELECT count(*), count(DISTINCT source_id) FROM events WHERE activity = 'arrived'") == [
        (30_138, 30_138)
    ]
    phantom = "attributes LIKE '%phantom%'"
    assert ask(bank, f"SELECT activity, count(*) FROM events WHERE {phantom} GROUP BY 1 ORDER BY 1") == [
        ("arrived", 239),
        ("ended", 239),
    ]


def test_waits_and_services_are_those_published(bank: pa.Table) -> None:
    """Over all answered calls, zeros included: wait 96.24 s, service 185.53 s, and by type as published."""
    calls = """SELECT any_value(service) AS service, max(occurred_at) FILTER (activity = 'queued') AS q,
        max(occurred_at) FILTER (activity = 'answered') AS a, max(occurred_at) FILTER (activity = 'ended') AS e
        FROM events GROUP BY contact_id HAVING count(*) FILTER (activity = 'answered') > 0"""
    ((wait, service),) = ask(bank, f"SELECT avg(epoch(a - q)), avg(epoch(e - a)) FROM ({calls})")
    assert (round(wait, 2), round(service, 2)) == (96.24, 185.53)
    by_type = dict(ask(bank, f"SELECT service, round(avg(epoch(e - a)), 1) FROM ({calls}) GROUP BY 1"))
    assert by_type == {"PS": 175.8, "NW": 130.9, "NE": 240.8, "IN": 325.9, "PE": 317.9, "TT": 121.5}
    assert ask(bank, f"SELECT min(epoch(a - q)), min(epoch(e - a)), max(epoch(e - a)) FROM ({calls})") == [
        (0, 0, 36_291)
    ]


def test_unknown_people_are_nobody(bank: pa.Table) -> None:
    """Customer 0 and NO_SERVER become null: 229 answered calls without an agent, 9,041 without a customer."""
    answered = "SELECT count(*) FROM events WHERE activity = 'answered' AND actor = 'human'"
    assert ask(bank, f"{answered} AND agent_id IS NULL") == [(229,)]
    assert ask(bank, f"{answered} AND customer_id IS NULL") == [(9_041,)]


def test_times_are_those_of_the_site(bank: pa.Table) -> None:
    """The calls are those of 1-21 August 1999 in Jerusalem; services that cross midnight end the next day."""
    local = "min((occurred_at AT TIME ZONE 'Asia/Jerusalem')::DATE)::VARCHAR, max((occurred_at AT TIME ZONE 'Asia/Jerusalem')::DATE)::VARCHAR"
    assert ask(bank, f"SELECT {local} FROM events WHERE activity = 'arrived'") == [("1999-08-01", "1999-08-21")]
    assert ask(
        bank,
        "SELECT max(epoch(e - b)) < 86400 FROM (SELECT min(occurred_at) AS b, max(occurred_at) AS e FROM events GROUP BY contact_id)",
    ) == [(True,)]


def test_the_steps_of_the_receipt_log_mean_something(samples: Path) -> None:
    """1,434 cases with 8,577 events: each opened once, the decisions resolved, the letters sent out."""
    events, rejects = imported(samples / "receipt_wabo" / "receipt.csv.gz", "receipt-wabo")
    assert (len(events), rejects) == (8_577, 0)
    assert ask(events, "SELECT count(DISTINCT case_id) FROM events") == [(1_434,)]
    counted = dict(ask(events, "SELECT activity, count(*) FROM events GROUP BY 1"))
    assert counted == {
        "opened": 1_434,
        "resolved": 1_283 + 39 + 20,
        "message_sent": 1_300 + 39 + 20,
        "stepped": 8_577 - 1_434 - 1_342 - 1_359,
    }
    assert ask(events, "SELECT DISTINCT direction FROM events WHERE activity = 'message_sent'") == [("out",)]
    assert (
        ask(events, "SELECT count(*) FROM events WHERE activity = 'opened' AND attributes LIKE '%due_at%'")[0][0]
        > 1_000
    )
