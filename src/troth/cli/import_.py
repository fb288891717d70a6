"""`troth import`: read service logs and reference tables into a lake."""

from __future__ import annotations

from pathlib import Path

import click

from troth.cli import output
from troth.cli._lake import lake_option

_EXAMPLE = (
    "Example: troth import servicenow incidents.zip --time-zone UTC, or: troth import csv calls.csv "
    "--mapping calls.yaml; troth import --guess calls.csv prints a mapping to start from, or the source that reads it."
)


class _WithSources(click.Command):
    """Lists the sources in its help; they are looked up only then, for readers load heavy libraries."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, then the sources."""
        super().format_options(ctx, formatter)
        from troth.log.readers import names, reader

        with formatter.section("Sources"):
            formatter.write_dl([(name, reader(name).sentence) for name in names()])


@click.command("import", epilog=_EXAMPLE, cls=_WithSources)
@click.argument("source", required=False, metavar="SOURCE")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@lake_option
@click.option("--mapping", metavar="FILE|NAME", help="How columns become events: a YAML file or a shipped mapping.")
@click.option(
    "--time-zone", metavar="ZONE", help="Zone of times without one; taken as UTC, with an issue, if left out."
)
@click.option("--case-type", metavar="TYPE", help="OCEL object type whose objects are the cases.")
@click.option(
    "--max-rejects", type=click.IntRange(0), default=0, show_default=True, help="Rejected rows that are still fine."
)
@click.option(
    "--guess", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Print a proposed mapping for a file."
)
@click.option("--batch-rows", type=click.IntRange(1), hidden=True, help="Rows committed at once; for tests.")
@output.form_option
def command(
    source: str | None,
    paths: tuple[Path, ...],
    lake: Path,
    mapping: str | None,
    time_zone: str | None,
    case_type: str | None,
    max_rejects: int,
    guess: Path | None,
    batch_rows: int | None,
    form: output.Form,
) -> int:
    """Read service logs and reference tables into a lake.

    SOURCE says what wrote the files, as listed below.

    Files may be packed (.gz, .zip). Good rows land even where others are rejected; the exit status is 1 if more were
    rejected than --max-rejects allows, 2 if nothing could be used. Importing a file again changes nothing.
    """
    if guess is not None:
        from troth.log.readers import guess as propose

        click.echo(propose(guess), nl=False)
        return 0
    if source is None or not paths:
        raise click.UsageError("Name a source and at least one file: troth import csv calls.csv.")
    from dataclasses import replace
    from datetime import UTC, datetime

    from troth.log.ingest import ingest
    from troth.log.lake import Lake
    from troth.log.readers import ReadOptions

    options = ReadOptions(mapping=mapping, time_zone=time_zone, case_type=case_type)
    if batch_rows is not None:
        options = replace(options, batch_rows=batch_rows)
    with output.progress("import") as tell:
        report = ingest(
            Lake(lake),
            source=source,
            paths=paths,
            options=options,
            now=datetime.now(UTC),
            on_progress=lambda file, done, so_far: tell(done, f"{file}, {so_far.events:,} events"),
        )
    if form is output.Form.TABLE:
        plain = report.as_dict()
        output.show_one({k: plain[k] for k in plain if k != "issues"}, form=form)
        output.show_issues(report.issues, form=form)
    else:
        output.show_one(report.as_dict(), form=form)
    if report.failed and not report.events:
        return 2
    return 1 if report.rejects > max_rejects or report.failed else 0
