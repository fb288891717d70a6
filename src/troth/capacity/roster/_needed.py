"""Needs of a roster from the published table of requirements."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from math import ceil
from typing import Any

from troth.capacity.roster._walls import DAY, Minutes, Walls, overlap
from troth.capacity.roster.house import HouseRules
from troth.capacity.roster.problem import SlotNeed
from troth.core.decision import Issue, Severity
from troth.core.time import Span

Row = Mapping[str, Any]
_NEVER = datetime.min.replace(tzinfo=UTC)
#: Which columns a publication fills, in the order in which it is taken; its name as an activity.
_FORMS = ((True, False), (True, True), (False, True), (False, False))


def published_needs(
    rows: Sequence[Row], *, site: str, teams: Collection[str], skills: Collection[str], team: str | None, days: int,
    walls: Walls, house: HouseRules, opens: Minutes, as_of: datetime | None, issues: list[Issue],
) -> tuple[SlotNeed, ...]:  # fmt: skip
    """Return the newest published requirements of a site's days as needs, one activity a team (or queue).

    Rows without a site are taken if they name a team or skill of its people.
    """
    low, high = walls.at(0), walls.at(days * DAY)
    mine = [row for row in rows if _ours(row, site, teams, skills) and team in (None, row["team"] or team)]
    mine = [
        row for row in mine if row["starts_at"] and row["ends_at"] and low < row["ends_at"] and row["starts_at"] < high
    ]
    if as_of is not None:
        mine = [row for row in mine if (row["issued_at"] or _NEVER) <= as_of]
    mine = [row for row in _one_form(mine, issues) if _sound(row, issues)]
    if not mine:
        advice = "Maybe publish them first, as `troth staff` finds them, or give needs."
        issues.append(Issue("no-requirements", Severity.ERROR, f"requirements {site}", _span(walls, days), advice))
        return ()
    latest: dict[tuple[str, datetime], Row] = {}
    for row in sorted(
        mine, key=lambda row: (row["issued_at"] or _NEVER, row["recorded_at"] or _NEVER, row["version"] or 0)
    ):
        latest[_activity(row, site), row["starts_at"]] = row
    slot, slots = house.slot_minutes, days * DAY // house.slot_minutes
    agents: dict[str, list[float]] = {name: [0.0] * slots for name in sorted({name for name, _ in latest})}
    covered = [False] * slots
    for (name, start), row in latest.items():
        a, b = walls.around(Span(start, row["ends_at"]))
        for k in range(max(0, a // slot), min(slots, -(-b // slot))):
            agents[name][k] = max(agents[name][k], row["agents"])
            covered[k] = True
    _doubts(covered, opens=opens, days=days, walls=walls, house=house, issues=issues)
    return tuple(_need(name, numbers, house) for name, numbers in agents.items())


def _need(name: str, agents: Sequence[float], house: HouseRules) -> SlotNeed:
    wanted = tuple(ceil(n / (1 - house.absence) - 1e-9) for n in agents)
    hours = house.slot_minutes / 60
    under = (house.missing_cents * hours,) * len(wanted)
    return SlotNeed(name, (0,) * len(wanted), wanted, wanted, under, over_square=house.spare_cents * hours)


def _ours(row: Row, site: str, teams: Collection[str], skills: Collection[str]) -> bool:
    if row["site"]:
        return bool(row["site"] == site)
    return row["team"] in teams or (not row["team"] and row["queue"] in skills)


def _activity(row: Row, site: str) -> str:
    return str(row["queue"] or row["team"] or site)


def _one_form(rows: Sequence[Row], issues: list[Issue]) -> list[Row]:
    """Return rows that name the same columns: people needed by team and again by queue would count twice."""
    forms = {(bool(row["team"]), bool(row["queue"])) for row in rows}
    kept = next((form for form in _FORMS if form in forms), None)
    if len(forms) > 1:
        advice = "Maybe an older way to publish them: only those by team are taken, or the first of what there is."
        issues.append(Issue("needs-twice", Severity.WARNING, "requirements", f"{len(forms)} ways", advice))
    return [row for row in rows if (bool(row["team"]), bool(row["queue"])) == kept]


def _sound(row: Row, issues: list[Issue]) -> bool:
    good = row["agents"] is not None and 0 <= row["agents"] < 1e6 and row["starts_at"] < row["ends_at"]
    if not good:
        advice = "Maybe 0 or more people, and an end after its start; the row is passed over."
        where = f"requirements {row['team'] or row['queue'] or ''} {row['starts_at']}"
        issues.append(Issue("bad-requirement", Severity.WARNING, where, str(row["agents"]), advice))
    return good


def _doubts(
    covered: Sequence[bool], *, opens: Minutes, days: int, walls: Walls, house: HouseRules, issues: list[Issue]
) -> None:
    """Name the days that are open but have no requirements."""
    per_day = DAY // house.slot_minutes
    bare = [
        walls.first + timedelta(days=d)
        for d in range(days)
        if not any(covered[d * per_day : (d + 1) * per_day]) and overlap(opens, low=d * DAY, high=(d + 1) * DAY)
    ]
    if bare:
        advice = "Maybe they are not published yet: nobody is planned for as needed then."
        value = f"{bare[0]} to {bare[-1]}" if len(bare) > 1 else str(bare[0])
        issues.append(Issue("no-requirement", Severity.WARNING, "requirements", value, advice, len(bare)))


def _span(walls: Walls, days: int) -> str:
    last: date = walls.first + timedelta(days=days - 1)
    return f"{walls.first} to {last}"
