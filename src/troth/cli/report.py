"""`troth report`: write one self-contained page of figures and charts."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from troth.cli import output
from troth.cli._lake import lake_option, opened, question, question_options

_EXAMPLE = "Example: troth report --lake demo-lake --out report.html --from 2026-06-01 --to 2026-07-01"


@click.command("report", epilog=_EXAMPLE)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("report.html"),
    show_default=True,
    help="File to write.",
)
@lake_option
@question_options
@output.form_option
def command(out: Path, lake: Path, form: output.Form, **asked: Any) -> int:
    """Write one page that answers "How are we doing?".

    Scorecard, trends with control limits, distributions, arrivals, backlog and the worst experiences, each figure with
    its definition and its cases. The page needs no server and no network. Without --from and --to it covers the last
    four whole weeks of the log; --by names what its comparison splits by, --every the width of the trends' points.
    """
    from importlib.metadata import version

    from troth.cli._places import refuse_unwritable, write
    from troth.kpi.report import gather, render

    refuse_unwritable({"--out": out})
    report = gather(opened(lake), query=question((), **asked))
    made = render(report, now=datetime.now(UTC), version=version("troth"))
    write(out, made, option="--out")
    frame = report.frame
    done = {
        "file": str(out),
        "bytes": len(made.encode()),
        "from": frame.start,
        "to": frame.end,
        "kpis": len(report.lines),
    }
    output.show_one(done, form=form)
    return 0
