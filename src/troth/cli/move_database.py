"""`troth move-database`: from the database that comes with Troth to a server, or from one to another."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import click

from troth.cli import output
from troth.cli.serve import data_option


@click.command("move-database", epilog="Example: troth move-database postgresql://troth:SECRET@db.example/troth")
@click.argument("url")
@data_option
@click.option("--replace", is_flag=True, help="Throw away what the other database holds.")
@output.form_option
def command(url: str, data: Path | None, replace: bool, form: output.Form) -> None:
    """Copy the whole database to another server (PostgreSQL 14 or newer) and use that one from now on.

    Stop the site before. The old database keeps its rows. A URL with a password can be given as - and typed in.
    """
    from troth.web.project.backup import move_database
    from troth.web.project.embedded_address import Address
    from troth.web.project.site import Installation, ready

    target = Address.parse(click.prompt("URL", hide_input=True) if url == "-" else url).url
    site = Installation.at(data)
    if site.embedded is not None:
        site.embedded.start()
    source = site.environment()["DATABASE_URL"]
    os.environ["DATABASE_URL"] = target
    moved = Installation(site.data, target)
    moved.open()
    ready()
    with output.progress("Moving") as tell:
        manifest = move_database(source, target, replace=replace, on_table=lambda table: tell(0.0, table))
    from troth.web.outbox.exporter import renew

    renew(now=datetime.now(UTC))
    site.use_database(target)
    if site.embedded is not None:
        site.embedded.stop()
    output.show_one(
        {"tables": len(manifest.checksums), "made_at": manifest.made_at, "used_from_now_on": True}, form=form
    )
