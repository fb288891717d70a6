"""What an opened number consists of: its rows, their events, segments and reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final

from troth.kpi._explain_time import InForce, Segment
from troth.kpi.definition import Fold, Kpi

#: How many rows of one person or customer are opened at most.
MANY: Final = 100


@dataclass(frozen=True, slots=True)
class Used:
    """One event of a case, and what it was used for.

    Parameters
    ----------
    event_id, source, source_id, activity, step, direction, actor, origin : as in the log.
    occurred_at : aware, in the time zone of the explanation.
    who : the person, else the team.
    uses : what the number takes from it; empty for events it does not look at.
    """

    event_id: str
    occurred_at: datetime
    activity: str
    step: str | None
    direction: str | None
    actor: str | None
    who: str | None
    origin: str
    source: str
    source_id: str
    uses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Opened:
    """One row of a figure, opened.

    Parameters
    ----------
    name : its id, with the column it stands in.
    value : what it adds to the numerator; for a time, exactly the sum of the counted segments.
    weight : what it adds to the denominator.
    counts : whether it is in the figure; if not, `reasons` says why.
    at : the instant that dates it, which decides the period it counts in.
    start, end : the events its time runs between, None where there are none.
    segments : counted and left-out stretches of time in order; empty for what is no time.
    calendars : the calendars in force, with version and effective dates; empty on the wall clock.
    doubts : what is known of it only by repair or in sum, if anything.
    members : its queue, team and so on.
    facts : what else is told of it: of a clock of an agreement its metric, policy, state, target and due instant.
    hours : when its calendar was open, for a picture; empty on the wall clock.
    """

    name: tuple[str, str]
    value: float | None
    weight: float
    counts: bool
    reasons: tuple[str, ...]
    at: datetime | None
    start: Used | None
    end: Used | None
    segments: tuple[Segment, ...]
    calendars: tuple[InForce, ...]
    doubts: tuple[str, ...]
    members: Mapping[str, str]
    facts: Mapping[str, Any] = field(default_factory=dict)
    hours: tuple[tuple[datetime, datetime], ...] = ()

    @property
    def counted_s(self) -> float:
        """The seconds of the counted segments."""
        return sum(segment.seconds for segment in self.segments if segment.counted)


@dataclass(frozen=True, slots=True)
class Explained:
    """What one KPI says of one case (contact, survey, customer, person), opened down to its events.

    Parameters
    ----------
    kpi : the declaration.
    subject : the id asked for.
    time_zone : whose wall clock the times are on.
    rows : its rows in the figure; none if it is not of this figure's kind, and `reason` says so.
    events : all its events in order.
    reason : why there are no rows.
    """

    kpi: Kpi
    subject: str
    time_zone: str
    rows: tuple[Opened, ...]
    events: tuple[Used, ...]
    reason: str = ""

    @property
    def value(self) -> float | None:
        """The figure over the rows that count: as the KPI folds them."""
        counted = [row for row in self.rows if row.counts and row.value is not None]
        total, weight = sum(row.value or 0.0 for row in counted), sum(row.weight for row in counted)
        if self.kpi.fold is not Fold.RATIO:
            return total if counted else None
        return total / weight if weight else None

    def as_dict(self) -> dict[str, Any]:
        """Return all of it as plain data."""
        rows = [
            {
                **asdict(row),
                "segments": [asdict(one) | {"seconds": one.seconds} for one in row.segments],
                "start": asdict(row.start) if row.start else None,
                "end": asdict(row.end) if row.end else None,
            }
            for row in self.rows
        ]
        words = {name: getattr(self.kpi, name) for name in ("numerator", "denominator", "population", "cohort")}
        return {
            "kpi": self.kpi.name,
            "definition": self.kpi.definition,
            "title": self.kpi.title,
            **words,
            "subject": self.subject,
            "value": self.value,
            "unit": str(self.kpi.unit),
            "time_zone": self.time_zone,
            "reason": self.reason,
            "rows": rows,
            "events": [asdict(event) for event in self.events],
        }


@dataclass(frozen=True, slots=True)
class Behind:
    """The rows behind one figure.

    Parameters
    ----------
    kpi : the declaration.
    rows : ids, members, `at`, `value` (what the row adds above the line), `weight` (below it), `part` (the place of
        its part in the declaration) and `approximate`; the worst first. For a backlog, what was open at the end.
    numerator, denominator : sums over all rows, also those not shown; their ratio (or the first) is the figure.
    count : how many rows there are in all; `rows` may be fewer.
    """

    kpi: Kpi
    rows: tuple[Mapping[str, Any], ...]
    numerator: float
    denominator: float
    count: int
    by: tuple[str, ...] = field(default=())

    @property
    def value(self) -> float | None:
        """The figure."""
        if self.kpi.fold is not Fold.RATIO:
            return self.numerator
        return self.numerator / self.denominator if self.denominator else None
