"""`troth export`: write the events of a lake for other tools."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from troth.cli import output
from troth.cli._lake import lake_option, opened, question

_EXAMPLE = "Example: troth export ocel --lake demo-lake --out march.jsonocel --from 2026-03-01 --to 2026-04-01 --where queue=cards"


@click.command("export", epilog=_EXAMPLE)
@click.argument("kind", type=click.Choice(["ocel", "xes", "csv", "parquet"]))
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="File to write; a name that ends in .gz packs OCEL, XES and CSV.",
)
@lake_option
@click.option("--from", "start", metavar="DAY", help="First day (or instant) that counts.")
@click.option("--to", "end", metavar="DAY", help="First day (or instant) that no longer counts.")
@click.option("--where", multiple=True, metavar="DIM=VALUE", help="Keep only these members. Repeatable.")
@click.option("--time-zone", metavar="ZONE", help="Whose days count: that of the sites if they share one, else UTC.")
@click.option("--safe", is_flag=True, help="CSV for spreadsheets: no cell runs as a formula.")
@output.form_option
def command(kind: str, out: Path, lake: Path, *, safe: bool, form: output.Form, **asked: Any) -> int:
    """Write the events of a lake as OCEL, XES, CSV or Parquet.

    The filters are those of `troth kpi`. An event that does not name its queue (or other member) goes by the contact
    or case it belongs to. The file takes its name only when all of it is written.
    """
    from troth.log import export
    from troth.log.lake import with_id
    from troth.log.selection import Selection, selected, side_tables

    held = opened(lake)
    query = question((), **asked)
    selection = Selection(query.start, query.end, query.where, query.time_zone)
    events = selected(held, selection=selection)
    out.parent.mkdir(parents=True, exist_ok=True)
    with held.session() as con:
        # The order is part of the file: the same events give the same bytes.
        order = "ORDER BY occurred_at, source, source_id"
        con.execute("SET preserve_insertion_order = true")
        side = side_tables(held, con, events=events, selection=selection) if kind in {"ocel", "xes"} else {}
        columns = events if kind in {"ocel", "xes"} else with_id(events)
        rows = con.execute(f"SELECT * FROM ({columns}) {order}").fetch_record_batch(100_000)
        if kind == "ocel":
            count = export.export_ocel(rows, side=side, path=out)
        elif kind == "xes":
            count = export.export_xes(rows, side=side, path=out)
        elif kind == "csv":
            count = export.export_csv(rows, path=out, safe=safe)
        else:
            count = export.export_parquet(rows, path=out)
    output.show_one({"file": str(out), "events": count, "bytes": out.stat().st_size}, form=form)
    return 0
