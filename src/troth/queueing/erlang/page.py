"""One self-contained page about a staffing question: the answer, what each agent more buys, the staff of a day."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from troth.charts import page as html
from troth.charts.numbers import duration, number
from troth.core.decision import Issue
from troth.queueing.erlang import plot
from troth.queueing.erlang.performance import Performance
from troth.queueing.erlang.staffing import Goal, Staffing
from troth.queueing.erlang.table import Alternatives


def one_page(made: Staffing, *, shown: Alternatives) -> str:
    """Return the page of one interval: sizes of staff side by side."""
    traffic, chosen = made.traffic, float(made.staff)
    level = None if made.goal.level is None else float(np.asarray(made.goal.level))
    words = _goal(made.goal, within_s=float(np.asarray(traffic.within_s)))
    found = shown.found
    rows = [
        [
            html.Cell(f"{n:,.4g}", sort=n, figure=True),
            *(html.Cell(_shown(v, u), sort=v if np.isfinite(v) else None, figure=True) for v, u in zip(values, _UNITS, strict=True)),
            html.Cell("least" if n == chosen else "met" if met else "missed"),
        ]
        for n, met, *values in zip(
            found.staff.tolist(), shown.met.tolist(), shown.level.tolist(), found.mean_answer_s.tolist(), shown.p90_s.tolist(),
            found.abandoned.tolist(), found.occupancy.tolist(), strict=True,
        )
    ]  # fmt: skip
    heads = ["agents", "in time", "mean wait", "9 in 10 wait at most", "given up", "occupied", "goal"]
    table = html.table(heads, rows=rows, caption="Sizes of staff", name="staff", sortable=False)
    charts = "".join(
        html.chart(html.Chart(figure, title, summary, ""))
        for figure, title, summary in (
            (plot.shares(shown, level=level, chosen=chosen), "What each agent more buys", f"{_count(chosen)} at work are the least for {words}."),
            (plot.waits(shown, chosen=chosen), "How long customers wait", "The mean wait of the answered, and the wait that nine of ten do not exceed."),
        )
    )  # fmt: skip
    body = (
        f'<p class="note">{html.text(_traffic(made))}</p>{_issues(made.issues)}<section><div class="grid wide">{charts}</div></section>'
        f"<section><h2>Sizes of staff</h2>{table}</section>"
    )
    planned = f", {float(made.scheduled):,.4g} planned" if made.scheduled != made.staff else ""
    return _page(f"{_count(chosen)} at work{planned}", f"How many agents for {words}?", body)


_UNITS = ("share", "s", "s", "share", "share")


def many_page(made: Staffing, *, found: Performance, labels: Sequence[str]) -> str:
    """Return the page of many intervals: the staff of each."""
    within = np.ravel(np.asarray(made.traffic.within_s, float))
    words = _goal(made.goal, within_s=float(within[0]))
    names = [label or f"{place + 1}" for place, label in enumerate(labels)]
    level = found.service_level(made.goal.formula)
    rows = [
        [html.Cell(name), *(html.Cell(_shown(v, u), sort=v if np.isfinite(v) else None, figure=True) for v, u in zip(values, units, strict=True))]
        for name, *values in zip(
            names, found.erlangs.tolist(), made.staff.tolist(), made.scheduled.tolist(), level.tolist(),
            found.mean_answer_s.tolist(), found.abandoned.tolist(), found.occupancy.tolist(), strict=True,
        )
        for units in [("count", "count", "count", "share", "s", "share", "share")]
    ]  # fmt: skip
    heads = ["interval", "erlangs", "at work", "planned", "in time", "mean wait", "given up", "occupied"]
    table = html.table(heads, rows=rows, caption="Staff of each interval", name="staff")
    most = float(made.staff.max(initial=0))
    hours = float(np.sum(made.staff * np.asarray(made.traffic.interval_s, float)) / 3600)
    chart = html.Chart(
        plot.day(made, labels=names),
        "Staff of each interval",
        f"At most {_count(most)} at once, {hours:,.1f} agent-hours in all.",
    )
    body = (
        f'{_issues((*made.issues, *found.issues))}<section><div class="grid wide">{html.chart(chart)}</div></section>'
        f"<section><h2>Intervals</h2>{table}</section>"
    )
    return _page(f"At most {_count(most)} at once, {hours:,.1f} agent-hours", f"How many agents for {words}?", body)


def _page(answer: str, question: str, body: str) -> str:
    inside = (
        f'<main id="main"><header class="top"><h1>{html.text(question)}</h1><p class="answer">{html.text(answer)}</p></header>'
        f"{body}</main>"
    )
    return html.page(inside, title=question)


def _shown(value: float, unit: str) -> str:
    return "endless" if value == float("inf") else number(value, unit=unit)


def _count(staff: float) -> str:
    return f"{staff:,.4g} agent" + ("" if staff == 1 else "s")


def _goal(goal: Goal, *, within_s: float) -> str:
    """Return the goal in words."""

    def target(values: object, unit: str) -> str:
        flat = np.unique(np.asarray(values, float))
        if len(flat) > 1:
            return "each interval's own share" if unit == "share" else "each interval's own time"
        return f"{100 * flat[0]:.4g} %" if unit == "share" else duration(float(flat[0]))

    said = []
    if goal.level is not None:
        said.append(f"{target(goal.level, 'share')} in {duration(within_s)}")
    if goal.asa_s is not None:
        said.append(f"a mean wait of {target(goal.asa_s, 's')}")
    if goal.abandoned is not None:
        said.append(f"at most {target(goal.abandoned, 'share')} given up")
    if goal.occupancy is not None:
        said.append(f"at most {target(goal.occupancy, 'share')} occupied")
    return " and ".join(said)


def _traffic(made: Staffing) -> str:
    t = made.traffic
    contacts, handle, interval, patience = (
        float(np.asarray(v)) for v in (t.contacts, t.handle_s, t.interval_s, t.patience_s)
    )
    patient = "nobody gives up" if np.isinf(patience) else f"customers give up after {duration(patience)} on average"
    return f"{contacts:,.4g} contacts in {duration(interval)}, {duration(handle)} each: {float(t.erlangs):,.4g} erlangs; {patient}."


def _issues(issues: Sequence[Issue]) -> str:
    return "".join(f'<p class="note">{html.text(one)}</p>' for one in dict.fromkeys(issues))
