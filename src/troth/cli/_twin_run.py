"""`troth twin run`: a problem simulated many times, and its figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from troth.cli import output
from troth.cli._places import refuse_unwritable, write
from troth.cli._quantities import SECONDS
from troth.cli._twin_shared import sources, with_options
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError

if TYPE_CHECKING:
    from troth.queueing.twin import TwinProblem
    from troth.queueing.twin.summary import TwinFigure, TwinQuestion

_FILE: Final = click.Path(path_type=Path, dir_okay=False, exists=True)
_OPTIONS: Final = (
    click.option("--kpi", "kpis", multiple=True, metavar="ID", help="What to measure, as of `troth kpi`. Repeatable; volume, service level, waits, abandonment and occupancy if left out."),
    click.option("--within", type=SECONDS, default="20s", show_default=True, help="An answer within this counts for the service level."),
    click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Processes."),
    click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write a page with pictures, too."),
)  # fmt: skip


def asking(function: Any) -> Any:
    """Add the options that say what is measured."""
    return with_options(function, _OPTIONS)


@click.command(
    "run",
    epilog="Example: troth twin run problem.json --replications 200 --html run.html; "
    "troth twin run --day 1999-08-16 --fit-from 1999-08-01 --fit-to 1999-08-12 --time-zone Asia/Jerusalem --save day.json",
)
@click.argument("path", required=False, type=_FILE)
@click.option("--every", type=click.Choice(["15min", "30min", "hour", "day"]), help="Figures of each interval, too.")
@click.option(
    "--events",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write the events of one course as a lake for `troth kpi`.",
)
@click.option(
    "--replication",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="With --events: which course, counted from 0.",
)
@click.option(
    "--save",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write what was simulated as a file for `run` and `compare`.",
)
@asking
@sources
def command(form: output.Form, path: Path | None, **given: Any) -> int:  # fmt: skip
    """Simulate a service many times and measure it as the real one is measured.

    PATH is a JSON file with queues, customers and agents; docs/guides/twin.md says what can be in it. Each figure comes
    with where its mean lies (95 %), and between which values a single course, such as the real one, will lie (90 %).
    """
    from troth.cli._twin_source import problems
    from troth.queueing.twin.summary import measured, told

    _refuse_used(given["events"])
    refuse_unwritable({f"--{name}": given[name] for name in ("html", "save", "events")})
    (problem,), doubts = problems([path] if path else [], given)
    asked = question(problem, given, every=given["every"])
    with output.progress("run") as tell:
        figures = told(measured(problem, asked=asked, on_progress=tell))
        if given["html"] is not None:
            _page(given["html"], problem, figures, asked=asked, tell=tell)
    output.show(
        [row(one, problem) for one in figures],
        form=form,
        key="figures",
        columns=columns(figures, form=form),
        extra=_extra(asked),
    )
    if given["save"] is not None:
        from troth.queueing.twin.to_file import problem_text

        write(given["save"], problem_text(problem), option="--save")
    if given["events"] is not None:
        _events(given["events"], problem, seed=given["seed"], replication=given["replication"])
    output.show_issues(doubts, form=form)
    return int(bool(doubts))


def question(problem: TwinProblem, given: Mapping[str, Any], *, every: str | None = None) -> TwinQuestion:
    """Return what options ask of a simulation."""
    from troth.core.time import Step
    from troth.kpi.definition import Params
    from troth.queueing.twin.measure import KPIS
    from troth.queueing.twin.summary import TwinQuestion, parts_of

    return TwinQuestion(
        given["kpis"] or KPIS, parts_of(problem), Step(every) if every else None,
        Params(service_level_s=given["within"]), given["replications"], given["seed"], given["workers"],
    )  # fmt: skip


def row(one: TwinFigure, problem: TwinProblem) -> output.Row:
    """Return a figure as plain data; times are those of the problem's zone."""
    from troth.core.spans import zone

    tz = zone(problem.time_zone)
    return {
        "of": one.member, "kpi": one.kpi, "unit": str(one.unit), "from": one.start.astimezone(tz).isoformat(),
        "to": one.end.astimezone(tz).isoformat(), "mean": one.mean, "low": one.low, "high": one.high, "course_low": one.from_,
        "course_high": one.to, "p50": one.p50, "p90": one.p90, "n": one.n,
    }  # fmt: skip


def columns(figures: Sequence[TwinFigure], *, form: output.Form) -> Mapping[str, Callable[[output.Row], str]] | None:
    """Return what a table shows of figures."""
    from troth.charts.numbers import between, number

    if form is not output.Form.TABLE:
        return None
    found: dict[str, Callable[[output.Row], str]] = {"of": lambda r: r["of"], "kpi": lambda r: r["kpi"]}
    if len({(one.start, one.end) for one in figures}) > 1:
        found["from"] = lambda r: r["from"][:16].replace("T", " ")
    found["mean"] = lambda r: number(r["mean"], unit=r["unit"])
    found["mean lies in (95 %)"] = lambda r: between(r["low"], r["high"], unit=r["unit"])
    found["one course (90 %)"] = lambda r: between(r["course_low"], r["course_high"], unit=r["unit"])
    found |= {key: number_of(key) for key in ("p50", "p90")}
    return found


def number_of(key: str) -> Callable[[output.Row], str]:
    """Return a function from a row to one of its figures in words."""
    from troth.charts.numbers import number

    return lambda row: number(row[key], unit=row["unit"])


def _extra(asked: TwinQuestion) -> dict[str, Any]:
    return {"replications": asked.replications, "seed": asked.seed, "within_s": asked.params.service_level_s}


def _page(
    path: Path, problem: TwinProblem, figures: Sequence[TwinFigure], *, asked: TwinQuestion, tell: Callable[..., None]
) -> None:
    from troth.queueing.twin.courses import courses
    from troth.queueing.twin.run_page import page

    found = courses(problem, by=asked.by or "queue", replications=asked.replications, seed=asked.seed, on_progress=tell)
    write(path, page(problem, figures=figures, found=found, seed=asked.seed))


def _refuse_used(folder: Path | None) -> None:
    """Refuse to mix a simulated course into what lies in a folder."""
    if folder is not None and folder.is_dir() and any(folder.iterdir()):
        advice = "Maybe name a new folder: this one holds something, and simulated events must not get among real ones."
        raise InputError([Issue("folder-in-use", Severity.ERROR, "--events", str(folder), advice)])


def _events(folder: Path, problem: TwinProblem, *, seed: int, replication: int) -> None:
    """Write the events of one course into a lake of its own."""
    from tempfile import TemporaryDirectory

    import pyarrow.parquet as pq

    from troth.log.ingest import ingest
    from troth.log.lake import Lake
    from troth.queueing.twin import run
    from troth.queueing.twin.facts import events

    (trace,) = run(problem, seed=seed, first=replication).traces
    with TemporaryDirectory() as held:
        file = Path(held) / "events.parquet"
        pq.write_table(events(trace, problem=problem), file)
        ingest(Lake(folder), source="troth", paths=[file])
