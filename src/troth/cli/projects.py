"""`troth projects`: a portfolio of projects, deals and people."""

from __future__ import annotations

import click

from troth.cli import _projects_check


@click.group("projects", epilog="Example: troth projects check house.json")
def command() -> None:
    """Tell what is wrong with a portfolio of projects, deals and people, and where it is over-booked."""


command.add_command(_projects_check.check_command)
