"""`troth erlang`: how many agents a target takes, and how a number of agents fares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from troth.cli import output
from troth.cli._quantities import SECONDS, SHARE
from troth.cli.output import Row
from troth.core.decision import Issue

if TYPE_CHECKING:
    from troth.queueing.erlang import Staffing

_EXAMPLE = (
    "Example: troth erlang --contacts 100 --handle 3min --level 80% --within 20s --shrinkage 30%; "
    "troth erlang --input day.csv --level 80% --patience 2min --html day.html"
)

_OPTIONS = (
    click.option("--contacts", type=float, help="Contacts that arrive in the interval."),
    click.option("--handle", type=SECONDS, help="Mean handle time: 180s, 3min."),
    click.option("--interval", type=SECONDS, default="30min", show_default=True, help="Length of the interval."),
    click.option("--patience", type=SECONDS, help="Mean time until a waiting customer gives up (Erlang A). Endless if left out (Erlang C); 0: nobody waits (Erlang B)."),
    click.option("--level", type=SHARE, help="Service level to reach: 80%. Without any target 80%."),
    click.option("--within", type=SECONDS, default="20s", show_default=True, help="How soon an answer is in time."),
    click.option("--asa", type=SECONDS, help="Mean wait of the answered that may not be exceeded."),
    click.option("--abandoned", type=SHARE, help="Share that may give up."),
    click.option("--occupancy", type=SHARE, help="Cap on the share of agents with a contact."),
    click.option("--formula", type=click.Choice(["answered", "all", "without_short_abandons"]), default="answered", show_default=True, help="How the service level counts those who give up."),
    click.option("--shrinkage", type=SHARE, default="0", help="Share of planned time that agents are absent."),
    click.option("--at-once", type=int, default=1, show_default=True, help="Contacts one agent serves at once, as in chat."),
    click.option("--slowing", type=SHARE, default="0", help="By what share handle time grows with each further contact at once."),
    click.option("--fractions", is_flag=True, help="Staff with its fraction."),
    click.option("--staff", type=float, multiple=True, help="Say how so many agents fare, instead. Repeatable."),
    click.option("--input", "table", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="CSV with one interval a row: columns contacts, handle_s, and others of this command's names (interval_s, patience_s); other columns are kept."),
    click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write a page with a picture, too."),
)  # fmt: skip


def _options(command: Any) -> Any:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@click.command("erlang", epilog=_EXAMPLE)
@_options
@output.form_option
def command(form: output.Form, table: Path | None, html: Path | None, staff: tuple[float, ...], **given: Any) -> int:
    """Say how many agents a target takes.

    Arrivals are random, and staff is there for the whole interval. Shows sizes of staff around the least that meets
    every target given; with --input, the least for each row.
    """
    from troth.cli._erlang_table import read, single
    from troth.cli._places import refuse_unwritable, write
    from troth.queueing.erlang import Goal, staff_for

    refuse_unwritable({"--html": html})
    goal = Goal(
        level=0.8 if all(given[name] is None for name in ("level", "asa", "abandoned", "occupancy")) else given["level"],
        asa_s=given["asa"], abandoned=given["abandoned"], occupancy=given["occupancy"], formula=given["formula"],
    )  # fmt: skip
    if table is None:
        labels: list[Row] = []
        traffic = single(given)
        made = staff_for(traffic, goal=goal, shrinkage=given["shrinkage"], fractions=given["fractions"])
        page, issues = _one(made, staff, form)
    else:
        traffic, labels = read(table, given=given)
        made = staff_for(traffic, goal=goal, shrinkage=given["shrinkage"], fractions=given["fractions"])
        page, issues = _many(made, labels, form)
    if html is not None:
        write(html, page())
    if form is not output.Form.JSON:
        output.show_issues(issues, form=form)
    return int(bool(issues))


def _one(made: Staffing, staff: tuple[float, ...], form: output.Form) -> tuple[Callable[[], str], Sequence[Issue]]:
    """Print sizes of staff for one interval; return how to make the page, and what is doubtful."""
    from troth.queueing.erlang.page import one_page
    from troth.queueing.erlang.table import alternatives, around

    least, planned = float(made.staff), float(made.scheduled)
    sizes = sorted(staff) if staff else around(least, erlangs=float(made.traffic.erlangs))
    shown = alternatives(sizes, traffic=made.traffic, goal=made.goal)
    # The sizes around the answer are ours, not the user's: that some cannot carry the load is not to be complained of.
    issues = shown.issues if staff else made.issues
    found = shown.found
    rows = [
        {
            "staff": n, "met": bool(met), "least": n == least, "level": level, "asa_s": asa, "p90_s": p90, "mean_wait_s": wait,
            "waiting": waiting, "abandoned": gone, "occupancy": busy,
        }
        for n, met, level, asa, p90, wait, waiting, gone, busy in _rows(
            found.staff, shown.met, shown.level, found.mean_answer_s, shown.p90_s, found.mean_wait_s, found.waiting, found.abandoned, found.occupancy,
        )
    ]  # fmt: skip
    answer = {"erlangs": float(made.traffic.erlangs), "staff": least, "scheduled": planned}
    if form is output.Form.TABLE:
        click.echo(
            f"{output.text(least)} agents at work, {output.text(planned)} planned, for {answer['erlangs']:.4g} erlangs\n"
        )
    output.show(rows, form=form, key="staff", columns=_columns("staff"), extra={"answer": answer} | _told(issues))
    return lambda: one_page(made, shown=shown), issues


def _many(made: Staffing, labels: Sequence[Row], form: output.Form) -> tuple[Callable[[], str], Sequence[Issue]]:
    """Print the staff of every interval; return how to make the page, and what is doubtful."""
    from troth.queueing.erlang.page import many_page

    found = made.performance()
    issues = tuple(dict.fromkeys((*made.issues, *found.issues)))
    rows = [
        {**label, "erlangs": load, "staff": n, "scheduled": planned, "level": level, "asa_s": asa, "abandoned": gone, "occupancy": busy}
        for label, (load, n, planned, level, asa, gone, busy) in zip(
            labels,
            _rows(found.erlangs, made.staff, made.scheduled, found.service_level(made.goal.formula), found.mean_answer_s, found.abandoned, found.occupancy),
            strict=True,
        )
    ]  # fmt: skip
    columns = {name: _cell(name) for name in (labels[0] if labels else {})}
    output.show(
        rows,
        form=form,
        key="intervals",
        columns=columns | _columns("erlangs", "staff", "scheduled"),
        extra=_told(issues),
    )
    return lambda: many_page(
        made, found=found, labels=[" ".join(str(v) for v in one.values()) for one in labels]
    ), issues


def _rows(*columns: Any) -> list[list[Any]]:
    return [list(row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def _told(issues: Sequence[Issue]) -> dict[str, Any]:
    return {"issues": [one.as_dict() for one in issues]}


def _columns(*first: str) -> dict[str, Callable[[Row], str]]:
    """Return what a table shows of a row, in words."""
    units = {"level": "share", "asa_s": "s", "p90_s": "s", "abandoned": "share", "occupancy": "share"}
    made: dict[str, Callable[[Row], str]] = {name: _cell(name) for name in first}
    for key, unit in units.items():
        if key != "p90_s" or first == ("staff",):
            made[key.removesuffix("_s")] = _figure(key, unit)
    if first == ("staff",):
        made["goal"] = lambda r: ("least" if r["least"] else "met") if r["met"] else "missed"
    return made


def _cell(name: str) -> Callable[[Row], str]:
    return lambda row: output.text(row[name])


def _figure(name: str, unit: str) -> Callable[[Row], str]:
    from troth.charts.numbers import number

    return lambda row: "endless" if row[name] == float("inf") else number(row[name], unit=unit)
