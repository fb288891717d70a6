"""Rows about people's time beside what was planned, needed and paid for it."""

from __future__ import annotations

from typing import Any, Final

from troth.kpi._views_plans import NEEDED_OF, held_requirements, hours
from troth.kpi.definition import Rows
from troth.log.timelines import micros, seconds

#: States in which somebody works, for customers or not; and those in which customers can have them.
WORK: Final = ("on_contact", "wrap", "available", "meeting", "training")
ON_DUTY: Final = ("on_contact", "wrap", "available")
#: Parts of a planned shift in which nobody is to work.
OFF: Final = ("break", "absent")
#: Work this near to a planned shift of the same person is measured against the plan; further away there is none.
_NEAR_US: Final = 16 * 3_600_000_000
_HOUR_US: Final = 3_600_000_000
#: Whose rate holds, the first that is known: the person's own, that of the team, of the site, of all.
_RATED: Final = (("agent", "agent_id"), ("team", "team"), ("site", "site"), ("", ""))


def planned(scope: Any) -> Rows:
    """Stretches of published schedules as far as states were recorded, with the team of who has one and `length_s`.

    Nobody can have kept to a plan for hours that are still to come, or before the log begins. Who comes late to the first
    shift of a log is late: its beginning cuts no stretch.
    """
    import ibis

    s = scope.table("schedules")
    s = s.cross_join(_recorded(scope))
    s = s.filter(s.starts_at.notnull() & s.ends_at.notnull() & (s.ends_at > s["first"]))
    s = s.mutate(ends_at=ibis.least(s.ends_at, s["last"]))
    s = s.filter(s.ends_at > s.starts_at)
    s = s.select("agent_id", "site", "state", "starts_at", "ends_at", length_s=seconds(s.starts_at, s.ends_at))
    s = _present(s)
    m = scope.table("memberships")
    teams = m.group_by("agent_id").aggregate(least=m.team.min(), most=m.team.max()).rename(member="agent_id")
    s = s.left_join(teams, s.agent_id == teams.member)
    team = (s.least == s.most).ifelse(s.least, None)
    return s.mutate(team=team, approximate=ibis.literal(False)).drop("member", "least", "most")


def _stretches(scope: Any) -> Rows:
    """States of people at work whose end is known."""
    p = scope.table("paid")
    p = p.filter((p.kind == "state") & p.ended_at.notnull() & (p.ended_at > p.started_at))
    return p.select(who="agent_id", did="state", since="started_at", till="ended_at", unsure="approximate")


def _present(stretches: Rows) -> Rows:
    """Return planned stretches but those that begin in an absence of the same person: a break in it would count twice."""
    away = stretches.view()
    away = away.filter(away.state == "absent").select(who="agent_id", since="starts_at", till="ends_at")
    part = ~stretches.state.isin(("shift", "absent"))
    within = [stretches.agent_id == away.who, stretches.starts_at >= away.since, stretches.starts_at < away.till]
    return stretches.anti_join(away, [*within, part])


def _recorded(scope: Any) -> Rows:
    """Return one row: `first` and `last`, between which states of people at work were recorded; null if none were."""
    p = _stretches(scope)
    return p.aggregate(first=p.since.min(), last=p.till.max())


def attended(scope: Any) -> Rows:
    """Where a planned stretch and what the person did overlap: `planned`'s columns, `did`, and `overlap_s`."""
    import ibis

    s, p = planned(scope), _stretches(scope)
    both = s.join(p, [s.agent_id == p.who, p.since < s.ends_at, p.till > s.starts_at])
    since, till = ibis.greatest(both.starts_at, both.since), ibis.least(both.ends_at, both.till)
    return both.mutate(overlap_s=seconds(since, till), approximate=both.unsure)


def worked(scope: Any) -> Rows:
    """Work of people at most sixteen hours from a planned shift of theirs: `did`, `length_s`, dated by `starts_at`."""
    p, s = _stretches(scope), planned(scope)
    p = p.filter(p.did.isin(WORK))
    s = s.filter(s.state == "shift")
    near = [
        p.who == s.agent_id,
        micros(p.since) < micros(s.ends_at) + _NEAR_US,
        micros(p.till) > micros(s.starts_at) - _NEAR_US,
    ]
    both = p.join(s, near)
    keys = {name: both[name] for name in ("agent_id", "did", "since", "till", "unsure")}
    found = both.group_by(**keys).aggregate(site=both.site.min(), team=both.team.min())
    return found.mutate(starts_at=found.since, length_s=seconds(found.since, found.till), approximate=found.unsure)


def paid_cost(scope: Any) -> Rows:
    """Shifts whose end is known, with `cents`: what they cost by the rate of the day they began on."""
    p = scope.table("paid")
    p = p.filter((p.kind == "shift") & p.ended_at.notnull())
    return _rated(scope, p, at="started_at", length_s=seconds(p.started_at, p.ended_at))


def contact_cost(scope: Any) -> Rows:
    """Contacts a person served, with `cents`: what service and the work after it cost by who served them."""
    c = scope.table("contacts")
    c = c.filter((c.outcome == "answered") & c.service_s.notnull())
    c = c.mutate(approximate=c.service_approximate)
    return _rated(scope, c, at="started_at", length_s=c.service_s + c.wrap_s)


def _rated(scope: Any, rows: Rows, *, at: str, length_s: Any) -> Rows:
    """Return rows with what their time costs in cents; null where no rate is known, or where currencies differ."""
    import ibis

    rates = scope.table("rates")
    money = rates.aggregate(currencies=rates.currency.fill_null("").nunique())
    rows = rows.mutate(length_s=length_s, rated_day=rows[at].date())
    whole, extra = rows, ["rated_day", "currencies"]
    for place, (dimension, column) in enumerate(_RATED):
        found = _by_rate(whole, rates, dimension, column)
        found = found.rename({f"{name}_{place}": name for name in found.columns})
        whose = [rows[column] == found[f"rated_{place}"]] if column else []
        rows = rows.left_join(found, [*whose, rows.rated_day == found[f"day_{place}"]])
        extra += found.columns
    rows = rows.cross_join(money)
    rate = ibis.coalesce(*(rows[f"cents_{place}"] for place in range(len(_RATED))))
    cents = (rows.currencies <= 1).ifelse(rate * rows.length_s / 3600.0, None)
    return rows.mutate(cents=cents, approximate=rows.approximate | rate.isnull()).drop(*extra)


def _by_rate(rows: Rows, rates: Rows, dimension: str, column: str) -> Rows:
    """Return the rate of each member and day of the rows that one dimension gives, the newest of those valid then."""
    import ibis

    mine = rates.filter(rates.dimension.fill_null("") == dimension)
    mine = mine.select(member="member", cents="cents_per_hour", since="valid_from", till="valid_to", rank="version")
    who = rows.select(day="rated_day", **({"rated": column} if column else {})).distinct()
    whose = [who.rated == mine.member] if column else []
    valid = [mine.since.isnull() | (mine.since <= who.day), mine.till.isnull() | (mine.till > who.day)]
    both = who.join(mine, [*whose, *valid])
    order = [both.since.desc(nulls_first=False), both["rank"].desc(nulls_first=False), both.cents]
    window = ibis.window(group_by=[both[key] for key in who.columns], order_by=order)
    both = both.mutate(place=ibis.row_number().over(window))
    return both.filter(both.place == 0).select(*who.columns, cents=both.cents.cast("float64"))


def staffed_cells(scope: Any) -> Rows:
    """Published requirements that are over: `needed`, `there` (people on duty, on average) and `rostered` (by plan).

    Of several that were published of one time, see `held_requirements`, one counts. Plans name no queue, so that
    `rostered` is not known of a queue; nor is `there` where states name none.
    """
    return _cells(scope, scope.table("requirements"))


def rostered_cells(scope: Any) -> Rows:
    """As `staffed_cells`, of the requirements that name no queue: plans can be set beside these alone."""
    r = scope.table("requirements")
    return _cells(scope, r.filter(r.queue.isnull()))


def _cells(scope: Any, requirements: Rows) -> Rows:
    import ibis

    p = scope.table("paid")
    p = p.filter((p.kind == "state") & p.state.isin(ON_DUTY) & p.ended_at.notnull())
    r = requirements.cross_join(p.aggregate(queues=p.queue.count()))
    r = held_requirements(r.filter(r.queue.isnull() | (r.queues > 0)).drop("queues"))
    r = r.cross_join(_recorded(scope))
    r = r.filter((r.starts_at >= r["first"]) & (r.ends_at <= r["last"])).drop("first", "last")
    r = r.mutate(cell=ibis.row_number().over(ibis.window(order_by=[r.starts_at, *(r[d] for d in NEEDED_OF)])))
    there = _overlapped(r, p.select(*NEEDED_OF, "approximate", since="started_at", till="ended_at"))
    s = planned(scope).mutate(queue=ibis.null("string"))
    sign = (s.state == "shift").ifelse(1.0, -1.0)
    rostered = _overlapped(r, s.select(*NEEDED_OF, "approximate", since="starts_at", till="ends_at", sign=sign))
    length = seconds(r.starts_at, r.ends_at)
    r = r.mutate(length_s=length)
    r = r.left_join(there.rename(c1="cell", s1="total_s", u1="unsure"), [r.cell == there.cell])
    r = r.left_join(rostered.rename(c2="cell", s2="total_s", u2="unsure"), [r.cell == rostered.cell])
    return r.mutate(
        needed=r.agents, there=r.s1.fill_null(0.0) / r.length_s,
        rostered=r.queue.isnull().ifelse(r.s2.fill_null(0.0) / r.length_s, None),
        approximate=r.u1.fill_null(False),
    ).drop("cell", "c1", "c2", "s1", "s2", "u1", "u2")  # fmt: skip


def _overlapped(cells: Rows, stretches: Rows) -> Rows:
    """Return for each cell the seconds of stretches within it, of those whose members it names."""
    import ibis

    # Both are cut at full hours and joined on the hour, which is far faster than on ranges of time.
    c = cells.select("cell", *NEEDED_OF, low=micros(cells.starts_at), high=micros(cells.ends_at))
    whole = c.aggregate(least=c.low.min(), most=c.high.max())
    c = c.mutate(hour_no=hours(c.low, c.high).unnest())
    s = stretches.mutate(low=micros(stretches.since), high=micros(stretches.till)).cross_join(whole)
    s = s.mutate(low=ibis.greatest(s.low, s.least), high=ibis.least(s.high, s.most)).filter(lambda t: t.low < t.high)
    s = s.mutate(hour_no=hours(s.low, s.high).unnest())
    mine = [c[d].isnull() | (c[d] == s[d]) for d in NEEDED_OF]
    both = c.join(s, [c.hour_no == s.hour_no, *mine], rname="{name}_of")
    sign = both.sign if "sign" in both.columns else 1.0
    since = ibis.greatest(both.low, both.low_of, both.hour_no * _HOUR_US)
    till = ibis.least(both.high, both.high_of, (both.hour_no + 1) * _HOUR_US)
    both = both.mutate(inside_s=(till - since) / 1e6 * sign).filter(since < till)
    return both.group_by("cell").aggregate(total_s=both.inside_s.sum(), unsure=both.approximate.any())


VIEWS: Final = (planned, attended, worked, paid_cost, contact_cost, staffed_cells, rostered_cells)
