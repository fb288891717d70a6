"""What takes the time of cases besides work: waiting on hold, by reason, and going from team to team and back."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from troth.log.lake import Lake
from troth.log.store import quote

if TYPE_CHECKING:
    import duckdb

_ORDER = "PARTITION BY case_id ORDER BY occurred_at, version, activity, source_id"


def holds(lake: Lake, con: duckdb.DuckDBPyConnection, *, now: datetime) -> list[dict[str, Any]]:
    """Return how long cases were on hold, by reason, the longest in sum first.

    A stretch on hold begins with status pending or on_hold and ends with the next status, the resolution, the closing,
    or at `now`. Its reason is the attribute `reason`, else the source's own word for the state, else the status. Repeats
    of one status and reason, which audit logs are full of, are one stretch.

    Returns
    -------
    Rows with `reason`, `status`, `stretches`, `cases`, `open` (stretches not over yet), `total_s`, `mean_s` and `p50_s`,
    in seconds of all time.
    """
    marks = f"""
        SELECT case_id, occurred_at, version, activity, source_id,
            CASE WHEN activity = 'status_changed' AND step IN ('pending', 'on_hold') THEN step ELSE '' END AS status,
            coalesce(attributes->>'$.reason', attributes->>'$.foreign.state', step) AS reason
        FROM ({lake.settled(where="case_id IS NOT NULL")})
        WHERE activity IN ('status_changed', 'resolved', 'closed', 'merged') AND occurred_at <= {_at(now)}"""
    rows = f"""
        WITH marks AS ({marks}), held AS (
            SELECT *, CASE WHEN status = '' THEN '' ELSE status || chr(31) || reason END AS what FROM marks
        ), fresh AS (
            SELECT * FROM held QUALIFY what IS DISTINCT FROM lag(what) OVER ({_ORDER})
        ), spells AS (
            SELECT *, lead(occurred_at) OVER ({_ORDER}) AS until FROM fresh
        ), timed AS (
            SELECT *, (epoch_us(coalesce(until, {_at(now)})) - epoch_us(occurred_at)) / 1e6 AS seconds
            FROM spells WHERE status <> ''
        )
        SELECT reason, status, count(*) AS stretches, count(DISTINCT case_id) AS cases, count(*) FILTER (until IS NULL) AS open,
            sum(seconds) AS total_s, avg(seconds) AS mean_s, median(seconds) AS p50_s
        FROM timed GROUP BY reason, status ORDER BY total_s DESC, reason, status"""
    found: list[dict[str, Any]] = con.sql(rows).fetch_arrow_table().to_pylist()
    return found


def loops(lake: Lake, con: duckdb.DuckDBPyConnection, *, now: datetime) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return how often cases come back to a team that had them before.

    Returns
    -------
    Sums (`cases` that a team ever had, `handed_over` from one team to another, `passed_on` cases with any hand-over,
    `returned` cases that came back to a team, `returns` in all, `back_at_once`: returns straight from the next team), and for every pair
    of teams that played one back and forth, `team`, `other`, `times`, `cases` and `p50_s`, the median time away.
    """
    teams = f"""
        SELECT case_id, occurred_at, version, activity, source_id, team
        FROM ({lake.settled(where="case_id IS NOT NULL")})
        WHERE activity = 'assigned' AND team IS NOT NULL AND occurred_at <= {_at(now)}
        QUALIFY team IS DISTINCT FROM lag(team) OVER ({_ORDER})"""
    steps = f"""
        SELECT *, row_number() OVER ({_ORDER}) AS place, lag(team) OVER ({_ORDER}) AS other,
            lag(team, 2) OVER ({_ORDER}) AS first, lag(occurred_at) OVER ({_ORDER}) AS left_at,
            row_number() OVER (PARTITION BY case_id, team ORDER BY occurred_at, version, activity, source_id) AS visit
        FROM ({teams})"""
    con.execute(f"CREATE OR REPLACE TEMP TABLE sla_steps AS {steps}")
    sums: list[dict[str, Any]] = (
        con.sql("""
        SELECT count(DISTINCT case_id) AS cases, count(*) FILTER (place > 1) AS handed_over,
            count(DISTINCT case_id) FILTER (place > 1) AS passed_on, count(DISTINCT case_id) FILTER (visit > 1) AS returned,
            count(*) FILTER (visit > 1) AS returns, count(*) FILTER (team = first) AS back_at_once
        FROM sla_steps""")
        .fetch_arrow_table()
        .to_pylist()
    )
    pairs: list[dict[str, Any]] = (
        con.sql("""
        SELECT team, other, count(*) AS times, count(DISTINCT case_id) AS cases,
            median((epoch_us(occurred_at) - epoch_us(left_at)) / 1e6) AS p50_s
        FROM sla_steps WHERE team = first GROUP BY team, other ORDER BY times DESC, team, other""")
        .fetch_arrow_table()
        .to_pylist()
    )
    return sums[0], pairs


def _at(now: datetime) -> str:
    return f"{quote(now.isoformat())}::TIMESTAMPTZ"
