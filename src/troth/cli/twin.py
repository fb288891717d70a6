"""`troth twin`: a service simulated, plans compared, the next step, the simulation against reality, a day's staff placed better."""

from __future__ import annotations

import click

from troth.cli import _twin_advise, _twin_compare, _twin_replan, _twin_run, _twin_validate


@click.group(
    "twin",
    epilog='Example: troth twin run problem.json; troth twin compare problem.json --change "staff:phone=+1@10:00-12:00"',
)
def command() -> None:
    """Simulate a service: how it would go, what another plan would change, what to do next, whether days go as they went."""


#: Each subcommand is a module of its own with a `command`.
for _one in (_twin_run, _twin_compare, _twin_advise, _twin_validate, _twin_replan):
    command.add_command(_one.command)
