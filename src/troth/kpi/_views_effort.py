"""Rows about whose time is whose: contract hours beside hours logged, and the paid time of those who serve a unit."""

from __future__ import annotations

from typing import Any, Final

from troth.kpi._views_work import paid_cost
from troth.kpi.definition import Rows
from troth.log.timelines import micros

_DAY_S: Final = 86_400
_DAY_US: Final = _DAY_S * 1_000_000
#: Days a week's contract hours are spread over, from Monday on.
_WORKDAYS: Final = 5
SERVED: Final = ("answered", "handled")


def contract_days(scope: Any) -> Rows:
    """Days from Monday to Friday of people with a contract who log time: a fifth of a week's `hours`, dated at noon (UTC).

    `off` says that the person was on leave at that noon, or that a calendar of the site says the day is closed. Days are those
    from the first to the last booking of anybody.
    """
    import ibis

    logged, contracts = scope.table("logged"), scope.table("contracts")
    span = logged.aggregate(since=logged.logged_at.min(), until=logged.logged_at.max())
    people = logged.select(logger="agent_id").distinct()
    c = contracts.semi_join(people, contracts.agent_id == people.logger)
    c = c.filter(c.hours_per_week.notnull()).cross_join(span)
    numbers = ibis.range(_day_no(c.since), _day_no(c.until) + 1)
    c = c.select("agent_id", "hours_per_week", "valid_from", "valid_to", "version", day_no=numbers.unnest())
    c = c.filter((c.day_no + 3) % 7 < _WORKDAYS)  # 1 January 1970 was a Thursday
    c = c.mutate(at=(c.day_no * _DAY_S + _DAY_S // 2).as_timestamp("s").cast("timestamp('UTC')"))
    c = _valid(c, c["at"].date())
    order = [c.valid_from.desc(nulls_first=False), c.version.desc(nulls_first=False), c.hours_per_week]
    c = c.mutate(place=ibis.row_number().over(ibis.window(group_by=[c.agent_id, c.day_no], order_by=order)))
    c = c.filter(c.place == 0).select("agent_id", "day_no", "at", hours=c.hours_per_week / _WORKDAYS)
    m = _members(scope)
    c = c.left_join(m, c.agent_id == m.member).rename(team="home_team", site="home_site").drop("member")
    off = _away(scope, c).union(_closed(scope, c)).distinct().rename(off_agent="agent_id", off_day="day_no")
    c = c.left_join(off, [c.agent_id == off.off_agent, c.day_no == off.off_day])
    return c.mutate(off=c.off_agent.notnull(), approximate=ibis.literal(False)).drop("off_agent", "off_day")


def billable_hours(scope: Any) -> Rows:
    """Hours logged as billable, of the person's team and site where the booking names none."""
    import ibis

    h, m = scope.table("logged"), _members(scope)
    h = h.filter(h.billable & (h.hours > 0))
    h = h.left_join(m, h.agent_id == m.member)
    team, site = ibis.coalesce(h.team, h.home_team), ibis.coalesce(h.site, h.home_site)
    return h.mutate(team=team, site=site).drop("member", "home_team", "home_site")


def _members(scope: Any) -> Rows:
    """Return people with their site, and their team if it is one."""
    m = scope.table("memberships")
    m = m.group_by(member=m.agent_id).aggregate(least=m.team.min(), most=m.team.max(), home_site=m.site.min())
    return m.select("member", "home_site", home_team=(m.least == m.most).ifelse(m.least, None))


def _day_no(instant: Any) -> Any:
    """Return the day of UTC an instant falls in, as a number since 1970."""
    return (micros(instant) / _DAY_US).floor().cast("int64")


def _valid(rows: Rows, day: Any) -> Rows:
    """Return the rows whose validity holds on a day."""
    since, till = rows.valid_from, rows.valid_to
    return rows.filter((since.isnull() | (since <= day)) & (till.isnull() | (till > day)))


def _away(scope: Any, days: Rows) -> Rows:
    """Return person and day of leave."""
    leave = scope.table("leave")
    leave = leave.select(who="agent_id", since="starts_at", till="ends_at")
    there = days.select("agent_id", "day_no", "at")
    both = there.join(leave, [there.agent_id == leave.who, leave.since <= there["at"], leave.till > there["at"]])
    return both.select("agent_id", "day_no")


def _closed(scope: Any, days: Rows) -> Rows:
    """Return person and day on which the person's site is closed by a special day of its calendar."""
    use, special = scope.table("calendar_use"), scope.table("calendar_days")
    use = use.filter(use.dimension == "site").select("member", "calendar", "valid_from", "valid_to")
    special = special.filter(special.opens.nullif("").isnull()).select(named="calendar", closed="day")
    whole = use.join(special, use.calendar == special.named)
    whole = _valid(whole, whole.closed).select("member", "closed")
    there = days.select("agent_id", "day_no", "site", day=days["at"].date())
    both = there.join(whole, [there.site == whole.member, there.day == whole.closed])
    return both.select("agent_id", "day_no")


def paid_logging(scope: Any) -> Rows:
    """Return stretches of paid time of people who ever logged time, whose end is known."""
    p, people = _shifts(scope), scope.table("logged").select(logger="agent_id").distinct()
    return p.semi_join(people, p.agent_id == people.logger)


def _shifts(scope: Any) -> Rows:
    p = scope.table("paid")
    return p.filter((p.kind == "shift") & p.ended_at.notnull())


def _contact_people(scope: Any, outcomes: tuple[str, ...]) -> Rows:
    c = scope.table("contacts")
    return c.filter(c.outcome.isin(outcomes) & c.agent_id.notnull()).select(server="agent_id").distinct()


def _case_people(scope: Any) -> Rows:
    c = scope.table("cases")
    return c.filter(c.last_resolved_at.notnull() & c.agent_id.notnull()).select(server="agent_id").distinct()


def _theirs(scope: Any, paid: Rows, people: Rows) -> Rows:
    """Return the paid time of people, with `part`: the share of it that is not some client's.

    Of who logs hours that clients pay for, the share of the hours logged that none pays for; of all others the whole.
    """
    h = scope.table("logged")
    h = h.filter(h.hours > 0)
    mine = h.group_by(logger=h.agent_id).aggregate(whole=h.hours.sum(), sold=h.hours.sum(where=h.billable))
    paid = paid.semi_join(people, paid.agent_id == people.server)
    paid = paid.left_join(mine, paid.agent_id == mine.logger)
    return paid.mutate(part=(1.0 - paid.sold / paid.whole).fill_null(1.0)).drop("logger", "whole", "sold")


def paid_serving(scope: Any) -> Rows:
    """Shifts of people who ever served a contact, with the `part` that is not clients'."""
    return _theirs(scope, _shifts(scope), _contact_people(scope, SERVED))


def paid_answering(scope: Any) -> Rows:
    """Shifts of people who ever answered a contact while the customer waited, with the `part` that is not clients'."""
    return _theirs(scope, _shifts(scope), _contact_people(scope, SERVED[:1]))


def paid_resolving(scope: Any) -> Rows:
    """Shifts of people who ever resolved a case, with the `part` that is not clients'."""
    return _theirs(scope, _shifts(scope), _case_people(scope))


def cost_serving(scope: Any) -> Rows:
    """As `paid_serving`, with what it costs in `cents`."""
    return _theirs(scope, paid_cost(scope), _contact_people(scope, SERVED))


def cost_resolving(scope: Any) -> Rows:
    """As `paid_resolving`, with what it costs in `cents`."""
    return _theirs(scope, paid_cost(scope), _case_people(scope))


VIEWS: Final = (
    contract_days, billable_hours, paid_logging, paid_serving, paid_answering, paid_resolving, cost_serving, cost_resolving,
)  # fmt: skip
