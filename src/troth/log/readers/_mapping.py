"""What a mapping says: how the columns of a foreign table become service events. Plain data, nothing to execute."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from troth.log.schema import DRAFTS

#: Event fields that a mapping fills by name; the times and `attributes` have forms of their own.
FIELDS: Final = tuple(
    name for name in DRAFTS.names if name not in {"occurred_at", "recorded_at", "attributes", "source", "_file", "_row"}
)

#: Microseconds in the units a duration may have.
UNITS: Final[dict[str, int]] = {"ms": 1_000, "s": 1_000_000, "min": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}

#: Names of time forms that no strptime format says.
SPECIAL_FORMATS: Final = ("iso", "unix_s", "unix_ms")


@dataclass(frozen=True, slots=True)
class Column:
    """The text of a column: blank or one of `nulls` is nothing; `map` translates.

    What `map` lacks is kept as it is if `keep_other`, is a fault of the row if `strict`, else becomes `other`.
    """

    name: str
    nulls: tuple[str, ...] = ()
    map: Mapping[str, str | None] | None = None
    other: str | None = None
    keep_other: bool = True
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Constant:
    """The same text for every row."""

    text: str


@dataclass(frozen=True, slots=True)
class Join:
    """Several fields in a row, with a text between; nothing if any of them is nothing."""

    parts: tuple[Column | Constant, ...]
    between: str = "/"


@dataclass(frozen=True, slots=True)
class Time:
    """An instant: a column, or a date column and a clock column, perhaps some time later.

    Parameters
    ----------
    column : column of the date and time, or of the date if `clock` is given.
    clock : column of the time of day.
    formats : allowed forms, tried in order: ``iso``, ``unix_s``, ``unix_ms`` or strptime formats.
    after : clock column of the same row that this clock does not precede; if it does, it is the next day's.
    plus : column of a duration to add, in `unit`.
    nulls : texts that mean nothing.
    """

    column: str
    clock: str | None = None
    formats: tuple[str, ...] = ("iso",)
    after: str | None = None
    plus: str | None = None
    unit: str = "s"
    nulls: tuple[str, ...] = ()

    def columns(self) -> list[str]:
        """Return the columns it needs."""
        return [c for c in (self.column, self.clock, self.after, self.plus) if c is not None]


Field = Column | Constant | Join | Time


@dataclass(frozen=True, slots=True)
class When:
    """A condition on one column; `op` is is, not, present, above or below."""

    column: str
    op: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """One event that a row may give.

    Parameters
    ----------
    name : tells the events of one row apart in their ids.
    at : when it happened.
    fields : fields by name, the activity among them.
    attributes : JSON keys; or one column that holds the JSON (key "*").
    when : conditions, all of which must hold.
    recorded_at : when it was written down.
    required : whether a row without this time is rejected rather than passed over.
    """

    name: str
    at: Time
    fields: Mapping[str, Field]
    attributes: Mapping[str, Field] = field(default_factory=dict)
    when: tuple[When, ...] = ()
    recorded_at: Time | None = None
    required: bool = False

    @property
    def activity(self) -> str | None:
        """The activity, if it is the same for every row."""
        found = self.fields.get("activity")
        return found.text if isinstance(found, Constant) else None


@dataclass(frozen=True, slots=True)
class Mapped:
    """A whole mapping.

    Parameters
    ----------
    source : name of the source, part of every event's identity.
    events : what a row can give.
    id : columns that together identify a row; none means by content.
    time_zone : zone of times without one.
    shift : what to add to every time, by unit (years, months, days, hours, minutes, seconds).
    clock_slack_s : by how many seconds clocks of one row may disagree without being another day or an error.
    delimiter : what stands between fields, if it is to be fixed.
    decimal : the decimal mark of numbers.
    optional : columns that may be missing.
    skip : rows to pass over: those for which any of these conditions holds.
    canonical : whether the columns are the event schema itself.
    """

    source: str
    events: tuple[Event, ...]
    id: tuple[str, ...] = ()
    time_zone: str | None = None
    shift: Mapping[str, int] = field(default_factory=dict)
    clock_slack_s: float = 0.0
    delimiter: str | None = None
    decimal: str = "."
    optional: tuple[str, ...] = ()
    skip: tuple[When, ...] = ()
    canonical: bool = False

    def columns(self) -> list[str]:
        """Return every column it needs, in the order of first use."""
        found: dict[str, None] = dict.fromkeys(self.id)
        found.update(dict.fromkeys(w.column for w in self.skip))
        for event in self.events:
            found.update(dict.fromkeys(event.at.columns()))
            found.update(dict.fromkeys(w.column for w in event.when))
            for one in [*event.fields.values(), *event.attributes.values(), event.recorded_at]:
                found.update(dict.fromkeys(columns_of(one)))
        return list(found)

    def times(self) -> Iterator[Time]:
        """Yield each different time it reads."""
        seen: set[Time] = set()
        for event in self.events:
            extra = [v for v in [*event.fields.values(), *event.attributes.values()] if isinstance(v, Time)]
            for time in [event.at, event.recorded_at, *extra]:
                if time is not None and time not in seen:
                    seen.add(time)
                    yield time


def columns_of(item: Field | None) -> list[str]:
    """Return the columns a field needs."""
    match item:
        case Column():
            return [item.name]
        case Join():
            return [part.name for part in item.parts if isinstance(part, Column)]
        case Time():
            return item.columns()
        case _:
            return []


#: Columns of the event schema that a table in the canonical layout may have; `event_id` is derived and passed over.
CANONICAL: Final = tuple(name for name in DRAFTS.names if not name.startswith("_"))


def canonical(header: list[str], *, source: str) -> Mapped:
    """Return the mapping of a table whose columns are named as the event schema."""
    here = [name for name in CANONICAL if name in header]
    fields: dict[str, Field] = {name: Column(name) for name in FIELDS if name in here}
    if "source" in here:
        fields["source"] = Column("source")
    event = Event(
        name="",
        at=Time("occurred_at"),
        fields=fields,
        attributes={"*": Column("attributes")} if "attributes" in here else {},
        recorded_at=Time("recorded_at") if "recorded_at" in here else None,
        required=True,
    )
    return Mapped(source=source, events=(event,), canonical=True)


#: Columns that make a table the flat form of an XES log, as process mining tools write it.
FLAT_LOG: Final = ("case:concept:name", "concept:name", "time:timestamp")


def flat_log(header: list[str], *, source: str) -> Mapped:
    """Return the mapping of the flat form of an XES log: every row a step, beginnings told by their life cycle."""
    optional = ("org:resource", "org:group", "lifecycle:transition", "concept:instance")
    fields: dict[str, Field] = {
        "activity": Column(
            "lifecycle:transition", map={"": "stepped", "start": "step_started"}, other="stepped", keep_other=False
        ),
        "step": Column("concept:name"),
        "case_id": Column("case:concept:name"),
        "agent_id": Column("org:resource"),
        "team": Column("org:group"),
    }
    event = Event(name="", at=Time("time:timestamp"), fields=fields, required=True)
    instance = "concept:instance" in header and "lifecycle:transition" in header
    id_ = ("case:concept:name", "concept:instance", "lifecycle:transition") if instance else ()
    return Mapped(source=source, events=(event,), id=id_, optional=optional)


def of_header(header: list[str], *, source: str) -> Mapped:
    """Return the mapping of a table that needs none of its own."""
    if set(FLAT_LOG) <= set(header) and "activity" not in header:
        return flat_log(header, source=source)
    return canonical(header, source=source)
