"""What the log and the tables tell of a site: the only file of this room that opens a lake."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from troth.capacity.month._learned import given_at_once, in_line
from troth.capacity.month.facts import CallbackHabit, SiteFacts
from troth.capacity.staffing import paces
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.spans import local_date, start_of_day, to_utc, zone
from troth.log.lake import Lake
from troth.log.references import read_reference
from troth.log.timelines import TIMELINES
from troth.log.timelines.cache import refresh
from troth.queueing.read import RecordedContacts, recorded
from troth.queueing.twin import Routing

if TYPE_CHECKING:
    import duckdb

#: Fewer services of a queue tell too little of how long they take.
FEWEST: Final = 30
#: Fewer days before the first tell too little of weekdays.
LEAST_DAYS: Final = 28
#: More weeks of a log are not looked at.
MOST_WEEKS: Final = 520
#: Farther ahead a roster is of no use.
FARTHEST: Final = 62
#: A log that ends so long before a day is taken to go up to it.
_EVENING: Final = timedelta(hours=6)
#: Services that begin beside so many others are no slips of the pen if there are so many of them.
_BESIDE: Final = 0.03
#: So many choices are looked at to tell how contacts find people.
_CHOICES: Final = 4000


def known_until(lake: Lake, *, first: date, site: str, as_of: datetime | None = None) -> datetime:
    """Return when the past ends that a plan from a day on can rest on: where the log ends, or the beginning of the day.

    A log that ends on the evening before is taken to be whole.
    """
    if not lake.exists():
        raise InputError([_error("no-lake", lake.address, "", "Maybe import something first.")])
    zones = {str(row["site"]): row["time_zone"] for row in read_reference(lake, "sites")}
    morning = start_of_day(first, tz=zone(str(zones.get(site) or "UTC")))
    with lake.session() as con:
        extent = lake.extent(con)
    until = morning if as_of is None else min(as_of, morning)
    return until if extent is None or extent[1] > until - _EVENING else extent[1]


def site_facts(lake: Lake, *, site: str, until: datetime, first: date, weeks: int = 10) -> SiteFacts:
    """Return what a plan of a site needs to know.

    Parameters
    ----------
    until : when the past ends.
    first : the first day to plan, for memberships and skills.
    weeks : how far back the log is looked at.

    Raises
    ------
    InputError
        ``unknown-site``, ``no-past``, ``too-far-ahead``, then ``short-past``, ``nobody-serves``, all that apply.
    """
    zones = {str(row["site"]): row["time_zone"] for row in read_reference(lake, "sites")}
    tz = str(zones.get(site) or "UTC")
    with lake.session() as con:
        extent = lake.extent(con)
        if issues := [*_unknown(lake, con, site, set(zones)), *_past(extent, until, first, tz)]:
            raise InputError(issues)
        contacts = refresh(lake, con, TIMELINES["contacts"])
        start, end = to_utc(until - timedelta(weeks=min(max(weeks, 1), MOST_WEEKS))), to_utc(until)
        con.execute(
            f"CREATE TEMP TABLE ours AS SELECT * FROM ({contacts}) WHERE site = $site AND started_at >= $start AND started_at < $end",
            {"site": site, "start": start, "end": end},
        )
        live, waiting, doubts = _queues(con)
        people = _people(lake, site=site, on=first, queues=(*live, *waiting), con=con)
        if issues := [*_short(_began(con, contacts, site), until, tz), *_nobody(live, waiting, people[0], site)]:
            raise InputError(issues)
        at_once = _at_once(lake, con, site, live, people[0])
        routing = _routing(lake, con, site, until, people[0])
        callbacks = {queue: habit for queue in live if (habit := _callbacks(con, queue)) is not None}
    seen = recorded(lake, start=start, end=until, time_zone=tz, site=site)
    return SiteFacts(site, tz, live, waiting, at_once, routing, *people, _paces(seen), callbacks, tuple(doubts))


def _error(code: str, where: str, value: str, advice: str) -> Issue:
    return Issue(code, Severity.ERROR, where, value, advice)


def _unknown(lake: Lake, con: duckdb.DuckDBPyConnection, site: str, known: set[str]) -> Iterator[Issue]:
    rows = con.sql(f"SELECT DISTINCT site FROM ({lake.settled(where='site IS NOT NULL')})").fetchall()
    names = known | {str(name) for (name,) in rows}
    if site not in names:
        advice = f"Maybe one of {', '.join(sorted(names)[:8]) or 'none: the log names no site'}."
        yield _error("unknown-site", "--site", site, advice)


# ---- what is missing ------------------------------------------------------------------------------------------------


def _past(extent: tuple[datetime, datetime] | None, until: datetime, first: date, tz: str) -> Iterator[Issue]:
    if extent is None:
        yield _error("no-past", "the log", "", "Maybe import something first.")
    elif until <= extent[0]:
        yield _error("no-past", "--from", until.isoformat(), f"Maybe later: the log begins {extent[0].isoformat()}.")
    elif (ahead := (first - local_date(until, tz=zone(tz))).days) > FARTHEST:
        advice = f"Maybe import what came since {until.isoformat()}: at most {FARTHEST} days lie between it and the first day."
        yield _error("too-far-ahead", "--from", f"{ahead} days", advice)


def _began(con: duckdb.DuckDBPyConnection, contacts: str, site: str) -> datetime | None:
    row = con.execute(f"SELECT min(started_at) FROM ({contacts}) WHERE site = $site", {"site": site}).fetchone()
    return row[0] if row else None


def _short(began: datetime | None, until: datetime, tz: str) -> Iterator[Issue]:
    days = 0 if began is None else (local_date(until, tz=zone(tz)) - local_date(began, tz=zone(tz))).days
    if days < LEAST_DAYS:
        advice = f"Maybe a later --from, or import what came before: {LEAST_DAYS} days tell of weekdays."
        yield _error("short-past", "--from", f"{max(days, 0)} days", advice)


def _nobody(
    live: Sequence[str], waiting: Sequence[str], serves: dict[str, frozenset[str]], site: str
) -> Iterator[Issue]:
    if not live and not waiting:
        yield _error(
            "nobody-serves",
            "--site",
            site,
            f"Maybe another site: of no queue {FEWEST} services by people are in the log.",
        )
    elif not serves:
        yield _error("nobody-serves", "--site", site, "Maybe import who has which skills, or who is a member there.")


# ---- what is there --------------------------------------------------------------------------------------------------


def _queues(con: duckdb.DuckDBPyConnection) -> tuple[tuple[str, ...], tuple[str, ...], list[Issue]]:
    """Return queues with a line, queues of work that can wait, and those that are left out."""
    live, waiting, issues = list[str](), list[str](), list[Issue]()
    rows = con.sql(
        """SELECT queue, count(*) FILTER (queued_at IS NOT NULL AND outcome = 'answered' AND agent_id IS NOT NULL),
                  count(*) FILTER (queued_at IS NULL AND agent_id IS NOT NULL AND coalesce(touch_s, service_s) > 0)
           FROM ours WHERE queue IS NOT NULL GROUP BY queue ORDER BY queue"""
    ).fetchall()
    for queue, answered, worked in rows:
        if max(answered, worked) < FEWEST:
            told = f"{max(answered, worked)} services by people"
            issues.append(
                Issue("queue-left-out", Severity.INFO, f"queues[{queue}]", told, "Maybe a bot serves it, or it is new.")
            )
        else:
            (live if answered >= worked else waiting).append(str(queue))
    return tuple(live), tuple(waiting), issues


def _people(
    lake: Lake, *, site: str, on: date, queues: Sequence[str], con: duckdb.DuckDBPyConnection
) -> tuple[dict[str, frozenset[str]], dict[str, str]]:
    """Return what each person may serve and whose team they are; by the log where no table says."""
    teams = {
        str(row["agent_id"]): str(row["team"] or "")
        for row in read_reference(lake, "memberships")
        if row["site"] == site and _holds(row, on)
    }
    serves: dict[str, set[str]] = {}
    for row in read_reference(lake, "skills"):
        if row["skill"] in queues and _holds(row, on) and (not teams or row["agent_id"] in teams):
            serves.setdefault(str(row["agent_id"]), set()).add(str(row["skill"]))
    if not serves:
        rows = con.sql(
            "SELECT DISTINCT agent_id, queue FROM ours WHERE agent_id IS NOT NULL AND outcome IN ('answered', 'handled')"
        ).fetchall()
        for agent, queue in rows:
            if queue in queues:
                serves.setdefault(str(agent), set()).add(str(queue))
    return {who: frozenset(mine) for who, mine in sorted(serves.items())}, teams


def _holds(row: Any, on: date) -> bool:
    return (row["valid_from"] is None or row["valid_from"] <= on) and (row["valid_to"] is None or row["valid_to"] > on)


def _at_once(
    lake: Lake, con: duckdb.DuckDBPyConnection, site: str, live: Sequence[str], serves: dict[str, frozenset[str]]
) -> dict[str, int]:
    """Return how many contacts of a queue a person is given at once."""
    found = {}
    for queue in live:
        rows = con.execute(
            """SELECT agent_id, epoch(answered_at), epoch(answered_at) + service_s, epoch(queued_at), wait_s, outcome = 'answered'
               FROM ours WHERE queue = $queue AND queued_at IS NOT NULL AND wait_s IS NOT NULL ORDER BY queued_at""",
            {"queue": queue},
        ).fetchall()
        served: dict[str, list[tuple[float, float]]] = {}
        for agent, start, end, *_, answered in rows:
            if answered and agent and end is not None:
                served.setdefault(str(agent), []).append((start, end))
        services = {who: _columns(spans) for who, spans in served.items()}
        most = _side_by_side(services)
        found[queue] = most
        if most > 1 and (free := _free(lake, con, site, [who for who, mine in serves.items() if queue in mine])):
            joined = np.array([row[3] for row in rows], float)
            at_once = np.array([float(row[5] and row[4] < 1) for row in rows])
            found[queue] = given_at_once(joined, answered=at_once, services=services, free=free, most=most)
    return found


def _columns(spans: Sequence[tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    starts, ends = zip(*spans, strict=True)
    return np.array(starts), np.array(ends)


def _side_by_side(services: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> int:
    """Return how many services of a person were seen side by side: as many as more than a few began beside others."""
    counts: Counter[int] = Counter()
    for starts, ends in services.values():
        # Begun up to this one, it included, less those over by then.
        order = np.sort(starts)
        level = np.arange(1, len(order) + 1) - np.searchsorted(np.sort(ends), order, side="right")
        counts.update(level.tolist())
    total = sum(counts.values())
    return max([k for k in counts if sum(n for j, n in counts.items() if j >= k) >= _BESIDE * total], default=1)


def _free(
    lake: Lake, con: duckdb.DuckDBPyConnection, site: str, people: Sequence[str]
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return when people were at work with nothing to do; empty where the log has no states."""
    paid = refresh(lake, con, TIMELINES["paid"])
    rows = con.execute(
        f"""SELECT agent_id, epoch(started_at), epoch(ended_at) FROM ({paid})
            WHERE site = $site AND kind = 'state' AND state = 'available' AND ended_at IS NOT NULL AND list_contains($people, agent_id)
              AND started_at >= (SELECT min(started_at) FROM ours)""",
        {"site": site, "people": list(people)},
    ).fetchall()
    spans: dict[str, list[tuple[float, float]]] = {}
    for who, start, end in rows:
        spans.setdefault(str(who), []).append((start, end))
    return {who: _columns(some) for who, some in spans.items()}


def _routing(
    lake: Lake, con: duckdb.DuckDBPyConnection, site: str, until: datetime, serves: dict[str, frozenset[str]]
) -> Routing:
    """Return whether those who can do little else get contacts first, from whom they went to where several were free."""
    paid = refresh(lake, con, TIMELINES["paid"])
    rows = con.execute(
        f"""WITH free AS (SELECT agent_id, started_at, ended_at FROM ({paid})
              WHERE site = $site AND kind = 'state' AND state = 'available' AND ended_at IS NOT NULL AND started_at >= $since),
            given AS (SELECT contact_id, queue, agent_id, answered_at FROM ours
              WHERE outcome = 'answered' AND wait_s < 1 AND answered_at >= $since ORDER BY answered_at DESC LIMIT {_CHOICES})
            SELECT g.contact_id, any_value(g.queue), any_value(g.agent_id), list(f.agent_id)
            FROM given g JOIN free f ON f.started_at < g.answered_at AND f.ended_at >= g.answered_at GROUP BY g.contact_id""",
        {"site": site, "since": to_utc(until - timedelta(weeks=4))},
    ).fetchall()
    usual, narrow, n = 0.0, 0, 0
    for _, queue, agent, free in rows:
        breadth = {who: len(serves[who]) for who in {*free, agent} if queue in serves.get(who, ())}
        if agent in breadth and len(set(breadth.values())) > 1:
            least = min(breadth.values())
            usual += sum(one == least for one in breadth.values()) / len(breadth)
            narrow += breadth[agent] == least
            n += 1
    return Routing.SPECIALISED if n >= FEWEST and narrow > (usual + n) / 2 else Routing.LONGEST_FREE


def _callbacks(con: duckdb.DuckDBPyConnection, queue: str) -> CallbackHabit | None:
    """Return how customers of a queue ask to be called back; None where next to nobody does."""
    rows = con.execute(
        """SELECT epoch(queued_at), epoch(queued_at) + wait_s, outcome = 'callback', coalesce(direction = 'out', false) FROM ours
           WHERE queue = $queue AND queued_at IS NOT NULL AND wait_s IS NOT NULL ORDER BY queued_at""",
        {"queue": queue},
    ).fetchall()
    joined, left, asks, out = (np.array([row[k] for row in rows], float) for k in range(4))
    waits = (left - joined)[asks > 0]
    if len(waits) < FEWEST or not out.any():
        return None
    # Asked are those who wait so long; the twin asks who joins, so the line's length is one that as many join.
    long = int((left - joined >= np.quantile(waits, 0.05)).sum())
    lengths = np.linspace(0.0, float(np.quantile(waits, 0.05)), 31)
    exposed = [int(in_line(joined, left_s=left, wait_s=float(one)).sum()) for one in lengths]
    at = int(np.argmin(np.abs(np.array(exposed) - long)))
    share = min(1.0, len(waits) / max(exposed[at], 1))
    return CallbackHabit(float(lengths[at]), share, float(waits.mean()), float(out.mean()))


def _paces(seen: RecordedContacts) -> dict[str, float]:
    """Return each person's pace against the mean contact of their queues."""
    ours = seen.take(seen.known & (seen.handle_s > 0))
    relative = np.array(ours.handle_s)
    for name in np.unique(ours.queue):
        rows = ours.queue == name
        relative[rows] /= float(ours.handle_s[rows].mean())
    found = paces(ours.agent.tolist(), handle_s=relative)
    counts = Counter(ours.agent.tolist())
    # Whoever is quick serves more: the mean contact is quicker than the mean person.
    mean = sum(pace * counts[who] for who, pace in found.items()) / max(sum(counts[who] for who in found), 1)
    return {who: round(pace / mean, 4) for who, pace in found.items()} if found else {}
