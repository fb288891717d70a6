"""`troth doctor`: what is wrong with an installation, each with a hint."""

from __future__ import annotations

from pathlib import Path

import click

from troth.cli import output
from troth.cli.serve import data_option


@click.command("doctor", epilog="Example: troth doctor --format json")
@data_option
@output.form_option
def command(data: Path | None, form: output.Form) -> int:
    """Look for what could go wrong: folder and rights, room on the disk, database, tables, lake, mail, addresses.

    The exit status is 1 if anything was found.
    """
    from troth.web.project.checks import examine
    from troth.web.project.site import Installation

    issues = examine(Installation.at(data))
    if issues or form is output.Form.JSON:
        output.show_issues(issues, form=form, err=False)
    else:
        click.echo("Nothing is wrong.")
    return 1 if issues else 0
