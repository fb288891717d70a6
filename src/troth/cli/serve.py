"""`troth serve`: run the site: database, web and worker in one process tree."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

#: The option that names the data folder; it arrives as ``data: Path | None``.
data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="TROTH_DATA",
    show_default="$TROTH_DATA, else the user's data folder",
    help="Folder of the installation.",
)


@click.command("serve", epilog="Example: troth serve, or to try everything on a made-up company: troth serve --demo")
@data_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="Port to listen on.")
@click.option("--processes", type=click.IntRange(1, 64), default=2, show_default=True, help="How many answer requests.")
@click.option("--demo", is_flag=True, help="Serve the made-up company, with today in progress.")
@click.option("--until", metavar="TIME", help="With --demo: when today is, in UTC; now if left out.")
@click.option("--quiet", is_flag=True, help="Do not repeat what the processes write into their logs.")
def command(
    *, data: Path | None, host: str, port: int, processes: int, demo: bool, until: str | None, quiet: bool
) -> None:
    """Run the site until Ctrl-C.

    The database is started too unless DATABASE_URL names one. What was set up before goes on where it was.
    """
    from troth.web.project.serve import must_be_free, tree
    from troth.web.project.site import Installation, ready
    from troth.web.project.tree import Child

    must_be_free(host, port)
    say: Callable[[str], None] | None = None if quiet else lambda line: click.echo(line, err=True)
    more: list[Child] = []
    links: list[tuple[str, str]] = []
    if demo:
        from troth.cli._demo_site import demo_installation, set_up

        site = demo_installation(data, until=until)
        click.echo(f"Setting up the demo company in {site.data}", err=True)
        links, more = set_up(site, port=port, until=until)
    else:
        site = Installation.at(data)
        site.make()
        if site.embedded is not None:
            site.embedded.start()
        site.open()
        ready()
    address = f"http://{host}:{port}"

    def said() -> None:
        click.echo(f"\nTroth is at {address}  (Ctrl-C stops it)")
        for who, secret in links:
            click.echo(f"  {who:<20} {address}/enter/{secret}")
        if links:
            click.echo("Each link signs in once, within twelve hours.")

    tree(site, host=host, port=port, processes=processes, more=more, say=say).run(on_ready=said)
