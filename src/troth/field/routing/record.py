"""What a lake teaches of windows to offer: how work and travel are spread, and how windows promised before were kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from troth.core.decision import Issue, Severity
from troth.core.time import to_utc
from troth.field.routing.learn import FieldSpread, KeptRecord, learn_kept, usual_spread
from troth.field.routing.read import recorded_work
from troth.field.travel.learn import learn
from troth.field.travel.read import trips
from troth.log.lake import Lake
from troth.log.timelines import TIMELINES
from troth.log.timelines.cache import refresh

#: With fewer jobs the usual spread of work is taken.
_LEAST: Final = 30

_SERVICES: Final = "SELECT subject_id, coalesce(service, '') FROM ({rows}) WHERE list_contains($visits, subject_id)"
_PROMISED: Final = """
    WITH told AS (
        SELECT DISTINCT ON (case_id, visit) case_id, json_extract_string(attributes, '$.visit') AS visit, occurred_at,
            coalesce(try_cast(json_extract_string(attributes, '$.plan_probability') AS DOUBLE), value) AS chance,
            try_cast(json_extract_string(attributes, '$.window_start') AS TIMESTAMPTZ) AS starts_at,
            try_cast(json_extract_string(attributes, '$.window_end') AS TIMESTAMPTZ) AS ends_at
        FROM ({promised}) WHERE json_extract_string(attributes, '$.visit') IS NOT NULL ORDER BY case_id, visit, occurred_at, source_id
    )
    SELECT t.chance, t.starts_at, t.ends_at, t.occurred_at, coalesce(v.arrived_at <= t.ends_at, false)
    FROM told t JOIN ({rows}) v ON v.case_id = t.case_id AND v.subject_id = t.visit
    WHERE t.chance BETWEEN 0 AND 1 AND t.starts_at < t.ends_at AND t.ends_at >= $start AND t.ends_at < $end
        AND v.first_ends_at = t.ends_at AND v.outcome <> 'cancelled' AND v.waived_at IS NULL
    ORDER BY t.ends_at, t.case_id, t.visit"""


@dataclass(frozen=True, slots=True)
class OfferRecord:
    """What was learned for windows to offer.

    Parameters
    ----------
    spread : of work and travel; usual ones as far as little is known.
    kept : how windows promised before were kept; `kept.n` of them.
    jobs, trips : on how many the spreads of work and of travel stand; 0 where it is the usual one.
    issues : warnings: too few jobs or trips, and those that could not be used.
    """

    spread: FieldSpread
    kept: KeptRecord
    jobs: int
    trips: int
    issues: tuple[Issue, ...]


def offer_record(
    lake: Lake, *, start: datetime, end: datetime, visits: Sequence[str] = (), time_zone: str = "UTC"
) -> OfferRecord:
    """Return what ``[start, end)`` teaches of how work and travel are spread and of how windows were kept.

    Parameters
    ----------
    visits : those planned; the work of a visit that the lake knows is spread as that of its service.
    time_zone : whose days and hours count.
    """
    work = recorded_work(lake, start=start, end=end)
    travelled = trips(lake, start=start, end=end)
    travel = learn(travelled, time_zone=time_zone)
    issues, usual = list(travel.issues), FieldSpread()
    few = any(one.code == "few-trips" for one in travel.issues)
    sigma = (usual.travel_sigma, usual.travel_day_sigma) if few else (travel.pattern.sigma, travel.pattern.day_sigma)
    if work.jobs < _LEAST:
        advice = f"Maybe wait until {_LEAST} jobs are recorded; until then the usual spread of work is taken."
        issues.append(Issue("few-jobs", Severity.WARNING, "visits", str(work.jobs), advice))
        spread = FieldSpread(travel_sigma=sigma[0], travel_day_sigma=sigma[1])
    else:
        with lake.session() as con:
            rows = refresh(lake, con, TIMELINES["visits"])
            services = dict(con.execute(_SERVICES.format(rows=rows), {"visits": list(visits)}).fetchall())
        spread = usual_spread(work, services=services, travel_sigma=sigma[0], travel_day_sigma=sigma[1])
    kept = recorded_windows(lake, start=start, end=end, time_zone=time_zone)
    return OfferRecord(
        spread, kept, work.jobs if work.jobs >= _LEAST else 0, 0 if few else len(travelled), tuple(issues)
    )


def recorded_windows(lake: Lake, *, start: datetime, end: datetime, time_zone: str = "UTC") -> KeptRecord:
    """Return how windows promised about visits that ended in ``[start, end)`` were kept: whether somebody arrived by the end.

    What was stated (`value` of ``promised``) is taken for the plan's own probability, unless the event has that as attribute
    ``plan_probability``: whoever states what a record says had better write both. The window is the first that was promised;
    promises without a probability, waived ones, and visits that the customer cancelled or moved are left out. So are windows that ended
    after the last event there is: what became of them is not known yet.
    """
    with lake.session() as con:
        rows = refresh(lake, con, TIMELINES["visits"])
        promised = lake.settled(where="activity = 'promised' AND subject_kind = 'promise'")
        extent = lake.extent(con)
        known = to_utc(end) if extent is None else min(to_utc(end), to_utc(extent[1]))
        named = {"start": to_utc(start), "end": known}
        found = con.execute(_PROMISED.format(rows=rows, promised=promised), named).fetchall()
    zone, now = ZoneInfo(time_zone), to_utc(end)
    columns: Any = list(zip(*found, strict=True)) or [(), (), (), (), ()]
    chance, starts, ends, told, kept = columns
    return learn_kept(
        kept, probability=chance, hours=[(b - a).total_seconds() / 3600 for a, b in zip(starts, ends, strict=True)],
        same_day=[a.astimezone(zone).date() == b.astimezone(zone).date() for a, b in zip(told, starts, strict=True)],
        ages_days=[(now - one).total_seconds() / 86_400 for one in ends],
    )  # fmt: skip
