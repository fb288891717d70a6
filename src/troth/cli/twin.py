"""`troth twin`: the simulated service against the real one, and a day's staff placed better."""

from __future__ import annotations

import click

from troth.cli import _twin_replan, _twin_validate


@click.group(
    "twin",
    epilog="Example: troth twin validate --from 1999-08-16 --to 1999-08-22 --fit-from 1999-08-01 --fit-to 1999-08-11",
)
def command() -> None:
    """Live through days again in simulation, with customers and staff as the log tells them."""


#: Each subcommand is a module of its own with a `command`.
for _one in (_twin_validate, _twin_replan):
    command.add_command(_one.command)
