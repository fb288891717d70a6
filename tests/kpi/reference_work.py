"""Random schedules, requirements and rates, and how people's time stood beside them, in plain loops."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from random import Random
from typing import Any

from tests.kpi import reference_people as people
from tests.kpi.logs import Event
from tests.kpi.reference import Row
from tests.kpi.reference_world import Item, Items, World, final, kpi, resolvers, servers, share_of, unmerged

_WORK = {"on_contact", "wrap", "available", "meeting", "training"}
_ON_DUTY = {"on_contact", "wrap", "available"}
_NEAR = timedelta(hours=16)
_START = datetime(2026, 3, 28, tzinfo=UTC)
_CHANGE = date(2026, 3, 29)


def tables(sites: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Return the reference tables of sites that these figures take."""
    names = ("schedules", "memberships", "requirements", "rates")
    return {name: [row for site in sites for row in _of(site)[name]] for name in names}


@cache
def _of(site: str) -> dict[str, list[dict[str, Any]]]:
    rng = Random(f"work {site}")
    teams = [
        {"agent_id": f"{site}-a{agent}", "team": team, "site": site}
        for agent in range(3)
        for team in rng.sample(("t1", "t2"), rng.choice((0, 1, 1, 2)))
    ]
    return {
        "schedules": list(_schedules(site, rng)), "memberships": teams,
        "requirements": list(_requirements(site, rng)), "rates": list(_rates(site, rng)),
    }  # fmt: skip


def _schedules(site: str, rng: Random) -> Iterator[dict[str, Any]]:
    """Yield plans; some days are published again with other times, and some rows are of no day."""
    for row in _stretches(site, rng):
        day = row["starts_at"].date() if hash_of(row) % 3 else None
        yield {**row, "valid_from": day, "version": 1}
        if day is not None and row["state"] == "shift" and hash_of(row) % 2:
            later = {edge: row[edge] + timedelta(minutes=45) for edge in ("starts_at", "ends_at")}
            yield {**row, **later, "valid_from": day, "version": 2}


def hash_of(row: dict[str, Any]) -> int:
    """Return a number that belongs to the person and day of a row, whatever else it says."""
    return Random(f"{row['agent_id']} {row['starts_at'].date()}").randrange(1000)


def _stretches(site: str, rng: Random) -> Iterator[dict[str, Any]]:
    for agent in range(3):
        for day in range(-1, 4):
            if rng.random() < 0.3:
                continue
            start = _START + timedelta(days=day, minutes=15 * rng.randrange(30, 60))
            end = start + timedelta(hours=rng.choice((4, 8, 9)))
            who = {"agent_id": f"{site}-a{agent}", "site": site}
            yield {**who, "state": "shift", "starts_at": start, "ends_at": end}
            at = start + timedelta(minutes=15 * rng.randrange(1, 5))
            for state in rng.sample(("break", "meeting", "training", "absent"), rng.choice((0, 1, 2))):
                until = at + timedelta(minutes=rng.choice((10, 30, 45)))
                yield {**who, "state": state, "starts_at": at, "ends_at": until}
                at = until + timedelta(minutes=rng.choice((0, 20)))


def _requirements(site: str, rng: Random) -> Iterator[dict[str, Any]]:
    for queue, team, step in ((None, None, 30), ("q1", None, 30), (None, "t1", 30), (None, "t1", 60), ("q2", None, 60)):
        for number in range(48 if step == 30 else 40):
            start = _START + timedelta(minutes=step * number)
            for issued in (timedelta(days=7), timedelta(hours=20), -timedelta(hours=1)):
                if rng.random() < 0.4:
                    continue
                yield {
                    "snapshot": f"{issued} {step}", "issued_at": start - issued, "recorded_at": start - issued, "queue": queue, "site": site,
                    "team": team, "starts_at": start, "ends_at": start + timedelta(minutes=step),
                    "agents": rng.choice((0.0, 0.5, 1.0, 2.0, None)),
                }  # fmt: skip


def _rates(site: str, rng: Random) -> Iterator[dict[str, Any]]:
    members = (("agent", f"{site}-a0"), ("agent", f"{site}-a1"), ("site", site))
    for dimension, member in members:
        if rng.random() < 0.4:
            continue
        row = {"dimension": dimension, "member": member, "currency": "EUR"}
        yield {**row, "cents_per_hour": rng.choice((1500, 2400)), "valid_to": rng.choice((None, _CHANGE))}
        if rng.random() < 0.5:
            yield {**row, "cents_per_hour": 3100, "valid_from": _CHANGE}


def _site(w: World) -> str | None:
    return next(e.site for e in w.events)


def given(site: str, table: str) -> list[dict[str, Any]]:
    """Return the rows of a table that one site has."""
    return _of(site)[table]


def _given(w: World, table: str) -> list[dict[str, Any]]:
    site = _site(w)
    return given(site, table) if site else []


def _overlap(a: datetime, b: datetime, c: datetime, d: datetime) -> float:
    return max((min(b, d) - max(a, c)).total_seconds(), 0.0)


def recorded(logs: Iterable[Sequence[Event]]) -> tuple[datetime, datetime]:
    """Return from when until when logs know of people's states."""
    known = [s for events in logs for s in people.states(events) if s.ended > s.started]
    return min(s.started for s in known), max(s.ended for s in known)


def _planned(w: World) -> Iterator[tuple[dict[str, Any], Row, float]]:
    """Yield every planned stretch within what was recorded, with whose it is and its seconds."""
    first, last = w.recorded or (_START, _START)
    given = _given(w, "schedules")
    for whole in given:
        same = [o for o in given if (o["agent_id"], o["valid_from"]) == (whole["agent_id"], whole["valid_from"])]
        if whole["valid_from"] and whole["version"] < max(o["version"] for o in same):
            continue
        s = {**whole, "ends_at": min(whole["ends_at"], last)}
        if whole["ends_at"] <= first or s["starts_at"] >= s["ends_at"]:
            continue
        teams = {m["team"] for m in _given(w, "memberships") if m["agent_id"] == s["agent_id"]}
        team = teams.pop() if len(teams) == 1 else None
        row = Row(site=s["site"], queue=None, agent_id=s["agent_id"], team=team, approximate=False)
        yield s, row, (s["ends_at"] - s["starts_at"]).total_seconds()


def _states(w: World) -> list[Row]:
    return [s for s in w.states if s.ended > s.started and s.agent_id is not None]


def _plan(w: World, off: set[str]) -> Items:
    for s, row, length in _planned(w):
        signed = length if s["state"] == "shift" else -length if s["state"] in off else 0.0
        yield Item(s["starts_at"], 0.0, signed, row)


def _pairs(w: World) -> Iterator[tuple[dict[str, Any], str, float, Row]]:
    """Yield where a planned stretch meets what the person did: plan, state, seconds."""
    for s, row, _ in _planned(w):
        for did in _states(w):
            both = _overlap(s["starts_at"], s["ends_at"], did.started, did.ended)
            if did.agent_id == s["agent_id"] and both > 0:
                yield s, did.state, both, Row(**{**vars(row), "approximate": did.approximate})


def _worked(w: World) -> Iterator[tuple[Row, Row]]:
    """Yield work near a planned shift of the same person."""
    for did in _states(w):
        near = [
            row
            for s, row, _ in _planned(w)
            if s["state"] == "shift"
            and s["agent_id"] == did.agent_id
            and did.started < s["ends_at"] + _NEAR
            and did.ended > s["starts_at"] - _NEAR
        ]
        if did.state in _WORK and near:
            yield did, Row(**{**vars(near[0]), "approximate": did.approximate})


@kpi("load.adherence")
def _adherence(w: World) -> Items:
    """Second by second: planned work met by work, planned break by break; what is planned within a shift replaces it."""
    yield from _plan(w, {"absent"})
    for s, did, both, row in _pairs(w):
        if s["state"] == "shift":
            hit = both if did in _WORK else 0.0
        else:
            hit = (both if did == s["state"] else 0.0) - (both if did in _WORK else 0.0)
        yield Item(s["starts_at"], hit, 0.0, row, counts=False)


@kpi("load.adherence/in_shift")
def _in_shift(w: World) -> Items:
    yield from _plan(w, {"break", "absent"})
    for s, did, both, row in _pairs(w):
        hit = both if did in _WORK and s["state"] == "shift" else 0.0
        yield Item(s["starts_at"], hit, -hit, row, counts=False)
    for did_, row in _worked(w):
        yield Item(did_.started, 0.0, (did_.ended - did_.started).total_seconds(), row, counts=False)


@kpi("load.conformance")
def _conformance(w: World) -> Items:
    yield from _plan(w, {"break", "absent"})
    for did, row in _worked(w):
        yield Item(did.started, (did.ended - did.started).total_seconds(), 0.0, row, counts=False)


def _cells(w: World, *, of_queues: bool = True) -> Iterator[tuple[Row, float, float, float]]:
    """Yield every interval with its seconds, and how many were needed there, on duty, and planned."""
    known = [r for r in _given(w, "requirements") if r["agents"] is not None and r["issued_at"] <= r["starts_at"]]
    known = [r for r in known if of_queues or r["queue"] is None]
    first, last = w.recorded or (_START, _START)

    def before(r: dict[str, Any]) -> Any:
        """The later said, the finer, the shorter goes first; of equally fine splits that of a team."""
        dims = [r[d] is None for d in ("site", "team", "queue")]
        return -r["issued_at"].timestamp(), sum(dims), (r["ends_at"] - r["starts_at"]), dims, r["starts_at"]

    def meet(r: dict[str, Any], o: dict[str, Any]) -> bool:
        together = r["starts_at"] < o["ends_at"] and o["starts_at"] < r["ends_at"]
        return together and all(r[d] is None or o[d] is None or r[d] == o[d] for d in ("queue", "team"))

    for r in known:
        if any(meet(r, o) and before(o) < before(r) for o in known):
            continue
        if r["starts_at"] < first or r["ends_at"] > last:  # nobody knows who was there
            continue
        span = (r["starts_at"], r["ends_at"])
        length = (span[1] - span[0]).total_seconds()
        mine = [
            (s, _overlap(*span, s.started, s.ended))
            for s in _states(w)
            if s.state in _ON_DUTY and all(r[d] is None or getattr(s, d) == r[d] for d in ("site", "team", "queue"))
        ]
        unsure = any(s.approximate for s, seconds in mine if seconds)
        planned = sum(
            (1 if s["state"] == "shift" else -1) * _overlap(*span, s["starts_at"], s["ends_at"])
            for s, row, _ in _planned(w)
            if r["queue"] is None and (r["team"] is None or row.team == r["team"])
        )
        row = Row(
            site=r["site"],
            queue=r["queue"],
            team=r["team"],
            agent_id=None,
            approximate=unsure,
            at=r["starts_at"],
            length=length,
        )
        yield row, r["agents"], sum(seconds for _, seconds in mine) / length, planned / length


@kpi("load.staffing")
def _staffing(w: World) -> Items:
    return (Item(row.at, float(abs(there - needed) <= 0.05 * needed), 1, row) for row, needed, there, _ in _cells(w))


@kpi("load.staffing/rostered")
def _rostered(w: World) -> Items:
    return (
        Item(row.at, float(abs(there - needed) <= 0.05 * needed), 1, row)
        for row, needed, _, there in _cells(w, of_queues=False)
        if row.queue is None
    )


@kpi("load.staffing/ratio")
def _ratio(w: World) -> Items:
    return (Item(row.at, there * row.length, needed * row.length, row) for row, needed, there, _ in _cells(w))


@kpi("load.staffing/under")
def _under(w: World) -> Items:
    return (Item(row.at, max(needed - there, 0.0) * row.length, 1, row) for row, needed, there, _ in _cells(w))


@kpi("load.staffing/over")
def _over(w: World) -> Items:
    return (Item(row.at, max(there - needed, 0.0) * row.length, 1, row) for row, needed, there, _ in _cells(w))


def _rate(w: World, row: Row, at: datetime) -> float | None:
    """Return the rate of the person, else of the site, on the day: the one that began last."""
    day = at.astimezone(UTC).date()
    for dimension, member in (("agent", row.agent_id), ("site", row.site)):
        valid = [
            (r.get("valid_from") or date.min, r["cents_per_hour"])
            for r in _given(w, "rates")
            if (r["dimension"], r["member"]) == (dimension, member)
            and (r.get("valid_from") or date.min) <= day
            and (r.get("valid_to") is None or r["valid_to"] > day)
        ]
        if valid:
            return float(max(valid)[1])
    return None


def _paid(w: World, people: set[str]) -> Items:
    for s in w.shifts:
        if s.agent_id not in people:
            continue
        rate = _rate(w, s, s.started)
        cents = (rate or 0.0) * (s.ended - s.started).total_seconds() / 3600 * share_of(w, s.agent_id)
        yield Item(s.started, cents, 0.0, s, counts=False, doubt=rate is None)


@kpi("cost.per_unit")
def _per_contact(w: World) -> Items:
    yield from _paid(w, servers(w, "answered", "handled"))
    yield from (Item(c.started, 0.0, 1.0, c) for c in w.contacts if c.outcome in ("answered", "handled"))


@kpi("cost.per_unit/case")
def _per_case(w: World) -> Items:
    yield from _paid(w, resolvers(w))
    yield from (Item(at, 0.0, 1.0, c) for c in unmerged(w) if (at := final(c, w.params)))


@kpi("cost.per_unit/activity")
def _by_activity(w: World) -> Items:
    for c in w.contacts:
        if c.outcome == "answered" and c.served is not None and (rate := _rate(w, c, c.started)) is not None:
            yield Item(c.started, rate * (c.served + c.wrap) / 3600, 1.0, c, doubt=c.doubtful)
