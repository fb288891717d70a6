"""`troth parts`: how many to keep, from where visits get them, what to load."""

from __future__ import annotations

import click

from troth.cli import _parts_levels, _parts_load, _parts_source


@click.group("parts", epilog="Example: troth parts load visits.json --lake lake --at 2026-03-02T06:00+02:00")
def command() -> None:
    """Say which parts go where: how many to keep, from where visits get them, what to put on the vans."""


for _one in (_parts_levels.levels_command, _parts_source.source_command, _parts_load.load_command):
    command.add_command(_one)
