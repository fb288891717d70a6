"""One self-contained page about a simulation: its figures with their intervals, who waits when, how long for whom."""

from __future__ import annotations

from collections.abc import Sequence

from troth.charts import draw
from troth.charts import page as html
from troth.charts.numbers import between, day, exact, number
from troth.core.spans import zone
from troth.queueing.twin import plots
from troth.queueing.twin.courses import WAIT_EDGES, TwinCourses, quantile_of_waits
from troth.queueing.twin.problem import TwinProblem
from troth.queueing.twin.summary import ALL, TwinFigure

#: Queues beyond these have no picture of their own.
_MOST = 6
_CARDS = ("sla.service_level", "speed.answer", "flow.abandonment", "load.occupancy", "flow.volume")


def page(problem: TwinProblem, *, figures: Sequence[TwinFigure], found: TwinCourses, seed: int) -> str:
    """Return the page.

    Parameters
    ----------
    figures : as told by `summary.told`; those of the whole time.
    found : courses of the same seed.
    """
    whole = {one.kpi: one for one in figures if one.member == ALL}
    cards = "".join(card(whole[name]) for name in _CARDS if name in whole)
    runs = len(found.waiting)
    title = "How would it go?"
    body = (
        f'<main id="main"><header class="top"><p class="over">{html.text(when(problem))}</p><h1>{title}</h1>'
        f'<p class="answer">{html.text(_answer(whole))}</p><div class="strip">{cards}</div>'
        f'<p class="note">{runs:,} simulated courses, seed {seed}. One course, such as the real one, lies within the range nine times in ten; '
        f"the mean is known to within its interval.</p></header>"
        f'<section><h2>Who waits when?</h2><div class="grid wide">{_over_time(problem, found)}</div></section>'
        f'<section><h2>How long for whom?</h2><p class="lead">Time grows tenfold at equal steps.</p><div class="grid wide">{_lengths(found)}</div></section>'
        f'<section><h2>Figures</h2>{table(figures)}</section></main>'
    )  # fmt: skip
    return html.page(body, title=title)


def when(problem: TwinProblem) -> str:
    """Return the time of a problem in words."""
    start, end = (at.astimezone(zone(problem.time_zone)) for at in (problem.start, problem.end))
    if start.date() == end.date():
        return f"{day(start)}, {start:%H:%M} to {end:%H:%M}"
    return f"{day(start)} {start:%H:%M} to {day(end)} {end:%H:%M}"


def card(one: TwinFigure) -> str:
    """Return a figure as a card: large, with the range of one course."""
    shown = number(one.mean, unit=one.unit)
    return (
        f'<div class="card big none"><span class="what">{html.text(one.title)}</span>'
        f'<span class="value" title="{html.text(exact(one.mean, unit=one.unit))}">{html.text(shown)}</span><span></span>'
        f'<span class="small">one course: {html.text(between(one.from_, one.to, unit=one.unit))}</span></div>'
    )


def _answer(whole: dict[str, TwinFigure]) -> str:
    level, wait, gone = (whole.get(name) for name in ("sla.service_level", "speed.answer", "flow.abandonment"))
    said = []
    if level is not None:
        said.append(f"{number(level.mean, unit='share')} answered in time")
    if wait is not None:
        said.append(f"a wait of {number(wait.mean, unit='s')} on average")
    if gone is not None:
        said.append(f"{number(gone.mean, unit='share')} give up")
    words = ", ".join(said) or "as simulated"
    return words[:1].upper() + words[1:]


def _over_time(problem: TwinProblem, found: TwinCourses) -> str:
    total = found.waiting.sum(axis=1)
    most = float(total.mean(axis=0).max(initial=0.0))
    charts = [
        html.Chart(
            plots.waiting(found, values=total, time_zone=problem.time_zone, staff=True),
            "All together",
            f"On average at most {most:.1f} wait; half of the courses lie in the dark band, nine in ten in the light one. Dashed: agents on duty.",
        )
    ]
    if len(found.names) > 1:
        charts += [
            html.Chart(
                plots.waiting(found, values=found.waiting[:, k], time_zone=problem.time_zone),
                name,
                f"On average at most {found.waiting[:, k].mean(axis=0).max(initial=0.0):.1f} wait.",
            )
            for k, name in busiest(found)
        ]
    return "".join(html.chart(one) for one in charts)


def busiest(found: TwinCourses) -> list[tuple[int, str]]:
    """Return the queues with most waiting by number and name, in their own order."""
    order = sorted(range(len(found.names)), key=lambda k: -float(found.waiting[:, k].mean()))[:_MOST]
    return [(k, found.names[k]) for k in sorted(order)]


def _lengths(found: TwinCourses) -> str:
    parts = [("All together", found.waits.sum(axis=0))]
    parts += [(name, found.waits[k]) for k, name in busiest(found)] if len(found.names) > 1 else []
    charts = []
    for name, counts in parts:
        total = int(counts.sum())
        waited = counts[1:]
        if not waited.sum():
            continue
        last = int(waited.nonzero()[0].max()) + 1
        marks = [
            (f"P{level * 100:g}", at)
            for level in (0.5, 0.9)
            if (at := quantile_of_waits(list(counts), level=level)) > 1
        ]
        figure = draw.distribution(WAIT_EDGES[: last + 1], counts=[int(n) for n in waited[:last]], marks=marks)
        share = number(float(counts[0]) / total, unit="share")
        charts.append(
            html.Chart(figure, name, f"{share} of the answered waited less than a second; the others as drawn.")
        )
    return "".join(html.chart(one) for one in charts) or "<p>Nobody waits.</p>"


def table(figures: Sequence[TwinFigure]) -> str:
    """Return all figures as a table."""
    rows = [
        [
            html.Cell(one.member), html.Cell(one.title), html.Cell(number(one.mean, unit=one.unit), one.mean, exact(one.mean, unit=one.unit), figure=True),
            html.Cell(between(one.low, one.high, unit=one.unit), one.low, figure=True),
            html.Cell(between(one.from_, one.to, unit=one.unit), one.from_, figure=True),
            html.Cell(number(one.p50, unit=one.unit), one.p50 if one.p50 == one.p50 else None, figure=True),
            html.Cell(number(one.p90, unit=one.unit), one.p90 if one.p90 == one.p90 else None, figure=True),
        ]
        for one in figures
    ]  # fmt: skip
    heads = ["of", "figure", "mean", "mean lies in (95 %)", "one course (90 %)", "half within", "9 in 10 within"]
    return html.table(heads, rows=rows, caption="Figures of the simulation", name="twin")
