"""`troth twin validate`: days with their simulation, figure by figure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from troth.cli import output
from troth.cli._places import refuse_unwritable, write
from troth.cli._twin_shared import DAY, days, seen, shared


@click.command(
    "validate",
    epilog="Example: troth twin validate --from 1999-08-16 --to 1999-08-22 --fit-from 1999-08-01 --fit-to 1999-08-11 "
    "--time-zone Asia/Jerusalem --html twin.html",
)
@click.option("--from", "start", type=DAY, required=True, help="First day to live through again.")
@click.option("--to", "end", type=DAY, required=True, help="First day no longer.")
@click.option("--fit-from", type=DAY, required=True, help="First day to learn from.")
@click.option("--fit-to", type=DAY, required=True, help="First day not to learn from.")
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write a page with a picture, too.")
@shared
def command(form: output.Form, html: Path | None, **given: Any) -> int:
    """Compare days with their simulation, figure by figure.

    The floor is learned from other days, and how it differs from day to day: handle times, patience, pauses, skills, who
    stands ahead. Each day learned from is itself lived through again, a few seconds a day. Customers come at
    their recorded instants, servers are there from their first service to their last. Exit status 1 if fewer than 80 %
    of the real figures lie within the simulated 90 % interval.
    """
    from troth.charts.numbers import number
    from troth.queueing.twin.learn import Learning
    from troth.queueing.twin.validate import validate

    refuse_unwritable({"--html": html})
    live, fit = days(given["start"], given["end"], "--to"), days(given["fit_from"], given["fit_to"], "--fit-to")
    with output.progress("validate") as tell:
        made = validate(
            seen(given, [*live, *fit]), days=live, fit_days=fit, time_zone=given["time_zone"],
            how=Learning(gap_s=given["gap"], idle_rests=given["idle_rests"]), replications=given["replications"],
            variants=min(40, given["replications"]), seed=given["seed"],
            on_progress=lambda done, of: tell(done / of),
        )  # fmt: skip
    rows = [
        {"date": cell.date, "figure": cell.figure, "real": cell.real, "low": cell.low, "mean": cell.mean, "high": cell.high, "holds": cell.holds}
        for cell in made.cells
    ]  # fmt: skip
    output.show(rows, form=form, key="cells", extra={"held": made.held, "replications": made.replications})
    if form is output.Form.TABLE:
        click.echo(f"\n{number(made.held, unit='share')} of the real figures lie within the simulated 90 % interval.")
    if html is not None:
        from troth.queueing.twin.validate_page import page

        write(html, page(made))
    return int(not made.held >= 0.8)
