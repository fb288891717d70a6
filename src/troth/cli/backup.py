"""`troth backup`: the whole database in one file, while the site goes on."""

from __future__ import annotations

from pathlib import Path

import click

from troth.cli import output
from troth.cli.serve import data_option


@click.command("backup", epilog="Example: troth backup troth-2026-06-30.zip")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@data_option
@output.form_option
def command(file: Path, data: Path | None, form: output.Form) -> None:
    """Write the database into a new file that only you may read.

    The lake is not in it: it holds facts that were taken there, and is copied as any folder is. Facts still in the
    database come to the lake by themselves after a restore.
    """
    from troth.web.project.backup import backup
    from troth.web.project.site import Installation

    site = Installation.at(data)
    with site.running(), output.progress("Copying") as tell:
        url = site.environment()["DATABASE_URL"]
        manifest = backup(url, path=file, on_table=lambda table: tell(0.0, table))
    output.show_one(
        {
            "file": str(file),
            "tables": len(manifest.checksums),
            "made_at": manifest.made_at,
            "bytes": file.stat().st_size,
        },
        form=form,
    )
