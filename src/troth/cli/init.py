"""`troth init`: set up an installation and its first administrator."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from troth.cli import output
from troth.cli.serve import data_option


@click.command("init", epilog="Example: troth init --title 'Baltic Bank' --admin rasa && troth serve")
@data_option
@click.option("--title", default="My organisation", show_default=True, help="Name of the organisation.")
@click.option("--admin", default="admin", show_default=True, help="Name under which the first administrator signs in.")
@click.option("--time-zone", metavar="ZONE", default="UTC", show_default=True, help="Time zone of the organisation.")
@output.form_option
def command(data: Path | None, title: str, admin: str, time_zone: str, form: output.Form) -> None:
    """Set up an installation: its folder, its database, its first administrator.

    Prints a link that signs the administrator in once. Run again, it changes nothing but gives a new link.
    """
    from troth.core.spans import zone
    from troth.web.project.site import Installation, ready

    zone(time_zone)
    site = Installation.at(data)
    site.make()
    with site.running():
        site.open()
        ready()
        from troth.web.people.models import SignInLink
        from troth.web.project.first import first_administrator

        user = first_administrator(title=title, username=admin, time_zone=time_zone)
        secret = SignInLink.make(user, now=datetime.now(UTC))
    output.show_one({"folder": str(site.data), "sign_in": f"/enter/{secret}", "user": user.username}, form=form)
