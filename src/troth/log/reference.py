"""Reference tables: slowly changing facts with effective dates, one schema for each.

A row holds from `valid_from` (inclusive) until `valid_to` (exclusive); null means open. Both are dates
in the local time of the thing described. Ingest is idempotent: the key of a table is its key columns
plus `valid_from`, and the newest `version` wins. Some tables are published a day at a time: there the newest `version`
of a day replaces all of what older ones said of it, see `Table.whole`.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import pyarrow as pa

_TEXT, _REAL, _DATE, _INT, _FLAG = pa.string(), pa.float64(), pa.date32(), pa.int64(), pa.bool_()
_INSTANT = pa.timestamp("us", tz="UTC")


class Table(NamedTuple):
    """A reference table: a sentence, its key columns and its own columns (key included).

    `whole` are columns whose rows of one `valid_from` are published together: the newest `version` of any replaces all of
    older ones, those that it no longer has too. Rows without a `valid_from` replace only their own older versions.
    """

    sentence: str
    key: tuple[str, ...]
    columns: tuple[tuple[str, pa.DataType], ...]
    whole: tuple[str, ...] = ()

    @property
    def schema(self) -> pa.Schema:
        """All columns, with the validity and version every reference table has."""
        tail = [("valid_from", _DATE), ("valid_to", _DATE), ("version", _INT)]
        return pa.schema([pa.field(name, kind) for name, kind in [*self.columns, *tail]])


#: Every reference table by name.
TABLES: Final[dict[str, Table]] = {
    "sites": Table(
        "A place or line of work with its own time zone.",
        ("site",),
        (("site", _TEXT), ("title", _TEXT), ("time_zone", _TEXT)),
    ),
    "queues": Table(
        "A queue, where its contacts come from and how they are served.",
        ("queue",),
        (("queue", _TEXT), ("title", _TEXT), ("site", _TEXT), ("channel", _TEXT), ("discipline", _TEXT)),
    ),
    "services": Table(
        "What customers ask for, with its standard time.",
        ("service",),
        (("service", _TEXT), ("title", _TEXT), ("standard_s", _REAL)),
    ),
    "people": Table(
        "Who works here; `kind` is human or bot.",
        ("agent_id",),
        (("agent_id", _TEXT), ("title", _TEXT), ("kind", _TEXT), ("role", _TEXT)),
    ),
    "memberships": Table(
        "Which team and site a person belongs to.",
        ("agent_id", "team"),
        (("agent_id", _TEXT), ("team", _TEXT), ("site", _TEXT)),
    ),
    "contracts": Table(
        "The hours a person is paid for.",
        ("agent_id",),
        (("agent_id", _TEXT), ("hours_per_week", _REAL)),
    ),
    "skills": Table(
        "What a person can do.",
        ("agent_id", "skill"),
        (("agent_id", _TEXT), ("skill", _TEXT), ("level", _REAL)),
    ),
    "leave": Table(
        "When a person is away.",
        ("agent_id", "starts_at"),
        (("agent_id", _TEXT), ("starts_at", _INSTANT), ("ends_at", _INSTANT), ("reason", _TEXT)),
    ),
    "schedules": Table(
        "Who was planned to be where when, as published: one row a stretch. `state` is shift for paid time, or break,"
        " meeting, training or absent for a part of it. Of a person's day, which `valid_from` names, the newest `version`"
        " holds, whole.",
        ("agent_id", "state", "starts_at"),
        (
            ("agent_id", _TEXT),
            ("site", _TEXT),
            ("state", _TEXT),
            ("starts_at", _INSTANT),
            ("ends_at", _INSTANT),
        ),
        whole=("agent_id",),
    ),
    "customers": Table(
        "Who is served, by pseudonym.",
        ("customer_id",),
        (("customer_id", _TEXT), ("organisation", _TEXT), ("segment", _TEXT), ("time_zone", _TEXT)),
    ),
    "calendars": Table(
        "Opening hours: one row a span of a weekday (0 is Monday); `opens` and `closes` are HH:MM, 24:00 allowed.",
        ("calendar", "weekday", "opens"),
        (("calendar", _TEXT), ("time_zone", _TEXT), ("weekday", _INT), ("opens", _TEXT), ("closes", _TEXT)),
    ),
    "calendar_days": Table(
        "Days that differ: no `opens` means closed all day; several rows give several spans.",
        ("calendar", "day", "opens"),
        (("calendar", _TEXT), ("day", _DATE), ("opens", _TEXT), ("closes", _TEXT), ("title", _TEXT)),
    ),
    "calendar_use": Table(
        "Which calendar holds for whom: `dimension` is site, queue, service, priority, team or customer.",
        ("dimension", "member"),
        (("dimension", _TEXT), ("member", _TEXT), ("calendar", _TEXT)),
    ),
    "targets": Table(
        "The target of a KPI, optionally for one member of a dimension; `amber` is where it starts to worry.",
        ("kpi", "variant", "dimension", "member"),
        (
            ("kpi", _TEXT),
            ("variant", _TEXT),
            ("dimension", _TEXT),
            ("member", _TEXT),
            ("target", _REAL),
            ("amber", _REAL),
        ),
    ),
    "sla_policies": Table(
        "A service level agreement. Of those that fit a case the one with the lowest `position` holds, whole.",
        ("policy",),
        (("policy", _TEXT), ("title", _TEXT), ("position", _INT)),
    ),
    "sla_filters": Table(
        "Which cases a policy is for: rows of one field are alternatives, every field must fit; `!` before a value means"
        " anything but. A policy without rows is for all.",
        ("policy", "field", "value"),
        (("policy", _TEXT), ("field", _TEXT), ("value", _TEXT)),
    ),
    "sla_targets": Table(
        "How long a clock of a policy may count, optionally for one priority. `calendar` is whose hours count: empty means"
        " all time, `calendar_use` whichever holds for the case. `retroactive_start` lets a clock that comes to hold later"
        " count from the event that would have started it, `retroactive_pause` takes over the pauses since. `again` is what"
        " a start after a stop does: new or continue. `warn` is the share of the target from which it is told as at risk.",
        ("policy", "metric", "priority"),
        (
            ("policy", _TEXT),
            ("metric", _TEXT),
            ("priority", _TEXT),
            ("target_s", _REAL),
            ("calendar", _TEXT),
            ("retroactive_start", _FLAG),
            ("retroactive_pause", _FLAG),
            ("again", _TEXT),
            ("warn", _REAL),
        ),
    ),
    "sla_conditions": Table(
        "Which events move a clock: `hook` is start, pause, resume, stop, reset or cancel; `number` tells alternatives apart."
        " A cell names what must be, with `|` between alternatives and `!` before what must not be; empty means anything."
        " `changed` names what the event must change: team, agent, priority or status; `after` is first_reply for events"
        " after the first reply of a person. `*` as policy means every policy without rows of its own for that hook.",
        ("policy", "metric", "hook", "number"),
        (
            ("policy", _TEXT),
            ("metric", _TEXT),
            ("hook", _TEXT),
            ("number", _INT),
            ("activity", _TEXT),
            ("step", _TEXT),
            ("actor", _TEXT),
            ("direction", _TEXT),
            ("reason", _TEXT),
            ("changed", _TEXT),
            ("after", _TEXT),
        ),
    ),
    "requirements": Table(
        "How many people were found to be needed on duty, as published: one row an interval, never changed. Columns of"
        " dimensions left empty are all of them together.",
        ("snapshot", "queue", "site", "team", "starts_at"),
        (
            ("snapshot", _TEXT),
            ("issued_at", _INSTANT),
            ("recorded_at", _INSTANT),
            ("queue", _TEXT),
            ("site", _TEXT),
            ("team", _TEXT),
            ("starts_at", _INSTANT),
            ("ends_at", _INSTANT),
            ("agents", _REAL),
        ),
    ),
    "publications": Table(
        "Figures that were published under a name: the question and the rules they rested on, as JSON. Never changed.",
        ("publication",),
        (("publication", _TEXT), ("published_at", _INSTANT), ("question", _TEXT), ("rules", _TEXT)),
    ),
    "published_figures": Table(
        "Every figure of a publication, as it was said. Never changed.",
        ("publication", "published_at", "place"),
        (
            ("publication", _TEXT),
            ("published_at", _INSTANT),
            ("place", _INT),
            ("kpi", _TEXT),
            ("variant", _TEXT),
            ("definition", _TEXT),
            ("by", _TEXT),
            ("period_start", _TEXT),
            ("period_end", _TEXT),
            ("unit", _TEXT),
            ("value", _REAL),
            ("n", _INT),
            ("low", _REAL),
            ("high", _REAL),
            ("reason", _TEXT),
        ),
    ),
    "rates": Table(
        "What an hour of work costs, in minor units and with all that is shared out to it. `dimension` is agent, team or"
        " site; empty for everybody else.",
        ("dimension", "member"),
        (("dimension", _TEXT), ("member", _TEXT), ("cents_per_hour", _INT), ("currency", _TEXT)),
    ),
    "locations": Table(
        "A place people drive to or things are kept in: `kind` is customer, home, depot or van, `holder` whose it is. Latitude"
        " and longitude in degrees (WGS 84), empty for what moves about.",
        ("location",),
        (
            ("location", _TEXT),
            ("kind", _TEXT),
            ("holder", _TEXT),
            ("site", _TEXT),
            ("latitude", _REAL),
            ("longitude", _REAL),
        ),
    ),
    "assets": Table(
        "Equipment that is looked after: what it is, whose and where; `kind` is also the skill it takes.",
        ("asset",),
        (
            ("asset", _TEXT),
            ("kind", _TEXT),
            ("customer_id", _TEXT),
            ("location", _TEXT),
            ("installed_date", _DATE),
            ("inspect_days", _INT),
        ),
    ),
    "parts": Table(
        "A part that is kept in stock: what one costs, in minor units, and how long after ordering it comes.",
        ("part",),
        (("part", _TEXT), ("title", _TEXT), ("cost_cents", _INT), ("currency", _TEXT), ("lead_s", _REAL)),
    ),
    "stock_levels": Table(
        "How many of a part a place held when the row became valid; what moved since is in the log. It is filled up to"
        " `order_up_to` when no more than `reorder_at` are left.",
        ("location", "part"),
        (
            ("location", _TEXT),
            ("part", _TEXT),
            ("quantity", _REAL),
            ("reorder_at", _REAL),
            ("order_up_to", _REAL),
        ),
    ),
    "rate_cards": Table(
        "What customers pay for an hour of a role's work, in minor units; a row that names a customer goes before the one"
        " for all.",
        ("role", "customer_id"),
        (("role", _TEXT), ("customer_id", _TEXT), ("cents_per_hour", _INT), ("currency", _TEXT)),
    ),
    "projects": Table(
        "A project that was won: for whom, after which template, how it is paid (time_and_materials, fixed_price or"
        " retainer) and for how much, in minor units.",
        ("project",),
        (
            ("project", _TEXT),
            ("title", _TEXT),
            ("customer_id", _TEXT),
            ("template", _TEXT),
            ("contract_kind", _TEXT),
            ("budget_cents", _INT),
            ("currency", _TEXT),
        ),
    ),
    "project_tasks": Table(
        "What a project is made of, as estimated: hours of one skill in a phase. `after` names the phases that must be done"
        " before, with `|` between them; `milestone` is reached when the whole phase is done.",
        ("project", "phase", "skill"),
        (
            ("project", _TEXT),
            ("phase", _TEXT),
            ("skill", _TEXT),
            ("task_type", _TEXT),
            ("hours", _REAL),
            ("after", _TEXT),
            ("milestone", _TEXT),
            ("estimator_id", _TEXT),
        ),
    ),
    "project_templates": Table(
        "What a project of a kind is made of, at size one; columns as in `project_tasks`.",
        ("template", "phase", "skill"),
        (
            ("template", _TEXT),
            ("phase", _TEXT),
            ("skill", _TEXT),
            ("task_type", _TEXT),
            ("hours", _REAL),
            ("after", _TEXT),
            ("milestone", _TEXT),
        ),
    ),
    "exchange_rates": Table(
        "How many units of `home`, the house's own currency, one unit of another is worth: a row holds until the next begins.",
        ("currency", "home"),
        (("currency", _TEXT), ("home", _TEXT), ("worth", _REAL)),
    ),
    "retainers": Table(
        "What a customer pays for a month of a project that is a retainer, in minor units; it runs while a row holds.",
        ("project",),
        (("project", _TEXT), ("cents_per_month", _INT), ("currency", _TEXT)),
    ),
    "deals": Table(
        "What is offered in a deal: how it is to be paid, for how much in minor units (a retainer for how much a month), and the"
        " last day by which it is expected to be decided. Stages and probabilities are in the log.",
        ("deal",),
        (
            ("deal", _TEXT),
            ("contract_kind", _TEXT),
            ("price_cents", _INT),
            ("currency", _TEXT),
            ("closes_date", _DATE),
        ),
    ),
    "forecasts": Table(
        "What demand was expected to be, as published: one row a cell, never changed. `issued_at` is until when was known"
        " what it rests on, `recorded_at` when it was written down; `computed` is the mean before people changed it. Columns"
        " of dimensions left empty are summed over.",
        ("snapshot", "kind", "queue", "site", "channel", "service", "priority", "team", "starts_at"),
        (
            ("snapshot", _TEXT),
            ("issued_at", _INSTANT),
            ("recorded_at", _INSTANT),
            ("kind", _TEXT),
            ("queue", _TEXT),
            ("site", _TEXT),
            ("channel", _TEXT),
            ("service", _TEXT),
            ("priority", _TEXT),
            ("team", _TEXT),
            ("step", _TEXT),
            ("local_date", _DATE),
            ("starts_at", _INSTANT),
            ("ends_at", _INSTANT),
            ("mean", _REAL),
            ("point", _REAL),
            ("low_50", _REAL),
            ("high_50", _REAL),
            ("low_80", _REAL),
            ("high_80", _REAL),
            ("low_95", _REAL),
            ("high_95", _REAL),
            ("computed", _REAL),
            ("model", _TEXT),
        ),
    ),
}

#: Tables that are written here alone and are never taken from a file.
OWN: Final = frozenset({"publications", "published_figures"})
