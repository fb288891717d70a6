"""One self-contained page about a plan: how many people, how sure that is, and what one more is worth."""

from __future__ import annotations

import numpy as np

from troth.capacity.staffing.plan import QueueChance, StaffingPlan
from troth.capacity.staffing.problem import Bools, LevelOver
from troth.charts import page as html
from troth.charts.numbers import duration
from troth.core.decision import Status
from troth.core.time import zone


def render(plan: StaffingPlan, *, title: str = "How many people are needed?") -> str:
    """Return the page as HTML."""
    problem = plan.problem
    hours = float(plan.scheduled.sum() * problem.minutes / 60)
    least = min(
        (float(one.probability[known].min()) for one in plan.chances if (known := _comes(plan, one) & np.isfinite(one.probability)).any()),
        default=np.nan,
    )  # fmt: skip
    most = int(plan.staff.sum(axis=0).max(initial=0))
    sure = f" The least sure target is reached with a probability of {_share(least).replace('>', 'more than')}."
    if np.isnan(least):
        sure = ""
    elif plan.status is Status.INFEASIBLE:
        sure = f" Not every target can be met: the least probability is {_share(least)}."
    answer = f"At most {most:,} at once, {hours:,.0f} planned hours.{sure}"
    band = "The band is what eight in ten possible futures need." if problem.paths > 1 else ""
    charts = f'<div class="grid wide">{html.chart(html.Chart(plan.plot(), "People at work", band, ""))}</div>'
    if len(problem.groups) > 1:
        each = "".join(
            html.chart(html.Chart(plan.plot(one.group, height=220), one.group, f"Serves {', '.join(one.queues)}.", ""))
            for one in problem.groups
        )
        charts += f'</section><section><div class="grid wide">{each}</div>'
    notes = "".join(f'<p class="note">{html.text(one)}</p>' for one in plan.issues)
    body = (
        f'<main id="main"><header class="top"><h1>{html.text(title)}</h1><p class="answer">{html.text(answer)}</p></header>{notes}'
        f"<section>{charts}</section><section><h2>How sure</h2>{_chances(plan)}</section>"
        f"<section><h2>Days</h2>{_days(plan)}</section></main>"
    )
    return html.page(body, title=title)


def _chances(plan: StaffingPlan) -> str:
    rows = []
    for one in plan.chances:
        queue = next(q for q in plan.problem.queues if q.queue == one.queue)
        some = _comes(plan, one)
        known = np.isfinite(one.probability) & some
        worst = int(np.argmin(np.where(known, one.probability, np.inf)))
        sure = known.any()
        rows.append(
            [
                html.Cell(one.queue),
                html.Cell(f"{queue.level:.0%} in {duration(queue.within_s).replace('.0 ', ' ')}"),
                html.Cell(_share(float(one.probability[known].mean())) if sure else "not known", figure=True),
                html.Cell(_share(float(one.probability[worst])) if sure else "not known", figure=True),
                html.Cell(_when(plan, one, worst) if sure else ""),
                html.Cell(f"{one.level[known].mean():.0%}" if sure else "not known", figure=True),
                html.Cell(f"each {one.over}"),
                html.Cell(f"{one.futures:,} futures" if one.futures else "formula"),
            ]
        )
    heads = ["queue", "target", "probability", "least", "on", "level expected", "over", "found by"]
    return html.table(heads, rows=rows, caption="Probability of reaching targets", name="chances", sortable=False)


def _comes(plan: StaffingPlan, chance: QueueChance) -> Bools:
    """Return when anybody may come to a queue: a closed day is no success."""
    queue = next(q for q in plan.problem.queues if q.queue == chance.queue)
    some: Bools = np.asarray(np.asarray(queue.arrivals).any(axis=0))
    if chance.over is LevelOver.INTERVAL:
        return some
    return np.asarray(np.bincount(plan.problem.days()[1], some) > 0)


def _when(plan: StaffingPlan, one: QueueChance, place: int) -> str:
    if one.over is LevelOver.DAY:
        return f"{plan.days()[place]:%a %d %b}"
    return f"{plan.problem.instants()[place].astimezone(zone(plan.problem.time_zone)):%a %d %b %H:%M}"


def _days(plan: StaffingPlan) -> str:
    days, day_of = plan.problem.days()
    hour = plan.problem.minutes / 60
    shown = [(one, _comes(plan, one)) for one in plan.chances if one.over is LevelOver.DAY]
    rows = []
    for d, day in enumerate(days):
        where = day_of == d
        rows.append(
            [
                html.Cell(f"{day:%a %d %b %Y}", sort=day.isoformat()),
                html.Cell(f"{plan.staff[:, where].sum() * hour:,.1f}", figure=True),
                html.Cell(f"{plan.scheduled[:, where].sum() * hour:,.1f}", figure=True),
                html.Cell(f"{int(plan.staff[:, where].sum(axis=0).max(initial=0))}", figure=True),
                *(
                    html.Cell(
                        _share(float(one.probability[d])) if some[d] and np.isfinite(one.probability[d]) else "",
                        figure=True,
                    )
                    for one, some in shown
                ),
            ]
        )
    heads = [
        "day",
        "hours at work",
        "hours planned",
        "at once",
        *(one.queue for one in plan.chances if one.over is LevelOver.DAY),
    ]
    return html.table(
        heads, rows=rows, caption="People by day, and the probability that each queue reaches its level", name="days"
    )


def _share(value: float) -> str:
    """Return a probability; nobody can be certain."""
    return "> 99%" if value > 0.99 else f"{value:.0%}"
