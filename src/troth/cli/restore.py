"""`troth restore`: a backup back into the database."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click

from troth.cli import output
from troth.cli.serve import data_option


@click.command("restore", epilog="Example: troth restore troth-2026-06-30.zip --replace")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@data_option
@click.option("--replace", is_flag=True, help="Throw away what the database holds now.")
@click.option("--revoke-keys", is_flag=True, help="Revoke all access keys: kiosks and programs need new ones.")
@output.form_option
def command(file: Path, data: Path | None, replace: bool, revoke_keys: bool, form: output.Form) -> None:
    """Load a backup, whole or not at all. Stop the site before.

    Everybody has to sign in anew. Access keys that were revoked, and people shut out, in the database that is replaced
    stay so. A new database knows of none: then revoke again what was revoked since the backup, or all with --revoke-keys.
    """
    from troth.web.project.backup import restore
    from troth.web.project.backup_access import shut_out
    from troth.web.project.site import Installation, ready

    site = Installation.at(data)
    site.make()
    with site.running():
        site.open()
        ready()
        with output.progress("Restoring") as tell:
            manifest = restore(
                site.environment()["DATABASE_URL"], path=file, replace=replace, on_table=lambda table: tell(0.0, table),
                around=partial(shut_out, revoke_keys=revoke_keys),
            )  # fmt: skip
        from troth.web.outbox.exporter import renew

        # What the lake has seen since the backup must not be taken for what comes now.
        renew(now=datetime.now(UTC))
        from troth.web.people.models import AccessKey

        in_force = AccessKey.in_force(now=datetime.now(UTC)).count()
    told = {"file": str(file), "tables": len(manifest.checksums), "made_at": manifest.made_at}
    output.show_one({**told, "keys_in_force": in_force}, form=form)
