"""One self-contained page about a plan of tours: what it costs, when everybody is where, who is left out and why."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from troth.charts import page as html
from troth.charts.numbers import day, duration, plural
from troth.field.routing._names import known
from troth.field.routing._reading import Frame
from troth.field.routing.breach import RouteBreach
from troth.field.routing.explain import REASONS, reason
from troth.field.routing.plan import RoutePlan
from troth.field.routing.plots import gantt, route_map
from troth.field.routing.rules import ROUTING_RULES, breaches
from troth.field.routing.tours import StopKind, Tour
from troth.field.routing.ways import travelled

#: Rows of a table beyond which only the first are shown.
_MOST = 400


def page(plan: RoutePlan) -> str:
    """Return the page."""
    found = breaches(plan.problem, tours=plan.tours)
    broken = [one for one in found if ROUTING_RULES[one.rule].hard]
    title = "Who goes where, when?"
    body = (
        f'<main id="main"><header class="top"><p class="over">{html.text(_when(plan))}</p><h1>{title}</h1>'
        f'<p class="answer">{html.text(_answer(plan, found))}</p><div class="strip">{_cards(plan, found)}</div></header>'
        f"{_broken(broken)}{_left(plan)}"
        f"{_charts(plan)}"
        f"<section><h2>What it costs</h2>{_rules(found)}</section>"
        f"<section><h2>Tours</h2>{_tours(plan, found)}</section></main>"
    )
    return html.page(body, title=title)


def _when(plan: RoutePlan) -> str:
    days = sorted({_frame(plan).instant(tour.leaves_s).date() for tour in plan.tours})
    span = day(days[0]) + (f" to {day(days[-1])}" if len(days) > 1 else "") + ", " if days else ""
    visits, people = (
        plural(len(plan.problem.visits), one="visit"),
        plural(len(plan.problem.technicians), one="technician"),
    )
    return f"{span}{visits}, {people}"


def _frame(plan: RoutePlan) -> Frame:
    frame = Frame()
    frame.begins_at = plan.problem.begins_at
    return frame


def _answer(plan: RoutePlan, found: Sequence[RouteBreach]) -> str:
    hard = sum(ROUTING_RULES[one.rule].hard for one in found)
    promises = sum(one.rule == "routing.promise" for one in found)
    rules = f"{plural(hard, one='hard rule is', many='hard rules are')} broken" if hard else "All hard rules are kept"
    left = (
        f"{plural(len(plan.unserved), one='visit is', many='visits are')} left out"
        if plan.unserved
        else "every visit is made"
    )
    late = f", {plural(promises, one='promise', many='promises')} broken" if promises else ""
    return f"{rules}, {left}{late}"


def _cards(plan: RoutePlan, found: Sequence[RouteBreach]) -> str:
    problem, names = plan.problem, known(plan.problem)
    made = [name for tour in plan.tours for name in tour.visits()]
    promised = [name for name in made if name in names.visits and names.visits[name].promised is not None]
    late = sum(one.rule == "routing.promise" for one in found)
    drive = sum(one or 0.0 for tour in plan.tours for one in travelled(problem, tour=tour))
    out = sum(tour.returns_s - tour.leaves_s for tour in plan.tours)
    told = [
        ("cost", f"{plan.value / 100:,.2f}", f"{plan.status}, no bound" if plan.bound is None else f"{plan.status}, at most {plan.gap:.1%} too dear"),
        ("visits made", f"{len(set(made)):,}", f"of {len(problem.visits):,}"),
        ("on the road", duration(drive), f"{drive / out:.0%} of {out / 3600:,.0f} h out" if out > 0 else ""),
    ]  # fmt: skip
    if promised:
        told.insert(
            2,
            (
                "promises kept",
                f"{(len(promised) - late) / len(promised):.0%}",
                f"{len(promised) - late:,} of {len(promised):,}",
            ),
        )
    return "".join(
        f'<div class="card big none"><span class="what">{what}</span><span class="value">{html.text(value)}</span><span></span>'
        f'<span class="small">{html.text(small)}</span></div>'
        for what, value, small in told
    )


def _broken(broken: Sequence[RouteBreach]) -> str:
    if not broken:
        return ""
    rows = [
        [
            html.Cell(one.technician_id or "the plan"), html.Cell(one.visit_id or "the whole tour"), html.Cell(ROUTING_RULES[one.rule].sentence),
            html.Cell(f"{one.amount:,.4g}", one.amount, figure=True), html.Cell(one.what),
        ]
        for one in broken[:_MOST]
    ]  # fmt: skip
    shown = html.table(
        ["technician", "visit", "rule", "by", "what"], rows=rows, caption="Hard rules that are broken", name="broken"
    )
    more = f"<p>{len(broken) - _MOST:,} more are not shown.</p>" if len(broken) > _MOST else ""
    return f"<section><h2>Broken rules</h2>{shown}{more}</section>"


def _left(plan: RoutePlan) -> str:
    if not plan.unserved:
        return ""
    rows = []
    for one in plan.unserved[:_MOST]:
        why, first = "; ".join(map(reason, one.reasons)), one.reasons[:1]
        who = ", ".join(str(name) for its in first for name in its.parameters.get("who", ()))
        advice = next((REASONS[its.code][1] for its in first if its.code in REASONS), "")
        rows.append([html.Cell(one.visit_id), html.Cell(why), html.Cell(who), html.Cell(advice)])
    heads = ["visit", "why nobody goes", "such as", "what may help"]
    shown = html.table(heads, rows=rows, caption="Visits left out", name="left-out")
    return f"<section><h2>Left out</h2>{shown}</section>"


def _charts(plan: RoutePlan) -> str:
    visits = sum(len(tour.visits()) for tour in plan.tours)
    words = f"{plural(visits, one='visit')} in {plural(len(plan.tours), one='tour')} of {plural(len({t.technician_id for t in plan.tours}), one='technician')}"
    shown = [
        html.Chart(
            gantt(plan.problem, tours=plan.tours),
            "Tours over time",
            f"{words}; their figures are in the table of tours.",
        )
    ]
    if plan.problem.places and len(plan.problem.places) >= len(plan.problem.seconds):
        told = f"{words} on a map, straight from stop to stop."
        shown.append(html.Chart(route_map(plan.problem, tours=plan.tours), "Tours on the map", told))
    heads = ("When", "Where")
    return "".join(
        f'<section><h2>{head}</h2><div class="grid wide">{html.chart(one)}</div></section>'
        for head, one in zip(heads, shown, strict=False)
    )


def _rules(found: Sequence[RouteBreach]) -> str:
    costs, times = defaultdict[str, float](float), Counter[str]()
    for one in found:
        if not ROUTING_RULES[one.rule].hard:
            costs[one.rule] += one.cost_cents
            times[one.rule] += 1
    if not costs:
        return "<p>It costs nothing: no rule has a price.</p>"
    rows = [
        [
            html.Cell(ROUTING_RULES[rule].sentence), html.Cell(f"{cost / 100:,.2f}", cost, f"{cost:g} cents", figure=True),
            html.Cell(f"{times[rule]:,}", times[rule], figure=True), html.Cell(rule),
        ]
        for rule, cost in sorted(costs.items(), key=lambda item: -item[1])
    ]  # fmt: skip
    return html.table(["rule", "cost", "times", "id"], rows=rows, caption="Cost by rule", name="cost")


def _tours(plan: RoutePlan, found: Sequence[RouteBreach]) -> str:
    frame, rows = _frame(plan), []
    for tour in plan.tours[:_MOST]:
        drive = sum(one or 0.0 for one in travelled(plan.problem, tour=tour))
        work = sum(one.ends_s - one.starts_s for one in tour.stops if one.kind is StopKind.VISIT)
        wait = sum(one.starts_s - one.arrives_s for one in tour.stops)
        leaves, returns = frame.instant(tour.leaves_s), frame.instant(tour.returns_s)
        rows.append([
            html.Cell(tour.technician_id), html.Cell(f"{leaves:%-d %b %H:%M}", tour.leaves_s), html.Cell(f"{returns:%-d %b %H:%M}", tour.returns_s),
            html.Cell(f"{len(tour.visits())}", len(tour.visits()), figure=True), _time(work), _time(drive), _time(wait),
            html.Cell(_rule_names(tour, found)),
        ])  # fmt: skip
    if not rows:
        return "<p>Nobody goes anywhere.</p>"
    heads = ["technician", "leaves", "is back", "visits", "work", "driving", "waiting", "broken"]
    return html.table(heads, rows=rows, caption="Tours", name="tours")


def _time(seconds: float) -> html.Cell:
    return html.Cell(duration(seconds), seconds, f"{seconds:,.0f} s", figure=True)


def _rule_names(tour: Tour, found: Sequence[RouteBreach]) -> str:
    its = [
        one.rule
        for one in found
        if (one.technician_id, one.shift) == (tour.technician_id, tour.shift) and ROUTING_RULES[one.rule].hard
    ]
    return ", ".join(rule.removeprefix("routing.") for rule in dict.fromkeys(its))
