"""`troth route`: tours of technicians planned, judged, a visit inserted, a day planned again."""

from __future__ import annotations

import click

from troth.cli import _route_day, _route_insert, _route_solve


@click.group("route", epilog="Example: troth route solve problem.json --seconds 30 --out plan.json --html plan.html")
def command() -> None:
    """Say who goes where, when: plan tours, judge a plan, find a window for a visit, plan a day again from now."""


for _one in (
    _route_solve.solve_command,
    _route_solve.check_command,
    _route_insert.insert_command,
    _route_day.replan_command,
):
    command.add_command(_one)
