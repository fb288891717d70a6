"""`troth roster`: rosters made, judged, mended after an absence; requests of people judged."""

from __future__ import annotations

import click

from troth.cli import _roster_mend, _roster_read, _roster_solve


@click.group(
    "roster", epilog="Example: troth roster solve problem.json --seconds 60 --out plan.json --html roster.html"
)
def command() -> None:
    """Say who works when: read a problem from a lake, make a roster, judge one, mend one after an absence, judge a swap or a leave."""


for _one in (
    _roster_read.read_command, _roster_solve.solve_command, _roster_solve.check_command, _roster_mend.repair_command,
    _roster_mend.swap_command, _roster_mend.leave_command,
):  # fmt: skip
    command.add_command(_one)
