"""Rows that take more than one timeline, or a customer's rows side by side: each a function from a scope to a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from troth.kpi import _views_effort, _views_field, _views_flow, _views_quality, _views_work
from troth.kpi.definition import COLUMNS, Params, Rows
from troth.log.timelines import micros, seconds


@dataclass(frozen=True, slots=True)
class Scope:
    """What a view may use.

    Parameters
    ----------
    table : gives the ibis table of a timeline.
    numbered : adds a column of the given name with the number of the period an instant falls in; null outside of all.
    dims : columns the figures are split by; a customer's worst is taken within each.
    params : the named defaults.
    line_s : the wait or resolution above which an experience is bad.
    where : members to keep, by dimension; a customer's worst is the worst of what is kept.
    """

    table: Callable[[str], Rows]
    numbered: Callable[[Rows, Any, str], Rows]
    dims: tuple[str, ...]
    params: Params
    line_s: float | None = None
    where: Mapping[str, Sequence[str]] = field(default_factory=dict)


def cases_paused(scope: Scope) -> Rows:
    """Cases with `paused_s`: seconds in status pending between the first contact and the last resolution."""
    import ibis

    from troth.kpi.measures.speed import first_contact

    cases, statuses = scope.table("cases"), scope.table("statuses")
    pending = statuses.filter(statuses.status == "pending").select("case_id", "started_at", "ended_at")
    known = cases.select("case_id", "last_resolved_at", came_at=first_contact(cases, scope.params))
    both = known.join(pending, "case_id")
    since = ibis.greatest(both.started_at, both.came_at)
    until = ibis.least(both.ended_at.fill_null(both.last_resolved_at), both.last_resolved_at)
    both = both.filter(both.last_resolved_at.notnull() & (since < until))
    sums = both.group_by("case_id").aggregate(total=seconds(since, until).sum())
    joined = cases.left_join(sums.rename(paused_case="case_id"), cases.case_id == sums.case_id)
    return joined.mutate(paused_s=joined.total.fill_null(0.0))


def contacts_repeat(scope: Scope) -> Rows:
    """First parts of customers' contacts, with when the same customer last and next came on the same topic."""
    import ibis

    from troth.kpi.measures._common import inbound

    c = scope.table("contacts")
    c = c.filter(c.previous_contact_id.isnull() & c.customer_id.notnull() & inbound(c))
    c = c.mutate(subject=ibis.coalesce(c.topic, c.service, ""))
    window = ibis.window(group_by=[c.customer_id, c.subject], order_by=[c.started_at, c.contact_id])
    return c.mutate(previous_at=c.started_at.lag().over(window), next_at=c.started_at.lead().over(window))


def contacts_failed(scope: Scope) -> Rows:
    """As `contacts_repeat`, with whether a promise to the customer was broken within the repeat window before."""
    c, p = contacts_repeat(scope), scope.table("promises")
    broken = p.filter(p.broken_at.notnull() & p.customer_id.notnull()).select("customer_id", "broken_at")
    window = int(scope.params.repeat_window.total_seconds() * 1_000_000)
    near = c.select("contact_id", "customer_id", "started_at").join(broken, "customer_id")
    lag = micros(near.started_at) - micros(near.broken_at)
    hit = near.filter((lag > 0) & (lag <= window)).select(broken_contact="contact_id").distinct()
    joined = c.left_join(hit, c.contact_id == hit.broken_contact)
    return joined.mutate(after_broken=joined.broken_contact.notnull())


def contacts_standard(scope: Scope) -> Rows:
    """Contacts with the standard seconds of their service."""
    c, services = scope.table("contacts"), scope.table("services")
    known = services.select(service_name="service", standard_s="standard_s")
    return c.join(known, c.service == known.service_name)


def customers_active(scope: Scope) -> Rows:
    """Each customer's first case of a period, with when the next one was opened."""
    import ibis

    c = scope.table("cases")
    c = c.filter(c.customer_id.notnull() & c.merged_into.isnull())
    window = ibis.window(group_by=c.customer_id, order_by=[c.opened_at, c.case_id])
    c = c.mutate(next_at=c.opened_at.lead().over(window), previous_at=c.opened_at.lag().over(window))
    return _alone(scope, c, at=c.opened_at, neighbour="previous_at")


def _alone(scope: Scope, rows: Rows, *, at: Any, neighbour: str) -> Rows:
    """Return the rows whose neighbour is not in the same period: first ones, or last ones."""
    rows = scope.numbered(rows, at, "period_no")
    rows = scope.numbered(rows, rows[neighbour], "other_no")
    same = (rows.other_no == rows.period_no).fill_null(False)
    return rows.filter(rows.period_no.notnull() & ~same).drop("period_no", "other_no")


def _only(scope: Scope, rows: Rows) -> Rows:
    """Return the rows of the members asked for, before anything is summed up by customer or person."""
    import ibis

    for dim, members in scope.where.items():
        if dim in COLUMNS:
            known = COLUMNS[dim] in rows.columns
            rows = rows.filter(rows[COLUMNS[dim]].isin(list(members)) if known else ibis.literal(value=False))
    return rows


def _summed(scope: Scope, rows: Rows, keys: list[str], columns: dict[str, Any]) -> Rows:
    """Return one row a key; a member asked for stays, so that the row passes the filter, others are no longer one."""
    import ibis

    asked = {COLUMNS[dim] for dim in scope.where if dim in COLUMNS and COLUMNS[dim] in rows.columns}
    others = [c for c in COLUMNS.values() if c not in keys]
    found = rows.group_by(keys).aggregate(**columns, **{c: rows[c].min() for c in others if c in asked})
    return found.mutate(**{c: ibis.null("string") for c in others if c not in asked})


def _worst(scope: Scope, rows: Rows, *, at: Any, value: Any) -> Rows:
    """Return one row a customer and period: the worst value, when, and whether two in a row were bad."""
    import ibis

    rows = rows.filter(rows.customer_id.notnull()).mutate(worst_at=at, worst_value=value)
    rows = _only(scope, rows)
    rows = rows.filter(rows.worst_at.notnull() & (rows.worst_value >= 0))
    rows = scope.numbered(rows, rows.worst_at, "period_no")
    rows = rows.filter(rows.period_no.notnull())
    line = scope.line_s if scope.line_s is not None else float("inf")
    keys = ["customer_id", "period_no", *(d for d in scope.dims if d != "customer_id" and d in rows.columns)]
    window = ibis.window(group_by=[rows[k] for k in keys], order_by=[rows.worst_at, rows.unit_id])
    rows = rows.mutate(bad=rows.worst_value > line)
    rows = rows.mutate(again=rows.bad & rows.bad.lag().over(window).fill_null(False))
    # When the worst happened dates the row: bad days are what its chance depends on.
    worst = ibis.struct({"value": rows.worst_value, "at": rows.worst_at}).max()
    columns = {
        "at": worst["at"],
        "value": rows.worst_value.max(),
        "crossed": rows.bad.any(),
        "twice": rows.again.any(),
        "approximate": rows.approximate.any(),
    }
    return _summed(scope, rows, keys, columns)


def worst_waits(scope: Scope) -> Rows:
    """Each customer's longest wait of a period, answered or not."""
    c = scope.table("contacts")
    return _worst(scope, c.mutate(unit_id=c.contact_id), at=c.queued_at.fill_null(c.started_at), value=c.wait_s)


def worst_resolutions(scope: Scope) -> Rows:
    """Each customer's longest resolution of a period."""
    from troth.kpi.measures.speed import final_resolution, first_contact

    c = scope.table("cases")
    c = c.filter(c.merged_into.isnull())
    final, first = final_resolution(c, scope.params), first_contact(c, scope.params)
    return _worst(scope, c.mutate(unit_id=c.case_id), at=final, value=seconds(first, final))


def broken_by_customer(scope: Scope) -> Rows:
    """Each customer's last settled promise of a period, with how many were broken in the window up to it."""
    import ibis

    p = scope.table("promises")
    p = p.filter(p.customer_id.notnull() & p.settled_at.notnull() & p.outcome.isin(["kept", "broken"]))
    p = p.mutate(broken=(p.outcome == "broken").cast("int64"), tick=micros(p.settled_at))
    span = int(scope.params.promise_window.total_seconds() * 1_000_000)
    trailing = ibis.range_window(preceding=span, following=0, group_by=p.customer_id, order_by=p.tick)
    order = ibis.window(group_by=p.customer_id, order_by=[p.settled_at, p.subject_id])
    p = p.mutate(broken_before=p.broken.sum().over(trailing), next_at=p.settled_at.lead().over(order))
    return _alone(scope, p, at=p.settled_at, neighbour="next_at")


def broken_behind(scope: Scope) -> Rows:
    """The broken promises that `broken_by_customer` counts, each with when it broke as `fell_at`, as rows of the customer's last one."""
    last, p = broken_by_customer(scope), scope.table("promises")
    p = p.filter(p.customer_id.notnull() & p.settled_at.notnull() & (p.outcome == "broken"))
    p = p.select(broken_customer=p.customer_id, fell_at=p.settled_at, broken_tick=micros(p.settled_at))
    span = int(scope.params.promise_window.total_seconds() * 1_000_000)
    both = last.join(p, last.customer_id == p.broken_customer)
    return both.filter((both.broken_tick <= both.tick) & (both.broken_tick >= both.tick - span))


def agents_reviewed(scope: Scope) -> Rows:
    """One row an agent and period: the mean review score and how many reviews there were."""
    r = _only(scope, scope.table("reviews"))
    r = r.filter(r.agent_id.notnull() & r.score.notnull())
    r = scope.numbered(r, r.reviewed_at, "period_no")
    r = r.filter(r.period_no.notnull())
    keys = ["agent_id", "period_no", *(d for d in scope.dims if d != "agent_id" and d in r.columns)]
    columns = {
        "at": r.reviewed_at.max(),
        "mean": r.score.mean(),
        "reviews": r.count(),
        "approximate": r.approximate.any(),
    }
    return _summed(scope, r, keys, columns)


def answers(scope: Scope) -> Rows:
    """Survey answers with the case they are about, as far as it is known."""
    r, c = scope.table("ratings"), scope.table("cases")
    from troth.kpi.measures._common import inbound

    t = scope.table("contacts")
    first = t.filter(t.previous_contact_id.isnull() & t.case_id.notnull() & inbound(t))
    came = first.group_by("case_id").aggregate(visits=first.count()).rename(came_case="case_id")
    about = c.select(about_case="case_id", reopens="reopens", topic="topic", letters="contacts")
    about = about.left_join(came, about.about_case == came.came_case).drop("came_case")
    # A case worked on by mail alone may have no contacts; then each message of the customer is one.
    about = about.mutate(contacts=about.visits.fill_null(about.letters)).drop("visits", "letters")
    joined = r.left_join(about, r.case_id == about.about_case)
    served = joined.served_at.try_cast("timestamp('UTC')")
    return joined.mutate(
        low=joined.scale_low.fill_null(1.0),
        high=joined.scale.fill_null(5.0),
        served_at=served.fill_null(joined.sent_at),
    )


def surveys(scope: Scope) -> Rows:
    """One row a survey: when it was sent, and what was said of satisfaction if anything was."""
    r = scope.table("ratings")
    names = [name for name in ("case_id", "contact_id", *COLUMNS.values()) if name in r.columns]
    return r.group_by("subject_id").aggregate(
        **{name: r[name].min() for name in names},
        sent_at=r.sent_at.min(),
        satisfaction=r.value.max(where=r.item == "satisfaction"),
        approximate=r.approximate.any(),
    )


def cases_surveyed(scope: Scope) -> Rows:
    """Cases with whether a survey about them was sent."""
    c, r = scope.table("cases"), scope.table("ratings")
    sent = r.filter(r.sent_at.notnull() & r.case_id.notnull()).select(sent_case="case_id").distinct()
    joined = c.left_join(sent, c.case_id == sent.sent_case)
    return joined.mutate(asked=joined.sent_case.notnull()).drop("sent_case")


#: Dimensions a published forecast may be of, and the steps it may be in, the finest first.
_FORECAST_DIMS: Final = ("queue", "site", "channel", "service", "priority", "team")
_FORECAST_STEPS: Final = ("15min", "30min", "hour", "day")
_QUARTER: Final = 900_000_000


def _published(scope: Scope, *, lead: timedelta) -> Rows:
    """Return for each cell what was expected of it in the newest forecast issued at least `lead` before it begins.

    Of forecasts in several splits and steps the finest counts: sums of them would be counted twice.
    """
    import ibis

    f = scope.table("forecasts")
    early = (micros(f.starts_at) - micros(f.issued_at)) >= int(lead.total_seconds() * 1_000_000)
    f = f.filter((f.kind == "arrivals") & f["mean"].notnull() & early)
    grain = sum(
        (f[d].notnull().cast("int64") for d in _FORECAST_DIMS[1:]), f[_FORECAST_DIMS[0]].notnull().cast("int64")
    )
    f = f.mutate(grain=grain, width=f.step.cases(*((s, i) for i, s in enumerate(_FORECAST_STEPS)), else_=9))
    dims = [f[d] for d in _FORECAST_DIMS]
    finest = {"grains": f.grain.max().over(ibis.window()), "widths": f.width.min().over(ibis.window(group_by=dims))}
    f = f.mutate(**finest)
    f = f.filter((f.grain == f.grains) & (f.width == f.widths))
    order = [f.issued_at.desc(), f.recorded_at.desc(), f.snapshot]
    f = f.mutate(
        place=ibis.row_number().over(
            ibis.window(group_by=[*(f[d] for d in _FORECAST_DIMS), f.starts_at], order_by=order)
        )
    )
    return f.filter(f.place == 0).drop("grain", "width", "grains", "widths", "place")


def _came(scope: Scope) -> tuple[Rows, Rows]:
    """Return the customers' contacts by quarter hour and dimension, and between which instants the log knows of any."""
    from troth.kpi.measures._common import inbound

    c = scope.table("contacts")
    c = c.filter(inbound(c) & c.previous_contact_id.isnull() & c.started_at.notnull())
    known = c.aggregate(since=c.started_at.min(), until=c.started_at.max())
    c = c.mutate(quarter_no=(micros(c.started_at) / _QUARTER).floor().cast("int64"))
    keys = {f"came_{d}": c[d] for d in _FORECAST_DIMS}
    return c.group_by(quarter_no=c.quarter_no, **keys).aggregate(number=c.count(), unsure=c.approximate.any()), known


def _forecast_cells(scope: Scope, lead: timedelta) -> Rows:
    """Return published cells that are over, with `came`: the contacts that came in each."""
    import ibis

    f, (c, known) = _published(scope, lead=lead), _came(scope)
    f = f.cross_join(known)
    f = f.filter((f.starts_at >= f.since) & (f.ends_at <= f.until)).drop("since", "until")
    f = f.mutate(cell=ibis.row_number().over(ibis.window(order_by=[f.starts_at, *(f[d] for d in _FORECAST_DIMS)])))
    low, high = ((micros(f[edge]) / _QUARTER).floor().cast("int64") for edge in ("starts_at", "ends_at"))
    # One row a quarter hour: joined on it, which is far faster than on a range.
    q = f.select("cell", *_FORECAST_DIMS, quarter=ibis.range(low, high).unnest())
    mine = [q[d].isnull() | (q[d] == c[f"came_{d}"]) for d in _FORECAST_DIMS]
    met = q.join(c, [q.quarter == c.quarter_no, *mine])
    sums = met.group_by(met.cell).aggregate(number=met.number.sum(), unsure=met.unsure.any()).rename(counted="cell")
    joined = f.left_join(sums, f.cell == sums.counted)
    late = joined.recorded_at.isnull() | (joined.recorded_at > joined.starts_at)
    return joined.mutate(
        came=joined.number.fill_null(0).cast("float64"),
        said=joined["mean"],
        approximate=late | joined.unsure.fill_null(False),
    ).drop("cell", "counted", "number", "unsure")


def forecast_cells(scope: Scope) -> Rows:
    """Return published cells with what came in each, as expected `Params.forecast_lead` before."""
    return _forecast_cells(scope, scope.params.forecast_lead)


def forecast_cells_week(scope: Scope) -> Rows:
    """Return published cells with what came in each, as expected a week before."""
    return _forecast_cells(scope, timedelta(days=7))


def forecast_days(scope: Scope) -> Rows:
    """Return local days of published cells, each summed up, with what came."""
    f = forecast_cells(scope)
    keys = {d: f[d] for d in _FORECAST_DIMS}
    return f.group_by(**keys, local_date=f.local_date).aggregate(
        snapshot=f.snapshot.max(),
        starts_at=f.starts_at.min(),
        said=f.said.sum(),
        came=f.came.sum(),
        approximate=f.approximate.any(),
    )


def sla_clocks(scope: Scope) -> Rows:
    """Clocks of service level agreements, one row each."""
    return scope.table("sla_clocks")


def sla_cases(scope: Scope) -> Rows:
    """Cases all of whose clocks are decided: whether every one was met, and when the last was decided."""
    import ibis

    c = scope.table("sla_clocks")
    c = c.filter(c.state != "cancelled")

    whose = ("agent_id", "team", "policy")
    dims = [name for name in COLUMNS.values() if name not in whose]
    # Of several that were decided at one instant always the same says whose the case was.
    last = ibis.struct({"at": micros(c.decided_at), **{name: ibis.coalesce(c[name], "") for name in whose}}).max()
    found = c.group_by("case_id").aggregate(
        **{name: c[name].max() for name in dims},
        **{name: last[name].nullif("") for name in whose},
        decided_at=c.decided_at.max(),
        open_clocks=c.decided_at.isnull().sum(),
        missed=(c.state == "breached").any(),
        approximate=c.approximate.any(),
    )
    return found.filter(found.open_clocks == 0)


#: Every view by the name a `Part` calls it.
VIEWS: Final[dict[str, Callable[[Scope], Rows]]] = {
    view.__name__: view
    for view in (
        cases_paused,
        contacts_repeat,
        contacts_failed,
        contacts_standard,
        customers_active,
        worst_waits,
        worst_resolutions,
        broken_by_customer,
        broken_behind,
        agents_reviewed,
        answers,
        surveys,
        cases_surveyed,
        forecast_cells,
        forecast_cells_week,
        forecast_days,
        sla_clocks,
        sla_cases,
        *_views_work.VIEWS,
        *_views_field.VIEWS,
        *_views_flow.VIEWS,
        *_views_effort.VIEWS,
        *_views_quality.VIEWS,
    )
}
