"""`troth projects`: a portfolio checked, planned, and asked when a project can start."""

from __future__ import annotations

import click

from troth.cli import _projects_check, _projects_plan, _projects_promise


@click.group(
    "projects", epilog="Example: troth projects check house.json; troth projects promise house.json --deal bank"
)
def command() -> None:
    """Say what can be sold and when it can start: check a portfolio, plan who works on what, promise a start."""


for _one in (_projects_check.check_command, _projects_plan.plan_command, _projects_promise.promise_command):
    command.add_command(_one)
