"""`troth work`: the worker alone, beside a site that runs elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

import click

from troth.cli.serve import data_option


@click.command("work", epilog="Example: DATABASE_URL=postgresql://... troth work --data /srv/troth")
@data_option
def command(data: Path | None) -> int:
    """Do what goes on behind the pages until Ctrl-C: facts to the lake, promises, repairs, long computations.

    `troth serve` starts a worker of its own; this is for more of them, on this machine or another.
    """
    from troth.web.project.site import Installation
    from troth.web.project.work import main

    site = Installation.at(data)
    os.environ.update(site.environment())
    return main()
