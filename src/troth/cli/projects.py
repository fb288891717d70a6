"""`troth projects`: a portfolio checked and planned."""

from __future__ import annotations

import click

from troth.cli import _projects_check, _projects_plan


@click.group("projects", epilog="Example: troth projects check house.json; troth projects plan house.json --weeks 26")
def command() -> None:
    """Tell what is wrong with a portfolio of projects, deals and people, and plan who works on what."""


for _one in (_projects_check.check_command, _projects_plan.plan_command):
    command.add_command(_one)
