"""`troth forecast`: what customers will ask in the days ahead, how sure that is, and how it was arrived at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from troth.cli import output
from troth.cli._interrupt import interruptible
from troth.cli._lake import lake_option
from troth.core.decision import Issue, Severity, Status
from troth.core.errors import InputError

if TYPE_CHECKING:
    from troth.demand import ChangedDemand, DemandForecast
    from troth.demand.ask import DemandQuestion

_EXAMPLE = (
    "Example: troth forecast --lake demo-lake --by queue --days 14 --every 30min --holidays LT --html next.html; "
    "troth forecast calls.csv --time at --value calls --every 1d --time-zone Europe/Vilnius"
)
_STEPS: Final = {"15min": "15min", "30min": "30min", "1h": "hour", "hour": "hour", "1d": "day", "day": "day"}
_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)

_OPTIONS = (
    click.option("--time", "time", metavar="COL", help="Column of PATH with the time."),
    click.option("--value", metavar="COL", help="Column of PATH with a count; left out each row is one arrival."),
    click.option("--by", multiple=True, metavar="DIM", help="Split by a dimension of the lake (queue, site, channel, service, priority, team) or a column of PATH. Repeatable."),
    click.option("--where", multiple=True, metavar="DIM=VALUE", help="Of a lake, keep only these members. Repeatable."),
    click.option("--kind", type=click.Choice(["arrivals", "handle_time", "no_show"]), default="arrivals", show_default=True, help="Of a lake, what to forecast."),
    click.option("--days", "--horizon", "days", type=int, default=7, show_default=True, help="How many days ahead."),
    click.option("--every", type=click.Choice(list(_STEPS)), default="1h", show_default=True, help="Width of the cells."),
    click.option("--time-zone", metavar="ZONE", help="Whose days count: that of the lake's sites if they share one, else UTC."),
    click.option("--lead", type=int, metavar="DAYS", help="Lead time that matters: forecasters are chosen and accuracy is told at it."),
    click.option("--holidays", default="", metavar="COUNTRY", help="Public holidays that count: LT, or with a part US-PA."),
    click.option("--events", type=_FILE, help="CSV of days that differ: day, name, and if wanted like and closed."),
    click.option("--regressor", "regressor", type=_FILE, multiple=True, help="CSV with a day and columns of numbers known of past and future, such as prices. Repeatable."),
    click.option("--changes", type=_FILE, help="CSV of changes by people: id, kind, value, start, end, who, at, why, and if wanted to, layer, active, and members they are for."),
    click.option("--add-up", is_flag=True, help="Forecast totals, too, and make all levels agree."),
    click.option("--as-of", metavar="TIME", help="Forecast as if nothing later were known; the hours of a day begun move the rest of it."),
    click.option("--publish", is_flag=True, help="Keep the forecast in the lake, frozen, to be scored when its days are over."),
    click.option("--seed", type=int, default=0, show_default=True, help="Seed of the possible futures."),
    click.option("--workers", type=int, default=1, show_default=True, help="Processes, for many series."),
    click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write a page with pictures and all tables, too."),
)  # fmt: skip


def _options(command: Any) -> Any:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@click.command("forecast", epilog=_EXAMPLE)
@click.argument("path", required=False, type=_FILE)
@lake_option
@_options
@output.form_option
def command(path: Path | None, lake: Path, form: output.Form, html: Path | None, publish: bool, **given: Any) -> int:
    """Forecast what customers will ask, from a lake or from a table in PATH.

    Closed days, gaps and outliers are found first; forecasters are tried on past days and mixed by how good they were; bands
    hold what they say. A table shows days; CSV and JSON have every cell. Ctrl-C keeps the series done so far.
    """
    from troth.cli._places import refuse_unwritable
    from troth.demand.ask import ask

    refuse_unwritable({"--html": html})
    source = _source(path, lake, given, publish)
    as_of = _as_of(given["as_of"], given["time_zone"], source)
    common = {
        "by": [part.strip() for one in given["by"] for part in one.split(",")], "every": _STEPS[given["every"]],
        "time": given["time"] or "time", "value": given["value"], "time_zone": given["time_zone"], "add_up": given["add_up"],
        "where": _where(given["where"]), "kind": _kind(given["kind"]),
    }  # fmt: skip
    asked = ask(source, **common, days=given["days"], lead=given["lead"], as_of=as_of, **_known(given))
    changes = _changes(given["changes"], asked)
    computed = _computed(asked, given)
    changed = _laid(computed, changes, given["seed"])
    told = changed.forecast if changed else computed
    published = _publish(source, told, computed, as_of) if publish else None
    figures = _figures(source, given["lead"], common, as_of)
    if html is not None:
        since = ask(source, **common).problem.series if as_of is not None else ()
        _page(html, asked, told, computed=computed, changed=changed, figures=figures, since=since, source=path or lake)
    _show(told, asked, form=form, changed=changed, published=published, figures=figures)
    if form is not output.Form.JSON:
        output.show_issues([one for one in told.issues if one.severity is not Severity.INFO], form=form)
    return int(told.status is Status.STOPPED or any(one.severity is Severity.WARNING for one in told.issues))


# ---- what is asked --------------------------------------------------------------------------------------------------


def _source(path: Path | None, lake: Path, given: Mapping[str, Any], publish: bool) -> Any:
    """Return the lake, or the rows of the file; all misuse of options is said at once."""
    from troth.cli._forecast_files import table
    from troth.cli._lake import opened

    if path is None:
        wrong = [f"--{name}" for name in ("time", "value") if given[name]]
        if wrong:
            raise click.UsageError(f"{' and '.join(wrong)}: columns of a file; name its PATH.")
        return opened(lake)
    faults = [] if given["time"] else ["--time names the column with the time"]
    faults += ["--publish is for forecasts from a lake"] if publish else []
    faults += ["--where keeps members of a lake"] if given["where"] else []
    faults += ["--kind is for a lake: a table has arrivals"] if given["kind"] != "arrivals" else []
    if faults:
        raise click.UsageError("; ".join(faults) + ".")
    return table(path)


def _kind(name: str) -> Any:
    from troth.demand import DemandKind

    return DemandKind(name)


def _where(filters: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    issues = []
    for one in filters:
        dim, equals, value = (part.strip() for part in one.partition("="))
        if not equals or not dim or not value:
            issues.append(Issue("bad-filter", Severity.ERROR, "--where", one, "Maybe queue=cards is meant."))
        found.setdefault(dim, []).append(value)
    if issues:
        raise InputError(issues)
    return found


def _as_of(text: str | None, time_zone: str | None, source: Any) -> datetime | None:
    """Return an instant; without an offset it is the clock's on the wall of those whose days count."""
    from troth.core.time import zone
    from troth.demand.read import shared_zone
    from troth.log.lake import Lake

    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        advice = "Maybe a day such as 2026-03-29, or a time such as 2026-03-29T10:00."
        raise InputError([Issue("bad-time", Severity.ERROR, "--as-of", text, advice)]) from None
    known = time_zone or (shared_zone(source) if isinstance(source, Lake) else "UTC")
    return moment if moment.tzinfo else moment.replace(tzinfo=zone(known))


def _known(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what files say of days: all that is wrong with any of them is raised at once."""
    from troth.cli._forecast_files import occasions, regressors

    issues: list[Issue] = []
    found: dict[str, Any] = {"holidays": given["holidays"], "occasions": (), "regressors": ()}
    readers: list[tuple[str, Callable[[Path], Any], Path]] = [
        ("regressors", regressors, one) for one in given["regressor"]
    ]
    if given["events"]:
        readers.append(("occasions", occasions, given["events"]))
    for name, read, path in readers:
        try:
            found[name] += read(path)
        except InputError as error:
            issues.extend(error.issues)
    if issues:
        raise InputError(issues)
    return found


def _changes(path: Path | None, asked: DemandQuestion) -> Any:
    from troth.cli._forecast_files import changes

    zones = {one.grid.time_zone for one in asked.problem.series}
    return changes(path, time_zone=min(zones, default="UTC")) if path else ()


# ---- the answer -----------------------------------------------------------------------------------------------------


def _computed(asked: DemandQuestion, given: Mapping[str, Any]) -> DemandForecast:
    """Solve, with progress; Ctrl-C keeps the series done so far, and stops all if there are none."""
    from troth.core.decision import Stop
    from troth.demand import ForecastParams
    from troth.demand.ask import answer

    params = ForecastParams(workers=given["workers"])
    with output.progress("Forecasting") as tell, interruptible() as asked_to_stop:
        told = answer(
            asked, add_up=given["add_up"], seed=given["seed"], stop=Stop(asked=asked_to_stop), params=params,
            on_progress=lambda done, of: tell(done / max(of, 1), f"{done:,} of {of:,} series"),
        )  # fmt: skip
    if not told.series:
        raise click.Abort
    return told


def _laid(computed: DemandForecast, changes: Any, seed: int) -> ChangedDemand | None:
    from troth.demand import change

    return change(computed, changes=changes, seed=seed) if changes else None


def _publish(lake: Any, told: DemandForecast, computed: DemandForecast, as_of: datetime | None) -> Any:
    from troth.demand import publish

    now = datetime.now(UTC)
    return publish(lake, forecast=told, issued_at=as_of or now, recorded_at=now, computed=computed)


def _figures(source: Any, lead: int | None, asked: Mapping[str, Any], as_of: datetime | None) -> list[Any]:
    """Return the accuracy of published arrivals of a lake, at the lead time that matters; none of a table."""
    from datetime import timedelta

    from troth.log.lake import Lake

    if not isinstance(source, Lake) or str(asked["kind"]) != "arrivals":
        return []
    from troth.kpi.definition import Params
    from troth.kpi.query import Query, query

    names = (
        "demand.accuracy/",
        "demand.accuracy/day",
        "demand.accuracy/computed",
        "demand.accuracy/expected_over_came",
        "demand.accuracy/covered",
    )
    params = Params(forecast_lead=timedelta(days=lead or 1))
    wanted = Query(
        kpis=names, by=tuple(asked["by"]), where=asked["where"], end=as_of, time_zone=asked["time_zone"], params=params
    )
    return [figure for figure in query(source, wanted) if figure.n]


# ---- the output -----------------------------------------------------------------------------------------------------


def _show(
    told: DemandForecast,
    asked: DemandQuestion,
    *,
    form: output.Form,
    changed: Any,
    published: Any,
    figures: Sequence[Any],
) -> None:
    from troth.cli import _forecast_output as shown

    if form is output.Form.CSV:
        output.show([row for one in told.series for row in shown.cells(one, flat=True)], form=form, key="cells")
        return
    if form is output.Form.JSON:
        click.echo(output.to_json(shown.everything(told, changed=changed, published=published, figures=figures)))
        return
    rows = shown.days(told, asked.problem)
    output.show(rows, form=form, key="days", columns=shown.columns(told))
    for line in shown.notes(told, changed=changed, published=published, figures=figures, lead=asked.problem.lead):
        click.echo(line)


def _page(
    path: Path, asked: DemandQuestion, told: DemandForecast, *, computed: DemandForecast, changed: Any, figures: Sequence[Any],
    since: Sequence[Any], source: Path,
) -> None:  # fmt: skip
    from importlib.metadata import version

    from troth.cli._places import write
    from troth.demand.page import ForecastPage, render

    made = render(
        ForecastPage(
            told,
            asked.problem,
            source.name,
            datetime.now(UTC),
            version("troth"),
            computed,
            changed.effects if changed else (),
            figures,
            since,
        )
    )
    write(path, made)
