"""One self-contained page: the advice in words, the next hour with and without it, and every step that was looked at."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import numpy as np

from troth.charts import page as html
from troth.charts.numbers import between, duration, number, when
from troth.charts.template import template
from troth.charts.tokens import LIGHT
from troth.core.spans import to_micros, zone
from troth.queueing.twin._layout import COMING, NEVER
from troth.queueing.twin.advise import Advice, Effect, Floats, JudgedStep
from troth.queueing.twin.advise_words import answer, cost_words, step_words, why
from troth.queueing.twin.solve import run
from troth.queueing.twin.steps import NextStep, taken

#: So many courses are drawn for the picture.
_COURSES: Final = 200


def page(made: Advice) -> str:
    """Return the page."""
    site, tz = made.now.moment.site, zone(made.now.moment.time_zone)
    title = f"What next at {site}, {when(made.now.moment.at.astimezone(tz))}?"
    body = (
        f'<main id="main"><header class="top"><h1>{html.text(title)}</h1><p class="answer">{html.text(answer(made))}</p></header>'
        f'<section><div class="grid wide">{html.chart(_shown(made))}</div></section>'
        f"<section><h2>Steps</h2>{_steps(made)}</section><section><h2>If nothing is done</h2>{_hour(made)}</section></main>"
    )
    return html.page(body, title=title)


def waiting(made: Advice, *, step: NextStep | None = None) -> Floats:
    """Return how many wait at each minute of the next hours, by course, shape (courses, minutes + 1)."""
    problem = taken(made.now, step=step or NextStep())
    result = run(problem, replications=_COURSES, first=_COURSES, seed=made.seed + 2)
    held = sum(one.agent is not None for one in problem.present)
    lines = np.array([not queue.deferred for queue in problem.queues])
    start, end = to_micros(problem.start), to_micros(problem.end)
    at = np.arange(start, end + 1, 60_000_000)
    found = np.zeros((len(result.traces), len(at)))
    for k, trace in enumerate(result.traces):
        c = trace.contacts[held:]
        c = c[(c["state"] != COMING) & lines[c["queue"]]]
        over = np.minimum(np.where(c["answered"] < NEVER, c["answered"], c["left"]), NEVER)
        found[k] = np.searchsorted(np.sort(c["joined"]), at, side="right") - np.searchsorted(
            np.sort(over), at, side="right"
        )
    return found


def plot(made: Advice) -> Any:
    """Return the picture: how many wait from minute to minute, mean and 80 % band, without and with the advice."""
    import plotly.graph_objects as go

    figure = go.Figure(layout={"template": template(), "height": 320})
    ways = [("nothing done", waiting(made), LIGHT["soft"], "rgba(97,93,86,0.16)")]
    if made.chosen is not None:
        ways.append(("as advised", waiting(made, step=made.best), LIGHT["accent"], "rgba(0,114,119,0.20)"))
    start, tz = made.now.problem.start, zone(made.now.moment.time_zone)
    x = [(start + timedelta(minutes=k)).astimezone(tz).strftime("%Y-%m-%dT%H:%M") for k in range(ways[0][1].shape[1])]
    # Names stand at the lines, where these lie farthest apart.
    means = [found.mean(axis=0) for _, found, _, _ in ways]
    place = int(np.argmax(abs(means[0] - means[-1]))) if len(ways) > 1 else len(x) // 2
    for (name, found, colour, fill), mean in zip(ways, means, strict=True):
        low, high = np.quantile(found, [0.1, 0.9], axis=0)
        edge = {"width": 0}
        figure.add_scatter(x=x, y=low.tolist(), mode="lines", line=edge, hoverinfo="skip")
        figure.add_scatter(
            x=x, y=high.tolist(), mode="lines", line=edge, fill="tonexty", fillcolor=fill, hoverinfo="skip"
        )
        figure.add_scatter(
            x=x, y=np.round(mean, 2).tolist(), mode="lines", line={"color": colour, "width": 2}, name=name,
            customdata=np.stack([low, high], axis=1).tolist(),
            hovertemplate="%{x|%H:%M}, " + name + ": %{y:.1f} wait (%{customdata[0]:.0f} to %{customdata[1]:.0f})<extra></extra>",
        )  # fmt: skip
        falls = bool(mean[min(place + 5, len(mean) - 1)] <= mean[place])
        above = mean[place] >= float(max(other[place] for other in means))
        figure.add_annotation(
            x=x[place], y=float(mean[place]), text=name, showarrow=False, font={"size": 12, "color": colour},
            xanchor="left" if above == falls else "right", yanchor="bottom" if above else "top", yshift=4 if above else -4,
        )  # fmt: skip
    top = max(float(np.quantile(found, 0.9, axis=0).max()) for _, found, _, _ in ways)
    figure.update_layout(
        xaxis={"type": "date", "tickformat": "%H:%M", "nticks": 5, "tickangle": 0},
        yaxis={"range": [0, 1.1 * max(top, 1.0)], "automargin": True, "tickformat": "d", "nticks": 6},
        margin={"t": 8, "r": 16},
    )  # fmt: skip
    return figure


def _shown(made: Advice) -> html.Chart:
    both = "without and with the advice" if made.chosen is not None else "if nothing is done"
    return html.Chart(
        plot(made), "How many wait", f"The next hours minute by minute {both}: mean, and the band of 8 in 10 courses."
    )


def _steps(made: Advice) -> str:
    heads = ["step", "mean wait", "worst-off 5 %", "leave", "in time", "costs", "net gain, h", "why"]
    nothing = made.nothing
    rows = [
        [html.Cell("Do nothing")]
        + [
            html.Cell(number(float(values.mean()), unit=unit), sort=float(values.mean()), figure=True)
            for values, unit in (
                (nothing.mean_wait_s, "s"), (nothing.worst_s, "s"), (nothing.left, "share"), (nothing.within, "share"),
            )
        ]
        + [html.Cell("nothing"), html.Cell("0", sort=0.0, figure=True), html.Cell("advised" if made.chosen is None else "")]
    ]  # fmt: skip
    rows += [_step(made, one) for one in made.candidates]
    caption = (
        f"Doing nothing, then what each step changes, with its 95 % interval on hover; in time is in {duration(made.worth.target_s)}. "
        "Steps that promised little at first sight are left out"
    )
    return html.table(heads, rows=rows, caption=caption, name="steps")


def _step(made: Advice, one: JudgedStep) -> list[html.Cell]:
    effects = ((one.wait_s, "s"), (one.worst_s, "s"), (one.left, "share"), (one.within, "share"))
    net = f"{one.net_h.low:+.2f} to {one.net_h.high:+.2f}"
    return [
        html.Cell(step_words(one.step, time_zone=made.now.moment.time_zone)),
        *(_cell(effect, unit) for effect, unit in effects),
        html.Cell(cost_words(one.step).removeprefix("costs "), sort=one.step.cost_s),
        html.Cell(f"{one.net_h.mean:+.2f}".replace("-", "\u2212"), sort=one.net_h.mean, figure=True, title=net),
        html.Cell(why(made, one=one)),
    ]


def _cell(effect: Effect, unit: str) -> html.Cell:
    sign = "+" if effect.mean > 0 else "\u2212" if effect.mean < 0 else ""
    title = f"{number(effect.low, unit=unit)} to {number(effect.high, unit=unit)}"
    return html.Cell(f"{sign}{number(abs(effect.mean), unit=unit)}", sort=effect.mean, figure=True, title=title)


def _hour(made: Advice) -> str:
    rows = []
    for name, figure, unit in (
        ("mean wait", "mean_wait_s", "s"), ("wait of the worst-off 5 %", "worst_s", "s"), ("customers", "came", "count"),
        ("served", "served", "count"), ("leave unserved", "left", "share"), ("in time", "within", "share"),
    ):  # fmt: skip
        low, high = made.band(figure, level=0.8)
        value = float(getattr(made.nothing, figure).mean())
        mean = html.Cell(number(round(value) if unit == "count" else value, unit=unit), figure=True)
        rows.append([html.Cell(name), mean, html.Cell(between(low, high, unit=unit), figure=True)])
    return html.table(
        ["figure", "mean", "8 in 10 hours"], rows=rows, caption="The next hours if nothing is done", name="hour"
    )
