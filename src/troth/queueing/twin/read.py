"""What the log tells of an instant: who waits, who is served, who is there, and what was planned. Opens a lake."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.spans import Span, local_date, start_of_day, to_utc, zone
from troth.log.lake import Lake
from troth.log.store import quote
from troth.queueing.read import PRIORITY

if TYPE_CHECKING:
    import duckdb

#: Who came earlier is not looked for: nobody waits so long in a line.
_BACK: Final = timedelta(hours=24)
#: The log may end so long before the instant asked for: quiet hours.
_QUIET: Final = timedelta(hours=1)
#: Where the log has no shifts, who served within this is there.
_LATELY: Final = timedelta(minutes=30)
#: So many breaks must be seen to tell when they begin; put off are they if this part of what chance would bring has somebody waiting.
_ENOUGH, _SELDOM = 40, 0.25
_OVER: Final = "('called', 'answered', 'abandoned', 'balked', 'callback_requested', 'ended')"
_AWAY: Final = frozenset({"break", "meeting", "training", "absent", "offline"})


@dataclass(frozen=True, slots=True)
class OpenContact:
    """A contact that is open at an instant.

    Parameters
    ----------
    contact_id, queue, priority : as in the log; the priority as a whole number, 0 where there is none.
    joined_at : when it joined its queue.
    agent_id, since : by whom and from when it is served; None while it waits.
    """

    contact_id: str
    queue: str
    priority: int
    joined_at: datetime
    agent_id: str | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class AgentNow:
    """Somebody whose shift has begun and not ended.

    Parameters
    ----------
    started_at : when.
    state, since : what the log last said it does, such as break, and from when.
    away : how often since the shift began it was on a break, in a meeting or in a training, an ongoing one included.
    """

    agent_id: str
    started_at: datetime
    state: str
    since: datetime
    away: int = 0


@dataclass(frozen=True, slots=True)
class PlannedStretch:
    """A stretch of a published schedule: a shift, or a break, meeting, training or absence in one."""

    agent_id: str
    state: str
    span: Span


@dataclass(frozen=True, slots=True)
class Moment:
    """What is known at an instant; nothing in it comes from later.

    Parameters
    ----------
    site, at, time_zone : where and when; the zone is the site's.
    contacts : open ones, in order of joining.
    agents : who is at work; where the log has no shifts, who served within the last half hour.
    plan : the schedule of the local day; empty where none was published.
    joined : queue and instant of all who joined since the local day began, in order of time.
    skills : by agent, the queues it may serve by the tables; empty where they do not say.
    ranked : queues of the tables that serve by priority.
    """

    site: str
    at: datetime
    time_zone: str
    contacts: tuple[OpenContact, ...]
    agents: tuple[AgentNow, ...]
    plan: tuple[PlannedStretch, ...]
    joined: tuple[tuple[str, datetime], ...]
    skills: dict[str, tuple[str, ...]]
    ranked: tuple[str, ...]


def moment(lake: Lake, *, site: str, at: datetime, channel: str | None = None) -> Moment:
    """Return what the log and the tables tell of a site at an instant.

    Parameters
    ----------
    at : aware; what the log holds from later is not looked at.
    channel : only contacts of this channel, and the agents who may serve their queues.

    Raises
    ------
    InputError
        A site nobody knows, an instant without a time zone, before the log or after its end, nobody at work or planned.
    """
    if at.tzinfo is None:
        raise InputError(
            [_error("naive-time", "at", str(at), "Maybe add the time zone, as in 2026-06-30T10:40+03:00.")]
        )
    with lake.session() as con:
        tz = _known(lake, con, site, at)
        day = start_of_day(local_date(at, tz=zone(tz)), tz=zone(tz))
        back = min(day, at - _BACK)
        rows = lake.settled(where=f"occurred_at > {_at(back)} AND occurred_at <= {_at(at)} AND site = {quote(site)}")
        con.execute(f"CREATE TEMP TABLE told AS {rows}")
        skills, ranked = _tables(lake, con, at)
        contacts = _contacts(con, channel)
        joined = [
            (str(queue), when)
            for queue, when in con.execute(
                f"SELECT queue, occurred_at FROM told WHERE activity = 'queued' AND occurred_at >= {_at(day)}"
                f" AND queue IS NOT NULL AND {_of(channel)} ORDER BY occurred_at"
            ).fetchall()
        ]
        agents, plan = _agents(con) or _serving(con, at), _plan(lake, con, site, Span(day, day + timedelta(days=2)), at)
        queues = {
            str(queue)
            for (queue,) in con.execute(
                f"SELECT DISTINCT queue FROM told WHERE activity = 'queued' AND {_of(channel)}"
            ).fetchall()
        }
    if channel is not None and skills:
        able = {one for one, mine in skills.items() if queues & set(mine)}
        agents = [one for one in agents if one.agent_id in able or one.agent_id not in skills]
        plan = [one for one in plan if one.agent_id in able or one.agent_id not in skills]
    near = Span(at, at + _QUIET)
    if not agents and not any(one.state == "shift" and one.span.clip(near) for one in plan):
        advice = "Maybe an instant in opening hours; nobody's shift has begun, and none is planned to begin in the next hour."
        raise InputError([_error("nobody-on-shift", "at", at.isoformat(), advice)])
    return Moment(site, to_utc(at), tz, contacts, tuple(agents), tuple(plan), tuple(joined), skills, ranked)


def breaks_wait(lake: Lake, *, site: str, start: datetime, end: datetime, waited: float) -> bool:
    """Tell whether breaks at a site are put off while customers wait, from when they began in ``[start, end)``.

    Parameters
    ----------
    waited : the share of customers who found nobody free: so many breaks would begin with somebody waiting by chance.
    """
    with lake.session() as con:
        span = f"occurred_at >= {_at(start)} AND occurred_at < {_at(end)} AND site = {quote(site)}"
        row = con.execute(f"""
            WITH told AS ({lake.settled(where=span)}),
            lines AS (
                SELECT min(occurred_at) FILTER (activity = 'queued') AS joined_at,
                       min(occurred_at) FILTER (activity IN {_OVER}) AS over_at
                FROM told WHERE contact_id IS NOT NULL GROUP BY contact_id),
            begun AS (SELECT occurred_at AS begun_at FROM told WHERE activity = 'state_changed' AND step = 'break')
            SELECT count(*), count(*) FILTER (EXISTS (
                SELECT 1 FROM lines WHERE joined_at < begun_at - INTERVAL 30 SECOND
                  AND over_at > begun_at + INTERVAL 1 SECOND))
            FROM begun""").fetchone()
    count, beside = row or (0, 0)
    return bool(count >= _ENOUGH and beside < _SELDOM * waited * count)


def _known(lake: Lake, con: duckdb.DuckDBPyConnection, site: str, at: datetime) -> str:
    """Return the site's zone, or complain of all that is wrong with the question."""
    issues = []
    zones = dict(con.sql(f"SELECT site, time_zone FROM ({lake.settled_reference('sites')})").fetchall())
    names = {str(name) for name in zones}
    if site not in names:
        found = con.sql(f"SELECT DISTINCT site FROM ({lake.settled(where='site IS NOT NULL')})").fetchall()
        names |= {str(name) for (name,) in found}
    if site not in names:
        advice = f"Maybe one of {', '.join(sorted(names)[:8]) or 'none: the log names no site'}."
        issues.append(_error("unknown-site", "site", site, advice))
    extent = lake.extent(con)
    if extent is None or at < extent[0]:
        advice = f"Maybe later: the log begins {extent[0].isoformat()}." if extent else "Maybe import something first."
        issues.append(_error("before-the-log", "at", at.isoformat(), advice))
    elif at > extent[1] + _QUIET:
        advice = f"Maybe {extent[1].isoformat()}, where the log ends, or import what came since."
        issues.append(_error("after-the-log", "at", at.isoformat(), advice))
    if issues:
        raise InputError(issues)
    return str(zones.get(site) or "UTC")


def _contacts(con: duckdb.DuckDBPyConnection, channel: str | None) -> tuple[OpenContact, ...]:
    """Return the contacts that joined a queue and have not been ended."""
    over = "'ended', 'abandoned', 'no_show', 'balked', 'callback_requested', 'transferred'"
    found = con.execute(f"""
        WITH last AS (
            SELECT contact_id, max(occurred_at) FILTER (activity = 'queued') AS joined_at,
                   arg_max(queue, occurred_at) FILTER (activity = 'queued') AS queue,
                   arg_max({PRIORITY}, occurred_at) FILTER (activity = 'queued') AS priority,
                   min(occurred_at) FILTER (activity IN ('called', 'answered')) AS called_at,
                   max(occurred_at) FILTER (activity = 'answered') AS answered_at,
                   arg_max(agent_id, occurred_at) FILTER (activity IN ('called', 'answered')) AS agent_id,
                   max(occurred_at) FILTER (activity IN ({over})) AS over_at,
                   max(occurred_at) FILTER (activity = 'wrapped') AS wrapped_at
            FROM told WHERE contact_id IS NOT NULL AND {_of(channel)} GROUP BY contact_id)
        SELECT contact_id, queue, priority, joined_at, agent_id, coalesce(answered_at, called_at), over_at
        FROM last WHERE joined_at IS NOT NULL AND wrapped_at IS NULL
          AND (over_at IS NULL OR agent_id IS NOT NULL) ORDER BY joined_at, contact_id""").fetchall()
    wrapping = {str(agent): since for agent, state, since in con.execute(_STATES).fetchall() if state == "wrap"}
    made = []
    for contact, queue, priority, joined, agent, since, over_at in found:
        # Whoever is through with it is still at work on it while shown to wrap up.
        if over_at is not None and wrapping.get(str(agent)) != over_at:
            continue
        made.append(OpenContact(str(contact), str(queue or ""), int(priority), joined, agent, since))
    return tuple(made)


_STATES: Final = """
    SELECT agent_id, arg_max(step, occurred_at), max(occurred_at) FROM (
        SELECT * FROM told WHERE activity = 'state_changed' AND agent_id IS NOT NULL
    ) GROUP BY agent_id"""


def _agents(con: duckdb.DuckDBPyConnection) -> list[AgentNow]:
    rows = con.execute("""
        SELECT agent_id, activity, step, occurred_at FROM told
        WHERE activity IN ('shift_started', 'shift_ended', 'state_changed') AND agent_id IS NOT NULL
        ORDER BY occurred_at, activity = 'state_changed'""").fetchall()
    there: dict[str, AgentNow] = {}
    for agent, activity, step, at in rows:
        if activity == "shift_started":
            there[agent] = AgentNow(agent, at, "available", at)
        elif activity == "shift_ended":
            there.pop(agent, None)
        elif agent in there:
            one = there[agent]
            there[agent] = AgentNow(agent, one.started_at, str(step), at, one.away + (step in _AWAY))
    return [there[name] for name in sorted(there)]


def _serving(con: duckdb.DuckDBPyConnection, at: datetime) -> list[AgentNow]:
    """Return who served lately, where the log has no shifts at all."""
    if con.sql("SELECT count(*) FROM told WHERE activity = 'shift_started'").fetchone() != (0,):
        return []
    rows = con.execute(
        f"""SELECT agent_id, min(occurred_at), max(occurred_at) FROM told
        WHERE agent_id IS NOT NULL AND actor IS DISTINCT FROM 'bot' AND occurred_at > {_at(at - _LATELY)}
          AND activity IN ('called', 'answered', 'ended', 'wrapped', 'transferred')
        GROUP BY agent_id ORDER BY agent_id"""
    ).fetchall()
    return [AgentNow(str(agent), first, "available", last) for agent, first, last in rows]


def _plan(lake: Lake, con: duckdb.DuckDBPyConnection, site: str, span: Span, at: datetime) -> list[PlannedStretch]:
    day = at.date() + timedelta(days=1)
    rows = con.execute(
        f"""SELECT agent_id, state, starts_at, ends_at FROM ({lake.settled_reference("schedules")})
        WHERE site = $site AND ends_at > $start AND starts_at < $end AND ends_at > starts_at
          AND (valid_from IS NULL OR valid_from <= $day) AND (valid_to IS NULL OR valid_to > $today)
        ORDER BY agent_id, starts_at, state""",
        {"site": site, "start": span.start, "end": span.end, "day": day, "today": at.date()},
    ).fetchall()
    return [PlannedStretch(str(agent), str(state), Span(start, end)) for agent, state, start, end in rows]


def _tables(
    lake: Lake, con: duckdb.DuckDBPyConnection, at: datetime
) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    """Return who may serve which queues by the tables, and the queues that serve by priority."""
    queues = dict(con.sql(f"SELECT queue, discipline FROM ({lake.settled_reference('queues')})").fetchall())
    skills: dict[str, list[str]] = {}
    for agent, skill in con.sql(
        f"SELECT DISTINCT agent_id, skill FROM ({lake.settled_reference('skills')})"
        f" WHERE (valid_from IS NULL OR valid_from <= '{at.date()}') AND (valid_to IS NULL OR valid_to > '{at.date()}')"
    ).fetchall():
        if skill in queues:
            skills.setdefault(str(agent), []).append(str(skill))
    ranked = tuple(sorted(str(queue) for queue, way in queues.items() if way == "priority"))
    return {agent: tuple(sorted(mine)) for agent, mine in skills.items()}, ranked


def _of(channel: str | None) -> str:
    return "true" if channel is None else f"channel = {quote(channel)}"


def _at(at: datetime) -> str:
    return f"{quote(to_utc(at).isoformat())}::TIMESTAMPTZ"


def _error(code: str, where: str, value: str, advice: str) -> Issue:
    return Issue(code, Severity.ERROR, where, value, advice)
