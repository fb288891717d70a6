"""One self-contained page about a plan: how many people, how sure that is, and what one more is worth."""

from __future__ import annotations

import numpy as np

from troth.capacity.staffing.plan import QueueChance, StaffingPlan
from troth.capacity.staffing.problem import LevelOver
from troth.charts import page as html
from troth.charts.numbers import duration, number
from troth.core.time import zone


def render(plan: StaffingPlan, *, title: str = "How many people are needed?") -> str:
    """Return the page as HTML."""
    problem = plan.problem
    hours = float(plan.scheduled.sum() * problem.minutes / 60)
    least = min(
        (float(np.nanmin(one.probability)) for one in plan.chances if np.isfinite(one.probability).any()),
        default=np.nan,
    )
    most = int(plan.staff.sum(axis=0).max(initial=0))
    answer = f"At most {most:,} at once, {hours:,.0f} planned hours; every target reached with a probability of {least:.0%} or more."
    charts = html.chart(
        html.Chart(
            plan.plot(),
            "People at work",
            f"At most {most:,} at once. The band is what eight in ten possible futures need.",
            "",
        )
    )
    if len(problem.groups) > 1:
        charts += "".join(
            html.chart(html.Chart(plan.plot(one.group, height=220), one.group, f"Serves {', '.join(one.queues)}.", ""))
            for one in problem.groups
        )
    notes = "".join(f'<p class="note">{html.text(one)}</p>' for one in plan.issues)
    body = (
        f'<main id="main"><header class="top"><h1>{html.text(title)}</h1><p class="answer">{html.text(answer)}</p></header>{notes}'
        f'<section><div class="grid wide">{charts}</div></section><section><h2>How sure</h2>{_chances(plan)}</section>'
        f"<section><h2>Days</h2>{_days(plan)}</section></main>"
    )
    return html.page(body, title=title)


def _chances(plan: StaffingPlan) -> str:
    rows = []
    for one in plan.chances:
        queue = next(q for q in plan.problem.queues if q.queue == one.queue)
        known = np.isfinite(one.probability).any()
        worst = int(np.nanargmin(one.probability)) if known else 0
        rows.append(
            [
                html.Cell(one.queue),
                html.Cell(f"{queue.level:.0%} in {duration(queue.within_s)}"),
                html.Cell(f"each {one.over}"),
                html.Cell(_share(float(np.nanmean(one.probability))) if known else "not known", figure=True),
                html.Cell(_share(float(one.probability[worst])) if known else "not known", figure=True),
                html.Cell(_when(plan, one, worst)),
                html.Cell(_share(float(np.nanmean(one.level))) if known else "not known", figure=True),
                html.Cell(f"{one.futures:,} futures" if one.futures else "formula"),
            ]
        )
    heads = ["queue", "target", "over", "probability", "least", "on", "level expected", "found by"]
    return html.table(heads, rows=rows, caption="Probability of reaching targets", name="chances", sortable=False)


def _when(plan: StaffingPlan, one: QueueChance, place: int) -> str:
    if one.over is LevelOver.DAY:
        return f"{plan.days()[place]:%a %d %b}"
    return f"{plan.problem.instants()[place].astimezone(zone(plan.problem.time_zone)):%a %d %b %H:%M}"


def _days(plan: StaffingPlan) -> str:
    days, day_of = plan.problem.days()
    hour = plan.problem.minutes / 60
    rows = []
    for d, day in enumerate(days):
        where = day_of == d
        rows.append(
            [
                html.Cell(f"{day:%a %d %b %Y}", sort=day.isoformat()),
                html.Cell(number(float(plan.staff[:, where].sum() * hour), unit="count"), figure=True),
                html.Cell(number(float(plan.scheduled[:, where].sum() * hour), unit="count"), figure=True),
                html.Cell(f"{int(plan.staff[:, where].sum(axis=0).max(initial=0))}", figure=True),
                *(
                    html.Cell(_share(float(one.probability[d])) if np.isfinite(one.probability[d]) else "", figure=True)
                    for one in plan.chances
                    if one.over is LevelOver.DAY
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
    return f"{value:.0%}"
